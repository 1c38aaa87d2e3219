//! What AWS has no call for: lists over all functions, finding by a name or a short id, open callbacks, plans, metrics,
//! and letting parked executions run again.

mod callbacks;
mod document;
mod executions;
mod functions;

pub use callbacks::{Callback, Callbacks};
pub use executions::{Execution, Executions};
pub use functions::{Function, Functions};

use axum::Router;
use axum::routing::{get, post};

use crate::error::ApiError;
use crate::service::Shared;

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/durable/v1/executions", get(executions::list))
        .route("/durable/v1/executions/find", get(executions::find))
        .route("/durable/v1/executions/{id}/unpark", post(executions::unpark))
        .route("/durable/v1/callbacks", get(callbacks::list))
        .route("/durable/v1/functions", get(functions::list))
        .route("/durable/v1/functions/{function}/plan", get(functions::plan))
        .route("/durable/v1/metrics", get(functions::metrics))
        .route("/durable/v1/openapi.json", get(document::openapi))
        .method_not_allowed_fallback(|| async { ApiError::wrong_method() })
}
