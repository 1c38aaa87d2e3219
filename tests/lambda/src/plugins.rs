//! Observers that log what AWS's conformance runner reads from the instrumentation plugins of an SDK.

use std::path::{Path, PathBuf};

use durable::observe::{InvocationInfo, Observer, OperationInfo, UserFunctionInfo};
use durable::{ExecutionId, Functions};
use durable_conformance::witness::{Faulty, append};
use serde_json::{Value, json};

/// What the runner's one plugin is called, and the two of which none may miss anything.
const HEALTHY: [&str; 3] = ["CONFPLUGIN", "CONFPLUGIN-A", "CONFPLUGIN-B"];

/// The plugin that throws whatever it is told.
const FAULTY: &str = "CONFPLUGIN-FAULTY";

/// Observes functions as all of the runner's plugins do, which write into this file.
pub fn plugged(functions: Functions, log: &Path) -> Functions {
    let plugin = |name| Plugin { name, log: log.to_path_buf() };
    let functions = functions.observer(Faulty(plugin(FAULTY)));
    HEALTHY.into_iter().fold(functions, |functions, name| functions.observer(plugin(name)))
}

/// Writes one line of JSON for each hook.
struct Plugin {
    name: &'static str,
    log: PathBuf,
}

impl Plugin {
    fn log(&self, hook: &str, execution: ExecutionId, facts: Value) {
        let mut line = json!({ "plugin": self.name, "hook": hook, "execution": execution.to_string() });
        if let (Some(line), Value::Object(facts)) = (line.as_object_mut(), facts) {
            line.extend(facts);
        }
        append(&self.log, &line);
    }

    fn log_step(&self, hook: &str, info: &OperationInfo, facts: Value) {
        if info.kind.type_name() == "STEP" {
            self.log(hook, info.execution, facts);
        }
    }
}

/// A status or an outcome as AWS spells it.
fn token(status: impl std::fmt::Debug) -> String {
    format!("{status:?}").to_uppercase()
}

impl Observer for Plugin {
    fn invocation_started(&self, info: &InvocationInfo) {
        self.log("invocation-start", info.execution, json!({ "first": info.is_first }));
    }

    fn invocation_ended(&self, info: &InvocationInfo) {
        self.log("invocation-end", info.execution, json!({ "status": info.status.map(token) }));
    }

    fn operation_started(&self, info: &OperationInfo) {
        self.log_step("operation-start", info, json!({ "op": info.id.as_str() }));
    }

    fn operation_ended(&self, info: &OperationInfo) {
        self.log_step("operation-end", info, json!({ "op": info.id.as_str(), "status": token(info.status) }));
    }

    fn user_function_started(&self, info: &UserFunctionInfo) {
        let operation = &info.operation;
        self.log_step("attempt-start", operation, json!({ "n": info.attempt, "op": operation.id.as_str() }));
    }

    fn user_function_ended(&self, info: &UserFunctionInfo) {
        let (operation, outcome) = (&info.operation, info.outcome.map(token));
        let facts = json!({ "n": info.attempt, "outcome": outcome, "op": operation.id.as_str() });
        self.log_step("attempt-end", operation, facts);
    }
}
