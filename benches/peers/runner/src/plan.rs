//! What is run: the workloads, their sides and sizes.

use std::time::Duration;

use crate::sides::Side;

/// How large everything is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    Small,
    Full,
}

/// One workload, and one table of the page.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// What is done and timed.
    pub(crate) what: &'static str,
    pub(crate) columns: &'static [Column],
    pub(crate) rows: Vec<Row>,
    pub(crate) rounds: usize,
    /// How long a side may take for one run of it.
    pub(crate) limit: Duration,
}

/// One figure of a table. The first column is the one that is compared.
pub(crate) struct Column {
    pub(crate) figure: &'static str,
    pub(crate) title: &'static str,
    pub(crate) better: Better,
    pub(crate) digits: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    More,
    Less,
}

/// One side of a table.
pub(crate) struct Row {
    pub(crate) side: Side,
    /// The workloads that the side's program runs, one after the other in one folder; the last one is measured.
    pub(crate) workloads: &'static [&'static str],
    pub(crate) count: u32,
    pub(crate) repeat: u32,
    /// Fewer rounds than the others, for a side that takes long.
    pub(crate) rounds: Option<usize>,
    /// What the label says about the size, where sizes differ.
    pub(crate) size: Option<String>,
}

impl Row {
    fn new(side: Side, workloads: &'static [&'static str], count: u32) -> Self {
        Self { side, workloads, count, repeat: 1, rounds: None, size: None }
    }

    fn repeat(self, repeat: u32) -> Self {
        Self { repeat, ..self }
    }

    fn once(self) -> Self {
        Self { rounds: Some(1), ..self }
    }

    fn sized(self, unit: &str) -> Self {
        Self { size: Some(format!("{} {unit}", self.count)), ..self }
    }

    /// What stands in the first column.
    pub(crate) fn label(&self) -> String {
        match &self.size {
            Some(size) => format!("{}, {size}", self.side.title()),
            None => self.side.title().to_owned(),
        }
    }
}

const PER_SECOND: Column = Column { figure: "per_second", title: "steps/s", better: Better::More, digits: 0 };
const P50: Column = Column { figure: "p50_ms", title: "p50, ms", better: Better::Less, digits: 2 };
const P99: Column = Column { figure: "p99_ms", title: "p99, ms", better: Better::Less, digits: 2 };

/// All tables, in the order of the page.
pub(crate) fn plan(scale: Scale) -> Vec<Table> {
    let small = scale == Scale::Small;
    let of = |full: u32, small_one: u32| if small { small_one } else { full };
    let rounds = if small { 1 } else { 5 };
    let few_rounds = if small { 1 } else { 3 };
    let limit = Duration::from_secs(if small { 30 } else { 45 });
    vec![
        steps(rounds, limit, &of),
        many(few_rounds, limit, &of),
        open(few_rounds, limit, &of),
        sleeps(limit, &of),
        suspended(limit, &of),
        starts(few_rounds, limit, &of),
        waits(few_rounds, limit, &of),
    ]
}

type Of<'a> = &'a dyn Fn(u32, u32) -> u32;

fn steps(rounds: usize, limit: Duration, of: Of<'_>) -> Table {
    let row = |side, repeat| Row::new(side, &["steps"], 100).repeat(repeat);
    let floor = |side| Row::new(side, &["steps"], of(2000, 500));
    Table {
        name: "W1",
        what: "One execution of 100 steps, one after the other, between the first step and the last.",
        columns: &[PER_SECOND, P50, P99],
        rows: vec![
            row(Side::Durable, of(20, 5)),
            floor(Side::FloorSqlite),
            floor(Side::FloorLog),
            row(Side::Durare, of(5, 2)),
            row(Side::Dbos, of(5, 2)),
            row(Side::DuroxideFast, of(3, 1)),
            row(Side::DuroxideFull, of(3, 1)),
            row(Side::Duroxide, 1).once(),
        ],
        rounds,
        limit,
    }
}

fn many(rounds: usize, limit: Duration, of: Of<'_>) -> Table {
    let row = |side, count| Row::new(side, &["many"], count);
    Table {
        name: "W2",
        what: "2,000 executions of 5 steps, started by 64 callers, until the last has ended. duroxide runs 200 of them. The \
               floor commits 64 appends at a time; an execution of 5 steps is 7 checkpoints, with its start and its end.",
        columns: &[PER_SECOND],
        rows: vec![
            row(Side::Durable, of(2000, 500)),
            row(Side::FloorSqlite, of(40_000, 10_000)),
            row(Side::FloorLog, of(40_000, 10_000)),
            row(Side::Durare, of(2000, 200)),
            row(Side::Dbos, of(2000, 200)),
            row(Side::DuroxideFast, of(200, 50)),
            row(Side::DuroxideFull, of(200, 50)),
        ],
        rounds,
        limit,
    }
}

