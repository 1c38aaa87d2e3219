//! Who may ask for anything at all.
//!
//! A service on loopback can be reached by everything on the machine, and by every page that a browser on it shows. So a
//! request has to name a host that is ours, must not come from a page, and has to authenticate itself where that is
//! set up, before anything of it is looked at.

mod bearer;
mod browser;
mod host;
mod sigv4;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

pub(crate) use bearer::Token;
pub(crate) use host::Hosts;
pub use sigv4::AccessKey;

use crate::error::ApiError;

/// What requests have to keep to.
pub(crate) struct Guard {
    pub(crate) hosts: Hosts,
    /// None of either: everybody may come in.
    pub(crate) tokens: Vec<Token>,
    pub(crate) keys: Vec<AccessKey>,
    /// For the processes that the service has started itself; they alone are let in with it.
    pub(crate) own_key: AccessKey,
    pub(crate) most_bytes: usize,
    pub(crate) arrival: Duration,
    pub(crate) room: Arc<Semaphore>,
}

/// Paths that say nothing and change nothing.
const OPEN: [&str; 1] = ["/health"];

/// Looks at a request before anything else does.
pub(crate) async fn guard(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = match guard.admit(request).await {
        Ok((request, _place)) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    seal(response.headers_mut());
    response
}

impl Guard {
    async fn admit(&self, request: Request) -> Result<(Request, tokio::sync::OwnedSemaphorePermit), ApiError> {
        self.hosts.check(&request)?;
        browser::check(request.headers(), &self.hosts)?;
        let place = Arc::clone(&self.room).try_acquire_owned().map_err(|_| ApiError::too_many())?;
        let (parts, body) = request.into_parts();
        let declared =
            parts.headers.get("content-length").and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if declared.is_some_and(|declared| declared > self.most_bytes) {
            return Err(self.too_large());
        }
        let arrived = tokio::time::timeout(self.arrival, to_bytes(body, self.most_bytes)).await;
        let body = arrived.map_err(|_| ApiError::too_slow())?.map_err(|_| self.too_large())?;
        if self.is_closed() && !OPEN.contains(&parts.uri.path()) {
            let by_token = self.tokens.iter().any(|token| token.is_in(&parts.headers));
            if !by_token {
                sigv4::check(&parts, &body, self.keys.iter().chain([&self.own_key]))?;
            }
        }
        Ok((Request::from_parts(parts, Body::from(body)), place))
    }

    fn is_closed(&self) -> bool {
        !self.tokens.is_empty() || !self.keys.is_empty()
    }

    fn too_large(&self) -> ApiError {
        ApiError::too_large(format!("the request has more than {} bytes", self.most_bytes))
    }
}

/// What every answer says to browsers and to those who write logs.
fn seal(headers: &mut HeaderMap) {
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("content-security-policy", HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
        headers.insert("x-amzn-requestid", id);
    }
}
