//! **D007 `io`**: files or the network used between the operations.
//!
//! *Why it breaks replay:* a replay reads what is there now and writes once more.
//!
//! ```text
//! let menu = std::fs::read_to_string("menu.json")?;
//! ```
//!
//! *Use instead:* a step, with an error that can be recorded:
//! `#[step] let menu = std::fs::read_to_string("menu.json").map_err(|error| error.to_string())?;`.
//!
//! A module of your own that is called `fs` is written with its path: `crate::fs::read(…)`.
//!
//! Of the methods of a `Path` only those are seen that nothing else has: `path.exists()`, `.try_exists()`, `.read_dir()`,
//! `.read_link()`, `.symlink_metadata()`, and `.canonicalize()?`. Take care with `.metadata()`, `.is_file()` and `.is_dir()`.

use super::Lint;
use super::used::Wanted;
use crate::model::{Function, Method, Used, UsedPath};
use crate::report::{Errors, code};

pub(super) const LINT: Lint =
    Lint { code: "D007", slug: "io", reason: "a replay would read what is there now, and write once more" };

pub(super) const WANTED: Wanted = Wanted {
    paths: &[
        "|std::fs::*",
        "std::|fs::read",
        "std::|fs::read_to_string",
        "std::|fs::read_dir",
        "std::|fs::read_link",
        "std::|fs::write",
        "std::|fs::copy",
        "std::|fs::rename",
        "std::|fs::hard_link",
        "std::|fs::soft_link",
        "std::|fs::create_dir",
        "std::|fs::create_dir_all",
        "std::|fs::remove_file",
        "std::|fs::remove_dir",
        "std::|fs::remove_dir_all",
        "std::|fs::canonicalize",
        "std::|fs::metadata",
        "std::|fs::symlink_metadata",
        "std::|fs::set_permissions",
        "std::|fs::exists",
        "std::|fs::try_exists",
        "std::fs::|File::open",
        "std::fs::|File::create",
        "std::fs::|File::create_new",
        "std::fs::|File::options",
        "std::fs::|OpenOptions::new",
        "std::fs::|DirBuilder::new",
        "|tokio::fs::*",
        "|async_std::fs::*",
        "fs_err::|File::open",
        "|fs_err::*",
        "std::io::|stdin",
        "std::|io::read_to_string",
        "std::net::|TcpStream::connect",
        "std::net::|TcpListener::bind",
        "std::net::|UdpSocket::bind",
        "tokio::net::|TcpStream::connect",
        "tokio::net::|TcpListener::bind",
        "tokio::net::|UdpSocket::bind",
        "tokio::net::|UnixStream::connect",
        "|reqwest::get",
        "reqwest::|blocking::get",
        "|reqwest::Client::new",
        "|reqwest::Client::builder",
        "|reqwest::blocking::Client::new",
        "std::path::|Path::exists",
        "std::path::|Path::try_exists",
        "std::path::|Path::metadata",
        "std::path::|Path::read_dir",
        "std::path::|Path::canonicalize",
        "std::path::|Path::is_file",
        "std::path::|Path::is_dir",
        "std::os::unix::net::|UnixStream::connect",
        "std::os::unix::net::|UnixListener::bind",
        "tokio::net::|UnixListener::bind",
        "tokio::net::|lookup_host",
        "|ureq::get",
        "|ureq::post",
        "|ureq::put",
        "|ureq::delete",
        "|ureq::request",
    ],
    method: touches_files,
    ..Wanted::NONE
};

/// Methods of paths whose names say enough. `metadata` and `is_dir` are also those of what was read before.
fn touches_files(method: &Method) -> bool {
    let Method { name, arguments: 0, awaited: false, next, .. } = method else { return false };
    match name.as_str() {
        "exists" | "try_exists" | "read_dir" | "read_link" | "symlink_metadata" => true,
        // Addresses are made canonical too, but that can't go wrong.
        "canonicalize" => next.as_deref().is_some_and(|next| LEFT.contains(&next)),
        _ => false,
    }
}

/// What is done with a result at once.
const LEFT: &[&str] =
    &["?", "unwrap", "expect", "unwrap_or", "unwrap_or_default", "unwrap_or_else", "is_ok", "map_err"];

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for used in LINT.found(function, &WANTED) {
        let written = code(&used.at);
        let awaited = matches!(used.what, Used::Path(UsedPath { awaited: true, .. }));
        let report = LINT.at(&used.at, format_args!("`{written}` reaches outside of the function"));
        let report = Lint::with_step(report, "make it a step", &used.as_step("value"));
        // Awaited as it is, it would be an error of types too.
        if awaited { Lint::refuse(used, report, errors) } else { errors.push_mild(report) }
    }
}
