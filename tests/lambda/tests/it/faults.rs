//! A line to the service that loses, delays and repeats calls, and a service that is out of order.

use std::collections::BTreeSet;
use std::time::Duration;

use durable::{Event, EventKind};
use durable_conformance::Row;
use durable_lambda_tests::faults::{Fault, Faults};
use durable_lambda_tests::service;
use durable_server::FunctionProcess;

use crate::limits::outcome_at;
use crate::rows::{assert_none, carry_out, carry_out_with, check_but_for_invocations, suite};

/// How many of a hundred calls have a fault.
const PERCENT: f64 = 30.0;

/// The row that counts how often its step runs: twice, if the record of the first time is lost.
const COUNTED: &str = "3-9";

fn is_disturbed(event: &Event) -> bool {
    matches!(event.kind, EventKind::InvocationCompleted { error: Some(_), .. })
}

fn rows(suite_name: &str) -> Vec<&'static Row> {
    suite(suite_name).rows.iter().filter(|row| !row.crashes && row.driver.is_empty()).collect()
}

/// A call that fails is not made again, so the invocation fails, and the next goes on from what is recorded.
#[tokio::test]
async fn where_a_call_fails_the_next_invocation_goes_on() {
    let (folder, address) = (tempfile::tempdir().unwrap(), service::free_port().unwrap());
    let line = Faults::new(address, 5, PERCENT).listen().await.unwrap();
    let impatient = |function: FunctionProcess| {
        function.variable("AWS_MAX_ATTEMPTS", "1").backoff(Duration::from_millis(10), Duration::from_millis(100))
    };
    let rows = ["child", "parallel", "map"].into_iter().flat_map(rows);
    let rows: Vec<&Row> = rows.filter(|row| row.id != COUNTED).collect();
    let histories = carry_out_with(rows.clone(), folder.path(), address, line, impatient).await;
    let ended = histories.values().flatten().filter(|event| is_disturbed(event)).count();
    println!("{ended} invocations were ended by faults");
    assert!(ended > 10, "{ended} invocations were ended by faults");
    let hold = rows.iter().map(|row| check_but_for_invocations(row, &histories[row.id]));
    let mismatches: Vec<_> = hold.filter_map(Result::err).collect();
    assert_none(&mismatches);
}

/// Histories are the same as without faults. So every update was recorded once, however often it was sent, and nothing ran
/// again that was recorded.
#[tokio::test]
async fn whatever_happens_to_calls_histories_are_the_same() {
    let mut seen = BTreeSet::new();
    for (seed, name) in (1..).zip(["step", "child", "parallel", "map"]) {
        let (folder, address) = (tempfile::tempdir().unwrap(), service::free_port().unwrap());
        let faults = Faults::new(address, seed, PERCENT);
        let line = faults.listen().await.unwrap();
        let rows = rows(name);
        let histories = carry_out(rows.clone(), folder.path(), address, line).await;
        let hold = rows.iter().map(|row| check_but_for_invocations(row, &histories[row.id]));
        let mismatches: Vec<_> = hold.filter_map(Result::err).collect();
        println!("{name}: {} calls, {} faults", faults.calls(), faults.seen().len());
        assert_none(&mismatches);
        seen.extend(faults.seen());
    }
    let all = BTreeSet::from([
        Fault::Lost,
        Fault::AnswerLost,
        Fault::Late,
        Fault::Twice,
        Fault::Unavailable,
        Fault::Throttled,
        Fault::DoneAndUnavailable,
    ]);
    assert_eq!(seen, all);
}

/// Runs a function whose calls go through a line without faults, and shows the line.
async fn watched(function: &str, count: u32) -> Faults {
    let address = service::free_port().unwrap();
    let line = Faults::new(address, 1, 0.0);
    let watched = line.listen().await.unwrap();
    let records_there =
        |process: FunctionProcess| process.variable("AWS_ENDPOINT_URL_LAMBDA", format!("http://{watched}"));
    outcome_at(address, function, &count.to_string(), records_there).await.0.unwrap();
    line
}

/// A step's start travels with its end, so a quick step is one call; and the end of the function is its answer.
#[tokio::test]
async fn a_quick_step_is_one_call() {
    let count = 40;
    let calls = watched("quick_steps", count).await.calls();
    assert!(calls <= u64::from(count), "{calls} calls for {count} steps");
}

#[tokio::test]
async fn one_call_is_under_way_however_much_happens_at_once() {
    let line = watched("wide", 400).await;
    assert!(line.calls() > 1);
    assert_eq!(line.at_once(), 1);
}
