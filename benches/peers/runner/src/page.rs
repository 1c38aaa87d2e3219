//! The page: what was measured, on what, how, and how to do it again.

use std::time::Duration;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, ContentArrangement};

use crate::figures::{Measured, Spread};
use crate::machine::Machine;
use crate::plan::{Row, Scale, Table};
use crate::targets::targets;

pub(crate) fn page(plan: &[Table], measured: &Measured, machine: &Machine, scale: Scale, took: Duration) -> String {
    let mut page = String::from(INTRODUCTION);
    if scale == Scale::Small {
        page.push_str("\n**A trial at a small size: it shows that everything runs, and no figure means anything.**\n");
    } else {
        page.push_str("\n## What it has to reach\n\n");
        page.push_str(&reached(plan, measured));
    }
    for table in plan {
        page.push_str(&format!("\n## {}\n\n{}\n\n", title(table.name), table.what));
        page.push_str(&results(table, measured));
    }
    page.push_str(SETTINGS);
    page.push_str("\n## The machine\n\n");
    page.push_str(&grid(
        &["", ""],
        machine.lines.iter().map(|(name, value)| vec![(*name).to_owned(), value.clone()]).collect(),
    ));
    page.push_str(&REPEAT.replace("{minutes}", &took.as_secs().div_ceil(60).to_string()));
    page
}

fn reached(plan: &[Table], measured: &Measured) -> String {
    let rows = targets(plan, measured).into_iter().map(|target| {
        let verdict = if target.met { "yes" } else { "**no**" };
        vec![target.what.to_owned(), target.wanted.to_owned(), target.reached, verdict.to_owned()]
    });
    grid(&["", "wanted", "measured", "met"], rows.collect())
}

/// A table of figures, and under it why some are missing.
fn results(table: &Table, measured: &Measured) -> String {
    let mut header = vec![""];
    header.extend(table.columns.iter().map(|column| column.title));
    header.push("durable is");
    let mut notes = String::new();
    let mut rows = Vec::new();
    for row in &table.rows {
        let mut cells = vec![row.label()];
        for column in table.columns {
            let figure = measured.figure(table, row, column.figure);
            cells.push(figure.map_or_else(|| "–".to_owned(), |spread| show(spread, column.digits)));
        }
        cells.push(compared(table, row, measured).unwrap_or_default());
        rows.push(cells);
        if let Some((failed, of, why)) = measured.trouble(table, row) {
            let times = if of == 1 { String::new() } else { format!(", {failed} times of {of}") };
            notes.push_str(&format!("\n{}{times}: {why}.\n", row.label()));
        }
    }
    grid(&header, rows) + &notes
}

/// How this engine does against a row of the same size, or of the only size.
fn compared(table: &Table, row: &Row, measured: &Measured) -> Option<String> {
    let first = table.rows.first()?;
    let ours = table.rows.iter().find(|ours| ours.side == first.side && ours.count == row.count).unwrap_or(first);
    if row.side == first.side || (row.size.is_some() && ours.count != row.count) {
        return None;
    }
    let ratio = measured.ratio(table, table.columns.first()?, ours, row)?;
    let digits = if ratio.median < 10.0 { 2 } else { 0 };
    Some(format!("{} ×", show(ratio, digits)))
}

fn show(Spread { median, least, most }: Spread, digits: usize) -> String {
    let text = |value| thousands(&format!("{value:.digits$}"));
    if text(least) == text(most) {
        return text(median);
    }
    format!("{} ({}–{})", text(median), text(least), text(most))
}

/// A comma between each three digits before the point.
fn thousands(number: &str) -> String {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |rest| ("−", rest));
    let (whole, fraction) =
        number.split_once('.').map_or((number, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{fraction}")
}

fn title(name: &str) -> &str {
    match name {
        "W1" => "W1: one execution",
        "W2" => "W2: many executions",
        "W3" => "W3: from a cold start to where it stood",
        "W4" => "W4: sleepers",
        "W5" => "W5: what a suspended execution weighs",
        "W6" => "W6: starts",
        "W7" => "W7: a loop of waits",
        other => other,
    }
}

fn grid(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut grid = comfy_table::Table::new();
    grid.load_style(ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Disabled);
    grid.set_header(header);
    grid.add_rows(rows);
    for column in grid.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Left);
    }
    grid.trim_fmt() + "\n"
}

const INTRODUCTION: &str = "\
# Performance

Written by `benches/peers/run`, which runs the same workloads on this engine, on its peers and on a bare disk, in one go. Steps
are trivial and return 64 bytes of JSON, so what is measured is what durability costs and nothing else.

Figures are medians over rounds, with the least and the most in brackets. A round runs all sides of a workload one after
the other, each in a process, folder and database of its own, and \"durable is 3 ×\" says that this engine did three times as well
in the same round. Ratios last longer than figures: the same disk is faster in one minute than in the next.
";

const SETTINGS: &str = "
## How the sides are set

- **durable**: `Engine::open(path)` as it comes: SQLite in WAL mode with `synchronous = FULL`, so what is acknowledged survives
  a power failure; up to 1,024 suspended runs in memory. *Nothing resident* is `.resident(0)`: each wake-up is a replay. W3 and
  W7 lift the limit of 3,000 operations for an execution.
- **durare 0.5.0** on SQLite: its own options but `synchronous = FULL` where it has NORMAL, which may lose acknowledged commits.
- **dbos 0.5.0** on PostgreSQL: its own options (ten connections); the server as it comes, with `fsync` and
  `synchronous_commit` on, on the loopback. It is the only side with a server, and the only one whose executions can be
  spread over machines.
- **duroxide 0.1.32** on SQLite: it polls its queues. As it comes it does so every 100 ms; *poll 1 ms* is the fastest that can be
  set. It opens SQLite with `synchronous = NORMAL`, which may lose acknowledged commits; *FULL* is the same at equal durability, set
  on its open connections.
- **The floor**: appends of 256 bytes to one SQLite table through rusqlite, each in a transaction of its own (W1) or 64 in one
  (W2), WAL and `synchronous = FULL`; and the same to a file whose blocks exist, with an `fdatasync` after each write. It
  keeps no history, no timers and no index.

How the end of an execution is noticed is a side's own: a peer that polls for it is not charged in W1, W3 and W7.
";

const REPEAT: &str = "
## How to repeat it

```sh
benches/peers/run --write docs/performance.md    # {minutes} minutes, after a build of some more
benches/peers/run --small                        # two minutes: does everything run?
benches/peers/run --only W1 --only W2            # some of the workloads
cargo bench --bench engine                       # this engine alone, at several sizes
```

It needs PostgreSQL's programs (Debian: `postgresql`), and starts a server of its own on a temporary folder. Leave the machine
alone meanwhile.
";
