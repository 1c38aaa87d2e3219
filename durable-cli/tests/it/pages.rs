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
    let commands = [
        "start",
        "ls",
        "get",
        "history",
        "trace",
        "callback",
        "stop",
        "pause",
        "resume",
        "delete",
        "plan",
        "serve",
        "completions",
    ];
    for command in commands {
        let help = answer(durable().args([command, "--help"])).works().out;
        assert!(help.contains("Examples:\n  "), "{command}: {help}");
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
