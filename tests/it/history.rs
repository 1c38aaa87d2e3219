//! Histories in the notation of the conformance tables: `S0 S+ . X+`.

use std::time::Duration;

use durable::{Engine, EventKind, ExecutionId};

/// The history from event 2 on.
pub(crate) async fn notation(engine: &Engine, id: ExecutionId) -> String {
    let history = engine.history(id).await.unwrap();
    let numbers: Vec<_> = history.iter().map(|event| event.event_id).collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u32), "gaps in {numbers:?}");
    assert!(history.is_sorted_by_key(|event| event.timestamp));
    assert!(matches!(history[0].kind, EventKind::ExecutionStarted { .. }));
    history.iter().skip(1).map(|event| symbol(&event.kind)).collect::<Vec<_>>().join(" ")
}

/// Returns when the history is this, in `notation`.
pub(crate) async fn suspended(engine: &Engine, id: ExecutionId, history: &str) {
    while notation(engine, id).await != history {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// `notation`, with the operations' names.
pub(crate) async fn names(engine: &Engine, id: ExecutionId) -> Vec<String> {
    let history = engine.history(id).await.unwrap();
    let named = |event: &durable::Event| {
        let name = event.operation.as_ref()?.name.as_ref()?;
        Some(format!("{} {name}", symbol(&event.kind)))
    };
    history.iter().filter_map(named).collect()
}

fn symbol(kind: &EventKind) -> String {
    let (letter, mark) = match kind {
        EventKind::ExecutionStarted { .. } => ('X', "0"),
        EventKind::ExecutionSucceeded { .. } => ('X', "+"),
        EventKind::ExecutionFailed { .. } => ('X', "-"),
        EventKind::ExecutionStopped { .. } => ('X', "!"),
        EventKind::ContextStarted => ('C', "0"),
        EventKind::ContextSucceeded { .. } => ('C', "+"),
        EventKind::ContextFailed { .. } => ('C', "-"),
        EventKind::WaitStarted { .. } => ('W', "0"),
        EventKind::WaitSucceeded { .. } => ('W', "+"),
        EventKind::WaitCancelled { .. } => ('W', "c"),
        EventKind::StepStarted => ('S', "0"),
        EventKind::StepSucceeded { next_delay_seconds: Some(delay), .. } => return format!("S+~{delay}"),
        EventKind::StepSucceeded { attempt: 1, .. } => ('S', "+"),
        EventKind::StepSucceeded { attempt, .. } => return format!("S+#{attempt}"),
        EventKind::StepFailed { attempt, next_delay_seconds: Some(delay), .. } => {
            return format!("S-~{delay}#{attempt}");
        }
        EventKind::StepFailed { attempt, .. } => return format!("S-#{attempt}"),
        EventKind::CallbackStarted { .. } => ('K', "0"),
        EventKind::CallbackSucceeded { .. } => ('K', "+"),
        EventKind::CallbackFailed { .. } => ('K', "-"),
        EventKind::CallbackTimedOut { .. } => ('K', "t"),
        EventKind::ExecutionTimedOut { .. } => ('X', "t"),
        EventKind::ChainedInvokeStarted { .. } => ('I', "0"),
        EventKind::ChainedInvokeSucceeded { .. } => ('I', "+"),
        EventKind::ChainedInvokeFailed { .. } => ('I', "-"),
        EventKind::ChainedInvokeStopped { .. } => ('I', "!"),
        EventKind::ChainedInvokeTimedOut { .. } => ('I', "t"),
        EventKind::InvocationCompleted { error: None, .. } => return ".".into(),
        EventKind::InvocationCompleted { .. } => return ".!".into(),
        other => panic!("no symbol for {other:?}"),
    };
    format!("{letter}{mark}")
}
