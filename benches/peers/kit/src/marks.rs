//! What code under test tells the clock, by calling plain functions.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, ensure};

static STEPS: Mutex<Vec<Instant>> = Mutex::new(Vec::new());
static SLEEPS: Mutex<Vec<Sleep>> = Mutex::new(Vec::new());
static AWAKE: AtomicU32 = AtomicU32::new(0);
static WAITING: AtomicU32 = AtomicU32::new(0);
static PASSED: AtomicU32 = AtomicU32::new(0);

#[derive(Clone, Copy, Default)]
pub(crate) struct Sleep {
    pub(crate) began: Option<SystemTime>,
    pub(crate) ended: Option<SystemTime>,
}

/// The body of a step: notes when it ran and returns 64 bytes of JSON.
pub fn step(number: u32) -> String {
    lock(&STEPS).push(Instant::now());
    format!("{number:062}")
}

/// Execution `number` goes to sleep. Only the first call counts: a replay repeats it.
pub fn asleep(number: u32) {
    slot(number, |sleep| _ = sleep.began.get_or_insert_with(SystemTime::now));
}

/// Execution `number` slept. Only the first call counts.
pub fn awake(number: u32) {
    slot(number, |sleep| {
        if sleep.ended.is_none() {
            sleep.ended = Some(SystemTime::now());
            AWAKE.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// An execution is about to wait for an answer.
pub fn waiting() {
    WAITING.fetch_add(1, Ordering::Relaxed);
}

/// An execution was answered for the `number`-th time. Replays may repeat it.
pub fn passed(number: u32) {
    PASSED.fetch_max(number, Ordering::Release);
}

/// The steps that ran since this was asked last.
pub(crate) fn take_steps() -> Vec<Instant> {
    std::mem::take(&mut *lock(&STEPS))
}

/// Until `count` steps ran.
pub(crate) async fn steps_reach(count: usize) -> Result<()> {
    until("steps", || lock(&STEPS).len() >= count).await
}

/// Until `count` executions are about to wait.
pub(crate) async fn waiting_reach(count: u32) -> Result<()> {
    until("waiting executions", || WAITING.load(Ordering::Relaxed) >= count).await
}

/// Until `count` executions slept.
pub(crate) async fn awake_reaches(count: u32) -> Result<()> {
    until("sleepers wake up", || AWAKE.load(Ordering::Relaxed) >= count).await
}

/// Until an execution was answered `count` times.
pub(crate) async fn passed_reaches(count: u32) -> Result<()> {
    until("answers", || PASSED.load(Ordering::Acquire) >= count).await
}

pub(crate) fn take_sleeps() -> Vec<Sleep> {
    std::mem::take(&mut *lock(&SLEEPS))
}

/// Looks often enough not to be what is measured: a mark that is waited for is a matter of milliseconds.
async fn until(what: &str, reached: impl Fn() -> bool) -> Result<()> {
    let began = Instant::now();
    while !reached() {
        ensure!(began.elapsed() < Duration::from_secs(300), "no more {what} for five minutes");
        if began.elapsed() < Duration::from_millis(20) {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    Ok(())
}

fn slot(number: u32, set: impl FnOnce(&mut Sleep)) {
    let mut sleeps = lock(&SLEEPS);
    let index = number as usize;
    if sleeps.len() <= index {
        sleeps.resize(index + 1, Sleep::default());
    }
    set(&mut sleeps[index]);
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
