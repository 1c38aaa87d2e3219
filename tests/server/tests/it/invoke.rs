//! Invoking functions.

use crate::bench::{Answer, Bench, path_of};
use reqwest::Method;

#[tokio::test]
async fn a_synchronous_call_gets_the_result_and_the_arn() {
    let bench = Bench::new().await;
    let answer = bench.invoke("double", "RequestResponse", Some("first"), "21").await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "42"));
    let arn = answer.arn.unwrap();
    let expected = "arn:aws:lambda:us-west-2:123456789012:function:double:$LATEST/durable-execution/first/";
    assert!(arn.starts_with(expected), "{arn}");
    assert_eq!(answer.headers["x-amz-executed-version"], "$LATEST");
    assert!(answer.headers.contains_key("x-amzn-requestid") && !answer.headers.contains_key("x-amz-function-error"));
    // The same name and payload are the same execution.
    let again = bench.invoke("double", "RequestResponse", Some("first"), "21").await;
    assert_eq!((again.arn, again.text.as_str()), (Some(arn), "42"));
    let other = bench.invoke("double", "RequestResponse", Some("first"), "22").await;
    other.is_error(409, "DurableExecutionAlreadyStartedException");
}

#[tokio::test]
async fn a_failure_is_an_answer_with_a_header() {
    let bench = Bench::new().await;
    let answer = bench.invoke("double", "RequestResponse", None, "4000000000").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["x-amz-function-error"], "Unhandled");
    assert!(answer.json()["errorMessage"].as_str().unwrap().contains("too large"), "{}", answer.text);
    assert!(answer.arn.is_some());
}

#[tokio::test]
async fn other_ways_to_invoke_and_to_name_a_function() {
    let bench = Bench::new().await;
    let event = bench.invoke("double", "Event", None, "1").await;
    assert_eq!((event.status.as_u16(), event.text.as_str()), (202, ""));
    assert!(event.arn.is_some());
    let dry = bench.invoke("double", "DryRun", None, "1").await;
    assert_eq!((dry.status.as_u16(), dry.arn), (204, None));
    for (function, version) in [
        ("double:%24LATEST", "$LATEST"),
        ("arn%3Aaws%3Alambda%3Aus-west-2%3A123456789012%3Afunction%3Adouble", "$LATEST"),
        ("calls:7?", "7"),
    ] {
        let path = format!("/2015-03-31/functions/{}/invocations", function.trim_end_matches('?'));
        let answer = bench.post(&path, "4").await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "8"), "{function}");
        assert_eq!(answer.headers["x-amz-executed-version"], version);
    }
}

#[tokio::test]
async fn calls_that_can_t_be_made_say_why() {
    let bench = Bench::new().await;
    bench.invoke("nobody", "Event", None, "1").await.is_error(404, "ResourceNotFoundException");
    bench.invoke("nobody", "DryRun", None, "1").await.is_error(404, "ResourceNotFoundException");
    bench.invoke("a%20b", "Event", None, "1").await.is_error(400, "InvalidParameterValueException");
    bench.invoke("double", "Later", None, "1").await.is_error(400, "InvalidParameterValueException");
    bench.invoke("double", "Event", Some("a b"), "1").await.is_error(400, "InvalidParameterValueException");
    bench.invoke("double", "Event", None, "{").await.is_error(400, "InvalidRequestContentException");
    bench.invoke("double", "Event", None, "\"text\"").await.is_error(400, "InvalidRequestContentException");
    let large = "1".repeat(1_100_000);
    bench.invoke("double", "Event", None, &large).await.is_error(413, "RequestTooLargeException");
    let path = "/2015-03-31/functions/double/invocations?Qualifier=9";
    bench.post(path, "1").await.is_error(404, "ResourceNotFoundException");
    let path = "/2015-03-31/functions/double/invocations";
    let tenant = bench.request(Method::POST, path).header("x-amz-tenant-id", "t".repeat(257)).body("1").send();
    Answer::of(tenant.await.unwrap()).await.is_error(400, "InvalidParameterValueException");
    bench.get(path).await.is_error(404, "UnknownOperationException");
    bench.get("/nothing").await.is_error(404, "UnknownOperationException");
}

#[tokio::test]
async fn a_call_that_waits_too_long_leaves_the_execution_running() {
    let bench = Bench::with(|server| server.longest_wait(std::time::Duration::from_millis(20))).await;
    let answer = bench.invoke("naps", "RequestResponse", None, "null").await;
    assert_eq!(answer.json()["errorType"], "Sandbox.Timedout");
    let execution = bench.get(&path_of(&answer.arn.unwrap())).await.json();
    assert_eq!(execution["Status"], "RUNNING");
}

#[tokio::test]
async fn the_sam_cli_can_start_and_ask_for_health() {
    let bench = Bench::new().await;
    assert_eq!(bench.get("/health").await.status, 200);
    let request = r#"{"AccountId":"123456789012","FunctionName":"double","FunctionQualifier":"$LATEST",
        "ExecutionName":"from-sam","ExecutionTimeoutSeconds":300,"Input":"4"}"#;
    let answer = bench.post("/start-durable-execution", request).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let execution = path_of(answer.json()["ExecutionArn"].as_str().unwrap());
    let events = bench.history(&execution, "ExecutionSucceeded").await;
    assert_eq!(events[0]["ExecutionStartedDetails"]["ExecutionTimeout"], 300);
    bench.post("/start-durable-execution", "{}").await.is_error(400, "InvalidRequestContentException");
}
