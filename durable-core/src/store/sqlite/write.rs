//! Commits.

use rusqlite::{Connection, ToSql, params};

use crate::model::ExecutionId;
use crate::service::{Spec, Standing};
use crate::store::{Commit, Committed, Row};

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
        let sql = "DELETE FROM execution WHERE id = ?1 AND ended IS NOT NULL";
        if connection.prepare_cached(sql)?.execute([id])? > 0 {
            connection.prepare_cached("DELETE FROM log WHERE execution = ?1")?.execute([id])?;
            connection.prepare_cached("DELETE FROM callback WHERE execution = ?1")?.execute([id])?;
        }
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

fn apply(connection: &Connection, commit: &Commit) -> rusqlite::Result<Committed> {
    let Commit { execution, row, create, standing, callbacks } = commit;
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
        let sql = "UPDATE execution SET status = ?2, started = ?3, ended = ?4, due = ?5, runnable = ?6, unreported = ?7
                   WHERE id = ?1";
        let Columns { status, started, ended, due, runnable, unreported } = Columns::of(standing);
        connection.prepare_cached(sql)?.execute(params![id, status, started, ended, due, runnable, unreported])?;
    }
    for (hash, operation) in callbacks {
        let sql = "INSERT INTO callback (hash, execution, operation) VALUES (?1, ?2, ?3)";
        let values: [&dyn ToSql; 3] = [&hash.as_slice(), &id, &operation.as_str()];
        connection.prepare_cached(sql)?.execute(values)?;
    }
    Ok(Committed::Done)
}

/// Adds an execution, unless its name is taken.
fn insert(connection: &Connection, spec: &Spec, standing: &Standing) -> rusqlite::Result<bool> {
    // The input and the timeout are in the first record.
    let Spec { id, function, name, version, input: _, tenant, timeout_seconds: _, parent } = spec;
    let Columns { status, started, ended, due, runnable, unreported } = Columns::of(standing);
    let parent_id = parent.as_ref().map(|parent| parent.execution.as_bytes().as_slice());
    let parent_operation = parent.as_ref().map(|parent| parent.operation.as_str());
    let sql = "INSERT INTO execution (id, function, name, version, status, started, ended, due, runnable, unreported,
                                      tenant, parent, parent_operation)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING";
    let added = connection.prepare_cached(sql)?.execute(params![
        id.as_bytes().as_slice(),
        function.as_str(),
        name.as_str(),
        version,
        status,
        started,
        ended,
        due,
        runnable,
        unreported,
        tenant,
        parent_id,
        parent_operation,
    ])?;
    Ok(added > 0)
}

/// Where an execution stands, as columns.
struct Columns {
    status: &'static str,
    started: i64,
    ended: Option<i64>,
    due: Option<i64>,
    runnable: bool,
    unreported: bool,
}

impl Columns {
    fn of(standing: &Standing) -> Self {
        let Standing { status, started, ended, due, runnable, unreported } = *standing;
        Self {
            status: super::read::status_text(status),
            started: started.as_millis(),
            ended: ended.map(crate::model::Timestamp::as_millis),
            due: due.map(crate::model::Timestamp::as_millis),
            runnable,
            unreported,
        }
    }
}
