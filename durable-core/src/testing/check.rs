//! What is checked of every run of a test: replays, faults that never came, and executions that nothing wakes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::drive::Driver;
use super::history::{self, History};
use super::recipe::Recipe;
use super::scenario::REPLAYS;
use super::stage::{ByOperation, EmptyStage};
use crate::engine::Replayed;
use crate::model::{Clock, Identity, Kind, Name, OperationId, OperationUpdate, SystemClock};
use crate::operation::Place;
use crate::service::{CallbackKey, Execution, OPERATION_LIMIT, Outcome, STORAGE_LIMIT, Spec};
use crate::store::{Store, Stored};
use crate::value::Recorded;

/// Checks a run that has ended. A thorough check replays it from each of its writes, several times.
pub(super) fn after(driver: &Driver, thorough: bool) -> Result<(), String> {
    let forced = driver.stage.faults.to_come();
    // Those of a scenario have a number; it is the scenario that finds out whether there are so many writes.
    if let Some(fault) = forced.iter().find(|fault| !fault.is_of_scenario()) {
        return Err(format!(
            "`{fault}` never came to pass\n\
             help: look at the history for the name and for what is recorded of it; the start of a step that may run again \
             travels with its outcome"
        ));
    }
    let store = &driver.memory.store;
    let stranded = store.stranded().map_err(|error| error.to_string())?;
    if !stranded.is_empty() {
        return Err(format!("nothing will ever wake {stranded:?}; this is a bug in `durable`"));
    }
    let (key, witnessed) = (Arc::new(store.callback_key()), driver.stage.witnessed());
    for stored in driver.everything() {
        let writes = driver.memory.writes(stored.spec.id);
        let clock = driver.clock.clone();
        let checked = Checked { recipe: &driver.recipe, clock, key: &key, stored: &stored, is_golden: false };
        checked.end(&writes, &witnessed)?;
        if thorough {
            for _ in 0..REPLAYS {
                checked.prefixes(&writes, &witnessed)?;
            }
        }
    }
    Ok(())
}

/// Replays histories from files.
pub(super) fn golden(recipe: &Recipe, files: &str) -> Result<(), String> {
    // Replays complete no callbacks, so any key does.
    let key = Arc::new(CallbackKey::from_bytes([0; 32]));
    for (path, History { spec, records }) in history::read(files)? {
        let writes = vec![records.len()];
        let standing = Execution::restore(spec.clone(), Arc::clone(&key), records.clone())
            .map_err(|error| format!("{}: {error}", path.display()))?
            .standing();
        let stored = Stored { spec, standing, records, next_position: 0 };
        let checked = Checked { recipe, clock: Arc::new(SystemClock), key: &key, stored: &stored, is_golden: true };
        let nothing = BTreeMap::new();
        let replayed = match standing.status.is_terminal() {
            true => checked.end(&history::writes(&stored.records), &nothing),
            false => checked.prefixes(&writes, &nothing),
        };
        replayed.map_err(|problem| format!("{}: {problem}", path.display()))?;
    }
    Ok(())
}

/// An execution that is replayed.
struct Checked<'a> {
    recipe: &'a Recipe,
    clock: Arc<dyn Clock>,
    key: &'a Arc<CallbackKey>,
    stored: &'a Stored,
    /// Whether it is a history of earlier code.
    is_golden: bool,
}

