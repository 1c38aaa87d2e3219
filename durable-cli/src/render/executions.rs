//! A list of executions.

use durable_core::model::Timestamp;
use durable_server::body::Execution;

use super::span::span;
use super::table::table;
use super::{short, short_id, status};

/// The longest reason for being parked in a list.
const LONGEST_REASON: usize = 60;

/// A list of executions.
pub(crate) fn executions(executions: &[Execution], now: Timestamp, width: u16) -> String {
    if executions.is_empty() {
        return "no executions\n".to_owned();
    }
    let rows = executions.iter().map(|execution| {
        let Execution { arn: _, id, function, name, version: _, status: stands, started, ended, due, parked } =
            execution;
        let name = if name == id { "-".to_owned() } else { name.clone() };
        let started = time(started);
        let ago = started.map(|started| format!("{} ago", span(now.since(started)))).unwrap_or_default();
        let ended = ended.as_deref().and_then(time);
        let took = started.map(|started| span(ended.unwrap_or(now).since(started))).unwrap_or_default();
        let next = match (parked, due.as_deref().and_then(time)) {
            (Some(reason), _) => format!("parked: {}", short(reason, LONGEST_REASON)),
            (None, Some(due)) => format!("due in {}", span(due.since(now))),
            (None, None) => String::new(),
        };
        vec![short_id(id).to_owned(), status(stands), function.clone(), name, ago, took, next]
    });
    table(&["ID", "STATUS", "FUNCTION", "NAME", "STARTED", "TOOK", "NEXT"], rows, width)
}

/// A point in time as the service writes it.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(time.as_millisecond()))
}
