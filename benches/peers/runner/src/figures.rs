//! What was measured, by row and round.

use crate::plan::{Better, Column, Row, Table};
use crate::sides::{Outcome, Side};

/// A median and its range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
        Some(Self { median, least, most })
    }
}

/// All outcomes.
#[derive(Default)]
pub(crate) struct Measured(Vec<(Key, Outcome)>);

type Key = (&'static str, Side, u32);

impl Measured {
    pub(crate) fn add(&mut self, table: &Table, row: &Row, outcome: Outcome) {
        self.0.push((key(table, row), outcome));
    }

    /// What a row's figure was, over its rounds.
    pub(crate) fn figure(&self, table: &Table, row: &Row, figure: &str) -> Option<Spread> {
        Spread::of(self.rounds(table, row, figure).into_iter().flatten().collect())
    }

    /// How many times better one row is than another, over the rounds of both.
    pub(crate) fn ratio(&self, table: &Table, column: &Column, row: &Row, than: &Row) -> Option<Spread> {
        let (ours, theirs) = (self.rounds(table, row, column.figure), self.rounds(table, than, column.figure));
        Spread::of(
            ours.into_iter()
                .zip(theirs)
                .filter_map(|(our, their)| {
                    let (our, their) = (our?, their?);
                    Some(match column.better {
                        Better::More => our / their,
                        Better::Less => their / our,
                    })
                })
                .collect(),
        )
    }

    /// Why a row has no figures in at least one round.
    pub(crate) fn trouble(&self, table: &Table, row: &Row) -> Option<(usize, usize, String)> {
        let outcomes: Vec<&Outcome> = self.outcomes(table, row).collect();
        let failed = outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::Figures(_))).count();
        let why = outcomes.iter().find(|outcome| !matches!(outcome, Outcome::Figures(_)))?.to_string();
        Some((failed, outcomes.len(), why))
    }

    fn rounds(&self, table: &Table, row: &Row, figure: &str) -> Vec<Option<f64>> {
        self.outcomes(table, row)
            .map(|outcome| match outcome {
                Outcome::Figures(figures) => figures.get(figure).copied(),
                Outcome::TooLong(_) | Outcome::Failed(_) => None,
            })
            .collect()
    }

    fn outcomes(&self, table: &Table, row: &Row) -> impl Iterator<Item = &Outcome> {
        let wanted = key(table, row);
        self.0.iter().filter(move |(key, _)| *key == wanted).map(|(_, outcome)| outcome)
    }
}

fn key(table: &Table, row: &Row) -> Key {
    (table.name, row.side, row.count)
}
