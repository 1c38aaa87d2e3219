//! Callbacks that are open.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{OriginalUri, State};
use durable_core::model::{Event, EventKind};
use durable_core::store::{Cursor, Query, Summary, WaitingOn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::executions::meant;
use crate::arn::Arns;
use crate::error::ApiError;
use crate::page;
use crate::params::Params;
use crate::service::Shared;

/// An open callback.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Callback {
    /// What completes it; nothing where that is not known, as in a store file.
    pub callback_id: Option<String>,
    /// Its operation's name.
    pub name: Option<String>,
    /// The ARN of its execution.
    pub execution: String,
    /// The name of its execution.
    pub execution_name: String,
    /// The function.
    pub function: String,
    /// When it was opened.
    pub opened: String,
    /// After how many seconds it times out.
    pub timeout_seconds: Option<u32>,
    /// After how many seconds without a heartbeat it times out.
    pub heartbeat_seconds: Option<u32>,
}

/// A page of open callbacks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Callbacks {
    /// The callbacks.
    pub callbacks: Vec<Callback>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

/// Callbacks that are open; a page has those of `limit` executions.
#[utoipa::path(get, path = "/durable/v1/callbacks", params(
    ("function" = Option<String>, Query, description = "only of this function"),
    ("execution" = Option<String>, Query, min_length = 1, description = "only of this execution: its ARN, its id, at least four digits from the end of its id, or its name; one page has all of them then"),
    ("cursor" = Option<String>, Query, description = "only those after this place in the list"),
    ("limit" = Option<u32>, Query, maximum = 1000, description = "of at most so many executions"),
), responses((status = 200, body = Callbacks), (status = 400, description = "a condition can't be read"), (status = 404, description = "there is no such execution")))]
pub(crate) async fn list(
    State(service): State<Shared>,
    OriginalUri(uri): OriginalUri,
) -> Result<Json<Callbacks>, ApiError> {
    let params = Params::of(uri.query());
    let (waiting, next_cursor) = match params.get("execution") {
        Some(word) => (meant(&service, word, params.get("function")).await?, None),
        None => waiting(&service, &params).await?,
    };
    let mut callbacks = Vec::new();
    // One that has ended waits for nothing, whatever its history left open.
    for summary in waiting.into_iter().filter(|summary| summary.ended.is_none()) {
        callbacks.extend(service.arns.open_callbacks(&summary, service.engine.history(summary.id).await?));
    }
    Ok(Json(Callbacks { callbacks, next_cursor }))
}

/// A page of executions that wait for callbacks, and where the next one begins.
async fn waiting(service: &Shared, params: &Params) -> Result<(Vec<Summary>, Option<String>), ApiError> {
    let size = page::size(params.number("limit")?)?;
    let mut query = Query::new().waiting_on(WaitingOn::Callback).limit(u32::try_from(size + 1).unwrap_or(u32::MAX));
    if let Some(function) = params.get("function") {
        query = query.function(function);
    }
    if let Some(cursor) = page::place::<Cursor>("callbacks", params.get("cursor"))? {
        query = query.after(cursor);
    }
    let mut waiting = service.engine.list(query).await?;
    let more = waiting.len() > size;
    waiting.truncate(size);
    let next_cursor = waiting.last().filter(|_| more).map(|last| page::marker("callbacks", &last.cursor().to_string()));
    Ok((waiting, next_cursor))
}

impl Arns {
    /// The callbacks that an execution has open, from its history. Their ids are there if the history has them: a store
    /// file has none.
    pub fn open_callbacks(&self, summary: &Summary, history: Vec<Event>) -> Vec<Callback> {
        let callback = |event: Event| {
            let EventKind::CallbackStarted { callback_id, timeout_seconds, heartbeat_seconds } = event.kind else {
                return None;
            };
            Some(Callback {
                callback_id: callback_id.map(|id| id.as_str().to_owned()),
                name: event.operation.and_then(|operation| operation.name).map(String::from),
                execution: self.of_summary(summary),
                execution_name: summary.name.to_string(),
                function: summary.function.to_string(),
                opened: event.timestamp.to_string(),
                timeout_seconds,
                heartbeat_seconds,
            })
        };
        open(history).into_iter().filter_map(callback).collect()
    }
}

/// The starts of the callbacks that have not ended.
fn open(history: Vec<Event>) -> Vec<Event> {
    let mut open = BTreeMap::new();
    for event in history {
        let Some(id) = event.operation.as_ref().map(|operation| operation.id.clone()) else { continue };
        match event.kind {
            EventKind::CallbackStarted { .. } => {
                open.insert(id, event);
            }
            EventKind::CallbackSucceeded { .. }
            | EventKind::CallbackFailed { .. }
            | EventKind::CallbackTimedOut { .. } => {
                open.remove(&id);
            }
            _ => {}
        }
    }
    open.into_values().collect()
}
