//! Two invocations of one execution at once: what happens when a service loses sight of one and begins another.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use durable::model::ErrorObject;
use durable::remote::{InvocationEnd, InvocationFuture, Remote, RemoteInvocation};
use durable_wire::envelope::Response;

use crate::remote::{end_of, payload};
use crate::{FunctionError, Lambda};

/// Gives each invocation to two processes, and believes the one that can still record.
#[derive(Clone)]
pub struct Twins {
    lambda: Lambda,
    fates: Arc<Mutex<Vec<Fate>>>,
}

/// What became of two invocations.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// Neither had anything to record, and both said the same.
    Alike,
    /// One recorded, and the other noticed that it had been overtaken.
    Overtaken(FunctionError),
    /// They gave different answers, or none.
    Strange(Box<[Result<Response, FunctionError>; 2]>),
}

impl Twins {
    /// Twins in processes of this stand-in for Lambda.
    pub fn new(lambda: Lambda) -> Self {
        Self { lambda, fates: Arc::default() }
    }

    /// What became of all invocations so far.
    pub fn fates(&self) -> Vec<Fate> {
        self.fates.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn invoke_one(lambda: &Lambda, function: &str, payload: Bytes) -> Result<Response, FunctionError> {
        let failed = |message: String| FunctionError { error_type: "Stand-in".to_owned(), error_message: message };
        let answer = lambda.invoke(function, payload).await.map_err(|error| failed(error.to_string()))??;
        serde_json::from_slice(&answer).map_err(|error| failed(error.to_string()))
    }
}

impl Remote for Twins {
    fn invoke(&self, invocation: RemoteInvocation) -> InvocationFuture {
        let twins = self.clone();
        Box::pin(async move {
            let payload = match payload(&invocation) {
                Ok(payload) => payload,
                Err(error) => return crashed("Stand-in", &error.to_string()),
            };
            let function = invocation.function.as_str();
            let (one, other) = tokio::join!(
                Self::invoke_one(&twins.lambda, function, payload.clone()),
                Self::invoke_one(&twins.lambda, function, payload),
            );
            let (fate, end) = match (one, other) {
                (Ok(one), Ok(other)) if one == other => (Fate::Alike, end_of(one)),
                (Ok(answer), Err(error)) | (Err(error), Ok(answer)) if error.error_type == "Superseded" => {
                    (Fate::Overtaken(error), end_of(answer))
                }
                (one, other) => {
                    let crash = crashed("Stand-in", "the twins are strange");
                    (Fate::Strange(Box::new([one, other])), crash)
                }
            };
            twins.fates.lock().unwrap_or_else(PoisonError::into_inner).push(fate);
            end
        })
    }
}

fn crashed(error_type: &str, message: &str) -> InvocationEnd {
    InvocationEnd::Crashed(ErrorObject::new(error_type, message))
}
