//! Look-ups.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns::{execution, name, optional_time, status, time};
use crate::model::{EventKind, ExecutionId, Name, OperationId, Timestamp};
use crate::service::{Parent, Record, Spec, Standing, Waits};
use crate::store::{Due, Glance, LogEnd, StoreError, Stored, Trouble};

/// An execution without its log, and the rows of the log.
pub(super) fn load(connection: &Connection, id: ExecutionId) -> rusqlite::Result<Option<(Stored, Vec<String>)>> {
    let sql = "SELECT function, name, version, tenant, parent, parent_operation, status, started, ended, due, runnable,
                      unreported, waits_timer, waits_callback, waits_child FROM execution WHERE id = ?1";
    let key = id.as_bytes().as_slice();
    let read = |row: &Row<'_>| {
        let parent = match (row.get::<_, Option<[u8; 16]>>(4)?, row.get::<_, Option<String>>(5)?) {
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
            tenant: row.get(3)?,
            timeout_seconds: None,
            parent,
        };
        Ok(Stored { spec, standing: read_standing(row, 6)?, records: Vec::new(), next_position: 0 })
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
        stored.records.extend(decode_row(id, text, stored.next_position)?);
        stored.next_position += 1;
    }
    if let Some(Record::Event(first)) = stored.records.first()
        && let EventKind::ExecutionStarted { input, timeout_seconds } = &first.kind
    {
        stored.spec.input.clone_from(input);
        stored.spec.timeout_seconds = *timeout_seconds;
    }
    Ok(stored)
}

/// The records of a row.
pub(super) fn decode_row(id: ExecutionId, text: &str, position: u32) -> Result<Vec<Record>, StoreError> {
    let damaged = |error| StoreError::DamagedLog { execution: id, reason: format!("row {position}: {error}") };
    serde_json::from_str(text).map_err(damaged)
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

/// Who should run, or has an end to tell, from an id on.
pub(super) fn runnable(
    connection: &Connection,
    after: Option<ExecutionId>,
    limit: u32,
) -> rusqlite::Result<Vec<ExecutionId>> {
    let sql = "SELECT id FROM execution WHERE runnable AND id > ?1
               UNION SELECT id FROM execution WHERE unreported AND id > ?1 ORDER BY id LIMIT ?2";
    let after = after.map_or(Vec::new(), |after| after.as_bytes().to_vec());
    connection.prepare_cached(sql)?.query_map(params![after, limit], |row| execution(row, 0))?.collect()
}

/// Whose time comes after this one.
pub(super) fn due(connection: &Connection, after: Option<Due>, limit: u32) -> rusqlite::Result<Vec<Due>> {
    let sql = "SELECT due, id FROM execution WHERE due IS NOT NULL AND due >= ?1 AND (due > ?1 OR id > ?2)
               ORDER BY due, id LIMIT ?3";
    let (time_after, id) = after.map_or((i64::MIN, Vec::new()), |(due, id)| (due.as_millis(), id.as_bytes().to_vec()));
    let read = |row: &Row<'_>| Ok((time(row, 0)?, execution(row, 1)?));
    connection.prepare_cached(sql)?.query_map(params![time_after, id, limit], read)?.collect()
}

/// Running executions that nothing will ever wake.
pub(super) fn stranded(connection: &Connection) -> rusqlite::Result<Vec<ExecutionId>> {
    let sql = "SELECT id FROM execution AS waiting INDEXED BY execution_idle
               WHERE status = 'running' AND NOT runnable AND due IS NULL
                 AND NOT (waits_callback AND EXISTS (SELECT 1 FROM callback WHERE execution = waiting.id))
                 AND NOT (waits_child AND EXISTS (SELECT 1 FROM execution AS child WHERE child.parent = waiting.id
                                                  AND (child.ended IS NULL OR child.unreported)))";
    connection.prepare_cached(sql)?.query_map([], |row| execution(row, 0))?.collect()
}

pub(super) fn troubles(connection: &Connection) -> rusqlite::Result<Vec<(ExecutionId, Trouble)>> {
    let sql = "SELECT execution, crashes, seen, parked FROM trouble";
    let read = |row: &Row<'_>| {
        let trouble = Trouble { crashes: row.get(1)?, seen: row.get(2)?, parked: row.get(3)? };
        Ok((execution(row, 0)?, trouble))
    };
    connection.prepare_cached(sql)?.query_map([], read)?.collect()
}

/// Where an execution stands, and a row of its log with its number, which is yet to be put in.
pub(super) fn glance(
    connection: &Connection,
    id: ExecutionId,
    end: LogEnd,
) -> rusqlite::Result<Option<(Glance, u32, String)>> {
    let sql = match end {
        LogEnd::First => {
            "SELECT function, status, started, ended, due, runnable, unreported, waits_timer, waits_callback, waits_child,
                    position, records
             FROM execution JOIN log ON execution = id WHERE id = ?1 ORDER BY position LIMIT 1"
        }
        LogEnd::Last => {
            "SELECT function, status, started, ended, due, runnable, unreported, waits_timer, waits_callback, waits_child,
                    position, records
             FROM execution JOIN log ON execution = id WHERE id = ?1 ORDER BY position DESC LIMIT 1"
        }
    };
    let read = |row: &Row<'_>| {
        let glance = Glance { function: name(row, 0)?, standing: read_standing(row, 1)?, row: Vec::new() };
        Ok((glance, row.get(10)?, row.get(11)?))
    };
    connection.prepare_cached(sql)?.query_row([id.as_bytes().as_slice()], read).optional()
}

/// Where an execution stands, from this column on.
fn read_standing(row: &Row<'_>, first: usize) -> rusqlite::Result<Standing> {
    Ok(Standing {
        status: status(row, first)?,
        started: time(row, first + 1)?,
        ended: optional_time(row, first + 2)?,
        due: optional_time(row, first + 3)?,
        runnable: row.get(first + 4)?,
        unreported: row.get(first + 5)?,
        waits: Waits { timer: row.get(first + 6)?, callback: row.get(first + 7)?, child: row.get(first + 8)? },
    })
}

pub(super) fn ended_before(connection: &Connection, time: Timestamp, limit: u32) -> rusqlite::Result<Vec<ExecutionId>> {
    let sql =
        "SELECT id FROM execution WHERE ended IS NOT NULL AND ended < ?1 AND NOT unreported ORDER BY ended LIMIT ?2";
    let values = params![time.as_millis(), limit];
    connection.prepare_cached(sql)?.query_map(values, |row| execution(row, 0))?.collect()
}
