//! `trace`: where the time goes.

use clap::Args;
use durable_core::model::{Clock, SystemClock};

use crate::args::Reference;
use crate::failure::Failure;
use crate::output::Output;
use crate::render;
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  durable trace order-42                           one bar for each operation, over the whole time
  durable trace order-42 | jq 'sort_by(-.took_ms)[0]'   what took longest?";

/// Shows where an execution's time goes, as a waterfall.
///
/// Full bars are code that ran, light ones are waiting: for a timer, a callback or another execution.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Trace {
    #[command(flatten)]
    execution: Reference,
}

pub(crate) async fn run(args: Trace, source: &Source, out: Output) -> Result<(), Failure> {
    let found = source.find(&args.execution).await?;
    let events = source.whole_history(&found.arn).await?;
    let waterfall = render::Waterfall::of(&events, SystemClock.now());
    out.show(&waterfall.spans, |_| render::trace(&found, &waterfall, out.width))
}
