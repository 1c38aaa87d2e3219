//! The history of an execution, page by page.

use axum::http::StatusCode;
use axum::response::Response;
use durable_core::model::{Event, EventKind, ExecutionId, Name};
use durable_wire::event::EventDetails;
use serde::Serialize;

use super::json;
use crate::error::ApiError;
use crate::page;
use crate::params::Params;
use crate::service::Service;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct History {
    events: Vec<durable_wire::Event>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

pub(super) async fn history(service: &Service, arn: &str, params: &Params) -> Result<Response, ApiError> {
    let (with_data, reverse) = (params.flag("IncludeExecutionData", true)?, params.flag("ReverseOrder", false)?);
    let (size, after) = (page::size(params.number("MaxItems")?)?, page::place("events", params.get("Marker"))?);
    let id = service.execution_id(arn).await?;
    let mut events = service.engine.history(id).await?;
    if reverse {
        events.reverse();
    }
    let is_later = |event: &Event| match after {
        None => true,
        Some(after) if reverse => event.event_id < after,
        Some(after) => event.event_id > after,
    };
    let mut later = events.into_iter().filter(is_later).peekable();
    let mut shown = Vec::new();
    let mut last = None;
    for event in later.by_ref().take(size) {
        last = Some(event.event_id);
        shown.extend(shown_as(service, event, with_data));
    }
    let next_marker = later.peek().and(last).map(|last| page::marker("events", &last.to_string()));
    Ok(json(StatusCode::OK, &History { events: shown, next_marker }))
}

/// An event as clients see it, with the ARN of the execution that it started.
pub(crate) fn shown_as(service: &Service, event: Event, with_data: bool) -> Option<durable_wire::Event> {
    let invoked = match &event.kind {
        EventKind::ChainedInvokeStarted { function, version, execution, .. } => {
            Some(invoked_arn(service, function, version.as_deref(), *execution))
        }
        _ => None,
    };
    let mut event = durable_wire::Event::of(event, with_data)?;
    if let EventDetails::ChainedInvokeStarted { durable_execution_arn, executed_version, .. } = &mut event.details {
        *durable_execution_arn = invoked.flatten();
        *executed_version = executed_version.take().map(|version| crate::arn::qualifier(Some(&version)).to_owned());
    }
    Some(event)
}

/// The ARN of an execution that an operation started: its name is its id.
fn invoked_arn(service: &Service, function: &Name, version: Option<&str>, id: ExecutionId) -> Option<String> {
    let function = crate::arn::function_ref(function.as_str(), None)?;
    let (function, name) = (Name::new(function.name).ok()?, Name::new(id.to_string()).ok()?);
    Some(service.arns.execution(&function, version, &name, id))
}
