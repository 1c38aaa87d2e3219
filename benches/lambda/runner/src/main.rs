//! Measures the same function on both SDKs, in one run against one service: this project's, in this process, with an engine
//! that keeps everything in memory.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use durable::remote::{InvocationFuture, Remote, RemoteFunction, RemoteInvocation};
use durable::{Engine, ErrorObject, remote::InvocationEnd};
use durable_lambda_tests::faults::Faults;
use durable_lambda_tests::remote::{end, payload};
use durable_lambda_tests::{Lambda, service};
use durable_server::Serving;

#[derive(Debug, Parser)]
struct Arguments {
    /// The folder with both programs.
    #[arg(long)]
    programs: PathBuf,
    /// How many cold starts of each.
    #[arg(long, default_value_t = 30)]
    cold: usize,
    /// How many warm invocations of each.
    #[arg(long, default_value_t = 10)]
    warm: usize,
    /// How many steps a warm invocation has.
    #[arg(long, default_value_t = 200)]
    steps: u64,
}

const SIDES: [(&str, &str, &str); 2] = [
    ("ours", "durable-lambda", "lambda-bench-ours"),
    ("official", "aws-durable-execution-sdk 0.1.0", "lambda-bench-official"),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let bench = Bench::start(&arguments.programs, None).await?;
    let (mut cold, mut warm, mut empty) = ([vec![], vec![]], [vec![], vec![]], [vec![], vec![]]);
    // In turns, so that whatever else the machine does hits both.
    for _ in 0..arguments.cold {
        for (times, (side, ..)) in cold.iter_mut().zip(SIDES) {
            bench.lambda.rest();
            times.push(bench.run(side, 1).await?);
        }
    }
    for (side, ..) in SIDES {
        bench.run(side, arguments.steps).await?;
    }
    for _ in 0..arguments.warm {
        for ((times, none), (side, ..)) in warm.iter_mut().zip(&mut empty).zip(SIDES) {
            none.push(bench.run(side, 0).await?);
            times.push(bench.run(side, arguments.steps).await?);
        }
    }
    let counting = Bench::start(&arguments.programs, Some(())).await?;

    println!("| | size | cold start, first step recorded: median (p90) | a step, warm: median | calls of a step |");
    println!("|---|---|---|---|---|");
    for (index, (side, name, program)) in SIDES.into_iter().enumerate() {
        let size = std::fs::metadata(arguments.programs.join(program))?.len();
        let calls = counting.calls(side, arguments.steps).await?;
        let of = |times: &[Vec<Duration>; 2], percent| {
            times.get(index).map(|times| percentile(times, percent)).unwrap_or_default()
        };
        let per_step = of(&warm, 50).saturating_sub(of(&empty, 50)) / u32::try_from(arguments.steps)?;
        println!(
            "| {name} | {:.1} MB | {:.1} ms ({:.1}) | {:.0} µs | {:.2} |",
            size as f64 / 1e6,
            of(&cold, 50).as_secs_f64() * 1e3,
            of(&cold, 90).as_secs_f64() * 1e3,
            per_step.as_secs_f64() * 1e6,
            calls as f64 / arguments.steps as f64,
        );
    }
    println!();
    println!(
        "{} cold starts and {} warm invocations of {} steps each, in turns; both programs built with the same profile",
        arguments.cold, arguments.warm, arguments.steps
    );
    Ok(())
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// An engine whose functions are both programs, and their times.
struct Bench {
    engine: Engine,
    lambda: Lambda,
    times: Times,
    calls: Option<Faults>,
    /// Serves for as long as it lives.
    _serving: Serving,
}

/// How long the last invocation took, from its begin to its answer.
type Times = Arc<Mutex<Duration>>;

impl Bench {
    async fn start(programs: &Path, counting: Option<()>) -> anyhow::Result<Self> {
        let address = service::free_port()?;
        // A line without faults that counts.
        let calls = counting.map(|()| Faults::new(address, 0, 0.0));
        let records_at = match &calls {
            Some(line) => line.listen().await?,
            None => address,
        };
        let folder = programs.to_owned();
        let program = move |side: &str| {
            let program = SIDES.iter().find(|(name, ..)| *name == side).map_or("", |(_, _, program)| program);
            let mut command = tokio::process::Command::new(folder.join(program));
            command
                .env("AWS_ENDPOINT_URL", format!("http://{records_at}"))
                .envs([("AWS_REGION", "us-west-2"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
                .stderr(std::process::Stdio::null());
            command
        };
        let lambda = Lambda::new(Box::new(program), Duration::from_secs(60));
        let times = Times::default();
        let timed = Timed { lambda: lambda.clone(), times: Arc::clone(&times) };
        let register = |engine: durable::EngineBuilder, (side, ..): (&str, &str, &str)| {
            Ok::<_, anyhow::Error>(engine.register_remote(RemoteFunction::new(side, Arc::new(timed.clone()))?))
        };
        let engine = SIDES.into_iter().try_fold(Engine::in_memory(), register)?;
        let (engine, serving) = service::serve(engine, address, []).await?;
        Ok(Self { engine, lambda, times, calls, _serving: serving })
    }

    /// How long the only invocation of an execution with so many steps takes.
    async fn run(&self, side: &str, steps: u64) -> anyhow::Result<Duration> {
        let execution = self.engine.start_json(side, &steps.to_string()).await?;
        let result = execution.output().await.context(format!("{side} with {steps} steps"))?;
        let expected = (0..steps).sum::<u64>().to_string();
        anyhow::ensure!(result == expected, "{side} returned {result} and not {expected}");
        Ok(*self.times.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many calls an execution with so many steps makes.
    async fn calls(&self, side: &str, steps: u64) -> anyhow::Result<u64> {
        let line = self.calls.as_ref().context("nobody counts")?;
        let before = line.calls();
        self.run(side, steps).await?;
        Ok(line.calls() - before)
    }
}

/// Has invocations done by processes, and takes the time.
#[derive(Clone)]
struct Timed {
    lambda: Lambda,
    times: Times,
}

impl Remote for Timed {
    fn invoke(&self, invocation: RemoteInvocation) -> InvocationFuture {
        let Self { lambda, times } = self.clone();
        Box::pin(async move {
            let failed = |message: String| InvocationEnd::Crashed(ErrorObject::new("Bench", message));
            let payload = match payload(&invocation) {
                Ok(payload) => payload,
                Err(error) => return failed(error.to_string()),
            };
            let begun = Instant::now();
            let answer = lambda.invoke(invocation.function.as_str(), payload).await;
            *times.lock().unwrap_or_else(PoisonError::into_inner) = begun.elapsed();
            match answer {
                Ok(Ok(answer)) => end(&answer),
                Ok(Err(error)) => failed(error.error_message),
                Err(error) => failed(error.to_string()),
            }
        })
    }
}
