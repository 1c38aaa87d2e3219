//! What observers were told and what was logged, kept in files that outlive the process.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use durable::logging::ReplayFilter;
use durable::observe::{InvocationInfo, Observer, OperationChange, OperationInfo, UserFunctionInfo};
use durable::{EngineBuilder, Event, EventKind, Functions};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

/// An observer that writes down what it is told, one line of JSON each.
#[derive(Debug, Clone)]
pub struct Witness {
    file: PathBuf,
    label: &'static str,
}

/// An observer that panics whenever it is told something, after another has been told.
#[derive(Debug, Clone)]
pub struct Faulty<O>(pub O);

/// Who is told after all others.
const LAST: &str = "second";

/// Two healthy observers with a faulty one between them.
pub fn watch(engine: EngineBuilder, folder: &Path) -> EngineBuilder {
    engine.functions(watched(Functions::new(), folder))
}

/// The same for functions that may be run by something else than an engine.
pub fn watched(functions: Functions, folder: &Path) -> Functions {
    let witness = |label| Witness { file: folder.join("told"), label };
    functions.observer(witness("first")).observer(Faulty(witness("faulty"))).observer(witness(LAST))
}

/// Adds a line to a file.
pub fn append(file: &Path, line: &Value) {
    let opened = OpenOptions::new().create(true).append(true).open(file);
    // One write, so that a kill can't tear it, nor others stand in the middle of it. What is missing is missed by the check.
    let _ = opened.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
}

/// How many ends of invocations the last of the observers has written down in this folder.
pub fn ends_told(folder: &Path) -> usize {
    let told = Told::read_all(folder, Path::new(""));
    told.lines.iter().filter(|line| line["label"] == LAST && line["hook"] == "invocation_ended").count()
}

impl Witness {
    fn note(&self, hook: &str, execution: impl ToString, facts: Value) {
        let line = json!({"label": self.label, "hook": hook, "execution": execution.to_string(), "facts": facts});
        append(&self.file, &line);
    }
}

fn invocation(info: &InvocationInfo) -> Value {
    json!({
        "request": info.request_id, "first": info.is_first, "started": info.execution_started.as_millis(),
        "operations": info.operations().iter().map(operation).collect::<Vec<_>>(),
        "updated": info.updated.iter().map(operation).collect::<Vec<_>>(),
        "status": info.status.map(|status| format!("{status:?}")),
        "error": info.error.as_ref().map(|error| error.to_string()),
    })
}

fn operation(info: &OperationInfo) -> Value {
    json!({
        "id": info.id.as_str(), "type": info.kind.type_name(), "sub_type": info.kind.sub_type(),
        "name": info.name.as_ref().map(|name| name.as_str()), "parent": info.parent.as_ref().map(|id| id.as_str()),
        "started": info.started.as_millis(), "ended": info.ended.map(|ended| ended.as_millis()),
        "status": format!("{:?}", info.status), "result": info.result, "attempt": info.attempt,
        "error": info.error.as_ref().and_then(|error| error.message.clone()), "replay": info.is_replay,
    })
}

fn user_function(info: &UserFunctionInfo) -> Value {
    json!({
        "operation": operation(&info.operation), "attempt": info.attempt, "replaying": info.is_replaying_children,
        "outcome": info.outcome.map(|outcome| format!("{outcome:?}")),
        "error": info.error.as_ref().and_then(|error| error.message.clone()),
    })
}

impl Observer for Witness {
    fn invocation_started(&self, info: &InvocationInfo) {
        self.note("invocation_started", info.execution, invocation(info));
    }

    fn invocation_ended(&self, info: &InvocationInfo) {
        self.note("invocation_ended", info.execution, invocation(info));
    }

    fn operation_started(&self, info: &OperationInfo) {
        self.note("operation_started", info.execution, operation(info));
    }

    fn operation_ended(&self, info: &OperationInfo) {
        self.note("operation_ended", info.execution, operation(info));
    }

    fn operations_changed(&self, change: &OperationChange<'_>) {
        let updated: Vec<_> = change.updated.iter().map(operation).collect();
        let all: Vec<_> = change.operations().iter().map(operation).collect();
        self.note("operations_changed", change.execution, json!({"updated": updated, "operations": all}));
    }

    fn user_function_started(&self, info: &UserFunctionInfo) {
        self.note("user_function_started", info.operation.execution, user_function(info));
    }

    fn user_function_ended(&self, info: &UserFunctionInfo) {
        self.note("user_function_ended", info.operation.execution, user_function(info));
    }
}

/// A panic that says nothing on standard error.
fn fault() {
    std::panic::resume_unwind(Box::new("a faulty observer"))
}

