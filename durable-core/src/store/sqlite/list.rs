//! Lists of executions.

use rusqlite::types::ToSql;
use rusqlite::{Connection, Row};

use super::columns::{execution, name, optional_time, status, status_text, time};
use crate::model::ExecutionId;
use crate::store::{Query, Summary, WaitingOn};

/// The functions that there are, found with one look into the index each.
const FUNCTIONS: &str = " AND function IN (
    WITH RECURSIVE known(function) AS (
        SELECT min(function) FROM execution
        UNION ALL SELECT (SELECT min(next.function) FROM execution AS next WHERE next.function > known.function)
        FROM known WHERE known.function IS NOT NULL)
    SELECT function FROM known)";

/// Executions in order.
pub(super) fn list(connection: &Connection, query: &Query) -> rusqlite::Result<Vec<Summary>> {
    let (sql, values) = select(query);
    let values: Vec<&dyn ToSql> = values.iter().map(AsRef::as_ref).collect();
    connection.prepare_cached(&sql)?.query_map(values.as_slice(), read)?.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Summary> {
    Ok(Summary {
        id: execution(row, 0)?,
        function: name(row, 1)?,
        name: name(row, 2)?,
        version: row.get(3)?,
        status: status(row, 4)?,
        started: time(row, 5)?,
        ended: optional_time(row, 6)?,
        due: optional_time(row, 7)?,
        parked: row.get(8)?,
    })
}

type Values = Vec<Box<dyn ToSql>>;

/// The statement for a query, from constant pieces; the values are bound.
fn select(query: &Query) -> (String, Values) {
    let Query { function, statuses, name, version, id_suffix, name_prefix, .. } = query;
    let Query { started_from, started_before, waiting_on, parked, after, oldest_first, .. } = query;
    let mut sql = String::from(
        "SELECT id, function, name, version, status, started, ended, due,
                (SELECT parked FROM trouble WHERE execution = id)
         FROM execution WHERE TRUE",
    );
    let mut values = Values::new();
    if let Some(function) = function {
        sql.push_str(" AND function = ?");
        values.push(Box::new(function.clone()));
    }
    if let [first, more @ ..] = statuses.as_slice() {
        sql.push_str(if more.is_empty() { " AND status = ?" } else { " AND status IN (?" });
        values.push(Box::new(status_text(*first)));
        for status in more {
            sql.push_str(", ?");
            values.push(Box::new(status_text(*status)));
        }
        if !more.is_empty() {
            sql.push(')');
        }
    }
    if let Some(name) = name {
        if function.is_none() {
            sql.push_str(FUNCTIONS);
        }
        sql.push_str(" AND name = ?");
        values.push(Box::new(name.clone()));
    }
    if let Some(version) = version {
        sql.push_str(" AND version = ?");
        values.push(Box::new(version.clone()));
    }
    if let Some(id) = whole_id(id_suffix.as_deref()) {
        sql.push_str(" AND id = ?");
        values.push(Box::new(id.as_bytes().to_vec()));
    } else if let Some(suffix) = id_suffix {
        // The index that has all ids and little else.
        sql.push_str(" AND substr(lower(hex(id)), ?) = ?");
        values.push(Box::new(-i64::try_from(suffix.len()).unwrap_or(i64::MAX)));
        values.push(Box::new(suffix.clone()));
    }
    if let Some(prefix) = name_prefix {
        if function.is_none() {
            sql.push_str(FUNCTIONS);
        }
        sql.push_str(" AND name >= ? AND name < ?");
        values.push(Box::new(prefix.clone()));
        values.push(Box::new(format!("{prefix}{}", char::MAX)));
    }
    if let Some(from) = started_from {
        sql.push_str(" AND started >= ?");
        values.push(Box::new(from.as_millis()));
    }
    if let Some(before) = started_before {
        sql.push_str(" AND started < ?");
        values.push(Box::new(before.as_millis()));
    }
    match waiting_on {
        Some(WaitingOn::Timer) => sql.push_str(" AND waits_timer"),
        Some(WaitingOn::Callback) => sql.push_str(" AND waits_callback"),
        Some(WaitingOn::Child) => sql.push_str(" AND waits_child"),
        None => {}
    }
    if *parked {
        sql.push_str(" AND id IN (SELECT execution FROM trouble WHERE parked IS NOT NULL)");
    }
    if let Some(cursor) = after {
        sql.push_str(if *oldest_first { " AND (started, id) > (?, ?)" } else { " AND (started, id) < (?, ?)" });
        values.push(Box::new(cursor.started.as_millis()));
        values.push(Box::new(cursor.id.as_bytes().to_vec()));
    }
    // Few executions share a prefix: they are found by name and sorted then.
    sql.push_str(match (name_prefix.is_some() || name.is_some(), oldest_first) {
        (true, false) => " ORDER BY +started DESC, id DESC",
        (true, true) => " ORDER BY +started, id",
        (false, false) => " ORDER BY started DESC, id DESC",
        (false, true) => " ORDER BY started, id",
    });
    sql.push_str(" LIMIT ?");
    values.push(Box::new(query.limit_or_default()));
    (sql, values)
}

/// The id that ends like this, if that is all of it.
fn whole_id(suffix: Option<&str>) -> Option<ExecutionId> {
    suffix.filter(|suffix| suffix.len() == 32)?.parse().ok()
}

/// How SQLite would carry a query out.
#[cfg(test)]
pub(in crate::store) fn explain(connection: &Connection, query: &Query) -> rusqlite::Result<Vec<String>> {
    let (sql, values) = select(query);
    let values: Vec<&dyn ToSql> = values.iter().map(AsRef::as_ref).collect();
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    statement.query_map(values.as_slice(), |row| row.get(3))?.collect()
}
