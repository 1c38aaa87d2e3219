//! What a history says of the executions that it started, against those executions.

use durable::service::Parent;
use durable::{Engine, EngineError, Event, EventKind};

use crate::row::Row;

/// What is wrong with the starts in the history of a row's execution: which execution each names, and with which function,
/// version, input and tenant.
pub async fn problems(engine: &Engine, row: &Row, history: &[Event]) -> Result<Vec<String>, EngineError> {
    let mut problems = Vec::new();
    let parent = engine.find(row.function, row.id).await?;
    for Event { operation, kind, .. } in history {
        let EventKind::ChainedInvokeStarted { function, version, input, tenant, execution, .. } = kind else {
            continue;
        };
        let started = engine.describe(*execution).await?.spec;
        let caller = parent.zip(operation.as_ref());
        let caller = caller.map(|(execution, operation)| Parent { execution, operation: operation.id.clone() });
        let facts = [
            (caller.is_some() && started.parent == caller, "started by another operation"),
            (started.function == *function, "another function"),
            (version.as_ref().is_some_and(|version| !version.is_empty()), "no version"),
            (started.version == *version, "another version"),
            (started.input == *input, "another input"),
            (started.tenant == *tenant, "another tenant"),
        ];
        let wrong = facts.into_iter().filter(|(holds, _)| !holds);
        problems.extend(wrong.map(|(_, problem)| format!("execution {execution}: {problem}")));
    }
    Ok(problems)
}
