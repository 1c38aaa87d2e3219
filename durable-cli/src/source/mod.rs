//! Where answers come from: a service that runs, or a store file.

mod file;
mod filter;
mod service;
mod status;

pub(crate) use filter::Filter;
pub(crate) use service::{Service, Starting};
pub(crate) use status::has_ended;

use durable_server::body::{Callback, Execution, Executions};
use durable_wire::api::{DurableExecution, HistoryPage};

use crate::args::{Global, Reference};
use crate::failure::Failure;
use crate::program;
use crate::render::short_id;
use file::File;

/// Where answers come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A service that runs.
    Service(Service),
    /// A store file, to read only.
    File(Box<File>),
}

impl Source {
    pub(crate) fn open(global: &Global) -> Result<Self, Failure> {
        match &global.store {
            Some(path) => File::open(path).map(|file| Self::File(Box::new(file))),
            None => Service::new(&global.endpoint, global.token.as_deref()).map(Self::Service),
        }
    }

    /// The service, for what a file can't answer.
    pub(crate) fn service(&self) -> Result<&Service, Failure> {
        match self {
            Self::Service(service) => Ok(service),
            Self::File(_) => Err(Failure::Usage(
                "a store file is only read\nhelp: leave `--store` out, so that the service is asked that has it open"
                    .to_owned(),
            )),
        }
    }

    /// A page of executions, from `cursor` on.
    pub(crate) async fn list(&self, filter: &Filter, limit: u32, cursor: Option<&str>) -> Result<Executions, Failure> {
        match self {
            Self::Service(service) => service.list(filter, limit, cursor).await,
            Self::File(file) => file.list(filter, limit, cursor),
        }
    }

    /// The one execution that is meant.
    pub(crate) async fn find(&self, reference: &Reference) -> Result<Execution, Failure> {
        let Reference { word, function } = reference;
        let mut found = match self {
            Self::Service(service) => service.find(word, function.as_deref()).await?,
            Self::File(file) => file.find(word, function.as_deref())?,
        };
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                found.push(last);
                Err(several(word, &found))
            }
            (None, _) => Err(Failure::NotFound(format!(
                "there is no execution `{word}`\nhelp: `{} ls` lists those that there are",
                program::name()
            ))),
        }
    }

    /// All callbacks that are open; their ids only from a service.
    pub(crate) async fn open_callbacks(&self, function: Option<&str>) -> Result<Vec<Callback>, Failure> {
        let (mut open, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = match self {
                Self::Service(service) => service.callbacks(function, None, cursor.as_deref()).await?,
                Self::File(file) => file.callbacks(function, cursor.as_deref())?,
            };
            open.extend(page.callbacks);
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => return Ok(open),
            }
        }
    }

    /// An execution as a whole.
    pub(crate) async fn describe(&self, arn: &str) -> Result<DurableExecution, Failure> {
        match self {
            Self::Service(service) => service.describe(arn).await,
            Self::File(file) => file.describe(arn),
        }
    }

    /// A page of a history, from `marker` on.
    pub(crate) async fn history(&self, arn: &str, marker: Option<&str>) -> Result<HistoryPage, Failure> {
        match self {
            Self::Service(service) => service.history(arn, marker).await,
            Self::File(file) => file.history(arn),
        }
    }

    /// A whole history.
    pub(crate) async fn whole_history(&self, arn: &str) -> Result<Vec<durable_wire::Event>, Failure> {
        let mut events = Vec::new();
        let mut marker = None;
        loop {
            let page = self.history(arn, marker.as_deref()).await?;
            events.extend(page.events);
            match page.next_marker.filter(|marker| !marker.is_empty()) {
                Some(next) => marker = Some(next),
                None => return Ok(events),
            }
        }
    }
}

fn several(word: &str, found: &[Execution]) -> Failure {
    let lines = found.iter().map(|execution| {
        let Execution { function, name, id, status, .. } = execution;
        format!("\n  {}  {function}  {name}  {status}", short_id(id))
    });
    Failure::Usage(format!(
        "`{word}` means several executions:{}\nhelp: say `--function`, or take the id that stands first",
        lines.collect::<String>()
    ))
}
