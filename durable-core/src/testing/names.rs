//! Whether what a test has put in place of operations finds one to stand in for.

use super::failure::listed;
use super::history::events;
use crate::model::{EventKind, Kind};
use crate::plan::{Node, NodeKind, Plan};
use crate::service::Record;

/// The plans' operations with a body that a mock can stand in for. Of a call only types tell whether it is one.
const STEPS: [NodeKind; 4] = [NodeKind::Step, NodeKind::Call, NodeKind::WaitForCallback, NodeKind::WaitForCondition];
const CALLBACKS: [NodeKind; 2] = [NodeKind::Callback, NodeKind::WaitForCallback];

/// The names that a test uses.
#[derive(Debug, Default)]
pub(super) struct Used {
    pub(super) steps: Vec<String>,
    pub(super) callbacks: Vec<String>,
    /// The callbacks that were completed by hand.
    pub(super) answered: Vec<String>,
    pub(super) invokes: Vec<&'static str>,
}

/// What is known of names before a run.
#[derive(Debug, Default)]
pub(super) struct Planned {
    /// The operations in all plans; the name is missing if it is given only when the code runs.
    nodes: Vec<(NodeKind, Option<&'static str>)>,
    /// The functions that an invoke finds.
    functions: Vec<&'static str>,
}

impl Planned {
    pub(super) fn of(plans: &[Plan], functions: Vec<&'static str>) -> Self {
        let mut planned = Self { nodes: Vec::new(), functions };
        plans.iter().for_each(|plan| planned.collect(plan.nodes()));
        planned
    }

    fn collect(&mut self, nodes: &[Node]) {
        for node in nodes {
            if !node.kind().is_flow() {
                self.nodes.push((node.kind(), node.name()));
            }
            self.collect(node.inside());
        }
    }

    fn names(&self, kinds: &[NodeKind]) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter(|(kind, _)| kinds.contains(kind)).filter_map(|(_, name)| *name)
    }

    fn has(&self, kinds: &[NodeKind], wanted: &str) -> bool {
        self.names(kinds).any(|name| name == wanted)
    }

    /// Finds mocks of steps that can't exist, before anything runs: what they are to keep from the world would run.
    pub(super) fn check_before(&self, used: &Used) -> Result<(), String> {
        if self.nodes.iter().any(|(kind, name)| STEPS.contains(kind) && name.is_none()) {
            return Ok(());
        }
        match used.steps.iter().find(|mock| !self.has(&STEPS, mock)) {
            Some(unknown) => Err(no_step(unknown, "the functions that are registered perform", self.names(&STEPS))),
            None => Ok(()),
        }
    }

    /// Finds what stood in for nothing, after a run: neither the plans nor the run know the name, and there was something
    /// of its kind that nothing stood in for. Tests share what they are set up with, so what is not needed is no mistake.
    pub(super) fn check_after(&self, used: &Used, ran: &Ran) -> Result<(), String> {
        used.steps.iter().try_for_each(|mock| self.check_step(mock, used, ran))?;
        used.callbacks.iter().try_for_each(|handler| self.check_callback(handler, used, ran))?;
        used.invokes.iter().try_for_each(|mock| self.check_invoke(mock, used, ran))
    }

    fn check_step(&self, mock: &str, used: &Used, ran: &Ran) -> Result<(), String> {
        let is_step = |kind: &Kind| kind.is_step();
        if ran.has(is_step, mock) {
            return Ok(());
        }
        if ran.has(|kind| *kind == Kind::RunInChildContext, mock) && self.has(&[NodeKind::Call], mock) {
            return Err(format!(
                "`{mock}` is a durable function that is called directly, and no step\n\
                 help: mock its steps, and `.register({mock})` so that their names are known"
            ));
        }
        let is_met = |name: &str| used.steps.iter().any(|mock| mock == name) || self.has(&STEPS, name);
        if self.has(&STEPS, mock) || ran.names(is_step).all(is_met) {
            return Ok(());
        }
        Err(no_step(mock, "the run performed", ran.names(is_step)))
    }

    fn check_callback(&self, handler: &str, used: &Used, ran: &Ran) -> Result<(), String> {
        let is_callback = |kind: &Kind| matches!(kind, Kind::Callback | Kind::WaitForCallback);
        let Used { callbacks, answered, .. } = used;
        let is_met = |name: &str| callbacks.iter().chain(answered).any(|answered| answered == name);
        let is_known = ran.has(is_callback, handler) || self.has(&CALLBACKS, handler);
        if is_known || ran.names(is_callback).all(is_met) {
            return Ok(());
        }
        let names = self.names(&CALLBACKS).chain(ran.names(is_callback));
        Err(format!(
            "no callback is called `{handler}`; there are: {}\n\
             help: correct the name in `.on_callback(\"{handler}\", …)`, or `.register(…)` the durable function that opens \
             it, also if it is called directly",
            listed(names)
        ))
    }

    fn check_invoke(&self, mock: &str, used: &Used, ran: &Ran) -> Result<(), String> {
        // What an invoke is called in a plan is only sometimes the function's name.
        let is_known = self.functions.contains(&mock) || self.has(&[NodeKind::Invoke], mock);
        let is_met = |name: &String| used.invokes.iter().any(|mock| mock == name);
        if is_known || ran.invoked.iter().any(|invoked| invoked == mock) || ran.invoked.iter().all(is_met) {
            return Ok(());
        }
        let names = self.functions.iter().copied().chain(ran.invoked.iter().map(String::as_str));
        Err(format!(
            "nothing invokes `{mock}`; what is registered or invoked is: {}\n\
             help: correct the name in `.mock_invoke(\"{mock}\", …)`: it is the invoked function's",
            listed(names)
        ))
    }
}

/// What a run performed.
#[derive(Debug, Default)]
pub(super) struct Ran {
    operations: Vec<(Kind, String)>,
    invoked: Vec<String>,
}

impl Ran {
    /// Adds the history of one execution.
    pub(super) fn add(&mut self, records: &[Record]) {
        for event in events(records) {
            let Some(operation) = &event.operation else { continue };
            self.operations.extend(operation.name.as_ref().map(|name| (operation.kind, name.to_string())));
            if let EventKind::ChainedInvokeStarted { function, .. } = &event.kind {
                self.invoked.push(function.to_string());
            }
        }
    }

    fn names(&self, kinds: impl Fn(&Kind) -> bool) -> impl Iterator<Item = &str> {
        self.operations.iter().filter(move |(kind, _)| kinds(kind)).map(|(_, name)| name.as_str())
    }

    fn has(&self, kinds: impl Fn(&Kind) -> bool, wanted: &str) -> bool {
        self.names(kinds).any(|name| name == wanted)
    }
}

fn no_step<'a>(unknown: &str, known_as: &str, names: impl Iterator<Item = &'a str>) -> String {
    format!(
        "no step is called `{unknown}`; {known_as}: {}\n\
         help: correct the name in `.mock_step(\"{unknown}\", …)`, or `.register(…)` the durable function that performs it, \
         also if it is called directly",
        listed(names)
    )
}
