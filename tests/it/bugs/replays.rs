//! Bugs that show when the code runs again from the top: found by the replays of each test run, or only by
//! `assert_deterministic`, which replays from everywhere, several times.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use durable::prelude::*;
use durable::testing::{TestEngine, assert_deterministic};

use super::found;

#[step]
async fn send(what: String) -> String {
    what
}

fn today() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos()
}

#[durable]
async fn clock_in_helper() -> String {
    send(format!("sent at {}", today())).await
}

#[tokio::test]
async fn a_clock_that_a_helper_looks_at() {
    let problem = found(TestEngine::new().run(clock_in_helper())).await;
    assert!(problem.contains("argument 1 of step `send` at tests/it/bugs/replays.rs"), "{problem}");
}

fn lucky() -> bool {
    uuid::Uuid::new_v4().as_bytes()[0] < 128
}

#[durable]
async fn chance_in_helper() -> u32 {
    for turn in 0..32_u32 {
        if lucky() {
            sleep(seconds(1)).named("lucky").await;
        } else {
            sleep(seconds(1)).named(format!("turn {turn}")).await;
        }
    }
    1
}

#[tokio::test]
async fn chance_that_a_helper_takes() {
    let problem = found(TestEngine::new().run(chance_in_helper())).await;
    assert!(problem.contains("but the code performs wait"), "{problem}");
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

fn next_number() -> u32 {
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

#[durable]
async fn number_from_a_static() -> u32 {
    sleep(seconds(1)).await;
    next_number()
}

#[tokio::test]
async fn a_static_that_counts_on() {
    let problem = found(TestEngine::new().run(number_from_a_static())).await;
    assert!(problem.contains("ended with"), "{problem}");
}

fn open_orders() -> Vec<String> {
    let orders: HashMap<u32, String> = (0..64).map(|number| (number, format!("order {number}"))).collect();
    orders.into_values().collect()
}

#[durable]
async fn unordered_helper() {
    for order in open_orders() {
        send(order).await;
    }
}

#[tokio::test]
async fn the_order_of_a_hash_map_that_a_helper_hands_out() {
    let problem = found(TestEngine::new().run(unordered_helper())).await;
    assert!(problem.contains("argument 1 of step `send`"), "{problem}");
}

#[durable]
async fn counted_inside_of_steps() -> u32 {
    let sent = Cell::new(0);
    #[step(name = "first")]
    sent.set(sent.get() + 1);
    #[step(name = "second")]
    sent.set(sent.get() + 1);
    sent.get()
}

#[tokio::test]
async fn a_counter_that_steps_increase() {
    let problem = found(TestEngine::new().run(counted_inside_of_steps())).await;
    assert!(problem.contains("ended with 2 and with 0"), "{problem}");
}

/// The waiting list of this process.
type Queue = Arc<Mutex<VecDeque<String>>>;

fn next(queue: &Queue) -> Option<String> {
    queue.lock().unwrap().pop_front()
}

#[durable]
async fn queue_drained_between_steps(State(queue): State<Queue>) {
    while let Some(order) = next(&queue) {
        send(order).await;
        sleep(seconds(1)).await;
    }
}

#[tokio::test]
async fn a_queue_that_is_taken_from_between_steps() {
    let queue = Queue::new(Mutex::new(["tea", "milk", "bread"].map(str::to_owned).into()));
    let problem = found(TestEngine::new().state(queue).run(queue_drained_between_steps())).await;
    assert!(problem.contains("argument 1 of step `send`") || problem.contains("returns without"), "{problem}");
}

/// Who was first, as this process knows.
type Winner = Arc<Mutex<Option<&'static str>>>;

fn winner(winner: &Winner) -> Option<&'static str> {
    *winner.lock().unwrap()
}

fn arrives(first: &Winner, who: &'static str) {
    first.lock().unwrap().get_or_insert(who);
}

#[durable]
async fn race_decided_outside(State(first): State<Winner>) -> String {
    let _ = join((
        async {
            #[step(name = "a")]
            arrives(&first, "a");
        },
        async {
            #[step(name = "b")]
            arrives(&first, "b");
        },
    ))
    .await;
    winner(&first).unwrap_or("nobody").to_owned()
}

#[tokio::test]
async fn a_race_that_nothing_records() {
    let test = || TestEngine::new().engine(|engine| engine.state(Winner::default()));
    let problem = found(test().run(race_decided_outside())).await;
    assert!(problem.contains("with \"nobody\""), "{problem}");
}

fn worker() -> String {
    format!("{:?}", std::thread::current().id())
}

#[durable]
async fn named_after_its_thread() -> String {
    send(worker()).await
}

#[tokio::test]
async fn a_thread_that_a_helper_asks_for() {
    let problem = found(TestEngine::new().run(named_after_its_thread())).await;
    assert!(problem.contains("ThreadId"), "{problem}");
}

fn settings(path: &PathBuf) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[durable]
async fn file_read_by_helper(State(path): State<PathBuf>) {
    send(settings(&path)).await;
    #[step(name = "change")]
    std::fs::write(&path, "changed").map_err(|error| error.to_string()).unwrap();
    sleep(seconds(1)).await;
}

#[tokio::test]
async fn a_file_that_a_helper_reads() {
    let folder = tempfile::tempdir().unwrap();
    let problem = found(TestEngine::new().state(folder.path().join("file")).run(file_read_by_helper())).await;
    assert!(problem.contains("argument 1 of step `send`"), "{problem}");
}

/// Whether a new way of doing things is switched on, which somebody may do at any time.
type Switch = Arc<AtomicU32>;

fn is_on(switch: &Switch) -> bool {
    switch.load(Ordering::Relaxed) > 0
}

#[durable]
async fn switch_read_between_steps(State(switch): State<Switch>) -> u32 {
    if is_on(&switch) {
        #[step]
        let checked = 1_u32;
        return checked;
    }
    #[step(name = "release")]
    switch.fetch_add(1, Ordering::Relaxed);
    sleep(hours(1)).await;
    0
}

#[tokio::test]
async fn a_switch_that_is_turned_meanwhile() {
    let problem = found(TestEngine::new().state(Switch::default()).run(switch_read_between_steps())).await;
    assert!(problem.contains("is recorded as step `release`, but the code performs step `checked`"), "{problem}");
}

/// How often something in this process was used.
type Used = Arc<AtomicU32>;

/// As a limiter does it that counts in memory: so many times yes, and from then on no.
fn is_within(quota: u32, used: &Used) -> bool {
    used.fetch_add(1, Ordering::Relaxed) < quota
}

/// A run with one wait asks three times, at its start, after its wait and in the replay at its end.
const ENOUGH_FOR_A_RUN: u32 = 3;

#[durable]
async fn express_while_the_quota_lasts(State(used): State<Used>) {
    let way = if is_within(ENOUGH_FOR_A_RUN, &used) { "express" } else { "standard" };
    sleep(hours(1)).named(way).await;
}

#[tokio::test]
async fn a_quota_that_only_this_process_counts() {
    let test = || TestEngine::new().state(Used::default()).run(express_while_the_quota_lasts());
    test().await.output().unwrap();
    let problem = found(assert_deterministic(async || test().await)).await;
    let both = "the run performed wait `express`, and a replay performs wait `standard` at tests/it/bugs/replays.rs:";
    assert!(problem.contains(both), "{problem}");
}

/// A rate that is looked up anew now and then.
fn cached_rate(used: &Used) -> u32 {
    if is_within(ENOUGH_FOR_A_RUN, used) { 119 } else { 121 }
}

#[durable]
async fn rate_from_a_cache(State(used): State<Used>) {
    send(format!("at {} %", cached_rate(&used))).await;
    sleep(hours(1)).await;
}

#[tokio::test]
async fn a_cache_that_is_filled_anew() {
    let test = || TestEngine::new().state(Used::default()).run(rate_from_a_cache());
    test().await.output().unwrap();
    let problem = found(assert_deterministic(async || test().await)).await;
    assert!(problem.contains("argument 1 of step `send` at tests/it/bugs/replays.rs:"), "{problem}");
    assert!(problem.contains("was \"at 119 %\" when the step ran, and a replay has \"at 121 %\""), "{problem}");
}

#[durable]
async fn reminds_while_the_quota_lasts(State(used): State<Used>) -> u32 {
    let mut reminders = 0;
    // A run asks once, twice and twice, and the replay at its end twice.
    while reminders < 2 && is_within(7, &used) {
        sleep(days(1)).named(format!("day {reminders}")).await;
        reminders += 1;
    }
    reminders
}

#[tokio::test]
async fn a_loop_that_ends_for_a_quota_of_this_process() {
    let test = || TestEngine::new().state(Used::default()).run(reminds_while_the_quota_lasts());
    assert_eq!(test().await.output().unwrap(), 2);
    let problem = found(assert_deterministic(async || test().await)).await;
    assert!(problem.contains("the run performed wait `day 0`, and a replay ends with 0"), "{problem}");
}
