//! What can be said on the command line.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::command::{
    callback, completions, delete, get, history, local, ls, pause, plan, resume, serve, start, stop, trace,
};

const EXAMPLES: &str = "\
Examples:
  durable serve --store orders.db --function order=./bootstrap   run a service and a function
  durable start order '{\"item\":\"tea\"}' --name order-42           start an execution
  durable ls --status running --older-than 2h                    what takes so long?
  durable ls --waiting-on callback                               what waits for people?
  durable trace order-42                                         where does the time go?
  durable callback succeed order-42 '\"signed\"'                   answer what it waits for
  durable --store orders.db history order-42                     read the file, without a service

An execution is called by its name, its id, at least four digits from the end of its id, or its ARN.
Exit codes: 0 all is well, 1 the execution failed, 2 the command is wrong, 3 there is no such thing,
4 the service or the store can't be reached, 5 the state of things forbids it.";

/// Start, watch and mend durable executions.
#[derive(Debug, Parser)]
#[command(name = "durable", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The service to ask.
    #[arg(
        long,
        global = true,
        help_heading = "Everywhere",
        value_name = "URL",
        env = "DURABLE_ENDPOINT",
        hide_env_values = true,
        default_value = "http://127.0.0.1:9014"
    )]
    pub(crate) endpoint: String,
    /// The bearer token that the service wants to see.
    #[arg(
        long,
        global = true,
        help_heading = "Everywhere",
        value_name = "TOKEN",
        env = "DURABLE_TOKEN",
        hide_env_values = true
    )]
    pub(crate) token: Option<String>,
    /// Read this store file instead of asking a service, also while an engine has it open.
    #[arg(long, global = true, help_heading = "Everywhere", value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
    /// How answers look: a table on a terminal and JSON in a pipe, if nothing is said.
    #[arg(long, global = true, help_heading = "Everywhere", value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
}

/// How answers look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[value(alias = "summary")]
    Table,
    /// For programs, in the words of AWS's API where it has some.
    Json,
}

/// An execution as people call it.
#[derive(Debug, Args)]
pub(crate) struct Reference {
    /// The execution: its name, its id, four or more digits from the end of its id, or its ARN.
    #[arg(value_name = "EXECUTION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) word: String,
    /// The function whose execution is meant, where several have one of this name.
    #[arg(long, value_name = "FUNCTION")]
    pub(crate) function: Option<String>,
}

/// An error as people give it.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ErrorArgs {
    /// What went wrong.
    #[arg(long, value_name = "TEXT")]
    pub(crate) error_message: Option<String>,
    /// What kind of error it is.
    #[arg(long, value_name = "TYPE")]
    pub(crate) error_type: Option<String>,
    /// More about it, for programs.
    #[arg(long, value_name = "TEXT")]
    pub(crate) error_data: Option<String>,
    /// A line of its stack trace; several are several lines.
    #[arg(long, value_name = "LINE")]
    pub(crate) stack_trace: Vec<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start an execution.
    Start(start::Start),
    /// List executions, newest first.
    Ls(ls::Ls),
    /// Show an execution: what it is, where it stands and how it ended.
    Get(get::Get),
    /// Show what happened to an execution, event by event.
    History(history::History),
    /// Show where an execution's time goes, as a waterfall.
    Trace(trace::Trace),
    /// List and complete callbacks.
    #[command(subcommand)]
    Callback(callback::Callback),
    /// Stop an execution for good.
    Stop(stop::Stop),
    /// Let no code of an execution run until it is resumed.
    Pause(pause::Pause),
    /// Let a paused execution go on.
    Resume(resume::Resume),
    /// Delete an execution that has ended; its name is free then.
    Delete(delete::Delete),
    /// Show what a function performs, as its source shows it.
    Plan(plan::Plan),
    /// Run a service.
    Serve(serve::Serve),
    /// The same commands as the SAM CLI spells them.
    #[command(subcommand)]
    Local(local::Local),
    /// Print a script that completes commands in a shell.
    Completions(completions::Completions),
}
