//! Executions that can't go on with the code that is there.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::context::Halt;
use crate::model::{ExecutionId, Name};

/// Why an execution is parked: not driven, not failed, nothing lost. An engine with the right code resumes it. See
/// [`Engine::parked`](super::Engine::parked).
///
/// See [`RunError`](super::RunError) for an example.
#[derive(Debug, Clone)]
pub struct ParkReason {
    text: Arc<str>,
    /// The function that is missing, if it is that.
    missing: Option<Name>,
}

impl ParkReason {
    pub(super) fn new(reason: impl Into<Arc<str>>) -> Self {
        Self { text: reason.into(), missing: None }
    }

    /// The code that the execution needs is not there.
    pub(super) fn missing(function: Name, reason: impl Into<Arc<str>>) -> Self {
        Self { text: reason.into(), missing: Some(function) }
    }

    /// The reason for a run that can't go on; `None` for one that fails its execution.
    pub(crate) fn of_halt(function: &str, halt: &Halt) -> Option<Self> {
        Some(Self::new(match halt {
            Halt::Fail(_) => return None,
            Halt::Mismatch(mismatch) => format!("`{function}` does not replay: {mismatch}"),
            Halt::Unreadable { what, source } => {
                let cause = std::error::Error::source(source).map(|cause| format!(" ({cause})")).unwrap_or_default();
                format!("{what} of `{function}`: {source}{cause}")
            }
            Halt::ForeignAwait => format!(
                "`{function}` waits for something that is not a durable operation, and nothing recorded will wake it\n\
                 help: await only durable operations between steps; put `#[step]` on the rest"
            ),
            Halt::Panicked(message) => format!(
                "`{function}` panicked outside a step: {message}\n\
                 help: fix the panic and start the engine again; a replay would panic at the same place"
            ),
        }))
    }

    /// The reason as text.
    ///
    /// For a log line: `reason.as_str()`; see [`Engine::parked`](super::Engine::parked).
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ParkReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The parked executions of an engine.
#[derive(Debug, Default)]
pub(super) struct Parking(Mutex<BTreeMap<ExecutionId, ParkReason>>);

impl Parking {
    pub(super) fn park(&self, id: ExecutionId, reason: ParkReason) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, reason);
    }

    pub(super) fn unpark(&self, id: ExecutionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Those that are parked because this function was missing.
    pub(super) fn that_miss(&self, function: &Name) -> Vec<ExecutionId> {
        let parked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = parked.iter().filter(|(_, reason)| reason.missing.as_ref() == Some(function));
        missing.map(|(id, _)| *id).collect()
    }

    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn reason(&self, id: ExecutionId) -> Option<ParkReason> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }
}
