//! The history of an execution, page by page.

use axum::http::StatusCode;
use axum::response::Response;
use durable_core::model::Event;
use durable_wire::api::HistoryPage;

use super::json;
use crate::error::ApiError;
use crate::page;
use crate::params::Params;
use crate::service::Service;

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
        shown.extend(service.arns.shown_event(event, with_data));
    }
    let next_marker = later.peek().and(last).map(|last| page::marker("events", &last.to_string()));
    Ok(json(StatusCode::OK, &HistoryPage { events: shown, next_marker }))
}
