//! `stop`, `pause`, `resume` and `delete`.

use std::process::Command;

use crate::bench::{Bench, clean, example};

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
fn what_can_be_said_more_is_on_record() {
    let bench = Bench::new();
    bench.works(&["start", "nap:2", "3600", "--name", "nap-1", "--timeout", "1h30m"]);
    let started = bench.works(&["get", "nap-1"]).json();
    assert_eq!(
        (started["Version"].as_str(), started["DurableConfig"]["ExecutionTimeout"].as_u64()),
        (Some("2"), Some(5_400))
    );
    bench.run(&["start", "nap:3", "3600"]).fails(3, "there is no function `nap`");
    bench.works(&["pause", "nap-1", "--keep-timeout"]);
    assert_eq!(bench.works(&["get", "nap-1"]).json()["PauseDetails"]["ExecutionTimeoutPaused"], false);
    bench.works(&["resume", "nap-1"]);
    bench.works(&["pause", "nap-1"]);
    assert_eq!(bench.works(&["get", "nap-1"]).json()["PauseDetails"]["ExecutionTimeoutPaused"], true);
    bench.works(&["stop", "nap-1", "--error-data", "{\"by\":\"Ann\"}", "--stack-trace", "at the door"]);
    let error = bench.works(&["get", "nap-1"]).json()["Error"].clone();
    assert_eq!(
        (error["ErrorData"].as_str(), error["StackTrace"][0].as_str()),
        (Some("{\"by\":\"Ann\"}"), Some("at the door"))
    );
}

#[test]
fn a_parked_execution_is_found_not_waited_for_and_goes_on_when_it_is_told_to() {
    let directory = tempfile::tempdir().unwrap();
    let broken = directory.path().join("broken");
    std::fs::write(&broken, "").unwrap();
    let mut command = clean(Command::new(example("parking")));
    command.env("PARKING", directory.path());
    let bench = Bench::serving_with(command, &[], directory);
    bench.run(&["start", "fragile", "--name", "f-1", "--wait"]).fails(5, "the execution is parked: ");
    bench.run(&["history", "f-1", "--follow"]).fails(5, "then `durable resume ");
    let parked = bench.works(&["ls", "--parked"]).json();
    assert_eq!((parked.as_array().unwrap().len(), parked[0]["name"].as_str()), (1, Some("f-1")));
    assert!(bench.works(&["ls", "--parked", "--format", "table"]).out.contains("parked: "));
    assert!(
        bench.works(&["get", "f-1", "--format", "table"]).out.contains("run code that fits, then: durable resume ")
    );
    std::fs::remove_file(&broken).unwrap();
    bench.works(&["resume", "f-1"]);
    bench.works(&["history", "f-1", "--follow"]);
    assert_eq!(bench.works(&["get", "f-1"]).json()["Result"], "7");
    assert!(bench.works(&["ls", "--parked"]).json().as_array().unwrap().is_empty());
}

#[test]
fn what_comes_from_outside_tells_the_terminal_nothing() {
    let bench = Bench::new();
    bench.works(&["start", "nap", "3600", "--name", "nap-1"]);
    let evil = "\u{1b}]0;mine\u{7}\u{1b}[2J";
    bench.works(&["stop", "nap-1", "--error-message", evil, "--error-type", evil, "--stack-trace", evil]);
    for words in [&["get", "nap-1"][..], &["history", "nap-1"], &["ls"], &["trace", "nap-1"]] {
        for format in ["table", "json"] {
            let shown = bench.works(&[words, &["--format", format]].concat()).out;
            assert!(!shown.contains(['\u{1b}', '\u{7}']), "{words:?} as {format}: {shown:?}");
        }
    }
    let shown = bench.works(&["get", "nap-1", "--format", "table"]).out;
    assert_eq!(shown.matches(r"\u001b]0;mine\u0007\u001b[2J").count(), 3, "{shown}");
    let refused = bench.run(&["get", evil]);
    assert_eq!((refused.code, refused.err.contains('\u{1b}')), (3, false), "{refused:?}");
}

#[test]
fn what_is_deleted_is_gone_and_its_name_free() {
    let bench = Bench::new();
    bench.works(&["start", "double", "1", "--name", "d-1", "--wait"]);
    bench.works(&["delete", "d-1"]);
    bench.run(&["get", "d-1"]).fails(3, "there is no execution `d-1`");
    assert_eq!(bench.works(&["start", "double", "2", "--name", "d-1", "--wait"]).json()["Result"], "4");
}
