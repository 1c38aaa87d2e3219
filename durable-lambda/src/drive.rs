//! The loop of one invocation, between its code, its deadline and the service.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use durable_core::host::{HostedRun, Next};
use durable_core::model::{Clock, ErrorObject, Operation, OperationUpdate, SystemClock, Timestamp};
use durable_core::observe::InvocationStatus;
use durable_wire::OperationUpdate as Update;
use durable_wire::envelope::Response;
use tokio::time::Sleep;

use crate::chain::Chain;
use crate::failure::Failure;

/// How long the start of a step waits for the outcome to travel with. The outcome never waits. A step that takes longer
/// is worth a call of its own, so that history shows it running.
const LINGER: Duration = Duration::from_millis(100);
/// The longest time between two looks at something that is due.
const LONGEST_LOOK: Duration = Duration::from_secs(10);
/// The most bytes that Lambda takes as an answer, less what the official SDKs leave free.
const RESPONSE: usize = 6 * 1024 * 1024 - 50;

/// When no step may begin any more.
pub(crate) struct Deadline(Pin<Box<Sleep>>);

impl Deadline {
    /// `left` is the time of the whole invocation, of which so much is kept back.
    pub(crate) fn new(left: Duration, reserve: Duration) -> Self {
        Self(Box::pin(tokio::time::sleep(left.saturating_sub(reserve.min(left / 4)))))
    }
}

/// One invocation under way.
pub(crate) struct Drive<'a> {
    run: HostedRun,
    line: Line,
    outgoing: &'a dyn Fn(OperationUpdate) -> Update,
    deadline: Deadline,
    /// Whether the deadline has passed.
    late: bool,
    /// What the run needs next, while a call is still under way.
    waiting: Option<Next>,
    /// Until starts that wait for an outcome are sent without it.
    linger: Option<Pin<Box<Sleep>>>,
    look: Option<Look>,
}

/// The line to the service, which takes one call at a time.
enum Line {
    Free(Chain),
    Busy(Pin<Box<dyn Future<Output = (Chain, Answer)>>>),
    /// Between the two.
    Taken,
}

/// What a call came to.
enum Answer {
    /// The updates are recorded.
    Recorded(Result<Vec<Operation>, Failure>),
    /// That is what has changed.
    Refreshed(Result<Vec<Operation>, Failure>),
}

/// A look at whether something that is due has happened.
struct Look {
    due: Timestamp,
    /// How often it was looked already.
    looks: u32,
    sleep: Pin<Box<Sleep>>,
}

/// What the loop woke up for.
enum Signal {
    Answered(Chain, Answer),
    Run(Next),
    /// The deadline has passed.
    Late,
    /// It has, and nothing runs any more.
    OutOfTime,
    Linger,
    Look,
}

impl<'a> Drive<'a> {
    pub(crate) fn new(
        run: HostedRun,
        chain: Chain,
        deadline: Deadline,
        outgoing: &'a dyn Fn(OperationUpdate) -> Update,
    ) -> Self {
        let line = Line::Free(chain);
        Self { run, line, outgoing, deadline, late: false, waiting: None, linger: None, look: None }
    }

    /// Goes on until there is an answer, and tells observers how the invocation ended.
    pub(crate) async fn until_the_end(mut self) -> Result<Response, Failure> {
        let answer = self.go_on().await;
        let (status, error) = match &answer {
            Ok(Response::Succeeded { .. }) => (InvocationStatus::Succeeded, None),
            Ok(Response::Failed { error }) => (InvocationStatus::Failed, error.clone().map(ErrorObject::from)),
            Ok(Response::Pending) => (InvocationStatus::Pending, None),
            Err(failure) => match failure.fails_with() {
                Some(error) => (InvocationStatus::Failed, Some(error)),
                None => (InvocationStatus::Retry, Some(failure.to_error())),
            },
        };
        self.run.ended(status, error);
        answer
    }

    async fn go_on(&mut self) -> Result<Response, Failure> {
        loop {
            match self.signal().await {
                Signal::Answered(chain, answer) => {
                    self.line = Line::Free(chain);
                    match answer {
                        Answer::Recorded(changed) => self.run.acknowledge(changed?),
                        Answer::Refreshed(changed) => self.refreshed(changed?),
                    }
                }
                Signal::Run(next) => {
                    if let Some(response) = self.do_next(next).await? {
                        return Ok(response);
                    }
                }
                Signal::Late => {
                    tracing::warn!("the invocation's time is almost over, so no step begins any more");
                    self.late = true;
                    self.run.begin_no_more();
                }
                Signal::OutOfTime => return Err(Failure::OutOfTime),
                Signal::Linger => {
                    if let Some(updates) = self.run.take_lingering() {
                        self.record(updates);
                    }
                }
                Signal::Look => self.refresh(),
            }
        }
    }

    /// Does what the run asks for; gives the answer to the invocation if that was the last of it.
    async fn do_next(&mut self, next: Next) -> Result<Option<Response>, Failure> {
        if matches!(self.line, Line::Busy(_)) {
            // It waits for the call that is under way.
            self.waiting = Some(next);
            return Ok(None);
        }
        match next {
            Next::Suspended(updates) if updates.is_empty() => Ok(Some(Response::Pending)),
            Next::Checkpoint(updates) | Next::Suspended(updates) => {
                self.record(updates);
                Ok(None)
            }
            Next::Finished(outcome, updates) => self.finish(outcome, updates).await.map(Some),
            Next::Halted(error) => {
                tracing::error!(%error, "the code can't go on");
                self.finish(Err(error), Vec::new()).await.map(Some)
            }
        }
    }

