//! The workloads: the same code for each side.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::process::{cpu_seconds, family_seconds, resident_bytes};
use crate::{End, Figures, Job, Side, Work, Workload, marks};

/// How many starts are under way at once.
const CALLERS: usize = 64;
/// How many steps an execution of [`Workload::Many`] has.
const FEW: u32 = 5;
const NAP: Duration = Duration::from_secs(2);

pub(crate) async fn run<S: Side>(job: &Job) -> Result<Figures> {
    match job.workload {
        Workload::Steps => steps::<S>(job).await,
        Workload::Many => many::<S>(job).await,
        Workload::Prepare => prepare::<S>(job).await,
        Workload::Open => open::<S>(job).await,
        Workload::Sleeps => sleeps::<S>(job).await,
        Workload::Suspended => suspended::<S>(job).await,
        Workload::Starts => starts::<S>(job).await,
        Workload::Loop => waits::<S>(job).await,
    }
}

/// Between the first and the last step of an execution, so that how its end is noticed doesn't count.
async fn steps<S: Side>(job: &Job) -> Result<Figures> {
    let side = S::open(job).await?;
    side.start("warm-up".to_owned(), Work::Steps(10)).await?.await?;
    let (mut rates, mut intervals) = (Vec::new(), Vec::new());
    for repetition in 0..job.repeat {
        marks::take_steps();
        side.start(format!("steps-{repetition}"), Work::Steps(job.count)).await?.await?;
        let at = marks::take_steps();
        let these = at.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs_f64());
        rates.push((at.len() - 1) as f64 / these.clone().sum::<f64>());
        intervals.extend(these);
    }
    side.close().await;
    Ok(Figures::from([
        ("per_second", quantile(&mut rates, 0.5)),
        ("p50_ms", quantile(&mut intervals, 0.5) * 1e3),
        ("p99_ms", quantile(&mut intervals, 0.99) * 1e3),
    ]))
}

async fn many<S: Side>(job: &Job) -> Result<Figures> {
    let side = S::open(job).await?;
    side.start("warm-up".to_owned(), Work::Steps(10)).await?.await?;
    let began = Instant::now();
    for end in start_all(&side, job.count, |_| Work::Steps(FEW)).await? {
        end.await?;
    }
    let seconds = began.elapsed().as_secs_f64();
    side.close().await;
    Ok(Figures::from([("per_second", f64::from(job.count * FEW) / seconds)]))
}

async fn prepare<S: Side>(job: &Job) -> Result<Figures> {
    let side = S::open(job).await?;
    let _end = side.start("resumed".to_owned(), Work::Resumed(job.count)).await?;
    marks::steps_reach(job.count as usize).await?;
    marks::waiting_reach(1).await?;
    fs::write(job.dir.join("ticket"), side.ticket("resumed", 0).await?)?;
    // The wait itself has to be on record.
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(Figures::new())
}

async fn open<S: Side>(job: &Job) -> Result<Figures> {
    let ticket = fs::read_to_string(job.dir.join("ticket"))?;
    let began = Instant::now();
    let side = S::open(job).await?;
    side.answer(&ticket).await?;
    marks::steps_reach(1).await?;
    let steps = marks::take_steps();
    let reached = steps.first().context("no step ran")?;
    Ok(Figures::from([("ms", reached.duration_since(began).as_secs_f64() * 1e3)]))
}

/// From when a sleep is due to the line behind it.
async fn sleeps<S: Side>(job: &Job) -> Result<Figures> {
    let side = S::open(job).await?;
    let cpu = cpu_seconds()?;
    let server = job.server.map(family_seconds).transpose()?;
    let began = Instant::now();
    // Ends are dropped: to look at 10,000 of them at the moment when all wake up would be one more workload.
    drop(start_all(&side, job.count, Work::Nap).await?);
    let started = began.elapsed().as_secs_f64();
    marks::awake_reaches(job.count).await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut figures = Figures::from([("cpu_s", cpu_seconds()? - cpu), ("started_s", started)]);
    if let (Some(server), Some(before)) = (job.server, server) {
        figures.insert("server_cpu_s", family_seconds(server)? - before);
    }
    let mut late = Vec::new();
    for (number, sleep) in marks::take_sleeps().into_iter().enumerate() {
        let (began, ended) = (sleep.began.context("no sleep began")?, sleep.ended.context("no sleep ended")?);
        let due = side.due(&execution(number as u32)).await?.unwrap_or(began + NAP);
        // A sleep that ends early counts as early.
        late.push(match ended.duration_since(due) {
            Ok(late) => late.as_secs_f64(),
            Err(early) => -early.duration().as_secs_f64(),
        });
    }
    figures.insert("late_p50_ms", quantile(&mut late, 0.5) * 1e3);
    figures.insert("late_p99_ms", quantile(&mut late, 0.99) * 1e3);
    figures.insert("late_min_ms", quantile(&mut late, 0.0) * 1e3);
    side.close().await;
    Ok(figures)
}

async fn suspended<S: Side>(job: &Job) -> Result<Figures> {
    let side = S::open(job).await?;
    let _end = side.start("warm-up".to_owned(), Work::Held).await?;
    marks::waiting_reach(1).await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = resident_bytes()?;
    // Ends are dropped: who waits for one is not what is weighed.
    drop(start_all(&side, job.count, |_| Work::Held).await?);
    marks::waiting_reach(job.count + 1).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok(Figures::from([("bytes_each", (resident_bytes()? - before) / f64::from(job.count))]))
}

async fn starts<S: Side>(job: &Job) -> Result<Figures> {
    let side = S::open(job).await?;
    side.start("warm-up".to_owned(), Work::Steps(10)).await?.await?;
    let began = Instant::now();
    drop(start_all(&side, job.count, |_| Work::Steps(1)).await?);
    Ok(Figures::from([("per_second", f64::from(job.count) / began.elapsed().as_secs_f64())]))
}

async fn waits<S: Side>(job: &Job) -> Result<Figures> {
    let side = S::open(job).await?;
    let began = Instant::now();
    let end = side.start("loop".to_owned(), Work::Loop(job.count)).await?;
    for answered in 0..job.count {
        let ticket = side.ticket("loop", answered).await?;
        side.answer(&ticket).await?;
    }
    marks::passed_reaches(job.count).await?;
    let seconds = began.elapsed().as_secs_f64();
    drop(end);
    Ok(Figures::from([("ms_each", seconds * 1e3 / f64::from(job.count))]))
}

async fn start_all<S: Side>(side: &S, count: u32, work: impl Fn(u32) -> Work) -> Result<Vec<End>> {
    stream::iter(0..count)
        .map(|number| side.start(execution(number), work(number)))
        .buffer_unordered(CALLERS)
        .try_collect()
        .await
}

fn execution(number: u32) -> String {
    format!("execution-{number}")
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}
