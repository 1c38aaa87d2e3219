//! The description of our own API.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, PathItem, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{OpenApi, ToSchema};

use super::{callbacks, executions, functions};
use crate::service::Shared;

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
    ),
    components(schemas(Refusal))
)]
struct Document;

/// What is answered when nothing comes of a request; its type stands in the header `x-amzn-errortype`.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
#[serde(rename_all = "PascalCase")]
struct Refusal {
    /// Whose fault it is: `User` or `Service`.
    r#type: String,
    /// Why.
    message: String,
    /// The same, for clients that look for it here.
    #[serde(rename = "message")]
    same_message: String,
    /// Which limit was met, if there are too many requests.
    reason: Option<String>,
}

/// What every operation may answer.
const EVERYWHERE: [(&str, &str); 6] = [
    ("403", "the host, the origin or the authentication is not right"),
    ("405", "the path has no such method"),
    ("408", "the request took too long to arrive"),
    ("413", "the request is too large"),
    ("429", "there are too many requests at once"),
    ("500", "something is wrong with the service"),
];

/// The description, as OpenAPI has it.
pub(super) async fn openapi(State(service): State<Shared>) -> Json<utoipa::openapi::OpenApi> {
    let mut document = Document::openapi();
    for item in document.paths.paths.values_mut() {
        let PathItem { get, post, .. } = item;
        get.iter_mut().chain(post).for_each(refuses);
    }
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let signature = "a signature of AWS's (SigV4) for the service `lambda`";
    let signature = ApiKey::Header(ApiKeyValue::with_description("Authorization", signature));
    components.add_security_scheme("sigv4", SecurityScheme::ApiKey(signature));
    if service.is_closed {
        let any_of = ["bearer", "sigv4"].map(|scheme| SecurityRequirement::new(scheme, [""; 0]));
        document.security = Some(any_of.into());
    }
    Json(document)
}

/// Describes what the operation answers when nothing comes of it.
fn refuses(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    for (status, description) in EVERYWHERE {
        let response = ResponseBuilder::new().description(description).build();
        responses.entry(status.to_owned()).or_insert(RefOr::T(response));
    }
    for (_, response) in responses.iter_mut().filter(|(status, _)| status.starts_with(['4', '5'])) {
        if let RefOr::T(Response { content, .. }) = response {
            let error = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build();
            content.insert("application/json".to_owned(), error);
        }
    }
}
