//! `callback`: what waits for the world outside, and its answers.

use clap::{Args, Subcommand};
use durable_core::model::{Clock, SystemClock};
use durable_server::body::Callback as Open;
use durable_wire::ErrorObject;
use serde_json::json;

use crate::args::{ErrorArgs, Reference};
use crate::command::start::require_json;
use crate::failure::Failure;
use crate::output::Output;
use crate::program;
use crate::render;
use crate::source::{Service, Source};

const EXAMPLES: &str = "\
Examples:
  durable callback ls
  durable callback succeed order-42 '\"signed\"'             the one callback that order-42 has open
  durable callback succeed order-42 '\"signed\"' --name signature
  durable callback fail order-42 --error-message 'nobody at home'";

const EXAMPLES_OF_LS: &str = "\
Examples:
  durable callback ls
  durable callback ls --function order | jq -r '.[].callback_id'
  durable --store orders.db callback ls                    without a service, and without ids";

const EXAMPLES_OF_SUCCEED: &str = "\
Examples:
  durable callback succeed order-42 '\"signed\"'             the one callback that order-42 has open
  durable callback succeed order-42 '\"signed\"' --name signature
  durable callback succeed order-42 '\"signed\"' --function order
  durable callback succeed order-42 'signed by Ann' --raw   text that its function reads itself";

const EXAMPLES_OF_FAIL: &str = "\
Examples:
  durable callback fail order-42 --error-message 'nobody at home'
  durable callback fail order-42 --error-type Absent --error-data '{\"until\":\"May\"}'";

const EXAMPLES_OF_HEARTBEAT: &str = "\
Examples:
  durable callback heartbeat order-42";

/// Lists and completes callbacks.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(crate) enum Callback {
    /// List the callbacks that are open, with the ids that complete them; a store file has no ids.
    #[command(after_help = EXAMPLES_OF_LS)]
    Ls(List),
    /// Complete a callback with a result.
    #[command(after_help = EXAMPLES_OF_SUCCEED)]
    Succeed(Succeed),
    /// Complete a callback with an error.
    #[command(after_help = EXAMPLES_OF_FAIL)]
    Fail(Fail),
    /// Say that the work on a callback goes on, so that its heartbeat does not time out.
    #[command(after_help = EXAMPLES_OF_HEARTBEAT)]
    Heartbeat(Heartbeat),
}

/// Which callbacks to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only of this function.
    #[arg(long, value_name = "FUNCTION")]
    function: Option<String>,
}

/// A callback as people call it.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The callback's id; or an execution that has it open, by name, short id or ARN.
    #[arg(value_name = "CALLBACK")]
    pub(crate) word: String,
    /// Which of an execution's callbacks, where it has several open: the name of the operation.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The function whose execution is meant, where several have one of this name.
    #[arg(long, value_name = "FUNCTION")]
    pub(crate) function: Option<String>,
}

/// A callback and its result.
#[derive(Debug, Args)]
pub(crate) struct Succeed {
    #[command(flatten)]
    which: Which,
    /// The result as JSON; nothing if not said.
    #[arg(value_name = "JSON")]
    result: Option<String>,
    /// Send the result as it is, though it is no JSON.
    #[arg(long)]
    raw: bool,
}

/// A callback and its error.
#[derive(Debug, Args)]
pub(crate) struct Fail {
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) error: ErrorArgs,
}

/// A callback that is worked on.
#[derive(Debug, Args)]
pub(crate) struct Heartbeat {
    #[command(flatten)]
    pub(crate) which: Which,
}

/// What becomes of a callback.
#[derive(Debug)]
pub(super) enum Answer {
    Result(Option<String>),
    Error(ErrorObject),
    Alive,
}

pub(crate) async fn run(args: Callback, source: &Source, out: Output) -> Result<(), Failure> {
    match args {
        Callback::Ls(List { function }) => {
            let open = source.open_callbacks(function.as_deref()).await?;
            let now = SystemClock.now();
            out.show(&open, |open| render::callbacks(open, now, out.width))
        }
        Callback::Succeed(Succeed { which, result, raw }) => {
            if let (Some(result), false) = (&result, raw) {
                require_json("the result", result)?;
            }
            answer(which, Answer::Result(result), source, out).await
        }
        Callback::Fail(Fail { which, error }) => {
            let error = error.into_error("Failed", "failed from the command line");
            answer(which, Answer::Error(error), source, out).await
        }
        Callback::Heartbeat(Heartbeat { which }) => answer(which, Answer::Alive, source, out).await,
    }
}

/// Answers the callback with this id; if there is none, the one that the execution with this name has open.
pub(super) async fn answer(which: Which, answer: Answer, source: &Source, out: Output) -> Result<(), Failure> {
    let Which { word, name, function } = which;
    let service = source.service()?;
    let done = |id: &str| out.show(&json!({ "callback_id": id }), |_| "the callback is answered\n".to_owned());
    // Who says which of an execution's callbacks, or which execution, does not give an id.
    if name.is_none() && function.is_none() {
        match give(service, &word, &answer).await {
            Err(Failure::NotFound(_)) => {}
            other => return other.and_then(|()| done(&word)),
        }
    }
    let reference = Reference { word: word.clone(), function };
    let execution = source.find(&reference).await.map_err(|failure| match failure {
        Failure::NotFound(_) => Failure::NotFound(format!(
            "there is no callback and no execution `{word}`\nhelp: `{} callback ls` lists the callbacks that are open",
            program::name()
        )),
        other => other,
    })?;
    let mut found = service.callbacks(None, Some(&execution.arn), None).await?.callbacks;
    found.retain(|open| name.is_none() || open.name == name);
    match found.as_slice() {
        [Open { callback_id: Some(id), .. }] => {
            give(service, id, &answer).await?;
            done(id)
        }
        [] | [Open { callback_id: None, .. }] => Err(Failure::NotFound(format!("`{word}` has no such callback open"))),
        several => {
            let names: Vec<_> = several.iter().filter_map(|open| open.name.as_deref()).collect();
            Err(Failure::Usage(format!(
                "`{word}` has several callbacks open: {}\nhelp: say which with `--name`",
                names.join(", ")
            )))
        }
    }
}

async fn give(service: &Service, id: &str, answer: &Answer) -> Result<(), Failure> {
    match answer {
        Answer::Result(result) => service.succeed(id, result.as_deref()).await,
        Answer::Error(error) => service.fail(id, error).await,
        Answer::Alive => service.heartbeat(id).await,
    }
}
