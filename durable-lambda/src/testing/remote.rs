//! An engine elsewhere, as a test sees it.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::{BoxError, DisplayErrorContext};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use durable_core::model::{CallbackId, Event, EventKind, ExecutionId, InvalidName, Kind, Name};
use durable_core::operation::{Call, Definition};
use durable_core::testing::{Act, Answer, History, TestRun, input_of};
use durable_core::value::CodecError;
use durable_wire::Malformed;
use tokio::time::Instant;

use crate::{client, convert};

/// How often the history is read if not said.
const POLL: Duration = Duration::from_millis(500);
/// How long an execution may take if not said.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// A function behind the Lambda API: deployed on AWS, or served by anything that speaks the API.
///
/// See the [module](super) for an example.
#[must_use = "nothing is started before `.run(…)`"]
pub struct RemoteEngine {
    client: Client,
    function: String,
    qualifier: String,
    name: Option<String>,
    poll: Duration,
    patience: Duration,
    handlers: Vec<(String, Handler)>,
}

type Handler = Box<dyn FnMut(&CallbackId) -> Answer + Send>;

/// Why a remote run could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// A call of the API failed.
    #[error("{call}: {}", DisplayErrorContext(.source.as_ref()))]
    Call {
        /// What was called.
        call: &'static str,
        /// What went wrong.
        source: BoxError,
    },
    /// The service did not say which execution it started.
    #[error("`{0}` was invoked, and the answer names no execution; is it a durable function, invoked with a version?")]
    NotDurable(String),
    /// The arguments, or what a callback is completed with, can't be written as JSON.
    #[error(transparent)]
    Unserialisable(#[from] CodecError),
    /// The function has no name that a history can hold.
    #[error(transparent)]
    InvalidName(#[from] InvalidName),
    /// The service sent something that is no history.
    #[error("the history can't be read: {0}")]
    Malformed(#[from] Malformed),
    /// The execution did not end in time.
    #[error("the execution {arn} has not ended after {after:?}; its history so far:\n{history}")]
    TooLate {
        /// The execution.
        arn: String,
        /// How long it was waited for.
        after: Duration,
        /// A line for each event.
        history: String,
    },
}

impl RemoteEngine {
    /// A function of this name or ARN, at the endpoint and with the credentials that the environment says:
    /// `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_ENDPOINT_URL_LAMBDA`.
    pub fn new(function: impl Into<String>) -> Self {
        Self::with_client(client::of_environment(), function)
    }

    /// The same with a client that was set up in another way.
    pub fn with_client(client: Client, function: impl Into<String>) -> Self {
        let (function, qualifier) = (function.into(), "$LATEST".to_owned());
        Self { client, function, qualifier, name: None, poll: POLL, patience: PATIENCE, handlers: Vec::new() }
    }

    /// The version or alias to invoke; `$LATEST` if not said.
    pub fn qualifier(self, qualifier: impl Into<String>) -> Self {
        Self { qualifier: qualifier.into(), ..self }
    }

    /// Names the execution. Without a name the service makes one up.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// How often the history is read; twice a second if not said.
    pub fn poll_every(self, poll: Duration) -> Self {
        Self { poll, ..self }
    }

    /// How long the execution may take; 15 minutes if not said.
    pub fn give_up_after(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Decides what is done with the callbacks of this name, when each has come; delays are real time.
    pub fn on_callback(
        mut self,
        name: impl Into<String>,
        decide: impl FnMut(&CallbackId) -> Answer + Send + 'static,
    ) -> Self {
        self.handlers.push((name.into(), Box::new(decide)));
        self
    }

    /// Starts an execution and waits for its end.
    ///
    /// **Errors:** [`RemoteError`] if the service can't be asked, or the execution does not end in time. How the execution
    /// itself ended is told by the run.
    pub async fn run<D: Definition>(self, call: Call<D>) -> Result<TestRun<D>, RemoteError> {
        let function = Name::new(D::define().name())?;
        let input = input_of(call)?;
        let arn = self.invoke(input).await?;
        let execution = ExecutionId::of_text(arn.rsplit('/').next().unwrap_or(&arn));
        let events = Followed::new(self, arn).end().await?;
        Ok(TestRun::of_history(History::of_events(function, execution, events)))
    }

    async fn invoke(&self, input: Option<String>) -> Result<String, RemoteError> {
        let payload = Blob::new(input.unwrap_or_else(|| "null".to_owned()));
        let invoke = self.client.invoke().function_name(&self.function).qualifier(&self.qualifier);
        let invoke = invoke.invocation_type(InvocationType::Event).set_durable_execution_name(self.name.clone());
        let invoked = invoke.payload(payload).send().await.map_err(failed("Invoke"))?;
        invoked.durable_execution_arn().map(str::to_owned).ok_or_else(|| RemoteError::NotDurable(self.function.clone()))
    }
}

/// An execution that is followed to its end.
struct Followed {
    engine: RemoteEngine,
    arn: String,
    /// What is going to be done with callbacks.
    agenda: Vec<(Instant, CallbackId, Act)>,
    answered: BTreeSet<String>,
}

impl Followed {
    fn new(engine: RemoteEngine, arn: String) -> Self {
        Self { engine, arn, agenda: Vec::new(), answered: BTreeSet::new() }
    }

    async fn end(mut self) -> Result<Vec<Event>, RemoteError> {
        let begun = Instant::now();
        loop {
            let events = self.history().await?;
            if events.iter().any(|event| ends(&event.kind)) {
                return Ok(events);
            }
            if begun.elapsed() > self.engine.patience {
                let history = events.iter().map(|event| format!("{event}\n")).collect();
                return Err(RemoteError::TooLate { arn: self.arn, after: self.engine.patience, history });
            }
            self.plan_answers(&events);
            self.deliver_due().await?;
            let next = self.agenda.iter().map(|(at, ..)| *at).min();
            let poll = Instant::now() + self.engine.poll;
            tokio::time::sleep_until(next.map_or(poll, |next| next.min(poll))).await;
        }
    }

    async fn history(&self) -> Result<Vec<Event>, RemoteError> {
        let (mut events, mut marker) = (Vec::new(), None);
        loop {
            let ask = self.engine.client.get_durable_execution_history().durable_execution_arn(&self.arn);
            let ask = ask.include_execution_data(true).max_items(1000).set_marker(marker);
            let page = ask.send().await.map_err(failed("GetDurableExecutionHistory"))?;
            for event in page.events.into_iter().filter_map(super::event::event) {
                events.push(event.try_into()?);
            }
            marker = page.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                return Ok(events);
            }
        }
    }

    /// Asks the test what is to be done with the callbacks that have come.
    fn plan_answers(&mut self, events: &[Event]) {
        for event in events {
            let EventKind::CallbackStarted { callback_id: Some(id), .. } = &event.kind else { continue };
            let name = name_of_callback(event, events);
            let handler = self.engine.handlers.iter_mut().find(|(handled, _)| Some(handled.as_str()) == name);
            let Some((_, decide)) = handler else { continue };
            if !self.answered.insert(id.as_str().to_owned()) {
                continue;
            }
            let mut at = Instant::now();
            for (delay, act) in decide(id).acts() {
                at += delay;
                self.agenda.push((at, id.clone(), act));
            }
        }
    }

    async fn deliver_due(&mut self) -> Result<(), RemoteError> {
        let now = Instant::now();
        self.agenda.sort_by_key(|(at, ..)| *at);
        let later = self.agenda.split_off(self.agenda.partition_point(|(at, ..)| *at <= now));
        for (_, id, act) in std::mem::replace(&mut self.agenda, later) {
            self.act(id.as_str(), act).await?;
        }
        Ok(())
    }

    /// Does something with a callback. An answer that comes too late changes nothing.
    async fn act(&self, id: &str, act: Act) -> Result<(), RemoteError> {
        let client = &self.engine.client;
        let (call, done) = match act {
            Act::Succeed(payload) => {
                let result = payload?.map(Blob::new);
                let call = client.send_durable_execution_callback_success().callback_id(id).set_result(result);
                ("SendDurableExecutionCallbackSuccess", too_late(call.send().await))
            }
            Act::Fail(error) => {
                let error = convert::error_into(error.into());
                let call = client.send_durable_execution_callback_failure().callback_id(id).error(error);
                ("SendDurableExecutionCallbackFailure", too_late(call.send().await))
            }
            _ => {
                let call = client.send_durable_execution_callback_heartbeat().callback_id(id);
                ("SendDurableExecutionCallbackHeartbeat", too_late(call.send().await))
            }
        };
        done.map_err(|source| RemoteError::Call { call, source })
    }
}

/// An answer to a callback that is closed is no error of the test.
fn too_late<T, E>(sent: Result<T, E>) -> Result<(), BoxError>
where
    E: aws_sdk_lambda::error::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match sent {
        Ok(_) => Ok(()),
        Err(error) if error.code().is_some_and(|code| code.starts_with("CallbackTimeout")) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn failed<E: Into<BoxError>>(call: &'static str) -> impl FnOnce(E) -> RemoteError {
    move |error| RemoteError::Call { call, source: error.into() }
}

fn ends(kind: &EventKind) -> bool {
    use EventKind::{ExecutionFailed, ExecutionStopped, ExecutionSucceeded, ExecutionTimedOut};
    matches!(
        kind,
        ExecutionSucceeded { .. } | ExecutionFailed { .. } | ExecutionStopped { .. } | ExecutionTimedOut { .. }
    )
}

/// The name that a test knows a callback by: that of the `wait_for_callback` around it, or its own.
fn name_of_callback<'a>(event: &'a Event, events: &'a [Event]) -> Option<&'a str> {
    let operation = event.operation.as_ref()?;
    let around = events
        .iter()
        .filter_map(|event| event.operation.as_ref())
        .find(|around| Some(&around.id) == operation.parent.as_ref() && around.kind == Kind::WaitForCallback);
    around.and_then(|around| around.name.as_ref()).or(operation.name.as_ref()).map(Name::as_str)
}
