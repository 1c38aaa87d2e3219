//! What the disk allows: appends of 256 bytes to a bare SQLite table and to a bare file, each acknowledged after a sync.
//!
//! `Steps` is one caller that waits for each append, `Many` commits 64 at a time.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, bail};
use bench_kit::{Figures, Job, Workload, report};
use rusqlite::{Connection, params};

const BYTES: usize = 256;
const GROUP: u32 = 64;

fn main() -> Result<()> {
    let job = Job::from_command_line();
    let group = match job.workload {
        Workload::Steps => 1,
        Workload::Many => GROUP,
        other => bail!("{other:?} is nothing for a bare disk"),
    };
    let seconds = match job.setting.as_str() {
        "sqlite" => sqlite(&job.dir, job.count, group)?,
        "log" => log(&job.dir, job.count, group)?,
        other => bail!("`{other}` is no setting"),
    };
    let total: f64 = seconds.iter().sum();
    report(Figures::from([
        ("per_second", f64::from(job.count) / total),
        ("p50_ms", quantile(seconds.clone(), 0.5) * 1e3),
        ("p99_ms", quantile(seconds, 0.99) * 1e3),
    ]))
}

/// A table like the one that an engine would have, without an index: how long each commit took.
fn sqlite(dir: &Path, count: u32, group: u32) -> Result<Vec<f64>> {
    let connection = Connection::open(dir.join("floor.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE log (execution BLOB, position INTEGER, records TEXT, PRIMARY KEY (execution, position))
         WITHOUT ROWID",
    )?;
    let text = "x".repeat(BYTES);
    let mut seconds = Vec::new();
    for first in (0..count).step_by(group as usize) {
        let began = Instant::now();
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for number in first..(first + group).min(count) {
            // Callers of one group are executions of their own.
            let mut execution = [0; 16];
            execution[..4].copy_from_slice(&(number % group).to_be_bytes());
            connection
                .prepare_cached("INSERT INTO log VALUES (?1, ?2, ?3)")?
                .execute(params![execution, number, text])?;
        }
        connection.execute_batch("COMMIT")?;
        seconds.push(began.elapsed().as_secs_f64());
    }
    Ok(seconds)
}

/// A file whose blocks are there already: how long each write and `fdatasync` took.
fn log(dir: &Path, count: u32, group: u32) -> Result<Vec<f64>> {
    let mut file = File::create_new(dir.join("floor.log"))?;
    file.write_all(&vec![0; count as usize * BYTES])?;
    file.sync_all()?;
    file.rewind()?;
    let mut seconds = Vec::new();
    for first in (0..count).step_by(group as usize) {
        let records = vec![b'x'; group.min(count - first) as usize * BYTES];
        let began = Instant::now();
        file.write_all(&records)?;
        file.sync_data()?;
        seconds.push(began.elapsed().as_secs_f64());
    }
    Ok(seconds)
}

fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}
