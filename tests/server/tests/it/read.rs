//! Reading executions: one, its history, and lists.

use crate::bench::{Bench, path_of};

#[tokio::test]
async fn an_execution_is_described() {
    let bench = Bench::new().await;
    let arn = bench.invoke("double", "RequestResponse", Some("first"), "21").await.arn.unwrap();
    let execution = bench.get(&path_of(&arn)).await.json();
    assert_eq!(execution["DurableExecutionArn"], arn);
    assert_eq!(execution["DurableExecutionName"], "first");
    assert_eq!(execution["FunctionArn"], "arn:aws:lambda:us-west-2:123456789012:function:double:$LATEST");
    assert_eq!((execution["InputPayload"].as_str(), execution["Result"].as_str()), (Some("21"), Some("42")));
    assert_eq!((execution["Status"].as_str(), execution["Version"].as_str()), (Some("SUCCEEDED"), Some("$LATEST")));
    // Seconds, with a fraction.
    let (start, end) = (execution["StartTimestamp"].as_f64().unwrap(), execution["EndTimestamp"].as_f64().unwrap());
    assert!((1.7e9..1e11).contains(&start) && end >= start, "{start} {end}");
    let bare = bench.get(&format!("{}?IncludeExecutionData=false", path_of(&arn))).await.json();
    assert_eq!((bare.get("InputPayload"), bare.get("Result")), (None, None));
    assert_eq!(bare["ExecutionDataIncluded"], false);
    // An ARN that was not encoded at all is understood as well.
    let plain = format!("/2025-12-01/durable-executions/{arn}");
    assert_eq!(bench.get(&plain).await.json(), execution);
}

#[tokio::test]
async fn a_failed_execution_shows_its_error() {
    let bench = Bench::new().await;
    let arn = bench.invoke("double", "RequestResponse", None, "4000000000").await.arn.unwrap();
    let execution = bench.get(&path_of(&arn)).await.json();
    assert_eq!((execution["Status"].as_str(), execution.get("Result")), (Some("FAILED"), None));
    assert!(execution["Error"]["ErrorMessage"].as_str().unwrap().contains("too large"));
}

#[tokio::test]
async fn arns_have_to_be_right_in_all_their_parts() {
    let bench = Bench::new().await;
    let arn = bench.invoke("double", "Event", Some("first"), "21").await.arn.unwrap();
    let id = arn.rsplit_once('/').unwrap().1;
    for wrong in [
        arn.replace("double", "approval"),
        arn.replace("first", "second"),
        arn.replace("us-west-2", "eu-west-1"),
        arn.replace("$LATEST", "1"),
        arn.replace(id, "01234567-89ab-7def-8123-456789abcdef"),
    ] {
        for verb in ["", "/history"] {
            bench.get(&format!("{}{verb}", path_of(&wrong))).await.is_error(404, "ResourceNotFoundException");
        }
        bench.post(&format!("{}/stop", path_of(&wrong)), "").await.is_error(404, "ResourceNotFoundException");
    }
    for nonsense in [id, "arn", "arn:aws:lambda:r:1:function:f:1/durable-execution/a"] {
        bench.get(&path_of(nonsense)).await.is_error(400, "InvalidParameterValueException");
    }
    bench.get(&format!("{}/nothing", path_of(&arn))).await.is_error(400, "InvalidParameterValueException");
    bench.delete(&format!("{}/stop", path_of(&arn))).await.is_error(404, "UnknownOperationException");
}

