//! Two invocations of one execution at once.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use durable::Engine;
use durable::model::SystemClock;
use durable::remote::RemoteFunction;
use durable_conformance::{Row, driver};
use durable_lambda_tests::fleet::{self, function_of};
use durable_lambda_tests::twins::{Fate, Twins};
use durable_lambda_tests::{Lambda, service};
use tokio::task::JoinSet;

use crate::rows::{BOOTSTRAP, assert_none, check_but_for_invocations, on_lambda, suite};

/// Handlers that don't count how often their steps run: a step runs twice in twins.
fn rows() -> Vec<&'static Row> {
    let suites = ["wait", "child", "parallel", "map"].map(suite);
    let rows = suites.iter().flat_map(|suite| suite.rows);
    rows.filter(|row| !row.crashes && row.driver.is_empty() && !COUNTING.contains(&row.id)).collect()
}

/// They do.
const COUNTING: [&str; 1] = ["3-9"];

fn twins(folder: &Path, address: SocketAddr) -> Twins {
    let program = fleet::program(PathBuf::from(BOOTSTRAP), format!("http://{address}"), folder.to_owned());
    Twins::new(Lambda::new(program, Duration::from_secs(60)))
}

/// The start of such a step is recorded before its body runs, and one of the two is refused.
#[tokio::test]
async fn what_may_run_once_runs_in_one_of_two_invocations() {
    let (folder, address) = (tempfile::tempdir().unwrap(), service::free_port().unwrap());
    let twins = twins(folder.path(), address);
    let function = RemoteFunction::new("once_each", Arc::new(twins.clone())).unwrap();
    let engine = Engine::in_memory().register_remote(function);
    let (engine, serving) = service::serve(engine, address, []).await.unwrap();
    let execution = engine.start_json("once_each", "25").await.unwrap();
    let begun: Vec<u64> = serde_json::from_str(&execution.output().await.unwrap()).unwrap();
    serving.shutdown().await;
    assert_eq!(begun, [1; 25]);
    assert!(matches!(twins.fates().as_slice(), [Fate::Overtaken(_)]), "{:?}", twins.fates());
}

#[tokio::test]
async fn one_of_two_invocations_goes_on_and_the_other_fails_nothing() {
    let (folder, address) = (tempfile::tempdir().unwrap(), service::free_port().unwrap());
    let twins = twins(folder.path(), address);
    let register = |engine: durable::EngineBuilder, row: &&'static Row| {
        engine.register_remote(RemoteFunction::new(function_of(row), Arc::new(twins.clone())).unwrap())
    };
    let engine = rows().iter().fold(Engine::in_memory(), register);
    let (engine, serving) = service::serve(engine, address, []).await.unwrap();

    let mut running = JoinSet::new();
    for row in rows() {
        let engine = engine.clone();
        running.spawn(async move {
            let history = driver::run(&engine, &SystemClock, &on_lambda(row)).await.unwrap();
            check_but_for_invocations(row, &history)
        });
    }
    let mismatches: Vec<_> = running.join_all().await.into_iter().filter_map(Result::err).collect();
    serving.shutdown().await;

    let fates = twins.fates();
    let strange: Vec<_> = fates.iter().filter(|fate| matches!(fate, Fate::Strange(_))).collect();
    assert!(strange.is_empty(), "{strange:?}");
    let overtaken = fates.iter().filter(|fate| matches!(fate, Fate::Overtaken(_))).count();
    println!("{} invocations in twins, {overtaken} with one that was overtaken", fates.len());
    assert!(overtaken >= rows().len(), "each row records something, so one of two is overtaken at least once");
    assert_none(&mismatches);
}
