//! `resume`: an execution goes on.

use clap::Args;

use crate::args::Reference;
use crate::failure::Failure;
use crate::output::Output;
use crate::render;
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  durable resume order-42 --reason 'the warehouse is open again'";

/// Lets an execution go on that is paused, or that is parked: its code fits again.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Resume {
    #[command(flatten)]
    execution: Reference,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(crate) async fn run(args: Resume, source: &Source, out: Output) -> Result<(), Failure> {
    let service = source.service()?;
    let found = source.find(&args.execution).await?;
    if found.parked.is_some() {
        service.unpark(&found.id).await?;
    } else {
        service.resume(&found.arn, args.reason.as_deref()).await?;
    }
    out.show(&source.describe(&found.arn).await?, |_| render::done("goes on", &found))
}
