//! `durare` on SQLite, as it comes but for `synchronous = FULL`; its own setting, NORMAL, may lose commits that it
//! acknowledged.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use bench_kit::{End, Job, Side, Work, Workload, asleep, awake, passed, waiting};
use durare::{DurableContext, DurableEngine, SqliteProvider, StateProvider, WorkflowOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

const LONG: Duration = Duration::from_secs(3600);

async fn work(context: &DurableContext, number: u32) -> durare::Result<String> {
    context.step("work", move || async move { durare::Result::Ok(bench_kit::step(number)) }).await
}

async fn steps(context: DurableContext, count: u32) -> durare::Result<usize> {
    let mut bytes = 0;
    for number in 0..count {
        bytes += work(&context, number).await?.len();
    }
    Ok(bytes)
}

async fn nap(context: DurableContext, number: u32) -> durare::Result<u32> {
    asleep(number);
    context.sleep(Duration::from_secs(2)).await?;
    awake(number);
    Ok(number)
}

async fn held(context: DurableContext, _: ()) -> durare::Result<Option<u32>> {
    waiting();
    context.recv("answer", LONG).await
}

async fn resumed(context: DurableContext, count: u32) -> durare::Result<String> {
    for number in 0..count {
        work(&context, number).await?;
    }
    waiting();
    let answer: Option<u32> = context.recv("answer", LONG).await?;
    work(&context, answer.unwrap_or(0)).await
}

async fn waits(context: DurableContext, count: u32) -> durare::Result<u32> {
    let mut answers = 0;
    for number in 1..=count {
        let answer: Option<u32> = context.recv("answer", LONG).await?;
        answers += answer.unwrap_or(0);
        passed(number);
    }
    Ok(answers)
}

struct Durare(DurableEngine);

impl Side for Durare {
    async fn open(job: &Job) -> Result<Self> {
        let synchronous = match job.setting.as_str() {
            "" => SqliteSynchronous::Full,
            "normal" => SqliteSynchronous::Normal,
            other => bail!("`{other}` is no setting"),
        };
        // What `SqliteProvider::connect` does, but for `synchronous`.
        let options = SqliteConnectOptions::new()
            .filename(job.dir.join("durare.db"))
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new().max_connections(5).connect_with(options).await?;
        let provider: Arc<dyn StateProvider> = Arc::new(SqliteProvider::from_pool(pool));
        let mut engine = DurableEngine::new(provider).await?;
        engine.register("steps", steps);
        engine.register("nap", nap);
        engine.register("held", held);
        engine.register("resumed", resumed);
        engine.register("waits", waits);
        if job.workload == Workload::Open {
            engine.recover().await?;
        }
        Ok(Self(engine))
    }

    async fn start(&self, name: String, work: Work) -> Result<End> {
        match work {
            Work::Steps(count) => started::<_, usize>(&self.0, "steps", count, name).await,
            Work::Nap(number) => started::<_, u32>(&self.0, "nap", number, name).await,
            Work::Held => started::<_, Option<u32>>(&self.0, "held", (), name).await,
            Work::Resumed(count) => started::<_, String>(&self.0, "resumed", count, name).await,
            Work::Loop(count) => started::<_, u32>(&self.0, "waits", count, name).await,
        }
    }

    async fn answer(&self, ticket: &str) -> Result<()> {
        Ok(self.0.send(ticket, 1_u32, "answer").await?)
    }

    async fn close(self) {
        _ = self.0.shutdown(Duration::from_secs(1)).await;
    }
}

async fn started<I, O>(engine: &DurableEngine, function: &str, input: I, name: String) -> Result<End>
where
    I: Serialize + Send,
    O: DeserializeOwned + Send + 'static,
{
    let handle = engine.start::<I, O>(function, input, WorkflowOptions::with_id(name)).await?;
    Ok(Box::pin(async move { Ok(handle.result().await.map(drop)?) }))
}

#[tokio::main]
async fn main() -> Result<()> {
    bench_kit::run::<Durare>().await
}
