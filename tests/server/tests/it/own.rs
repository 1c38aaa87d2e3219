//! What AWS has no call for.

use durable::Engine;
use durable_server::Server;
use serde_json::Value;

use crate::bench::Bench;

async fn names(bench: &Bench, query: &str) -> String {
    let listed = bench.get(&format!("/durable/v1/executions?{query}")).await.json();
    let executions = listed["executions"].as_array().unwrap_or_else(|| panic!("{listed}")).iter();
    executions.map(|execution| execution["name"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn executions_of_all_functions_are_listed_by_any_condition() {
    let bench = Bench::new().await;
    bench.invoke("double", "RequestResponse", Some("order-1"), "1").await;
    bench.invoke("double", "RequestResponse", Some("order-2"), "4000000000").await;
    bench.invoke("naps", "Event", Some("nap-1"), "").await;
    let path = crate::bench::path_of(&bench.invoke("approval", "Event", Some("ask-1"), "").await.arn.unwrap());
    bench.history(&path, "InvocationCompleted").await;
    while names(&bench, "waiting_on=timer").await.is_empty() {}
    for (query, expected) in [
        ("", "ask-1 nap-1 order-2 order-1"),
        ("oldest_first=true", "order-1 order-2 nap-1 ask-1"),
        ("function=double", "order-2 order-1"),
        ("status=failed,SUCCEEDED", "order-2 order-1"),
        ("status=RUNNING", "ask-1 nap-1"),
        ("name=nap-1", "nap-1"),
        ("name_prefix=order-", "order-2 order-1"),
        ("waiting_on=timer", "nap-1"),
        ("waiting_on=callback", "ask-1"),
        ("waiting_on=child", ""),
        ("older_than=3600", ""),
        ("older_than=0&name=nap-1", "nap-1"),
        ("started_after=2020-01-01T00:00:00Z&started_before=2999-01-01T00:00:00Z&name=ask-1", "ask-1"),
        ("parked=true", ""),
    ] {
        assert_eq!(names(&bench, query).await, expected, "{query}");
    }
    let page = bench.get("/durable/v1/executions?limit=3").await.json();
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(names(&bench, &format!("limit=3&cursor={cursor}")).await, "order-1");
    for wrong in ["status=asleep", "waiting_on=godot", "older_than=x", "limit=5000", "cursor=x", "parked=1"] {
        let answer = bench.get(&format!("/durable/v1/executions?{wrong}")).await;
        answer.is_error(400, "InvalidParameterValueException");
    }
}

#[tokio::test]
async fn an_execution_is_found_by_what_people_call_it() {
    let bench = Bench::new().await;
    let arn = bench.invoke("double", "RequestResponse", Some("order-1"), "1").await.arn.unwrap();
    bench.invoke("naps", "Event", Some("order-1"), "").await;
    let id = arn.rsplit_once('/').unwrap().1;
    let find = async |word: &str, more: &str| {
        let encoded = word.replace('/', "%2F").replace('$', "%24");
        bench.get(&format!("/durable/v1/executions/find?ref={encoded}{more}")).await
    };
    for word in [arn.as_str(), id, &id[24..], &id[28..].to_uppercase()] {
        let found = find(word, "").await.json();
        let executions: Vec<&Value> = found["executions"].as_array().unwrap().iter().collect();
        assert_eq!((executions.len(), executions[0]["id"].as_str()), (1, Some(id)), "{word}");
    }
    assert_eq!(find("order-1", "").await.json()["executions"].as_array().unwrap().len(), 2);
    assert_eq!(find("order-1", "&function=naps").await.json()["executions"][0]["function"], "naps");
    for unknown in ["order-2", "abc", &arn.replace("double", "naps")] {
        find(unknown, "").await.is_error(404, "ResourceNotFoundException");
    }
    bench.get("/durable/v1/executions/find").await.is_error(400, "InvalidParameterValueException");
}

#[tokio::test]
async fn open_callbacks_are_listed_until_they_are_completed() {
    let bench = Bench::new().await;
    let path = bench.started("approval", "").await;
    bench.history(&path, "InvocationCompleted").await;
    let callbacks = async || loop {
        let listed = bench.get("/durable/v1/callbacks?function=approval").await.json()["callbacks"].clone();
        if listed.as_array().is_some_and(|listed| !listed.is_empty()) {
            return listed;
        }
    };
    let listed = callbacks().await;
    assert_eq!((listed[0]["name"].as_str(), listed[0]["function"].as_str()), (Some("answer"), Some("approval")));
    // Of one execution, and of one that there is not.
    let arn = listed[0]["execution"].as_str().unwrap();
    let of_one = bench.get(&format!("/durable/v1/callbacks?execution={arn}")).await.json();
    assert_eq!(of_one["callbacks"], listed);
    assert_eq!(bench.get("/durable/v1/callbacks?execution=nobody").await.status, 404);
    let id = listed[0]["callback_id"].as_str().unwrap();
    bench.post(&format!("/2025-12-01/durable-execution-callbacks/{id}/succeed"), "\"yes\"").await;
    bench.history(&path, "ExecutionSucceeded").await;
    assert_eq!(bench.get("/durable/v1/callbacks").await.json()["callbacks"], serde_json::json!([]));
}

#[tokio::test]
async fn functions_have_plans_and_the_engine_has_counts() {
    let bench = Bench::new().await;
    bench.invoke("double", "RequestResponse", None, "1").await;
    let functions = bench.get("/durable/v1/functions").await.json();
    let double = functions["functions"].as_array().unwrap().iter().find(|function| function["name"] == "double");
    let double = double.unwrap();
    assert!(double["plan"].to_string().contains("checked"), "{double}");
    assert_eq!(double["remote"], false);
    let plan = async |query: &str| bench.get(&format!("/durable/v1/functions/{query}")).await;
    assert_eq!(plan("double/plan").await.json(), double["plan"]);
    assert!(plan("double/plan?format=mermaid").await.text.starts_with("flowchart"));
    assert!(plan("calls/plan?version=7&format=dot").await.text.starts_with("digraph"));
    plan("calls/plan?version=8").await.is_error(404, "ResourceNotFoundException");
    plan("double/plan?format=poem").await.is_error(400, "InvalidParameterValueException");
    let metrics = bench.get("/durable/v1/metrics").await.json();
    assert_eq!((metrics["runs"].as_u64(), metrics["stranded"].as_u64()), (Some(1), Some(0)));
}

#[tokio::test]
async fn a_parked_execution_is_listed_and_let_go() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let engine = Engine::open(&path).register(crate::bench::naps).start().await.unwrap();
    let id = engine.start(crate::bench::naps()).name("nap-1").await.unwrap().id();
    while !engine.history(id).await.unwrap().iter().any(|event| event.kind.event_type() == "InvocationCompleted") {}
    engine.pause(id, None, false).await.unwrap();
    engine.shutdown().await;
    let engine = Engine::open(&path).start().await.unwrap();
    engine.resume(id, None).await.unwrap();
    let serving = Server::new(engine).bind(([127, 0, 0, 1], 0)).start().await.unwrap();
    let get = async |path: &str| reqwest::get(format!("http://{}{path}", serving.address())).await.unwrap();
    let parked = get("/durable/v1/executions?parked=true").await.json::<Value>().await.unwrap();
    // It is not to run before its time, so nothing misses its code yet.
    assert_eq!(parked["executions"], serde_json::json!([]));
    let client = reqwest::Client::new();
    let unpark = async |id: &str| {
        let url = format!("http://{}/durable/v1/executions/{id}/unpark", serving.address());
        client.post(url).send().await.unwrap().status().as_u16()
    };
    assert_eq!(unpark(&id.to_string()).await, 204);
    assert_eq!(unpark("01234567-89ab-7def-8123-456789abcdef").await, 404);
    assert_eq!(unpark("x").await, 404);
}

#[tokio::test]
async fn the_document_describes_every_path() {
    let bench = Bench::new().await;
    let document = bench.get("/durable/v1/openapi.json").await.json();
    assert_eq!(document["openapi"].as_str().map(|version| &version[..2]), Some("3."));
    // Everything that can come of a request is described, with what stands in the body.
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            for status in ["403", "405", "408", "413", "429", "500"] {
                assert!(responses.contains_key(status), "{method} {path}: {status}");
            }
            for (_, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
                let schema = &response["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Error", "{method} {path}: {response}");
            }
        }
    }
    let error = &document["components"]["schemas"]["Error"];
    assert_eq!(error["required"], serde_json::json!(["Type", "Message", "message"]));
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    assert_eq!(document["security"], Value::Null, "nobody has to authenticate themselves here");
    let closed = Bench::with(|server| server.bearer_token("a-token-of-some-length")).await;
    let document = closed.request(reqwest::Method::GET, "/durable/v1/openapi.json");
    let document = document.bearer_auth("a-token-of-some-length").send().await.unwrap();
    let document = document.json::<Value>().await.unwrap();
    assert_eq!(document["security"], serde_json::json!([{ "bearer": [] }, { "sigv4": [] }]));
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        paths,
        [
            "/durable/v1/callbacks",
            "/durable/v1/executions",
            "/durable/v1/executions/find",
            "/durable/v1/executions/{id}/unpark",
            "/durable/v1/functions",
            "/durable/v1/functions/{function}/plan",
            "/durable/v1/metrics"
        ]
    );
}
