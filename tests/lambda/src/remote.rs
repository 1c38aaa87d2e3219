//! Between an engine's invocations and those of Lambda.

use axum::body::Bytes;
use durable::model::ErrorObject;
use durable::remote::{InvocationEnd, RemoteInvocation};
use durable_wire::envelope::{InitialExecutionState, Invocation, Response};
use durable_wire::{EpochMillis, Operation};

/// What Lambda would send to the function.
pub fn payload(invocation: &RemoteInvocation) -> Result<Bytes, serde_json::Error> {
    let RemoteInvocation { execution, function, name, input, started, token, operations, updated, .. } = invocation;
    let mut state: Vec<Operation<EpochMillis>> =
        vec![Operation::execution(execution.to_string(), name, *started, input.clone())];
    state.extend(operations.iter().cloned().map(Operation::from));
    let function = format!("arn:aws:lambda:us-west-2:123456789012:function:{function}:$LATEST");
    serde_json::to_vec(&Invocation {
        durable_execution_arn: format!("{function}/durable-execution/{name}/{execution}"),
        checkpoint_token: token.as_str().to_owned(),
        initial_execution_state: InitialExecutionState { operations: state, next_marker: None },
        updated_operation_ids: updated.iter().map(|id| id.as_str().to_owned()).collect(),
    })
    .map(Bytes::from)
}

/// What an answer means.
pub fn end(answer: &[u8]) -> InvocationEnd {
    match serde_json::from_slice(answer) {
        Ok(response) => end_of(response),
        Err(error) => InvocationEnd::Crashed(ErrorObject::new("Runtime.InvalidResponse", error.to_string())),
    }
}

pub(crate) fn end_of(response: Response) -> InvocationEnd {
    match response {
        Response::Succeeded { result } => InvocationEnd::Succeeded(result.filter(|result| result != "null")),
        Response::Failed { error } => InvocationEnd::Failed(error.unwrap_or_default().into()),
        Response::Pending => InvocationEnd::Pending,
    }
}
