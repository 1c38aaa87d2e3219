//! `pause`: no code of an execution runs for a while.

use clap::Args;

use crate::args::Reference;
use crate::failure::Failure;
use crate::output::Output;
use crate::program;
use crate::render;
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  durable pause order-42 --reason 'the warehouse is closed'";

/// Lets no code of an execution run until it is resumed; callbacks and timers are kept until then.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Pause {
    #[command(flatten)]
    execution: Reference,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Let the time until the execution's timeout go on meanwhile.
    #[arg(long)]
    keep_timeout: bool,
}

pub(crate) async fn run(args: Pause, source: &Source, out: Output) -> Result<(), Failure> {
    let service = source.service()?;
    let found = source.find(&args.execution).await?;
    service.pause(&found.arn, args.reason.as_deref(), !args.keep_timeout).await?;
    out.show(&source.describe(&found.arn).await?, |_| render::paused(&found, program::name()))
}