fn open(rounds: usize, limit: Duration, of: Of<'_>) -> Table {
    let row = |side, count| Row::new(side, &["prepare", "open"], count).sized("steps");
    let size = of(1000, 200);
    Table {
        name: "W3",
        what: "An execution with recorded steps waits for an answer. A new process opens the store, answers, and the \
               execution gets to the step behind the wait.",
        columns: &[Column { figure: "ms", title: "ms", better: Better::Less, digits: 1 }],
        rows: vec![
            row(Side::Durable, size),
            row(Side::Durable, 100),
            row(Side::Durable, of(3000, 400)),
            row(Side::Durare, size),
            row(Side::Dbos, size),
            row(Side::DuroxideFull, size),
        ],
        rounds,
        limit,
    }
}

fn sleeps(limit: Duration, of: Of<'_>) -> Table {
    let count = of(10_000, 1000);
    let row = |side| Row::new(side, &["sleeps"], count);
    Table {
        name: "W4",
        what: "10,000 executions that sleep for 2 s, started by 64 callers: how late the line behind the sleep is, and the \
               processor time of all of it, a server's included.",
        columns: &[
            Column { figure: "late_p99_ms", title: "late p99, ms", better: Better::Less, digits: 1 },
            Column { figure: "late_min_ms", title: "earliest, ms", better: Better::Less, digits: 1 },
            Column { figure: "late_p50_ms", title: "late p50, ms", better: Better::Less, digits: 1 },
            Column { figure: "cpu_s", title: "CPU, s", better: Better::Less, digits: 2 },
            Column { figure: "server_cpu_s", title: "server's CPU, s", better: Better::Less, digits: 2 },
            Column { figure: "started_s", title: "all started in, s", better: Better::Less, digits: 2 },
        ],
        rows: vec![
            row(Side::Durable),
            row(Side::DurableEvicted),
            row(Side::Durare).once(),
            row(Side::Dbos).once(),
            row(Side::DuroxideFull).once(),
        ],
        rounds: if count < 10_000 { 1 } else { 3 },
        limit,
    }
}

fn suspended(limit: Duration, of: Of<'_>) -> Table {
    let row = |side| Row::new(side, &["suspended"], of(10_000, 1000));
    Table {
        name: "W5",
        what: "10,000 executions that wait for an answer: what each adds to the memory of the process. As it comes, this engine \
               keeps 1,024 of them resident.",
        columns: &[Column { figure: "bytes_each", title: "bytes each", better: Better::Less, digits: 0 }],
        rows: vec![
            row(Side::DurableEvicted),
            row(Side::DurableResident),
            row(Side::Durable),
            row(Side::Durare),
            row(Side::Dbos),
            row(Side::DuroxideFull),
        ],
        rounds: 1,
        limit,
    }
}

fn starts(rounds: usize, limit: Duration, of: Of<'_>) -> Table {
    let row = |side| Row::new(side, &["starts"], of(2000, 200));
    Table {
        name: "W6",
        what: "2,000 executions are started by 64 callers, until the last start is acknowledged.",
        columns: &[Column { title: "starts/s", ..PER_SECOND }],
        rows: vec![
            row(Side::Durable),
            row(Side::Durare),
            row(Side::Dbos),
            row(Side::DuroxideFast),
            row(Side::DuroxideFull),
        ],
        rounds,
        limit,
    }
}

fn waits(rounds: usize, limit: Duration, of: Of<'_>) -> Table {
    let row = |side, count| Row::new(side, &["loop"], count).sized("waits");
    let (less, more) = (of(250, 50), of(1000, 200));
    Table {
        name: "W7",
        what: "One execution that waits in a loop and is answered each time: milliseconds for each wait.",
        columns: &[Column { figure: "ms_each", title: "ms each", better: Better::Less, digits: 2 }],
        rows: vec![
            row(Side::Durable, more),
            row(Side::Durable, less),
            row(Side::DurableEvicted, more).once(),
            row(Side::Durare, more),
            row(Side::Durare, less),
            row(Side::Dbos, more),
            row(Side::Dbos, less),
            row(Side::DuroxideFull, more).once(),
            row(Side::DuroxideFull, less).once(),
        ],
        rounds,
        limit,
    }
}