#[tokio::test]
async fn a_history_is_read_forwards_backwards_and_in_pages() {
    let bench = Bench::new().await;
    let execution = path_of(&bench.invoke("calls", "RequestResponse", None, "21").await.arn.unwrap());
    let events = bench.history(&execution, "ExecutionSucceeded").await;
    let types: Vec<_> = events.iter().map(|event| event["EventType"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "ExecutionStarted",
            "ChainedInvokeStarted",
            "InvocationCompleted",
            "ChainedInvokeSucceeded",
            "InvocationCompleted",
            "ExecutionSucceeded"
        ]
    );
    let invoked = &events[1]["ChainedInvokeStartedDetails"];
    assert_eq!(invoked["Input"]["Payload"], "21");
    // The ARN of the other execution leads to it.
    let child = bench.get(&path_of(invoked["DurableExecutionArn"].as_str().unwrap())).await.json();
    assert_eq!(child["Result"], "42");

    let bare = bench.get(&format!("{execution}/history?IncludeExecutionData=false")).await.json();
    let started = &bare["Events"][0]["ExecutionStartedDetails"]["Input"];
    assert_eq!((started.get("Payload"), started["Truncated"].as_bool()), (None, Some(true)));

    for (reverse, expected) in [("false", vec![1, 2, 3, 4, 5, 6]), ("true", vec![6, 5, 4, 3, 2, 1])] {
        let (mut ids, mut marker) = (Vec::new(), String::new());
        loop {
            let path = format!("{execution}/history?MaxItems=4&ReverseOrder={reverse}&Marker={marker}");
            let page = bench.get(&path).await.json();
            ids.extend(page["Events"].as_array().unwrap().iter().map(|event| event["EventId"].as_i64().unwrap()));
            match page["NextMarker"].as_str() {
                Some(next) => marker = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(ids, expected);
    }
    for wrong in ["MaxItems=1001", "MaxItems=x", "ReverseOrder=perhaps", "Marker=AAAA", "IncludeExecutionData=1"] {
        let answer = bench.get(&format!("{execution}/history?{wrong}")).await;
        answer.is_error(400, "InvalidParameterValueException");
    }
}

#[tokio::test]
async fn executions_of_a_function_are_listed() {
    let bench = Bench::new().await;
    for (name, payload) in [("a", "1"), ("b", "4000000000"), ("c", "3")] {
        bench.invoke("double", "RequestResponse", Some(name), payload).await;
    }
    bench.invoke("naps", "Event", Some("d"), "").await;
    let list = async |function: &str, query: &str| {
        let path = format!("/2025-12-01/functions/{function}/durable-executions?{query}");
        bench.get(&path).await
    };
    let names = async |query: &str| {
        let listed = list("double", query).await.json();
        let names = listed["DurableExecutions"].as_array().unwrap().iter();
        names.map(|execution| execution["DurableExecutionName"].as_str().unwrap().to_owned()).collect::<String>()
    };
    assert_eq!(names("").await, "cba");
    assert_eq!(names("ReverseOrder=true").await, "abc");
    assert_eq!(names("Statuses=FAILED").await, "b");
    assert_eq!(names("Statuses=FAILED&Statuses=SUCCEEDED").await, "cba");
    // Nothing is ever being deleted, as that is done at once.
    assert_eq!(names("Statuses=DELETING").await, "");
    assert_eq!(names("Statuses=DELETING&Statuses=FAILED").await, "b");
    assert_eq!(names("DurableExecutionName=a").await, "a");
    assert_eq!(names("StartedAfter=2020-01-01T00%3A00%3A00Z&StartedBefore=4000000000").await, "cba");
    assert_eq!(names("StartedAfter=4000000000").await, "");
    assert_eq!(names("Qualifier=%24LATEST").await, "cba");
    let page = list("double", "MaxItems=2").await.json();
    assert_eq!(names(&format!("MaxItems=2&Marker={}", page["NextMarker"].as_str().unwrap())).await, "a");
    assert!(page["DurableExecutions"][0]["StartTimestamp"].is_f64());
    list("nobody", "").await.is_error(404, "ResourceNotFoundException");
    for wrong in ["Statuses=ASLEEP", "StartedAfter=then", "MaxItems=5000", "Marker=x"] {
        list("double", wrong).await.is_error(400, "InvalidParameterValueException");
    }
}

mod grown {
    use durable::prelude::*;

    pub(super) mod first {
        use super::*;

        #[durable(version = "1")]
        pub(crate) async fn grows() {}
    }

    pub(super) mod second {
        use super::*;

        #[durable(version = "two")]
        pub(crate) async fn grows() {}
    }
}

#[tokio::test]
async fn latest_are_those_that_are_shown_as_latest() {
    let engine = durable::Engine::in_memory().register(grown::first::grows).register(grown::second::grows);
    let engine = engine.start().await.unwrap();
    // Each version shows `$LATEST` but the one that AWS could have numbered.
    for (name, version) in [("a", "two"), ("b", "1"), ("c", "two"), ("d", "1"), ("e", "two")] {
        engine.start_json("grows", "").version(version).name(name).await.unwrap().output().await.unwrap();
    }
    let bench = Bench::on(engine).await;
    let list = async |query: &str| {
        let page = bench.get(&format!("/2025-12-01/functions/grows{query}")).await.json();
        let names = page["DurableExecutions"].as_array().unwrap_or_else(|| panic!("{page}")).iter();
        let names = names.map(|execution| execution["DurableExecutionName"].as_str().unwrap().to_owned());
        (names.collect::<String>(), page["NextMarker"].as_str().map(str::to_owned))
    };
    assert_eq!(list("/durable-executions").await.0, "edcba");
    assert_eq!(list("/durable-executions?Qualifier=1").await.0, "db");
    assert_eq!(list("/durable-executions?Qualifier=%24LATEST").await.0, "eca");
    assert_eq!(list("%3A%24LATEST/durable-executions?ReverseOrder=true").await.0, "ace");
    let (first, marker) = list("/durable-executions?Qualifier=%24LATEST&MaxItems=2").await;
    let rest = format!("/durable-executions?Qualifier=%24LATEST&MaxItems=2&Marker={}", marker.unwrap());
    assert_eq!((first.as_str(), list(&rest).await), ("ec", ("a".to_owned(), None)));
}

#[tokio::test]
async fn paths_that_are_no_text_are_refused_as_everything_else_is() {
    let bench = Bench::new().await;
    for path in [
        "/2025-12-01/durable-executions/%ff",
        "/2025-12-01/functions/%ff/durable-executions",
        "/durable/v1/functions/%ff/plan",
    ] {
        bench.get(path).await.is_error(400, "InvalidParameterValueException");
    }
    for path in ["/2015-03-31/functions/%ff/invocations", "/durable/v1/executions/%ff/unpark"] {
        bench.post(path, "").await.is_error(400, "InvalidParameterValueException");
    }
}
