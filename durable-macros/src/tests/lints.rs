//! Every lint has a code, a page, cases that it refuses and cases that it leaves alone, and says three things.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::pages;

/// A lint as its file tells it.
struct Told {
    code: String,
    slug: String,
    text: String,
}

const HELPERS: [&str; 4] = ["mod", "used", "allowed", "legal"];

/// By code.
fn lints() -> BTreeMap<String, Told> {
    let files = fs::read_dir(pages::root().join("durable-macros/src/lint")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let files = files.filter(|path| !HELPERS.contains(&path.file_stem().unwrap().to_str().unwrap()));
    let mut lints = BTreeMap::new();
    for told in files.map(|path| told(&path)) {
        let slug = told.slug.clone();
        let twin = lints.insert(told.code.clone(), told);
        assert!(twin.is_none(), "{slug} has the code of another lint");
    }
    lints
}

/// Reads `//! **D001 `wall_clock`**: text`.
fn told(path: &Path) -> Told {
    let source = fs::read_to_string(path).unwrap();
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let text = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n");
    let (heading, text) = text.strip_prefix("**").and_then(|text| text.split_once("**: ")).unwrap();
    let (code, slug) = heading.split_once(' ').unwrap();
    let slug = slug.trim_matches('`').to_owned();
    assert_eq!(path.file_stem().unwrap().to_str(), Some(slug.as_str()));
    for (what, needed) in [("code", code), ("slug", &slug)] {
        assert!(source.contains(&format!("{what}: \"{needed}\"")), "{slug}: the constant has another {what}");
    }
    for part in ["*Why it breaks replay:*", "```text", "*Use instead:*"] {
        assert!(text.contains(part), "{slug} has no {part}");
    }
    assert!(source.lines().count() <= 150, "{slug} is too long for one lint");
    Told { code: code.to_owned(), slug, text: text.to_owned() }
}

fn cases(slug: &str, folder: &str) -> Vec<PathBuf> {
    let folder = pages::root().join("tests/ui/lint").join(slug).join(folder);
    let files = fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

#[test]
fn codes_have_no_gaps() {
    let codes: Vec<String> = lints().into_keys().collect();
    let counted: Vec<String> = (1..=codes.len()).map(|number| format!("D{number:03}")).collect();
    assert_eq!(codes, counted);
}

#[test]
fn every_lint_has_cases() {
    for lint in lints().values() {
        assert!(!cases(&lint.slug, "fail").is_empty(), "{} refuses nothing in tests/ui/lint", lint.slug);
        assert!(!cases(&lint.slug, "pass").is_empty(), "{} leaves nothing alone in tests/ui/lint", lint.slug);
    }
    let folders = fs::read_dir(pages::root().join("tests/ui/lint")).unwrap().count();
    assert_eq!(folders, lints().len(), "a folder of tests/ui/lint has no lint");
}

/// The fact, then the help, then the note with code, slug and reason.
#[test]
fn every_message_has_three_parts() {
    for lint in lints().values() {
        let mut found = 0;
        for case in cases(&lint.slug, "fail") {
            let said = fs::read_to_string(case.with_extension("stderr")).unwrap();
            let note = format!("note: {} `{}`: ", lint.code, lint.slug);
            for message in said.split("\nerror").filter(|message| message.contains(&note)) {
                found += 1;
                let lines: Vec<&str> = message.lines().map(str::trim).collect();
                let fact = lines.first().and_then(|line| line.split_once(": ")).unwrap().1;
                let lower = fact.starts_with(|letter: char| letter.is_lowercase() || letter == '`');
                assert!(lower && !fact.ends_with('.'), "{}: {fact}", case.display());
                // What types show has no `help:` of its own; its first note is the fix.
                let fix =
                    lines.iter().position(|line| line.starts_with("help: ") || line.contains("note: sort the items"));
                let why = lines.iter().position(|line| line.contains(&note));
                assert!(fix.is_some() && fix < why, "{}: no help before the note in\n{message}", case.display());
            }
        }
        assert!(found > 0, "no case in tests/ui/lint/{}/fail shows {}", lint.slug, lint.code);
    }
}

#[test]
fn the_page_of_lints_is_written_from_them() {
    let mut page = INTRODUCTION.to_owned();
    for Told { code, slug, text } in lints().values() {
        let mut letters = text.trim().chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        page.push_str(&format!("\n## {code} `{slug}`\n\n{first}{}\n", letters.as_str()));
    }
    pages::check("lints.md", &page.replace("```text", "```rust,ignore"));
}

const INTRODUCTION: &str = r#"<!-- Written from `durable-macros/src/lint/*.rs` by `UPDATE_DOCS=1 cargo test -p durable-macros`. -->

# Lints

A durable function is run again to find out where it stood: what is recorded answers, and the code between has to come to
the same decisions. `#[durable]` reads the function and refuses what would not, with a code, the place, and what to write
instead. The bodies of steps may do anything, because their results are recorded.

The lints D001 to D010 are about what code uses. One that does no harm where it stands can be allowed, on the function or
on a statement, and always with a reason:

```rust,ignore
#[durable(allow(output, reason = "it is a demonstration"))]
async fn place_order(order: Order) -> Receipt {
    #[durable(allow(wall_clock, reason = "only shown to the customer"))]
    let shown = Utc::now();
    …
}
```

An `allow` that nothing needs is an error, so it does not outlive its reason. The other lints find what can't be recorded
at all, and can't be allowed.

What a macro sees are the names in the function: paths such as `fs::read`, macros, methods, and what the function's own
`use` lines say of them. It does not see the `use` lines of the module. So a name that a module renames (`use std::fs as
files;`) is not known, and neither is a function that it imports by itself (`use std::env::var;`), unless the call says
enough: `random::<u32>()`, `spawn(async { … })`. Nor is it seen what the functions do that are called. Write such a call
with its module, `env::var(…)`, where it stands in a durable function.
"#;
