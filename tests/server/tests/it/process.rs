//! A server that is a process, and can be killed.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A server on a store file; it is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) endpoint: String,
}

impl Process {
    /// Starts it; it listens when this returns.
    pub(crate) async fn start(store: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_killed-server"));
        command.arg(store).arg(env!("CARGO_BIN_EXE_function-process"));
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let endpoint = lines.next_line().await.unwrap().unwrap();
        Self { child, endpoint }
    }

    /// Ends it as `kill -9` does.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}
