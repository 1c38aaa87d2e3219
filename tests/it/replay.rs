//! Code that changed under a running execution: detected, explained, and nothing is written.

use std::sync::Arc;

use durable::prelude::*;
use durable::store::{MemoryStore, Store};
use durable::{Event, RunError};

async fn reserve() -> u32 {
    1
}

async fn charge() -> u32 {
    2
}

mod before {
    use super::*;

    #[durable(name = "order")]
    pub(super) async fn order() -> u32 {
        #[step]
        let reserved = reserve().await;
        #[step]
        let charged = charge().await;
        sleep(seconds(1)).await;
        reserved + charged
    }
}

mod reordered {
    use super::*;

    #[durable(name = "order")]
    pub(super) async fn order() -> u32 {
        #[step]
        let charged = charge().await;
        #[step]
        let reserved = reserve().await;
        sleep(seconds(1)).await;
        reserved + charged
    }
}

mod renamed {
    use super::*;

    async fn book_stock() -> u32 {
        1
    }

    #[step(was = "charge")]
    pub(super) async fn charge_card() -> u32 {
        2
    }

    #[durable(name = "order")]
    pub(super) async fn order() -> u32 {
        #[step(was = "reserve")]
        let reserved = book_stock().await;
        let charged = charge_card().await;
        sleep(seconds(1)).await;
        reserved + charged
    }
}

mod shortened {
    use super::*;

    #[durable(name = "order")]
    pub(super) async fn order() -> u32 {
        #[step]
        let reserved = reserve().await;
        reserved
    }
}

mod swallowing {
    use super::*;

    #[durable(name = "order")]
    pub(super) async fn order() -> u32 {
        let result: Result<u32, String> = async {
            #[step]
            let charged = charge().await;
            Ok::<u32, String>(charged)
        }
        .named("attempt")
        .await;
        result.unwrap_or(0)
    }
}

mod extended {
    use super::*;

    #[durable(name = "order")]
    pub(super) async fn order() -> u32 {
        // Reformatted, and with more after the end of what is recorded.
        #[step(name = "reserve")]
        let first = reserve().await;
        #[step(name = "charge")]
        let second = charge().await;
        sleep(seconds(1)).await;
        #[step(name = "third")]
        let third = super::reserve().await;
        first + second + third
    }
}

async fn suspended_order() -> (Arc<dyn Store>, durable::ExecutionId, Vec<Event>) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new().unwrap());
    let engine = Engine::on_store(Arc::clone(&store)).register(before::order).start().await.unwrap();
    let run = engine.start(before::order()).name("o").await.unwrap();
    loop {
        let history = engine.history(run.id()).await.unwrap();
        // Started, two steps, the wait, and the end of the invocation.
        if history.len() == 7 {
            engine.shutdown().await;
            return (store, run.id(), history);
        }
        tokio::task::yield_now().await;
    }
}

macro_rules! reason_with {
    ($order:path) => {{
        let (store, id, recorded) = suspended_order().await;
        let engine = Engine::on_store(store).register($order).start().await.unwrap();
        let run = engine.start($order()).name("o").await.unwrap();
        assert_eq!(run.id(), id);
        let error = run.output().await.unwrap_err();
        let RunError::Parked(reason) = error else { panic!("not parked: {error:?}") };
        let mut history = engine.history(id).await.unwrap();
        // Only the timer went on meanwhile.
        assert_eq!(history.pop().unwrap().kind.event_type(), "WaitSucceeded");
        assert_eq!(history, recorded);
        reason.to_string()
    }};
}

#[tokio::test]
async fn reordered_operations_name_both_sides_and_the_place() {
    let reason = reason_with!(reordered::order);
    assert!(reason.contains("recorded as step `reserve`, but the code performs step `charge` at tests/it/replay.rs:"));
    assert!(reason.contains("help:") && reason.contains("note:"), "{reason}");
}

#[tokio::test]
async fn operations_left_out_are_noticed() {
    let reason = reason_with!(shortened::order);
    assert!(reason.contains("recorded as step `charge`, but the code returns without performing it"), "{reason}");
}

#[tokio::test]
async fn user_code_can_t_swallow_a_mismatch() {
    let reason = reason_with!(swallowing::order);
    assert!(reason.contains("the code performs child context `attempt`"), "{reason}");
}

#[tokio::test]
async fn a_function_that_is_gone_parks_its_executions() {
    let (store, id, _) = suspended_order().await;
    let engine = Engine::on_store(store).start().await.unwrap();
    let reason = loop {
        if let Some(reason) = engine.parked(id) {
            break reason;
        }
        tokio::task::yield_now().await;
    };
    assert!(reason.as_str().contains("no durable function `order` is registered"), "{reason}");
}

#[tokio::test]
async fn renamed_steps_find_their_records() {
    let (store, id, recorded) = suspended_order().await;
    let engine = Engine::on_store(store).register(renamed::order).start().await.unwrap();
    let run = engine.start(renamed::order()).name("o").await.unwrap();
    assert_eq!((run.id(), run.output().await.unwrap()), (id, 3));
    // Nothing was run or written once more.
    let history = engine.history(id).await.unwrap();
    assert_eq!(history.get(..recorded.len()).unwrap(), recorded);
    assert_eq!(history.iter().filter(|event| event.kind.event_type() == "StepStarted").count(), 2);
}

#[tokio::test]
async fn new_executions_have_the_new_names() {
    let engine = Engine::in_memory().register(renamed::order).start().await.unwrap();
    let run = engine.start(renamed::order()).await.unwrap();
    run.output().await.unwrap();
    let history = engine.history(run.id()).await.unwrap();
    let names: Vec<_> =
        history.iter().filter_map(|event| event.operation.as_ref()?.name.as_ref()).map(ToString::to_string).collect();
    assert!(names.contains(&"book_stock".to_owned()) && names.contains(&"charge_card".to_owned()), "{names:?}");
    assert!(!names.contains(&"reserve".to_owned()) && !names.contains(&"charge".to_owned()), "{names:?}");
}

#[tokio::test]
async fn operations_may_be_added_at_the_end() {
    let (store, id, _) = suspended_order().await;
    let engine = Engine::on_store(store).register(extended::order).start().await.unwrap();
    let run = engine.start(extended::order()).name("o").await.unwrap();
    assert_eq!((run.id(), run.output().await.unwrap()), (id, 4));
}
