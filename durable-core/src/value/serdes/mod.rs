//! What happens to a payload between its JSON and the record: encryption, compression, another format.

mod encrypt;
mod file;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

pub use encrypt::Encrypt;
pub use file::FileOverflow;

use crate::model::{ExecutionId, OperationId};

/// Turns a payload's JSON into the text that is recorded, and back.
///
/// It is given to one operation (`#[step(serdes = …)]`, `.serdes(…)`), to a function (`#[durable(serdes = …)]`) or to an
/// engine ([`EngineBuilder::serdes`](crate::engine::EngineBuilder::serdes)); the nearest wins. What comes back is what
/// the code gets, on the first run too.
///
/// | payload | passes the serdes of |
/// |---|---|
/// | the result of a step, the state of a condition, the result of an `async` block, a `child` or a call | the operation, the function, or the engine |
/// | a batch as a whole, and the result of each of its items | `serdes` and `item_serdes`, the function, or the engine |
/// | the value of a callback, which comes from outside | the callback alone; history keeps what was delivered |
/// | the arguments and the result of an invoke, which another function reads and writes | `payload_serdes` and `result_serdes` alone |
/// | errors, with what they carry; the arguments and the result of an execution; JSON `null` | none |
///
/// A text that can't be turned back parks the execution; a value that can't be recorded fails its operation.
///
/// ```
/// use durable::prelude::*;
/// use durable::{Origin, Serdes, SerdesContext, SerdesError, SerdesFuture};
///
/// /// Marks what this program has written.
/// struct Marked;
///
/// impl Serdes for Marked {
///     fn serialize<'a>(&'a self, json: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
///         Box::pin(async move { Ok(format!("ours:{json}")) })
///     }
///
///     fn deserialize<'a>(&'a self, text: String, at: &'a SerdesContext) -> SerdesFuture<'a> {
///         Box::pin(async move {
///             match text.strip_prefix("ours:") {
///                 Some(json) => Ok(json.to_owned()),
///                 // Whoever completes a callback knows nothing of the mark.
///                 None if at.origin == Origin::External => Ok(text),
///                 None => Err(SerdesError::new("this was written by somebody else")),
///             }
///         })
///     }
/// }
///
/// async fn price(item: &str) -> usize {
///     item.len()
/// }
///
/// #[durable]
/// async fn quote(item: String) -> usize {
///     #[step(serdes = Marked)]
///     let price = price(&item).await;
///     price
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(quote).start().await?;
/// # assert_eq!(engine.start(quote("tea".to_owned())).await?.output().await?, 3);
/// # Ok(())
/// # }
/// ```
pub trait Serdes: Send + Sync + 'static {
    /// The text to record for this JSON.
    fn serialize<'a>(&'a self, json: String, at: &'a SerdesContext) -> SerdesFuture<'a>;

    /// The JSON of a recorded text, or of one that came from outside.
    fn deserialize<'a>(&'a self, text: String, at: &'a SerdesContext) -> SerdesFuture<'a>;
}

/// What a [`Serdes`] returns.
///
/// See [`Serdes`] for an example.
pub type SerdesFuture<'a> = Pin<Box<dyn Future<Output = Result<String, SerdesError>> + Send + 'a>>;

/// Whose payload it is.
///
/// See [`Serdes`] for an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerdesContext {
    /// The execution.
    pub execution: ExecutionId,
    /// The operation.
    pub operation: OperationId,
    /// Where the text comes from.
    pub origin: Origin,
}

/// Where a payload comes from.
///
/// See [`Serdes`] for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The record: a `serialize` of this or an earlier run wrote it.
    Record,
    /// Someone outside, who completed a callback: not to be trusted.
    External,
}

/// Why a payload could not be turned.
///
/// See [`Serdes`] for an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SerdesError(String);

impl SerdesError {
    /// An error that says this.
    pub fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }
}

impl<S: Serdes + ?Sized> Serdes for Arc<S> {
    fn serialize<'a>(&'a self, json: String, at: &'a SerdesContext) -> SerdesFuture<'a> {
        (**self).serialize(json, at)
    }

    fn deserialize<'a>(&'a self, text: String, at: &'a SerdesContext) -> SerdesFuture<'a> {
        (**self).deserialize(text, at)
    }
}

/// A serdes that an operation was given, if it was.
pub(crate) type GivenSerdes = Option<Arc<dyn Serdes>>;
