//! `dbos` on PostgreSQL, as it comes: ten connections, one row committed per step.

use std::time::Duration;

use anyhow::{Context, Result};
use bench_kit::{End, Job, Side, Work, asleep, awake, passed, waiting};
use dbos::{Config, DBOS, StartOptions, WorkflowRef};

const LONG: Duration = Duration::from_secs(3600);

async fn work(number: u32) -> dbos::Result<String> {
    dbos::step("work", move || async move { Ok(bench_kit::step(number)) }).await
}

async fn steps(count: u32) -> dbos::Result<usize> {
    let mut bytes = 0;
    for number in 0..count {
        bytes += work(number).await?.len();
    }
    Ok(bytes)
}

async fn nap(number: u32) -> dbos::Result<u32> {
    asleep(number);
    dbos::sleep(Duration::from_secs(2)).await?;
    awake(number);
    Ok(number)
}

async fn held(_: ()) -> dbos::Result<Option<u32>> {
    waiting();
    dbos::recv(Some("answer"), LONG).await
}

async fn resumed(count: u32) -> dbos::Result<String> {
    for number in 0..count {
        work(number).await?;
    }
    waiting();
    let answer: Option<u32> = dbos::recv(Some("answer"), LONG).await?;
    work(answer.unwrap_or(0)).await
}

async fn waits(count: u32) -> dbos::Result<u32> {
    let mut answers = 0;
    for number in 1..=count {
        let answer: Option<u32> = dbos::recv(Some("answer"), LONG).await?;
        answers += answer.unwrap_or(0);
        passed(number);
    }
    Ok(answers)
}

struct Dbos {
    dbos: DBOS,
    steps: WorkflowRef<u32, usize>,
    nap: WorkflowRef<u32, u32>,
    held: WorkflowRef<(), Option<u32>>,
    resumed: WorkflowRef<u32, String>,
    waits: WorkflowRef<u32, u32>,
}

impl Side for Dbos {
    async fn open(job: &Job) -> Result<Self> {
        let database = job.database.clone().context("dbos needs a database")?;
        let dbos = DBOS::new(Config { app_version: Some("1".to_owned()), ..Config::new("bench", database) });
        let side = Self {
            steps: dbos.register_workflow("steps", steps)?,
            nap: dbos.register_workflow("nap", nap)?,
            held: dbos.register_workflow("held", held)?,
            resumed: dbos.register_workflow("resumed", resumed)?,
            waits: dbos.register_workflow("waits", waits)?,
            dbos,
        };
        side.dbos.launch().await?;
        Ok(side)
    }

    async fn start(&self, name: String, work: Work) -> Result<End> {
        match work {
            Work::Steps(count) => started(&self.steps, count, name).await,
            Work::Nap(number) => started(&self.nap, number, name).await,
            Work::Held => started(&self.held, (), name).await,
            Work::Resumed(count) => started(&self.resumed, count, name).await,
            Work::Loop(count) => started(&self.waits, count, name).await,
        }
    }

    async fn answer(&self, ticket: &str) -> Result<()> {
        let options = dbos::SendOptions { topic: Some("answer"), ..Default::default() };
        Ok(self.dbos.send_with(ticket, &1_u32, options).await?)
    }

    async fn close(self) {
        self.dbos.shutdown().await;
    }
}

async fn started<P, R>(workflow: &WorkflowRef<P, R>, input: P, name: String) -> Result<End>
where
    P: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
    R: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    let options = StartOptions { workflow_id: Some(&name), ..Default::default() };
    let handle = workflow.start_with(input, options).await?;
    Ok(Box::pin(async move { Ok(handle.result().await.map(drop)?) }))
}

#[tokio::main]
async fn main() -> Result<()> {
    bench_kit::run::<Dbos>().await
}
