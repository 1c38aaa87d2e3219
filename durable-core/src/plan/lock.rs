//! A committed file of plans, for a test that notices which edits running executions can't replay across.

use std::fmt;
use std::path::{Path, PathBuf};

use super::Plan;
use super::changes::{Change, between};
use super::outline::{self, Item};

const UPDATE: &str = "UPDATE_PLANS";

const HEADER: &str = "\
# What the durable functions perform, in their order. Compared by `durable::plan::check`; written with UPDATE_PLANS=1.
";

/// Compares today's plans with the committed file, in a test of your own:
///
/// ```no_run
/// # use durable_core::plan::{Plan, PlanChanged};
/// # fn plans() -> [Plan; 0] { [] }
/// # fn test() -> Result<(), PlanChanged> {
/// durable_core::plan::check("plan.lock", plans())?; // [plan(place_order), plan(fraud_check)]
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`PlanChanged`] when they differ. It says for each change whether executions that are running can replay across it.
/// If that is as it should be, run the test once with `UPDATE_PLANS=1` and commit the file.
pub fn check(path: impl AsRef<Path>, plans: impl IntoIterator<Item = Plan>) -> Result<(), PlanChanged> {
    let path = path.as_ref();
    let mut today: Vec<Locked> = plans.into_iter().map(|plan| Locked::of(&plan)).collect();
    today.sort_by(|left, right| (&left.name, &left.version).cmp(&(&right.name, &right.version)));
    let text = write(&today);
    let trouble = |error: std::io::Error| PlanChanged::because(path, format!("the file can't be used: {error}"));
    if std::env::var_os(UPDATE).is_some() {
        return std::fs::write(path, text).map_err(trouble);
    }
    let committed = match std::fs::read_to_string(path) {
        Ok(committed) => committed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(trouble(error)),
    };
    if committed == text {
        return Ok(());
    }
    Err(PlanChanged { path: path.to_owned(), text: report(&read(&committed), &today) })
}

/// The plans are not what the committed file says. Shows each change, and whether running executions can replay
/// across it.
///
/// See [`check`] for an example.
#[derive(Clone, PartialEq, Eq)]
pub struct PlanChanged {
    path: PathBuf,
    text: String,
}

impl PlanChanged {
    fn because(path: &Path, text: String) -> Self {
        Self { path: path.to_owned(), text }
    }
}

impl fmt::Display for PlanChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, text } = self;
        writeln!(f, "the plans are not what {} says", path.display())?;
        write!(f, "{text}help: if this is as it should be, run the test once with {UPDATE}=1 and commit the file")
    }
}

/// As a test shows it that returns the error.
impl fmt::Debug for PlanChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for PlanChanged {}

/// One function in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Locked {
    name: String,
    version: Option<String>,
    items: Vec<Item>,
}

impl Locked {
    fn of(plan: &Plan) -> Self {
        Self {
            name: plan.name().to_owned(),
            version: plan.version().map(str::to_owned),
            items: outline::of(plan.nodes()),
        }
    }

    fn describe(&self) -> String {
        match &self.version {
            Some(version) => format!("`{}`, version `{version}`", self.name),
            None => format!("`{}`", self.name),
        }
    }
}

pub(super) fn write(functions: &[Locked]) -> String {
    let mut text = HEADER.to_owned();
    for Locked { name, version, items } in functions {
        text.push_str(&format!("\n{name:?}"));
        if let Some(version) = version {
            text.push_str(&format!(" {version:?}"));
        }
        text.push('\n');
        outline::write(items, 1, &mut text);
    }
    text
}

/// Reads what [`write()`] wrote; what is no function is passed over.
pub(super) fn read(text: &str) -> Vec<Locked> {
    let mut functions: Vec<Locked> = Vec::new();
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).chain(["\"\""]) {
        let label = line.trim_start();
        let depth = (line.len() - label.len()) / 2;
        if depth > 0 {
            lines.push((depth, label));
            continue;
        }
        if let Some(function) = functions.last_mut() {
            function.items = outline::read(&lines);
        }
        lines.clear();
        let mut words = serde_json::Deserializer::from_str(label).into_iter::<String>().map_while(Result::ok);
        if let Some(name) = words.next() {
            functions.push(Locked { name, version: words.next(), items: Vec::new() });
        }
    }
    // The end mark.
    functions.pop();
    functions
}

/// Each function that changed, with its changes.
fn report(committed: &[Locked], today: &[Locked]) -> String {
    let mut text = String::new();
    for new in today {
        let same_version = |old: &&Locked| old.name == new.name && old.version == new.version;
        let changes = match committed.iter().find(same_version) {
            Some(old) => between(&old.items, &new.items),
            None => vec![Change {
                what: "it is new here".to_owned(),
                replays: true,
                reason: "executions of another version go on with that one, which has to stay registered",
            }],
        };
        section(new, &changes, &mut text);
    }
    for old in committed {
        if !today.iter().any(|new| old.name == new.name && old.version == new.version) {
            let change = Change {
                what: "it is not here any more".to_owned(),
                replays: false,
                reason: "its executions are parked until it is registered again",
            };
            section(old, &[change], &mut text);
        }
    }
    text
}

fn section(function: &Locked, changes: &[Change], text: &mut String) {
    if changes.is_empty() {
        return;
    }
    text.push_str(&format!("{}:\n", function.describe()));
    for Change { what, replays, reason } in changes {
        let verdict = if *replays { "running executions replay" } else { "RUNNING EXECUTIONS DON'T REPLAY" };
        text.push_str(&format!("  - {what}: {verdict}: {reason}\n"));
    }
}
