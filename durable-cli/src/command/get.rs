//! `get`: an execution as a whole.

use clap::Args;

use crate::args::Reference;
use crate::failure::Failure;
use crate::output::Output;
use crate::program;
use crate::render;
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  durable get order-42
  durable get 3f9a02bc
  durable get order-42 | jq '.Result | fromjson'";

/// Shows an execution: what it is, where it stands and how it ended.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Get {
    #[command(flatten)]
    pub(crate) execution: Reference,
}

pub(crate) async fn run(args: Get, source: &Source, out: Output) -> Result<(), Failure> {
    let found = source.find(&args.execution).await?;
    let described = source.describe(&found.arn).await?;
    out.show(&described, |described| render::described(described, &found, program::name()))
}
