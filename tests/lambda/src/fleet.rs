//! The conformance handlers as Lambda functions: one process for each row.

use std::path::{Path, PathBuf};

use durable::Functions;
use durable_conformance::witness::{log_to, watched};
use durable_conformance::{Row, SUITES, Scratch, Suite, invoke};
use tokio::process::Command;

use crate::Program;

/// Where a function keeps what outlives its process.
const FOLDER: &str = "LAMBDA_TESTS_FOLDER";

/// The Lambda function that is the handler of a row: handlers of different suites may have one name.
pub fn function_of(row: &Row) -> &'static str {
    row.id
}

/// The folder of a Lambda function.
pub fn folder_of(base: &Path, function: &str) -> PathBuf {
    base.join(function)
}

/// The suite and the durable function behind a Lambda function.
fn behind(function: &str) -> (&'static Suite, String) {
    let rows = SUITES.iter().flat_map(|suite| suite.rows.iter().map(move |row| (suite, row)));
    let of_row = rows.into_iter().find(|(_, row)| function_of(row) == function);
    match of_row {
        Some((suite, row)) => (suite, row.function.to_owned()),
        // What rows invoke.
        None => (&invoke::SUITE, function.to_owned()),
    }
}

/// Starts `bootstrap`, whose service is at this address, with a folder below `base` for each function.
pub fn program(bootstrap: PathBuf, service: String, base: PathBuf) -> Program {
    Box::new(move |function| {
        let folder = folder_of(&base, function);
        // If this fails, so does the function that wants to write there.
        let _ = std::fs::create_dir_all(&folder);
        let mut command = Command::new(&bootstrap);
        command
            .env(FOLDER, folder)
            .env("_HANDLER", behind(function).1)
            .env("AWS_ENDPOINT_URL", &service)
            .env("AWS_REGION", "us-west-2")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test");
        command
    })
}

/// The handlers of a Lambda function's suite, with what they need, in its process.
pub fn functions() -> Functions {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap_or_default());
    log_to(folder.join("log"));
    let (suite, _) = behind(&std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default());
    watched((suite.functions)().state(Scratch::new(&folder)), &folder)
}
