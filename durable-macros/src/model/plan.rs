//! The plan: which operations a function performs, and in which loops, branches and arms.

use proc_macro2::Span;
use syn::Expr;

use super::{Name, callback, name};
use crate::args::{Retry, StepArgs, Text};

/// One operation, or a piece of control flow around operations.
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Empty for control flow, and for a name that is only known at run time.
    pub(crate) name: String,
    pub(crate) at: Span,
    pub(crate) retry: Option<Retry>,
    pub(crate) was: Option<String>,
    pub(crate) inside: Vec<Node>,
}

/// What stands at a node; the library has a constructor of the same name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Kind(pub(crate) &'static str);

const STEP: Kind = Kind("step");
pub(super) const BRANCH: Kind = Kind("branch");
const WAIT: Kind = Kind("wait");
const CALL: Kind = Kind("call");
const INVOKE: Kind = Kind("invoke");
const LOOP: Kind = Kind("repeat");
const CHOICE: Kind = Kind("choice");
const ARM: Kind = Kind("arm");

/// The constructors of operations, and what they make.
const CONSTRUCTORS: [(&str, Kind); 17] = [
    ("sleep", WAIT),
    ("wait_until", WAIT),
    ("now", STEP),
    ("uuid", STEP),
    ("random", STEP),
    ("with_retry", BRANCH),
    ("create_callback", Kind("callback")),
    ("wait_for_callback", Kind("wait_for_callback")),
    ("wait_for_condition", Kind("wait_for_condition")),
    ("join", Kind("join")),
    ("try_join", Kind("try_join")),
    ("race", Kind("race")),
    ("select_ok", Kind("select_ok")),
    ("map", Kind("map")),
    ("parallel", Kind("parallel")),
    ("child", BRANCH),
    ("invoke", INVOKE),
];

impl Kind {
    /// What awaiting this expression performs, as far as tokens show it.
    pub(super) fn of(expr: &Expr) -> Self {
        match expr {
            Expr::Async(_) => BRANCH,
            Expr::Paren(expr) => Self::of(&expr.expr),
            Expr::Call(call) => match name::constructor(call) {
                Some(name) => CONSTRUCTORS.iter().find(|(known, _)| name == known).map_or(CALL, |(_, kind)| *kind),
                None => CALL,
            },
            Expr::MethodCall(call) if call.method == "invoke" => INVOKE,
            Expr::MethodCall(call) if callback::is_await(call) || name::is_option(call) => Self::of(&call.receiver),
            _ => CALL,
        }
    }

    /// Whether the operations that are written in it are performed by it.
    fn is_group(self) -> bool {
        matches!(self.0, "branch" | "join" | "try_join" | "race" | "select_ok" | "map" | "parallel")
    }
}

/// Builds a plan while a body is read.
#[derive(Default)]
pub(super) struct Builder {
    /// The nodes at the place that is read.
    here: Vec<Node>,
}

impl Builder {
    pub(super) fn finish(self) -> Vec<Node> {
        self.here
    }

    /// Puts what is read next aside, until [`close`](Self::close).
    pub(super) fn open(&mut self) -> Vec<Node> {
        std::mem::take(&mut self.here)
    }

    fn close(&mut self, outside: Vec<Node>) -> Vec<Node> {
        std::mem::replace(&mut self.here, outside)
    }

    /// A step on a line.
    pub(super) fn step(&mut self, name: &Name, at: Span, args: &StepArgs) {
        let was = args.was.as_ref().map(Text::value);
        self.here.push(Node { kind: STEP, name: text(name), at, retry: args.retry.clone(), was, inside: Vec::new() });
    }

    /// An operation, after what was read since `open`.
    pub(super) fn close_operation(&mut self, outside: Vec<Node>, kind: Kind, name: &Name, at: Span) {
        let mut inside = self.close(outside);
        // The awaited block is the branch itself.
        if kind == BRANCH
            && let [Node { kind: BRANCH, .. }] = inside.as_slice()
        {
            inside = inside.into_iter().flat_map(|branch| branch.inside).collect();
        }
        if !kind.is_group() {
            self.here.append(&mut inside);
        }
        self.here.push(Node { kind, name: text(name), at, retry: None, was: None, inside });
    }

    /// What was read belongs where it is read.
    pub(super) fn close_flat(&mut self, outside: Vec<Node>) {
        let mut inside = self.close(outside);
        self.here.append(&mut inside);
    }

    /// A branch that is not awaited where it is written.
    pub(super) fn close_branch(&mut self, outside: Vec<Node>, name: Option<String>, at: Span) {
        let inside = self.close(outside);
        self.here.push(Node { kind: BRANCH, name: name.unwrap_or_default(), at, retry: None, was: None, inside });
    }

    /// What was read stands in a loop.
    pub(super) fn close_loop(&mut self, outside: Vec<Node>, at: Span) {
        let inside = self.close(outside);
        self.flow(LOOP, at, inside);
    }

    /// What was read is one of several ways to go on.
    pub(super) fn close_arm(&mut self, outside: Vec<Node>, at: Span) -> Node {
        let inside = self.close(outside);
        Node { kind: ARM, name: String::new(), at, retry: None, was: None, inside }
    }

    pub(super) fn choice(&mut self, arms: Vec<Node>, at: Span) {
        if arms.iter().any(|arm| !arm.inside.is_empty()) {
            self.flow(CHOICE, at, arms);
        }
    }

    fn flow(&mut self, kind: Kind, at: Span, inside: Vec<Node>) {
        if !inside.is_empty() {
            self.here.push(Node { kind, name: String::new(), at, retry: None, was: None, inside });
        }
    }
}

fn text(name: &Name) -> String {
    match name {
        Name::Known { text, .. } => text.clone(),
        Name::AtRunTime | Name::Missing => String::new(),
    }
}
