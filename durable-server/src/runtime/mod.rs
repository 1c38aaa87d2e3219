//! The Lambda Runtime API: function processes that are written with any of AWS's SDKs.
//!
//! A process asks for the next invocation, works on it, and says how it ended. Each process has a port of its own on
//! loopback, so that the service knows which process asks, and what is lost when it dies.

mod command;
mod group;
pub(crate) mod payload;
mod queue;
mod routes;
mod slot;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use durable_core::engine::Engine;
use durable_core::engine::remote::RemoteFunction;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::arn::{Arns, function_ref};
use crate::security::AccessKey;
use crate::server::ServeError;
use queue::Queue;

/// A function whose code is a process: what [`Server::function`](crate::Server::function) takes.
///
/// The process is started with `AWS_LAMBDA_RUNTIME_API` in its environment, as AWS Lambda starts it, and again whenever
/// it ends. What it was working on is on record as a crash then, and is invoked again. It leads a process group of its own,
/// and what it has started ends with it.
#[derive(Clone)]
#[must_use = "a function process does nothing before it is given to a server"]
pub struct FunctionProcess {
    name: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    directory: Option<PathBuf>,
    version: Option<String>,
    handler: String,
    processes: usize,
    memory_mb: u32,
    invocation_timeout: Duration,
    execution_timeout: Option<Duration>,
    backoff: Option<(Duration, Duration)>,
}

impl FunctionProcess {
    /// The function of this name, which this program is.
    pub fn new(name: impl Into<String>, program: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            program: program.into(),
            arguments: Vec::new(),
            variables: Vec::new(),
            directory: None,
            version: None,
            handler: "bootstrap".to_owned(),
            processes: 1,
            memory_mb: 512,
            invocation_timeout: Duration::from_secs(15 * 60),
            execution_timeout: None,
            backoff: None,
        }
    }

    /// One more argument for the program.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// One more variable in the process's environment.
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The directory in which the process works.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Which version of the function this is; executions go on with the version that they were started with.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// What the process finds in `_HANDLER`; `bootstrap` if not said.
    pub fn handler(mut self, handler: impl Into<String>) -> Self {
        self.handler = handler.into();
        self
    }

    /// How many processes run, each of which works on one invocation at a time; one if not said.
    pub fn processes(mut self, count: usize) -> Self {
        self.processes = count.max(1);
        self
    }

    /// What the process is told of its memory; nothing limits it. 512 MB if not said.
    pub fn memory_mb(mut self, megabytes: u32) -> Self {
        self.memory_mb = megabytes;
        self
    }

    /// Ends a process whose invocation takes longer than this; 15 minutes if not said.
    pub fn invocation_timeout(mut self, timeout: Duration) -> Self {
        self.invocation_timeout = timeout;
        self
    }

    /// Ends executions with a timeout that have not ended this long after their start.
    pub fn execution_timeout(mut self, timeout: Duration) -> Self {
        self.execution_timeout = Some(timeout);
        self
    }

    /// How long to wait after a crash before the next invocation: at first, and at most. One second and one minute if not
    /// said.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.backoff = Some((first, longest));
        self
    }

    /// Registers the function and starts its processes.
    pub(crate) async fn begin(
        self,
        engine: &Engine,
        surroundings: &Surroundings,
        tasks: &mut JoinSet<()>,
    ) -> Result<(), ServeError> {
        let legal = function_ref(&self.name, self.version.as_deref());
        if legal.is_none_or(|function| function.name != self.name) {
            return Err(ServeError::InvalidFunction(self.name));
        }
        let queue = Arc::new(Queue::new(surroundings.arns.clone()));
        let function = RemoteFunction::new(&self.name, Arc::clone(&queue) as _);
        let mut function = function.map_err(|_| ServeError::InvalidFunction(self.name.clone()))?;
        function = function.with_invocation_timeout(self.invocation_timeout);
        if let Some(version) = &self.version {
            function = function.with_version(version);
        }
        if let Some(timeout) = self.execution_timeout {
            function = function.with_execution_timeout(timeout);
        }
        if let Some((first, longest)) = self.backoff {
            function = function.with_backoff(first, longest);
        }
        let process = Arc::new(self);
        for number in 0..process.processes {
            slot::begin(Arc::clone(&process), number, Arc::clone(&queue), surroundings.clone(), tasks).await?;
        }
        engine.register_remote(function).await?;
        Ok(())
    }
}

/// Shows nothing of what the process is given, which may be secret.
impl fmt::Debug for FunctionProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionProcess")
            .field("name", &self.name)
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}

/// What all function processes of a service share.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    /// Where they find the service.
    pub(crate) endpoint: String,
    pub(crate) key: AccessKey,
    pub(crate) arns: Arns,
    pub(crate) stop: watch::Receiver<bool>,
}
