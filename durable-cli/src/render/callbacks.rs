//! Callbacks that are open.

use std::time::Duration;

use durable_core::model::Timestamp;
use durable_server::body::Callback;

use super::executions::time;
use super::span::span;

/// Callbacks that are open. The ids stand on lines of their own, as they are to be copied.
pub(crate) fn callbacks(callbacks: &[Callback], now: Timestamp, _width: u16) -> String {
    if callbacks.is_empty() {
        return "no callbacks are open\n".to_owned();
    }
    callbacks.iter().map(|callback| one(callback, now)).collect()
}

fn one(callback: &Callback, now: Timestamp) -> String {
    let Callback {
        callback_id,
        name,
        execution: _,
        execution_name,
        function,
        opened,
        timeout_seconds,
        heartbeat_seconds,
    } = callback;
    let open = time(opened).map(|opened| format!("  open for {}", span(now.since(opened)))).unwrap_or_default();
    let seconds = |seconds: &u32| span(Duration::from_secs((*seconds).into()));
    let timeout = timeout_seconds.as_ref().map(|limit| format!(", at most {}", seconds(limit))).unwrap_or_default();
    let beat =
        heartbeat_seconds.as_ref().map(|beat| format!(", heartbeat every {}", seconds(beat))).unwrap_or_default();
    let name = name.as_deref().unwrap_or("-");
    let id = callback_id.as_ref().map(|id| format!("  {id}\n")).unwrap_or_default();
    format!("{function} {execution_name} {name}{open}{timeout}{beat}\n{id}")
}
