//! A long run: what the process needs does not grow.
//!
//! `OPERATIONS=1000000 cargo test --release -p durable-crash long_run -- --nocapture` makes it long.

use std::process::Command;

use crate::random::from_environment;

#[test]
fn a_long_run_needs_no_more_than_a_short_one() {
    let operations = from_environment("OPERATIONS", 40_000);
    let folder = tempfile::tempdir().unwrap();
    let (store, ledger) = (folder.path().join("store.db"), folder.path().join("ledger.txt"));
    let mut worker = Command::new(env!("CARGO_BIN_EXE_soak-worker"));
    let output = worker.args([&store, &ledger]).arg(operations.to_string()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    println!("operations, memory in KiB, files in KiB\n{text}");

    let numbers = |line: &str| line.split(' ').map(|number| number.parse::<f64>().unwrap()).collect::<Vec<_>>();
    let reports: Vec<_> = text.lines().map(numbers).collect();
    let [first, .., last] = reports.as_slice() else { panic!("no reports: {text}") };
    // Memory is flat over the reports, but for the first ones of a short run, which still fills its caches.
    let is_long = operations >= 1_000_000;
    let (first, most) = if is_long { (first, 1.1) } else { (&reports[2], 1.4) };
    for report in reports.iter().filter(|report| report[0] >= first[0]) {
        let ratio = report[1] / first[1];
        assert!(ratio <= most && (!is_long || ratio >= 0.9), "memory is not flat, {ratio:.2}: {text}");
    }
    // What is deleted makes room for what comes, once the first has been deleted.
    let settled = &reports[if is_long { 2 } else { 6 }];
    assert!(last[2] <= settled[2] * 1.5, "the file grows: {text}");
    let effects = std::fs::read_to_string(&ledger).unwrap();
    let mut lines: Vec<_> = effects.lines().collect();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), effects.lines().count(), "a step ran twice, and nothing was interrupted");
    assert_eq!(lines.len() as f64, last[0] / 10.0, "each parcel was sent once");
}
