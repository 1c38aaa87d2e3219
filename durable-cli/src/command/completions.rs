//! `completions`: scripts for shells.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::args::Cli;
use crate::failure::Failure;
use crate::output::print;

const EXAMPLES: &str = "\
Examples:
  durable completions bash > ~/.local/share/bash-completion/completions/durable
  durable completions zsh > ~/.zfunc/_durable
  durable completions fish > ~/.config/fish/completions/durable.fish";

/// Prints a script that completes commands in a shell.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(args: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "durable", &mut script);
    print(&String::from_utf8_lossy(&script))
}
