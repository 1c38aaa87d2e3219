//! What function code does with its execution: record, and read what it has to replay.

use axum::http::StatusCode;
use axum::response::Response;
use durable_core::engine::Described;
use durable_core::engine::remote::{CheckpointCall, CheckpointToken};
use durable_core::model::{Operation, OperationUpdate};
use durable_wire::api::{CheckpointRequest, CheckpointResponse, StatePage};
use durable_wire::update::Change;

use super::{json, limited, read};
use crate::error::ApiError;
use crate::page;
use crate::params::Params;
use crate::service::Service;

/// The most updates of one call; no SDK sends more than 250.
const MOST_UPDATES: usize = 1_000;

pub(super) async fn checkpoint(service: &Service, arn: &str, body: &[u8]) -> Result<Response, ApiError> {
    let CheckpointRequest { checkpoint_token, updates, client_token } = read(body)?;
    limited("the client token", client_token.as_deref(), 64)?;
    limited("the checkpoint token", Some(&checkpoint_token), 2048)?;
    if updates.len() > MOST_UPDATES {
        return Err(ApiError::invalid_parameter(format!("a checkpoint has at most {MOST_UPDATES} updates")));
    }
    let (updates, outcome) = changes(updates)?;
    let id = service.execution_id(arn).await?;
    let token = CheckpointToken::from_text(checkpoint_token);
    let call = CheckpointCall { token, updates, outcome, client_token };
    let answer = service.engine.checkpoint(id, call).await?;
    let operations = answer.changed.into_iter().map(Into::into).collect();
    let response = CheckpointResponse {
        checkpoint_token: answer.token.map(|token| token.as_str().to_owned()),
        new_execution_state: StatePage { operations, next_marker: None },
    };
    Ok(json(StatusCode::OK, &response))
}

type Outcome = Result<Option<String>, durable_core::model::ErrorObject>;

/// The updates of operations, and the end of the execution if it comes last.
fn changes(updates: Vec<durable_wire::OperationUpdate>) -> Result<(Vec<OperationUpdate>, Option<Outcome>), ApiError> {
    let (mut operations, mut outcome) = (Vec::with_capacity(updates.len()), None);
    for update in updates {
        if outcome.is_some() {
            return Err(ApiError::invalid_parameter("nothing comes after the end of the execution"));
        }
        limited("a sub-type", update.sub_type.as_deref(), 32)?;
        match Change::try_from(update)? {
            Change::Operation(update) => operations.push(update),
            Change::Execution(end) => outcome = Some(end),
        }
    }
    Ok((operations, outcome))
}

pub(super) async fn state(service: &Service, arn: &str, params: &Params) -> Result<Response, ApiError> {
    let token = params.get("CheckpointToken");
    let token = token.ok_or_else(|| ApiError::invalid_parameter("CheckpointToken is missing"))?;
    let (size, from) = (page::size(params.number("MaxItems")?)?, page::place("state", params.get("Marker"))?);
    let described = service.execution(arn).await?;
    let operations = service.engine.replay_state(described.spec.id, CheckpointToken::from_text(token)).await?;
    let state = state_page(&described, operations, from.unwrap_or(0), size);
    Ok(json(StatusCode::OK, &state))
}

/// A page of what is recorded; the execution itself is the first of it.
fn state_page(described: &Described, operations: Vec<Operation>, from: usize, size: usize) -> StatePage {
    let spec = &described.spec;
    let execution = || {
        let (id, started) = (spec.id.to_string(), described.started);
        durable_wire::Operation::execution(id, &spec.name, started, spec.input.clone())
    };
    let total = operations.len() + 1;
    let all = std::iter::once_with(execution).chain(operations.into_iter().map(Into::into));
    let next = from.saturating_add(size);
    StatePage {
        operations: all.skip(from).take(size).collect(),
        next_marker: (next < total).then(|| page::marker("state", &next.to_string())),
    }
}
