//! What each lint leaves alone: the `pass` files of `tests/ui/lint`, compiled here so that they cost little.
#![allow(dead_code, unused_must_use, unused_parens, clippy::all, reason = "they only have to compile")]

#[path = "../ui/lint/randomness/pass/chance_in_a_step.rs"]
mod chance_in_a_step;
#[path = "../ui/lint/sync_closure/pass/closures_without_awaits.rs"]
mod closures_without_awaits;
#[path = "../ui/lint/foreign_concurrency/pass/concurrency_in_a_step.rs"]
mod concurrency_in_a_step;
#[path = "../ui/lint/environment/pass/configuration.rs"]
mod configuration;
#[path = "../ui/lint/io/pass/io_in_a_step.rs"]
mod io_in_a_step;
#[path = "../ui/lint/nameless_step/pass/names_from_code.rs"]
mod names_from_code;
#[path = "../ui/lint/ambiguous_step/pass/one_await_for_one_step.rs"]
mod one_await_for_one_step;
#[path = "../ui/lint/duplicate_name/pass/one_name_for_one_site.rs"]
mod one_name_for_one_site;
#[path = "../ui/lint/unordered_iteration/pass/ordered_items.rs"]
mod ordered_items;
#[path = "../ui/lint/output/pass/output_in_a_step.rs"]
mod output_in_a_step;
#[path = "../ui/lint/signature/pass/owned_arguments.rs"]
mod owned_arguments;
#[path = "../ui/lint/hidden_await/pass/readable_macros.rs"]
mod readable_macros;
#[path = "../ui/lint/shared_state/pass/state_in_a_step.rs"]
mod state_in_a_step;
#[path = "../ui/lint/step_in_step/pass/steps_side_by_side.rs"]
mod steps_side_by_side;
#[path = "../ui/lint/misplaced_step/pass/taught_places.rs"]
mod taught_places;
#[path = "../ui/lint/thread/pass/thread_in_a_step.rs"]
mod thread_in_a_step;
#[path = "../ui/lint/spawn/pass/threads_in_a_step.rs"]
mod threads_in_a_step;
#[path = "../ui/lint/wall_clock/pass/time_from_a_step.rs"]
mod time_from_a_step;

/// Nobody forgets to list one.
#[test]
fn every_pass_file_is_compiled() {
    let listed = include_str!("lints.rs");
    let mut files = 0;
    for lint in std::fs::read_dir("tests/ui/lint").unwrap() {
        for file in std::fs::read_dir(lint.unwrap().path().join("pass")).unwrap() {
            let path = file.unwrap().path();
            let line = format!("#[path = \"../ui/{}\"]", path.strip_prefix("tests/ui").unwrap().display());
            assert!(listed.contains(&line), "{line} is missing in tests/it/lints.rs");
            files += 1;
        }
    }
    assert_eq!(listed.lines().filter(|line| line.starts_with("#[path")).count(), files);
}
