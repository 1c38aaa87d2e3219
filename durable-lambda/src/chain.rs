//! The calls of one invocation to the service: one after the other, each with the token that the one before gave.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::checkpoint_durable_execution::CheckpointDurableExecutionOutput;
use durable_core::model;
use durable_wire::operation::Operation;
use durable_wire::{EpochMillis, OperationUpdate};

use crate::batch::batches;
use crate::convert;
use crate::failure::Failure;

/// What an invocation needs to have something recorded.
pub(crate) struct Chain {
    client: Client,
    execution: String,
    token: String,
}

impl Chain {
    pub(crate) fn new(client: Client, execution: String, token: String) -> Self {
        Self { client, execution, token }
    }

    /// Has updates recorded, in as many calls as they need. Returns what changed, by them or otherwise.
    pub(crate) async fn record(&mut self, updates: Vec<OperationUpdate>) -> Result<Vec<model::Operation>, Failure> {
        let mut changed = Vec::new();
        for batch in batches(updates) {
            changed.extend(self.checkpoint(batch).await?);
        }
        Ok(changed)
    }

    /// Asks what has changed.
    pub(crate) async fn refresh(&mut self) -> Result<Vec<model::Operation>, Failure> {
        self.checkpoint(Vec::new()).await
    }

    /// Has the end of the execution recorded, after which there is nothing more to record.
    pub(crate) async fn end(&mut self, update: OperationUpdate) -> Result<(), Failure> {
        self.call(vec![update]).await.map(|_| ())
    }

    async fn checkpoint(&mut self, updates: Vec<OperationUpdate>) -> Result<Vec<model::Operation>, Failure> {
        let output = self.call(updates).await?;
        // Without a token nothing more can be recorded; only the end of the execution has none.
        let Some(token) = output.checkpoint_token.filter(|token| !token.is_empty()) else {
            return Err(Failure::Service("an answer has no checkpoint token".to_owned()));
        };
        self.token = token;
        let (page, marker) = match output.new_execution_state {
            Some(state) => (state.operations.unwrap_or_default(), state.next_marker),
            None => (Vec::new(), None),
        };
        let mut changed: Vec<_> = page.into_iter().map(convert::operation).collect();
        changed.extend(self.rest(marker).await?);
        Ok(convert::recorded(changed)?)
    }

    /// One call. It may be made several times, with a token of its own by which the service knows it again.
    async fn call(&self, updates: Vec<OperationUpdate>) -> Result<CheckpointDurableExecutionOutput, Failure> {
        let updates = updates.into_iter().map(convert::update).collect::<Result<_, _>>();
        let updates = updates.map_err(|error| Failure::Refused(error.to_string()))?;
        let call = self.client.checkpoint_durable_execution();
        let call = call.durable_execution_arn(&self.execution).checkpoint_token(&self.token);
        call.set_updates(Some(updates)).send().await.map_err(|error| Failure::of_call(&error))
    }

    /// The pages of operations from this marker on, if there is one.
    pub(crate) async fn rest(&self, marker: Option<String>) -> Result<Vec<Operation<EpochMillis>>, Failure> {
        let mut operations = Vec::new();
        let mut marker = marker.filter(|marker| !marker.is_empty());
        while let Some(from) = marker {
            let call = self.client.get_durable_execution_state();
            let call = call.durable_execution_arn(&self.execution).checkpoint_token(&self.token);
            let page = call.marker(from).send().await.map_err(|error| Failure::of_call(&error))?;
            operations.extend(page.operations.into_iter().map(convert::operation));
            marker = page.next_marker.filter(|marker| !marker.is_empty());
        }
        Ok(operations)
    }
}
