//! The plan: which operations a function performs, and in which loops, branches and arms.

use proc_macro2::Span;
use syn::{Attribute, Expr, ExprCall};

use super::bound::Operation;
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
    /// Whether the data of `key = …` tells its occurrences apart.
    pub(crate) keyed: bool,
    /// What has to be configured for it to be compiled.
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) inside: Vec<Node>,
}

impl Node {
    fn new(kind: Kind, name: String, at: Span, inside: Vec<Self>) -> Self {
        Self { kind, name, at, retry: None, was: None, keyed: false, cfgs: Vec::new(), inside }
    }
}

/// What stands at a node; the library reads it by this word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Kind(pub(crate) &'static str);

const STEP: Kind = Kind("step");
pub(super) const BRANCH: Kind = Kind("branch");
const WAIT: Kind = Kind("wait");
const CALL: Kind = Kind("call");
const INVOKE: Kind = Kind("invoke");
const LOOP: Kind = Kind("repeat");
const CHOICE: Kind = Kind("choice");
pub(super) const JOIN: Kind = Kind("join");
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
    ("join", JOIN),
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
            Expr::Call(call) => Self::of_call(call).unwrap_or(CALL),
            Expr::MethodCall(call) if call.method == "invoke" => INVOKE,
            Expr::MethodCall(call) if callback::is_await(call) || name::is_option(call) => Self::of(&call.receiver),
            _ => CALL,
        }
    }

    /// What a constructor of operations makes.
    pub(super) fn of_call(call: &ExprCall) -> Option<Self> {
        let name = name::constructor(call)?.to_string();
        CONSTRUCTORS.iter().find(|(known, _)| name == *known).map(|(_, kind)| *kind)
    }

    /// This kind, or what is known of a variable.
    pub(super) fn or(self, held: Self) -> Self {
        if self == CALL { held } else { self }
    }

    /// Whether it is made of a tuple of operations, which it performs.
    pub(super) fn takes_a_tuple(self) -> bool {
        matches!(self.0, "join" | "try_join" | "race" | "select_ok")
    }

    /// Whether the operations of its tuple are recorded in a context of its own.
    pub(super) fn is_context(self) -> bool {
        matches!(self.0, "try_join" | "race" | "select_ok")
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
        let (retry, keyed) = (args.retry.clone(), args.key.is_some());
        self.here.push(Node { retry, was, keyed, ..Node::new(STEP, text(name), at, Vec::new()) });
    }

    /// An operation, after what was read since `open`.
    pub(super) fn close_operation(&mut self, outside: Vec<Node>, operation: &Operation, at: Span) {
        let mut inside = self.close(outside);
        // The awaited block is the branch itself.
        if operation.kind == BRANCH
            && let [Node { kind: BRANCH, .. }] = inside.as_slice()
        {
            inside = inside.into_iter().flat_map(|branch| branch.inside).collect();
        }
        if !operation.kind.is_group() {
            self.here.append(&mut inside);
        }
        self.operation(operation, at, inside);
    }

    /// An operation around what is performed in it.
    pub(super) fn operation(&mut self, operation: &Operation, at: Span, inside: Vec<Node>) {
        let Operation { name, kind, was, keyed } = operation;
        self.here.push(Node { was: was.clone(), keyed: *keyed, ..Node::new(*kind, text(name), at, inside) });
    }

    /// What was read is compiled only if all of this is configured.
    pub(super) fn close_configured(&mut self, outside: Vec<Node>, cfgs: &[Attribute]) {
        let mut inside = self.close(outside);
        inside.iter_mut().for_each(|node| node.cfgs.extend_from_slice(cfgs));
        self.here.append(&mut inside);
    }

    /// The branch that was just read is called so, if nothing else names it; says whether it is.
    pub(super) fn name_branch(&mut self, name: String) -> bool {
        if let Some(Node { kind: BRANCH, name: own, .. }) = self.here.last_mut()
            && own.is_empty()
        {
            *own = name;
            return true;
        }
        false
    }

    /// What was read belongs where it is read.
    pub(super) fn close_flat(&mut self, outside: Vec<Node>) {
        let mut inside = self.close(outside);
        self.here.append(&mut inside);
    }

    /// A branch that is not awaited where it is written.
    pub(super) fn close_branch(&mut self, outside: Vec<Node>, name: Option<String>, at: Span) {
        let inside = self.close(outside);
        self.here.push(Node::new(BRANCH, name.unwrap_or_default(), at, inside));
    }

    /// What was read stands in a loop.
    pub(super) fn close_loop(&mut self, outside: Vec<Node>, at: Span) {
        let inside = self.close(outside);
        self.flow(LOOP, at, inside);
    }

    /// What was read is one of several ways to go on.
    pub(super) fn close_arm(&mut self, outside: Vec<Node>, at: Span) -> Node {
        let inside = self.close(outside);
        Node::new(ARM, String::new(), at, inside)
    }

    pub(super) fn choice(&mut self, arms: Vec<Node>, at: Span) {
        if arms.iter().any(|arm| !arm.inside.is_empty()) {
            self.flow(CHOICE, at, arms);
        }
    }

    fn flow(&mut self, kind: Kind, at: Span, inside: Vec<Node>) {
        if !inside.is_empty() {
            self.here.push(Node::new(kind, String::new(), at, inside));
        }
    }
}

fn text(name: &Name) -> String {
    match name {
        Name::Known { text, .. } => text.clone(),
        Name::AtRunTime | Name::Missing => String::new(),
    }
}
