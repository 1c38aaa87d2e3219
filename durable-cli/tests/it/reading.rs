//! `ls`, `get`, `history`, `trace` and `plan`.

use serde_json::Value;

use crate::bench::Bench;

fn names(bench: &Bench, words: &[&str]) -> String {
    let listed = bench.works(&[&["ls"], words].concat()).json();
    let names = listed.as_array().unwrap().iter().map(|execution| execution["name"].as_str().unwrap().to_owned());
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn executions_are_listed_by_any_condition() {
    let bench = Bench::new();
    bench.works(&["start", "double", "1", "--name", "d-1", "--wait"]);
    bench.works(&["start", "nap", "3600", "--name", "nap-1"]);
    bench.order("order-1");
    let store = bench.store();
    for (words, expected) in [
        (&[][..], "order-1 nap-1 d-1"),
        (&["--oldest-first"], "d-1 nap-1 order-1"),
        (&["--function", "nap"], "nap-1"),
        (&["--status", "running"], "order-1 nap-1"),
        (&["--status", "SUCCEEDED,failed"], "d-1"),
        (&["--name", "d-1"], "d-1"),
        (&["--name-prefix", "order-"], "order-1"),
        (&["--waiting-on", "callback"], "order-1"),
        (&["--older-than", "1h"], ""),
        (&["--newer-than", "1h", "--status", "succeeded"], "d-1"),
        (&["--parked"], ""),
        (&["--limit", "2"], "order-1 nap-1"),
        (&["--all"], "order-1 nap-1 d-1"),
    ] {
        assert_eq!(names(&bench, words), expected, "{words:?}");
        let file = [&["--store", store.to_str().unwrap()], words].concat();
        assert_eq!(names(&bench, &file), expected, "{words:?} from the file");
    }
    assert!(bench.works(&["ls", "--limit", "2"]).err.contains("there are more"));
    let table = bench.works(&["ls", "--format", "table"]).out;
    assert!(table.contains("✓ SUCCEEDED") && table.contains("● RUNNING"), "{table}");
}

#[test]
fn an_execution_is_called_by_name_short_id_or_arn() {
    let bench = Bench::new();
    let arn = bench.works(&["start", "double", "1", "--name", "d-1", "--wait"]).json()["DurableExecutionArn"].clone();
    let arn = arn.as_str().unwrap();
    let id = arn.rsplit_once('/').unwrap().1;
    let store = bench.store();
    for word in ["d-1", id, &id[28..], arn] {
        assert_eq!(bench.works(&["get", word]).json()["DurableExecutionArn"], arn, "{word}");
        let file = ["--store", store.to_str().unwrap(), "get", word];
        assert_eq!(bench.works(&file).json()["Result"], "2", "{word}");
    }
    bench.works(&["start", "nap", "3600", "--name", "d-1"]);
    bench.run(&["get", "d-1"]).fails(2, "`d-1` means several executions");
    assert_eq!(bench.works(&["get", "d-1", "--function", "double"]).json()["DurableExecutionArn"], arn);
    let shown = bench.works(&["get", id, "--format", "table"]).out;
    assert!(shown.contains("✓ SUCCEEDED") && shown.contains("result   2"), "{shown}");
}

#[test]
fn a_history_is_shown_and_followed_to_its_end() {
    let bench = Bench::new();
    bench.works(&["start", "double", "1", "--name", "d-1", "--wait"]);
    let types = |events: &[Value]| {
        events.iter().map(|event| event["EventType"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let expected = "ExecutionStarted StepStarted StepSucceeded InvocationCompleted ExecutionSucceeded";
    let page = bench.works(&["history", "d-1"]).json();
    assert_eq!(types(page["Events"].as_array().unwrap()), expected);
    let lines = bench.works(&["history", "d-1", "--follow"]).out;
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(types(&events), expected, "one event is one line");
    let table = bench.works(&["history", "d-1", "--format", "table"]).out;
    assert!(table.starts_with("began 20") && table.contains("StepSucceeded"), "{table}");
    bench.works(&["start", "nap", "1", "--name", "nap-1"]);
    let followed = bench.works(&["history", "nap-1", "-f", "--format", "table"]).out;
    assert!(followed.contains("WaitSucceeded") && followed.contains("ExecutionSucceeded"), "{followed}");
    bench.run(&["start", "double", "4000000000", "--name", "d-2", "--wait"]);
    assert_eq!(bench.run(&["history", "d-2", "--follow"]).code, 1);
}

#[test]
fn a_trace_says_where_the_time_goes() {
    let bench = Bench::new();
    bench.order("order-1");
    let spans = bench.works(&["trace", "order-1"]).json();
    let shown: Vec<_> = spans
        .as_array()
        .unwrap()
        .iter()
        .map(|span| (span["kind"].as_str().unwrap(), span["status"].as_str().unwrap()))
        .collect();
    assert_eq!(shown[0], ("Step", "SUCCEEDED"));
    assert!(shown.contains(&("Callback", "STARTED")), "{shown:?}");
    let text = bench.works(&["trace", "order-1", "--format", "table"]).out;
    assert!(text.contains('█') && text.contains('░') && text.contains("so far"), "{text}");
}

#[test]
fn plans_say_what_functions_perform() {
    let bench = Bench::new();
    let functions = bench.works(&["plan"]).json();
    assert_eq!(functions.as_array().unwrap().len(), 3);
    let plan = bench.works(&["plan", "place_order"]).json();
    assert_eq!(plan["plan"]["operations"][0]["name"], "charge");
    assert!(bench.works(&["plan", "place_order", "--graph", "mermaid"]).out.starts_with("flowchart"));
    assert!(bench.works(&["plan", "place_order", "--graph", "dot"]).out.starts_with("digraph"));
    let text = bench.works(&["plan", "place_order", "--format", "table"]).out;
    assert!(text.contains("step charge") && text.contains("at most 2 attempts"), "{text}");
    assert!(bench.works(&["plan", "--format", "table"]).out.contains("orders.rs"));
}
