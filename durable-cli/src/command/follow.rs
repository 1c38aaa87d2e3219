//! Waiting with an execution until it ends.

use std::time::Duration;

use durable_core::model::Timestamp;
use durable_wire::Event;

use crate::args::Reference;
use crate::failure::Failure;
use crate::program;
use crate::render::{is_end, short_id};
use crate::source::Source;

/// How often a history is looked at: often at first, and less so the longer nothing happens.
const SOONEST: Duration = Duration::from_millis(50);
const LATEST: Duration = Duration::from_secs(1);

/// Hands every event on as it happens, with the time of the first, until the execution has ended.
pub(super) async fn follow(
    source: &Source,
    arn: &str,
    mut tell: impl AsyncFnMut(&Event, Timestamp) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (mut marker, mut told, mut pause) = (None, 0, SOONEST);
    let mut first = None;
    loop {
        let page = source.history(arn, marker.as_deref()).await?;
        for event in page.events.iter().filter(|event| event.event_id > told) {
            tell(event, *first.get_or_insert(event.event_timestamp.into())).await?;
            pause = SOONEST;
        }
        if page.events.iter().any(is_end) {
            return Ok(());
        }
        told = page.events.last().map_or(told, |event| event.event_id.max(told));
        // The last page is read again until there is one after it.
        if let Some(next) = page.next_marker.filter(|next| !next.is_empty()) {
            marker = Some(next);
            continue;
        }
        if pause == LATEST {
            require_driven(source, arn).await?;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LATEST);
    }
}

/// A parked execution is not waited for: it goes on only when somebody does something.
async fn require_driven(source: &Source, arn: &str) -> Result<(), Failure> {
    let found = source.find(&Reference { word: arn.to_owned(), function: None }).await?;
    match found.parked {
        None => Ok(()),
        Some(reason) => Err(Failure::Conflict(format!(
            "the execution is parked: {reason}\nhelp: run code that fits, then `{} resume {}`",
            program::name(),
            short_id(&found.id)
        ))),
    }
}
