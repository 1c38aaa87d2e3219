//! Events as the AWS SDK reads them, in the words of the wire.

use aws_sdk_lambda::types as sdk;
use durable_wire::event::{ErrorDetails, Event, EventDetails as D, Payload, ResultDetails, RetryDetails};
use durable_wire::{EpochSeconds, ErrorObject};

use crate::convert::{error_from, time};

/// The event; nothing if it is of a type that the SDK does not know.
pub(super) fn event(event: sdk::Event) -> Option<Event> {
    let event_type = event.event_type.as_ref()?.as_str().to_owned();
    let event_timestamp = seconds(event.event_timestamp?);
    let (sub_type, id, parent_id, name) =
        (event.sub_type.clone(), event.id.clone(), event.parent_id.clone(), event.name.clone());
    let event_id = count(event.event_id);
    Some(Event { event_id, event_type, sub_type, id, parent_id, name, event_timestamp, details: details(event)? })
}

/// The details of the event's type: the one field that is there.
fn details(event: sdk::Event) -> Option<D> {
    let execution = || {
        None.or(event.execution_started_details.clone().map(|details| D::ExecutionStarted {
            input: details.input.map(input),
            execution_timeout: Some(count(details.execution_timeout)).filter(|timeout| *timeout > 0),
        }))
        .or(event.execution_succeeded_details.clone().map(|details| D::ExecutionSucceeded(succeeded(details.result))))
        .or(event.execution_failed_details.clone().map(|details| D::ExecutionFailed(failed(details.error))))
        .or(event.execution_timed_out_details.clone().map(|details| D::ExecutionTimedOut(failed(details.error))))
        .or(event.execution_stopped_details.clone().map(|details| D::ExecutionStopped(failed(details.error))))
        .or(event.invocation_completed_details.clone().map(|details| D::InvocationCompleted {
            start_timestamp: seconds(details.start_timestamp),
            end_timestamp: seconds(details.end_timestamp),
            request_id: Some(details.request_id),
            error: details.error.map(error),
        }))
    };
    let context_and_wait = || {
        None.or(event.context_started_details.as_ref().map(|_| D::ContextStarted {}))
            .or(event.context_succeeded_details.clone().map(|details| D::ContextSucceeded(succeeded(details.result))))
            .or(event.context_failed_details.clone().map(|details| D::ContextFailed(failed(details.error))))
            .or(event.wait_started_details.clone().map(|details| D::WaitStarted {
                duration: count(details.duration),
                scheduled_end_timestamp: Some(seconds(details.scheduled_end_timestamp)),
            }))
            .or(event
                .wait_succeeded_details
                .as_ref()
                .map(|details| D::WaitSucceeded { duration: details.duration.map(count).unwrap_or_default() }))
            .or(event.wait_cancelled_details.clone().map(|details| D::WaitCancelled(failed(details.error))))
    };
    let step = || {
        None.or(event.step_started_details.as_ref().map(|_| D::StepStarted {}))
            .or(event.step_succeeded_details.clone().map(|details| D::StepSucceeded {
                result: details.result.map(result),
                retry_details: details.retry_details.map(retry),
            }))
            .or(event.step_failed_details.clone().map(|details| D::StepFailed {
                error: details.error.map(error),
                retry_details: details.retry_details.map(retry),
            }))
    };
    let callback = || {
        None.or(event.callback_started_details.clone().map(|details| D::CallbackStarted {
            callback_id: Some(details.callback_id),
            heartbeat_timeout: details.heartbeat_timeout.map(count),
            timeout: details.timeout.map(count),
        }))
        .or(event.callback_succeeded_details.clone().map(|details| D::CallbackSucceeded(succeeded(details.result))))
        .or(event.callback_failed_details.clone().map(|details| D::CallbackFailed(failed(details.error))))
        .or(event.callback_timed_out_details.clone().map(|details| D::CallbackTimedOut(failed(details.error))))
    };
    let invoke = || {
        None.or(event.chained_invoke_started_details.clone().map(|details| D::ChainedInvokeStarted {
            function_name: Some(details.function_name),
            tenant_id: details.tenant_id,
            input: details.input.map(input),
            executed_version: details.executed_version,
            durable_execution_arn: details.durable_execution_arn,
        }))
        .or(event
            .chained_invoke_succeeded_details
            .clone()
            .map(|details| D::ChainedInvokeSucceeded(succeeded(details.result))))
        .or(event.chained_invoke_failed_details.clone().map(|details| D::ChainedInvokeFailed(failed(details.error))))
        .or(event
            .chained_invoke_timed_out_details
            .clone()
            .map(|details| D::ChainedInvokeTimedOut(failed(details.error))))
        .or(event.chained_invoke_stopped_details.clone().map(|details| D::ChainedInvokeStopped(failed(details.error))))
    };
    execution().or_else(context_and_wait).or_else(step).or_else(callback).or_else(invoke)
}

fn succeeded(given: Option<sdk::EventResult>) -> ResultDetails {
    ResultDetails { result: given.map(result) }
}

fn failed(given: Option<sdk::EventError>) -> ErrorDetails {
    ErrorDetails { error: given.map(error) }
}

fn result(result: sdk::EventResult) -> Payload<String> {
    Payload { payload: result.payload, truncated: result.truncated.unwrap_or_default() }
}

fn input(input: sdk::EventInput) -> Payload<String> {
    Payload { payload: input.payload, truncated: input.truncated.unwrap_or_default() }
}

fn error(error: sdk::EventError) -> Payload<ErrorObject> {
    Payload { payload: error.payload.map(error_from), truncated: error.truncated.unwrap_or_default() }
}

fn retry(retry: sdk::RetryDetails) -> RetryDetails {
    RetryDetails {
        current_attempt: Some(count(retry.current_attempt)).filter(|attempt| *attempt > 0),
        next_attempt_delay_seconds: retry.next_attempt_delay_seconds.map(count),
    }
}

fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

fn seconds(at: aws_sdk_lambda::primitives::DateTime) -> EpochSeconds {
    durable_core::model::Timestamp::from(time(at)).into()
}
