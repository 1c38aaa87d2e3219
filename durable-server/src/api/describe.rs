//! An execution as a whole.

use axum::http::StatusCode;
use axum::response::Response;
use durable_core::engine::Described;
use durable_core::service::Outcome;
use durable_wire::{EpochSeconds, ErrorObject};
use serde::Serialize;

use super::json;
use super::status::status_name;
use crate::arn::qualifier;
use crate::error::ApiError;
use crate::params::Params;
use crate::service::Service;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Execution {
    durable_execution_arn: String,
    durable_execution_name: String,
    function_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_payload: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
    start_timestamp: EpochSeconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_timestamp: Option<EpochSeconds>,
    status: &'static str,
    version: String,
    execution_data_included: bool,
    durable_config: DurableConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    pause_details: Option<PauseDetails>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DurableConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_timeout: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PauseDetails {
    pause_request_timestamp: EpochSeconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    execution_timeout_paused: bool,
}

pub(super) async fn describe(service: &Service, arn: &str, params: &Params) -> Result<Response, ApiError> {
    let with_data = params.flag("IncludeExecutionData", true)?;
    let described = service.execution(arn).await?;
    Ok(json(StatusCode::OK, &shown_as(service, described, with_data)))
}

fn shown_as(service: &Service, described: Described, with_data: bool) -> Execution {
    let durable_execution_arn = service.arns.of_described(&described);
    let Described { spec, status, started, ended, outcome, paused, .. } = described;
    let (result, error) = match outcome {
        // A recorded `null` is no payload; clients want its JSON.
        Some(Outcome::Succeeded(result)) => (Some(result.unwrap_or_else(|| "null".to_owned())), None),
        Some(Outcome::Failed(error) | Outcome::TimedOut(error) | Outcome::Stopped(error)) => (None, Some(error.into())),
        None => (None, None),
    };
    let pause_details = paused.map(|pause| PauseDetails {
        pause_request_timestamp: pause.requested.into(),
        reason: pause.reason,
        execution_timeout_paused: pause.pauses_timeout,
    });
    Execution {
        durable_execution_arn,
        durable_execution_name: spec.name.to_string(),
        function_arn: service.arns.function(spec.function.as_str(), spec.version.as_deref()),
        input_payload: spec.input.filter(|_| with_data),
        result: result.filter(|_| with_data),
        error: error.filter(|_| with_data),
        start_timestamp: started.into(),
        end_timestamp: ended.map(Into::into),
        status: status_name(status),
        version: qualifier(spec.version.as_deref()).to_owned(),
        execution_data_included: with_data,
        durable_config: DurableConfig { execution_timeout: spec.timeout_seconds },
        pause_details,
    }
}
