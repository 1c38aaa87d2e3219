//! A program that serves its engine on a free port, and the real `durable`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The JSON that a pipe gets.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Asserts the exit code and that the error says this.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, says: &str) {
        assert_eq!(self.code, code, "{self:#?}");
        assert!(self.err.contains(says), "{self:#?}");
    }

    #[track_caller]
    pub(crate) fn works(self) -> Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }
}

/// A service that runs, which is ended when this is dropped.
pub(crate) struct Bench {
    serving: Child,
    pub(crate) endpoint: String,
    directory: tempfile::TempDir,
}

/// A binary beside `durable`, which cargo builds for the tests.
pub(crate) fn example(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_durable")).parent().unwrap().join("examples").join(name);
    assert!(path.exists(), "{} is missing: build it with `cargo build -p durable-cli --examples`", path.display());
    path
}

pub(crate) fn durable() -> Command {
    clean(Command::new(env!("CARGO_BIN_EXE_durable")))
}

pub(crate) fn clean(mut command: Command) -> Command {
    command.env_remove("DURABLE_ENDPOINT").env_remove("DURABLE_TOKEN").stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn answer(command: &mut Command) -> Answer {
    Answer::of(command.output().unwrap())
}

impl Bench {
    /// The program `orders`, with its functions.
    pub(crate) fn new() -> Self {
        Self::on(tempfile::tempdir().unwrap())
    }

    /// The same on the store that this directory has, if it has one.
    pub(crate) fn on(directory: tempfile::TempDir) -> Self {
        let mut command = clean(Command::new(example("orders")));
        command.env("ORDERS_STORE", directory.path().join("orders.db"));
        Self::serving_with(command, &[], directory)
    }

    /// What `command serve` serves, with these words more.
    pub(crate) fn serving_with(mut command: Command, words: &[&str], directory: tempfile::TempDir) -> Self {
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(words);
        let mut serving = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut told = String::new();
        let mut out = BufReader::new(serving.stdout.take().unwrap());
        while !told.ends_with("}\n") {
            assert_ne!(out.read_line(&mut told).unwrap(), 0, "it does not serve: {told}");
        }
        let told: Value = serde_json::from_str(&told).unwrap();
        Self { serving, endpoint: told["endpoint"].as_str().unwrap().to_owned(), directory }
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.directory.path().join("orders.db")
    }

    /// `durable` with these words, asking this service.
    pub(crate) fn run(&self, words: &[&str]) -> Answer {
        answer(durable().env("DURABLE_ENDPOINT", &self.endpoint).args(words))
    }

    /// The same where all has to be well.
    #[track_caller]
    pub(crate) fn works(&self, words: &[&str]) -> Answer {
        self.run(words).works()
    }

    /// Starts an order, and waits until its callback is open.
    pub(crate) fn order(&self, name: &str) -> String {
        let started = self.works(&["start", "place_order", "\"tea\"", "--name", name]).json();
        while !self.works(&["callback", "ls"]).out.contains(name) {}
        started["DurableExecutionArn"].as_str().unwrap().to_owned()
    }

    /// Tells the service to end, and waits until it has.
    pub(crate) fn end(mut self) -> tempfile::TempDir {
        let killed = Command::new("kill").args(["-TERM", &self.serving.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert!(self.serving.wait().unwrap().success(), "told to end, it ends in peace");
        std::mem::replace(&mut self.directory, tempfile::tempdir().unwrap())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.serving.kill();
        let _ = self.serving.wait();
    }
}
