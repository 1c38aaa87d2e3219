//! **D007 `io`**: files or the network used between the operations.
//!
//! *Why it breaks replay:* a replay reads what is there now and writes once more.
//!
//! ```text
//! let menu = std::fs::read_to_string("menu.json")?;
//! ```
//!
//! *Use instead:* a step: `#[step] let menu = std::fs::read_to_string("menu.json")?;`.

use super::Lint;
use super::used::Wanted;
use crate::model::{Function, Used};
use crate::report::{Errors, code};

pub(super) const LINT: Lint =
    Lint { code: "D007", slug: "io", reason: "a replay would read what is there now, and write once more" };

const WANTED: Wanted = Wanted {
    paths: &[
        "|std::fs::*",
        "std::|fs::read_to_string",
        "std::|fs::read_dir",
        "std::|fs::create_dir",
        "std::|fs::create_dir_all",
        "std::|fs::remove_file",
        "std::|fs::remove_dir",
        "std::|fs::remove_dir_all",
        "std::|fs::canonicalize",
        "std::|fs::metadata",
        "std::|fs::symlink_metadata",
        "std::|fs::exists",
        "std::|fs::File::open",
        "std::|fs::File::create",
        "std::|fs::OpenOptions::new",
        "std::fs::|File::open",
        "std::fs::|File::create",
        "std::fs::|OpenOptions::new",
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
        "tokio::|net::lookup_host",
        "tokio::net::|lookup_host",
        "|ureq::get",
        "|ureq::post",
        "|ureq::put",
        "|ureq::delete",
        "|ureq::request",
    ],
    ..Wanted::NONE
};

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for used in LINT.found(function, &WANTED) {
        let written = code(&used.at);
        let awaited = matches!(used.what, Used::Path { awaited: true, .. });
        let report = LINT
            .at(&used.at, format_args!("`{written}` reaches outside of the function"))
            .help(format_args!("make it a step: `{}`", used.as_step("value")));
        // Awaited as it is, it would be an error of types too.
        if awaited { Lint::refuse(used, report, errors) } else { errors.push_mild(report) }
    }
}
