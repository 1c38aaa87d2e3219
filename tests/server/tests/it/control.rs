//! Stopping, pausing, resuming and deleting.

use crate::bench::Bench;

#[tokio::test]
async fn an_execution_is_stopped_with_a_reason() {
    let bench = Bench::new().await;
    let execution = bench.started("naps", "").await;
    let body = r#"{"ErrorType":"Enough","ErrorMessage":"it has slept enough"}"#;
    let stopped = bench.post(&format!("{execution}/stop"), body).await;
    assert!(stopped.json()["StopTimestamp"].as_f64().unwrap() > 1.7e9);
    let described = bench.get(&execution).await.json();
    assert_eq!(
        (described["Status"].as_str(), described["Error"]["ErrorType"].as_str()),
        (Some("STOPPED"), Some("Enough"))
    );
    // Once more changes nothing.
    let again = bench.post(&format!("{execution}/stop"), "").await;
    assert_eq!(again.json()["StopTimestamp"], described["EndTimestamp"]);
    bench.post(&format!("{execution}/stop"), "[").await.is_error(400, "InvalidRequestContentException");
    // An array is no error, and stops nothing.
    let other = bench.started("naps", "").await;
    for array in ["[]", r#" ["Enough"]"#] {
        bench.post(&format!("{other}/stop"), array).await.is_error(400, "InvalidRequestContentException");
    }
    assert_eq!(bench.get(&other).await.json()["Status"], "RUNNING");
}

#[tokio::test]
async fn only_what_has_ended_is_deleted() {
    let bench = Bench::new().await;
    let execution = bench.started("naps", "").await;
    bench.delete(&execution).await.is_error(409, "ResourceConflictException");
    bench.post(&format!("{execution}/stop"), "").await;
    let deleted = bench.delete(&execution).await;
    assert_eq!(deleted.status, 202);
    assert!(deleted.json()["DeletionRequestTimestamp"].is_f64());
    bench.get(&execution).await.is_error(404, "ResourceNotFoundException");
    bench.delete(&execution).await.is_error(404, "ResourceNotFoundException");
}

#[tokio::test]
async fn an_execution_is_paused_and_resumed() {
    let bench = Bench::new().await;
    let execution = bench.started("naps", "").await;
    bench.history(&execution, "InvocationCompleted").await;
    let (pause, resume) = (format!("{execution}/pause"), format!("{execution}/resume"));
    bench.post(&resume, "").await.is_error(409, "ResourceConflictException");
    let body = r#"{"ClientToken":"once","Reason":"lunch","ExecutionTimeoutPaused":false}"#;
    assert_eq!(bench.post(&pause, body).await.status, 202);
    // The same call once more is the same call; another one is not.
    assert_eq!(bench.post(&pause, body).await.status, 202);
    bench.post(&pause, r#"{"ClientToken":"once"}"#).await.is_error(400, "InvalidParameterValueException");
    bench.post(&pause, "").await.is_error(409, "ResourceConflictException");
    let described = bench.get(&execution).await.json();
    assert_eq!(described["Status"], "PAUSED");
    assert_eq!(described["PauseDetails"]["Reason"], "lunch");
    assert_eq!(described["PauseDetails"]["ExecutionTimeoutPaused"], false);
    assert_eq!(bench.post(&resume, r#"{"Reason":"back"}"#).await.status, 202);
    let events = bench.history(&execution, "ExecutionResumed").await;
    let paused = events.iter().find(|event| event["EventType"] == "ExecutionPaused").unwrap();
    assert!(paused["ExecutionPausedDetails"]["PauseRequestTimestamp"].is_f64());
    assert_eq!(events.last().unwrap()["ExecutionResumedDetails"]["Reason"]["Payload"], "back");
    let long = format!(r#"{{"Reason":"{}"}}"#, "r".repeat(1025));
    bench.post(&pause, long).await.is_error(400, "InvalidParameterValueException");
}
