//! The example that a newcomer runs first does what it says.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

/// The coffee bar, built as `cargo run --example coffee` builds it.
///
/// `cargo test` builds an example that has tests as those tests alone, so the program is built here: for the whole
/// workspace, because that is how its libraries have been built a moment ago.
static COFFEE: LazyLock<PathBuf> = LazyLock::new(|| {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--workspace", "--example", "coffee", "--message-format", "json-render-diagnostics"])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let messages = serde_json::Deserializer::from_slice(&built.stdout).into_iter::<serde_json::Value>();
    let programs = messages.filter_map(|message| Some(message.unwrap().get("executable")?.as_str()?.into()));
    programs.last().unwrap()
});

/// `UPDATE_DOCS=1 cargo test --test it example` writes them anew.
#[test]
fn the_plans_in_the_coffee_bar_s_page_are_those_of_its_code() {
    let output = Command::new(&*COFFEE).arg("--plan").output().unwrap();
    let plans = String::from_utf8(output.stdout).unwrap();
    let path = "examples/coffee/README.md";
    let page = std::fs::read_to_string(path).unwrap();
    let (text, _) = page.split_once("```mermaid").unwrap();
    let charts: String = plans.split("\n\n").map(|plan| format!("```mermaid\n{}\n```\n\n", plan.trim())).collect();
    let expected = format!("{text}{}", charts.trim_end_matches('\n').to_owned() + "\n");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, expected).unwrap();
        return;
    }
    assert!(page == expected, "{path} is not what the code says; run `UPDATE_DOCS=1 cargo test --test it example`");
}

#[test]
fn the_coffee_bar_survives_its_kill() {
    let output = Command::new(&*COFFEE).output().unwrap();
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{told}\n{errors}", output.status);
    for line in [
        "SIGKILL  after ",
        "served: espresso, number ",
        "not served: no barista had time",
        "not served: the barista cancelled: no oat milk left",
        "Runtime.ExitError",
        "No step ran again after its outcome was recorded.",
    ] {
        assert!(told.contains(line), "no line with {line:?} in:\n{told}");
    }
}
