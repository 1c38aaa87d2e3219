//! Executions and events as clients see them: the same from a service and from its store file.

use durable_core::engine::Described;
use durable_core::model::{Event, EventKind, ExecutionId, Name};
use durable_core::service::Outcome;
use durable_core::store::Summary;
use durable_wire::api::{DurableConfig, DurableExecution, PauseDetails};
use durable_wire::event::EventDetails;

use crate::arn::{Arns, function_ref, qualifier};
use crate::own::Execution;

impl Arns {
    /// An execution as a whole, with its payloads or without.
    pub fn shown(&self, described: Described, with_data: bool) -> DurableExecution {
        let durable_execution_arn = self.of_described(&described);
        let Described { spec, status, started, ended, outcome, paused, .. } = described;
        let (result, error) = match outcome {
            // A recorded `null` is no payload; clients want its JSON.
            Some(Outcome::Succeeded(result)) => (Some(result.unwrap_or_else(|| "null".to_owned())), None),
            Some(Outcome::Failed(error) | Outcome::TimedOut(error) | Outcome::Stopped(error)) => {
                (None, Some(error.into()))
            }
            None => (None, None),
        };
        let pause_details = paused.map(|pause| PauseDetails {
            pause_request_timestamp: pause.requested.into(),
            reason: pause.reason,
            execution_timeout_paused: pause.pauses_timeout,
        });
        DurableExecution {
            durable_execution_arn,
            durable_execution_name: spec.name.to_string(),
            function_arn: self.function(spec.function.as_str(), spec.version.as_deref()),
            input_payload: spec.input.filter(|_| with_data),
            result: result.filter(|_| with_data),
            error: error.filter(|_| with_data),
            start_timestamp: started.into(),
            end_timestamp: ended.map(Into::into),
            status: status.name().to_owned(),
            version: qualifier(spec.version.as_deref()).to_owned(),
            execution_data_included: with_data,
            durable_config: DurableConfig { execution_timeout: spec.timeout_seconds },
            pause_details,
        }
    }

    /// An execution in a list.
    pub fn listed(&self, summary: &Summary) -> Execution {
        Execution {
            arn: self.of_summary(summary),
            id: summary.id.to_string(),
            function: summary.function.to_string(),
            name: summary.name.to_string(),
            version: summary.version.clone(),
            status: summary.status.name().to_owned(),
            started: summary.started.to_string(),
            ended: summary.ended.map(|time| time.to_string()),
            due: summary.due.map(|time| time.to_string()),
            parked: summary.parked.clone(),
        }
    }

    /// An event, with the ARN of the execution that it started; nothing for one that clients do not see.
    pub fn shown_event(&self, event: Event, with_data: bool) -> Option<durable_wire::Event> {
        let invoked = match &event.kind {
            EventKind::ChainedInvokeStarted { function, version, execution, .. } => {
                Some(self.invoked(function, version.as_deref(), *execution))
            }
            _ => None,
        };
        let mut event = durable_wire::Event::of(event, with_data)?;
        if let EventDetails::ChainedInvokeStarted { durable_execution_arn, executed_version, .. } = &mut event.details {
            *durable_execution_arn = invoked.flatten();
            *executed_version = Some(qualifier(executed_version.as_deref()).to_owned());
        }
        Some(event)
    }

    /// The ARN of an execution that an operation started: its name is its id.
    fn invoked(&self, function: &Name, version: Option<&str>, id: ExecutionId) -> Option<String> {
        let function = function_ref(function.as_str(), None)?;
        let (function, name) = (Name::new(function.name).ok()?, Name::new(id.to_string()).ok()?);
        Some(self.execution(&function, version, &name, id))
    }
}

#[cfg(test)]
mod tests {
    use durable_core::model::{Identity, Kind, OperationId, Timestamp};

    use super::*;

    #[test]
    fn an_invoke_shows_which_version_was_started_of_functions_with_and_without_one() {
        let execution = ExecutionId::generate();
        for (version, shown) in [(None, "$LATEST"), (Some("7f3a"), "$LATEST"), (Some("3"), "3")] {
            let function = Name::new("order").unwrap();
            let operation = Identity {
                id: OperationId::derive(None, &function, 0),
                parent: None,
                name: None,
                kind: Kind::ChainedInvoke,
            };
            let version = version.map(str::to_owned);
            let kind = EventKind::ChainedInvokeStarted {
                function,
                version,
                input: None,
                tenant: None,
                timeout_seconds: None,
                execution,
            };
            let event = Event { event_id: 2, timestamp: Timestamp::from_millis(0), operation: Some(operation), kind };
            let event = Arns::default().shown_event(event, true).unwrap();
            let EventDetails::ChainedInvokeStarted { durable_execution_arn, executed_version, .. } = event.details
            else {
                panic!("{event:?}")
            };
            assert_eq!(executed_version.as_deref(), Some(shown));
            let arn = format!(
                "arn:aws:lambda:us-west-2:123456789012:function:order:{shown}/durable-execution/{execution}/{execution}"
            );
            assert_eq!(durable_execution_arn, Some(arn));
        }
    }
}
