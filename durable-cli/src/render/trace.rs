//! A waterfall: one bar for each operation, over the whole time of an execution.

use std::collections::BTreeMap;
use std::time::Duration;

use durable_core::model::Timestamp;
use durable_server::body::Execution;
use durable_wire::event::EventDetails;
use durable_wire::{Event, event::RetryDetails};
use serde::Serialize;

use super::span::span;
use super::{is_end, short, short_id, status};

/// The columns of names, and those after the bars.
const NAMES: usize = 28;
const AFTER: usize = 20;

/// The operations of an execution, each under what it stands in.
#[derive(Debug)]
pub(crate) struct Waterfall {
    pub(crate) spans: Vec<Operation>,
    total: Duration,
}

/// An operation and its time, in milliseconds since the execution began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Operation {
    name: String,
    kind: String,
    depth: usize,
    began_ms: u64,
    /// How long it took, or has taken so far.
    took_ms: u64,
    /// `STARTED` for as long as it has not ended.
    status: String,
    /// How many attempts a step has had.
    attempts: u32,
    #[serde(skip)]
    parent: Option<String>,
    #[serde(skip)]
    waits: bool,
}

impl Waterfall {
    pub(crate) fn of(events: &[Event], now: Timestamp) -> Self {
        let time = |event: &Event| Timestamp::from(event.event_timestamp);
        let began = events.first().map_or(now, time);
        let ended = events.iter().find(|event| is_end(event)).map_or_else(|| now.max(began), time);
        let mut operations: Vec<(String, Operation)> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for event in events {
            let Some(id) = event.id.as_deref() else { continue };
            let Some((kind, what)) = split(&event.event_type) else { continue };
            let since = millis(time(event).since(began));
            let place = *places.entry(id).or_insert_with(|| {
                operations.push((id.to_owned(), Operation::begun(event, kind, since)));
                operations.len() - 1
            });
            if let Some((_, operation)) = operations.get_mut(place) {
                operation.go_on(what, since, will_try_again(&event.details));
            }
        }
        let end = millis(ended.since(began));
        for (_, operation) in &mut operations {
            if operation.status == "STARTED" {
                operation.took_ms = end.saturating_sub(operation.began_ms);
            }
        }
        let mut spans = Vec::with_capacity(operations.len());
        below(None, 0, &operations, &mut spans);
        Self { spans, total: ended.since(began) }
    }
}

impl Operation {
    fn begun(event: &Event, kind: &str, since: u64) -> Self {
        Self {
            name: event.name.clone().unwrap_or_else(|| event.sub_type.clone().unwrap_or_else(|| kind.to_owned())),
            kind: kind.to_owned(),
            depth: 0,
            began_ms: since,
            took_ms: 0,
            status: "STARTED".to_owned(),
            attempts: 0,
            parent: event.parent_id.clone(),
            waits: matches!(kind, "Wait" | "Callback" | "ChainedInvoke"),
        }
    }

    fn go_on(&mut self, what: &str, since: u64, again: bool) {
        match what {
            "Started" => self.attempts += 1,
            _ if again => {}
            end => {
                self.status = end.to_uppercase();
                self.took_ms = since.saturating_sub(self.began_ms);
            }
        }
    }
}

/// `StepSucceeded` as `Step` and `Succeeded`.
fn split(event_type: &str) -> Option<(&str, &str)> {
    let ends = ["Started", "Succeeded", "Failed", "TimedOut", "Stopped", "Cancelled"];
    ends.iter().find_map(|end| Some((event_type.strip_suffix(end)?, *end)))
}

fn will_try_again(details: &EventDetails) -> bool {
    let (EventDetails::StepFailed { retry_details, .. } | EventDetails::StepSucceeded { retry_details, .. }) = details
    else {
        return false;
    };
    retry_details
        .as_ref()
        .is_some_and(|RetryDetails { next_attempt_delay_seconds, .. }| next_attempt_delay_seconds.is_some())
}

/// Puts each operation under what it stands in.
fn below(parent: Option<&str>, depth: usize, operations: &[(String, Operation)], spans: &mut Vec<Operation>) {
    for (id, operation) in operations.iter().filter(|(_, operation)| operation.parent.as_deref() == parent) {
        spans.push(Operation { depth, ..operation.clone() });
        below(Some(id), depth + 1, operations, spans);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The waterfall of an execution.
pub(crate) fn trace(execution: &Execution, waterfall: &Waterfall, width: u16) -> String {
    let Execution { id, function, name, status: stands, .. } = execution;
    let total = waterfall.total;
    let mut text = format!("{} {function} {name} ({}) {}\n\n", status(stands), short_id(id), span(total));
    let room = usize::from(width).saturating_sub(NAMES + AFTER + 2).max(20);
    for operation in &waterfall.spans {
        let Operation { name, depth, took_ms, status: stands, attempts, .. } = operation;
        let name = short(&format!("{}{name}", "  ".repeat(*depth)), NAMES);
        let mut after = span(Duration::from_millis(*took_ms));
        match stands.as_str() {
            "SUCCEEDED" => {}
            "STARTED" => after.push_str(" so far"),
            other => after.push_str(&format!(" {}", other.to_lowercase())),
        }
        if *attempts > 1 {
            after.push_str(&format!(" ×{attempts}"));
        }
        text.push_str(&format!("{name:<NAMES$}  {}  {after}\n", bar(operation, millis(total), room)));
    }
    text
}

/// The bar of an operation, in this much room.
fn bar(operation: &Operation, total_ms: u64, room: usize) -> String {
    let place = |ms: u64| {
        let share = u128::from(ms) * room as u128 / u128::from(total_ms.max(1));
        usize::try_from(share).unwrap_or(room).min(room)
    };
    let from = place(operation.began_ms).min(room.saturating_sub(1));
    let to = place(operation.began_ms.saturating_add(operation.took_ms)).clamp(from + 1, room.max(from + 1));
    let sign = match (operation.kind.as_str(), operation.waits) {
        (_, true) => "░",
        ("Context", false) => "─",
        _ => "█",
    };
    format!("{}{}{}", " ".repeat(from), sign.repeat(to - from), " ".repeat(room - to))
}
