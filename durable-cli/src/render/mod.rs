//! Text for people, from values and the time alone: nothing here asks, reads or prints.

mod callbacks;
mod event;
mod execution;
mod executions;
mod next;
mod plan;
mod span;
mod table;
#[cfg(test)]
mod tests;
mod trace;

pub(crate) use callbacks::callbacks;
pub(crate) use event::{event_line, history, is_end};
pub(crate) use execution::{described, execution};
pub(crate) use executions::executions;
pub(crate) use next::{begun, done, paused, started};
pub(crate) use plan::{functions, plan};
pub(crate) use trace::{Waterfall, trace};

/// The end of an id: what people say, and what tells executions of one time apart.
pub(crate) fn short_id(id: &str) -> &str {
    id.len().checked_sub(8).and_then(|from| id.get(from..)).unwrap_or(id)
}

/// The id at the end of an execution's ARN.
fn id_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// A status with a sign that is seen at a glance.
fn status(status: &str) -> String {
    let sign = match status {
        "RUNNING" => '●',
        "PAUSING" | "PAUSED" => '‖',
        "SUCCEEDED" => '✓',
        _ => '✗',
    };
    format!("{sign} {status}")
}

/// A text on one line, whatever it is.
fn one_line_of(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// The beginning of a text, on one line.
fn short(text: &str, most: usize) -> String {
    let line = one_line_of(text);
    if line.chars().count() <= most {
        return line;
    }
    let mut cut: String = line.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}
