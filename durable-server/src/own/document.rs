//! The description of our own API.

use axum::Json;
use utoipa::OpenApi;

use super::{callbacks, executions, functions};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "durable",
        description = "What an engine can be asked beside the API of AWS Lambda durable functions"
    ),
    paths(
        executions::list,
        executions::find,
        executions::unpark,
        callbacks::list,
        functions::list,
        functions::plan,
        functions::metrics
    )
)]
struct Document;

/// The description, as OpenAPI has it.
pub(super) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
