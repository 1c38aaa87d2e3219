//! `start`: an execution begins.

use std::io::Read;
use std::time::Duration;

use clap::Args;
use durable_core::model::ExecutionStatus;

use crate::command::follow::follow;
use crate::failure::Failure;
use crate::output::Output;
use crate::program;
use crate::render;
use crate::source::{Source, Starting};
use crate::span;

const EXAMPLES: &str = "\
Examples:
  durable start order '{\"item\":\"tea\"}' --name order-42     the same name again is the same execution
  durable start order @order.json --wait                   from a file; exit code 1 if it does not succeed
  echo '{\"item\":\"tea\"}' | durable start order -            from a pipe
  durable start order:2 '{}'                               version 2 of the function";

/// Starts an execution.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Start {
    /// The function, with a version after a colon if it should not be the newest one.
    #[arg(value_name = "FN")]
    pub(crate) function: String,
    /// The input as JSON, `@FILE` for a file that holds it, `-` for standard input; nothing if not said.
    #[arg(value_name = "JSON")]
    pub(crate) input: Option<String>,
    /// What the execution is called: a name starts a function once.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Wait for its end, and show how it ended.
    #[arg(long)]
    pub(crate) wait: bool,
    /// On whose behalf it runs.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// End it with a timeout if it takes longer than this: `90s`, `15m`, `2h`, `3d`.
    #[arg(long, value_name = "SPAN", value_parser = span::read)]
    pub(crate) timeout: Option<Duration>,
}

pub(crate) async fn run(args: Start, source: &Source, out: Output) -> Result<(), Failure> {
    let Start { function, input, name, wait, tenant, timeout } = args;
    let input = input.map(read).transpose()?.unwrap_or_default();
    let (function, version) = match function.split_once(':') {
        Some((function, version)) if !function.starts_with("arn") => (function, Some(version)),
        _ => (function.as_str(), None),
    };
    let service = source.service()?;
    let start = Starting {
        function,
        version,
        input: &input,
        name: name.as_deref(),
        tenant: tenant.as_deref(),
        timeout_seconds: timeout.map(|timeout| timeout.as_secs()),
    };
    let arn = service.start(start).await.map_err(|failure| match (failure, &name) {
        (Failure::NotFound(_), _) => Failure::no_function(function),
        (Failure::Conflict(reason), Some(name)) => Failure::Conflict(format!(
            "{reason}\nhelp: `{} get {name}` shows that execution; another `--name` starts one of its own",
            program::name()
        )),
        (failure, _) => failure,
    })?;
    if !wait {
        return out.show(&source.describe(&arn).await?, |execution| render::started(execution, program::name()));
    }
    out.say(&render::begun(&arn))?;
    follow(source, &arn, async |event, first| out.say(&render::event_line(event, first, out.width))).await?;
    let execution = source.describe(&arn).await?;
    out.show(&execution, |execution| render::execution(execution, program::name()))?;
    succeeded(&execution.status)
}

/// The exit code of who has waited.
pub(super) fn succeeded(status: &str) -> Result<(), Failure> {
    if status == ExecutionStatus::Succeeded.name() { Ok(()) } else { Err(Failure::Execution) }
}

/// The input, which has to be JSON: that the function would find out too late.
fn read(said: String) -> Result<String, Failure> {
    let text = match said.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).map_err(|error| Failure::Usage(format!("{path}: {error}")))?,
        None if said == "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
        None => said,
    };
    require_json("the input", &text)?;
    Ok(text)
}

/// Refuses what is no JSON, with the most common mistake in mind: a shell that ate the quotes.
pub(super) fn require_json(what: &str, text: &str) -> Result<(), Failure> {
    let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) else { return Ok(()) };
    let quoted = serde_json::to_string(text.trim())?;
    Err(Failure::Usage(format!("{what} is no JSON: {error}\nhelp: put it in single quotes; a text is '{quoted}'")))
}
