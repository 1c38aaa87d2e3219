//! Functions, and what they perform.

use durable_server::body::Function;
use serde_json::Value;

use super::table::table;

/// The functions that there are.
pub(crate) fn functions(functions: &[Function], width: u16) -> String {
    if functions.is_empty() {
        return "no functions\n".to_owned();
    }
    let rows = functions.iter().map(|function| {
        let Function { name, version, arn: _, remote, execution_timeout_seconds: _, plan } = function;
        let place = if *remote { "a process of its own" } else { text(plan.as_ref(), "place") };
        let fingerprint = text(plan.as_ref(), "fingerprint");
        vec![name.clone(), version.clone().unwrap_or_default(), fingerprint.to_owned(), place.to_owned()]
    });
    table(&["FUNCTION", "VERSION", "PLAN", "SOURCE"], rows, width)
}

/// What a function performs, each operation under what it stands in.
pub(crate) fn plan(function: &Function) -> String {
    let version = function.version.as_ref().map(|version| format!(" version {version}")).unwrap_or_default();
    let Some(plan) = &function.plan else {
        return format!("{}{version}: its code is a process of its own, and shows no plan\n", function.name);
    };
    let (fingerprint, place) = (text(Some(plan), "fingerprint"), text(Some(plan), "place"));
    let mut page = format!("{}{version}\n  {fingerprint}  {place}\n\n", function.name);
    operations(plan.get("operations"), 1, &mut page);
    page
}

fn operations(nodes: Option<&Value>, depth: usize, page: &mut String) {
    for node in nodes.and_then(Value::as_array).into_iter().flatten() {
        let (kind, name) = (text(Some(node), "kind"), text(Some(node), "name"));
        let line = node.get("line").and_then(Value::as_u64).unwrap_or_default();
        let attempts = node.pointer("/retry/max_attempts").and_then(Value::as_u64);
        let retry = attempts.map(|attempts| format!(", at most {attempts} attempts")).unwrap_or_default();
        let label = format!("{}{kind} {name}", "  ".repeat(depth));
        page.push_str(&format!("{:<40}  line {line}{retry}\n", label.trim_end()));
        operations(node.get("inside"), depth + 1, page);
    }
}

fn text<'a>(value: Option<&'a Value>, key: &str) -> &'a str {
    value.and_then(|value| value.get(key)).and_then(Value::as_str).unwrap_or_default()
}
