//! How large an execution may grow.

use crate::model::{ErrorObject, EventKind};

/// How large an execution may grow: AWS's numbers, unless they are changed.
///
/// A function that stays within them runs on AWS Lambda as well. Each can be raised, or lifted with `None`; an execution
/// that was recorded under other limits still replays, and only what it adds is counted against the present ones.
///
/// ```
/// use durable::prelude::*;
/// use durable::Limits;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let limits = Limits::new().operations(50_000).stored_bytes(None);
/// let engine = Engine::in_memory().limits(limits).start().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Limits {
    operations: Option<u32>,
    stored_bytes: Option<u64>,
    payload_bytes: Option<u64>,
    argument_bytes: Option<u64>,
    result_bytes: Option<u64>,
}

/// The types of the errors of an execution that has performed, or recorded, too much.
pub(crate) const OPERATION_LIMIT: &str = "OperationLimitExceeded";
pub(crate) const STORAGE_LIMIT: &str = "StorageLimitExceeded";

const MIB: u64 = 1024 * 1024;

impl Limits {
    /// AWS's limits: 3,000 operations, 100 MiB in all, 1 MiB for an operation's payload, 6 MiB for arguments. A result may
    /// be as large as the rest allows: one that does not fit into the answer of an invocation is a checkpoint there.
    pub const fn new() -> Self {
        Self {
            operations: Some(3_000),
            stored_bytes: Some(100 * MIB),
            payload_bytes: Some(MIB),
            argument_bytes: Some(6 * MIB),
            result_bytes: None,
        }
    }

    /// No limits.
    pub const fn none() -> Self {
        Self { operations: None, stored_bytes: None, payload_bytes: None, argument_bytes: None, result_bytes: None }
    }

    /// The most operations. Each attempt of a step and each check of a condition counts, each invocation that ended with an
    /// error, a crash say, and the execution itself.
    pub fn operations(self, count: impl Into<Option<u32>>) -> Self {
        Self { operations: count.into(), ..self }
    }

    /// The most bytes of payloads and errors in a history, those of every attempt and of every invocation included.
    pub fn stored_bytes(self, bytes: impl Into<Option<u64>>) -> Self {
        Self { stored_bytes: bytes.into(), ..self }
    }

    /// The most bytes that one operation records at once: a result, a callback's value, an invoke's arguments or what the
    /// invoked execution returned. A result of a child context, `map` or `parallel` that is larger is not recorded at all
    /// but made again on each replay. An error that is larger is recorded by the beginning of its text, and the code gets
    /// it so as well.
    pub fn payload_bytes(self, bytes: impl Into<Option<u64>>) -> Self {
        Self { payload_bytes: bytes.into(), ..self }
    }

    /// The most bytes of an execution's arguments.
    pub fn argument_bytes(self, bytes: impl Into<Option<u64>>) -> Self {
        Self { argument_bytes: bytes.into(), ..self }
    }

    /// The most bytes of an execution's result; as many as the history may have if not said. An error that is larger is
    /// cut.
    pub fn result_bytes(self, bytes: impl Into<Option<u64>>) -> Self {
        Self { result_bytes: bytes.into(), ..self }
    }

    /// The error of a payload that is too large; `what` it is, in words that begin a sentence.
    pub(crate) fn check_payload(
        &self,
        payload: Option<&str>,
        what: impl FnOnce() -> String,
    ) -> Result<(), ErrorObject> {
        check("PayloadTooLarge", payload, self.payload_bytes, "payload_bytes", what)
    }

    /// The error of arguments that are too large.
    pub(crate) fn check_arguments(
        &self,
        payload: Option<&str>,
        what: impl FnOnce() -> String,
    ) -> Result<(), ErrorObject> {
        check("ArgumentsTooLarge", payload, self.argument_bytes, "argument_bytes", what)
    }

    /// The error of a result that is too large.
    pub(crate) fn check_result(&self, payload: Option<&str>, what: impl FnOnce() -> String) -> Result<(), ErrorObject> {
        check("ResultTooLarge", payload, self.result_bytes, "result_bytes", what)
    }

    /// The error of an operation's error that is too large.
    pub(super) fn check_error(&self, error: &ErrorObject, what: impl FnOnce() -> String) -> Result<(), ErrorObject> {
        match self.payload_bytes {
            Some(limit) if size_of(error) as u64 > limit => {
                let (bytes, what) = (size_of(error), what());
                let message = format!("{what}: the error has {bytes} bytes, more than the limit of {limit}");
                Err(ErrorObject::new("PayloadTooLarge", message))
            }
            _ => Ok(()),
        }
    }

    /// An operation's error, cut to what one operation may record.
    pub(crate) fn fit_error(&self, error: ErrorObject) -> ErrorObject {
        cut(error, self.payload_bytes)
    }

    /// An execution's error, cut to what a result may have.
    pub(crate) fn fit_final_error(&self, error: ErrorObject) -> ErrorObject {
        cut(error, self.result_bytes)
    }

