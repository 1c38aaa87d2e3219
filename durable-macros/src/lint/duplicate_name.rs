//! **D011 `duplicate_name`**: two call sites of one context have the same name, and both can run.
//!
//! *Why it breaks replay:* an operation is found in the history by its name and how often that name came before. With
//! one name for two sites, an edit between them hands one site the record of the other.
//!
//! ```text
//! sleep(minutes(5)).await;
//! sleep(hours(1)).await;                    // `sleep` again
//! ```
//!
//! *Use instead:* a name of its own, `sleep(hours(1)).named("sleep_again").await`. Sites in different arms of one
//! `match` or `if` may share a name. What `was = "…"` says must be the old name of one operation only.

use quote::ToTokens;

use super::Lint;
use crate::args::Text;
use crate::model::{Function, Name, Point};
use crate::report::{Errors, line};

pub(super) const LINT: Lint = Lint {
    code: "D011",
    slug: "duplicate_name",
    reason: "a replay finds a record by its name, so after an edit one call could get the record of the other",
};

pub(super) fn check(function: &Function, errors: &mut Errors) {
    let mut named: Vec<(&Point, &str)> = Vec::new();
    for point in &function.body.facts.points {
        let Name::Known { text, at } = &point.name else { continue };
        if !point.recorded {
            continue;
        }
        // One that is always compiled says most.
        let clashes = named.iter().filter(|(earlier, name)| name == text && clash(earlier, point));
        if let Some((earlier, _)) = clashes.min_by_key(|(earlier, _)| earlier.cfgs.len()) {
            let [first, second] = suggestions(point, text, &named);
            let line = line(&earlier.at).map(|line| format!(" on line {line}")).unwrap_or_default();
            let report = LINT
                .at(at, format_args!("this operation is named `{text}`, like the one{line}"))
                .help(format_args!("give it a name of its own: `{first}` or `{second}`"))
                .when(earlier.cfgs.iter().chain(&point.cfgs));
            errors.push_mild(report);
        }
        named.push((point, text));
    }
    check_old_names(&function.body.facts.points, errors);
}

/// A name that an operation had before can't be another one's, or both would look for the same records.
fn check_old_names(points: &[Point], errors: &mut Errors) {
    let old = |point: &Point| point.was.as_ref().map(Text::value);
    for (number, point) in points.iter().enumerate() {
        let Some(was) = &point.was else { continue };
        let is_taken = |(other, candidate): (usize, &Point)| {
            let now = matches!(&candidate.name, Name::Known { text, .. } if candidate.recorded && *text == was.value());
            let before = other < number && old(candidate).is_some_and(|old| old == was.value());
            candidate.scope == point.scope && (now || before)
        };
        if points.iter().enumerate().any(is_taken) {
            let report = LINT
                .at(&was.0, format_args!("`{}` is what another operation is or was called", was.value()))
                .help("name here what only this operation was called, or take `was` off");
            errors.push_mild(report);
        }
    }
}

fn clash(earlier: &Point, later: &Point) -> bool {
    earlier.scope == later.scope && !earlier.excludes(later)
}

/// Two names that are free: the variable that takes the result says most.
fn suggestions(point: &Point, text: &str, named: &[(&Point, &str)]) -> [String; 2] {
    let binding = point.binding.as_ref().map(|ident| ident.to_token_stream().to_string());
    let numbered = (2..).map(|number| format!("{text}_{number}"));
    let mut free = binding
        .into_iter()
        .chain([format!("{text}_again")])
        .chain(numbered)
        .filter(|name| !named.iter().any(|(_, taken)| taken == name))
        .map(|name| match &point.step {
            Some(_) => format!("#[step(name = \"{name}\")]"),
            None if point.is_join => format!("let {name} = join(…).await;"),
            None => format!(".named(\"{name}\")"),
        });
    [free.next().unwrap_or_default(), free.next().unwrap_or_default()]
}
