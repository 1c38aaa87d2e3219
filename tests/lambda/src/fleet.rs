//! The conformance handlers as Lambda functions: one process for each row.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use durable::Functions;
use durable_conformance::witness::{log_to, watched};
use durable_conformance::{Row, SUITES, Scratch, Suite, invoke};
use tokio::process::Command;

use crate::{Program, handlers, plugged};

/// Where a function keeps what outlives its process.
pub const FOLDER: &str = "LAMBDA_TESTS_FOLDER";

/// The Lambda function that is the handler of a row: handlers of different suites may have one name.
pub fn function_of(row: &Row) -> &'static str {
    row.id
}

/// The folder of a Lambda function.
pub fn folder_of(base: &Path, function: &str) -> PathBuf {
    base.join(function)
}

/// What rows invoke.
pub const INVOKED: [&str; 2] = ["echo", "fail"];

/// The row that a Lambda function is the handler of, with its suite.
fn of_row(function: &str) -> Option<(&'static Suite, &'static Row)> {
    let mut rows = SUITES.iter().flat_map(|suite| suite.rows.iter().map(move |row| (suite, row)));
    rows.find(|(_, row)| function_of(row) == function)
}

/// The suite and the durable function behind a Lambda function.
fn behind(function: &str) -> (&'static Suite, String) {
    match of_row(function) {
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
        command.env("_HANDLER", handler_of(function)).envs(variables(folder, &service));
        command
    })
}

/// The durable function that a Lambda function is.
pub fn handler_of(function: &str) -> String {
    behind(function).1
}

/// The environment of a Lambda function's process that has this folder, and whose service is at this address.
pub fn variables(folder: PathBuf, service: &str) -> [(&'static str, OsString); 5] {
    [
        (FOLDER, folder.into_os_string()),
        ("AWS_ENDPOINT_URL_LAMBDA", service.into()),
        ("AWS_REGION", "us-west-2".into()),
        ("AWS_ACCESS_KEY_ID", "test".into()),
        ("AWS_SECRET_ACCESS_KEY", "test".into()),
    ]
}

/// The handlers of a Lambda function's suite, with what they need, in its process.
pub fn functions() -> Functions {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap_or_default());
    let log = log_to(folder.join("log"));
    let variable = |name| std::env::var(name).unwrap_or_default();
    let (name, handler) = (variable("AWS_LAMBDA_FUNCTION_NAME"), variable("_HANDLER"));
    if of_row(&name).is_none() && handlers::NAMES.contains(&handler.as_str()) {
        return handlers::functions().state(Scratch::new(&folder));
    }
    let functions = (behind(&name).0.functions)().state(Scratch::new(&folder));
    plugged(watched(functions, &folder), log)
}
