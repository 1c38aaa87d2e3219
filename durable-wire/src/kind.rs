//! Types and sub-types as text.

use durable_core::model::{Kind, OperationStatus};

use crate::Malformed;

/// The type of the operation that stands for the execution itself.
pub const EXECUTION: &str = "EXECUTION";

/// Every kind of operation; of those with one type, the one that stands for it without a sub-type comes first.
const KINDS: [Kind; 11] = [
    Kind::Step,
    Kind::WaitForCondition,
    Kind::Wait,
    Kind::Callback,
    Kind::ChainedInvoke,
    Kind::RunInChildContext,
    Kind::WaitForCallback,
    Kind::Map,
    Kind::MapIteration,
    Kind::Parallel,
    Kind::ParallelBranch,
];

/// The kind of an operation. Sub-types are free text, so one that is not known is as good as none.
pub(crate) fn kind(id: &str, type_name: &str, sub_type: Option<&str>) -> Result<Kind, Malformed> {
    let of_type = || KINDS.into_iter().filter(|kind| kind.type_name() == type_name);
    let named = of_type().find(|kind| Some(kind.sub_type()) == sub_type);
    named.or_else(|| of_type().next()).ok_or_else(|| Malformed::Unknown {
        id: id.to_owned(),
        what: "type",
        value: type_name.to_owned(),
    })
}

const STATUSES: [(OperationStatus, &str); 8] = [
    (OperationStatus::Started, "STARTED"),
    (OperationStatus::Pending, "PENDING"),
    (OperationStatus::Ready, "READY"),
    (OperationStatus::Succeeded, "SUCCEEDED"),
    (OperationStatus::Failed, "FAILED"),
    (OperationStatus::Cancelled, "CANCELLED"),
    (OperationStatus::TimedOut, "TIMED_OUT"),
    (OperationStatus::Stopped, "STOPPED"),
];

/// A status as text.
pub(crate) fn status_name(status: OperationStatus) -> &'static str {
    STATUSES.iter().find(|(known, _)| *known == status).map_or("STARTED", |(_, name)| name)
}

/// A text as a status. One that is not known is an error, because nobody can say how to go on from there.
pub(crate) fn status(id: &str, name: &str) -> Result<OperationStatus, Malformed> {
    let known = STATUSES.iter().find(|(_, known)| *known == name);
    known.map(|(status, _)| *status).ok_or_else(|| Malformed::Unknown {
        id: id.to_owned(),
        what: "status",
        value: name.to_owned(),
    })
}
