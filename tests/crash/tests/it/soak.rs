//! A long run: what the process needs does not grow.
//!
//! `OPERATIONS=1000000 cargo test --release -p durable-crash long_run -- --nocapture` makes it long.

use std::process::Command;

use crate::random::from_environment;

#[test]
fn a_long_run_needs_no_more_than_a_short_one() {
    let operations = from_environment("OPERATIONS", 40_000);
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.db");
    let output =
        Command::new(env!("CARGO_BIN_EXE_soak-worker")).arg(store).arg(operations.to_string()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    println!("operations, memory in KiB, files in KiB\n{text}");

    let numbers = |line: &str| line.split(' ').map(|number| number.parse::<f64>().unwrap()).collect::<Vec<_>>();
    let reports: Vec<_> = text.lines().map(numbers).collect();
    let [first, .., last] = reports.as_slice() else { panic!("no reports: {text}") };
    // A short run still fills its caches after the first report.
    let growth = if operations >= 1_000_000 { 1.1 } else { 1.5 };
    assert!(last[1] <= first[1] * growth, "memory grows: {text}");
    // By the second half of a long run, what is deleted makes room for what comes.
    let half = &reports[reports.len() / 2];
    assert!(operations < 1_000_000 || last[2] <= half[2] * 1.1, "the file grows: {text}");
}
