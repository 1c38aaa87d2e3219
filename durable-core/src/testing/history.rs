//! Histories as text: for people, for snapshots, and for files that later code has to replay.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::model::{Event, EventKind, ExecutionId, Name};
use crate::service::{Record, Spec};
use crate::store::Stored;

/// The history of an execution, to be kept in a file: with it a test shows that code of later days still replays what was
/// begun by the code of today.
///
/// ```
/// # use durable::prelude::*;
/// # use durable::testing::{TestEngine, assert_replays};
/// # #[durable]
/// # async fn order(number: u32) -> u32 {
/// #     sleep(days(1)).await;
/// #     number * 2
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().to_str().unwrap();
/// let run = TestEngine::new().run(order(21)).await;
/// run.history().save(format!("{folder}/order.json")).unwrap();
///
/// // In a test from then on:
/// assert_replays(&format!("{folder}/*.json"), order);
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    pub(super) spec: Spec,
    pub(super) records: Vec<Record>,
}

/// A history as it stands in a file.
#[derive(Serialize, Deserialize)]
struct Written {
    function: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    execution: ExecutionId,
    name: Name,
    records: Vec<Record>,
}

impl History {
    pub(super) fn of(stored: &Stored) -> Self {
        Self { spec: stored.spec.clone(), records: stored.records.clone() }
    }

    /// The history that these events of an execution elsewhere are, oldest first.
    pub fn of_events(function: Name, execution: ExecutionId, events: Vec<Event>) -> Self {
        let (input, timeout_seconds) = events.first().and_then(begun).unwrap_or_default();
        let name = function.clone();
        let spec =
            Spec { id: execution, function, name, version: None, input, tenant: None, timeout_seconds, parent: None };
        Self { spec, records: events.into_iter().map(Record::Event).collect() }
    }

    /// The history of an execution of any engine: of one in production, say.
    ///
    /// **Errors:** those of [`Engine::history`].
    pub async fn export(engine: &Engine, id: ExecutionId) -> Result<Self, crate::engine::EngineError> {
        Ok(Self::of(&engine.load(id).await?))
    }

    /// Its events, oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        events(&self.records)
    }

    /// One line for each event, without ids and with the time since the start: the same for each run of a test.
    pub fn normalised(&self) -> String {
        normalised(&self.records)
    }

    /// Writes it into a file, as JSON with one event a line.
    ///
    /// **Errors:** those of writing a file.
    pub fn save(&self, path: impl AsRef<Path>) -> std::io::Result<()> {
        let Self { spec, records } = self;
        let Spec { id, function, name, version, .. } = spec;
        let head = serde_json::json!({ "function": function, "version": version, "execution": id, "name": name });
        let head = head.to_string();
        let mut text = format!("{},\n\"records\": [\n", head.trim_end_matches('}'));
        for (position, record) in records.iter().enumerate() {
            text.push_str(if position == 0 { "" } else { ",\n" });
            text.push_str(&serde_json::to_string(record)?);
        }
        text.push_str("\n]}\n");
        std::fs::write(path, text)
    }
}

/// The histories in the files of this pattern; none is an error.
pub(super) fn read(files: &str) -> Result<Vec<(PathBuf, History)>, String> {
    let paths = glob::glob(files).map_err(|error| format!("`{files}` is no pattern of files: {error}"))?;
    let mut histories = Vec::new();
    for path in paths {
        let path = path.map_err(|error| error.to_string())?;
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let Written { function, version, execution: id, name, records } =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let Some((input, timeout_seconds)) = events(&records).next().and_then(begun) else {
            return Err(format!("{}: a history begins with `ExecutionStarted`", path.display()));
        };
        let spec = Spec { id, function, name, version, input, tenant: None, timeout_seconds, parent: None };
        histories.push((path, History { spec, records }));
    }
    match histories.is_empty() {
        true => Err(format!("no file is called `{files}`\nhelp: paths are relative to the package's folder")),
        false => Ok(histories),
    }
}

/// The input and the timeout of the execution, if this is its first event.
fn begun(event: &Event) -> Option<(Option<String>, Option<u32>)> {
    match &event.kind {
        EventKind::ExecutionStarted { input, timeout_seconds } => Some((input.clone(), *timeout_seconds)),
        _ => None,
    }
}

/// After how many records the writes of a history ended, as far as it tells: all but its end, and all.
pub(super) fn writes(records: &[Record]) -> Vec<usize> {
    let last = |event: &Event| match event.kind {
        EventKind::InvocationCompleted { .. } => true,
        _ => crate::service::Outcome::of_event(&event.kind).is_some(),
    };
    let end = records.iter().rev().take_while(|record| matches!(record, Record::Event(event) if last(event))).count();
    vec![records.len() - end, records.len()]
}

pub(super) fn events(records: &[Record]) -> impl Iterator<Item = &Event> {
    records.iter().filter_map(|record| match record {
        Record::Event(event) => Some(event),
        Record::Heartbeat { .. } | Record::News { .. } | Record::Pausing { .. } => None,
    })
}

pub(super) fn normalised(records: &[Record]) -> String {
    let start = events(records).next().map(|event| event.timestamp);
    let mut text = String::new();
    for Event { event_id, timestamp, operation, kind } in events(records) {
        let since = start.map(|start| timestamp.since(start)).unwrap_or_default();
        let name = operation.as_ref().and_then(|operation| operation.name.as_ref()).map_or("", Name::as_str);
        let line =
            format!("{event_id:>3}  {:<10}  {:<21}  {name:<16}  {}", time(since), kind.event_type(), kind.summary());
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// `+2d 3h 4m 5s`.
fn time(since: std::time::Duration) -> String {
    let seconds = since.as_secs();
    let parts = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let parts: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    format!("+{}", if parts.is_empty() { "0".to_owned() } else { parts.join(" ") })
}
