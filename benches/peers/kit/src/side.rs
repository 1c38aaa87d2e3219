//! What a side has to know, and its `main`.

use std::future::Future;
use std::pin::Pin;
use std::time::SystemTime;

use anyhow::Result;

use crate::job::report;
use crate::{Job, marks, workload};

/// What an execution does. Steps are [`step`](crate::step), which returns 64 bytes of JSON.
#[derive(Debug, Clone, Copy)]
pub enum Work {
    /// So many steps.
    Steps(u32),
    /// [`asleep`](crate::asleep), two seconds of sleep, [`awake`](crate::awake).
    Nap(u32),
    /// [`waiting`](crate::waiting), and a wait for an answer that does not come.
    Held,
    /// So many steps, [`waiting`](crate::waiting), a wait for an answer, and one step.
    Resumed(u32),
    /// So many waits for an answer, with [`passed`](crate::passed) behind the first, the second, ….
    Loop(u32),
}

/// When an execution ended.
pub type End = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// A way to run durable code.
pub trait Side: Send + Sync + Sized + 'static {
    /// Opens what was left in the job's folder or database, and runs what can go on there.
    fn open(job: &Job) -> impl Future<Output = Result<Self>> + Send;

    /// Starts an execution. It survives a crash when this returns.
    fn start(&self, name: String, work: Work) -> impl Future<Output = Result<End>> + Send;

    /// What to answer with, once execution `name` was answered `answered` times and waits again.
    fn ticket(&self, name: &str, answered: u32) -> impl Future<Output = Result<String>> + Send {
        let name = name.to_owned();
        async move {
            marks::passed_reaches(answered).await?;
            Ok(name)
        }
    }

    /// When the sleep of execution `name` was due, if that is another time than two seconds after the line that sleeps.
    fn due(&self, _name: &str) -> impl Future<Output = Result<Option<SystemTime>>> + Send {
        async { Ok(None) }
    }

    /// Answers what an execution waits for.
    fn answer(&self, ticket: &str) -> impl Future<Output = Result<()>> + Send;

    /// Lets go of the store.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// Does what the command line asks for, and prints what was measured.
pub async fn run<S: Side>() -> Result<()> {
    workload::run::<S>(&Job::from_command_line()).await.and_then(report)?;
    // A side may have threads that never end.
    std::process::exit(0)
}
