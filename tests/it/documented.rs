//! Every operation and every method of the engine has an example, and says what a reader has to know of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A public function and its documentation.
struct Documented {
    name: String,
    signature: String,
    docs: String,
    /// Whether it is a function and not a method.
    is_free: bool,
}

/// The public functions of a file that a reader can name, without those that are hidden.
fn functions(source: &str) -> Vec<Documented> {
    let exported = exported();
    let mut is_of_exported = true;
    let (mut found, mut docs, mut is_hidden) = (Vec::new(), String::new(), false);
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    for line in code.lines() {
        let text = line.trim_start();
        if let Some(doc) = text.strip_prefix("///") {
            docs.push_str(doc);
            docs.push('\n');
        } else if text.starts_with("#[") {
            is_hidden |= text.starts_with("#[doc(hidden)]");
        } else {
            if line.starts_with("impl") {
                let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                is_of_exported = words.any(|word| word.len() > 1 && exported.contains(word));
            } else if line.starts_with("macro_rules!") {
                is_of_exported = true;
            }
            let after_pub = text.strip_prefix("pub ").map(|rest| rest.trim_start_matches("const "));
            let function = after_pub.and_then(|rest| rest.trim_start_matches("async ").strip_prefix("fn "));
            if let Some(signature) = function.filter(|_| !is_hidden) {
                let name: String = signature.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let is_free = text.len() == line.len();
                if if is_free { !exported.contains(&name) } else { !is_of_exported } {
                    docs.clear();
                    continue;
                }
                found.push(Documented { name, signature: text.to_owned(), docs: docs.clone(), is_free });
            }
            docs.clear();
            is_hidden = false;
        }
    }
    found
}

/// What stands in the examples of a file.
fn examples(source: &str) -> String {
    let mut inside = false;
    let docs = source.lines().filter_map(|line| line.trim_start().strip_prefix("///"));
    let lines = docs.filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        inside ^= is_fence;
        inside && !is_fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("durable-core/src").join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.clone(), std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(found.len() > 2, "the sources have moved");
    found
}

/// What a reader can name: the re-exports of the facade.
fn exported() -> BTreeSet<String> {
    let facade = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let code: Vec<_> = facade.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    code.join("\n").split(|c: char| !(c.is_alphanumeric() || c == '_')).map(ToOwned::to_owned).collect()
}

/// The files whose methods a reader sees; the others are machinery.
fn is_read(path: &Path) -> bool {
    let file = path.file_name().unwrap().to_string_lossy().into_owned();
    let machinery = [
        "actor",
        "place.rs",
        "line.rs",
        "ordered.rs",
        "items.rs",
        "black_box.rs",
        "mailbox.rs",
        "shared.rs",
        "worker.rs",
        "function.rs",
        // Code that runs elsewhere is somebody else's program, in another language as likely as not.
        "remote",
        "remote_calls.rs",
        "registered.rs",
    ];
    !machinery.iter().any(|name| file == *name || path.iter().any(|part| part == *name))
}

#[test]
fn every_operation_and_every_method_of_the_engine_has_an_example() {
    let mut missing = Vec::new();
    let mut seen = 0;
    for folder in ["operation", "engine"] {
        let all = sources(folder);
        for (path, source) in all.iter().filter(|(path, _)| is_read(path)) {
            // Methods that several types share stand in a macro; an example of one of the types is enough.
            let shared: String = match path.file_name().is_some_and(|name| name == "mod.rs") {
                true => {
                    all.iter().filter(|(other, _)| other.parent() == path.parent()).map(|(_, s)| examples(s)).collect()
                }
                false => String::new(),
            };
            let examples = examples(source) + &shared;
            for function in functions(source) {
                seen += 1;
                let call = |prefix| examples.contains(&format!("{prefix}{}", function.name));
                // Words in backticks show a method that needs no more.
                let there =
                    ["EngineBuilder", "Engine", "Run"].map(|other| format!("see [`{other}::{}`]", function.name));
                let is_shown = function.docs.contains("```")
                    || function.docs.contains(&format!(".{}(", function.name))
                    || there.iter().any(|there| function.docs.replace('\n', "").contains(there.as_str()));
                if !is_shown && !call(".") && !call("::") {
                    missing.push(format!("{}: {}", path.display(), function.signature));
                }
            }
        }
    }
    assert!(seen > 100, "only {seen} functions were found");
    assert!(missing.is_empty(), "without an example:\n{}", missing.join("\n"));
}

/// The items at the top of a file, with their documentation, but for those that are hidden.
fn items(source: &str) -> Vec<(String, String)> {
    let (mut found, mut docs, mut attribute, mut hidden) = (Vec::new(), String::new(), false, false);
    for line in source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().lines() {
        if let Some(doc) = line.strip_prefix("///") {
            docs.push_str(doc);
            docs.push('\n');
            continue;
        }
        hidden |= line == "#[doc(hidden)]";
        attribute |= line.starts_with("#[");
        if attribute {
            attribute = !line.ends_with(']');
            continue;
        }
        let item = line.strip_prefix("pub ").map(|rest| rest.trim_start_matches("const ").trim_start_matches("async "));
        let kinds = ["struct ", "enum ", "trait ", "type ", "fn "];
        if let Some(item) = item.and_then(|item| kinds.iter().find_map(|kind| item.strip_prefix(kind)))
            && !hidden
        {
            let name: String = item.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push((name, docs.clone()));
        }
        docs.clear();
        hidden = false;
    }
    found
}

