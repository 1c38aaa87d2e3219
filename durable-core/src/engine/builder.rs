//! Setting an engine up.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{RwLock, Semaphore, watch};

use super::error::StartError;
use super::function::{DurableFunction, Registered};
use super::functions::{Functions, Ready};
use super::limits::{Concurrency, Gates};
use super::recovery::{Found, Judged};
use super::remote::{RemoteFunction, Remotes, Tokens};
use super::shared::{Count, Handle, STARTING, Shared, Threads};
use super::status::StatusSender;
use super::worker::{self, Settings, Workers};
use super::writer::Writer;
use super::{Engine, mailbox, metrics, timers, waiters};
use crate::context::{Rehearsal, Shareable};
use crate::model::{Clock, Entropy, OsEntropy, SystemClock};
use crate::observe::Observer;
use crate::operation::{Defined, Definition, RunFunction};
use crate::service::Limits;
use crate::store::{Durability, MemoryStore, SqliteOptions, SqliteStore, Store, StoreError};
use crate::value::Serdes;

/// How many suspended runs stay in memory if not said.
const RESIDENT: usize = 1024;
/// After how much time in one poll a thread is reported as blocked, if not said.
const BLOCKED_AFTER: Duration = Duration::from_secs(1);
/// How long the start of a step waits for the outcome to travel with. A step that takes longer is worth a write of its
/// own, so that history shows it running.
const LINGER: Duration = Duration::from_millis(100);
/// How long the store is left alone after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// An engine that is not started yet: `Engine::open("orders.db").register(place_order).start().await?`.
///
/// All but [`start`](EngineBuilder::start) only collects: nothing is opened, and nothing can fail.
///
/// ```
/// use std::sync::Arc;
///
/// use durable::model::{OsEntropy, SystemClock};
/// use durable::prelude::*;
/// use durable::{Concurrency, Durability, FileOverflow, Limits};
///
/// #[derive(Clone)]
/// struct Shop(&'static str);
///
/// #[durable]
/// async fn order(State(shop): State<Shop>, number: u32) -> String {
///     format!("{number} from {}", shop.0)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let engine = Engine::open(folder.path().join("orders.db"))
///     .register(order)
///     .state(Shop("the corner"))
///     .workers(2)
///     .resident(100)
///     .limits(Limits::new().operations(10_000))
///     .concurrency(Concurrency::new().executions(50))
///     .concurrency_of(order, Concurrency::new().executions(10))
///     .report_blocked_after(seconds(5))
///     .durability(Durability::Full)
///     .max_store_bytes(10_000_000_000)
///     .retention(days(30))
///     .serdes(FileOverflow::new(folder.path().join("large")))
///     .clock(Arc::new(SystemClock))
///     .entropy(Arc::new(OsEntropy))
///     .start()
///     .await?;
/// assert_eq!(engine.start(order(42)).await?.output().await?, "42 from the corner");
/// engine.shutdown_within(seconds(1)).await;
/// # Ok(())
/// # }
/// ```
#[must_use = "an engine does nothing before `.start().await`"]
pub struct EngineBuilder {
    pub(super) place: Place,
    pub(super) options: SqliteOptions,
    pub(super) functions: Functions,
    pub(super) remotes: Vec<RemoteFunction>,
    pub(super) workers: usize,
    pub(super) resident: usize,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) retention: Option<Duration>,
    pub(super) limits: Limits,
    pub(super) concurrency: Concurrency,
    pub(super) function_concurrency: BTreeMap<&'static str, Concurrency>,
    pub(super) blocked_after: Duration,
    pub(super) rehearsal: Option<Arc<dyn Rehearsal>>,
    pub(super) linger: Duration,
    pub(super) pause: Duration,
}

/// Where the store is.
pub(super) enum Place {
    File(PathBuf),
    Memory,
    Store(Arc<dyn Store>),
}

impl EngineBuilder {
    pub(super) fn on_file(path: PathBuf) -> Self {
        Self::at(Place::File(path))
    }

    pub(super) fn in_memory() -> Self {
        Self::at(Place::Memory)
    }

