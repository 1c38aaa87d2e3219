//! The conformance handlers through `durable-lambda`: the same histories as in one process with the engine.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use durable::model::SystemClock;
use durable::{Engine, Event, EventKind};
use durable_conformance::check::{Mismatch, check, check_as};
use durable_conformance::pattern::{Expected, Pattern};
use durable_conformance::witness::Told;
use durable_conformance::{Row, SUITES, Suite, driver};
use durable_lambda_tests::fleet::{INVOKED, folder_of, function_of};
use durable_lambda_tests::service;
use durable_server::FunctionProcess;
use tokio::task::JoinSet;

pub(crate) const BOOTSTRAP: &str = env!("CARGO_BIN_EXE_lambda-bootstrap");

pub(crate) fn suite(name: &str) -> &'static Suite {
    SUITES.iter().find(|suite| suite.name == name).unwrap()
}

/// The row with its handler as a Lambda function.
pub(crate) fn on_lambda(row: &Row) -> Row {
    Row { function: function_of(row), ..*row }
}

/// Carries rows out at once, as Lambda functions that record at `records_at`, and returns their histories by row.
pub(crate) async fn carry_out(
    rows: Vec<&'static Row>,
    folder: &Path,
    address: SocketAddr,
    records_at: SocketAddr,
) -> BTreeMap<&'static str, Vec<Event>> {
    carry_out_with(rows, folder, address, records_at, |function| function).await
}

/// The same with functions that differ from the usual.
pub(crate) async fn carry_out_with(
    rows: Vec<&'static Row>,
    folder: &Path,
    address: SocketAddr,
    records_at: SocketAddr,
    differ: impl Fn(FunctionProcess) -> FunctionProcess,
) -> BTreeMap<&'static str, Vec<Event>> {
    let bootstrap = PathBuf::from(BOOTSTRAP);
    let names = rows.iter().map(|row| function_of(row)).chain(INVOKED);
    let functions = names.map(|name| differ(service::function(&bootstrap, name, folder, records_at)));
    let (engine, serving) = service::serve(Engine::in_memory(), address, functions).await.unwrap();
    let mut running = JoinSet::new();
    for row in rows {
        let engine = engine.clone();
        running.spawn(async move { (row.id, driver::run(&engine, &SystemClock, &on_lambda(row)).await.unwrap()) });
    }
    let histories = running.join_all().await.into_iter().collect();
    serving.shutdown().await;
    histories
}

pub(crate) fn assert_none(mismatches: &[Mismatch]) {
    let list: String = mismatches.iter().map(|mismatch| format!("\n{mismatch}")).collect();
    assert!(mismatches.is_empty(), "{list}");
}

/// Checks a history but for when invocations end, which is a matter of time where some are slow or fail.
pub(crate) fn check_but_for_invocations(row: &Row, history: &[Event]) -> Result<(), Mismatch> {
    let kept = history.iter().filter(|event| !matches!(event.kind, EventKind::InvocationCompleted { .. })).cloned();
    let kept: Vec<_> = kept.zip(1..).map(|(event, event_id)| Event { event_id, ..event }).collect();
    let operations = |mut events: Vec<Expected>| {
        events.retain(|event| event.symbol != ".");
        events
    };
    check_as(row, &kept, |Pattern { head, tail }| Pattern { head: operations(head), tail: tail.map(operations) })
}

async fn all_hold(suite: &'static Suite) {
    let (folder, address) = (tempfile::tempdir().unwrap(), service::free_port().unwrap());
    let histories = carry_out(suite.rows.iter().collect(), folder.path(), address, address).await;
    assert_eq!(histories.len(), suite.rows.len());
    let holds = |row: &Row| {
        let history = &histories[row.id];
        check(row, history)?;
        let folder = folder_of(folder.path(), function_of(row));
        let told = Told::read_all(&folder, &folder.join("log"));
        row.told.map_or(Ok(()), |holds| holds(&told)).map_err(|problem| Mismatch::new(row, problem))
    };
    let mismatches: Vec<_> = suite.rows.iter().filter_map(|row| holds(row).err()).collect();
    assert_none(&mismatches);
}

macro_rules! hold {
    ($($suite:ident)+) => {
        $(#[tokio::test]
        async fn $suite() {
            all_hold(self::suite(stringify!($suite))).await;
        })+

        #[test]
        fn every_suite_is_tested() {
            let tested = [$(stringify!($suite)),+];
            assert!(SUITES.iter().map(|suite| suite.name).eq(tested));
        }
    };
}

hold!(step wait child callback invoke wait_for_condition wait_for_callback parallel map plugin);
