//! Where an execution stands, as people write it and as a service says it.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use durable_core::model::ExecutionStatus;

/// Reads a status as people write it.
pub(super) fn parser() -> impl TypedValueParser<Value = ExecutionStatus> {
    let written = |status: ExecutionStatus| status.name().to_ascii_lowercase();
    let values = ExecutionStatus::ALL.map(|status| PossibleValue::new(written(status)).help(help(status)));
    PossibleValuesParser::new(values).try_map(|text| {
        ExecutionStatus::of_name(&text.to_ascii_uppercase()).ok_or_else(|| format!("`{text}` is no status"))
    })
}

fn help(status: ExecutionStatus) -> &'static str {
    match status {
        ExecutionStatus::Running => "It runs or waits",
        ExecutionStatus::Pausing => "It is to be paused",
        ExecutionStatus::Paused => "It is paused",
        ExecutionStatus::Succeeded => "It ended with a result",
        ExecutionStatus::Failed => "It ended with an error",
        ExecutionStatus::TimedOut => "Its time was over",
        ExecutionStatus::Stopped => "Someone stopped it",
        _ => "",
    }
}

/// Whether an execution has ended that stands at this, as a service says it.
pub(crate) fn has_ended(status: &str) -> bool {
    ExecutionStatus::of_name(status).is_some_and(ExecutionStatus::is_terminal)
}
