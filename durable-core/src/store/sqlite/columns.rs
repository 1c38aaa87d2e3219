//! Between columns and our types.

use rusqlite::Row;

use crate::model::{ExecutionId, ExecutionStatus, Name, Timestamp};

/// The status as the table has it.
pub(super) const fn status_text(status: ExecutionStatus) -> &'static str {
    match status {
        ExecutionStatus::Running => "running",
        ExecutionStatus::Pausing => "pausing",
        ExecutionStatus::Paused => "paused",
        ExecutionStatus::Succeeded => "succeeded",
        ExecutionStatus::Failed => "failed",
        ExecutionStatus::TimedOut => "timed_out",
        ExecutionStatus::Stopped => "stopped",
    }
}

pub(super) fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<ExecutionStatus> {
    let text: String = row.get(column)?;
    match text.as_str() {
        "running" => Ok(ExecutionStatus::Running),
        "pausing" => Ok(ExecutionStatus::Pausing),
        "paused" => Ok(ExecutionStatus::Paused),
        "succeeded" => Ok(ExecutionStatus::Succeeded),
        "failed" => Ok(ExecutionStatus::Failed),
        "timed_out" => Ok(ExecutionStatus::TimedOut),
        "stopped" => Ok(ExecutionStatus::Stopped),
        _ => Err(unreadable(column, format!("unknown status {text:?}"))),
    }
}

pub(super) fn execution(row: &Row<'_>, column: usize) -> rusqlite::Result<ExecutionId> {
    row.get::<_, [u8; 16]>(column).map(ExecutionId::from_bytes)
}

pub(super) fn name(row: &Row<'_>, column: usize) -> rusqlite::Result<Name> {
    Name::new(row.get::<_, String>(column)?).map_err(|error| unreadable(column, error.to_string()))
}

pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

pub(super) fn optional_time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis))
}

fn unreadable(column: usize, reason: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, reason.into())
}
