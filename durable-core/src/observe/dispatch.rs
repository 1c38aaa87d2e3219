//! Calls observers, each on a thread of its own, and survives them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{Dispatch, Span, dispatcher};

use super::{InvocationInfo, Observer, OperationChange, OperationInfo, UserFunctionInfo};
use crate::model::{ExecutionId, Operation};

/// How much may wait for an observer that is slower than what it is told; what comes after that it is not told.
const QUEUE: usize = 8192;
/// For how long the thread of an execution may wait for an observer in a row.
const CREDIT: Duration = Duration::from_millis(500);
/// Which part of the time it may wait for one in the long run: one in so many.
const SHARE: u32 = 10;

/// What observers are told.
pub(crate) enum News {
    InvocationStarted(InvocationInfo),
    InvocationEnded(InvocationInfo),
    OperationStarted(OperationInfo),
    OperationEnded(OperationInfo),
    OperationsChanged { execution: ExecutionId, updated: Vec<OperationInfo>, all: Vec<Arc<Operation>> },
    UserFunctionStarted(UserFunctionInfo),
    UserFunctionEnded(UserFunctionInfo),
}

impl News {
    fn tell(&self, observer: &dyn Observer) {
        match self {
            Self::InvocationStarted(info) => observer.invocation_started(info),
            Self::InvocationEnded(info) => observer.invocation_ended(info),
            Self::OperationStarted(info) => observer.operation_started(info),
            Self::OperationEnded(info) => observer.operation_ended(info),
            Self::OperationsChanged { execution, updated, all } => {
                let (execution, updated) = (*execution, updated.clone());
                observer.operations_changed(&OperationChange { execution, updated, all });
            }
            Self::UserFunctionStarted(info) => observer.user_function_started(info),
            Self::UserFunctionEnded(info) => observer.user_function_ended(info),
        }
    }
}

/// News, and where it was told: whatever the observer logs stands there.
struct Told {
    news: Arc<News>,
    span: Span,
    log: Dispatch,
}

/// The observers of an engine, in the order in which they were given.
#[derive(Clone, Default)]
pub(crate) struct Observers(Arc<Listeners>);

/// Those who listen, until nobody can tell them anything any more.
#[derive(Default)]
struct Listeners(Vec<Arc<Listener>>);

