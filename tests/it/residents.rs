//! Suspended runs that stay in memory, and those that had to leave it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use durable::prelude::*;
use durable::store::Store;
use durable::{CallbackId, EventKind, ExecutionId, Metrics};

use crate::shaky::ShakyStore;

/// What the body of the function has said since the process started: once per pass over a line.
#[derive(Debug, Clone, Default)]
struct Passes(Arc<Mutex<Vec<u32>>>);

#[durable(allow(shared_state, reason = "counts how often the code passes"))]
async fn conversation(questions: u32, State(passes): State<Passes>) -> u32 {
    let mut sum = 0;
    for question in 0..questions {
        passes.0.lock().unwrap().push(question);
        let answer = create_callback::<u32>().await;
        sum += answer.await_callback().unwrap_or_default();
    }
    sum
}

async fn engine(resident: usize) -> (Engine, Passes) {
    let passes = Passes::default();
    let engine = Engine::in_memory().register(conversation).state(passes.clone()).workers(1).resident(resident);
    (engine.start().await.unwrap(), passes)
}

/// The callback that the execution waits for, once it is suspended for the `nth` time.
async fn open_callback(engine: &Engine, id: ExecutionId, nth: usize) -> CallbackId {
    loop {
        let history = engine.history(id).await.unwrap();
        let suspended = history.iter().filter(|event| matches!(event.kind, EventKind::InvocationCompleted { .. }));
        if suspended.count() == nth {
            let ids = history.into_iter().filter_map(|event| match event.kind {
                EventKind::CallbackStarted { callback_id, .. } => callback_id,
                _ => None,
            });
            return ids.last().unwrap();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn answer_all(engine: &Engine, id: ExecutionId, questions: usize) {
    for nth in 1..=questions {
        engine.complete_callback(&open_callback(engine, id, nth).await, &7).await.unwrap();
    }
}

#[tokio::test]
async fn a_resident_run_is_woken_where_it_stood() {
    let (engine, passes) = engine(8).await;
    let run = engine.start(conversation(4)).await.unwrap();
    answer_all(&engine, run.id(), 4).await;
    assert_eq!(run.output().await.unwrap(), 28);
    assert_eq!(*passes.0.lock().unwrap(), [0, 1, 2, 3]);
    let Metrics { runs, replays, resumed, evictions, resident, .. } = engine.metrics();
    assert_eq!((runs, replays, resumed, evictions, resident), (1, 0, 4, 0, 0));
}

#[tokio::test]
async fn without_room_a_run_replays_and_leaves_the_same_history() {
    let mut histories = Vec::new();
    for resident in [8, 0] {
        let (engine, passes) = engine(resident).await;
        let run = engine.start(conversation(3)).await.unwrap();
        answer_all(&engine, run.id(), 3).await;
        assert_eq!(run.output().await.unwrap(), 21);
        if resident == 0 {
            assert_eq!(*passes.0.lock().unwrap(), [0, 0, 1, 0, 1, 2, 0, 1, 2]);
            let Metrics { runs, replays, resumed, .. } = engine.metrics();
            assert_eq!((runs, replays, resumed), (4, 3, 0));
        }
        let history = engine.history(run.id()).await.unwrap();
        histories.push(history.iter().map(|event| event.kind.event_type()).collect::<Vec<_>>());
    }
    assert_eq!(histories[0], histories[1]);
}

#[tokio::test]
async fn the_least_recently_used_leaves_first() {
    let (engine, _) = engine(2).await;
    let mut runs = Vec::new();
    for _ in 0..3 {
        let run = engine.start(conversation(1)).await.unwrap();
        // Suspended before the next one starts.
        open_callback(&engine, run.id(), 1).await;
        runs.push(run);
    }
    let Metrics { evictions, resident, .. } = engine.metrics();
    assert_eq!((evictions, resident), (1, 2));
    for run in runs.iter().rev() {
        answer_all(&engine, run.id(), 1).await;
        assert_eq!(run.output().await.unwrap(), 7);
    }
    let Metrics { replays, resumed, resident, .. } = engine.metrics();
    assert_eq!((replays, resumed, resident), (1, 2, 0), "only the first of the three had to be replayed");
}

#[tokio::test]
async fn an_execution_is_found_again_without_its_history() {
    let store = Arc::new(ShakyStore::new());
    let engine = Engine::on_store(Arc::<ShakyStore>::clone(&store)).register(conversation).state(Passes::default());
    let engine = engine.start().await.unwrap();
    let id = engine.start(conversation(0)).await.unwrap().id();
    assert_eq!(engine.attach(conversation, id).await.unwrap().output().await.unwrap(), 0);
    assert_eq!(store.loads(), 0);
}

#[tokio::test]
async fn a_resident_execution_can_be_stopped() {
    let (engine, _) = engine(2).await;
    let run = engine.start(conversation(1)).await.unwrap();
    open_callback(&engine, run.id(), 1).await;
    engine.stop(run.id(), durable::ErrorObject::new("Cancelled", "nobody asks any more")).await.unwrap();
    assert!(matches!(run.output().await, Err(durable::RunError::Stopped(_))));
    assert_eq!(engine.metrics().resident, 0);
}

#[durable(allow(shared_state, reason = "counts how often the code passes"))]
async fn waiting(times: u32, State(passes): State<Passes>) {
    for time in 0..times {
        passes.0.lock().unwrap().push(time);
        let answer = create_callback::<u32>().await;
        let _ = answer.await_callback();
    }
}

/// What `times` waits cost: passes of the code over the line, rows and records written, and logs read.
async fn cost(times: u32) -> [usize; 4] {
    let (store, passes) = (Arc::new(ShakyStore::new()), Passes::default());
    let engine = Engine::on_store(Arc::<ShakyStore>::clone(&store)).register(waiting).state(passes.clone());
    let engine = engine.limits(durable::Limits::none()).start().await.unwrap();
    let run = engine.start(waiting(times)).await.unwrap();
    let (key, mut answered) = (store.callback_key(), 0);
    while answered < times {
        let open = store.written().into_iter().flat_map(|commit| commit.callbacks).nth(answered as usize);
        match open {
            Some((_, operation)) => {
                engine.complete_callback(&key.derive(run.id(), &operation), &1).await.unwrap();
                answered += 1;
            }
            None => tokio::task::yield_now().await,
        }
    }
    run.output().await.unwrap();
    let rows: Vec<_> = store.written().into_iter().filter_map(|commit| commit.row).collect();
    let records = rows.iter().map(|row| row.records.len()).sum();
    let passed = passes.0.lock().unwrap().len();
    [passed, rows.len(), records, store.loads()]
}

#[tokio::test]
async fn what_a_loop_of_waits_costs_grows_with_the_number_of_waits() {
    let (few, many) = (cost(100).await, cost(1_000).await);
    assert_eq!((few[0], many[0]), (100, 1_000), "nothing is passed twice");
    assert_eq!((few[3], many[3]), (0, 0), "nothing is read back");
    for (few, many) in few.into_iter().zip(many) {
        assert!(many <= few * 11, "{many} is more than ten times {few}");
    }
}
