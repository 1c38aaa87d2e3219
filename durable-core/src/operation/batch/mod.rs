//! The same code for many items, or several pieces of code at once, with a say in when that is enough.

mod completion;
mod items;
mod map;
mod output;
mod parallel;
mod result;
mod summarised;
mod summary;
mod written;

pub use completion::{Completion, CompletionReason};
pub use map::{ItemNames, Map, NamedBy, Numbered, map};
pub use output::{Collected, Settled};
pub use parallel::{Branches, Parallel, parallel};
pub use result::{BatchError, BatchItem, BatchOutput, BatchResult, BatchStatus, NoError};

pub use summarised::Summarised;

use super::GivenName;
use crate::value::GivenSerdes;

/// How a batch runs, apart from its items.
#[derive(Clone, Default)]
pub(crate) struct Options {
    name: GivenName,
    max_concurrency: Option<usize>,
    completion: Completion,
    flat: bool,
    serdes: GivenSerdes,
    item_serdes: GivenSerdes,
}

/// The settings that `map` and `parallel` share, as methods of both.
macro_rules! batch_options {
    () => {
        /// Gives the operation a name in history.
        #[must_use = "nothing runs until this is awaited"]
        pub fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
            self.options.name = given(name);
            self
        }

        /// At most so many items run at the same time; all of them if not said. One that waits keeps its place.
        #[must_use = "nothing runs until this is awaited"]
        pub fn max_concurrency(mut self, items: usize) -> Self {
            self.options.max_concurrency = Some(items);
            self
        }

        /// What the batch as a whole passes on its way to the record and back: the results of all items in one payload,
        /// beside the payload of each, which [`item_serdes`](Self::item_serdes) is for.
        #[must_use = "nothing runs until this is awaited"]
        pub fn serdes(mut self, serdes: impl crate::value::Serdes) -> Self {
            self.options.serdes = Some(std::sync::Arc::new(serdes));
            self
        }

        /// What the result of each item passes on its way to the record and back. The record of the batch holds the results
        /// once more, so what is to be encrypted needs a [`serdes`](Self::serdes) too. With [`flat`](Self::flat) items have
        /// no result on record, and to have both fails the execution with a `ValidationError`.
        #[must_use = "nothing runs until this is awaited"]
        pub fn item_serdes(mut self, serdes: impl crate::value::Serdes) -> Self {
            self.options.item_serdes = Some(std::sync::Arc::new(serdes));
            self
        }

        /// Records the operations of the items without a context around each. Results are worked out anew on a replay.
        #[must_use = "nothing runs until this is awaited"]
        pub fn flat(mut self) -> Self {
            self.options.flat = true;
            self
        }
    };
}
use batch_options;

/// The settings of a batch that returns a `BatchResult`.
macro_rules! settled_options {
    () => {
        /// It is enough when so many items have succeeded.
        #[must_use = "nothing runs until this is awaited"]
        pub fn min_successful(mut self, items: usize) -> Self {
            self.options.completion.min_successful = Some(items);
            self
        }

        /// No more items begin when more than so many have failed.
        #[must_use = "nothing runs until this is awaited"]
        pub fn tolerated_failures(mut self, items: usize) -> Self {
            self.options.completion.tolerated_failures = Some(items);
            self
        }

        /// No more items begin when more than this percentage of all has failed.
        #[must_use = "nothing runs until this is awaited"]
        pub fn tolerated_failure_percentage(mut self, percentage: u8) -> Self {
            self.options.completion.tolerated_failure_percentage = Some(percentage);
            self
        }

        /// It is enough when one item has succeeded.
        #[must_use = "nothing runs until this is awaited"]
        pub fn first_successful(self) -> Self {
            self.min_successful(1)
        }

        /// Every item runs, whatever fails.
        #[must_use = "nothing runs until this is awaited"]
        pub fn all_completed(self) -> Self {
            self.tolerated_failure_percentage(100)
        }

        /// No more items begin after a failure.
        #[must_use = "nothing runs until this is awaited"]
        pub fn all_successful(self) -> Self {
            self.tolerated_failures(0).tolerated_failure_percentage(0)
        }
    };
}
use settled_options;
