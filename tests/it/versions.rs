//! Versions side by side, and executions whose version is gone.

use std::sync::Arc;

use durable::prelude::*;
use durable::store::{MemoryStore, Store};
use durable::{Event, ExecutionId, RunError, plan};

mod one {
    use super::*;

    #[durable(name = "order", version = "1")]
    pub(super) async fn order(count: u32) -> u32 {
        sleep(seconds(1)).await;
        #[step]
        let total = u32::saturating_add(count, 1);
        total
    }
}

mod two {
    use super::*;

    #[durable(name = "order", version = "2")]
    pub(super) async fn order(count: u32) -> u32 {
        #[step]
        let total = u32::saturating_add(count, 2);
        total
    }
}

mod without {
    use super::*;

    #[durable(name = "order")]
    pub(super) async fn order(count: u32) -> u32 {
        sleep(seconds(1)).await;
        #[step]
        let total = u32::saturating_add(count, 3);
        total
    }
}

/// The same plan as `without`, with a version.
mod named {
    use super::*;

    #[durable(name = "order", version = "first")]
    pub(super) async fn order(count: u32) -> u32 {
        sleep(seconds(1)).await;
        #[step]
        let total = u32::saturating_add(count, 3);
        total
    }
}

/// Starts an execution and stops the engine while it waits.
macro_rules! waiting {
    ($order:path) => {{
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new().unwrap());
        let engine = Engine::on_store(Arc::clone(&store)).register($order).start().await.unwrap();
        let id = engine.start($order(1)).name("o").await.unwrap().id();
        until_suspended(&engine, id).await;
        engine.shutdown().await;
        (store, id)
    }};
}

async fn until_suspended(engine: &Engine, id: ExecutionId) {
    let suspended = |history: &[Event]| history.iter().any(|event| event.kind.event_type() == "InvocationCompleted");
    while !suspended(&engine.history(id).await.unwrap()) {
        tokio::task::yield_now().await;
    }
}

async fn parked(engine: &Engine, id: ExecutionId) -> String {
    loop {
        if let Some(reason) = engine.parked(id) {
            return reason.to_string();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_execution_goes_on_with_its_version() {
    let (store, id) = waiting!(one::order);
    let engine = Engine::on_store(store).register(one::order).register(two::order).start().await.unwrap();
    let old = engine.start(one::order(1)).name("o").await.unwrap();
    assert_eq!((old.id(), old.output().await.unwrap()), (id, 2));
    assert_eq!(engine.start(two::order(1)).await.unwrap().output().await.unwrap(), 3);
    assert_eq!(engine.start(one::order(1)).await.unwrap().output().await.unwrap(), 2);
}

#[tokio::test]
async fn a_name_starts_the_version_that_was_registered_last() {
    let engine = Engine::in_memory().register(one::order).register(two::order).start().await.unwrap();
    let run = engine.start_json("order", "1").await.unwrap();
    assert_eq!(run.output().await.unwrap(), serde_json::json!(3).to_string());
}

#[tokio::test]
async fn a_version_that_is_gone_parks_its_executions_until_it_is_back() {
    let (store, id) = waiting!(one::order);
    let engine = Engine::on_store(Arc::clone(&store)).register(two::order).start().await.unwrap();
    let reason = parked(&engine, id).await;
    assert!(reason.contains("was started by version `1`, and registered are: `2`"), "{reason}");
    let error = engine.start(two::order(1)).name("o").await.unwrap().output().await.unwrap_err();
    assert!(matches!(error, RunError::Parked(_)), "{error:?}");
    engine.shutdown().await;

    let engine = Engine::on_store(store).register(two::order).register(one::order).start().await.unwrap();
    assert_eq!(engine.start(one::order(1)).name("o").await.unwrap().output().await.unwrap(), 2);
}

#[tokio::test]
async fn without_a_version_only_code_without_one_or_with_the_same_plan_goes_on() {
    let (store, id) = waiting!(without::order);
    let engine = Engine::on_store(Arc::clone(&store)).register(two::order).start().await.unwrap();
    let reason = parked(&engine, id).await;
    assert!(reason.contains("was started by code without a version, and registered are: `2`"), "{reason}");
    engine.shutdown().await;

    let engine = Engine::on_store(store).register(named::order).register(two::order).start().await.unwrap();
    assert_eq!(engine.start(named::order(1)).name("o").await.unwrap().output().await.unwrap(), 4);
}

#[tokio::test]
async fn one_version_can_t_be_registered_twice() {
    let engine = Engine::in_memory().register(one::order).register(one::order).start().await;
    assert!(engine.err().unwrap().to_string().contains("`order`"));
}

#[test]
fn the_same_operations_have_the_same_fingerprint() {
    assert_eq!(plan(without::order).fingerprint(), plan(named::order).fingerprint());
    assert_ne!(plan(one::order).fingerprint(), plan(two::order).fingerprint());
}
