//! The account: what the steps did, line by line, against what history holds.

use std::collections::BTreeMap;

use anyhow::ensure;
use comfy_table::Table;
use durable::{Event, EventKind, Timestamp};

use crate::bar::StepRun;
use crate::table;

/// One step of one order.
type Step = (String, String);

/// Runs of step bodies and their recorded outcomes.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    runs: BTreeMap<Step, Vec<Timestamp>>,
    recorded: BTreeMap<Step, Vec<Timestamp>>,
}

impl Proof {
    pub(crate) fn new(ledger: Vec<StepRun>) -> Self {
        let mut proof = Self::default();
        for StepRun { at_ms, order, step } in ledger {
            proof.runs.entry((order, step)).or_default().push(Timestamp::from_millis(at_ms));
        }
        proof
    }

    /// Adds the outcomes that the history of an order holds.
    pub(crate) fn add(&mut self, order: &str, history: &[Event]) {
        for event in history {
            if let EventKind::StepSucceeded { .. } | EventKind::StepFailed { .. } = event.kind
                && let Some(name) = event.operation.as_ref().and_then(|operation| operation.name.as_ref())
            {
                let step = (order.to_owned(), name.as_str().to_owned());
                self.recorded.entry(step).or_default().push(event.timestamp);
            }
        }
    }

    /// Step runs without an outcome of their own: the kill cut them off.
    fn cut_off(&self) -> usize {
        let cut_off = |(step, runs): (&Step, &Vec<_>)| {
            (runs.len() - self.late(step, runs)).saturating_sub(self.outcomes(step).len())
        };
        self.runs.iter().map(cut_off).sum()
    }

    /// Step runs that began after the step's last outcome was recorded.
    fn repeated(&self) -> usize {
        self.runs.iter().map(|(step, runs)| self.late(step, runs)).sum()
    }

    fn late(&self, step: &Step, runs: &[Timestamp]) -> usize {
        let last = self.outcomes(step).iter().max();
        runs.iter().filter(|run| last.is_some_and(|last| *run > last)).count()
    }

    fn outcomes(&self, step: &Step) -> &[Timestamp] {
        self.recorded.get(step).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn table(&self) -> Table {
        let count = |steps: &BTreeMap<Step, Vec<_>>| steps.values().map(Vec::len).sum();
        table::counts([
            ("step runs, by the ledger that the steps write themselves", count(&self.runs)),
            ("step outcomes, by the histories", count(&self.recorded)),
            ("runs that the kill cut off before an outcome was recorded", self.cut_off()),
            ("runs after the outcome was recorded", self.repeated()),
        ])
    }

    /// Fails unless every outcome has its run, every run its outcome but for those cut off, and none came after.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(self.repeated() == 0, "a step ran again after its outcome was recorded");
        for (step, outcomes) in &self.recorded {
            let runs = self.runs.get(step).map_or(0, Vec::len);
            ensure!(runs >= outcomes.len(), "{step:?} has {} outcomes of {runs} runs", outcomes.len());
        }
        for (step, runs) in &self.runs {
            // There was one kill, so at most one run of each step was cut off.
            let outcomes = self.outcomes(step).len();
            ensure!(outcomes > 0, "{step:?} ran, and history does not know");
            ensure!(runs.len() <= outcomes + 1, "{step:?} ran {} times for {outcomes} outcomes", runs.len());
        }
        Ok(())
    }
}
