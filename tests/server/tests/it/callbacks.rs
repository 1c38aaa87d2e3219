//! Completing callbacks.

use crate::bench::Bench;

async fn opened(bench: &Bench) -> (String, String) {
    let execution = bench.started("approval", "").await;
    let events = bench.history(&execution, "CallbackStarted").await;
    let opened = events.iter().find(|event| event["EventType"] == "CallbackStarted").unwrap();
    let id = opened["CallbackStartedDetails"]["CallbackId"].as_str().unwrap();
    (execution, format!("/2025-12-01/durable-execution-callbacks/{id}"))
}

#[tokio::test]
async fn bytes_arrive_as_they_were_sent() {
    let bench = Bench::new().await;
    let (execution, callback) = opened(&bench).await;
    let heartbeat = bench.post(&format!("{callback}/heartbeat"), "").await;
    assert_eq!((heartbeat.status.as_u16(), heartbeat.text.as_str()), (200, "{}"));
    assert_eq!(bench.post(&format!("{callback}/succeed"), "  \"yes\" ").await.status, 200);
    let events = bench.history(&execution, "ExecutionSucceeded").await;
    let succeeded = events.iter().find(|event| event["EventType"] == "CallbackSucceeded").unwrap();
    assert_eq!(succeeded["CallbackSucceededDetails"]["Result"]["Payload"], "  \"yes\" ");
    for verb in ["succeed", "fail", "heartbeat"] {
        bench.post(&format!("{callback}/{verb}"), "").await.is_error(400, "CallbackTimeoutException");
    }
}

#[tokio::test]
async fn a_failure_has_its_error() {
    let bench = Bench::new().await;
    let (execution, callback) = opened(&bench).await;
    bench.post(&format!("{callback}/fail"), "[").await.is_error(400, "InvalidRequestContentException");
    let body = r#"{"ErrorType":"Denied","ErrorMessage":"no","ErrorData":"d","StackTrace":["a"]}"#;
    assert_eq!(bench.post(&format!("{callback}/fail"), body).await.status, 200);
    let events = bench.history(&execution, "ExecutionFailed").await;
    let failed = events.iter().find(|event| event["EventType"] == "CallbackFailed").unwrap();
    let error = &failed["CallbackFailedDetails"]["Error"]["Payload"];
    assert_eq!((error["ErrorType"].as_str(), error["StackTrace"][0].as_str()), (Some("Denied"), Some("a")));
}

#[tokio::test]
async fn results_have_limits() {
    let bench = Bench::new().await;
    let (_, callback) = opened(&bench).await;
    let large = bench.post(&format!("{callback}/succeed"), vec![b'1'; 1_100_000]).await;
    large.is_error(413, "RequestTooLargeException");
    let binary = bench.post(&format!("{callback}/succeed"), vec![0xff]).await;
    binary.is_error(400, "InvalidParameterValueException");
}

#[tokio::test]
async fn sec_unknown_foreign_and_malformed_callbacks_look_the_same() {
    let (bench, other) = (Bench::new().await, Bench::new().await);
    let (_, foreign) = opened(&other).await;
    let unknown = format!("/2025-12-01/durable-execution-callbacks/{}", "0".repeat(64));
    let odd = "/2025-12-01/durable-execution-callbacks/%2e%2e%2fetc".to_owned();
    for verb in ["succeed", "fail", "heartbeat"] {
        let mut answers = Vec::new();
        for id in [&foreign, &unknown, &odd] {
            let answer = bench.post(&format!("{id}/{verb}"), "").await;
            answer.is_error(404, "ResourceNotFoundException");
            answers.push(answer.text);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    }
}