/// Observers that are collected.
#[derive(Default)]
pub(crate) struct ObserverList(Vec<(&'static str, Box<dyn Observer>)>);

/// What waits for one observer.
struct Listener {
    name: &'static str,
    queue: Mutex<Queue>,
    /// Something came, or nothing more will.
    filled: Condvar,
    /// The observer was told something.
    told: Condvar,
}

struct Queue {
    waiting: VecDeque<Told>,
    /// How much was put in, and how much the observer was told.
    put: u64,
    told: u64,
    missed: u64,
    closed: bool,
    /// For how long others may still wait for the observer.
    credit: Duration,
    renewed: Instant,
}

impl ObserverList {
    pub(crate) fn add<O: Observer>(&mut self, observer: O) {
        self.0.push((std::any::type_name::<O>(), Box::new(observer)));
    }

    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Gives each observer its thread, which ends when the observers are closed.
    pub(crate) fn start(self) -> std::io::Result<Observers> {
        let mut listeners = Vec::with_capacity(self.0.len());
        for (name, observer) in self.0 {
            let listener = Arc::new(Listener::new(name));
            let own = Arc::clone(&listener);
            std::thread::Builder::new()
                .name("durable-observer".to_owned())
                .spawn(move || own.listen(observer.as_ref()))?;
            listeners.push(listener);
        }
        Ok(Observers(Arc::new(Listeners(listeners))))
    }
}

impl Observers {
    /// Whether there are none: then nothing is made for them.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }

    /// Tells all of them, one after the other, whatever the others do. Each has heard it when this returns, unless it
    /// takes its time.
    pub(crate) fn tell(&self, news: News) {
        if self.is_empty() {
            return;
        }
        let news = Arc::new(news);
        for listener in &self.0.0 {
            let log = dispatcher::get_default(Clone::clone);
            listener.tell(Told { news: Arc::clone(&news), span: Span::current(), log });
        }
    }

    /// Tells them what is left, for as long as this at most, and nothing after it.
    pub(crate) fn close(&self, patience: Duration) {
        for listener in &self.0.0 {
            listener.close(patience);
        }
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        for listener in &self.0 {
            // What waits is told; the thread ends after that.
            listener.queue().closed = true;
            listener.filled.notify_all();
        }
    }
}

impl Listener {
    fn new(name: &'static str) -> Self {
        let queue = Queue {
            waiting: VecDeque::new(),
            put: 0,
            told: 0,
            missed: 0,
            closed: false,
            credit: CREDIT,
            renewed: now(),
        };
        Self { name, queue: Mutex::new(queue), filled: Condvar::new(), told: Condvar::new() }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, told: Told) {
        let mut queue = self.queue();
        if queue.closed {
            return;
        }
        if queue.waiting.len() >= QUEUE {
            if queue.missed == 0 {
                tracing::error!(observer = self.name, "an observer is too slow, and is not told everything");
            }
            queue.missed += 1;
            return;
        }
        queue.waiting.push_back(told);
        queue.put += 1;
        let number = queue.put;
        self.filled.notify_one();
        let begun = now();
        let credit = queue.renew(begun);
        let wait = self.told.wait_timeout_while(queue, credit, |queue| queue.told < number && !queue.closed);
        let (mut queue, _) = wait.unwrap_or_else(PoisonError::into_inner);
        queue.credit = queue.credit.saturating_sub(now().duration_since(begun));
    }

    fn close(&self, patience: Duration) {
        let left = |queue: &mut Queue| queue.told < queue.put;
        let wait = self.told.wait_timeout_while(self.queue(), patience, left);
        let (mut queue, _) = wait.unwrap_or_else(PoisonError::into_inner);
        if queue.missed > 0 || queue.told < queue.put {
            let missed = queue.missed + (queue.put - queue.told);
            tracing::warn!(observer = self.name, missed, "an observer was too slow to be told everything");
        }
        queue.closed = true;
        queue.waiting.clear();
        self.filled.notify_all();
        self.told.notify_all();
    }

    /// The thread of the observer.
    fn listen(&self, observer: &dyn Observer) {
        let mut has_panicked = false;
        while let Some(Told { news, span, log }) = self.next() {
            let tell = || dispatcher::with_default(&log, || span.in_scope(|| news.tell(observer)));
            let told = catch_unwind(AssertUnwindSafe(tell));
            if told.is_err() && !std::mem::replace(&mut has_panicked, true) {
                let complain = || {
                    tracing::error!(
                        observer = self.name,
                        "an observer panicked; executions go on, and it is told the rest"
                    )
                };
                dispatcher::with_default(&log, complain);
            }
            self.queue().told += 1;
            self.told.notify_all();
        }
    }

    /// What to tell the observer next; nothing if that was all.
    fn next(&self) -> Option<Told> {
        let empty = |queue: &mut Queue| queue.waiting.is_empty() && !queue.closed;
        let filled = self.filled.wait_while(self.queue(), empty);
        filled.unwrap_or_else(PoisonError::into_inner).waiting.pop_front()
    }
}

impl Queue {
    /// For how long someone may wait for the observer now.
    fn renew(&mut self, now: Instant) -> Duration {
        let earned = now.duration_since(self.renewed) / SHARE;
        self.renewed = now;
        self.credit = (self.credit + earned).min(CREDIT);
        self.credit
    }
}

#[expect(clippy::disallowed_methods, reason = "how long others wait for an observer decides nothing that is recorded")]
fn now() -> Instant {
    Instant::now()
}
