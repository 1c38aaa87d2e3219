//! Mismatches wherever code can change: in items, branches, attempts, flat batches and contexts that are not recorded.

use std::sync::Arc;

use durable::prelude::*;
use durable::store::{MemoryStore, Store};
use durable::{ExecutionId, RunError, map, parallel, with_retry};

async fn one() -> u32 {
    1
}

async fn large() -> String {
    "x".repeat(200 * 1024)
}

async fn suspended(engine: &Engine, id: ExecutionId) -> usize {
    loop {
        let history = engine.history(id).await.unwrap();
        if history.last().is_some_and(|event| event.kind.event_type() == "InvocationCompleted") {
            return history.len();
        }
        tokio::task::yield_now().await;
    }
}

/// The code before and after an edit, and what is said of it. Everything before suspends in a wait of a second.
macro_rules! edited {
    ($edit:ident: $before:block $after:block says $said:literal) => {
        mod $edit {
            use super::*;

            mod before {
                use super::*;

                #[durable(name = "f")]
                pub(super) async fn f() -> u32 $before
            }

            mod after {
                use super::*;

                #[durable(name = "f")]
                pub(super) async fn f() -> u32 $after
            }

            #[tokio::test]
            async fn is_a_mismatch_with_its_place() {
                let store: Arc<dyn Store> = Arc::new(MemoryStore::new().unwrap());
                let engine = Engine::on_store(Arc::clone(&store)).register(before::f).start().await.unwrap();
                let id = engine.start(before::f()).await.unwrap().id();
                let recorded = suspended(&engine, id).await;
                engine.shutdown().await;

                let engine = Engine::on_store(store).register(after::f).start().await.unwrap();
                let ended = engine.attach(after::f, id).await.unwrap().output().await;
                let Err(RunError::Parked(reason)) = ended else { panic!("not parked: {ended:?}") };
                let reason = reason.to_string();
                assert!(reason.contains($said) && reason.contains("at tests/it/mismatches/"), "{reason}");
                let history = engine.history(id).await.unwrap();
                let added: Vec<_> = history.iter().skip(recorded).map(|event| event.kind.event_type()).collect();
                // Time passes whatever the code is.
                let passes = |event: &&str| matches!(*event, "WaitSucceeded" | "CallbackTimedOut");
                assert!(added.iter().all(passes), "{added:?}");
            }
        }
    };
}

mod flat;
mod places;
mod races;

edited! { removed_at_the_end:
    {
        #[step]
        let a = one().await;
        sleep(seconds(1)).await;
        a
    }
    {
        #[step]
        let a = one().await;
        a
    }
    says "operation 2 of this context is recorded as wait `sleep`, but the code returns without performing it"
}

edited! { removed_in_an_item:
    {
        let all = map([1, 2], async |n: u32| {
            #[step]
            let a = one().await;
            sleep(seconds(1)).await;
            a + n
        });
        all.await.len() as u32
    }
    {
        let all = map([1, 2], async |n: u32| {
            #[step]
            let a = one().await;
            a + n
        });
        all.await.len() as u32
    }
    says "operation 2 of this context is recorded as wait `sleep`, but the code returns without performing it"
}

edited! { fewer_items:
    {
        let all = map([1, 2], async |n: u32| {
            sleep(seconds(1)).await;
            n
        });
        all.await.len() as u32
    }
    {
        let all = map([1], async |n: u32| {
            sleep(seconds(1)).await;
            n
        });
        all.await.len() as u32
    }
    says "operation 2 of this context is recorded as map iteration `map-item-1`, but the code returns without performing it"
}

edited! { removed_in_a_branch:
    {
        let all = parallel((
            async {
                #[step]
                let a = one().await;
                sleep(seconds(1)).await;
                a
            },
            async { 2 },
        ));
        all.await.len() as u32
    }
    {
        let all = parallel((
            async {
                #[step]
                let a = one().await;
                a
            },
            async { 2 },
        ));
        all.await.len() as u32
    }
    says "operation 2 of this context is recorded as wait `sleep`, but the code returns without performing it"
}

edited! { removed_in_an_attempt:
    {
        let tried = with_retry(async || {
            #[step]
            let a = one().await;
            sleep(seconds(1)).await;
            Ok::<u32, String>(a)
        });
        tried.await.unwrap_or(0)
    }
    {
        let tried = with_retry(async || {
            #[step]
            let a = one().await;
            Ok::<u32, String>(a)
        });
        tried.await.unwrap_or(0)
    }
    says "operation 2 of this context is recorded as wait `sleep`, but the code returns without performing it"
}

edited! { renamed_in_a_large_context:
    {
        let texts = child(async || {
            #[step(name = "a")]
            let a = large().await;
            #[step(name = "b")]
            let b = large().await;
            (a, b)
        });
        let (a, b) = texts.named("texts").await;
        sleep(seconds(1)).await;
        (a.len() + b.len()) as u32
    }
    {
        let texts = child(async || {
            #[step(name = "a")]
            let a = large().await;
            #[step(name = "c")]
            let b = large().await;
            (a, b)
        });
        let (a, b) = texts.named("texts").await;
        sleep(seconds(1)).await;
        (a.len() + b.len()) as u32
    }
    says "this context is recorded as ended without step `c`, but the code waits for it"
}

edited! { removed_in_a_large_context:
    {
        let texts = child(async || {
            #[step(name = "a")]
            let a = large().await;
            #[step(name = "b")]
            let b = large().await;
            (a, b)
        });
        let (a, b) = texts.named("texts").await;
        sleep(seconds(1)).await;
        (a.len() + b.len()) as u32
    }
    {
        let texts = child(async || {
            #[step(name = "a")]
            let a = large().await;
            (a, String::new())
        });
        let (a, b) = texts.named("texts").await;
        sleep(seconds(1)).await;
        (a.len() + b.len()) as u32
    }
    says "operation 2 of this context is recorded as step `b`, but the code returns without performing it"
}

edited! { fewer_items_of_a_large_batch:
    {
        let texts = map([1, 2], async |n: u32| {
            #[step]
            let text = large().await;
            format!("{n}{text}")
        });
        let texts = texts.await;
        sleep(seconds(1)).await;
        texts.len() as u32
    }
    {
        let texts = map([1], async |n: u32| {
            #[step]
            let text = large().await;
            format!("{n}{text}")
        });
        let texts = texts.await;
        sleep(seconds(1)).await;
        texts.len() as u32
    }
    says "operation 2 of this context is recorded as map iteration `map-item-1`, but the code returns without performing it"
}
