//! The program that the tests of `durable::run` start: functions that run wherever the process is.

use std::process::ExitCode;

use durable::Functions;
use durable::prelude::*;

#[durable]
async fn double(number: u32) -> u32 {
    number * 2
}

#[durable]
async fn greet(name: String) -> String {
    format!("hello {name}")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    durable::run(Functions::new().register(double).register(greet)).await
}
