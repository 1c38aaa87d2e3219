//! Look-ups.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::model::{ExecutionId, ExecutionStatus, Name, OperationId, Timestamp};
use crate::service::{Parent, Record, Spec, Standing};
use crate::store::{Agenda, Query, StoreError, Stored, Summary};

/// An execution without its log, and the rows of the log.
pub(super) fn load(connection: &Connection, id: ExecutionId) -> rusqlite::Result<Option<(Stored, Vec<String>)>> {
    let sql = "SELECT function, name, version, status, started, ended, due, runnable, unreported, tenant, parent,
                      parent_operation FROM execution WHERE id = ?1";
    let key = id.as_bytes().as_slice();
    let read = |row: &Row<'_>| {
        let parent = match (row.get::<_, Option<[u8; 16]>>(10)?, row.get::<_, Option<String>>(11)?) {
            (Some(execution), Some(operation)) => Some(Parent {
                execution: ExecutionId::from_bytes(execution),
                operation: OperationId::from_text(operation),
            }),
            _ => None,
        };
        let spec = Spec {
            id,
            function: name(row, 0)?,
            name: name(row, 1)?,
            version: row.get(2)?,
            input: None,
            tenant: row.get(9)?,
            timeout_seconds: None,
            parent,
        };
        let standing = Standing {
            status: status(row, 3)?,
            started: time(row, 4)?,
            ended: optional_time(row, 5)?,
            due: optional_time(row, 6)?,
            runnable: row.get(7)?,
            unreported: row.get(8)?,
        };
        Ok(Stored { spec, standing, records: Vec::new(), next_position: 0 })
    };
    let stored = connection.prepare_cached(sql)?.query_row([key], read).optional()?;
    let Some(stored) = stored else { return Ok(None) };
    let sql = "SELECT records FROM log WHERE execution = ?1 ORDER BY position";
    let logs = connection.prepare_cached(sql)?.query_map([key], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(Some((stored, logs)))
}

/// Puts the log into the execution.
pub(super) fn decode(id: ExecutionId, mut stored: Stored, logs: &[String]) -> Result<Stored, StoreError> {
    for text in logs {
        let records: Vec<Record> = serde_json::from_str(text).map_err(|error| StoreError::DamagedLog {
            execution: id,
            reason: format!("row {}: {error}", stored.next_position),
        })?;
        stored.records.extend(records);
        stored.next_position += 1;
    }
    if let Some(Record::Event(first)) = stored.records.first()
        && let crate::model::EventKind::ExecutionStarted { input, timeout_seconds } = &first.kind
    {
        stored.spec.input.clone_from(input);
        stored.spec.timeout_seconds = *timeout_seconds;
    }
    Ok(stored)
}

pub(super) fn find(connection: &Connection, function: &Name, name: &Name) -> rusqlite::Result<Option<ExecutionId>> {
    let sql = "SELECT id FROM execution WHERE function = ?1 AND name = ?2";
    let names = params![function.as_str(), name.as_str()];
    connection.prepare_cached(sql)?.query_row(names, |row| execution(row, 0)).optional()
}

pub(super) fn find_callback(
    connection: &Connection,
    hash: &[u8; 32],
) -> rusqlite::Result<Option<(ExecutionId, OperationId)>> {
    let sql = "SELECT execution, operation FROM callback WHERE hash = ?1";
    let read = |row: &Row<'_>| Ok((execution(row, 0)?, OperationId::from_text(row.get::<_, String>(1)?)));
    connection.prepare_cached(sql)?.query_row([hash.as_slice()], read).optional()
}

pub(super) fn agenda(connection: &Connection) -> rusqlite::Result<Vec<Agenda>> {
    let sql = "SELECT id, due, runnable, unreported FROM execution WHERE runnable
               UNION ALL SELECT id, due, runnable, unreported FROM execution WHERE due IS NOT NULL AND NOT runnable
               UNION ALL SELECT id, due, runnable, unreported FROM execution WHERE unreported";
    let read = |row: &Row<'_>| {
        Ok(Agenda {
            execution: execution(row, 0)?,
            due: optional_time(row, 1)?,
            runnable: row.get(2)?,
            unreported: row.get(3)?,
        })
    };
    connection.prepare_cached(sql)?.query_map([], read)?.collect()
}

pub(super) fn ended_before(connection: &Connection, time: Timestamp, limit: u32) -> rusqlite::Result<Vec<ExecutionId>> {
    let sql = "SELECT id FROM execution WHERE ended IS NOT NULL AND ended < ?1 ORDER BY ended LIMIT ?2";
    let values = params![time.as_millis(), limit];
    connection.prepare_cached(sql)?.query_map(values, |row| execution(row, 0))?.collect()
}

pub(super) fn list(connection: &Connection, query: &Query) -> rusqlite::Result<Vec<Summary>> {
    let Query { function, status: wanted, limit: _ } = query;
    let sql = "SELECT id, function, name, status, started, ended FROM execution
               WHERE (?1 IS NULL OR function = ?1) AND (?2 IS NULL OR status = ?2) ORDER BY id DESC LIMIT ?3";
    let values = params![function.as_ref().map(Name::as_str), wanted.map(status_text), query.limit_or_default()];
    let read = |row: &Row<'_>| {
        Ok(Summary {
            id: execution(row, 0)?,
            function: name(row, 1)?,
            name: name(row, 2)?,
            status: status(row, 3)?,
            started: time(row, 4)?,
            ended: optional_time(row, 5)?,
        })
    };
    connection.prepare_cached(sql)?.query_map(values, read)?.collect()
}

/// The status as the table has it.
pub(super) const fn status_text(status: ExecutionStatus) -> &'static str {
    match status {
        ExecutionStatus::Running => "running",
        ExecutionStatus::Succeeded => "succeeded",
        ExecutionStatus::Failed => "failed",
        ExecutionStatus::TimedOut => "timed_out",
        ExecutionStatus::Stopped => "stopped",
    }
}

fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<ExecutionStatus> {
    let text: String = row.get(column)?;
    match text.as_str() {
        "running" => Ok(ExecutionStatus::Running),
        "succeeded" => Ok(ExecutionStatus::Succeeded),
        "failed" => Ok(ExecutionStatus::Failed),
        "timed_out" => Ok(ExecutionStatus::TimedOut),
        "stopped" => Ok(ExecutionStatus::Stopped),
        _ => Err(unreadable(column, format!("unknown status {text:?}"))),
    }
}

fn execution(row: &Row<'_>, column: usize) -> rusqlite::Result<ExecutionId> {
    row.get::<_, [u8; 16]>(column).map(ExecutionId::from_bytes)
}

fn name(row: &Row<'_>, column: usize) -> rusqlite::Result<Name> {
    Name::new(row.get::<_, String>(column)?).map_err(|error| unreadable(column, error.to_string()))
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

fn optional_time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis))
}

fn unreadable(column: usize, reason: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, reason.into())
}
