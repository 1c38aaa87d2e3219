//! How fast requests were answered.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

/// How long each answer took, by what was asked.
#[derive(Default)]
pub(super) struct Figures(Mutex<BTreeMap<&'static str, Vec<Duration>>>);

impl Figures {
    pub(super) fn note(&self, what: &'static str, took: Duration) {
        self.0.lock().unwrap().entry(what).or_default().push(took);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut figures = self.0.lock().unwrap().clone();
        let all = figures.values().flatten().copied().collect();
        figures.insert("all", all);
        writeln!(f, "{:<16} {:>9} {:>10} {:>10} {:>10}", "request", "answers", "p50", "p99", "longest")?;
        for (what, mut took) in figures {
            took.sort_unstable();
            let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
            let [half, most, longest] =
                [50, 99, 100].map(|percent| format!("{:.1} ms", at(percent).as_secs_f64() * 1e3));
            writeln!(f, "{what:<16} {:>9} {half:>10} {most:>10} {longest:>10}", took.len())?;
        }
        Ok(())
    }
}
