//! One place for a process of a function: its port, what it works on, and its life.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use durable_core::engine::remote::InvocationEnd;
use durable_core::model::ErrorObject;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use super::queue::{Queue, Waiting};
use super::{FunctionProcess, Surroundings, command, routes};
use crate::listen::{Limits, listen};
use crate::security::Hosts;
use crate::server::ServeError;

/// How long to wait before a process is started again that ended before it asked for work: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long a process may go on with what nobody waits for, and how often that is looked at.
const GRACE: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(200);

/// What is known of the process in its place.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) queue: Arc<Queue>,
    pub(super) hosts: Hosts,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    work: Option<Work>,
    /// Whether the process has asked for work since it was started.
    asked: bool,
    /// Whether it has been told to end, so that it gets no work any more.
    ending: bool,
    /// What it said about not being able to start.
    init_error: Option<ErrorObject>,
}

/// What a process works on.
#[derive(Debug)]
struct Work {
    request_id: String,
    end: oneshot::Sender<InvocationEnd>,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the process has been told to end.
    pub(super) fn is_ending(&self) -> bool {
        self.state().ending
    }

    /// The process asks for work: whatever it had before is lost.
    pub(super) fn asks(&self) {
        let lost = {
            let mut state = self.state();
            state.asked = true;
            state.work.take()
        };
        if let Some(Work { end, .. }) = lost {
            let message = "the process asked for the next invocation before it answered this one";
            let _ = end.send(InvocationEnd::Crashed(ErrorObject::new("Runtime.ExitError", message)));
        }
    }

    /// The process gets this to work on.
    pub(super) fn takes(&self, request_id: String, end: oneshot::Sender<InvocationEnd>) {
        self.state().work = Some(Work { request_id, end });
    }

    /// The process says how its work ended. Returns whether it was this that it worked on.
    pub(super) fn ends(&self, request_id: &str, end: InvocationEnd) -> bool {
        let work = self.state().work.take_if(|work| work.request_id == request_id);
        let known = work.is_some();
        if let Some(work) = work {
            // Nobody may be interested any more: the execution has ended meanwhile.
            let _ = work.end.send(end);
        }
        known
    }

    /// The process could not start.
    pub(super) fn fails_to_start(&self, error: ErrorObject) {
        self.state().init_error = Some(error);
    }

    /// Returns when the process has worked for a while on something that nobody waits for any more: its time is over, or
    /// its execution has ended.
    async fn is_abandoned(&self) {
        let abandoned = || {
            let state = self.state();
            state.work.as_ref().filter(|work| work.end.is_closed()).map(|work| work.request_id.clone())
        };
        let mut since: Option<(String, Instant)> = None;
        loop {
            tokio::time::sleep(LOOK).await;
            since = match (abandoned(), since) {
                (Some(now), Some((before, since))) if now == before => {
                    if since.elapsed() >= GRACE {
                        return;
                    }
                    Some((before, since))
                }
                (Some(now), _) => Some((now, Instant::now())),
                (None, _) => None,
            };
        }
    }
}

/// Gives a process a port, and keeps it running.
pub(super) async fn begin(
    process: Arc<FunctionProcess>,
    number: usize,
    queue: Arc<Queue>,
    surroundings: Surroundings,
    tasks: &mut JoinSet<()>,
) -> Result<(), ServeError> {
    let loopback = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let at = |source| ServeError::Address { address: loopback, source };
    let listener = TcpListener::bind(loopback).await.map_err(at)?;
    let address = listener.local_addr().map_err(at)?;
    let hosts = Hosts::new(Vec::new(), address.ip());
    let slot = Arc::new(Slot { queue, hosts, state: Mutex::default() });
    let limits = Limits { connections: 16, arrival: Duration::from_secs(30) };
    tasks.spawn(listen(listener, routes::router(Arc::clone(&slot)), limits, surroundings.stop.clone()));
    let command = command::Command { process, number, address, surroundings };
    tasks.spawn(keep(slot, command));
    Ok(())
}

/// Starts the process again and again, until the service ends.
async fn keep(slot: Arc<Slot>, command: command::Command) {
    let mut stop = command.surroundings.stop.clone();
    let mut pause = FIRST_PAUSE;
    loop {
        *slot.state() = State::default();
        let began = Instant::now();
        let Some(reason) = live(&slot, &command, &mut stop).await else { return };
        let (asked, work, init_error) = {
            let mut state = slot.state();
            (state.asked, state.work.take(), state.init_error.take())
        };
        let error = init_error.unwrap_or_else(|| ErrorObject::new("Runtime.ExitError", reason));
        tracing::warn!(function = %command.process.name, error = %error.text(), "a function process has ended");
        match work {
            Some(work) => drop(work.end.send(InvocationEnd::Crashed(error))),
            // It never came to work: that is on record with whoever waits for it.
            None if !asked => {
                let waiting = tokio::time::timeout(Duration::ZERO, slot.queue.next()).await;
                if let Ok(Some(Waiting { end, .. })) = waiting {
                    let _ = end.send(InvocationEnd::Crashed(error));
                }
            }
            None => {}
        }
        if asked && began.elapsed() > pause {
            pause = FIRST_PAUSE;
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// One life of the process; returns how it ended, or nothing if the service ends.
async fn live(slot: &Slot, command: &command::Command, stop: &mut watch::Receiver<bool>) -> Option<String> {
    let mut group = match command.start() {
        Ok(group) => group,
        Err(error) => return Some(format!("the process can't be started: {error}")),
    };
    let reason = tokio::select! {
        ended = group.wait() => return Some(match ended {
            Ok(status) => format!("the process has ended: {status}"),
            Err(error) => format!("the process can't be waited for: {error}"),
        }),
        () = slot.is_abandoned() => Some("the process was ended, because nobody waited for its work any more".to_owned()),
        _ = stop.wait_for(|stop| *stop) => None,
    };
    slot.state().ending = true;
    group.end().await;
    reason
}
