//! From the process's arguments to its exit code.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use durable_core::engine::EngineBuilder;

use crate::args::{Cli, Command, Global};
use crate::command::{
    callback, completions, delete, get, history, local, ls, pause, plan, resume, serve, start, stop, trace,
};
use crate::failure::Failure;
use crate::output::{Output, remark};
use crate::source::Source;

/// The command line of a program's own engine: `durable_cli::main(Engine::open("orders.db").register(place_order))`.
///
/// `serve` starts the engine and a service; every other command asks the service that runs, or with `--store` reads a
/// file. It reads the process's arguments, and its exit code is that of the process.
///
/// ```no_run
/// use durable::prelude::*;
///
/// #[durable]
/// async fn place_order(item: String) -> String {
///     item
/// }
///
/// #[tokio::main]
/// async fn main() -> std::process::ExitCode {
///     durable_cli::main(Engine::open("orders.db").register(place_order)).await
/// }
/// ```
pub async fn main(engine: EngineBuilder) -> ExitCode {
    carry_out(Some(engine)).await
}

/// The command line without functions of its own: what the binary `durable` is.
///
/// ```no_run
/// #[tokio::main]
/// async fn main() -> std::process::ExitCode {
///     durable_cli::run().await
/// }
/// ```
pub async fn run() -> ExitCode {
    carry_out(None).await
}

async fn carry_out(engine: Option<EngineBuilder>) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match perform(cli, engine).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            remark(&format!("error: {failure}"));
            ExitCode::from(failure.code())
        }
    }
}

async fn perform(cli: Cli, engine: Option<EngineBuilder>) -> Result<(), Failure> {
    let Cli { global, command } = cli;
    let out = Output::of(global.format);
    match command {
        Command::Serve(args) => serve::run(args, global, engine).await,
        Command::Completions(args) => completions::run(&args),
        command => ask(command, &global, out).await,
    }
}

async fn ask(command: Command, global: &Global, out: Output) -> Result<(), Failure> {
    let source = Source::open(global)?;
    match command {
        Command::Start(args) => start::run(args, &source, out).await,
        Command::Ls(args) => ls::run(args, &source, out).await,
        Command::Get(args) => get::run(args, &source, out).await,
        Command::History(args) => history::run(args, &source, out).await,
        Command::Trace(args) => trace::run(args, &source, out).await,
        Command::Callback(args) => callback::run(args, &source, out).await,
        Command::Stop(args) => stop::run(args, &source, out).await,
        Command::Pause(args) => pause::run(args, &source, out).await,
        Command::Resume(args) => resume::run(args, &source, out).await,
        Command::Delete(args) => delete::run(args, &source, out).await,
        Command::Plan(args) => plan::run(args, &source, out).await,
        Command::Local(args) => local::run(args, &source, out).await,
        Command::Serve(_) | Command::Completions(_) => Ok(()),
    }
}

/// The page `docs/cli.md`: what `--help` says of every command.
#[doc(hidden)]
pub fn markdown() -> String {
    let mut command = Cli::command();
    command.build();
    let mut page = String::from(
        "# The command line\n\nWhat `--help` says. A test keeps this page true; `BLESS=1 cargo test -p durable-cli page` writes it.\n",
    );
    write(&mut command, &mut page, 2);
    page
}

fn write(command: &mut clap::Command, page: &mut String, level: usize) {
    let name = command.get_bin_name().unwrap_or("durable").to_owned();
    let help = command.render_long_help().to_string();
    let help: Vec<_> = help.lines().map(str::trim_end).collect();
    page.push_str(&format!("\n{} {name}\n\n```text\n{}\n```\n", "#".repeat(level), help.join("\n").trim_end()));
    for command in command.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        write(command, page, 3);
    }
}
