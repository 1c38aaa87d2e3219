//! Starting an execution, once.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::birth::Birth;
use super::error::EngineError;
use super::known::Wanted;
use super::mailbox::Message;
use super::run::{Json, Run, Typed};
use super::waiters::Waiting;
use super::{Engine, Shared};
use crate::model::{Event, EventKind, ExecutionId, Name, wait_seconds};
use crate::operation::{Call, Definition};
use crate::service::{Record, Refused, Spec, check_tenant};
use crate::store::{Committed, Glance, LogEnd};
use crate::value::{CodecError, are_same};

/// An execution that is about to be started: await it, after giving it a name if it should have one.
///
/// **Recorded** before it is there: the function, the arguments, the name, the timeout and the tenant.
/// **Errors:** [`EngineError::UnknownFunction`] and the like, [`EngineError::NameTaken`], [`EngineError::InvalidExecutionName`],
/// [`EngineError::TimeoutTooLong`], and [`EngineError::Refused`] for arguments that are too large.
///
/// ```
/// use durable::prelude::*;
///
/// #[durable]
/// async fn order(number: u32) -> u32 {
///     number * 2
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::in_memory().register(order).start().await?;
/// let run = engine.start(order(21)).name("order-42").timeout(days(3)).tenant("customer-7").await?;
/// println!("{} began", run.id());
/// assert_eq!(run.output().await?, 42);
/// // By its name alone, where a version can be named too.
/// let unknown = engine.start_json("order", "21").version("2").await;
/// assert!(unknown.is_err());
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is started until this is awaited"]
pub struct StartExecution<R> {
    engine: Engine,
    function: String,
    /// The version of the code that the caller means.
    wanted: Wanted,
    input: Result<Option<String>, CodecError>,
    name: Option<String>,
    timeout: Option<Duration>,
    tenant: Option<String>,
    read: PhantomData<fn() -> R>,
}

impl<D: Definition> StartExecution<Typed<D>> {
    pub(super) fn typed(engine: Engine, call: Call<D>) -> Self {
        let defined = D::define();
        let input = defined.encode(&call.into_input());
        let function = defined.function.name().to_owned();
        let wanted = Wanted::Exactly(defined.function.version_name().map(str::to_owned));
        Self { engine, function, wanted, input, name: None, timeout: None, tenant: None, read: PhantomData }
    }
}

impl StartExecution<Json> {
    pub(super) fn json(engine: Engine, function: &str, input: &str) -> Self {
        let input = Some(input.trim().to_owned()).filter(|input| !matches!(input.as_str(), "" | "null"));
        Self {
            engine,
            function: function.to_owned(),
            wanted: Wanted::Newest,
            input: Ok(input),
            name: None,
            timeout: None,
            tenant: None,
            read: PhantomData,
        }
    }

    /// Starts exactly this version of the function, instead of the one that was registered last.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.wanted = Wanted::Exactly(Some(version.into()));
        self
    }
}

impl<R> StartExecution<R> {
    /// Names the execution: 1–64 letters, digits, `-` and `_`. A name starts its function once.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Ends the execution with a timeout if it has not ended this long after its start, whatever its function says
    /// (`#[durable(execution_timeout = "2h")]`); whole seconds, rounded up, from 1 to 366 days.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// On whose behalf the execution runs; at most 256 bytes. Recorded, and told to observers.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    async fn start(self) -> Result<Run<R>, EngineError> {
        let Self { engine, function, wanted, input, name, timeout, tenant, read: _ } = self;
        let timeout_seconds = timeout.map(wait_seconds).transpose().map_err(EngineError::TimeoutTooLong)?;
        if let Some(tenant) = &tenant {
            check_tenant(tenant).map_err(Refused::TooLarge)?;
        }
        let input = input.map_err(EngineError::Unserialisable)?;
        let id = ExecutionId::generate();
        let name = match name {
            Some(name) => execution_name(name)?,
            None => Name::new(id.to_string()).map_err(|_| EngineError::InvalidExecutionName(id.to_string()))?,
        };
        let spec = spec(engine.shared(), id, (function, wanted), name, input)?;
        let spec = Spec { timeout_seconds: timeout_seconds.or(spec.timeout_seconds), tenant, ..spec };
        let (id, since_birth) = create(engine.shared(), spec).await?;
        Ok(Run::newborn(engine, id, since_birth))
    }
}

