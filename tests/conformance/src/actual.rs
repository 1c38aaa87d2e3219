//! Recorded events in the words of the notation.

use std::fmt;

use durable::{ErrorObject, Event, EventKind, model::Name};

use crate::pattern::Expected;

/// What the notation says of an event.
#[derive(Debug, Default)]
pub(crate) struct Actual<'e> {
    symbol: &'static str,
    delay: Option<u32>,
    attempt: Option<u32>,
    name: Option<&'e str>,
    facts: Vec<String>,
    payload: Option<&'e str>,
    error_type: Option<&'e str>,
}

impl<'e> Actual<'e> {
    pub(crate) fn of(event: &'e Event) -> Self {
        let mut actual = Self::of_kind(&event.kind);
        if let Some(operation) = &event.operation {
            actual.name = operation.name.as_ref().map(Name::as_str);
            actual.facts.insert(0, operation.kind.sub_type().to_owned());
        }
        actual
    }

    fn of_kind(kind: &'e EventKind) -> Self {
        use EventKind as E;
        match kind {
            E::ExecutionStarted { input, .. } => Self::with("X0", input),
            E::ExecutionSucceeded { result } => Self::with("X+", result),
            E::ExecutionFailed { error } => Self::error("X-", error),
            E::ExecutionTimedOut { error } => Self::error("Xt", error),
            E::ContextStarted => Self::plain("C0"),
            E::ContextSucceeded { result, replay_children } => {
                let facts = if *replay_children { vec!["replayed".to_owned()] } else { Vec::new() };
                Self { facts, ..Self::with("C+", result) }
            }
            E::ContextFailed { error } => Self::error("C-", error),
            E::WaitStarted { seconds, .. } => Self { facts: vec![seconds.to_string()], ..Self::plain("W0") },
            E::WaitCancelled { .. } => Self::plain("Wc"),
            E::WaitSucceeded { seconds } => Self { facts: vec![seconds.to_string()], ..Self::plain("W+") },
            E::StepStarted => Self::plain("S0"),
            E::StepSucceeded { result, attempt, next_delay_seconds } => {
                Self { attempt: Some(*attempt), delay: *next_delay_seconds, ..Self::with("S+", result) }
            }
            E::StepFailed { error, attempt, next_delay_seconds } => {
                Self { attempt: Some(*attempt), delay: *next_delay_seconds, ..Self::error("S-", error) }
            }
            E::CallbackStarted { timeout_seconds, heartbeat_seconds, .. } => {
                let timeout = timeout_seconds.map(|seconds| format!("timeout={seconds}"));
                let heartbeat = heartbeat_seconds.map(|seconds| format!("heartbeat={seconds}"));
                Self { facts: timeout.into_iter().chain(heartbeat).collect(), ..Self::plain("K0") }
            }
            E::CallbackSucceeded { result } => Self::with("K+", result),
            E::CallbackFailed { error } => Self::error("K-", error),
            E::CallbackTimedOut { error } => Self::error("Kt", error),
            E::ChainedInvokeStarted { function, input, tenant, .. } => {
                let tenant = tenant.as_ref().map(|tenant| format!("tenant={tenant}"));
                let facts = [format!("function={function}")].into_iter().chain(tenant).collect();
                Self { facts, ..Self::with("I0", input) }
            }
            E::ChainedInvokeSucceeded { result } => Self::with("I+", result),
            E::ChainedInvokeFailed { error } => Self::error("I-", error),
            E::ChainedInvokeTimedOut { error } => Self::error("It", error),
            E::InvocationCompleted { error: None, .. } => Self::plain("."),
            E::InvocationCompleted { error: Some(error), .. } => Self::error(".", error),
            other => Self { facts: vec![other.event_type().to_owned()], ..Self::plain("??") },
        }
    }

    fn plain(symbol: &'static str) -> Self {
        Self { symbol, ..Self::default() }
    }

    fn with(symbol: &'static str, payload: &'e Option<String>) -> Self {
        Self { payload: payload.as_deref(), ..Self::plain(symbol) }
    }

    fn error(symbol: &'static str, error: &'e ErrorObject) -> Self {
        let ErrorObject { error_type, message, .. } = error;
        Self {
            payload: message.as_deref(),
            error_type: Some(error_type.as_deref().unwrap_or("")),
            ..Self::plain(symbol)
        }
    }

    /// What is not as expected.
    pub(crate) fn difference(&self, expected: &Expected) -> Option<&'static str> {
        let Expected { text: _, symbol, delay, attempt, name, facts, payload, part, error_type } = expected;
        let crashed = self.symbol == "." && self.error_type.is_some();
        let in_time = match (delay, self.delay) {
            (None, actual) => actual.is_none(),
            (Some((least, most)), actual) => actual.is_some_and(|delay| (*least..=*most).contains(&delay)),
        };
        let checks = [
            (self.symbol == symbol, "another event"),
            (in_time, "another delay"),
            (attempt.is_none_or(|attempt| self.attempt == Some(attempt)), "another attempt"),
            (name.as_ref().is_none_or(|name| self.name == Some(name)), "another name"),
            (facts.iter().all(|fact| self.facts.contains(fact)), "a fact is missing"),
            (payload.as_ref().is_none_or(|payload| self.payload.unwrap_or("") == payload), "another payload"),
            (
                part.as_ref().is_none_or(|part| self.payload.is_some_and(|text| text.contains(part))),
                "a part is missing",
            ),
            (
                error_type.as_ref().is_none_or(|end| self.error_type.is_some_and(|name| name.ends_with(end))),
                "another error",
            ),
            (!crashed || error_type.is_some(), "the invocation crashed"),
        ];
        checks.into_iter().find_map(|(holds, problem)| (!holds).then_some(problem))
    }
}

/// In the notation, with everything that it can say; long payloads are cut.
impl fmt::Display for Actual<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 80;
        let Self { symbol, delay, attempt, name, facts, payload, error_type } = self;
        f.write_str(symbol)?;
        if let Some(delay) = delay {
            write!(f, "~{delay}")?;
        }
        if let Some(attempt) = attempt {
            write!(f, "#{attempt}")?;
        }
        if let Some(name) = name {
            write!(f, ":{name}")?;
        }
        if !facts.is_empty() {
            write!(f, "[{}]", facts.join(","))?;
        }
        if let Some(payload) = payload {
            let more = if payload.chars().nth(LONGEST).is_some() { "…" } else { "" };
            write!(f, "=`{}{more}`", payload.chars().take(LONGEST).collect::<String>())?;
        }
        if let Some(error_type) = error_type {
            write!(f, "!`{error_type}`")?;
        }
        Ok(())
    }
}
