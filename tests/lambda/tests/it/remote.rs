//! One test for three homes: the engine of the testing kit, and a function behind the Lambda API, in the process of the service
//! and in a process of its own.

use std::time::Duration;

use aws_credential_types::Credentials;
use durable::prelude::*;
use durable::testing::{Answer, TestEngine, TestRun};
use durable::{CallbackError, Definition, ErrorObject, RunError};
use durable_lambda::testing::aws_sdk_lambda::Client;
use durable_lambda::testing::aws_sdk_lambda::config::{BehaviorVersion, Config, Region};
use durable_lambda::testing::{RemoteEngine, RemoteError};
use durable_lambda_tests::handlers::sign;
use durable_lambda_tests::service;
use durable_server::{Server, Serving};

use crate::rows::BOOTSTRAP;

/// A service with the function in its process, and a client of it.
async fn in_process() -> (Serving, Client) {
    let engine = Engine::in_memory().register(sign).start().await.unwrap();
    let serving = Server::new(engine).bind(([127, 0, 0, 1], 0)).start().await.unwrap();
    let client = client(&serving);
    (serving, client)
}

fn client(serving: &Serving) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-west-2"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .endpoint_url(format!("http://{}", serving.address()))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

fn check<D: Definition<Output = Result<String, CallbackError>>>(run: &TestRun<D>) {
    assert_eq!(run.result().unwrap(), "order 7 signed by M. Curie");
    assert_eq!(run.attempts("try_twice"), 2);
    assert_eq!(run.step::<String>("signature"), "M. Curie");
    assert_eq!(run.step::<String>("try_twice"), "order 7");
    let kinds: Vec<_> = run.events().map(|event| event.kind.event_type()).collect();
    assert_eq!(kinds.first(), Some(&"ExecutionStarted"));
    assert_eq!(kinds.last(), Some(&"ExecutionSucceeded"));
}

#[tokio::test]
async fn a_run_elsewhere_is_asked_like_one_here() {
    check(&TestEngine::new().on_callback("signature", |_| Answer::succeed("M. Curie")).run(sign(7)).await);
    let (_serving, client) = in_process().await;
    let remote = RemoteEngine::with_client(client, "sign").poll_every(Duration::from_millis(50));
    let run = remote.name("order-7").on_callback("signature", |_| Answer::succeed("M. Curie")).run(sign(7)).await;
    check(&run.unwrap());
}

#[tokio::test]
async fn a_function_in_a_process_of_its_own_is_asked_like_one_here() {
    let (folder, address) = (tempfile::tempdir().unwrap(), service::free_port().unwrap());
    let function = service::function(BOOTSTRAP.as_ref(), "sign", folder.path(), address);
    let (_engine, serving) = service::serve(Engine::in_memory(), address, [function]).await.unwrap();
    let remote = RemoteEngine::with_client(client(&serving), "sign").poll_every(Duration::from_millis(50));
    let run = remote.on_callback("signature", |_| Answer::succeed("M. Curie")).run(sign(7)).await;
    check(&run.unwrap());
    serving.shutdown().await;
}

#[tokio::test]
async fn a_callback_elsewhere_fails() {
    let (_serving, client) = in_process().await;
    let remote = RemoteEngine::with_client(client, "sign").poll_every(Duration::from_millis(50));
    let lost = |_: &durable::CallbackId| {
        Answer::heartbeat().then(Answer::fail(ErrorObject::new("Lost", "the pen")).after(Duration::from_millis(20)))
    };
    let run = remote.on_callback("signature", lost).run(sign(7)).await.unwrap();
    let Err(RunError::Returned(CallbackError::Failed(error))) = run.result() else { panic!("{run}") };
    assert_eq!(error.text(), "the pen");
}

#[tokio::test]
async fn what_does_not_end_is_given_up_with_its_history() {
    let (_serving, client) = in_process().await;
    let remote = RemoteEngine::with_client(client.clone(), "sign").poll_every(Duration::from_millis(20));
    let Err(RemoteError::TooLate { history, .. }) = remote.give_up_after(Duration::ZERO).run(sign(7)).await else {
        panic!("it ended");
    };
    assert!(history.contains("ExecutionStarted"), "{history}");
    let unknown = RemoteEngine::with_client(client, "nobody").run(sign(7)).await.unwrap_err();
    assert!(unknown.to_string().contains("ResourceNotFound"), "{unknown}");
}
