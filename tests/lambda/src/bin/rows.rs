//! The requirements on durable operations, over a durable execution service that is already there:
//! `lambda-rows SERVICE LISTEN FOLDER [ROW…]`.
//!
//! Answers `Invoke` at `LISTEN`, starts the execution of each row at `SERVICE`, does to it what happens from outside,
//! and compares its history with the row's. Prints one line of JSON for each.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use durable::model::SystemClock;
use durable_conformance::check::check_as;
use durable_conformance::driver::{self, Outside};
use durable_conformance::pattern::Pattern;
use durable_conformance::witness::Told;
use durable_conformance::{Row, SUITES};
use durable_lambda_tests::{Api, Lambda, fleet, shown};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How many rows run at once.
const AT_ONCE: usize = 6;

/// How long an invocation takes to reach its function: the rows expect that an execution is suspended before another that
/// it has invoked ends.
const LATENCY: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [service, listen, folder, wanted @ ..] = arguments.as_slice() else {
        anyhow::bail!("usage: lambda-rows SERVICE LISTEN FOLDER [ROW…]");
    };
    let bootstrap = std::env::current_exe()?.with_file_name("lambda-bootstrap");
    let program = fleet::program(bootstrap, service.clone(), PathBuf::from(folder));
    let lambda = Lambda::slow(program, Duration::from_secs(60), LATENCY);
    tokio::spawn(lambda.serve(tokio::net::TcpListener::bind(listen).await?));
    let (api, room) = (Api::new(service), Arc::new(Semaphore::new(AT_ONCE)));
    wait_for(service).await?;

    let mut rows = JoinSet::new();
    for (suite, row) in SUITES.iter().flat_map(|suite| suite.rows.iter().map(move |row| (suite, row))) {
        if !wanted.is_empty() && !wanted.iter().any(|id| id == row.id || *id == suite.name) {
            continue;
        }
        let (api, room, folder) = (api.clone(), Arc::clone(&room), PathBuf::from(folder));
        rows.spawn(async move {
            let _turn = room.acquire().await;
            let begun = Instant::now();
            let outcome = carry_out(&api, row, &folder).await;
            let (strict, shown) = match outcome {
                Ok(Outcome { strict, shown }) => (strict, shown),
                Err(error) => (Err(format!("{error:#}")), Err(format!("{error:#}"))),
            };
            let seconds = begun.elapsed().as_secs_f32();
            let line = json!({ "suite": suite.name, "row": row.id, "about": row.about, "seconds": seconds,
                               "strict": strict.err(), "shown": shown.err() });
            println!("{line}");
        });
    }
    while rows.join_next().await.is_some() {}
    Ok(())
}

async fn wait_for(service: &str) -> anyhow::Result<()> {
    let address = service.trim_start_matches("http://");
    for _ in 0..600 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("nobody answers at {address}")
}

/// Whether a row holds.
struct Outcome {
    /// As it is.
    strict: Result<(), String>,
    /// But for what the service does not show.
    shown: Result<(), String>,
}

async fn carry_out(api: &Api, row: &Row, folder: &Path) -> anyhow::Result<Outcome> {
    let arn = api.start(fleet::function_of(row), row.id, row.input).await.context("start")?;
    let outside = Remote { api, arn };
    let history = driver::drive(&outside, &SystemClock, row).await?;
    let folder = fleet::folder_of(folder, fleet::function_of(row));
    let told = || match row.told {
        Some(holds) => holds(&Told::read_all(&folder, &folder.join("log"))),
        None => Ok(()),
    };
    let judge = |seen: fn(Pattern) -> Pattern| {
        check_as(row, &history, seen).map_err(|mismatch| mismatch.to_string()).and_then(|()| told())
    };
    Ok(Outcome { strict: judge(shown::on_the_wire), shown: judge(shown::by_the_emulator) })
}

/// An execution of a service elsewhere.
struct Remote<'a> {
    api: &'a Api,
    arn: String,
}

impl Outside for Remote<'_> {
    type Error = durable_lambda_tests::ApiError;

    async fn history(&self) -> Result<Vec<durable::Event>, Self::Error> {
        self.api.history(&self.arn).await
    }

    async fn heartbeat(&self, callback: &durable::CallbackId) -> Result<(), Self::Error> {
        self.api.heartbeat(callback.as_str()).await
    }

    async fn succeed(&self, callback: &durable::CallbackId, payload: Option<&str>) -> Result<(), Self::Error> {
        self.api.succeed(callback.as_str(), payload).await
    }

    async fn fail(&self, callback: &durable::CallbackId, error: durable::ErrorObject) -> Result<(), Self::Error> {
        self.api.fail(callback.as_str(), error).await
    }
}
