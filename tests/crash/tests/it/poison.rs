//! An execution that ends every process that runs it is parked, and takes no other with it.

use std::process::{Command, Output};

fn run(folder: &std::path::Path) -> Output {
    let marks = folder.join("marks");
    std::fs::create_dir_all(&marks).unwrap();
    let worker = Command::new(env!("CARGO_BIN_EXE_poison-worker")).arg(folder.join("store.db")).arg(marks).output();
    worker.unwrap()
}

#[test]
fn who_ends_five_processes_in_a_row_is_parked_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut crashes = 0;
    let output = loop {
        let output = run(folder.path());
        if output.status.code().is_some() {
            break output;
        }
        crashes += 1;
        assert!(crashes < 40, "the crashes do not end");
    };
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[..2], ["innocent 10", "stumbling 7"], "{text}");
    let parked = |line: &&str| line.starts_with("parked 5 processes in a row ended while they ran this execution");
    assert_eq!(lines[2..].iter().filter(|line| parked(line)).count(), 3, "{text}");
    // Five for each of the three, one for each step of the fourth; a step may go down with another.
    assert!((15..=22).contains(&crashes), "{crashes} crashes");

    // It stays parked.
    let again = run(folder.path());
    assert!(again.status.success());
    assert!(String::from_utf8(again.stdout).unwrap().contains("parked 5 processes in a row"));
}
