//! `duroxide` on SQLite. It polls its queues, 100 ms apart as it comes, and opens SQLite with `synchronous = NORMAL`, which
//! may lose commits that it acknowledged. `fast` polls every millisecond, `full` does that with `synchronous = FULL`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow, bail, ensure};
use bench_kit::{End, Job, Side, Work, asleep, awake, passed, waiting};
use duroxide::providers::sqlite::SqliteProvider;
use duroxide::runtime::registry::ActivityRegistry;
use duroxide::runtime::{Runtime, RuntimeOptions};
use duroxide::{ActivityContext, Client, OrchestrationContext, OrchestrationRegistry, OrchestrationStatus};

/// As many as its pool opens.
const CONNECTIONS: u32 = 5;

async fn work(_: ActivityContext, number: String) -> Result<String, String> {
    Ok(bench_kit::step(count(&number)?))
}

async fn steps(context: OrchestrationContext, input: String) -> Result<String, String> {
    let mut bytes = 0;
    for number in 0..count(&input)? {
        bytes += context.schedule_activity("work", number.to_string()).await?.len();
    }
    Ok(bytes.to_string())
}

async fn nap(context: OrchestrationContext, input: String) -> Result<String, String> {
    let number = count(&input)?;
    asleep(number);
    context.schedule_timer(Duration::from_secs(2)).await;
    awake(number);
    Ok(input)
}

async fn held(context: OrchestrationContext, _: String) -> Result<String, String> {
    waiting();
    Ok(context.dequeue_event("answer").await)
}

async fn resumed(context: OrchestrationContext, input: String) -> Result<String, String> {
    for number in 0..count(&input)? {
        context.schedule_activity("work", number.to_string()).await?;
    }
    waiting();
    let answer = context.dequeue_event("answer").await;
    context.schedule_activity("work", answer).await
}

async fn waits(context: OrchestrationContext, input: String) -> Result<String, String> {
    for number in 1..=count(&input)? {
        context.dequeue_event("answer").await;
        passed(number);
    }
    Ok(input)
}

fn count(input: &str) -> Result<u32, String> {
    input.parse().map_err(|error| format!("`{input}`: {error}"))
}

struct Duroxide {
    client: Arc<Client>,
    runtime: Arc<Runtime>,
}

impl Side for Duroxide {
    async fn open(job: &Job) -> Result<Self> {
        let url = format!("sqlite:{}?mode=rwc", job.dir.join("duroxide.db").display());
        let provider = SqliteProvider::new(&url, None).await?;
        let mut options = RuntimeOptions::default();
        match job.setting.as_str() {
            "" => {}
            "fast" => options.dispatcher_min_poll_interval = Duration::from_millis(1),
            "full" => {
                options.dispatcher_min_poll_interval = Duration::from_millis(1);
                sync_fully(&provider).await?;
            }
            other => bail!("`{other}` is no setting"),
        }
        let provider = Arc::new(provider);
        let activities = ActivityRegistry::builder().register("work", work).build();
        let orchestrations = OrchestrationRegistry::builder()
            .register("steps", steps)
            .register("nap", nap)
            .register("held", held)
            .register("resumed", resumed)
            .register("waits", waits)
            .build();
        let runtime = Runtime::start_with_options(provider.clone(), activities, orchestrations, options).await;
        Ok(Self { client: Arc::new(Client::new(provider)), runtime })
    }

    async fn start(&self, name: String, work: Work) -> Result<End> {
        let (function, input) = match work {
            Work::Steps(count) => ("steps", count),
            Work::Nap(number) => ("nap", number),
            Work::Held => ("held", 0),
            Work::Resumed(count) => ("resumed", count),
            Work::Loop(count) => ("waits", count),
        };
        self.client.start_orchestration(&name, function, input.to_string()).await.map_err(failed)?;
        let client = self.client.clone();
        Ok(Box::pin(async move {
            let status = client.wait_for_orchestration(&name, Duration::from_secs(3600)).await.map_err(failed)?;
            ensure!(matches!(status, OrchestrationStatus::Completed { .. }), "{name}: {status:?}");
            Ok(())
        }))
    }

    async fn answer(&self, ticket: &str) -> Result<()> {
        self.client.enqueue_event(ticket, "answer", "1").await.map_err(failed)
    }

    async fn close(self) {
        self.runtime.shutdown(Some(1000)).await;
    }
}

/// Its own connections can be reached, not its options.
async fn sync_fully(provider: &SqliteProvider) -> Result<()> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = provider.get_pool().acquire().await?;
        sqlx::query("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
        connections.push(connection);
    }
    Ok(())
}

fn failed(error: impl std::fmt::Debug) -> anyhow::Error {
    anyhow!("{error:?}")
}

#[tokio::main]
async fn main() -> Result<()> {
    bench_kit::run::<Duroxide>().await
}
