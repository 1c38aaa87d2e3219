//! When a failed step is tried again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ErrorObject, TooLong, wait_seconds};

/// How a failed attempt of a step is repeated: how often, and after which delay.
///
/// The delay before attempt `n + 1` is `initial_delay · backoff_rate^(n − 1) + increment · (n − 1)`, at most `max_delay`,
/// then spread by [`Jitter`], then rounded up to whole seconds, at least one. The default is AWS's: 6 attempts, 5 s
/// growing twofold up to 60 s, full jitter. A delay of more than 366 days fails the execution with a `ValidationError`.
///
/// **Recorded:** each failed attempt, with the delay before the next. **Replay:** the recorded attempts and delays, whatever
/// the code says now; what it says counts for the attempts to come. **Errors:** the error of the last attempt is the step's.
///
/// ```
/// use durable::prelude::*;
/// use durable::{Jitter, Retry};
///
/// const PATIENT: Retry = Retry::TRANSIENT.max_attempts(5).initial_delay_ms(2_000).jitter(Jitter::None);
///
/// #[step]
/// async fn charge(cents: u32) -> Result<u32, String> {
///     Ok(cents)
/// }
///
/// #[durable]
/// async fn pay(cents: u32) -> Result<u32, String> {
///     charge(cents).retry(PATIENT).await
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(pay).start().await?;
/// # assert_eq!(engine.start(pay(20)).await?.output().await?, Ok(20));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    max_attempts: u32,
    initial_delay_ms: u64,
    max_delay_ms: u64,
    backoff_rate: f64,
    increment_ms: u64,
    jitter: Jitter,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    only: Option<&'static [&'static str]>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    messages: Option<&'static [&'static str]>,
    #[serde(skip)]
    strategy: Option<Strategy>,
}

/// A function that decides whether and when a failed attempt is repeated.
#[derive(Debug, Clone, Copy)]
struct Strategy(fn(&ErrorObject, u32) -> Option<Duration>);

impl PartialEq for Strategy {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.0, other.0)
    }
}

/// The longest delay that history can hold: 366 days.
const LONGEST_DELAY_MS: u64 = 31_622_400_000;

/// How much of a retry delay is left to chance, so that many failures at once do not come back at once.
///
/// See [`Retry`] for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Jitter {
    /// The delay is exact.
    None,
    /// Between half the delay and the whole.
    Half,
    /// Between nothing and the whole delay.
    Full,
}

impl Retry {
    /// What a step without `retry(…)` does.
    pub const DEFAULT: Self = Self {
        max_attempts: 6,
        initial_delay_ms: 5_000,
        max_delay_ms: 60_000,
        backoff_rate: 2.0,
        increment_ms: 0,
        jitter: Jitter::Full,
        only: None,
        messages: None,
        strategy: None,
    };

    /// No retry: the first failure is the last.
    pub const NONE: Self = Self::DEFAULT.max_attempts(1);

    /// What AWS's builders of exponential strategies begin with: 3 attempts, 5 s growing twofold up to 5 minutes, full
    /// jitter.
    pub const EXPONENTIAL: Self = Self::DEFAULT.max_attempts(3).max_delay_ms(300_000);

    /// For faults that pass by themselves: 3 attempts, 5 s growing twofold up to 5 minutes, half jitter.
    pub const TRANSIENT: Self = Self::DEFAULT.max_attempts(3).max_delay_ms(300_000).jitter(Jitter::Half);

    /// For resources that are busy: 5 attempts, 5 s growing twofold up to 5 minutes, full jitter.
    pub const RESOURCE_AVAILABILITY: Self = Self::DEFAULT.max_attempts(5).max_delay_ms(300_000);

    /// For what must not fail: 10 attempts, 1 s growing by half up to 60 s, no jitter.
    pub const CRITICAL: Self =
        Self::DEFAULT.max_attempts(10).initial_delay_ms(1_000).backoff_rate(1.5).jitter(Jitter::None);

    /// 6 attempts, 1 s and a second more each time, up to 5 minutes, no jitter.
    pub const LINEAR: Self = Self::DEFAULT
        .initial_delay_ms(1_000)
        .max_delay_ms(300_000)
        .backoff_rate(1.0)
        .increment_ms(1_000)
        .jitter(Jitter::None);

    /// 5 attempts, 5 s apart, no jitter.
    pub const FIXED: Self =
        Self::DEFAULT.max_attempts(5).max_delay_ms(LONGEST_DELAY_MS).backoff_rate(1.0).jitter(Jitter::None);

