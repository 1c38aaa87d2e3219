//! This engine, as it comes.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use bench_kit::{End, Job, Side, Work, Workload, asleep, awake, passed, waiting};
use durable::prelude::*;
use durable::{EventKind, Limits, ReadOutcome, StartExecution};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

async fn work(number: u32) -> String {
    bench_kit::step(number)
}

#[durable]
async fn steps(count: u32) -> usize {
    let mut bytes = 0;
    for number in 0..count {
        #[step]
        let text = work(number).await;
        bytes += text.len();
    }
    bytes
}

#[durable]
async fn nap(number: u32) -> u32 {
    asleep(number);
    sleep(seconds(2)).await;
    awake(number);
    number
}

#[durable]
async fn held() -> u32 {
    let answer = create_callback::<u32>().await;
    waiting();
    answer.await_callback().unwrap_or(0)
}

/// Where callback ids are left.
#[derive(Clone)]
struct Desk(UnboundedSender<CallbackId>);

async fn leave(desk: &Desk, id: CallbackId) {
    _ = desk.0.send(id);
}

#[durable]
async fn resumed(count: u32, State(desk): State<Desk>) -> String {
    for number in 0..count {
        #[step(name = "before")]
        work(number).await;
    }
    waiting();
    let answer = wait_for_callback(async |id| leave(&desk, id).await).await_callback::<u32>().unwrap_or(0);
    #[step(name = "after")]
    let last = work(answer).await;
    last
}

#[durable]
async fn waits(count: u32, State(desk): State<Desk>) -> u32 {
    let mut answers = 0;
    for number in 1..=count {
        let answer = wait_for_callback(async |id| leave(&desk, id).await).await_callback::<u32>();
        answers += answer.unwrap_or(0);
        passed(number);
    }
    answers
}

struct Durable {
    engine: Engine,
    tickets: Mutex<UnboundedReceiver<CallbackId>>,
}

impl Side for Durable {
    async fn open(job: &Job) -> Result<Self> {
        let (desk, tickets) = unbounded_channel();
        let mut engine = Engine::open(job.dir.join("durable.db"))
            .register(steps)
            .register(nap)
            .register(held)
            .register(resumed)
            .register(waits)
            .state(Desk(desk));
        match job.setting.as_str() {
            "" => {}
            "evicted" => engine = engine.resident(0),
            "resident" => engine = engine.resident(usize::MAX),
            other => bail!("`{other}` is no setting"),
        }
        // These perform more than the 3,000 operations that an execution may have unless it is told otherwise.
        if matches!(job.workload, Workload::Prepare | Workload::Open | Workload::Loop) {
            engine = engine.limits(Limits::none());
        }
        Ok(Self { engine: engine.start().await?, tickets: Mutex::new(tickets) })
    }

    async fn start(&self, name: String, work: Work) -> Result<End> {
        match work {
            Work::Steps(count) => started(self.engine.start(steps(count)), name).await,
            Work::Nap(number) => started(self.engine.start(nap(number)), name).await,
            Work::Held => started(self.engine.start(held()), name).await,
            Work::Resumed(count) => started(self.engine.start(resumed(count)), name).await,
            Work::Loop(count) => started(self.engine.start(waits(count)), name).await,
        }
    }

    async fn ticket(&self, _name: &str, _answered: u32) -> Result<String> {
        let id = self.tickets.lock().await.recv().await.context("the engine is gone")?;
        Ok(id.to_string())
    }

    /// A sleep is due two seconds after it is on record, and not after it was asked for.
    async fn due(&self, name: &str) -> Result<Option<SystemTime>> {
        let id = self.engine.find("nap", name).await?.context("no such execution")?;
        let until = self.engine.history(id).await?.into_iter().find_map(|event| match event.kind {
            EventKind::WaitStarted { until, .. } => Some(until.as_millis()),
            _ => None,
        });
        Ok(until.map(|until| SystemTime::UNIX_EPOCH + Duration::from_millis(until.unsigned_abs())))
    }

    async fn answer(&self, ticket: &str) -> Result<()> {
        Ok(self.engine.complete_callback(&CallbackId::from_text(ticket), &1).await?)
    }

    async fn close(self) {
        self.engine.shutdown().await;
    }
}

async fn started<R: ReadOutcome + Send + 'static>(start: StartExecution<R>, name: String) -> Result<End> {
    let run = start.name(name).await?;
    Ok(Box::pin(async move { Ok(run.output().await.map(drop)?) }))
}

#[tokio::main]
async fn main() -> Result<()> {
    bench_kit::run::<Durable>().await
}
