//! Functions that are deployed under other names than they have in the code.

use std::path::Path;

use durable::Engine;
use durable_lambda_tests::service;

use crate::rows::BOOTSTRAP;

#[tokio::test]
async fn a_variable_says_which_lambda_function_is_meant() {
    let (folder, address) = (tempfile::tempdir().unwrap(), service::free_port().unwrap());
    let function = |name: &str| service::function(Path::new(BOOTSTRAP), name, folder.path(), address);
    let doubled = function("shop-Doubled-1X").handler("doubled");
    let asking = function("asks_another").variable("DURABLE_TARGET_doubled", "shop-Doubled-1X:$LATEST");
    let (engine, serving) = service::serve(Engine::in_memory(), address, [doubled, asking]).await.unwrap();
    let execution = engine.start_json("asks_another", "21").await.unwrap();
    assert_eq!(execution.output().await.unwrap(), "42");
    serving.shutdown().await;
}
