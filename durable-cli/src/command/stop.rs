//! `stop`: an execution ends for good.

use clap::Args;

use crate::args::{ErrorArgs, Reference};
use crate::failure::Failure;
use crate::output::Output;
use crate::render;
use crate::source::{Source, has_ended};

const EXAMPLES: &str = "\
Examples:
  durable stop order-42
  durable stop order-42 --error-message 'the customer has changed her mind'";

/// Stops an execution for good: what it was doing is not finished, and nothing is undone.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Stop {
    #[command(flatten)]
    pub(crate) execution: Reference,
    #[command(flatten)]
    pub(crate) error: ErrorArgs,
}

pub(crate) async fn run(args: Stop, source: &Source, out: Output) -> Result<(), Failure> {
    let service = source.service()?;
    let found = source.find(&args.execution).await?;
    if has_ended(&found.status) {
        let (name, status) = (found.name, found.status);
        return Err(Failure::Conflict(format!("`{name}` has ended before: {status}")));
    }
    service.stop(&found.arn, &args.error.into_error("Stopped", "stopped from the command line")).await?;
    out.show(&source.describe(&found.arn).await?, |_| render::done("stopped", &found))
}
