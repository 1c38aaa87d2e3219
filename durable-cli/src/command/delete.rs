//! `delete`: an execution that has ended is forgotten.

use clap::Args;

use crate::args::Reference;
use crate::failure::Failure;
use crate::output::Output;
use crate::program;
use crate::render::{self, short_id};
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  durable delete order-42
  durable ls --status succeeded --older-than 30d --all | jq -r '.[].id' | xargs -n1 durable delete";

/// Deletes an execution that has ended, with its history; its name is free then.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Delete {
    #[command(flatten)]
    execution: Reference,
}

pub(crate) async fn run(args: Delete, source: &Source, out: Output) -> Result<(), Failure> {
    let service = source.service()?;
    let found = source.find(&args.execution).await?;
    service.delete(&found.arn).await.map_err(|failure| match failure {
        Failure::Conflict(reason) => {
            let (program, id) = (program::name(), short_id(&found.id));
            Failure::Conflict(format!("{reason}\nhelp: end it first, with `{program} stop {id}`"))
        }
        failure => failure,
    })?;
    out.show(&found, |found| render::done("deleted", found))
}
