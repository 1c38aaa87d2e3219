//! Between the types of the AWS SDK and those of the wire.

use aws_sdk_lambda::error::BuildError;
use aws_sdk_lambda::primitives::DateTime;
use aws_sdk_lambda::types as sdk;
use durable_core::model::{self, Timestamp};
use durable_wire::operation::{
    CallbackDetails, ChainedInvokeDetails, ContextDetails, ExecutionDetails, Operation, StepDetails, WaitDetails,
};
use durable_wire::{EpochMillis, ErrorObject, Malformed, OperationUpdate};

/// An operation as the service sent it.
pub(crate) fn operation(operation: sdk::Operation) -> Operation<EpochMillis> {
    let status = operation.status().as_str().to_owned();
    let operation_type = operation.r#type().as_str().to_owned();
    Operation {
        id: operation.id,
        parent_id: operation.parent_id,
        name: operation.name,
        operation_type,
        sub_type: operation.sub_type,
        start_timestamp: time(operation.start_timestamp),
        end_timestamp: operation.end_timestamp.map(time),
        status,
        execution_details: operation
            .execution_details
            .map(|details| ExecutionDetails { input_payload: details.input_payload }),
        context_details: operation.context_details.map(|details| ContextDetails {
            replay_children: details.replay_children,
            result: details.result,
            error: details.error.map(error_from),
        }),
        step_details: operation.step_details.map(|details| StepDetails {
            attempt: u32::try_from(details.attempt).ok(),
            next_attempt_timestamp: details.next_attempt_timestamp.map(time),
            result: details.result,
            error: details.error.map(error_from),
        }),
        wait_details: operation
            .wait_details
            .map(|details| WaitDetails { scheduled_end_timestamp: details.scheduled_end_timestamp.map(time) }),
        callback_details: operation.callback_details.map(|details| CallbackDetails {
            callback_id: details.callback_id,
            result: details.result,
            error: details.error.map(error_from),
        }),
        chained_invoke_details: operation
            .chained_invoke_details
            .map(|details| ChainedInvokeDetails { result: details.result, error: details.error.map(error_from) }),
    }
}

/// What a run is answered from: without the operation that stands for the execution itself.
pub(crate) fn recorded(operations: Vec<Operation<EpochMillis>>) -> Result<Vec<model::Operation>, Malformed> {
    operations.into_iter().filter(|operation| !operation.is_execution()).map(model::Operation::try_from).collect()
}

pub(crate) fn time(time: DateTime) -> EpochMillis {
    // Out of range is out of this world.
    Timestamp::from_millis(time.to_millis().unwrap_or_default()).into()
}

pub(crate) fn error_from(error: sdk::ErrorObject) -> ErrorObject {
    let sdk::ErrorObject { error_message, error_type, error_data, stack_trace, .. } = error;
    ErrorObject { error_type, error_message, error_data, stack_trace }
}

pub(crate) fn error_into(error: ErrorObject) -> sdk::ErrorObject {
    let ErrorObject { error_type, error_message, error_data, stack_trace } = error;
    sdk::ErrorObject::builder()
        .set_error_type(error_type)
        .set_error_message(error_message)
        .set_error_data(error_data)
        .set_stack_trace(stack_trace)
        .build()
}

/// An update as the SDK sends it.
pub(crate) fn update(update: OperationUpdate) -> Result<sdk::OperationUpdate, BuildError> {
    let invoke = update.chained_invoke_options.map(|options| {
        sdk::ChainedInvokeOptions::builder()
            .set_function_name(options.function_name)
            .set_tenant_id(options.tenant_id)
            .set_x_amzn_trace_id(options.x_amzn_trace_id)
            .build()
    });
    let context = update
        .context_options
        .map(|options| sdk::ContextOptions::builder().set_replay_children(options.replay_children).build());
    let step = update.step_options.map(|options| {
        let delay = options.next_attempt_delay_seconds.map(seconds);
        sdk::StepOptions::builder().set_next_attempt_delay_seconds(delay).build()
    });
    let wait = update
        .wait_options
        .map(|options| sdk::WaitOptions::builder().set_wait_seconds(options.wait_seconds.map(seconds)).build());
    let callback = update.callback_options.map(|options| {
        sdk::CallbackOptions::builder()
            .set_timeout_seconds(options.timeout_seconds.map(seconds))
            .set_heartbeat_timeout_seconds(options.heartbeat_timeout_seconds.map(seconds))
            .build()
    });
    sdk::OperationUpdate::builder()
        .id(update.id)
        .set_parent_id(update.parent_id)
        .set_name(update.name)
        .r#type(update.operation_type.as_str().into())
        .set_sub_type(update.sub_type)
        .action(update.action.as_str().into())
        .set_payload(update.payload)
        .set_error(update.error.map(error_into))
        .set_context_options(context)
        .set_step_options(step)
        .set_wait_options(wait)
        .set_callback_options(callback)
        .set_chained_invoke_options(invoke.transpose()?)
        .build()
}

/// The longest wait there is has 31,622,400 seconds.
fn seconds(seconds: u32) -> i32 {
    i32::try_from(seconds).unwrap_or(i32::MAX)
}
