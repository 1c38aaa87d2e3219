//! Requests signed as AWS's clients sign them. What the signature has to be is computed by AWS's own signer.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use sha2::{Digest, Sha256};

use crate::error::ApiError;

/// How far a client's clock may be off.
const SKEW: Duration = Duration::from_secs(5 * 60);
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: &str = "x-amz-date";
const CONTENT_DIGEST: &str = "x-amz-content-sha256";

/// A pair of keys with which clients sign.
#[derive(Clone)]
pub struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl AccessKey {
    /// The pair of this id and this secret.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: secret.into() }
    }

    /// A pair that nobody knows.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 48];
        getrandom::fill(&mut bytes)?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        let (id, secret) = text.split_at(16);
        Ok(Self::new(format!("AKIA{id}"), secret))
    }
}

/// Shows nothing of the secret.
impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What stands in the header of a signed request.
struct Signed<'a> {
    key: &'a str,
    date: &'a str,
    region: &'a str,
    service: &'a str,
    headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Signed<'a> {
    fn read(header: &'a str) -> Option<Self> {
        let rest = header.strip_prefix(ALGORITHM)?;
        let part = |name: &str| {
            let mut parts = rest.split(',').map(str::trim);
            parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        let mut scope = part("Credential")?.rsplitn(5, '/');
        let ("aws4_request", service, region, date, key) =
            (scope.next()?, scope.next()?, scope.next()?, scope.next()?, scope.next()?)
        else {
            return None;
        };
        let (headers, signature) = (part("SignedHeaders")?.split(';').collect(), part("Signature")?);
        Some(Self { key, date, region, service, headers, signature })
    }
}

/// Checks a request's signature.
pub(super) fn check<'k>(parts: &Parts, body: &[u8], keys: impl Iterator<Item = &'k AccessKey>) -> Result<(), ApiError> {
    let refused = || ApiError::unauthenticated("the request is not signed with a key of this service");
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let signed = text(AUTHORIZATION.as_str()).and_then(Signed::read).ok_or_else(refused)?;
    let key = keys.into_iter().find(|key| key.id == signed.key).ok_or_else(refused)?;
    let date = text(DATE).ok_or_else(refused)?;
    let time = read_date(date).filter(|_| date.starts_with(signed.date)).ok_or_else(refused)?;
    let off = SystemTime::now().duration_since(time).unwrap_or_else(|error| error.duration());
    if off > SKEW {
        return Err(ApiError::unauthenticated("the signature has expired"));
    }
    // The host has to be signed, or the request could have been for another service.
    if !signed.headers.contains(&"host") || !signed.headers.contains(&DATE) {
        return Err(refused());
    }
    if text(CONTENT_DIGEST).is_some_and(|digest| digest != hex(&Sha256::digest(body))) {
        return Err(refused());
    }
    let expected = signature(parts, body, key, &signed, time).ok_or_else(refused)?;
    // Compared by their digests, whose beginnings say nothing about the signature.
    match Sha256::digest(expected) == Sha256::digest(signed.signature) {
        true => Ok(()),
        false => Err(refused()),
    }
}

/// What the signature of this request has to be.
fn signature(parts: &Parts, body: &[u8], key: &AccessKey, signed: &Signed<'_>, time: SystemTime) -> Option<String> {
    let mut settings = SigningSettings::default();
    settings.excluded_headers = None;
    settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    if signed.headers.contains(&CONTENT_DIGEST) {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let token = signed.headers.contains(&"x-amz-security-token").then(|| {
        let token = parts.headers.get("x-amz-security-token");
        token.and_then(|token| token.to_str().ok()).unwrap_or_default().to_owned()
    });
    let identity = Credentials::new(&key.id, &key.secret, token, None, "durable").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(signed.region)
        .name(signed.service)
        .time(time)
        .settings(settings)
        .build()
        .ok()?;
    // The signer adds these itself.
    let added = [DATE, CONTENT_DIGEST, "x-amz-security-token", "host"];
    let others = signed.headers.iter().filter(|name| !added.contains(name));
    let mut headers = Vec::new();
    for name in others {
        for value in parts.headers.get_all(*name) {
            headers.push((*name, value.to_str().ok()?));
        }
    }
    let host = parts.headers.get("host")?.to_str().ok()?;
    let uri = format!("http://{host}{}", parts.uri.path_and_query()?);
    headers.push(("host", host));
    let request = SignableRequest::new(parts.method.as_str(), uri, headers.into_iter(), SignableBody::Bytes(body));
    let output = sign(request.ok()?, &params.into()).ok()?;
    Some(output.signature().to_owned())
}

fn read_date(text: &str) -> Option<SystemTime> {
    let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
