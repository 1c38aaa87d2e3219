//! Runs every workload on every side, round by round, and prints how they compare.
//!
//! A round runs the sides of a workload one after the other, each in a process, folder and database of its own. Ratios are of
//! the same round, because a machine is faster in one minute than in the next; medians are over rounds.

mod figures;
mod machine;
mod page;
mod plan;
mod postgres;
mod sides;
mod targets;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::figures::Measured;
use crate::machine::Machine;
use crate::plan::Scale;
use crate::postgres::Cluster;
use crate::sides::Programs;

/// Compares this engine with its peers.
#[derive(Parser)]
struct Arguments {
    /// Everything at a size that takes two or three minutes and proves nothing but that it works.
    #[arg(long)]
    small: bool,
    /// Writes the page with the results here.
    #[arg(long)]
    write: Option<PathBuf>,
    /// Only the workloads whose name starts with one of these.
    #[arg(long)]
    only: Vec<String>,
    /// Where the programs are.
    #[arg(long)]
    programs: PathBuf,
    /// Where the stores are made, on the disk that is to be measured.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    dir: PathBuf,
    /// Where PostgreSQL's programs are; the newest in the usual place if this is not said.
    #[arg(long)]
    postgres: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    machine::require_disk(&arguments.dir)?;
    let began = Instant::now();
    let work = tempfile::Builder::new().prefix("bench-peers-").tempdir_in(&arguments.dir)?;
    let cluster = Cluster::start(&arguments.dir, arguments.postgres.as_deref()).context("PostgreSQL")?;
    let machine = Machine::look(work.path(), cluster.version())?;
    let programs = Programs { folder: arguments.programs, work: work.path().to_owned(), cluster };

    let scale = if arguments.small { Scale::Small } else { Scale::Full };
    let mut plan = plan::plan(scale);
    if !arguments.only.is_empty() {
        plan.retain(|table| arguments.only.iter().any(|prefix| table.name.starts_with(prefix.as_str())));
    }
    let mut measured = Measured::default();
    for round in 0..plan.iter().map(|table| table.rounds).max().unwrap_or(0) {
        for table in plan.iter().filter(|table| round < table.rounds) {
            for row in table.rows.iter().filter(|row| round < row.rounds.unwrap_or(table.rounds)) {
                let outcome = programs.run(row, table.limit)?;
                eprintln!("round {} · {} · {}: {outcome}", round + 1, table.name, row.label());
                measured.add(table, row, outcome);
            }
        }
    }
    let page = page::page(&plan, &measured, &machine, scale, began.elapsed());
    println!("{page}");
    if let Some(path) = arguments.write {
        std::fs::write(&path, &page).with_context(|| path.display().to_string())?;
    }
    let missed: Vec<_> = match scale {
        Scale::Small => Vec::new(),
        Scale::Full => targets::targets(&plan, &measured).into_iter().filter(|target| !target.met).collect(),
    };
    let what: Vec<_> = missed.iter().map(|target| format!("{}: {}", target.what, target.reached)).collect();
    ensure!(missed.is_empty(), "missed: {}", what.join("; "));
    Ok(())
}
