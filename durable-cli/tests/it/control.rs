//! `stop`, `pause`, `resume` and `delete`.

use crate::bench::Bench;

fn status(bench: &Bench, name: &str) -> String {
    bench.works(&["get", name]).json()["Status"].as_str().unwrap().to_owned()
}

#[test]
fn an_execution_is_paused_resumed_and_stopped() {
    let bench = Bench::new();
    bench.order("order-1");
    bench.works(&["pause", "order-1", "--reason", "closed"]);
    assert_eq!(status(&bench, "order-1"), "PAUSED");
    let shown = bench.works(&["get", "order-1", "--format", "table"]).out;
    assert!(shown.contains("‖ PAUSED") && shown.contains(": closed"), "{shown}");
    bench.works(&["resume", "order-1", "--reason", "open"]);
    assert_eq!(status(&bench, "order-1"), "RUNNING");
    bench.run(&["resume", "order-1"]).fails(5, "paused");
    bench.run(&["delete", "order-1"]).fails(5, "has not ended");
    let stopped = bench.works(&["stop", "order-1", "--error-message", "enough", "--format", "table"]).out;
    assert!(stopped.starts_with("stopped: place_order order-1 ("), "{stopped}");
    assert_eq!(status(&bench, "order-1"), "STOPPED");
    bench.run(&["stop", "order-1"]).fails(5, "has ended before: STOPPED");
    bench.run(&["pause", "order-1"]).fails(5, "");
}

#[test]
fn what_is_deleted_is_gone_and_its_name_free() {
    let bench = Bench::new();
    bench.works(&["start", "double", "1", "--name", "d-1", "--wait"]);
    bench.works(&["delete", "d-1"]);
    bench.run(&["get", "d-1"]).fails(3, "there is no execution `d-1`");
    assert_eq!(bench.works(&["start", "double", "2", "--name", "d-1", "--wait"]).json()["Result"], "4");
}