impl Checked<'_> {
    /// Replays everything but the last write, which ended it; that has to come to the same end.
    fn end(&self, writes: &[usize], witnessed: &ByOperation) -> Result<(), String> {
        let spec = &self.stored.spec;
        let [.., before, _] = writes else { return Ok(()) };
        let (replayed, _) = self.replay(*before, witnessed)?;
        let Some(expected) = self.returned() else {
            // Somebody else has ended it, wherever its code was; up to there the code has to come.
            return match replayed {
                Replayed::Diverged(reason) => Err(self.diverged(spec, reason)),
                Replayed::Finished(_) | Replayed::Frontier(_) => Ok(()),
            };
        };
        let problem = match replayed {
            Replayed::Finished(outcome) if same(&outcome, &expected) => return Ok(()),
            Replayed::Finished(outcome) => {
                format!("ended with {} and with {}", shown(&expected), shown(&outcome))
            }
            Replayed::Diverged(reason) => reason,
            // An ordinary function, or one that its limits have ended.
            Replayed::Frontier(_) if self.operations().is_empty() || is_limit(&expected) => return Ok(()),
            Replayed::Frontier(_) => "ended, and its replay does not end with what is recorded".to_owned(),
        };
        Err(self.diverged(spec, problem))
    }

    /// What the function returned, if it did.
    fn returned(&self) -> Option<Recorded> {
        match history::events(&self.stored.records).find_map(|event| Outcome::of_event(&event.kind))? {
            Outcome::Succeeded(payload) => Some(Recorded::Succeeded(payload)),
            Outcome::Failed(error) => Some(Recorded::Failed(error)),
            Outcome::TimedOut(_) | Outcome::Stopped(_) => None,
        }
    }

    /// Replays from each write: what the code performs next has to be what the run performed.
    fn prefixes(&self, writes: &[usize], witnessed: &ByOperation) -> Result<(), String> {
        let Stored { spec, records, standing, .. } = self.stored;
        let performed = self.operations();
        for prefix in writes.iter().filter(|end| **end < records.len() || !standing.status.is_terminal()) {
            let (replayed, stage) = self.replay(*prefix, witnessed)?;
            let problem = match replayed {
                Replayed::Diverged(reason) => reason,
                Replayed::Finished(outcome) => match self.early_end(*prefix, &outcome) {
                    Some(problem) => problem,
                    None => continue,
                },
                Replayed::Frontier(updates) => {
                    let is_other = |update: &&OperationUpdate| {
                        performed.get(&update.id).map(|(kind, _)| *kind) != Some(update.kind)
                    };
                    let other = updates.iter().find(|update| standing.status.is_terminal() && is_other(update));
                    let Some(other) = other else { continue };
                    self.other_operation(*prefix, other, stage.place(&other.id))
                }
            };
            return Err(self.diverged(spec, problem));
        }
        Ok(())
    }

    /// Both sides of a replay that performs something else than the run.
    fn other_operation(&self, prefix: usize, other: &OperationUpdate, place: Option<Place>) -> String {
        let performs = named(other.kind, other.name.as_ref());
        let at = place.map(|place| format!(" at {place}")).unwrap_or_default();
        let ran = match self.performed_after(prefix).next() {
            Some(operation) => format!("performed {}", named(operation.kind, operation.name.as_ref())),
            None => "performed nothing more".to_owned(),
        };
        format!("after its first {prefix} records the run {ran}, and a replay performs {performs}{at}")
    }

    /// Both sides of a replay that ends where the run went on, or with something else.
    fn early_end(&self, prefix: usize, outcome: &Recorded) -> Option<String> {
        // What goes on after the end of the code can only be in a group that is decided: what loses a race, say.
        let goes_on = self.performed_after(prefix).find(|operation| operation.parent.is_none());
        let ran = match (goes_on, self.returned()) {
            (Some(operation), _) => format!("performed {}", named(operation.kind, operation.name.as_ref())),
            (None, Some(returned)) if !same(&returned, outcome) && !is_limit(&returned) => {
                format!("ended with {}", shown(&returned))
            }
            (None, _) => return None,
        };
        Some(format!("after its first {prefix} records the run {ran}, and a replay ends with {}", shown(outcome)))
    }

    /// The operations that begin after the first so many records.
    fn performed_after(&self, prefix: usize) -> impl Iterator<Item = &Identity> {
        let records = &self.stored.records;
        let operations = |records| history::events(records).filter_map(|event| event.operation.as_ref());
        let before: BTreeSet<_> =
            operations(records.get(..prefix).unwrap_or_default()).map(|operation| &operation.id).collect();
        operations(records.get(prefix..).unwrap_or_default()).filter(move |operation| !before.contains(&operation.id))
    }

    fn replay(&self, prefix: usize, witnessed: &ByOperation) -> Result<(Replayed, Arc<EmptyStage>), String> {
        let Stored { spec, records, .. } = self.stored;
        let stage = Arc::new(EmptyStage::default());
        let cast = self.recipe.cast(Arc::clone(&self.clock), Arc::clone(&stage)).map_err(|error| error.to_string())?;
        let records = records.get(..prefix).unwrap_or(records);
        let replayed = Arc::new(cast).replay(spec, self.key, records).map_err(|error| error.to_string())?;
        let differs = stage.witnessed().iter().find_map(|(step, now)| witnessed.get(step)?.difference(now));
        match differs {
            Some(difference) => Err(self.diverged(spec, difference)),
            None => Ok((replayed, stage)),
        }
    }

    /// The operations that the run performed.
    fn operations(&self) -> BTreeMap<OperationId, (Kind, Option<Name>)> {
        let performed = history::events(&self.stored.records).filter_map(|event| event.operation.clone());
        performed.map(|operation| (operation.id, (operation.kind, operation.name))).collect()
    }

    fn diverged(&self, spec: &Spec, problem: String) -> String {
        let cast = self.recipe.cast(Arc::clone(&self.clock), Arc::new(EmptyStage::default()));
        let place = cast.ok().and_then(|cast| cast.place(spec));
        let at = place.map(|place| format!(" at {place}")).unwrap_or_default();
        if self.is_golden {
            return format!(
                "today's code of `{}`{at} does not replay this history: {problem}\n\
                 note: executions that were begun by that code go on with this one",
                spec.function
            );
        }
        format!(
            "`{}`{at} is not deterministic: {problem}\n\
             help: move what differs between two runs into a step: the clock, chance, the order of a hash map, anything \
             that is shared\n\
             note: after a crash or a wait the code runs again from the top over what is recorded, and has to do the same",
            spec.function
        )
    }
}

fn named(kind: Kind, name: Option<&Name>) -> String {
    format!("{kind} `{}`", name.map_or("(no name)", Name::as_str))
}

fn is_limit(outcome: &Recorded) -> bool {
    matches!(outcome, Recorded::Failed(error) if error.is(OPERATION_LIMIT) || error.is(STORAGE_LIMIT))
}

/// Whether two outcomes say the same; the fields of an object may come in any order.
fn same(one: &Recorded, other: &Recorded) -> bool {
    let read = |payload: &Option<String>| payload.as_deref().map(serde_json::from_str::<serde_json::Value>);
    match (one, other) {
        (Recorded::Succeeded(one), Recorded::Succeeded(other)) if one != other => {
            matches!((read(one), read(other)), (Some(Ok(one)), Some(Ok(other))) if one == other)
        }
        (one, other) => one == other,
    }
}

fn shown(outcome: &Recorded) -> String {
    match outcome {
        Recorded::Succeeded(payload) => payload.clone().unwrap_or_else(|| "null".to_owned()),
        Recorded::Failed(error) => error.to_string(),
    }
}