    /// Which errors are worth another attempt, by the name of their type as history has it; all if not said. A panic is a
    /// `StepPanicked`, an attempt that took too long a `StepTimeoutError`, an interrupted one a `StepInterruptedError`.
    ///
    /// ```
    /// use durable::{ErrorObject, Retry};
    ///
    /// const RETRY: Retry = Retry::DEFAULT.only(&["Timeout", "Throttled"]);
    /// assert!(RETRY.applies_to(&ErrorObject::new("Timeout", "no answer")));
    /// assert!(!RETRY.applies_to(&ErrorObject::new("Declined", "no money")));
    /// ```
    #[must_use]
    pub const fn only(mut self, error_types: &'static [&'static str]) -> Self {
        self.only = Some(error_types);
        self
    }

    /// Which errors are worth another attempt, by what their message contains. With [`only`](Retry::only) beside it, one of
    /// the two is enough.
    ///
    /// ```
    /// use durable::{ErrorObject, Retry};
    ///
    /// const RETRY: Retry = Retry::DEFAULT.only(&["Timeout"]).messages(&["connection reset"]);
    /// assert!(RETRY.applies_to(&ErrorObject::new("Timeout", "no answer")));
    /// assert!(RETRY.applies_to(&ErrorObject::new("Io", "connection reset by peer")));
    /// assert!(!RETRY.applies_to(&ErrorObject::new("Io", "no such file")));
    /// ```
    #[must_use]
    pub const fn messages(mut self, parts: &'static [&'static str]) -> Self {
        self.messages = Some(parts);
        self
    }

    /// Lets a function decide: it gets the error and the number of the attempt that failed with it, counted from 1, and
    /// gives the delay before the next, or `None` if that was the last. Nothing else that is set counts then, except for
    /// which errors are worth another attempt.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use durable::{ErrorObject, Retry};
    ///
    /// fn patient(error: &ErrorObject, attempt: u32) -> Option<Duration> {
    ///     let pause = if error.is("Throttled") { 60 } else { 1 };
    ///     (attempt < 10).then(|| Duration::from_secs(pause))
    /// }
    ///
    /// const RETRY: Retry = Retry::DEFAULT.strategy(patient);
    /// ```
    #[must_use]
    pub const fn strategy(mut self, strategy: fn(&ErrorObject, u32) -> Option<Duration>) -> Self {
        self.strategy = Some(Strategy(strategy));
        self
    }

    /// Whether an error is worth another attempt.
    pub fn applies_to(&self, error: &ErrorObject) -> bool {
        (self.only.is_none() && self.messages.is_none()) || self.names(error)
    }

    /// Whether an error is among those that are said to be worth another attempt.
    pub(crate) fn names(&self, error: &ErrorObject) -> bool {
        let error_type = error.error_type.as_deref().unwrap_or_default();
        let message = error.message.as_deref().unwrap_or_default();
        self.only.is_some_and(|only| only.contains(&error_type))
            || self.messages.is_some_and(|parts| parts.iter().any(|part| message.contains(part)))
    }

    /// The delay in whole seconds after `attempt` (1-based) failed with `error`, or `None` when it was the last one.
    ///
    /// `chance` is a random number in `0.0..1.0`.
    pub(crate) fn delay(&self, error: &ErrorObject, attempt: u32, chance: f64) -> Result<Option<u32>, TooLong> {
        match self.strategy {
            Some(Strategy(strategy)) => strategy(error, attempt).map(wait_seconds).transpose(),
            None if attempt >= self.max_attempts => Ok(None),
            None => self.delay_after(attempt, chance).map(Some),
        }
    }

    /// How many attempts there are in all; 1 means no retry.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// The delay after the first failure, in milliseconds.
    #[must_use]
    pub const fn initial_delay_ms(mut self, millis: u64) -> Self {
        self.initial_delay_ms = millis;
        self
    }

    /// The longest delay, in milliseconds.
    #[must_use]
    pub const fn max_delay_ms(mut self, millis: u64) -> Self {
        self.max_delay_ms = millis;
        self
    }

    /// By what each delay is longer than the one before.
    #[must_use]
    pub const fn backoff_rate(mut self, rate: f64) -> Self {
        self.backoff_rate = rate;
        self
    }

    /// By how many milliseconds each delay is longer than the one before, whatever the rate.
    #[must_use]
    pub const fn increment_ms(mut self, millis: u64) -> Self {
        self.increment_ms = millis;
        self
    }

    /// How far a delay is spread.
    #[must_use]
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    fn delay_after(&self, attempt: u32, chance: f64) -> Result<u32, TooLong> {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let grown = self.initial_delay_ms as f64 * self.backoff_rate.powi(exponent)
            + self.increment_ms as f64 * f64::from(exponent);
        let base = grown.min(self.max_delay_ms as f64);
        let spread = match self.jitter {
            Jitter::None => base,
            Jitter::Half => base / 2.0 + chance * base / 2.0,
            Jitter::Full => chance * base,
        };
        // A float cast saturates, so an absurd delay is still too long. Whether it is must not be left to chance.
        let seconds = |millis: f64| wait_seconds(Duration::from_millis(millis.ceil() as u64));
        seconds(base).and_then(|_| seconds(spread))
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The delays between all attempts, with this chance.
    fn delays_by(retry: Retry, chance: f64) -> Vec<u32> {
        (1..12).map_while(|attempt| retry.delay(&ErrorObject::default(), attempt, chance).unwrap()).collect()
    }

    #[test]
    fn delays_grow_by_the_rate_up_to_the_maximum() {
        let retry = Retry::DEFAULT.initial_delay_ms(2_000).backoff_rate(3.0).max_delay_ms(10_000).jitter(Jitter::None);
        assert_eq!(delays_by(retry, 0.5), [2, 6, 10, 10, 10]);
    }

    #[test]
    fn jitter_stays_within_its_bounds() {
        let full = Retry::DEFAULT.initial_delay_ms(10_000).max_attempts(2);
        let half = full.jitter(Jitter::Half);
        let bounds = |retry| [0.0, 0.999].map(|chance| delays_by(retry, chance)).concat();
        assert_eq!((bounds(full), bounds(half)), (vec![1, 10], vec![5, 10]));
    }

    #[test]
    fn presets_leave_to_chance_what_those_of_the_field_do() {
        let lowest = |retry| delays_by(retry, 0.0);
        assert_eq!(lowest(Retry::DEFAULT), [1; 5]);
        assert_eq!(lowest(Retry::EXPONENTIAL), [1; 2]);
        assert_eq!(lowest(Retry::RESOURCE_AVAILABILITY), [1; 4]);
        assert_eq!(lowest(Retry::TRANSIENT), [3, 5]);
        assert_eq!(lowest(Retry::CRITICAL), [1, 2, 3, 4, 6, 8, 12, 18, 26]);
        assert_eq!(lowest(Retry::LINEAR), [1, 2, 3, 4, 5]);
        assert_eq!(lowest(Retry::FIXED), [5; 4]);
    }

    #[test]
    fn a_delay_that_history_can_t_hold_is_refused_whatever_the_chance() {
        let year = |retry: Retry| retry.initial_delay_ms(LONGEST_DELAY_MS + 1).delay(&ErrorObject::default(), 1, 0.0);
        assert!(year(Retry::DEFAULT.max_delay_ms(u64::MAX)).is_err());
        assert_eq!(year(Retry::FIXED), Ok(Some(31_622_400)), "it has a maximum");
        let strategy = Retry::DEFAULT.strategy(|_, attempt| (attempt < 2).then_some(Duration::MAX));
        assert!(strategy.delay(&ErrorObject::default(), 1, 0.0).is_err());
        assert_eq!(strategy.delay(&ErrorObject::default(), 2, 0.0), Ok(None));
    }

    #[test]
    fn presets_are_those_of_the_field() {
        let delays = |retry: Retry| delays_by(retry.jitter(Jitter::None), 0.0);
        assert_eq!(delays(Retry::DEFAULT), [5, 10, 20, 40, 60]);
        assert_eq!(delays(Retry::NONE), [0; 0]);
        assert_eq!(delays(Retry::EXPONENTIAL), [5, 10]);
        assert_eq!(delays(Retry::EXPONENTIAL.max_attempts(9)), [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(delays(Retry::TRANSIENT), [5, 10]);
        assert_eq!(delays(Retry::RESOURCE_AVAILABILITY), [5, 10, 20, 40]);
        assert_eq!(delays(Retry::CRITICAL), [1, 2, 3, 4, 6, 8, 12, 18, 26]);
        assert_eq!(delays(Retry::LINEAR), [1, 2, 3, 4, 5]);
        assert_eq!(delays(Retry::FIXED), [5, 5, 5, 5]);
        assert_eq!(delays(Retry::FIXED.initial_delay_ms(300_000)), [300, 300, 300, 300]);
    }

    #[test]
    fn one_attempt_means_no_retry() {
        assert_eq!(delays_by(Retry::DEFAULT.max_attempts(1), 0.5), [0; 0]);
    }
}
