//! The hosts that a request may name: a page that makes a browser resolve its own name to our address has another.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::Authority;

use crate::error::ApiError;

/// The names under which the service may be asked, without a port.
#[derive(Debug, Clone)]
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    pub(crate) fn new(more: Vec<String>, bound: IpAddr) -> Self {
        let own = ["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned()];
        let bound = match bound {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        Self(own.into_iter().chain([bound]).chain(more.into_iter().map(|host| host.to_ascii_lowercase())).collect())
    }

    pub(crate) fn check(&self, request: &Request) -> Result<(), ApiError> {
        let mut named = request.headers().get_all(HOST).iter();
        let host = match (named.next(), named.next()) {
            (Some(host), None) => host.to_str().ok(),
            (None, None) => request.uri().authority().map(Authority::as_str),
            _ => None,
        };
        match host.is_some_and(|host| self.allows(host)) {
            true => Ok(()),
            false => Err(ApiError::forbidden("this service is not asked under that host name")),
        }
    }

    /// Whether `host`, with or without a port, is one of them.
    pub(crate) fn allows(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        // Nobody names a user to a service like this but to deceive.
        !host.contains('@') && self.0.contains(&authority.host().to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_hosts_are_ours_or_refused() {
        let hosts = Hosts::new(vec!["Durable.example".to_owned()], IpAddr::from([127, 0, 0, 1]));
        for host in ["localhost", "LOCALHOST:9014", "127.0.0.1:1", "[::1]:9014", "durable.example:443"] {
            assert!(hosts.allows(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "localhost@evil.example",
            "a@localhost",
            "[::2]",
            "0.0.0.0",
        ] {
            assert!(!hosts.allows(host), "{host}");
        }
    }
}
