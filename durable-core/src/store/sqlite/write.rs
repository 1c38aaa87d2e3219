//! Commits.

use rusqlite::{Connection, ToSql, params};

use crate::service::Standing;
use crate::store::{Commit, Committed};

/// Applies commits in one transaction.
pub(super) fn commit(connection: &Connection, commits: &[Commit]) -> rusqlite::Result<Vec<Committed>> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let committed = commits.iter().map(|commit| apply(connection, commit)).collect::<rusqlite::Result<Vec<_>>>()?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(committed)
}

fn apply(connection: &Connection, commit: &Commit) -> rusqlite::Result<Committed> {
    let Commit { execution, position, create, records, standing, callbacks } = commit;
    let id = execution.as_bytes().as_slice();
    let text = serde_json::to_string(records).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    if let (Some(spec), Some(standing)) = (create, standing) {
        let sql = "INSERT INTO execution (id, function, name, version, status, started, ended, due, runnable)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
        let Columns { status, started, ended, due, runnable } = Columns::of(standing);
        let (function, name) = (spec.function.as_str(), spec.name.as_str());
        let values = params![id, function, name, spec.version, status, started, ended, due, runnable];
        if connection.prepare_cached(sql)?.execute(values)? == 0 {
            return Ok(Committed::NameTaken);
        }
    }
    let sql = "INSERT INTO log (execution, position, records) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    if connection.prepare_cached(sql)?.execute(params![id, position, text])? == 0 {
        return Ok(Committed::Fenced);
    }
    if let (None, Some(standing)) = (create, standing) {
        let sql = "UPDATE execution SET status = ?2, started = ?3, ended = ?4, due = ?5, runnable = ?6 WHERE id = ?1";
        let Columns { status, started, ended, due, runnable } = Columns::of(standing);
        connection.prepare_cached(sql)?.execute(params![id, status, started, ended, due, runnable])?;
    }
    for (hash, operation) in callbacks {
        let sql = "INSERT INTO callback (hash, execution, operation) VALUES (?1, ?2, ?3)";
        let values: [&dyn ToSql; 3] = [&hash.as_slice(), &id, &operation.as_str()];
        connection.prepare_cached(sql)?.execute(values)?;
    }
    Ok(Committed::Done)
}

/// Where an execution stands, as columns.
struct Columns {
    status: &'static str,
    started: i64,
    ended: Option<i64>,
    due: Option<i64>,
    runnable: bool,
}

impl Columns {
    fn of(standing: &Standing) -> Self {
        let Standing { status, started, ended, due, runnable } = *standing;
        Self {
            status: super::read::status_text(status),
            started: started.as_millis(),
            ended: ended.map(crate::model::Timestamp::as_millis),
            due: due.map(crate::model::Timestamp::as_millis),
            runnable,
        }
    }
}
