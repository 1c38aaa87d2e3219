//! What the reading stage saw, for the lints to judge.

use proc_macro2::TokenStream;
use syn::{Attribute, Ident, Path};

use super::Name;
use crate::args::Text;

/// What was seen in one body.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) points: Vec<Point>,
    pub(crate) hidden: Vec<Hidden>,
    pub(crate) misplaced: Vec<Misplaced>,
    pub(crate) inside_steps: Vec<Inside>,
    /// How each `#[step]` was written.
    pub(crate) steps: Vec<Path>,
}

/// A place that performs an operation.
pub(crate) struct Point {
    /// Its place among the points of the body.
    pub(crate) number: usize,
    /// The token that makes it one: `await`, `#[step]` or `await_callback`.
    pub(crate) at: TokenStream,
    pub(crate) name: Name,
    /// The variable of the `let` that takes the result.
    pub(crate) binding: Option<Ident>,
    /// The function body, `async` block or `async` closure it stands in.
    pub(crate) scope: usize,
    /// The arms it stands in, outermost first: which `match` or `if`, and which arm of it.
    pub(crate) arms: Vec<(usize, usize)>,
    /// The loops it stands in.
    pub(crate) loops: Vec<usize>,
    /// The number of the first point that can't run after it, because the code around it ends with a `return`.
    pub(crate) last_before: Option<usize>,
    /// What has to be configured for it to be compiled.
    pub(crate) cfgs: Vec<Attribute>,
    /// Whether it stands in a closure that is not `async`.
    pub(crate) in_sync_closure: bool,
    /// Whether it is an error already where it stands.
    pub(crate) misplaced: bool,
    /// Whether performing it records an operation of its own.
    pub(crate) recorded: bool,
    /// Whether it is a `join`, which only a variable can name.
    pub(crate) is_join: bool,
    pub(crate) step: Option<StepFacts>,
    /// The name that it had before.
    pub(crate) was: Option<Text>,
}

impl Point {
    /// Whether at most one of the two can run: they stand in different arms of one `match` or `if`, or the function
    /// returns between them.
    pub(crate) fn excludes(&self, later: &Self) -> bool {
        let in_other_arms = self.arms.iter().any(|(branching, arm)| {
            later.arms.iter().any(|(other_branching, other_arm)| branching == other_branching && arm != other_arm)
        });
        // In a loop, the later one may run in an earlier turn.
        let in_one_loop = self.loops.iter().any(|number| later.loops.contains(number));
        in_other_arms || !in_one_loop && self.last_before.is_some_and(|first| later.number >= first)
    }
}

/// What stands under a `#[step]`.
pub(crate) struct StepFacts {
    /// Every `await` that belongs to the marked code itself.
    pub(crate) awaits: Vec<TokenStream>,
    /// Whether one of them ends the call chain, up to `?`, fields and further method calls.
    pub(crate) ends_in_await: bool,
    /// Every `?` and `return` inside what would be the step's body.
    pub(crate) exits: Vec<TokenStream>,
}

/// A macro with an await or a step among tokens that nobody but the macro can read.
pub(crate) struct Hidden {
    pub(crate) path: Path,
    pub(crate) what: &'static str,
}

/// A durable operation in the body of a step.
pub(crate) struct Inside {
    pub(crate) at: TokenStream,
    pub(crate) what: &'static str,
}

/// A `#[step]` that stands where it can't work.
pub(crate) struct Misplaced {
    pub(crate) at: TokenStream,
    pub(crate) position: Position,
}

/// Where a `#[step]` can't stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Position {
    Operand,
    Assignment,
    Cast,
    Range,
    Reference,
    Unary,
    Let,
    Block,
    AsyncBlock,
    Closure,
    Macro,
    Keyword(&'static str),
    Jump(&'static str),
    Uninitialised,
    Attributes,
    Parameter,
    Const,
    Item,
    Configured,
    Elsewhere,
}

impl Position {
    /// Whether it is clear what the step would be, so that the body can be written.
    pub(crate) fn is_operand(self) -> bool {
        matches!(self, Self::Operand | Self::Cast | Self::Range | Self::Reference | Self::Unary | Self::Let)
    }
}
