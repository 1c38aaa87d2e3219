//! Plans: what a durable function performs, known without running it.
//!
//! `#[durable]` writes down every operation of the function with its name, its place in the source, and the loops, arms
//! and branches around it. [`plan(place_order)`](plan()) gives it, to draw it ([`Plan::to_mermaid`], [`Plan::to_dot`]),
//! to hand it on ([`Plan::to_json`]), and to notice in time that an edit does not fit what is running ([`check`]).

mod changes;
mod dot;
mod json;
mod lock;
mod mermaid;
mod node;
mod outline;
mod written;

#[cfg(test)]
mod tests;

pub use lock::{PlanChanged, check};
pub use node::{Node, NodeKind};
pub(crate) use outline::is_fingerprint;
pub(crate) use written::Written;

use crate::engine::DurableFunction;
use crate::operation::{Definition, Function};

/// The plan of a durable function: `durable::plan(place_order).to_mermaid()`.
///
/// ```
/// use durable::prelude::*;
///
/// #[durable]
/// async fn place_order(number: u32) -> u32 {
///     sleep(days(1)).await;
///     number * 2
/// }
///
/// let plan = durable::plan(place_order);
/// assert!(plan.to_mermaid().contains("sleep"));
/// ```
pub fn plan<A, F: DurableFunction<A>>(_function: F) -> Plan {
    Plan::of(F::Definition::define().function)
}

/// What a durable function performs.
///
/// See [`plan`] for an example.
#[derive(Debug, Clone)]
pub struct Plan {
    function: Function,
    nodes: Vec<Node>,
}

impl Plan {
    pub(crate) fn of(function: Function) -> Self {
        Self { function, nodes: function.plan().read() }
    }

    /// The function's recorded name.
    pub const fn name(&self) -> &'static str {
        self.function.name()
    }

    /// The explicit version.
    pub const fn version(&self) -> Option<&'static str> {
        self.function.version_name()
    }

    /// Where the function stands, as `file:line:column`.
    pub fn place(&self) -> String {
        self.function.place().to_string()
    }

    /// Its operations, in the order of the source.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A text that is the same as long as the same operations are performed in the same loops, arms and branches.
    ///
    /// Names and kinds count; places in the source, retries and everything between the operations do not.
    pub fn fingerprint(&self) -> String {
        outline::fingerprint(&outline::of(self.nodes()))
    }

    /// As a [Mermaid](https://mermaid.js.org) flowchart.
    pub fn to_mermaid(&self) -> String {
        mermaid::write(self)
    }

    /// As a graph for Graphviz.
    pub fn to_dot(&self) -> String {
        dot::write(self)
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        json::write(self)
    }
}
