//! An execution as a whole.

use axum::http::StatusCode;
use axum::response::Response;

use super::json;
use crate::error::ApiError;
use crate::params::Params;
use crate::service::Service;

pub(super) async fn describe(service: &Service, arn: &str, params: &Params) -> Result<Response, ApiError> {
    let with_data = params.flag("IncludeExecutionData", true)?;
    let described = service.execution(arn).await?;
    Ok(json(StatusCode::OK, &service.arns.shown(described, with_data)))
}
