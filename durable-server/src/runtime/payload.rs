//! What a function process is told, and what it answers.

use durable_core::engine::remote::{InvocationEnd, RemoteInvocation};
use durable_core::model::ErrorObject;
use durable_wire::envelope::{InitialExecutionState, Invocation, Response};
use durable_wire::{EpochMillis, Operation};
use serde::Deserialize;

use crate::arn::Arns;
use crate::page;
use crate::structure::structure;

/// About how many bytes of recorded payloads an invocation carries; the rest is paged.
const MOST_BYTES: usize = 5 * 1024 * 1024;
/// The most bytes of an answer, as on AWS Lambda, and room for what is around it.
pub(crate) const MOST_ANSWERED: usize = 7 * 1024 * 1024;

/// The payload of an invocation. What does not fit into it is to be read page by page.
pub(crate) fn event(arns: &Arns, invocation: &RemoteInvocation) -> Result<Vec<u8>, serde_json::Error> {
    let RemoteInvocation { execution, function, version, name, input, started, token, operations, updated, .. } =
        invocation;
    let first = Operation::execution(execution.to_string(), name, *started, input.clone());
    let mut bytes = serde_json::to_vec(&first)?.len();
    let mut state: Vec<Operation<EpochMillis>> = vec![first];
    for operation in operations {
        let operation = Operation::from(operation.clone());
        bytes += serde_json::to_vec(&operation)?.len();
        if bytes > MOST_BYTES {
            break;
        }
        state.push(operation);
    }
    let more = state.len() <= operations.len();
    let next_marker = more.then(|| page::marker("state", &state.len().to_string()));
    serde_json::to_vec(&Invocation {
        durable_execution_arn: arns.execution(function, version.as_deref(), name, *execution),
        checkpoint_token: token.as_str().to_owned(),
        initial_execution_state: InitialExecutionState { operations: state, next_marker },
        updated_operation_ids: updated.iter().map(|id| id.as_str().to_owned()).collect(),
    })
}

/// What a process answers, as the end of its invocation.
pub(super) fn end(body: &[u8]) -> InvocationEnd {
    let response = match structure::<Response>(body) {
        Ok(response) => response,
        Err(error) => {
            let message = format!("the function's answer is none of a durable function: {error}");
            return InvocationEnd::Crashed(ErrorObject::new("Runtime.InvalidResponse", message));
        }
    };
    match response {
        Response::Succeeded { result } => {
            InvocationEnd::Succeeded(result.filter(|result| !matches!(result.trim(), "" | "null")))
        }
        Response::Failed { error } => InvocationEnd::Failed(error.unwrap_or_default().into()),
        Response::Pending => InvocationEnd::Pending,
    }
}

/// What an endpoint of AWS's Invoke API answers. Not every one says in a header that it is an error.
pub(crate) fn answer(body: &[u8], is_error: bool) -> InvocationEnd {
    let says_error = || serde_json::from_slice::<Reported>(body).is_ok_and(|reported| reported.error_type.is_some());
    if is_error || says_error() { InvocationEnd::Crashed(error(body, "Unhandled")) } else { end(body) }
}

/// An error as runtimes report it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Reported {
    error_type: Option<String>,
    error_message: Option<String>,
    stack_trace: Option<Vec<serde_json::Value>>,
}

/// What a process reports instead of an answer.
pub(super) fn error(body: &[u8], default_type: &str) -> ErrorObject {
    let reported: Reported = serde_json::from_slice(body).unwrap_or_default();
    let trace = reported.stack_trace.unwrap_or_default().into_iter().map(|line| match line {
        serde_json::Value::String(line) => line,
        other => other.to_string(),
    });
    ErrorObject {
        error_type: Some(reported.error_type.unwrap_or_else(|| default_type.to_owned())),
        message: Some(reported.error_message.unwrap_or_else(|| "the function gave no reason".to_owned())),
        data: None,
        stack_trace: trace.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_ends() {
        let succeeded = |result: &str| InvocationEnd::Succeeded(Some(result.to_owned()));
        assert_eq!(end(br#"{"Status":"SUCCEEDED","Result":"7"}"#), succeeded("7"));
        for nothing in [
            r#"{"Status":"SUCCEEDED"}"#,
            r#"{"Status":"SUCCEEDED","Result":""}"#,
            r#"{"Status":"SUCCEEDED","Result":"null"}"#,
        ] {
            assert_eq!(end(nothing.as_bytes()), InvocationEnd::Succeeded(None));
        }
        assert_eq!(end(br#"{"Status":"PENDING"}"#), InvocationEnd::Pending);
        let failed = end(br#"{"Status":"FAILED","Error":{"ErrorType":"E","ErrorMessage":"m"}}"#);
        assert_eq!(failed, InvocationEnd::Failed(ErrorObject::new("E", "m")));
        for wrong in [
            "",
            "7",
            "{}",
            r#"["PENDING"]"#,
            r#"{"Status":"DONE"}"#,
            r#"{"Status":"SUCCEEDED","Result":"7","Error":{}}"#,
            r#"{"Status":"FAILED","Result":"7"}"#,
        ] {
            let InvocationEnd::Crashed(error) = end(wrong.as_bytes()) else { panic!("{wrong}") };
            assert_eq!(error.error_type.as_deref(), Some("Runtime.InvalidResponse"), "{wrong}");
        }
        // A field without a value is none.
        assert_eq!(end(br#"{"Status":"SUCCEEDED","Result":"7","Error":null}"#), succeeded("7"));
        let crashed = |kind: &str, message: &str| InvocationEnd::Crashed(ErrorObject::new(kind, message));
        assert_eq!(answer(br#"{"Status":"PENDING"}"#, false), InvocationEnd::Pending);
        assert_eq!(answer(br#"{"errorType":"E","errorMessage":"m"}"#, false), crashed("E", "m"));
        assert_eq!(answer(br#"{"errorMessage":"m"}"#, true), crashed("Unhandled", "m"));
        assert!(matches!(answer(br#"{"Status":"PENDING"}"#, true), InvocationEnd::Crashed(_)));
        let reported = error(br#"{"errorType":"E","errorMessage":"m","stackTrace":["a",1]}"#, "D");
        assert_eq!((reported.error_type.as_deref(), reported.stack_trace.len()), (Some("E"), 2));
        assert_eq!(error(b"?", "D").error_type.as_deref(), Some("D"));
    }
}
