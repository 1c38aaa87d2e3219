//! Every row, in one process and in processes that are killed between its invocations.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use durable::{Engine, Event, EventKind};
use durable_conformance::check::{Mismatch, check};
use durable_conformance::clock::FastClock;
use durable_conformance::processes::Killed;
use durable_conformance::witness::{Told, log_to, watch};
use durable_conformance::{Row, SUITES, Scratch, Suite, TOTALS, driver, processes, started};
use tokio::task::JoinSet;

const WORKER: &str = env!("CARGO_BIN_EXE_conformance-worker");

/// Carries out all rows of a suite at once, and fails with all that don't hold.
macro_rules! hold {
    ($($suite:ident)+) => {
        mod in_one_process {
            $(#[tokio::test]
            async fn $suite() {
                super::all_hold(super::suite(stringify!($suite)), false).await;
            })+
        }

        mod killed_between_invocations {
            $(#[tokio::test]
            async fn $suite() {
                super::all_hold(super::suite(stringify!($suite)), true).await;
            })+
        }

        #[test]
        fn every_suite_is_tested() {
            let tested = [$(stringify!($suite)),+];
            assert!(SUITES.iter().map(|suite| suite.name).eq(tested));
        }
    };
}

hold!(step wait child callback invoke wait_for_condition wait_for_callback parallel map plugin);

fn suite(name: &str) -> &'static Suite {
    SUITES.iter().find(|suite| suite.name == name).unwrap()
}

async fn all_hold(suite: &'static Suite, killed: bool) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FastClock::start());
    let scratch = Scratch::new(folder.path());
    let log = log_to(std::env::temp_dir().join(format!("durable-conformance-{}.log", std::process::id())));
    // What is told and logged of a replay needs replays: suspended runs of these rows do not stay in memory.
    let engine = |resident| {
        let engine = watch(suite.register(Engine::in_memory()), folder.path()).state(scratch.clone());
        engine.clock(clock.clone()).resident(resident).start()
    };
    let (resident, replaying) = (engine(64).await.unwrap(), engine(0).await.unwrap());

    let mut rows = JoinSet::new();
    for row in suite.rows {
        let engine = if row.told.is_some() { &replaying } else { &resident };
        let (engine, clock) = (engine.clone(), Arc::clone(&clock));
        let (shared, folder) = (folder.path().to_path_buf(), folder.path().join(row.id));
        rows.spawn(async move {
            let history = match (killed, row.crashes) {
                (false, false) => in_one_process(&engine, &clock, row).await,
                (false, true) => in_processes(&folder, row, Killed::ByItself).await,
                (true, _) => in_processes(&folder, row, Killed::BetweenInvocations).await,
            };
            let history = history.map_err(|error| Mismatch::new(row, error))?;
            check(row, &history)?;
            let (folder, log) = match killed || row.crashes {
                false => (&shared, log.to_path_buf()),
                true => (&folder, folder.join("log")),
            };
            told(row, folder, &log, &history).await.map_err(|problem| Mismatch::new(row, problem))
        });
    }
    let outcomes = rows.join_all().await;
    let mismatches: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    println!("{}: {} of {} rows", suite.name, outcomes.len() - mismatches.len(), outcomes.len());
    let list: String = mismatches.iter().map(|mismatch| format!("\n{mismatch}")).collect();
    assert!(mismatches.is_empty(), "{list}");
}

