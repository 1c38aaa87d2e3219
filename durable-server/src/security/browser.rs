//! Pages in a browser have no business here: no request that a browser sends on behalf of a page is carried out.

use axum::http::HeaderMap;
use axum::http::header::ORIGIN;

use super::Hosts;
use crate::error::ApiError;

/// Refuses what a page of another origin has sent. Browsers say where a request comes from, and pages can't change that.
pub(crate) fn check(headers: &HeaderMap, hosts: &Hosts) -> Result<(), ApiError> {
    let site = headers.get_all("sec-fetch-site").iter();
    if site.into_iter().any(|site| !matches!(site.as_bytes(), b"none" | b"same-origin")) {
        return Err(ApiError::forbidden("this service is not for pages of other sites"));
    }
    let is_ours = |origin: &str| {
        let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        host.is_some_and(|host| hosts.allows(host)) && is_same(origin, headers)
    };
    let mut origins = headers.get_all(ORIGIN).iter();
    if origins.any(|origin| !origin.to_str().is_ok_and(is_ours)) {
        return Err(ApiError::forbidden("this service is not for pages of other origins"));
    }
    Ok(())
}

/// Whether the origin is the very host and port that the request is for: another port is another program.
fn is_same(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get("host").and_then(|host| host.to_str().ok());
    let named = origin.split_once("://").map(|(_, named)| named);
    matches!((host, named), (Some(host), Some(named)) if host.eq_ignore_ascii_case(named))
}
