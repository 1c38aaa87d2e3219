//! `ls`: lists of executions.

use clap::Args;
use durable_core::model::{Clock, SystemClock};

use crate::failure::Failure;
use crate::output::{Output, remark};
use crate::render;
use crate::source::{Filter, Source};

const EXAMPLES: &str = "\
Examples:
  durable ls --status running --older-than 2h      what takes so long?
  durable ls --waiting-on callback                 what waits for people?
  durable ls --function order --status failed,timed_out --newer-than 1d
  durable ls --parked                              what needs code that fits?
  durable ls --all | jq -r '.[].name'";

/// The most executions of a page.
const PAGE: u32 = 1_000;

/// Lists executions, newest first.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Ls {
    #[command(flatten)]
    filter: Filter,
    /// At most so many.
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// All of them.
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

pub(crate) async fn run(args: Ls, source: &Source, out: Output) -> Result<(), Failure> {
    let Ls { filter, limit, all } = args;
    let mut executions = Vec::new();
    let mut cursor: Option<String> = None;
    let mut wanted = if all { u32::MAX } else { limit };
    while wanted > 0 {
        let page = source.list(&filter, wanted.min(PAGE), cursor.as_deref()).await?;
        wanted = wanted.saturating_sub(u32::try_from(page.executions.len()).unwrap_or(u32::MAX));
        executions.extend(page.executions);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let now = SystemClock.now();
    out.show(&executions, |executions| render::executions(executions, now, out.width))?;
    if cursor.is_some() {
        remark("there are more: see them with `--limit` or `--all`");
    }
    Ok(())
}
