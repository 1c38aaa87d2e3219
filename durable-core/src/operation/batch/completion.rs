//! When a batch is done.

use serde::{Deserialize, Serialize};

/// What a batch needs to be done before all its items are. Without any criterion the first failure ends it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Completion {
    pub(super) min_successful: Option<usize>,
    pub(super) tolerated_failures: Option<usize>,
    pub(super) tolerated_failure_percentage: Option<u8>,
}

/// Why a batch ended.
///
/// See [`BatchResult`](super::BatchResult) for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CompletionReason {
    /// Every item ended.
    AllCompleted,
    /// Enough items succeeded.
    MinSuccessfulReached,
    /// Too many items failed.
    FailureToleranceExceeded,
}

impl Completion {
    /// What is wrong with the criteria for this many items.
    pub(super) fn check(&self, total: usize) -> Result<(), String> {
        match self {
            Self { min_successful: Some(0), .. } => {
                Err("`min_successful` is 0, so it would be enough before an item ran\n\
                 help: give it at least 1"
                    .to_owned())
            }
            Self { min_successful: Some(least), .. } if *least > total => Err(format!(
                "`min_successful` is {least}, but there are {total} items, so it could never be enough\n\
                 help: ask for no more than there are: `.min_successful(items.len().clamp(1, {least}))`; and if there may be \
                 none, look before: `if items.is_empty() {{ return … }}`"
            )),
            Self { tolerated_failure_percentage: Some(percentage), .. } if *percentage > 100 => Err(format!(
                "`tolerated_failure_percentage` is {percentage}, and all items are 100\n\
                 help: write `.all_completed()` if every item shall run, whatever fails"
            )),
            _ => Ok(()),
        }
    }

    /// Whether the batch is done when so many of `total` items have succeeded and failed.
    pub(super) fn reason(&self, total: usize, succeeded: usize, failed: usize) -> Option<CompletionReason> {
        let Self { min_successful, tolerated_failures, tolerated_failure_percentage } = *self;
        let fails_fast =
            min_successful.is_none() && tolerated_failures.is_none() && tolerated_failure_percentage.is_none();
        let too_many = (fails_fast && failed > 0)
            || tolerated_failures.is_some_and(|tolerated| failed > tolerated)
            || tolerated_failure_percentage.is_some_and(|tolerated| failed * 100 > total * usize::from(tolerated));
        if too_many {
            Some(CompletionReason::FailureToleranceExceeded)
        } else if succeeded + failed == total {
            Some(CompletionReason::AllCompleted)
        } else if min_successful.is_some_and(|least| succeeded >= least) {
            Some(CompletionReason::MinSuccessfulReached)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Completion =
        Completion { min_successful: None, tolerated_failures: None, tolerated_failure_percentage: None };

    #[test]
    fn without_criteria_the_first_failure_ends_it() {
        assert_eq!(NONE.reason(3, 1, 1), Some(CompletionReason::FailureToleranceExceeded));
        assert_eq!(NONE.reason(3, 2, 0), None);
        assert_eq!(NONE.reason(3, 3, 0), Some(CompletionReason::AllCompleted));
        assert_eq!(NONE.reason(0, 0, 0), Some(CompletionReason::AllCompleted));
    }

    #[test]
    fn any_criterion_switches_failing_fast_off() {
        let least = Completion { min_successful: Some(3), ..NONE };
        assert_eq!(least.reason(3, 1, 1), None);
        assert_eq!(least.reason(3, 2, 1), Some(CompletionReason::AllCompleted));
        let enough = Completion { min_successful: Some(2), ..NONE };
        assert_eq!(enough.reason(4, 2, 0), Some(CompletionReason::MinSuccessfulReached));
    }

    #[test]
    fn a_percentage_is_exceeded_strictly() {
        let quarter = Completion { tolerated_failure_percentage: Some(25), ..NONE };
        assert_eq!(quarter.reason(4, 0, 1), None);
        assert_eq!(quarter.reason(4, 0, 2), Some(CompletionReason::FailureToleranceExceeded));
    }

    #[test]
    fn exceeded_tolerance_comes_before_success() {
        let both = Completion { min_successful: Some(1), tolerated_failures: Some(1), ..NONE };
        assert_eq!(both.reason(4, 1, 2), Some(CompletionReason::FailureToleranceExceeded));
    }

    #[test]
    fn impossible_criteria_are_refused() {
        assert!(Completion { min_successful: Some(0), ..NONE }.check(3).is_err());
        assert!(Completion { min_successful: Some(4), ..NONE }.check(3).is_err());
        assert!(Completion { tolerated_failure_percentage: Some(101), ..NONE }.check(3).is_err());
        assert!(Completion { min_successful: Some(3), ..NONE }.check(3).is_ok());
    }
}