/// Checks what was told. The end of an execution is on record before observers are told of it, so that may take a moment.
async fn told(row: &Row, folder: &Path, log: &Path, history: &[Event]) -> Result<(), String> {
    let Some(holds) = row.told else { return Ok(()) };
    let mut patience = 100;
    loop {
        match holds(&Told::read(folder, log, history)) {
            Err(_) if patience > 0 => patience -= 1,
            held => return held,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn in_one_process(engine: &Engine, clock: &FastClock, row: &Row) -> Result<Vec<Event>, String> {
    let history = driver::run(engine, clock, row).await.map_err(|error| error.to_string())?;
    let problems = started::problems(engine, row, &history).await.map_err(|error| error.to_string())?;
    if problems.is_empty() { Ok(history) } else { Err(problems.join("\n")) }
}

async fn in_processes(folder: &Path, row: &Row, killed: Killed) -> Result<Vec<Event>, String> {
    std::fs::create_dir(folder).map_err(|error| error.to_string())?;
    processes::run(Path::new(WORKER), folder, row, killed).await.map_err(|error| error.to_string())
}

/// A history that says something else of what was started than that says itself.
#[tokio::test]
async fn what_was_invoked_is_looked_at() {
    let invoke = suite("invoke");
    let row = invoke.rows.iter().find(|row| row.id == "5-1").unwrap();
    let scratch = Scratch::new(std::env::temp_dir());
    let engine = invoke.register(Engine::in_memory()).state(scratch).start().await.unwrap();
    let history = driver::run(&engine, &durable::model::SystemClock, row).await.unwrap();
    assert_eq!(started::problems(&engine, row, &history).await.unwrap(), [""; 0]);

    let altered = |alter: &dyn Fn(&mut Event)| {
        let mut history = history.clone();
        let starts = history.iter_mut().filter(|event| matches!(event.kind, EventKind::ChainedInvokeStarted { .. }));
        starts.for_each(alter);
        history
    };
    let versionless = altered(&|event| {
        if let EventKind::ChainedInvokeStarted { version, .. } = &mut event.kind {
            *version = None;
        }
    });
    let problems = started::problems(&engine, row, &versionless).await.unwrap();
    assert!(
        matches!(&problems[..], [no, another] if no.ends_with("no version") && another.ends_with("another version"))
    );

    let stranger = engine.start_json("echo", "\"hello\"").await.unwrap();
    let of_nobody = altered(&|event| {
        if let EventKind::ChainedInvokeStarted { execution, .. } = &mut event.kind {
            *execution = stranger.id();
        }
    });
    let problems = started::problems(&engine, row, &of_nobody).await.unwrap();
    assert!(matches!(&problems[..], [other] if other.ends_with("started by another operation")), "{problems:?}");
}

#[test]
fn every_requirement_has_a_row() {
    let mut requirements: BTreeSet<String> = BTreeSet::new();
    for (number, (_, total)) in (1..).zip(TOTALS) {
        requirements.extend((1..=*total).map(|position| format!("{number}-{position}")));
    }
    assert_eq!(requirements.len(), 171);
    for row in SUITES.iter().flat_map(|suite| suite.rows) {
        assert!(requirements.remove(row.id), "{} is no requirement, or is there twice", row.id);
    }
    assert!(requirements.is_empty(), "without a row: {requirements:?}");
}

/// A check that lets everything through would hold for every row too.
#[tokio::test]
async fn a_mismatch_names_the_row_and_shows_both_sides() {
    let step = suite("step");
    let row = step.rows.iter().find(|row| row.id == "1-11").unwrap();
    let scratch = Scratch::new(std::env::temp_dir());
    let engine = step.register(Engine::in_memory()).state(scratch).start().await.unwrap();
    let history = driver::run(&engine, &durable::model::SystemClock, row).await.unwrap();
    assert_eq!(check(row, &history), Ok(()));

    let wrong = [
        ("S0 S-~1#1 . S0 S+#2 .", "not expected"),
        ("S0 S-~1#1 . S0 S+#2 . X+ .", "missing"),
        ("S0 S-~1#1 . S0 S-#2 . X+", "another event"),
        ("S0 S-#1 . S0 S+#2 . X+", "another delay"),
        ("S0 S-~2-9#1 . S0 S+#2 . X+", "another delay"),
        ("S0 S-~*#1 . S0 S+#3 . X+", "another attempt"),
        ("S0:steady S-~*#1 . S0 S+#2 . X+", "another name"),
        ("S0[Wait] S-~*#1 . S0 S+#2 . X+", "a fact is missing"),
        ("S0 S-~*#1 . S0 S+#2 . X+=`3`", "another payload"),
        ("S0 S-~*#1%`worked` .. X+", "a part is missing"),
        ("S0 S-~*#1!`TransientError` .. X+", "another error"),
        ("S0 S-~*#1 .!`Runtime.ExitError` .. X+", "another error"),
    ];
    for (events, problem) in wrong {
        let mismatch = check(&Row { events, ..*row }, &history).unwrap_err().to_string();
        assert!(mismatch.starts_with("1-11  fails once"), "{mismatch}");
        assert!(mismatch.contains(&format!("<-- {problem}")), "{events}: {mismatch}");
        assert_eq!(mismatch.matches("<--").count(), 1, "{events}: {mismatch}");
    }

    let mut gap = history.clone();
    gap.remove(1);
    assert!(check(row, &gap).unwrap_err().to_string().contains("the event ids have gaps"));
    let mut hasty = history.clone();
    hasty.iter_mut().for_each(|event| event.timestamp = history[0].timestamp);
    assert!(check(row, &hasty).unwrap_err().to_string().contains("comes too early"));
}
