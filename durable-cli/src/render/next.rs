//! What was done, and what to do next.

use durable_server::body::Execution;
use durable_wire::api::DurableExecution;

use super::{id_of, short_id, status};

/// An execution has been started.
pub(crate) fn started(execution: &DurableExecution, program: &str) -> String {
    let DurableExecution { durable_execution_arn: arn, durable_execution_name: name, status: stands, .. } = execution;
    let id = short_id(id_of(arn));
    format!(
        "{} {name}\n  {arn}\n\nnext:\n  {program} history {id} --follow    see what happens\n  {program} get {id}                 see how it ended\n  {program} stop {id}                end it\n",
        status(stands)
    )
}

/// An execution has been started, and is waited for.
pub(crate) fn begun(arn: &str) -> String {
    format!("started {}\n  {arn}\n", short_id(id_of(arn)))
}

/// Something has been done to an execution.
pub(crate) fn done(what: &str, execution: &Execution) -> String {
    let Execution { id, name, function, .. } = execution;
    format!("{what}: {function} {name} ({})\n", short_id(id))
}

/// An execution has been paused.
pub(crate) fn paused(execution: &Execution, program: &str) -> String {
    format!("{}\nnext:\n  {program} resume {}\n", done("paused", execution), short_id(&execution.id))
}
