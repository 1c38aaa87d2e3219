//! Invocations on their way to a function's processes.

use durable_core::engine::remote::{InvocationEnd, InvocationFuture, Remote, RemoteInvocation};
use durable_core::model::ErrorObject;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::arn::Arns;

/// An invocation that a process is to work on.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) invocation: RemoteInvocation,
    pub(crate) end: oneshot::Sender<InvocationEnd>,
}

/// The invocations of one function that no process works on yet.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) arns: Arns,
    sender: mpsc::UnboundedSender<Waiting>,
    receiver: Mutex<mpsc::UnboundedReceiver<Waiting>>,
}

impl Queue {
    pub(crate) fn new(arns: Arns) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self { arns, sender, receiver: Mutex::new(receiver) }
    }

    /// The next invocation, as soon as there is one that somebody still waits for.
    pub(crate) async fn next(&self) -> Option<Waiting> {
        let mut receiver = self.receiver.lock().await;
        loop {
            let waiting = receiver.recv().await?;
            if !waiting.end.is_closed() {
                return Some(waiting);
            }
        }
    }
}

impl Remote for Queue {
    fn invoke(&self, invocation: RemoteInvocation) -> InvocationFuture {
        let (end, ended) = oneshot::channel();
        let sent = self.sender.send(Waiting { invocation, end });
        Box::pin(async move {
            let gone = || InvocationEnd::Crashed(ErrorObject::new("Runtime.Unavailable", "no process works on it"));
            match sent {
                Ok(()) => ended.await.unwrap_or_else(|_| gone()),
                Err(_) => gone(),
            }
        })
    }
}
