//! `local`: the same commands as the SAM CLI spells them.

use clap::{Args, Subcommand};

use super::callback::{Answer, Fail, Heartbeat, Which, answer};
use super::{callback, get, history, start, stop};
use crate::failure::Failure;
use crate::output::Output;
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  durable local invoke order --event event.json --durable-execution-name order-42
  durable local execution history order-42
  durable local callback succeed order-42 --result '\"signed\"'";

const EXAMPLES_OF_INVOKE: &str = "\
Examples:
  durable local invoke order --event event.json
  echo '{\"item\":\"tea\"}' | durable local invoke order --event - --durable-execution-name order-42";

const EXAMPLES_OF_EXECUTION: &str = "\
Examples:
  durable local execution get order-42 --format summary
  durable local execution history order-42 --format json
  durable local execution stop order-42 --error-message 'the customer has changed her mind'";

const EXAMPLES_OF_CALLBACK: &str = "\
Examples:
  durable local callback succeed order-42 --result '\"signed\"'
  durable local callback fail order-42 --error-message 'nobody at home'
  durable local callback heartbeat order-42";

/// The same commands as the SAM CLI spells them.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(crate) enum Local {
    /// Invoke a function and wait for the end of its execution.
    #[command(after_help = EXAMPLES_OF_INVOKE)]
    Invoke(Invoke),
    /// Show and stop executions.
    #[command(subcommand, after_help = EXAMPLES_OF_EXECUTION)]
    Execution(Execution),
    /// Complete callbacks.
    #[command(subcommand, after_help = EXAMPLES_OF_CALLBACK)]
    Callback(Callback),
}

/// What to invoke, and with what.
#[derive(Debug, Args)]
pub(crate) struct Invoke {
    /// The function.
    #[arg(value_name = "FN")]
    function: String,
    /// A file with the input, or `-` for standard input.
    #[arg(long, short, value_name = "FILE")]
    event: Option<String>,
    /// What the execution is called.
    #[arg(long, value_name = "NAME")]
    durable_execution_name: Option<String>,
    /// On whose behalf it runs.
    #[arg(long, value_name = "TENANT")]
    tenant_id: Option<String>,
}

/// Shows and stops executions.
#[derive(Debug, Subcommand)]
pub(crate) enum Execution {
    /// Show an execution.
    Get(get::Get),
    /// Show what happened to an execution.
    History(history::History),
    /// Stop an execution for good.
    Stop(stop::Stop),
}

/// Completes callbacks.
#[derive(Debug, Subcommand)]
pub(crate) enum Callback {
    /// Complete a callback with a result, which is sent as it is.
    #[command(after_help = EXAMPLES_OF_CALLBACK)]
    Succeed(Succeed),
    /// Complete a callback with an error.
    #[command(after_help = EXAMPLES_OF_CALLBACK)]
    Fail(Fail),
    /// Say that the work on a callback goes on.
    #[command(after_help = EXAMPLES_OF_CALLBACK)]
    Heartbeat(Heartbeat),
}

/// A callback and its result.
#[derive(Debug, Args)]
pub(crate) struct Succeed {
    #[command(flatten)]
    which: Which,
    /// The result, which is sent as it is.
    #[arg(long, short, value_name = "TEXT")]
    result: Option<String>,
}

pub(crate) async fn run(args: Local, source: &Source, out: Output) -> Result<(), Failure> {
    match args {
        Local::Invoke(Invoke { function, event, durable_execution_name, tenant_id }) => {
            let input = event.map(|event| if event == "-" { event } else { format!("@{event}") });
            let (name, tenant) = (durable_execution_name, tenant_id);
            let start = start::Start { function, input, name, wait: true, tenant, timeout: None };
            start::run(start, source, out).await
        }
        Local::Execution(Execution::Get(args)) => get::run(args, source, out).await,
        Local::Execution(Execution::History(args)) => history::run(args, source, out).await,
        Local::Execution(Execution::Stop(args)) => stop::run(args, source, out).await,
        Local::Callback(Callback::Succeed(Succeed { which, result })) => {
            answer(which, Answer::Result(result), source, out).await
        }
        Local::Callback(Callback::Fail(args)) => callback::run(callback::Callback::Fail(args), source, out).await,
        Local::Callback(Callback::Heartbeat(args)) => {
            callback::run(callback::Callback::Heartbeat(args), source, out).await
        }
    }
}
