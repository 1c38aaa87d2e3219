//! Durable functions as people write them: all of them compile, without a warning.
#![deny(warnings)]
#![allow(dead_code, reason = "they only have to compile")]

mod approvals;
mod control_flow;
mod data;
mod errors;
mod shop;
mod style;
mod world;

/// Counts the functions, so that none gets lost.
#[test]
fn there_are_enough_functions() {
    let mut functions = 0;
    for file in std::fs::read_dir("tests/it/corpus").unwrap() {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        functions += source.lines().filter(|line| line.trim_start().starts_with("#[durable")).count();
    }
    assert!(functions >= 60, "{functions}");
}
