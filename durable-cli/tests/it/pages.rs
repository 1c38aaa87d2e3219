//! `--help`, the page that is made of it, and completions.

use crate::bench::{answer, durable};

#[test]
fn the_page_of_the_documentation_is_what_help_says() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md");
    let written = durable_cli::markdown();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&page, &written).unwrap();
    }
    let kept = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(kept == written, "docs/cli.md is old\nhelp: BLESS=1 cargo test -p durable-cli page");
}

#[test]
fn help_teaches_with_examples() {
    // Every command that the page has, so that none is forgotten.
    let page = durable_cli::markdown();
    let commands: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("### durable ")).collect();
    for known in ["start", "completions", "callback ls", "callback heartbeat", "local", "local execution stop"] {
        assert!(commands.contains(&known), "{commands:?}");
    }
    for command in commands {
        let help = answer(durable().args(command.split(' ')).arg("--help")).works().out;
        assert!(help.contains("Examples:\n  durable ") || help.contains("Examples:\n  echo "), "{command}: {help}");
    }
    assert!(answer(durable().arg("--help")).works().out.contains("Exit codes:"));
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = answer(durable().args(["completions", shell])).works().out;
        assert!(script.contains("heartbeat"), "{shell}");
    }
    assert_eq!(answer(durable().args(["completions", "tcsh"])).code, 2);
}
