//! A plan as a graph for Graphviz: a tree of what stands in what, in the order of the source.

use std::fmt::Write;

use super::mermaid::label;
use super::{Node, NodeKind, Plan};

pub(super) fn write(plan: &Plan) -> String {
    let mut graph = Graph { text: String::new(), next: 1 };
    let _ = writeln!(graph.text, "digraph \"{}\" {{", escaped(plan.name()));
    let _ = writeln!(
        graph.text,
        "    rankdir=LR;\n    node [shape=box];\n    n0 [label=\"{}\", shape=oval];",
        escaped(plan.name())
    );
    graph.below(0, plan.nodes());
    graph.text.push_str("}\n");
    graph.text
}

struct Graph {
    text: String,
    next: usize,
}

impl Graph {
    fn below(&mut self, parent: usize, nodes: &[Node]) {
        for node in nodes {
            let number = self.next;
            self.next += 1;
            let label = label(node);
            let shape = match node.kind() {
                NodeKind::Choice => ", shape=diamond",
                NodeKind::Repeat => ", shape=hexagon",
                NodeKind::Arm => ", shape=point",
                NodeKind::Wait | NodeKind::WaitForCallback | NodeKind::Callback => ", style=rounded",
                _ => "",
            };
            let _ = writeln!(self.text, "    n{number} [label=\"{}\"{shape}];", escaped(&label));
            let _ = writeln!(self.text, "    n{parent} -> n{number};");
            self.below(number, node.inside());
        }
    }
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"")
}
