//! Answers one invocation.

use std::time::{Duration, SystemTime};

use aws_sdk_lambda::Client;
use durable_core::host::{Host, Invoked};
use durable_core::model::{Action, ExecutionId, Name, OperationId, OperationUpdate, Start, Timestamp};
use durable_wire::OperationUpdate as Update;
use durable_wire::envelope::{Invocation, Response};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::value::RawValue;
use tracing::Instrument;

use crate::chain::Chain;
use crate::convert;
use crate::drive::{Deadline, Drive};
use crate::failure::Failure;
use crate::select::Targets;

/// The payload of an invocation, unread: what is no durable invocation deserves an answer that says so.
pub(crate) type Request = Box<RawValue>;

/// Answers invocations of one durable function.
pub(crate) struct Handler {
    pub(crate) host: Host,
    pub(crate) function: &'static str,
    pub(crate) client: Client,
    pub(crate) targets: Targets,
    pub(crate) reserve: Duration,
}

impl Handler {
    /// Runs the function until it has ended, waits for the service, or can't go on in this invocation.
    pub(crate) async fn answer(&self, event: LambdaEvent<Request>) -> Result<Response, Failure> {
        let LambdaEvent { payload, context } = event;
        let invocation: Invocation =
            serde_json::from_str(payload.get()).map_err(|error| Failure::NotDurable(error.to_string()))?;
        let span = tracing::info_span!(
            target: "durable", "invocation",
            executionArn = invocation.durable_execution_arn, requestId = context.request_id
        );
        let answer = async {
            match self.run(invocation, &context).await {
                Err(failure) => match failure.fails_with() {
                    Some(error) => {
                        tracing::error!(error = %failure, "the execution fails");
                        Ok(Response::Failed { error: Some(error.into()) })
                    }
                    None => {
                        tracing::warn!(reason = %failure, "the invocation ends, and the execution goes on in another");
                        Err(failure)
                    }
                },
                answer => answer,
            }
        };
        answer.instrument(span).await
    }

    async fn run(&self, invocation: Invocation, context: &Context) -> Result<Response, Failure> {
        let Invocation { durable_execution_arn: arn, checkpoint_token, initial_execution_state, updated_operation_ids } =
            invocation;
        let chain = Chain::new(self.client.clone(), arn.clone(), checkpoint_token);
        let mut operations = initial_execution_state.operations;
        operations.extend(chain.rest(initial_execution_state.next_marker).await?);
        let execution = operations.iter().find(|operation| operation.is_execution());
        let execution = execution.ok_or_else(|| Failure::NotDurable("it has no execution".to_owned()))?;
        let invoked = Invoked {
            execution: execution_id(&arn),
            name: execution.name.clone().and_then(|name| Name::new(name).ok()),
            tenant: context.tenant_id.clone(),
            started: Timestamp::from(execution.start_timestamp),
            input: execution.execution_details.as_ref().and_then(|details| details.input_payload.clone()),
            request_id: context.request_id.clone(),
            updated: updated_operation_ids.into_iter().map(OperationId::from_text).collect(),
            operations: convert::recorded(operations)?,
        };
        let run = self.host.begin(self.function, invoked).map_err(|error| Failure::NotDurable(error.to_string()))?;
        let now = SystemTime::now();
        let deadline = Deadline::new(context.deadline().duration_since(now).unwrap_or_default(), self.reserve);
        let outgoing = |update| self.outgoing(update);
        Drive::new(run, chain, deadline, &outgoing).until_the_end().await
    }

    /// An update as it is sent: what is invoked has the name that it has in Lambda.
    fn outgoing(&self, mut update: OperationUpdate) -> Update {
        if let Action::Start(Start::Invoke { function, .. }) = &mut update.action
            && let Some(target) = self.targets.of(function.as_str())
        {
            *function = target.clone();
        }
        update.into()
    }
}

/// The id that this execution has in observers and serdes: the last part of its ARN.
fn execution_id(arn: &str) -> ExecutionId {
    ExecutionId::of_text(arn.rsplit('/').next().unwrap_or(arn))
}
