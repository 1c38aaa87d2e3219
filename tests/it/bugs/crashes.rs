//! Bugs that show when a process ends at the wrong moment: found by `crash_everywhere`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use durable::StepInterrupted;
use durable::prelude::*;
use durable::testing::{Answer, TestEngine, crash_everywhere};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::found;

/// The world: what was done to it, in order.
#[derive(Debug, Clone, Default)]
struct World(Arc<Mutex<Vec<String>>>);

impl World {
    fn does(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    /// Does something under a key, once.
    fn does_once(&self, key: Uuid, what: &str) {
        let what = format!("{what} {key}");
        let mut done = self.0.lock().unwrap();
        if !done.contains(&what) {
            done.push(what);
        }
    }

    fn count(&self, what: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|done| done.starts_with(what)).count()
    }
}

/// What only this process knows.
#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<BTreeSet<String>>>);

impl Memory {
    /// Whether it is new.
    fn insert(&self, what: &str) -> bool {
        self.0.lock().unwrap().insert(what.to_owned())
    }

    fn has(&self, what: &str) -> bool {
        self.0.lock().unwrap().contains(what)
    }
}

fn test(world: &World) -> TestEngine {
    TestEngine::new().state(world.clone()).engine(|engine| engine.state(Memory::default()))
}

#[durable]
async fn double_charge(State(world): State<World>) {
    #[step(name = "charge")]
    world.does("charged");
}

#[tokio::test]
async fn a_step_that_is_not_idempotent() {
    let problem = found(crash_everywhere(async || {
        let world = World::default();
        test(&world).run(double_charge()).await.output().unwrap();
        world.count("charged")
    }));
    assert!(problem.await.contains("StepSucceeded charge"));
}

#[durable]
async fn new_key_each_attempt(State(world): State<World>) {
    #[step(name = "charge")]
    world.does_once(Uuid::new_v4(), "charged");
}

/// As it should be.
#[durable(name = "recorded_key")]
async fn recorded_key(State(world): State<World>) {
    #[step]
    let key = Uuid::new_v4();
    #[step(name = "charge")]
    world.does_once(key, "charged");
}

#[tokio::test]
async fn a_key_that_is_made_inside_of_the_step() {
    let problem = found(crash_everywhere(async || {
        let world = World::default();
        test(&world).run(new_key_each_attempt()).await.output().unwrap();
        world.count("charged")
    }));
    assert!(problem.await.contains("comes to something else"));
    let charged = crash_everywhere(async || {
        let world = World::default();
        test(&world).run(recorded_key()).await.output().unwrap();
        world.count("charged")
    });
    assert_eq!(charged.await, 1);
}

fn reserve(world: &World, memory: &Memory) {
    world.does("reserved");
    memory.insert("reserved");
}

fn release(world: &World, memory: &Memory) {
    if memory.has("reserved") {
        world.does("released");
    }
}

#[durable]
async fn lost_compensation(State(world): State<World>, State(memory): State<Memory>) -> bool {
    #[step(name = "reserve")]
    reserve(&world, &memory);
    #[step(retry(none))]
    let paid = async { Err::<(), String>("declined".to_owned()) }.await;
    if paid.is_err() {
        #[step(name = "release")]
        release(&world, &memory);
    }
    paid.is_ok()
}

#[tokio::test]
async fn a_compensation_that_only_this_process_knows_of() {
    let problem = found(crash_everywhere(async || {
        let world = World::default();
        test(&world).run(lost_compensation()).await.output().unwrap();
        world.count("released")
    }));
    let problem = problem.await;
    assert!(problem.contains("just after write 2: StepStarted reserve, StepSucceeded reserve"), "{problem}");
    assert!(problem.contains("without a crash: 1\n  with the crash:  0"), "{problem}");
}

fn mail_once(world: &World, memory: &Memory) {
    if memory.insert("mail") {
        world.does("mailed");
    }
}

#[durable]
async fn remembered_in_memory(State(world): State<World>, State(memory): State<Memory>) {
    #[step(name = "mail")]
    mail_once(&world, &memory);
}

#[tokio::test]
async fn a_list_of_what_is_done_that_is_lost_with_the_process() {
    let problem = found(crash_everywhere(async || {
        let world = World::default();
        test(&world).run(remembered_in_memory()).await.output().unwrap();
        world.count("mailed")
    }));
    assert!(problem.await.contains("StepSucceeded mail"));
}

#[durable]
async fn asks_twice(State(world): State<World>) -> Result<u32, durable::CallbackError> {
    wait_for_callback(async |_id| world.does("asked")).named("approval").await_callback::<u32>()
}

#[tokio::test]
async fn a_submitter_that_asks_twice() {
    let problem = found(crash_everywhere(async || {
        let world = World::default();
        let test = test(&world).on_callback("approval", |_| Answer::succeed(&1));
        test.run(asks_twice()).await.result().unwrap();
        world.count("asked")
    }));
    let problem = problem.await;
    assert!(problem.contains("StepSucceeded approval"), "{problem}");
    assert!(problem.contains("without a crash: 1\n  with the crash:  2"), "{problem}");
}

#[derive(Debug, Serialize, Deserialize)]
enum PayError {
    Interrupted,
}

impl From<StepInterrupted> for PayError {
    fn from(_: StepInterrupted) -> Self {
        Self::Interrupted
    }
}

#[durable]
async fn gives_up_when_interrupted(State(world): State<World>) -> Result<(), PayError> {
    #[step(name = "charge", at_most_once, retry(none))]
    async {
        world.does("charged");
        Ok::<(), PayError>(())
    }
    .await?;
    #[step(name = "ship")]
    world.does("shipped");
    Ok(())
}

#[tokio::test]
async fn an_order_that_is_given_up_for_an_interruption() {
    let problem = found(crash_everywhere(async || {
        let world = World::default();
        // The execution ends with an error, which is an outcome like any other.
        let _ = test(&world).run(gives_up_when_interrupted()).await.result();
        (world.count("charged"), world.count("shipped"))
    }));
    // The process ends between the start that is on record and the charge, and the order is given up.
    assert!(problem.await.contains("without a crash: (1, 1)\n  with the crash:  (0, 0)"));
}

fn invoice(world: &World, memory: &Memory) {
    let number = if memory.insert("invoice") { 1 } else { 2 };
    world.does(format!("invoice {number}"));
}

#[durable]
async fn numbered_by_the_process(State(world): State<World>, State(memory): State<Memory>) {
    for number in 0..2 {
        #[step(name = "invoice")]
        invoice(&world, &memory);
        sleep(days(1)).named(format!("day {number}")).await;
    }
}

#[tokio::test]
async fn a_number_that_begins_anew_with_each_process() {
    let problem = found(crash_everywhere(async || {
        let world = World::default();
        test(&world).run(numbered_by_the_process()).await.output().unwrap();
        world.count("invoice 2")
    }));
    let problem = problem.await;
    assert!(problem.contains("StepSucceeded invoice"), "{problem}");
    assert!(problem.contains("without a crash: 1\n  with the crash:  0"), "{problem}");
}
