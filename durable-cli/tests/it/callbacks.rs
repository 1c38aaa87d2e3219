//! `callback`, in our words and in the SAM CLI's.

use crate::bench::Bench;

/// The end of an execution.
fn end(bench: &Bench, name: &str) -> String {
    bench.run(&["history", name, "--follow"]);
    let ended = bench.works(&["get", name]).json();
    ended["Result"].as_str().or(ended["Error"]["ErrorMessage"].as_str()).unwrap().to_owned()
}

#[test]
fn callbacks_are_listed_and_completed_by_id() {
    let bench = Bench::new();
    let arn = bench.order("order-1");
    let open = bench.works(&["callback", "ls", "--function", "place_order"]).json();
    assert_eq!((open[0]["execution"].as_str(), open[0]["name"].as_str()), (Some(&*arn), Some("signature")));
    let id = open[0]["callback_id"].as_str().unwrap();
    assert!(bench.works(&["callback", "ls", "--format", "table"]).out.contains(id));
    bench.works(&["callback", "heartbeat", id]);
    bench.run(&["callback", "succeed", id, "Ann"]).fails(2, "'\"Ann\"'");
    bench.works(&["callback", "succeed", id, "\"Ann\""]);
    assert_eq!(end(&bench, "order-1"), "\"receipt for tea, signed by Ann\"");
    bench.run(&["callback", "succeed", id, "\"Bob\""]).fails(5, "the callback is closed");
    assert_eq!(bench.works(&["callback", "ls", "--format", "table"]).out, "no callbacks are open\n");
}

#[test]
fn callbacks_are_completed_by_their_execution() {
    let bench = Bench::new();
    bench.order("order-1");
    bench.works(&["callback", "heartbeat", "order-1"]);
    bench.run(&["callback", "succeed", "order-1", "1", "--name", "payment"]).fails(3, "no such callback open");
    bench.works(&["callback", "succeed", "order-1", "\"Ann\"", "--name", "signature"]);
    assert_eq!(end(&bench, "order-1"), "\"receipt for tea, signed by Ann\"");
    bench.order("order-2");
    bench.works(&["callback", "fail", "order-2", "--error-message", "nobody at home", "--error-type", "Absent"]);
    assert!(end(&bench, "order-2").contains("nobody at home"));
}

#[test]
fn the_function_says_whose_callback_is_meant() {
    let bench = Bench::new();
    bench.order("order-1");
    bench.works(&["start", "nap", "3600", "--name", "order-1"]);
    bench.run(&["callback", "succeed", "order-1", "\"Ann\""]).fails(2, "help: say `--function`");
    bench.run(&["callback", "heartbeat", "order-1", "--function", "nap"]).fails(3, "no such callback open");
    bench.works(&["local", "callback", "heartbeat", "order-1", "--function", "place_order"]);
    bench.works(&["callback", "succeed", "order-1", "\"Ann\"", "--function", "place_order"]);
    bench.works(&["history", "order-1", "--function", "place_order", "--follow"]);
}

#[test]
fn what_is_sent_raw_arrives_as_it_is() {
    let bench = Bench::new();
    bench.order("order-1");
    bench.works(&["callback", "succeed", "order-1", "Ann, by hand", "--raw"]);
    let page = bench.works(&["history", "order-1"]).json();
    let mut events = page["Events"].as_array().unwrap().iter();
    let answered = events.find(|event| event["EventType"] == "CallbackSucceeded").unwrap();
    assert_eq!(answered["CallbackSucceededDetails"]["Result"]["Payload"], "Ann, by hand");
}

#[test]
fn the_sam_cli_s_words_do_the_same() {
    let bench = Bench::new();
    bench.order("order-1");
    let id = bench.works(&["callback", "ls"]).json()[0]["callback_id"].as_str().unwrap().to_owned();
    bench.works(&["local", "callback", "heartbeat", &id]);
    bench.works(&["local", "callback", "succeed", &id, "-r", "\"Ann\""]);
    end(&bench, "order-1");
    let page = bench.works(&["local", "execution", "history", "order-1", "--format", "json"]).json();
    assert_eq!(page["Events"][0]["EventType"], "ExecutionStarted");
    assert!(
        bench
            .works(&["local", "execution", "history", "order-1", "--format", "table"])
            .out
            .contains("CallbackSucceeded")
    );
    assert!(bench.works(&["local", "execution", "get", "order-1", "--format", "summary"]).out.contains("✓ SUCCEEDED"));
    bench.order("order-2");
    let id = bench.works(&["callback", "ls"]).json()[0]["callback_id"].as_str().unwrap().to_owned();
    bench.works(&[
        "local",
        "callback",
        "fail",
        &id,
        "--error-message",
        "nobody at home",
        "--stack-trace",
        "at the door",
    ]);
    assert!(end(&bench, "order-2").contains("nobody at home"));
    bench.works(&["start", "nap", "3600", "--name", "nap-1"]);
    bench.works(&["local", "execution", "stop", "nap-1", "--error-type", "Changed", "--error-message", "her mind"]);
    let stopped = bench.works(&["get", "nap-1"]).json();
    assert_eq!(
        (stopped["Status"].as_str(), stopped["Error"]["ErrorType"].as_str()),
        (Some("STOPPED"), Some("Changed"))
    );
    let directory = tempfile::tempdir().unwrap();
    let event = directory.path().join("event.json");
    std::fs::write(&event, "21").unwrap();
    let event = event.to_str().unwrap();
    let invoked = bench.works(&["local", "invoke", "double", "-e", event, "--durable-execution-name", "d-1"]).json();
    assert_eq!((invoked["Result"].as_str(), invoked["DurableExecutionName"].as_str()), (Some("42"), Some("d-1")));
}
