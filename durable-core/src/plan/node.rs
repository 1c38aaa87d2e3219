//! What a plan is made of.

use crate::model::Retry;

/// One operation of a durable function, or a piece of control flow around operations.
///
/// See [`plan`](super::plan()) for an example.
#[derive(Debug, Clone)]
pub struct Node {
    pub(super) kind: NodeKind,
    /// Empty for control flow, and for a name that is given at run time.
    pub(super) name: &'static str,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) retry: Option<Retry>,
    pub(super) was: Option<&'static str>,
    pub(super) keyed: bool,
    pub(super) inside: Vec<Node>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $word:ident $label:literal;)+) => {
        /// What stands at a [`Node`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum NodeKind {
            $($(#[$doc])* $kind,)+
        }

        impl NodeKind {
            /// Its word in outlines and graphs.
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$kind => $label,)+
                }
            }

            /// The kind with this word.
            pub(super) fn with_label(label: &str) -> Option<Self> {
                match label {
                    $($label => Some(Self::$kind),)+
                    _ => None,
                }
            }

            /// The kind that the macro writes down as this word.
            pub(super) fn of_word(word: &str) -> Option<Self> {
                match word {
                    $(stringify!($word) => Some(Self::$kind),)+
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// A `#[step]` on a line.
    Step step "step";
    /// A `sleep`.
    Wait wait "wait";
    /// A `create_callback`.
    Callback callback "callback";
    /// A `wait_for_callback`.
    WaitForCallback wait_for_callback "wait for callback";
    /// A `wait_for_condition`.
    WaitForCondition wait_for_condition "wait for condition";
    /// An `async` block, with its operations inside.
    Branch branch "branch";
    /// The call of a step's definition or of another durable function: which of the two, only types tell.
    Call call "call";
    /// Another durable function as an execution of its own.
    Invoke invoke "invoke";
    /// A `join`, with what it performs inside.
    Join join "join";
    /// A `try_join`, with what it performs inside.
    TryJoin try_join "try join";
    /// A `race`, with what it performs inside.
    Race race "race";
    /// A `select_ok`, with what it performs inside.
    SelectOk select_ok "select ok";
    /// A `map`, with the operations of one item inside.
    Map map "map";
    /// A `parallel`, with the operations of its branches inside.
    Parallel parallel "parallel";
    /// A loop, with what one turn performs inside.
    Repeat repeat "loop";
    /// A `match`, an `if` or a `let … else`, with its [`Arm`](Self::Arm)s inside.
    Choice choice "choice";
    /// One way to go on, with its operations inside.
    Arm arm "arm";
}

impl NodeKind {
    /// Whether it is control flow and not an operation, so that it has no name and no record.
    pub const fn is_flow(self) -> bool {
        matches!(self, Self::Repeat | Self::Choice | Self::Arm)
    }

    /// Whether the operations inside are recorded in a context of their own.
    pub(super) const fn is_context(self) -> bool {
        matches!(self, Self::Branch | Self::TryJoin | Self::Race | Self::SelectOk | Self::Map | Self::Parallel)
    }
}

impl Node {
    /// What it is.
    pub const fn kind(&self) -> NodeKind {
        self.kind
    }

    /// The name in history; none for control flow, and for a name that is given at run time.
    pub const fn name(&self) -> Option<&'static str> {
        if self.name.is_empty() { None } else { Some(self.name) }
    }

    /// The name that it had before, under which it may be recorded.
    pub const fn old_name(&self) -> Option<&'static str> {
        self.was
    }

    /// Whether its occurrences are told apart by data, with `key = …` or `.key(…)`.
    pub const fn is_keyed(&self) -> bool {
        self.keyed
    }

    /// The line of the source file.
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// The column of the source file.
    pub const fn column(&self) -> u32 {
        self.column
    }

    /// The `retry(…)` of a step's line.
    pub const fn retry_strategy(&self) -> Option<Retry> {
        self.retry
    }

    /// What is written inside.
    pub fn inside(&self) -> &[Node] {
        &self.inside
    }
}
