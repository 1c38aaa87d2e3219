//! `history`: what happened, event by event.

use clap::Args;
use durable_wire::api::HistoryPage;

use crate::args::Reference;
use crate::command::follow::follow;
use crate::command::start::succeeded;
use crate::failure::Failure;
use crate::output::{Output, print};
use crate::render;
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  durable history order-42
  durable history order-42 --follow             until it ends; exit code 1 if it does not succeed
  durable history order-42 --format json | jq '.Events[] | select(.Name == \"charge\")'
  durable --store orders.db history order-42    without a service";

/// Shows what happened to an execution, event by event.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct History {
    #[command(flatten)]
    pub(crate) execution: Reference,
    /// Go on with each event as it happens, until the execution ends; as JSON, one event is one line.
    #[arg(long, short)]
    pub(crate) follow: bool,
}

pub(crate) async fn run(args: History, source: &Source, out: Output) -> Result<(), Failure> {
    let found = source.find(&args.execution).await?;
    if !args.follow {
        let page = HistoryPage { events: source.whole_history(&found.arn).await?, next_marker: None };
        return out.show(&page, |page| render::history(&page.events, out.width));
    }
    follow(source, &found.arn, async |event, first| {
        if out.is_json() {
            print(&format!("{}\n", serde_json::to_string(event)?))
        } else {
            print(&render::event_line(event, first, out.width))
        }
    })
    .await?;
    succeeded(&source.describe(&found.arn).await?.status)
}