    /// The error of an execution that has grown beyond its limits.
    pub(super) fn check_size(&self, size: Size) -> Result<(), ErrorObject> {
        if let Some(limit) = self.operations
            && size.operations > limit
        {
            let message = format!(
                "the execution has performed {limit} operations, attempts included, which is its limit; split the work \
                 with `.invoke()`, or raise `Limits::operations`"
            );
            return Err(ErrorObject::new(OPERATION_LIMIT, message));
        }
        if let Some(limit) = self.stored_bytes
            && size.bytes > limit
        {
            let message = format!(
                "the execution's history would hold {} bytes of payloads, more than its limit of {limit}; keep large \
                 values elsewhere (`FileOverflow`), or raise `Limits::stored_bytes`",
                size.bytes
            );
            return Err(ErrorObject::new(STORAGE_LIMIT, message));
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

fn check(
    error_type: &str,
    payload: Option<&str>,
    limit: Option<u64>,
    setter: &str,
    what: impl FnOnce() -> String,
) -> Result<(), ErrorObject> {
    let size = payload.map_or(0, str::len) as u64;
    match limit {
        Some(limit) if size > limit => {
            let message = format!(
                "{} has {size} bytes, more than the limit of {limit}; keep it elsewhere (`FileOverflow`), or raise \
                 `Limits::{setter}`",
                what()
            );
            Err(ErrorObject::new(error_type, message))
        }
        _ => Ok(()),
    }
}

/// The longest tenant, in bytes.
const MAX_TENANT: usize = 256;

/// The error of a tenant that is too long.
pub(crate) fn check_tenant(tenant: &str) -> Result<(), ErrorObject> {
    let bytes = tenant.len();
    if (1..=MAX_TENANT).contains(&bytes) {
        return Ok(());
    }
    Err(ErrorObject::new("ValidationError", format!("a tenant has 1 to {MAX_TENANT} bytes, and this one has {bytes}")))
}

/// An error that is too large without what makes it so: first its value, which can't be cut, and then the end of its text.
fn cut(error: ErrorObject, limit: Option<u64>) -> ErrorObject {
    let bytes = size_of(&error);
    let Some(limit) = limit.filter(|limit| bytes as u64 > *limit) else { return error };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut message = error.message.unwrap_or_default();
    let end = (0..=message.len().min(limit / 2)).rev().find(|end| message.is_char_boundary(*end)).unwrap_or(0);
    message.truncate(end);
    message.push_str(&format!("… (cut: the error had {bytes} bytes, more than the limit of {limit})"));
    let data = error.data.filter(|data| data.len() < limit / 2);
    ErrorObject { error_type: error.error_type, message: Some(message), data, stack_trace: Vec::new() }
}

fn size_of(error: &ErrorObject) -> usize {
    let ErrorObject { error_type, message, data, stack_trace } = error;
    let texts = [error_type, message, data].into_iter().flatten().chain(stack_trace);
    texts.map(String::len).sum()
}

/// How large an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Size {
    pub(super) operations: u32,
    pub(super) bytes: u64,
}

impl Size {
    /// With one more event.
    pub(super) fn add(&mut self, kind: &EventKind) {
        use EventKind as E;
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let bytes = match kind {
            E::ExecutionStarted { input: payload, .. }
            | E::ExecutionSucceeded { result: payload }
            | E::StepSucceeded { result: payload, .. }
            | E::ContextSucceeded { result: payload, .. }
            | E::CallbackSucceeded { result: payload }
            | E::ChainedInvokeStarted { input: payload, .. }
            | E::ChainedInvokeSucceeded { result: payload } => text(payload),
            E::ExecutionFailed { error }
            | E::ExecutionStopped { error }
            | E::ExecutionTimedOut { error }
            | E::StepFailed { error, .. }
            | E::ContextFailed { error }
            | E::CallbackFailed { error }
            | E::CallbackTimedOut { error }
            | E::WaitCancelled { error: Some(error) }
            | E::ChainedInvokeFailed { error }
            | E::ChainedInvokeTimedOut { error }
            | E::ChainedInvokeStopped { error }
            | E::InvocationCompleted { error: Some(error), .. } => size_of(error),
            E::StepStarted
            | E::ContextStarted
            | E::WaitStarted { .. }
            | E::WaitSucceeded { .. }
            | E::WaitCancelled { error: None }
            | E::CallbackStarted { .. }
            | E::ExecutionPaused { .. }
            | E::ExecutionResumed { .. }
            | E::InvocationCompleted { error: None, .. } => 0,
        };
        self.bytes += bytes as u64;
        let counts = matches!(
            kind,
            E::ExecutionStarted { .. }
                | E::StepStarted
                | E::ContextStarted
                | E::WaitStarted { .. }
                | E::CallbackStarted { .. }
                | E::ChainedInvokeStarted { .. }
                // Another one follows, which AWS counts as well.
                | E::InvocationCompleted { error: Some(_), .. }
        );
        self.operations += u32::from(counts);
    }
}
