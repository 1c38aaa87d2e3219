//! A bank of broken durable functions, each small and each of a kind that has cost somebody money. What does not compile is
//! in `tests/ui/bug`; what compiles is found here by running it.

mod crashes;
mod replays;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

/// What a test that finds the bug says.
async fn found<T>(test: impl Future<Output = T>) -> String {
    match AssertUnwindSafe(test).catch_unwind().await {
        Ok(_) => panic!("the bug was not found"),
        Err(panic) => panic.downcast_ref::<String>().cloned().unwrap_or_default(),
    }
}

/// The bugs in a source file: the functions with `#[durable]` on them.
fn durable_functions(source: &str) -> Vec<String> {
    let lines: Vec<&str> = source.lines().collect();
    let named = lines.windows(2).filter(|pair| pair[0].trim() == "#[durable]").filter_map(|pair| {
        let (_, name) = pair[1].split_once("async fn ")?;
        Some(name.split(['(', '<']).next()?.to_owned())
    });
    named.collect()
}

/// The table in `docs/testing.md` names each bug of the bank, and no other.
#[test]
fn the_table_lists_the_bank() {
    let page = include_str!("../../../docs/testing.md");
    let listed: BTreeSet<String> = page
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split_once("` |")?.0.to_owned()))
        .filter(|name| !name.contains(['(', ':', '.']))
        .collect();
    let mut bank: BTreeSet<String> =
        [include_str!("crashes.rs"), include_str!("replays.rs")].into_iter().flat_map(durable_functions).collect();
    for entry in std::fs::read_dir("tests/ui/bug").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            bank.insert(path.file_stem().unwrap().to_string_lossy().into_owned());
        }
    }
    assert_eq!(listed, bank);
    assert!(bank.len() >= 25, "only {} bugs", bank.len());
}

/// What the compiler says of a bug is what the table says: the lint's code, or none where types find it.
#[test]
fn the_table_names_the_lints_that_speak() {
    let page = include_str!("../../../docs/testing.md");
    for entry in std::fs::read_dir("tests/ui/bug").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "stderr") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap();
        let found_by = row.trim_end_matches(" |").rsplit_once(" | ").unwrap().1;
        let said = std::fs::read_to_string(&path).unwrap();
        match found_by.strip_prefix("lint ") {
            // The note of a lint: its code, its name, and the reason.
            Some(lint) => {
                let note = format!("note: {lint}:");
                assert!(said.contains(&note), "{name}: no `{note}` in\n{said}");
            }
            None => {
                assert!(found_by.starts_with("type: "), "{name} is found by {found_by}");
                assert!(!said.contains("note: D0"), "{name} is found by a lint:\n{said}");
            }
        }
    }
}
