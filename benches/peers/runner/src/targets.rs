//! What this engine has to reach.

use crate::figures::Measured;
use crate::plan::{Row, Table};
use crate::sides::Side;

/// Checkpoints of an execution of W2: its start, five steps, its end.
const CHECKPOINTS_PER_STEP: f64 = 7.0 / 5.0;

pub(crate) struct Target {
    pub(crate) what: &'static str,
    pub(crate) wanted: &'static str,
    pub(crate) reached: String,
    pub(crate) met: bool,
}

/// The targets whose workloads were run.
pub(crate) fn targets(plan: &[Table], measured: &Measured) -> Vec<Target> {
    let look = Look { plan, measured };
    [
        at_least(
            "W1, share of what bare SQLite commits for one caller",
            "≥ 0.7",
            0.7,
            look.times("W1", Side::FloorSqlite),
        ),
        at_least("W1, times dbos", "≥ 2", 2.0, look.times("W1", Side::Dbos)),
        at_least("W1, times duroxide at its fastest", "≥ 10", 10.0, look.times("W1", Side::DuroxideFast)),
        at_least(
            "W2, checkpoints, as a share of what bare SQLite appends in groups of 64",
            "≥ 0.5",
            0.5,
            look.times("W2", Side::FloorSqlite).map(|times| times * CHECKPOINTS_PER_STEP),
        ),
        at_least("W2, times dbos", "≥ 15", 15.0, look.times("W2", Side::Dbos)),
        at_least("W2, times duroxide at its fastest", "≥ 50", 50.0, look.times("W2", Side::DuroxideFast)),
        below("W3, ms for 1,000 operations", "< 20", 20.0, look.figure("W3", Side::Durable, 1000, "ms")),
        below("W3, an operation of 1,000 to 3,000 costs, times one of 100 to 1,000", "< 1.25", 1.25, look.growth()),
        below("W4, late p99, ms", "< 50", 50.0, look.figure("W4", Side::Durable, 10_000, "late_p99_ms")),
        below("W4, CPU, s", "< 2", 2.0, look.figure("W4", Side::Durable, 10_000, "cpu_s")),
        below("W5, KiB each, evicted", "< 2", 2.0, look.kibibytes(Side::DurableEvicted)),
        below("W5, KiB each, resident", "< 16", 16.0, look.kibibytes(Side::DurableResident)),
        below("W7, a wait of 1,000 costs, times one of 250", "< 1.25", 1.25, look.growth_of_waits()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

struct Look<'a> {
    plan: &'a [Table],
    measured: &'a Measured,
}

impl Look<'_> {
    fn row(&self, table: &str, side: Side, count: Option<u32>) -> Option<(&Table, &Row)> {
        let table = self.plan.iter().find(|one| one.name == table)?;
        let row = table.rows.iter().find(|row| row.side == side && count.is_none_or(|count| row.count == count))?;
        Some((table, row))
    }

    /// This engine's figure over another side's.
    fn times(&self, table: &str, side: Side) -> Option<f64> {
        let (_, ours) = self.row(table, Side::Durable, None)?;
        let (table, theirs) = self.row(table, side, None)?;
        Some(self.measured.ratio(table, table.columns.first()?, ours, theirs)?.median)
    }

    fn figure(&self, table: &str, side: Side, count: u32, figure: &str) -> Option<f64> {
        let (table, row) = self.row(table, side, Some(count))?;
        Some(self.measured.figure(table, row, figure)?.median)
    }

    fn kibibytes(&self, side: Side) -> Option<f64> {
        Some(self.figure("W5", side, 10_000, "bytes_each")? / 1024.0)
    }

    /// What opening costs is in all three, and so in no difference.
    fn growth(&self) -> Option<f64> {
        let ms = |count| self.figure("W3", Side::Durable, count, "ms");
        let (few, some, many) = (ms(100)?, ms(1000)?, ms(3000)?);
        Some(((many - some) / 2000.0) / ((some - few) / 900.0))
    }

    fn growth_of_waits(&self) -> Option<f64> {
        let each = |count| self.figure("W7", Side::Durable, count, "ms_each");
        Some(each(1000)? / each(250)?)
    }
}

fn at_least(what: &'static str, wanted: &'static str, least: f64, reached: Option<f64>) -> Option<Target> {
    reached.map(|value| Target { what, wanted, reached: text(value), met: value >= least })
}

fn below(what: &'static str, wanted: &'static str, most: f64, reached: Option<f64>) -> Option<Target> {
    reached.map(|value| Target { what, wanted, reached: text(value), met: value < most })
}

fn text(value: f64) -> String {
    if value < 10.0 { format!("{value:.2}") } else { format!("{value:.1}") }
}
