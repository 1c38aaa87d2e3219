//! What a program is asked to do, and what it answers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, ValueEnum};

/// One workload on one side.
#[derive(Debug, Clone, Parser)]
pub struct Job {
    /// What to do.
    #[arg(long)]
    pub workload: Workload,
    /// Of how many steps, executions or waits, as the workload says.
    #[arg(long)]
    pub count: u32,
    /// How often, where one execution is timed.
    #[arg(long, default_value_t = 1)]
    pub repeat: u32,
    /// Where files may be written.
    #[arg(long)]
    pub dir: PathBuf,
    /// An empty database, for a side that needs a server.
    #[arg(long)]
    pub database: Option<String>,
    /// The server's process, whose time counts too.
    #[arg(long)]
    pub server: Option<u32>,
    /// How the side is set, where it is run in more than one way.
    #[arg(long, default_value = "")]
    pub setting: String,
}

impl Job {
    /// What the command line asks for.
    pub fn from_command_line() -> Self {
        Self::parse()
    }
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// One execution of `count` steps, `repeat` times, one after the other.
    Steps,
    /// `count` executions of five steps each, started by 64 callers.
    Many,
    /// One execution of `count` steps that then waits: what `Open` finds.
    Prepare,
    /// A process starts, answers what the prepared execution waits for, and gets to the step behind that.
    Open,
    /// `count` executions that sleep for two seconds, started by 64 callers.
    Sleeps,
    /// `count` executions that wait to be answered.
    Suspended,
    /// `count` executions are started by 64 callers; nothing but the starts is timed.
    Starts,
    /// One execution that waits `count` times, and is answered each time.
    Loop,
}

/// What was measured, by name.
pub type Figures = BTreeMap<&'static str, f64>;

/// Prints what was measured as one line of JSON.
pub fn report(figures: Figures) -> Result<()> {
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}
