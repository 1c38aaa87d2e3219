//! `durable::run`, where nobody is Lambda.

use std::process::Command;

use crate::bench::{Bench, answer, example};

#[test]
fn run_gives_a_program_the_command_line() {
    let directory = tempfile::tempdir().unwrap();
    let mut anywhere = Command::new(example("anywhere"));
    anywhere.env("DURABLE_STORE", directory.path().join("anywhere.db"));
    let bench = Bench::serving_with(anywhere, &[], directory);
    let ended = bench.works(&["start", "greet", "\"Ann\"", "--name", "g-1", "--wait"]).json();
    assert_eq!(ended["Result"], "\"hello Ann\"");

    // The program's own commands read the file that it names.
    let directory = bench.end();
    let anywhere = |words: &[&str]| {
        let mut command = Command::new(example("anywhere"));
        answer(command.arg("--store").arg(directory.path().join("anywhere.db")).args(words))
    };
    assert_eq!(anywhere(&["get", "g-1"]).works().json()["Status"], "SUCCEEDED");
    anywhere(&[]).fails(2, "Usage: anywhere");
}
