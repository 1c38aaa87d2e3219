//! What a plan is made of.

use crate::model::Retry;

/// One operation of a durable function, or a piece of control flow around operations.
///
/// See [`plan`](super::plan()) for an example.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    kind: NodeKind,
    name: &'static str,
    line: u32,
    column: u32,
    retry: Option<Retry>,
    was: Option<&'static str>,
    keyed: bool,
    inside: &'static [Node],
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $constructor:ident $label:literal;)+) => {
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
        }

        impl Node {
            $(
                #[doc(hidden)]
                pub const fn $constructor(
                    name: &'static str,
                    line: u32,
                    column: u32,
                    inside: &'static [Node],
                ) -> Self {
                    Self { kind: NodeKind::$kind, name, line, column, retry: None, was: None, keyed: false, inside }
                }
            )+
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
    #[doc(hidden)]
    #[must_use]
    pub const fn retry(self, retry: Retry) -> Self {
        Self { retry: Some(retry), ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn was(self, name: &'static str) -> Self {
        Self { was: Some(name), ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn keyed(self) -> Self {
        Self { keyed: true, ..self }
    }

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
    pub const fn inside(&self) -> &'static [Node] {
        self.inside
    }
}
