//! A plan as JSON.

use serde_json::{Map, Value, json};

use super::{Node, Plan};

pub(super) fn write(plan: &Plan) -> String {
    let value = json!({
        "name": plan.name(),
        "version": plan.version(),
        "fingerprint": plan.fingerprint(),
        "place": plan.place(),
        "operations": nodes(plan.nodes()),
    });
    format!("{value:#}")
}

fn nodes(nodes: &[Node]) -> Value {
    nodes.iter().map(node).collect()
}

fn node(node: &Node) -> Value {
    let mut object = Map::new();
    object.insert("kind".to_owned(), node.kind().label().into());
    if let Some(name) = node.name() {
        object.insert("name".to_owned(), name.into());
    }
    object.insert("line".to_owned(), node.line().into());
    object.insert("column".to_owned(), node.column().into());
    if node.is_keyed() {
        object.insert("keyed".to_owned(), true.into());
    }
    if let Some(was) = node.old_name() {
        object.insert("was".to_owned(), was.into());
    }
    if let Some(retry) = node.retry_strategy() {
        object.insert("retry".to_owned(), serde_json::to_value(retry).unwrap_or_default());
    }
    if !node.inside().is_empty() {
        object.insert("inside".to_owned(), nodes(node.inside()));
    }
    Value::Object(object)
}
