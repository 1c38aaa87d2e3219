//! What this program is called.

use std::path::Path;
use std::sync::LazyLock;

/// The name under which the process was started: `durable`, or that of a program with a command line for its own engine.
pub(crate) fn name() -> &'static str {
    static NAME: LazyLock<String> = LazyLock::new(|| called(std::env::args_os().next().as_deref().map(Path::new)));
    &NAME
}

fn called(path: Option<&Path>) -> String {
    let name = path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.strip_suffix(std::env::consts::EXE_SUFFIX).unwrap_or(&name);
    if name.is_empty() { "durable".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_called_as_its_file_is() {
        for (path, name) in [("durable", "durable"), ("/usr/bin/orders", "orders"), ("./orders-1.2", "orders-1.2")] {
            assert_eq!(called(Some(Path::new(path))), name);
        }
        assert_eq!((called(None), called(Some(Path::new("")))), ("durable".to_owned(), "durable".to_owned()));
    }
}