    /// Takes in what has changed. A suspension that came meanwhile is overtaken by it; if nothing has changed, the run says
    /// again that it is suspended.
    fn refreshed(&mut self, changed: Vec<Operation>) {
        match &self.waiting {
            Some(Next::Suspended(updates)) if updates.is_empty() => {
                self.waiting = None;
                self.run.acknowledge(changed);
            }
            _ => self.run.merge(changed),
        }
    }

    fn record(&mut self, updates: Vec<OperationUpdate>) {
        let updates = updates.into_iter().map(self.outgoing).collect();
        self.call(|mut chain| {
            Box::pin(async move {
                let answer = Answer::Recorded(chain.record(updates).await);
                (chain, answer)
            })
        });
    }

    fn refresh(&mut self) {
        self.call(|mut chain| {
            Box::pin(async move {
                let answer = Answer::Refreshed(chain.refresh().await);
                (chain, answer)
            })
        });
    }

    fn call(&mut self, call: impl FnOnce(Chain) -> Pin<Box<dyn Future<Output = (Chain, Answer)>>>) {
        (self.linger, self.look) = (None, self.look.take().map(Look::again));
        self.line = match std::mem::replace(&mut self.line, Line::Taken) {
            Line::Free(chain) => Line::Busy(call(chain)),
            line => line,
        };
    }

    /// Has the last updates recorded, and the outcome too if it is too large to be an answer.
    async fn finish(
        &mut self,
        outcome: Result<Option<String>, ErrorObject>,
        updates: Vec<OperationUpdate>,
    ) -> Result<Response, Failure> {
        let Line::Free(chain) = &mut self.line else {
            return Err(Failure::Service("the run ended in the middle of a call".to_owned()));
        };
        chain.record(updates.into_iter().map(self.outgoing).collect()).await?;
        let response = match &outcome {
            Ok(result) => Response::Succeeded { result: result.clone() },
            Err(error) => Response::Failed { error: Some(error.clone().into()) },
        };
        if serde_json::to_string(&response).is_ok_and(|text| text.len() <= RESPONSE) {
            return Ok(response);
        }
        let response = match &outcome {
            Ok(_) => Response::Succeeded { result: Some(String::new()) },
            Err(_) => Response::Failed { error: None },
        };
        let id = format!("execution-result-{}", SystemClock.now().as_millis());
        chain.end(Update::execution(id, outcome)).await?;
        Ok(response)
    }

    async fn signal(&mut self) -> Signal {
        poll_fn(|cx| self.poll_signal(cx)).await
    }

    fn poll_signal(&mut self, cx: &mut Context<'_>) -> Poll<Signal> {
        if let Line::Busy(call) = &mut self.line
            && let Poll::Ready((chain, answer)) = call.as_mut().poll(cx)
        {
            return Poll::Ready(Signal::Answered(chain, answer));
        }
        let free = matches!(self.line, Line::Free(_));
        if free && let Some(next) = self.waiting.take() {
            return Poll::Ready(Signal::Run(next));
        }
        if self.waiting.is_none()
            && let Poll::Ready(next) = self.run.poll_next(cx)
        {
            return Poll::Ready(Signal::Run(next));
        }
        if !self.late && self.deadline.0.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Signal::Late);
        }
        if !free {
            return Poll::Pending;
        }
        if self.late && self.run.is_at_rest() {
            return Poll::Ready(Signal::OutOfTime);
        }
        self.poll_linger(cx).is_ready().then_some(Signal::Linger).map_or_else(|| self.poll_look(cx), Poll::Ready)
    }

    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.run.has_lingering() {
            self.linger = None;
            return Poll::Pending;
        }
        self.linger.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER))).as_mut().poll(cx)
    }

    /// Wakes up when a timer or a retry is due while other code runs, and again after some time if it has not happened.
    fn poll_look(&mut self, cx: &mut Context<'_>) -> Poll<Signal> {
        let Some(due) = self.run.next_due() else {
            self.look = None;
            return Poll::Pending;
        };
        if self.look.as_ref().is_none_or(|look| look.due != due) {
            self.look = Some(Look::first(due));
        }
        let Some(look) = &mut self.look else { return Poll::Pending };
        look.sleep.as_mut().poll(cx).map(|()| Signal::Look)
    }
}

impl Look {
    fn first(due: Timestamp) -> Self {
        Self { due, looks: 0, sleep: Box::pin(tokio::time::sleep(due.since(SystemClock.now()))) }
    }

    /// The next look, if this one showed nothing: later each time.
    fn again(self) -> Self {
        if !self.sleep.is_elapsed() {
            return self;
        }
        let looks = self.looks + 1;
        let pause = Duration::from_secs(looks.into()).min(LONGEST_LOOK);
        Self { looks, sleep: Box::pin(tokio::time::sleep(pause)), ..self }
    }
}