    pub(super) fn on_store(store: Arc<dyn Store>) -> Self {
        Self::at(Place::Store(store))
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            options: SqliteOptions::default(),
            functions: Functions::new(),
            remotes: Vec::new(),
            workers: std::thread::available_parallelism().map_or(1, NonZero::get),
            resident: RESIDENT,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
            retention: None,
            limits: Limits::new(),
            concurrency: Concurrency::new(),
            function_concurrency: BTreeMap::new(),
            blocked_after: BLOCKED_AFTER,
            rehearsal: None,
            linger: LINGER,
            pause: PAUSE,
        }
    }

    /// Adds a durable function, which executions that were started before are resumed with too.
    ///
    /// Several versions of one function, with one `name` and different `version`s, stand side by side: each execution
    /// goes on with the version that it was started with. `engine.start(order_v2(…))` starts the version that it names;
    /// where only the name is known, the version that was registered last is started. An execution whose version is not
    /// registered is parked, with a reason that says which are, and goes on when an engine has it.
    pub fn register<A, F: DurableFunction<A>>(self, _function: F) -> Self {
        self.with(F::Definition::define, F::Definition::run)
    }

    /// Compiled once for each type of arguments and result, and not for each function.
    fn with<I: 'static, O: 'static>(mut self, define: fn() -> Defined<I, O>, run: RunFunction<I, O>) -> Self {
        self.functions.add(Registered::of(define, run));
        self
    }

    /// Adds functions with what they need.
    ///
    /// `Engine::in_memory().functions(functions)`: see [`Functions`].
    pub fn functions(self, functions: Functions) -> Self {
        Self { functions: self.functions.and(functions), ..self }
    }

    /// Adds an ordinary async function under this name: what `invoke("name", …)` in a durable function, and
    /// [`Engine::start_json`], can start as an execution of its own.
    ///
    /// **Recorded:** its input, and its result or error; nothing of what it does. **Replay:** there is nothing to replay;
    /// an interrupted one runs again from the top, so what it does may happen twice. One that ends the process each time
    /// is parked after five times. **Errors:** recorded by their text and the name of their type; a panic is an error.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// async fn resize(width: u32) -> Result<u32, std::num::TryFromIntError> {
    ///     u32::try_from(u64::from(width) * 2)
    /// }
    ///
    /// #[durable]
    /// async fn publish(width: u32) -> Result<u32, String> {
    ///     let resized = durable::invoke::<u32>("resize", &width).await;
    ///     resized.map_err(|error| error.to_string())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(publish).register_plain("resize", resize).start().await?;
    /// assert_eq!(engine.start(publish(21)).await?.result().await?, 42);
    /// # Ok(())
    /// # }
    /// ```
    pub fn register_plain<F, I, R, O, E>(self, name: &'static str, function: F) -> Self
    where
        F: Fn(I) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O, E>> + 'static,
        I: DeserializeOwned + 'static,
        O: Serialize + 'static,
        E: Display + 'static,
    {
        Self { functions: self.functions.register_plain(name, function), ..self }
    }

    /// Adds a function whose code runs elsewhere; see [`remote`](super::remote).
    ///
    /// `Engine::in_memory().register_remote(function)`; what runs the code is a [`Remote`](super::remote::Remote).
    pub fn register_remote(mut self, function: RemoteFunction) -> Self {
        self.remotes.push(function);
        self
    }

    /// Adds application state, for functions that take a `State<T>`.
    pub fn state<T: Shareable>(self, state: T) -> Self {
        Self { functions: self.functions.state(state), ..self }
    }

    /// How many threads run durable functions; as many as there are cores if not said.
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = count;
        self
    }

    /// How many suspended runs stay in memory, to be woken without a replay; 1,024 if not said, 0 for none.
    ///
    /// The least recently used leave first. History is the same either way; a loop with many waits is much faster when
    /// it stays. Each costs what the function holds across its awaits, and some KiB.
    pub fn resident(mut self, runs: usize) -> Self {
        self.resident = runs;
        self
    }

    /// How large an execution may grow; as large as on AWS if not said.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How much runs at once, over all functions.
    pub fn concurrency(mut self, limit: Concurrency) -> Self {
        self.concurrency = limit;
        self
    }

    /// How much of one function runs at once, beside the limits of the engine. All versions of a function share it.
    pub fn concurrency_of<A, F: DurableFunction<A>>(mut self, _function: F, limit: Concurrency) -> Self {
        self.function_concurrency.insert(F::Definition::define().function.name(), limit);
        self
    }

    /// The same for a function that was added with [`EngineBuilder::register_plain`], by its name:
    /// `.concurrency_of_plain("resize", Concurrency::new().executions(2))`.
    pub fn concurrency_of_plain(mut self, name: &'static str, limit: Concurrency) -> Self {
        self.function_concurrency.insert(name, limit);
        self
    }

    /// After how much time a thread is reported that does not come back from a step's code, with the step's name:
    /// a warning in the log, and a count in [`Engine::metrics`]. One second if not said.
    pub fn report_blocked_after(mut self, time: Duration) -> Self {
        self.blocked_after = time;
        self
    }

    /// What a power failure may take; nothing if not said.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.options.durability = durability;
        self
    }

    /// The most bytes that the store file may have. Beyond that checkpoints fail until there is room; nothing is lost.
    pub fn max_store_bytes(mut self, bytes: u64) -> Self {
        self.options.max_bytes = Some(bytes);
        self
    }

    /// Deletes executions this long after their end; they are kept for ever if not said.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = Some(retention);
        self
    }

    /// What payloads pass on their way to the record and back, where neither the operation nor its function says
    /// something else.
    pub fn serdes(self, serdes: impl Serdes) -> Self {
        Self { functions: self.functions.serdes(serdes), ..self }
    }

    /// Tells an observer what executions do. Several are told in the order in which they were given; one that panics or
    /// takes its time hurts neither executions nor the others. See [`Observer`] for an example: `.observer(count)`.
    pub fn observer(self, observer: impl Observer) -> Self {
        Self { functions: self.functions.observer(observer), ..self }
    }

    /// Another clock than the system's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Another source of chance than the system's.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// Opens the store, starts the threads, and resumes every execution that is not done.
    ///
    /// **Errors:** [`StartError`]: a store that can't be opened or that another engine has open, a state that a function asks
    /// for and nobody gave, two functions of one name and version.
    pub async fn start(self) -> Result<Engine, StartError> {
        let Self { place, options, functions, workers, resident, clock, entropy, retention, .. } = self;
        let (concurrency, function_concurrency) = (self.concurrency, self.function_concurrency);
        let blocked_after = self.blocked_after;
        let Ready { registry, states, serdes, observers } = functions.ready()?;
        let remotes = Remotes::default();
        for function in self.remotes {
            if registry.find(function.name()).is_some() {
                return Err(StartError::DuplicateFunction(function.name().to_string().into()));
            }
            let name = function.name().to_string();
            let too_long = |source| StartError::TimeoutTooLong { function: name.into(), source };
            function.check_timeout().map_err(too_long)?;
            remotes.insert(function);
        }
        let gates = Gates::new(&registry, concurrency, function_concurrency)?;
        let opened = tokio::task::spawn_blocking(move || open(place, options)).await;
        let opened = opened.map_err(|error| StartError::Thread(std::io::Error::other(error)))??;
        let (store, Judged { recovery, parking, probation, black_box }) = opened;

        let (writer, writer_thread) = Writer::start(Arc::clone(&store), self.pause).map_err(StartError::Thread)?;
        let (workers, queues) = Workers::new(workers);
        let shared = Arc::new(Shared {
            key: Arc::new(store.callback_key()),
            store: Arc::new(RwLock::new(Some(store))),
            clock,
            entropy,
            registry,
            remotes,
            tokens: Tokens::new(),
            states,
            serdes,
            observers,
            limits: self.limits,
            writer,
            workers,
            mailboxes: mailbox::Mailboxes::default(),
            timers: timers::Timers::new(),
            parking,
            probation,
            black_box,
            waiters: waiters::Waiters::default(),
            metrics: metrics::Counters::default(),
            active: Count::default(),
            starting: Arc::new(Semaphore::new(STARTING)),
            put_off: Mutex::default(),
            recovered: AtomicBool::new(false),
            busy: Count::default(),
            rehearsal: self.rehearsal,
            linger: self.linger,
            gates,
            draining: AtomicBool::new(false),
            status: StatusSender::default(),
            unsure: Mutex::default(),
            stop: watch::Sender::new(false),
            threads: Mutex::new(Threads { workers: Vec::new(), writer: Some(writer_thread) }),
        });
        let settings = Settings { resident, recovery, retention, blocked_after };
        let handle = Arc::new(Handle { shared: Arc::clone(&shared) });
        let threads = worker::start(&shared, queues, settings).map_err(StartError::Thread)?;
        shared.threads.lock().unwrap_or_else(PoisonError::into_inner).workers = threads;
        Ok(Engine { handle })
    }
}

fn open(place: Place, options: SqliteOptions) -> Result<(Arc<dyn Store>, Judged), StoreError> {
    let store: Arc<dyn Store> = match place {
        Place::File(path) => Arc::new(SqliteStore::open(path, options)?),
        Place::Memory => Arc::new(MemoryStore::new()?),
        Place::Store(store) => store,
    };
    let judged = Found::read(store.as_ref())?.judge(store.as_ref())?;
    Ok((store, judged))
}
