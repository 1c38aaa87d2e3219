//! AWS's SDK for Rust as the client.

use durable::Engine;
use durable_server::Server;
use server_tests::asked::asked;
use server_tests::sdk::{Function, client};

#[tokio::test]
async fn aws_s_sdk_for_rust_starts_watches_answers_and_stops() {
    let engine = Engine::in_memory().register(asked).start().await.unwrap();
    let serving = Server::new(engine).bind(([127, 0, 0, 1], 0)).start().await.unwrap();
    Function::new(client(&format!("http://{}", serving.address())), "asked").check().await.unwrap();
    serving.shutdown().await;
}
