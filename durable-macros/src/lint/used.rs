//! How a lint finds what it looks for among the things that a body uses.

use super::Lint;
use crate::model::{Function, Method, Use, Used, UsedPath};
use crate::report::{Errors, Report};

/// What a lint looks for.
///
/// A path is written in full, with a bar before the part that the user must have written at least:
/// `std::time::|Instant::now` finds `Instant::now`, `time::Instant::now` and the whole path, but not
/// `crate::clock::Instant::now`. A star at the end stands for any rest.
pub(super) struct Wanted {
    pub(super) paths: &'static [&'static str],
    pub(super) macros: &'static [&'static str],
    /// The names of macros, wherever they come from, unless the body defines them.
    pub(super) macros_named: &'static [&'static str],
    /// What else is known of a path.
    pub(super) path: fn(&UsedPath) -> bool,
    pub(super) method: fn(&Method) -> bool,
    pub(super) mutable_statics: bool,
}

impl Wanted {
    /// Nothing.
    pub(super) const NONE: Self =
        Self { paths: &[], macros: &[], macros_named: &[], path: |_| false, method: |_| false, mutable_statics: false };

    fn wants(&self, used: &Used) -> bool {
        match used {
            Used::Path(path) => {
                self.paths.iter().any(|pattern| fits(pattern, &path.names))
                    || self.may_import(path)
                    || (self.path)(path)
            }
            Used::Macro(names) => {
                let last = names.last().map(String::as_str).unwrap_or_default();
                self.macros_named.contains(&last) || self.macros.iter().any(|pattern| fits(pattern, names))
            }
            Used::Method(method) => (self.method)(method),
            Used::MutableStatic => self.mutable_statics,
        }
    }

    /// Whether a `use …::*` brings it in. That a module has something of this name has to be known, so a star in a
    /// pattern says nothing.
    fn may_import(&self, path: &UsedPath) -> bool {
        let mut patterns = self.paths.iter().filter(|pattern| !pattern.ends_with('*'));
        !path.globbed.is_empty() && patterns.any(|pattern| path.globbed.iter().any(|names| fits(pattern, names)))
    }
}

impl Lint {
    /// Says what is wrong with a use. What is made by a constructor is used later on, so the rest of the body is of no
    /// use; any other expression is replaced by the report alone.
    pub(super) fn refuse(used: &Use, report: Report, errors: &mut Errors) {
        let number = used.number.filter(|_| !matches!(used.name(), "new" | "current"));
        errors.push_in_place(number, report);
    }

    /// Says what to write. An error of the standard library, which a `?` would hand on, can't be recorded as it is.
    pub(super) fn with_step(report: Report, what: &str, step: &str) -> Report {
        let report = report.help(format_args!("{what}: `{step}`"));
        if step.contains(")?") && !step.contains("map_err") {
            return report.help("and give it an error that can be recorded: `.map_err(|error| error.to_string())?`");
        }
        report
    }

    /// Everything that this lint forbids and no `allow` permits.
    pub(super) fn found<'a>(&self, function: &'a Function, wanted: &Wanted) -> Vec<&'a Use> {
        let found = function.uses.found.iter().filter(|used| wanted.wants(&used.what));
        found.filter(|used| !function.uses.allows(used, self.slug)).collect()
    }
}

fn fits(pattern: &str, written: &[String]) -> bool {
    if !may_fit(pattern, written) {
        return false;
    }
    let (pattern, open) = match pattern.strip_suffix("::*") {
        Some(module) => (module, true),
        None => (pattern, false),
    };
    let Some((prefix, least)) = pattern.split_once('|') else { return false };
    let wanted = || prefix.split("::").filter(|name| !name.is_empty()).chain(least.split("::"));
    let (most, least) = (wanted().count(), least.split("::").count());
    (least..=most).any(|length| {
        (if open { length < written.len() } else { length == written.len() })
            && wanted().skip(most - length).zip(written).all(|(wanted, written)| wanted == written)
    })
}

/// Says no to nearly every path, and mostly has to look at one byte for that: in a debug build nothing here is optimised.
fn may_fit(pattern: &str, written: &[String]) -> bool {
    let (Some(first), Some(last)) = (written.first(), written.last()) else { return false };
    let ([.., wanted], [.., end]) = (pattern.as_bytes(), last.as_bytes()) else { return false };
    match *wanted {
        // What a star stands for is the second name at the earliest.
        b'*' => written.len() > 1 && pattern.contains(first.as_str()),
        wanted => wanted == *end && pattern.ends_with(last.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, fits};
    use crate::lint::{
        environment, foreign_concurrency, io, output, randomness, shared_state, spawn, thread, wall_clock,
    };

    /// Of every lint that looks for what is used.
    const ALL: &[Wanted] = &[
        wall_clock::WANTED,
        randomness::WANTED,
        spawn::WANTED,
        foreign_concurrency::WANTED,
        environment::WANTED,
        io::WANTED,
        shared_state::WANTED,
        thread::WANTED,
        output::WANTED,
    ];

    fn written(path: &str) -> Vec<String> {
        path.split("::").map(str::to_owned).collect()
    }

    #[test]
    fn a_path_may_be_shortened_to_the_bar() {
        let fits = |path| fits("std::time::|Instant::now", &written(path));
        assert!(["Instant::now", "time::Instant::now", "std::time::Instant::now"].into_iter().all(fits));
        assert!(!["now", "crate::clock::Instant::now", "Instant::now::then", "Instant"].into_iter().any(fits));
    }

    #[test]
    fn a_star_stands_for_any_rest() {
        let fits = |path| fits("std::|fs::*", &written(path));
        assert!(["fs::read", "std::fs::read", "std::fs::File::open"].into_iter().all(fits));
        assert!(!["fs", "std::fs", "crate::fs::read", "read"].into_iter().any(fits));
    }

    #[test]
    fn every_pattern_fits_its_shortest_and_its_full_spelling() {
        for pattern in ALL.iter().flat_map(|wanted| wanted.paths.iter().chain(wanted.macros)) {
            let (prefix, least) = pattern.split_once('|').unwrap();
            assert!(prefix.is_empty() || prefix.ends_with("::"), "{pattern}");
            assert!(!prefix.contains('*') && !least.contains('|') && !least.is_empty(), "{pattern}");
            for spelling in [least.to_owned(), format!("{prefix}{least}")] {
                assert!(fits(pattern, &written(&spelling.replace('*', "anything"))), "{pattern} misses {spelling}");
                assert!(!fits(pattern, &written(&format!("own::{spelling}"))), "{pattern} fits own::{spelling}");
            }
        }
    }

    #[test]
    fn no_pattern_says_what_another_one_says() {
        let mut seen = std::collections::BTreeSet::new();
        for pattern in ALL.iter().flat_map(|wanted| wanted.paths) {
            let (prefix, least) = pattern.split_once('|').unwrap();
            assert!(seen.insert(format!("{prefix}{least}")), "{pattern} twice");
        }
    }
}
