//! A plan as a Mermaid flowchart.

use std::fmt::Write;

use super::{Node, NodeKind, Plan};

pub(super) fn write(plan: &Plan) -> String {
    let mut chart = Chart { text: String::from("flowchart TD\n"), next: 0, depth: 1 };
    let start = chart.node("([", plan.name(), "])");
    let ends = chart.sequence(plan.nodes(), vec![(start, "")]);
    let end = chart.node("([", "done", "])");
    chart.connect(&ends, end);
    chart.text
}

struct Chart {
    text: String,
    next: usize,
    depth: usize,
}

/// Where arrows come from, and what is written on them.
type Ends = Vec<(usize, &'static str)>;

impl Chart {
    fn line(&mut self, line: &str) {
        self.text.extend(std::iter::repeat_n("    ", self.depth));
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn node(&mut self, open: &str, label: &str, close: &str) -> usize {
        let number = self.next;
        self.next += 1;
        self.line(&format!("n{number}{open}\"{}\"{close}", escaped(label)));
        number
    }

    fn connect(&mut self, from: &[(usize, &'static str)], to: usize) {
        for (from, label) in from {
            let arrow = if label.is_empty() { "-->".to_owned() } else { format!("-->|{label}|") };
            self.line(&format!("n{from} {arrow} n{to}"));
        }
    }

    fn sequence(&mut self, nodes: &[Node], from: Ends) -> Ends {
        nodes.iter().fold(from, |from, node| self.one(node, from))
    }

    fn one(&mut self, node: &Node, from: Ends) -> Ends {
        match node.kind() {
            NodeKind::Choice => self.choice(node, from),
            NodeKind::Repeat => self.repeat(node, from),
            _ if node.inside().is_empty() => {
                let (open, close) = shape(node.kind());
                let number = self.node(open, &label(node), close);
                self.connect(&from, number);
                vec![(number, "")]
            }
            _ => self.group(node, from),
        }
    }

    fn choice(&mut self, node: &Node, from: Ends) -> Ends {
        let number = self.node("{", "choice", "}");
        self.connect(&from, number);
        let mut ends = Vec::new();
        for arm in node.inside() {
            ends.extend(self.sequence(arm.inside(), vec![(number, "")]));
        }
        // The ways without an operation come to the same place.
        ends.dedup();
        // A single arm may be left out.
        if node.inside().len() == 1 {
            ends.push((number, ""));
        }
        ends
    }

    fn repeat(&mut self, node: &Node, from: Ends) -> Ends {
        let number = self.node("{{", "loop", "}}");
        self.connect(&from, number);
        let ends = self.sequence(node.inside(), vec![(number, "each")]);
        self.connect(&ends, number);
        vec![(number, "done")]
    }

    /// What runs in a context of its own, or side by side, in a frame.
    fn group(&mut self, node: &Node, from: Ends) -> Ends {
        let number = self.node("[/", &label(node), "/]");
        self.connect(&from, number);
        let _ = writeln!(self.text, "{}subgraph g{number} [\" \"]", "    ".repeat(self.depth));
        self.depth += 1;
        let side_by_side = !matches!(node.kind(), NodeKind::Branch | NodeKind::Map);
        let ends = if side_by_side {
            let branches = node.inside().iter();
            branches.flat_map(|branch| self.one(branch, vec![(number, "")])).collect()
        } else {
            self.sequence(node.inside(), vec![(number, "")])
        };
        self.depth -= 1;
        self.line("end");
        ends
    }
}

/// What to write on a node.
pub(super) fn label(node: &Node) -> String {
    match node.name() {
        Some(name) if node.kind() == NodeKind::Call || name == node.kind().label() => name.to_owned(),
        Some(name) => format!("{} {name}", node.kind().label()),
        None => node.kind().label().to_owned(),
    }
}

const fn shape(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::Wait | NodeKind::WaitForCallback | NodeKind::WaitForCondition | NodeKind::Callback => ("([", "])"),
        NodeKind::Invoke => ("[[", "]]"),
        _ => ("[", "]"),
    }
}

fn escaped(label: &str) -> String {
    label.replace('"', "#quot;")
}
