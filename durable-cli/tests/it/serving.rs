//! `serve`, with functions that are processes.

use std::process::Command;

use crate::bench::{Bench, answer, durable, example};

#[test]
fn a_function_process_is_supervised() {
    let directory = tempfile::tempdir().unwrap();
    let function = format!("twice={}", example("bootstrap").display());
    let mut serve = durable();
    serve.arg("--store").arg(directory.path().join("orders.db")).env("DURABLE_TOKEN", "a-token-of-enough-letters");
    let bench = Bench::serving_with(serve, &["--function", &function], directory);
    let with_token = |words: &[&str]| {
        answer(
            durable()
                .env("DURABLE_ENDPOINT", &bench.endpoint)
                .env("DURABLE_TOKEN", "a-token-of-enough-letters")
                .args(words),
        )
    };
    let ended = with_token(&["start", "twice", "\"tea\"", "--name", "t-1", "--wait"]).works().json();
    assert_eq!(ended["Result"], r#"["tea","tea"]"#);
    assert!(with_token(&["plan", "--format", "table"]).works().out.contains("a process of its own"));
    bench.run(&["ls"]).fails(4, "help: show the service's token");
}

#[test]
fn what_can_t_be_served_is_refused() {
    let bench = Bench::new();
    let orders =
        |words: &[&str]| answer(Command::new(example("orders")).env("ORDERS_STORE", bench.store()).args(words));
    orders(&["serve", "--listen", "127.0.0.1:0"]).fails(4, "is in use by another engine");
    orders(&["serve", "--store", "x.db"]).fails(2, "this program has its own store");
    orders(&["serve", "--function", "nothing"]).fails(2, "order=./bootstrap");
    let directory = tempfile::tempdir().unwrap();
    let public =
        answer(durable().arg("--store").arg(directory.path().join("x.db")).args(["serve", "--listen", "0.0.0.0:0"]));
    public.fails(4, "can be reached from other machines");
}

#[test]
fn a_program_has_the_command_line_for_its_own_engine() {
    let bench = Bench::new();
    let orders =
        |words: &[&str]| answer(Command::new(example("orders")).env("DURABLE_ENDPOINT", &bench.endpoint).args(words));
    assert_eq!(orders(&["start", "double", "3", "--wait"]).works().json()["Result"], "6");
    assert!(orders(&["--help"]).works().out.contains("Usage: orders"));
    bench.end();
}
