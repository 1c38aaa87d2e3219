//! What is printed as a table.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use durable::{Event, EventKind, RunError};

use crate::order::{Coffee, Order, OrderError};

/// Wide enough for a history, narrow enough for a terminal.
const WIDTH: u16 = 118;

/// One order in the table of orders.
pub(crate) struct Row([String; 5]);

impl Row {
    pub(crate) fn new(order: &Order, outcome: &Result<Coffee, RunError<OrderError>>, history: &[Event]) -> Self {
        let outcome = match outcome {
            Ok(Coffee { number, drink }) => format!("served: {drink}, number {number}"),
            Err(error) => format!("not served: {error}"),
        };
        let runs = history.iter().filter(|event| matches!(event.kind, EventKind::InvocationCompleted { .. })).count();
        Self([order.id.clone(), order.drink.clone(), outcome, history.len().to_string(), runs.to_string()])
    }
}

/// All orders.
pub(crate) fn orders(rows: Vec<Row>) -> Table {
    let mut table = table(["order", "drink", "outcome", "events", "runs of the code"]);
    for Row(cells) in rows {
        table.add_row(cells);
    }
    table
}

/// A history, one event a line.
pub(crate) fn history(history: &[Event]) -> Table {
    let mut table = table(["id", "type", "sub-type", "name", "time", "payload"]);
    let begun = history.first().map(|event| event.timestamp);
    for event in history {
        let Event { event_id, timestamp, operation, kind } = event;
        let (sub_type, name) =
            operation.as_ref().map_or(("", None), |operation| (operation.kind.sub_type(), operation.name.as_ref()));
        let elapsed = timestamp.since(begun.unwrap_or(*timestamp));
        table.add_row([
            event_id.to_string(),
            kind.event_type().to_owned(),
            sub_type.to_owned(),
            name.map(ToString::to_string).unwrap_or_default(),
            format!("{:.3} s", elapsed.as_secs_f64()),
            kind.summary(),
        ]);
    }
    table
}

/// Numbers with what they count.
pub(crate) fn counts<'a>(counts: impl IntoIterator<Item = (&'a str, usize)>) -> Table {
    let mut table = table(["what the steps did, and what is on record", ""]);
    for (what, count) in counts {
        table.add_row([Cell::new(what), Cell::new(count).set_alignment(CellAlignment::Right)]);
    }
    table
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(header);
    table
}
