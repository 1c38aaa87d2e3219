//! What a batch of updates from elsewhere has to keep to, beyond what history itself demands.

use std::collections::BTreeMap;

use super::command::Refused;
use super::execution::Execution;
use crate::model::{Action, OperationId, OperationUpdate, Start, State, Timestamp};

/// The longest id of an operation, in bytes.
const MAX_ID: usize = 64;
/// The longest delay and timer.
const MAX_DELAY_SECONDS: u32 = 31_622_400;
/// The longest timeout of a callback.
const MAX_TIMEOUT_SECONDS: u32 = 99_999_999;

impl Execution {
    /// Checks what only code elsewhere can get wrong: the shape of ids, the range of numbers, payloads beyond the
    /// limits, and which operations one batch may touch twice.
    ///
    /// **Errors:** [`Refused::IllegalUpdate`] and [`Refused::TooLarge`], for the first update that is wrong.
    pub fn check_batch(&self, updates: &[OperationUpdate], now: Timestamp) -> Result<(), Refused> {
        let mut begun: BTreeMap<&OperationId, bool> = BTreeMap::new();
        for update in updates {
            let illegal = |problem: String| Refused::IllegalUpdate { id: update.id.clone(), problem };
            check_id(&update.id).map_err(illegal)?;
            if let Some(parent) = &update.parent {
                check_id(parent).map_err(illegal)?;
            }
            check_numbers(&update.action).map_err(illegal)?;
            self.check_size_of(update)?;
            let starts = matches!(update.action, Action::Start(_));
            let twice = update.kind.is_step() || update.kind.is_context();
            match begun.insert(&update.id, starts) {
                None => {}
                Some(true) if twice && !starts => {}
                Some(_) => return Err(illegal("is in one batch more often than as a start and an end".to_owned())),
            }
            let waits = |state: &State| matches!(state, State::Pending { until } if *until > now);
            if self.operation(&update.id).is_some_and(|known| waits(&known.state)) {
                return Err(illegal("waits for its next attempt".to_owned()));
            }
        }
        Ok(())
    }

    fn check_size_of(&self, update: &OperationUpdate) -> Result<(), Refused> {
        let payload = match &update.action {
            Action::Succeed { payload, .. } | Action::Retry { attempt: Ok(payload), .. } => payload.as_deref(),
            Action::Start(Start::Invoke { input, .. }) => input.as_deref(),
            Action::Start(_) | Action::Fail { .. } | Action::Retry { attempt: Err(_), .. } | Action::Cancel { .. } => {
                None
            }
        };
        let what = || format!("{} output payload", update.kind.type_name());
        self.limits.check_payload(payload, what).map_err(Refused::TooLarge)?;
        match &update.action {
            Action::Fail { error }
            | Action::Retry { attempt: Err(error), .. }
            | Action::Cancel { error: Some(error) } => self.limits.check_error(error, what).map_err(Refused::TooLarge),
            _ => Ok(()),
        }
    }
}

fn check_id(id: &OperationId) -> Result<(), String> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let text = id.as_str();
    if (1..=MAX_ID).contains(&text.len()) && text.bytes().all(legal) {
        return Ok(());
    }
    Err(format!("an id has 1 to {MAX_ID} letters, digits, `-` and `_`"))
}

fn check_numbers(action: &Action) -> Result<(), String> {
    let in_range = |what: &str, number: u32, least: u32, most: u32| {
        let ok = (least..=most).contains(&number);
        if ok { Ok(()) } else { Err(format!("{what} is {number} seconds, and may be {least} to {most}")) }
    };
    match action {
        Action::Start(Start::Wait { seconds }) => in_range("the wait", *seconds, 1, MAX_DELAY_SECONDS),
        Action::Retry { delay_seconds, .. } => in_range("the retry delay", *delay_seconds, 1, MAX_DELAY_SECONDS),
        Action::Start(Start::Callback { timeout_seconds, heartbeat_seconds }) => {
            in_range("the timeout", timeout_seconds.unwrap_or(0), 0, MAX_TIMEOUT_SECONDS)?;
            in_range("the heartbeat timeout", heartbeat_seconds.unwrap_or(0), 0, MAX_TIMEOUT_SECONDS)
        }
        Action::Start(Start::Invoke { tenant, timeout_seconds, .. }) => {
            in_range("the timeout", timeout_seconds.unwrap_or(1), 1, MAX_DELAY_SECONDS)?;
            let checked = tenant.as_deref().map_or(Ok(()), super::check_tenant);
            checked.map_err(|error| error.text().to_owned())
        }
        _ => Ok(()),
    }
}
