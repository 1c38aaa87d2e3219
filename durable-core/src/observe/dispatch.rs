//! Calls observers, and survives them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Observer;

/// The observers of an engine, in the order in which they were given.
#[derive(Clone, Default)]
pub(crate) struct Observers(Arc<[Observed]>);

struct Observed {
    observer: Box<dyn Observer>,
    name: &'static str,
    /// Whether it has panicked before; once is worth a line in the log.
    panicked: AtomicBool,
}

/// Observers that are collected.
#[derive(Default)]
pub(crate) struct ObserverList(Vec<Observed>);

impl ObserverList {
    pub(crate) fn add<O: Observer>(&mut self, observer: O) {
        let name = std::any::type_name::<O>();
        self.0.push(Observed { observer: Box::new(observer), name, panicked: AtomicBool::new(false) });
    }

    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }
}

impl From<ObserverList> for Observers {
    fn from(list: ObserverList) -> Self {
        Self(list.0.into())
    }
}

impl Observers {
    /// Whether there are none: then nothing is made for them.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells all of them, one after the other, whatever the others do.
    pub(crate) fn tell(&self, tell: impl Fn(&dyn Observer)) {
        for Observed { observer, name, panicked } in self.0.iter() {
            let told = catch_unwind(AssertUnwindSafe(|| tell(observer.as_ref())));
            if told.is_err() && !panicked.swap(true, Ordering::Relaxed) {
                tracing::error!(observer = name, "an observer panicked; executions go on, and it is told the rest");
            }
        }
    }
}
