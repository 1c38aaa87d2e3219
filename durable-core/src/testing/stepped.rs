//! A test that goes on by hand.

use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::callback::{Act, Answer};
use super::check;
use super::drive::Driver;
use super::failure::{At, fail, listed};
use super::history;
use super::run::TestRun;
use super::scenario::Scenario;
use crate::model::{CallbackId, Clock, ErrorObject, Event, Timestamp};
use crate::operation::Definition;

/// An execution that a test drives by hand: it has gone as far as it can without time passing or somebody doing
/// something.
///
/// ```
/// use durable::prelude::*;
/// use durable::testing::TestEngine;
///
/// #[durable]
/// async fn approve() -> Result<String, durable::CallbackError> {
///     let by = wait_for_callback(async |_id| ()).timeout(hours(2)).await_callback::<String>()?;
///     sleep(minutes(5)).await;
///     Ok(by)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut approval = TestEngine::new().start(approve()).await;
/// assert_eq!(approval.open_callbacks(), ["by"]);
/// approval.advance(hours(1)).await;
/// approval.crash().await;
/// approval.succeed("by", "Ada").await;
/// assert!(!approval.has_ended());
/// assert_eq!(approval.finish().await.result().unwrap(), "Ada");
/// # }
/// ```
pub struct Stepped<D> {
    pub(super) driver: Driver,
    pub(super) scenario: Option<Arc<Scenario>>,
    pub(super) definition: PhantomData<fn() -> D>,
}

impl<D: Definition> Stepped<D> {
    /// Whether the execution has ended.
    pub fn has_ended(&self) -> bool {
        self.driver.ending().is_some()
    }

    /// The time on the test's clock.
    pub fn now(&self) -> Timestamp {
        self.driver.clock.now()
    }

    /// Its events so far.
    pub fn events(&self) -> Vec<Event> {
        let stored = self.driver.root.and_then(|root| self.driver.stored(root));
        let records = stored.map(|stored| stored.records).unwrap_or_default();
        history::events(&records).cloned().collect()
    }

    /// The names of the callbacks that somebody waits for.
    pub fn open_callbacks(&self) -> Vec<String> {
        self.driver.open_callbacks().into_iter().map(|callback| callback.name).collect()
    }

    /// The id of the open callback of this name.
    #[track_caller]
    pub fn callback_id(&self, name: &str) -> CallbackId {
        self.find_callback(name, Location::caller())
    }

    fn find_callback(&self, name: &str, at: At) -> CallbackId {
        let open = self.driver.open_callbacks();
        match open.iter().find(|callback| callback.name == name) {
            Some(callback) => callback.id.clone(),
            None => {
                let names = listed(open.iter().map(|callback| callback.name.as_str()));
                fail(at, format!("no callback `{name}` is open; open are: {names}"))
            }
        }
    }

    /// Completes the open callback of this name with a value.
    #[track_caller]
    pub fn succeed<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> impl Future<Output = ()> {
        self.answer(name, Answer::succeed(value), Location::caller())
    }

    /// Completes the open callback of this name with an error.
    #[track_caller]
    pub fn fail(&mut self, name: &str, error: ErrorObject) -> impl Future<Output = ()> {
        self.answer(name, Answer::fail(error), Location::caller())
    }

    /// Keeps the open callback of this name alive for another heartbeat timeout.
    #[track_caller]
    pub fn heartbeat(&mut self, name: &str) -> impl Future<Output = ()> {
        self.answer(name, Answer::heartbeat(), Location::caller())
    }

    async fn answer(&mut self, name: &str, answer: Answer, at: At) {
        let id = self.find_callback(name, at);
        self.driver.used.answered.push(name.to_owned());
        for (_, act) in answer.acts {
            self.act(&id, act, at).await;
        }
    }

    async fn act(&mut self, id: &CallbackId, act: Act, at: At) {
        let done = match self.driver.act(id, act).await {
            Ok(()) => self.driver.settle().await,
            failed => failed,
        };
        done.unwrap_or_else(|problem| fail(at, problem));
    }

    /// Lets this much time pass, with everything that happens meanwhile.
    #[track_caller]
    pub fn advance(&mut self, time: Duration) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move {
            let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
            let until = Timestamp::from_millis(self.now().as_millis().saturating_add(millis));
            while let Some(next) = self.driver.next_time().filter(|next| *next <= until) {
                self.move_to(next, at).await;
            }
            self.move_to(until, at).await;
        }
    }

    /// Moves the time to the next moment at which something happens by itself; returns whether there was one.
    #[track_caller]
    pub fn advance_to_next(&mut self) -> impl Future<Output = bool> {
        let at = Location::caller();
        async move {
            let Some(next) = self.driver.next_time() else { return false };
            self.move_to(next, at).await;
            true
        }
    }

    async fn move_to(&mut self, time: Timestamp, at: At) {
        self.driver.clock.advance_to(time);
        self.driver.settle().await.unwrap_or_else(|problem| fail(at, problem));
    }

    /// Ends the process; another one goes on.
    #[track_caller]
    pub fn crash(&mut self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move { self.driver.crash().await.unwrap_or_else(|problem| fail(at, problem)) }
    }

    /// Stops the execution from outside.
    #[track_caller]
    pub fn stop(&mut self, error: ErrorObject) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move { self.driver.stop(error).await.unwrap_or_else(|problem| fail(at, problem)) }
    }

    /// Goes on to the end, as [`TestEngine::run`](super::TestEngine::run) does.
    #[track_caller]
    pub fn finish(self) -> impl Future<Output = TestRun<D>> {
        let at = Location::caller();
        self.finish_at(at)
    }

    pub(super) async fn finish_at(mut self, at: At) -> TestRun<D> {
        let ran = self.driver.run().await;
        self.driver.end_process().await;
        let thorough = self.scenario.as_ref().is_some_and(|scenario| scenario.is_thorough());
        let checked = match (ran, self.driver.check_names()) {
            (Ok(()), named) => named.and_then(|()| check::after(&self.driver, thorough)),
            // A name that is wrong may be why it can't go on.
            (Err(problem), named) => {
                Err([Some(problem), named.err()].into_iter().flatten().collect::<Vec<_>>().join("\n"))
            }
        };
        if let Err(problem) = checked {
            fail(at, format!("{problem}\n{}", TestRun::<D>::of(&self.driver)));
        }
        if let Some(scenario) = &self.scenario {
            scenario.note_replayed();
        }
        TestRun::of(&self.driver)
    }
}
