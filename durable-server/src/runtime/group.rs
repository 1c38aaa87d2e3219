//! A function process and all that it has started: they end together.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};

/// How long processes have to end that are told to, before they are ended.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often is looked at whether they have.
#[cfg(unix)]
const LOOK: Duration = Duration::from_millis(20);

/// A process and its descendants, as far as they have not left its group. They are killed when this is dropped.
#[derive(Debug)]
pub(super) struct Group {
    leader: Child,
    /// The group has the number of the process that leads it.
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
}

impl Group {
    pub(super) fn start(mut command: Command) -> io::Result<Self> {
        #[cfg(unix)]
        command.process_group(0);
        let leader = command.kill_on_drop(true).spawn()?;
        #[cfg(unix)]
        let id = leader.id().and_then(|id| rustix::process::Pid::from_raw(id.try_into().ok()?));
        Ok(Self {
            leader,
            #[cfg(unix)]
            id,
        })
    }

    /// Waits until the process itself has ended.
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.leader.wait().await
    }

    /// Tells all of them to end, and ends those that have not after a moment.
    #[cfg(unix)]
    pub(super) async fn end(mut self) {
        self.signal(rustix::process::Signal::TERM);
        let gone = tokio::time::timeout(FAREWELL, async {
            let _ = self.leader.wait().await;
            while self.id.is_some_and(|id| rustix::process::test_kill_process_group(id).is_ok()) {
                tokio::time::sleep(LOOK).await;
            }
        });
        if gone.await.is_err() {
            self.signal(rustix::process::Signal::KILL);
            let _ = self.leader.wait().await;
        }
        // From here on the number may be another group's.
        self.id = None;
    }

    /// Ends the process; what it has started is out of reach here.
    #[cfg(not(unix))]
    pub(super) async fn end(mut self) {
        let _ = tokio::time::timeout(FAREWELL, self.leader.kill()).await;
    }

    /// Those of a group without anybody in it hear nothing.
    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(id) = self.id {
            let _ = rustix::process::kill_process_group(id, signal);
        }
    }
}

/// A process that has ended by itself leaves nothing behind, and neither does a service that is dropped.
#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        self.signal(rustix::process::Signal::KILL);
    }
}
