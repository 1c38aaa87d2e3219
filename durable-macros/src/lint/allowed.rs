//! Judges every `allow(…)` after the lints have run: it must name a lint that it is needed for.

use super::{ALL, Lint};
use crate::model::{Allowance, Function};
use crate::report::{Errors, Report};

/// What only concerns what the code uses may be allowed. The other lints find what can't be recorded at all.
const LAST_ALLOWABLE: &str = "D010";

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for Allowance { slug, used } in &function.uses.allowances {
        let name = slug.to_string();
        let report = match ALL.iter().find(|lint| lint.slug == name) {
            None => Report::at(slug, format_args!("there is no lint named `{name}`"))
                .help(format_args!("did you mean `{}`?", nearest(&name)))
                .help(format_args!("these can be allowed: {}", all())),
            Some(lint) if !allowable(lint) => Report::at(slug, format_args!("`{name}` can't be allowed"))
                .help("take the `allow` off, and do what the error says")
                .note(format_args!("{} `{name}`: {}", lint.code, lint.reason)),
            Some(_) if !used.get() => Report::at(slug, format_args!("`{name}` is allowed here, but nothing needs it"))
                .help("take it off, or put it on the statement that it is meant for"),
            Some(_) => continue,
        };
        errors.push_mild(report);
    }
}

fn allowable(lint: &Lint) -> bool {
    lint.code <= LAST_ALLOWABLE
}

fn nearest(name: &str) -> &'static str {
    let slugs = ALL.iter().filter(|lint| allowable(lint)).map(|lint| lint.slug);
    slugs.min_by_key(|slug| (!slug.contains(name), distance(name, slug))).unwrap_or_default()
}

fn all() -> String {
    let slugs = ALL.iter().filter(|lint| allowable(lint)).map(|lint| format!("`{}`", lint.slug));
    slugs.collect::<Vec<_>>().join(", ")
}

/// How many letters have to be added, removed or replaced.
fn distance(from: &str, to: &str) -> usize {
    let first: Vec<usize> = (0..=to.chars().count()).collect();
    let last = from.chars().enumerate().fold(first, |above, (row, letter)| {
        let mut line = vec![row + 1];
        for ((other, diagonal), up) in to.chars().zip(&above).zip(above.iter().skip(1)) {
            let left = line.last().copied().unwrap_or_default();
            line.push((diagonal + usize::from(letter != other)).min(up + 1).min(left + 1));
        }
        line
    });
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn the_nearest_lint_is_suggested() {
        let nearest = ["clock", "wallclock", "outptu", "enviroment", "random"].map(nearest);
        assert_eq!(nearest, ["wall_clock", "wall_clock", "output", "environment", "randomness"]);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