impl<O: Observer> Observer for Faulty<O> {
    fn invocation_started(&self, info: &InvocationInfo) {
        self.0.invocation_started(info);
        fault();
    }

    fn invocation_ended(&self, info: &InvocationInfo) {
        self.0.invocation_ended(info);
        fault();
    }

    fn operation_started(&self, info: &OperationInfo) {
        self.0.operation_started(info);
        fault();
    }

    fn operation_ended(&self, info: &OperationInfo) {
        self.0.operation_ended(info);
        fault();
    }

    fn user_function_started(&self, info: &UserFunctionInfo) {
        self.0.user_function_started(info);
        fault();
    }

    fn user_function_ended(&self, info: &UserFunctionInfo) {
        self.0.user_function_ended(info);
        fault();
    }
}

/// What must be true of what was told and logged; the error says what is not.
pub type Holds = fn(&Told) -> Result<(), String>;

/// What was told and logged of one execution.
#[derive(Debug, Default)]
pub struct Told {
    lines: Vec<Value>,
    logged: Vec<Value>,
}

impl Told {
    /// Reads what the folder, and the log, have of the execution with this history.
    pub fn read(folder: &Path, log: &Path, history: &[Event]) -> Self {
        let request = history.iter().find_map(|event| match &event.kind {
            EventKind::InvocationCompleted { request_id, .. } => request_id.split_once('.'),
            _ => None,
        });
        let execution = request.map_or("", |(execution, _)| execution);
        Self::filtered(folder, log, |line| line["execution"] == execution)
    }

    /// Reads what the folder and the log have, which must be that of one execution.
    pub fn read_all(folder: &Path, log: &Path) -> Self {
        Self::filtered(folder, log, |_| true)
    }

    fn filtered(folder: &Path, log: &Path, wanted: impl Fn(&Value) -> bool) -> Self {
        let of = |file: &Path| {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            lines.filter(|line| wanted(line)).collect()
        };
        Self { lines: of(&folder.join("told")), logged: of(log) }
    }

    /// What the healthy observers were told; it must be the same.
    pub fn healthy(&self) -> Result<Vec<(&str, &Value)>, String> {
        let of = |label: &str| {
            let lines = self.lines.iter().filter(|line| line["label"] == label);
            lines.map(|line| (line["hook"].as_str().unwrap_or_default(), &line["facts"])).collect::<Vec<_>>()
        };
        let (first, second) = (of("first"), of(LAST));
        if first == second { Ok(first) } else { Err("two observers were told different things".to_owned()) }
    }

    /// How often the faulty observer was told something.
    pub fn faults(&self) -> usize {
        self.lines.iter().filter(|line| line["label"] == "faulty").count()
    }

    /// The lines that were logged: once each, or with those of replays.
    pub fn logged(&self, with_replays: bool) -> Vec<&str> {
        let of_mode = self.logged.iter().filter(|line| line["replays"] == with_replays);
        of_mode.filter_map(|line| line["message"].as_str()).collect()
    }
}

static LOG: OnceLock<PathBuf> = OnceLock::new();

/// Logs to a file from now on, in this process; returns the file, which is that of the first call.
pub fn log_to(file: PathBuf) -> &'static Path {
    LOG.get_or_init(|| {
        let lines = |replays| Lines { file: file.clone(), replays };
        let once = lines(false).with_filter(ReplayFilter::new());
        let always = lines(true).with_filter(ReplayFilter::log_replays());
        // A second subscriber is refused; there is none.
        let _ = tracing_subscriber::registry().with(once).with(always).try_init();
        file
    })
}

/// Writes events down, with the execution in whose span they stand.
struct Lines {
    file: PathBuf,
    replays: bool,
}

/// The execution of a span.
struct Execution(String);

/// Finds one field.
struct Find(&'static str, Option<String>);

impl Visit for Find {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == self.0 {
            self.1 = Some(format!("{value:?}"));
        }
    }
}

impl<S: tracing::Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut find = Find("execution", None);
        attributes.record(&mut find);
        if let (Some(execution), Some(span)) = (find.1, context.span(id)) {
            span.extensions_mut().replace(Execution(execution));
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        // What the handlers say, and not what else is in the process.
        if !event.metadata().target().starts_with(env!("CARGO_CRATE_NAME")) {
            return;
        }
        let mut find = Find("message", None);
        event.record(&mut find);
        let spans = context.event_scope(event).into_iter().flatten();
        let execution = spans.filter_map(|span| Some(span.extensions().get::<Execution>()?.0.clone())).next();
        let line = json!({"execution": execution, "message": find.1, "replays": self.replays});
        append(&self.file, &line);
    }
}
