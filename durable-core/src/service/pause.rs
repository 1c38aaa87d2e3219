//! Executions that are not to run for a while.
//!
//! A pause keeps code from running, and nothing else: timers end and callbacks arrive, and are on record when the
//! execution runs again. A run that is live when a pause is asked for goes on to its end.

use std::time::Duration;

use super::command::{Applied, Refused};
use super::execution::Execution;
use super::fold::fold;
use super::record::Record;
use crate::model::{EventKind, Timestamp};

/// A pause that was asked for, and may have begun.
#[derive(Debug, Clone)]
pub(super) struct Pause {
    requested: Timestamp,
    reason: Option<String>,
    pub(super) pauses_timeout: bool,
    pub(super) since: Option<Timestamp>,
}

impl Pause {
    pub(super) fn asked_for(requested: Timestamp, reason: Option<String>, pauses_timeout: bool) -> Self {
        Self { requested, reason, pauses_timeout, since: None }
    }

    pub(super) fn begun(requested: Timestamp, reason: Option<String>, pauses_timeout: bool, since: Timestamp) -> Self {
        Self { requested, reason, pauses_timeout, since: Some(since) }
    }

    /// How much later the execution times out, because it was paused until now.
    pub(super) fn moved_timeout(&self, now: Timestamp) -> Duration {
        self.since.filter(|_| self.pauses_timeout).map_or(Duration::ZERO, |since| now.since(since))
    }
}

impl Execution {
    pub(super) fn pause(
        &mut self,
        reason: Option<String>,
        pauses_timeout: bool,
        now: Timestamp,
    ) -> Result<Applied, Refused> {
        self.require_running()?;
        if self.pause.is_some() {
            return Err(Refused::AlreadyPaused);
        }
        let mut records = Vec::new();
        if self.live.is_some() {
            let record = Record::Pausing { at: now, reason, pauses_timeout };
            // A running execution can be asked to pause whatever else is true of it.
            let _ = fold(self, &record);
            records.push(record);
        } else {
            self.emit(None, EventKind::ExecutionPaused { requested: now, reason, pauses_timeout }, now, &mut records);
        }
        Ok(self.outside(records))
    }

    pub(super) fn resume_paused(&mut self, reason: Option<String>, now: Timestamp) -> Result<Applied, Refused> {
        self.require_running()?;
        let Some(pause) = &self.pause else { return Err(Refused::NotPaused) };
        let mut records = Vec::new();
        if pause.since.is_none() {
            // It did not come to it. History shows both all the same.
            self.pause_begins(now, &mut records);
        }
        self.emit(None, EventKind::ExecutionResumed { requested: now, reason }, now, &mut records);
        Ok(self.outside(records))
    }

    /// Lets a pause begin that was asked for during the run that has just ended.
    pub(super) fn pause_begins(&mut self, now: Timestamp, records: &mut Vec<Record>) {
        let Some(Pause { requested, reason, pauses_timeout, since: None }) = self.pause.clone() else { return };
        self.emit(None, EventKind::ExecutionPaused { requested, reason, pauses_timeout }, now, records);
    }
}