impl<R: 'static> IntoFuture for StartExecution<R> {
    type Output = Result<Run<R>, EngineError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.start())
    }
}

fn spec(
    shared: &Shared,
    id: ExecutionId,
    (function, wanted): (String, Wanted),
    name: Name,
    input: Option<String>,
) -> Result<Spec, EngineError> {
    let known = Name::new(function.clone()).ok();
    let found = known.and_then(|name| shared.function(&name, &wanted).map(|known| (name, known)));
    let Some((function, registered)) = found else {
        return Err(EngineError::UnknownFunction { name: function, registered: shared.function_names() });
    };
    if let Err(source) = registered.check(input.as_deref()) {
        return Err(EngineError::InvalidInput { function, source });
    }
    let what = || format!("the input of `{function}`");
    shared.limits.check_arguments(input.as_deref(), what).map_err(Refused::TooLarge)?;
    Ok(Spec {
        id,
        function,
        name,
        version: registered.version(),
        input,
        tenant: None,
        timeout_seconds: registered.timeout_seconds(),
        parent: None,
    })
}

/// Records a new execution and starts driving it, or finds the one that was started with the same name and input.
async fn create(shared: &Arc<Shared>, spec: Spec) -> Result<(ExecutionId, Option<Waiting>), EngineError> {
    let id = spec.id;
    let (birth, commit) = Birth::prepare(shared, spec.clone());
    let (reply, answer) = oneshot::channel();
    let driver = Arc::clone(shared);
    // What was recorded is driven, also if the caller has gone by then.
    let then = move |written| {
        let answer = match written {
            Ok(Committed::Done) => {
                let waiting = driver.waiters.register(id);
                birth.begin(&driver);
                Ok(Some(waiting))
            }
            Ok(Committed::NameTaken | Committed::Fenced) => Ok(None),
            Err(error) => {
                // It may be recorded all the same: reading it again tells.
                driver.deliver(id, Message::Wake);
                Err(error)
            }
        };
        let _ = reply.send(answer);
    };
    shared.writer.commit_then(vec![commit], then).await.ok_or(EngineError::ShutDown)?;
    match answer.await.map_err(|_| EngineError::ShutDown)?? {
        Some(waiting) => Ok((id, Some(waiting))),
        None => Ok((attach(shared, spec).await?, None)),
    }
}

/// Finds the execution with this name, which was started with the same input.
async fn attach(shared: &Shared, spec: Spec) -> Result<ExecutionId, EngineError> {
    let Spec { function, name, input, .. } = spec;
    let (asked_function, asked_name) = (function.clone(), name.clone());
    let existing = shared
        .read(move |store| match store.find(&asked_function, &asked_name)? {
            Some(id) => Ok(store.glance(id, LogEnd::First)?.map(|found| (id, found))),
            None => Ok(None),
        })
        .await?;
    match existing {
        Some((id, Glance { standing, row, .. }))
            if started_with(&row).is_some_and(|first| are_same(first.as_deref(), input.as_deref())) =>
        {
            if standing.runnable {
                // Whoever started it may have been told of a failed write that had happened.
                shared.deliver(id, Message::Wake);
            }
            Ok(id)
        }
        Some((id, _)) => Err(EngineError::NameTaken { function, name, execution: id }),
        None => Err(EngineError::UnknownExecution(spec.id)),
    }
}

/// The input of the execution whose log begins with this row.
fn started_with(row: &[Record]) -> Option<&Option<String>> {
    match row.first()? {
        Record::Event(Event { kind: EventKind::ExecutionStarted { input, .. }, .. }) => Some(input),
        _ => None,
    }
}

fn execution_name(name: String) -> Result<Name, EngineError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(legal) {
        return Err(EngineError::InvalidExecutionName(name));
    }
    Name::new(name.clone()).map_err(|_| EngineError::InvalidExecutionName(name))
}
