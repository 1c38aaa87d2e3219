//! The statuses of executions as AWS spells them.

use durable_core::model::ExecutionStatus;

const STATUSES: [(ExecutionStatus, &str); 7] = [
    (ExecutionStatus::Running, "RUNNING"),
    (ExecutionStatus::Pausing, "PAUSING"),
    (ExecutionStatus::Paused, "PAUSED"),
    (ExecutionStatus::Succeeded, "SUCCEEDED"),
    (ExecutionStatus::Failed, "FAILED"),
    (ExecutionStatus::TimedOut, "TIMED_OUT"),
    (ExecutionStatus::Stopped, "STOPPED"),
];

/// A status as text.
pub(crate) fn status_name(status: ExecutionStatus) -> &'static str {
    STATUSES.iter().find(|(known, _)| *known == status).map_or("RUNNING", |(_, name)| name)
}

/// A text as a status.
pub(crate) fn status_of(name: &str) -> Option<ExecutionStatus> {
    STATUSES.iter().find(|(_, known)| *known == name).map(|(status, _)| *status)
}
