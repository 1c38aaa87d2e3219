//! Commits.

use rusqlite::{Connection, ToSql, params};

use super::columns::status_text;
use crate::model::{Event, EventKind, ExecutionId, ExecutionStatus, Timestamp};
use crate::service::{Record, Spec, Standing};
use crate::store::{Commit, Committed, Row, Trouble};

/// Applies commits in one transaction.
pub(super) fn commit(connection: &Connection, commits: &[Commit]) -> rusqlite::Result<Vec<Committed>> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let committed = commits.iter().map(|commit| apply(connection, commit)).collect::<rusqlite::Result<Vec<_>>>()?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(committed)
}

/// Deletes executions that have ended, in one transaction.
pub(super) fn delete(connection: &Connection, executions: &[ExecutionId]) -> rusqlite::Result<()> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for execution in executions {
        let id = execution.as_bytes().as_slice();
        let sql = "DELETE FROM execution WHERE id = ?1 AND ended IS NOT NULL AND NOT unreported";
        if connection.prepare_cached(sql)?.execute([id])? > 0 {
            connection.prepare_cached("DELETE FROM log WHERE execution = ?1")?.execute([id])?;
            connection.prepare_cached("DELETE FROM callback WHERE execution = ?1")?.execute([id])?;
            connection.prepare_cached("DELETE FROM trouble WHERE execution = ?1")?.execute([id])?;
        }
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

fn apply(connection: &Connection, commit: &Commit) -> rusqlite::Result<Committed> {
    let Commit { execution, row, create, standing, callbacks, trouble } = commit;
    let id = execution.as_bytes().as_slice();
    if let (Some(spec), Some(standing)) = (create, standing)
        && !insert(connection, spec, standing)?
    {
        return Ok(Committed::NameTaken);
    }
    if let Some(Row { position, records }) = row {
        let text =
            serde_json::to_string(records).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let sql = "INSERT INTO log (execution, position, records) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        if connection.prepare_cached(sql)?.execute(params![id, position, text])? == 0 {
            return Ok(Committed::Fenced);
        }
    }
    if let (None, Some(standing)) = (create, standing) {
        update(connection, id, standing)?;
        let resumed = row.as_ref().is_some_and(|row| row.records.iter().any(is_resumption));
        if resumed || matches!(standing.status, ExecutionStatus::Pausing | ExecutionStatus::Paused) {
            let sql = "UPDATE execution SET status = ?2 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![id, status_text(standing.status)])?;
        }
    }
    if let Some(trouble) = trouble {
        note(connection, id, trouble)?;
    }
    for (hash, operation) in callbacks {
        let sql = "INSERT INTO callback (hash, execution, operation) VALUES (?1, ?2, ?3)";
        let values: [&dyn ToSql; 3] = [&hash.as_slice(), &id, &operation.as_str()];
        connection.prepare_cached(sql)?.execute(values)?;
    }
    Ok(Committed::Done)
}

/// Whether the execution is not paused any more: the only way back to a status that it had before.
fn is_resumption(record: &Record) -> bool {
    matches!(record, Record::Event(Event { kind: EventKind::ExecutionResumed { .. }, .. }))
}

/// Says where an execution stands now. What can't have changed is not touched, nor are its indexes.
fn update(connection: &Connection, id: &[u8], standing: &Standing) -> rusqlite::Result<()> {
    let Standing { status, started: _, ended, due, runnable, unreported, waits } = *standing;
    let due = due.map(Timestamp::as_millis);
    let Some(ended) = ended else {
        let sql =
            "UPDATE execution SET due = ?2, runnable = ?3, waits_timer = ?4, waits_callback = ?5, waits_child = ?6
                   WHERE id = ?1";
        let values = params![id, due, runnable, waits.timer, waits.callback, waits.child];
        connection.prepare_cached(sql)?.execute(values)?;
        return Ok(());
    };
    let sql = "UPDATE execution SET due = ?2, runnable = ?3, waits_timer = ?4, waits_callback = ?5, waits_child = ?6,
                      status = ?7, ended = ?8, unreported = ?9
               WHERE id = ?1";
    let (status, ended) = (status_text(status), ended.as_millis());
    let values = params![id, due, runnable, waits.timer, waits.callback, waits.child, status, ended, unreported];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn note(connection: &Connection, id: &[u8], trouble: &Trouble) -> rusqlite::Result<()> {
    if *trouble == Trouble::default() {
        connection.prepare_cached("DELETE FROM trouble WHERE execution = ?1")?.execute([id])?;
        return Ok(());
    }
    let Trouble { crashes, seen, parked } = trouble;
    let sql = "INSERT INTO trouble (execution, crashes, seen, parked) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET crashes = ?2, seen = ?3, parked = ?4";
    connection.prepare_cached(sql)?.execute(params![id, crashes, seen, parked])?;
    Ok(())
}

/// Adds an execution, unless its name is taken.
fn insert(connection: &Connection, spec: &Spec, standing: &Standing) -> rusqlite::Result<bool> {
    // The input and the timeout are in the first record.
    let Spec { id, function, name, version, input: _, tenant, timeout_seconds: _, parent } = spec;
    let Standing { status, started, ended, due, runnable, unreported, waits } = *standing;
    let parent_id = parent.as_ref().map(|parent| parent.execution.as_bytes().as_slice());
    let parent_operation = parent.as_ref().map(|parent| parent.operation.as_str());
    let sql = "INSERT INTO execution (id, function, name, version, status, started, ended, due, runnable, unreported,
                                      waits_timer, waits_callback, waits_child, tenant, parent, parent_operation)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT DO NOTHING";
    let added = connection.prepare_cached(sql)?.execute(params![
        id.as_bytes().as_slice(),
        function.as_str(),
        name.as_str(),
        version,
        status_text(status),
        started.as_millis(),
        ended.map(Timestamp::as_millis),
        due.map(Timestamp::as_millis),
        runnable,
        unreported,
        waits.timer,
        waits.callback,
        waits.child,
        tenant,
        parent_id,
        parent_operation,
    ])?;
    Ok(added > 0)
}