/// The names in the facade's lists of re-exports.
fn re_exported() -> BTreeSet<String> {
    let facade = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let lists = facade.split("pub use durable_core::").skip(1).filter_map(|list| list.split(';').next());
    let names = lists.flat_map(|list| list.split(|c: char| !(c.is_alphanumeric() || c == '_')).map(ToOwned::to_owned));
    names.collect()
}

/// What the documentation sends its reader to: `See [`Query`]`.
fn referred(docs: &str) -> Option<String> {
    let link = docs.replace('\n', " ").to_lowercase().find("see [`").map(|at| at + "see [`".len())?;
    docs.replace('\n', " ").get(link..)?.split(['`', '(']).next().map(ToOwned::to_owned)
}

/// The items of everything that a reader may be sent to.
fn everything() -> Vec<(String, String)> {
    let folders = ["operation", "engine", "model", "observe", "value", "store", "plan", "context", "service"];
    folders.iter().flat_map(|folder| sources(folder)).flat_map(|(_, source)| items(&source)).collect()
}

/// The names of items that neither have an example nor say where one is.
fn unshown<'a>(items: &'a [(String, String)], all: &[(String, String)]) -> BTreeSet<&'a str> {
    let shown = |docs: &str| docs.contains("```");
    let is_shown = |name: &str| all.iter().any(|(item, docs)| item == name && shown(docs));
    // The methods of the engine have examples of their own.
    let elsewhere =
        |docs: &str| match referred(docs).as_deref().map(|there| there.split_once("::").unwrap_or((there, ""))) {
            Some((owner, method)) => is_shown(owner) || !method.is_empty() && owner.starts_with("Engine"),
            None => false,
        };
    // Of two of one name a reader can name one.
    let there: BTreeSet<_> =
        items.iter().filter(|(_, docs)| shown(docs) || elsewhere(docs)).map(|(name, _)| name.as_str()).collect();
    items.iter().map(|(name, _)| name.as_str()).filter(|name| !there.contains(name)).collect()
}

#[test]
fn everything_that_a_reader_can_name_has_an_example_or_says_where_one_is() {
    let (all, exported) = (everything(), re_exported());
    let checked: Vec<_> = all.iter().filter(|(name, _)| exported.contains(name)).cloned().collect();
    assert!(checked.len() > 80, "only {} items were found", checked.len());
    let missing = unshown(&checked, &all);
    assert!(missing.is_empty(), "without an example: {missing:?}");
}

#[test]
fn whole_modules_that_are_exported_leave_no_item_without_an_example_or_a_link_to_one() {
    let folders = ["model", "observe", "plan", "store", "service", "engine/remote"];
    let found: Vec<_> = folders.iter().flat_map(|folder| sources(folder)).collect();
    let found = found.iter().filter(|(path, _)| !path.ends_with("tests.rs"));
    let checked: Vec<_> = found.flat_map(|(_, source)| items(source)).collect();
    assert!(checked.len() > 60, "only {} items were found", checked.len());
    let missing = unshown(&checked, &everything());
    assert!(missing.is_empty(), "without an example: {missing:?}");
}

#[test]
fn both_macros_have_examples_and_say_what_is_recorded() {
    let facade = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for name in ["durable", "step"] {
        let at = facade.find(&format!("pub use durable_macros::{name};")).unwrap();
        let docs: Vec<_> = facade[..at].lines().rev().take_while(|line| line.starts_with("///")).collect();
        let docs = docs.join("\n");
        for word in ["```", "**Recorded:**", "**Replay:**", "**Errors:**"] {
            assert!(docs.contains(word), "`{name}` does not say `{word}`");
        }
    }
}

#[test]
fn every_operation_says_what_is_recorded_what_replay_does_and_its_errors() {
    // Neither is an operation.
    let others = ["attempt", "blocking"];
    let operations: Vec<_> = sources("operation").iter().flat_map(|(_, source)| functions(source)).collect();
    let operations = operations.iter().filter(|function| function.is_free && !others.contains(&function.name.as_str()));
    let mut seen = 0;
    for Documented { name, docs, .. } in operations {
        seen += 1;
        for word in ["**Recorded", "eplay", "rrors:**"] {
            assert!(docs.contains(word), "`{name}` does not say `{word}`");
        }
    }
    assert!(seen >= 15, "only {seen} operations were found");
}

#[test]
fn every_method_of_the_engine_that_can_fail_says_how() {
    let mut missing = Vec::new();
    for (path, source) in sources("engine").iter().filter(|(path, _)| is_read(path)) {
        let code: Vec<_> = source.lines().collect();
        for function in functions(source) {
            let at = code.iter().position(|line| line.trim_start() == function.signature).unwrap_or_default();
            let signature: String =
                code.iter().skip(at).take_while(|line| !line.trim_end().ends_with('{')).copied().collect();
            let signature = signature + code.iter().skip(at).find(|line| line.trim_end().ends_with('{')).unwrap_or(&"");
            if signature.contains("EngineError>") && !function.docs.contains("rrors:**") {
                missing.push(format!("{}: {}", path.display(), function.name));
            }
        }
    }
    assert!(missing.is_empty(), "without errors:\n{}", missing.join("\n"));
}
