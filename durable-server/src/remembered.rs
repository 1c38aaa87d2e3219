//! Requests that a client may repeat with the same client token.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use durable_core::model::ExecutionId;

use crate::error::ApiError;

/// How long a repetition is known as one.
const KEPT: Duration = Duration::from_secs(15 * 60);
/// The most requests that are remembered.
const MOST: usize = 10_000;

type Key = (ExecutionId, &'static str, String);

/// Requests that were carried out, by what they were about and their client token.
#[derive(Debug, Default)]
pub(crate) struct Remembered(Mutex<BTreeMap<Key, (String, Instant)>>);

impl Remembered {
    /// Whether this is a repetition of what was done before.
    ///
    /// **Errors:** the same client token came with something else.
    pub(crate) fn is_repetition(
        &self,
        execution: ExecutionId,
        what: &'static str,
        client_token: Option<&str>,
        request: &str,
    ) -> Result<bool, ApiError> {
        let Some(client_token) = client_token else { return Ok(false) };
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&(execution, what, client_token.to_owned())) {
            Some((before, at)) if at.elapsed() < KEPT => {
                let same = before == request;
                same.then_some(true).ok_or_else(|| {
                    ApiError::invalid_parameter("the client token was used with other parameters before")
                })
            }
            _ => Ok(false),
        }
    }

    pub(crate) fn note(&self, execution: ExecutionId, what: &'static str, client_token: Option<&str>, request: &str) {
        let Some(client_token) = client_token else { return };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (_, at)| at.elapsed() < KEPT);
        if known.len() < MOST {
            known.insert((execution, what, client_token.to_owned()), (request.to_owned(), Instant::now()));
        }
    }
}
