//! The sides, and how the program of one is run.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::plan::Row;
use crate::postgres::Cluster;

/// A way to run durable code, or a bare disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Durable,
    DurableEvicted,
    DurableResident,
    FloorSqlite,
    FloorLog,
    Durare,
    Dbos,
    Duroxide,
    DuroxideFast,
    DuroxideFull,
}

impl Side {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Durable => "durable",
            Self::DurableEvicted => "durable, nothing resident",
            Self::DurableResident => "durable, all resident",
            Self::FloorSqlite => "floor: bare SQLite",
            Self::FloorLog => "floor: bare log file",
            Self::Durare => "durare",
            Self::Dbos => "dbos",
            Self::Duroxide => "duroxide",
            Self::DuroxideFast => "duroxide, poll 1 ms",
            Self::DuroxideFull => "duroxide, poll 1 ms, FULL",
        }
    }

    /// Its program, and how that is told to be set.
    fn program(self) -> (&'static str, &'static str) {
        match self {
            Self::Durable => ("bench-durable", ""),
            Self::DurableEvicted => ("bench-durable", "evicted"),
            Self::DurableResident => ("bench-durable", "resident"),
            Self::FloorSqlite => ("bench-floor", "sqlite"),
            Self::FloorLog => ("bench-floor", "log"),
            Self::Durare => ("bench-durare", ""),
            Self::Dbos => ("bench-dbos", ""),
            Self::Duroxide => ("bench-duroxide", ""),
            Self::DuroxideFast => ("bench-duroxide", "fast"),
            Self::DuroxideFull => ("bench-duroxide", "full"),
        }
    }
}

/// What came of one run.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Figures(BTreeMap<String, f64>),
    /// It did not end within the limit.
    TooLong(Duration),
    /// It ended otherwise; the last line that it wrote.
    Failed(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Figures(figures) => {
                let figures: Vec<String> = figures.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
                f.write_str(&figures.join(", "))
            }
            Self::TooLong(limit) => write!(f, "no end within {} s", limit.as_secs()),
            Self::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}

/// Where programs are and where they may write.
pub(crate) struct Programs {
    pub(crate) folder: PathBuf,
    pub(crate) work: PathBuf,
    pub(crate) cluster: Cluster,
}

impl Programs {
    /// Runs one side of one workload on an empty folder and an empty database.
    pub(crate) fn run(&self, row: &Row, limit: Duration) -> Result<Outcome> {
        let dir = tempfile::tempdir_in(&self.work)?;
        let (program, setting) = row.side.program();
        let database = (row.side == Side::Dbos).then(|| self.cluster.create_database()).transpose()?;
        let mut outcome = Outcome::Failed("nothing was run".to_owned());
        for workload in row.workloads {
            let mut command = Command::new(self.folder.join(program));
            command.args(["--workload", workload, "--count", &row.count.to_string()]);
            command.args(["--repeat", &row.repeat.to_string(), "--setting", setting]).arg("--dir").arg(dir.path());
            if let Some(database) = &database {
                command.args(["--database", database, "--server", &self.cluster.process().to_string()]);
            }
            let (stdout, stderr) = (dir.path().join("stdout"), dir.path().join("stderr"));
            command.stdin(Stdio::null()).stdout(File::create(&stdout)?).stderr(File::create(&stderr)?);
            let ended = end(command.spawn().with_context(|| program.to_owned())?, limit)?;
            outcome = match ended {
                None => Outcome::TooLong(limit),
                Some(status) => read(status, &fs::read_to_string(&stdout)?, &fs::read_to_string(&stderr)?),
            };
            if !matches!(outcome, Outcome::Figures(_)) {
                break;
            }
        }
        Ok(outcome)
    }
}

/// How a process ended, unless it had to be ended.
fn end(mut child: Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let began = Instant::now();
    while began.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

/// The figures are the last line that looks like them; some peers log to the same place.
fn read(status: ExitStatus, stdout: &str, stderr: &str) -> Outcome {
    let figures = stdout.lines().rev().find(|line| line.starts_with('{'));
    match figures.and_then(|line| serde_json::from_str(line).ok()) {
        Some(figures) if status.success() => Outcome::Figures(figures),
        _ => Outcome::Failed(
            stderr
                .lines()
                .find(|line| line.starts_with("Error"))
                .map_or_else(|| status.to_string(), |line| line.chars().take(200).collect()),
        ),
    }
}
