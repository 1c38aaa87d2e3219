//! The client of the Lambda API that the environment describes.

use std::env;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, ProvideCredentials, error::CredentialsError, future};
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::config::{Config, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// How often a call is made, at the most, if `AWS_MAX_ATTEMPTS` does not say. It is the same call each time: the service
/// does it once.
const ATTEMPTS: u32 = 5;
/// How long one attempt may take. The largest batch has 750 KB.
const ATTEMPT: Duration = Duration::from_secs(5);

/// A client for the region, the credentials and the endpoint that the environment says, as Lambda sets it.
///
/// Nothing else is asked for credentials, which keeps cold starts short and the program small.
pub(crate) fn of_environment() -> aws_sdk_lambda::Client {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    let endpoint = variable("AWS_ENDPOINT_URL_LAMBDA").or_else(|| variable("AWS_ENDPOINT_URL"));
    let attempts = variable("AWS_MAX_ATTEMPTS").and_then(|count| count.parse().ok()).filter(|count| *count > 0);
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build();
    let mut config = Config::builder()
        .region(region.map(Region::new))
        .credentials_provider(FromEnvironment)
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(attempts.unwrap_or(ATTEMPTS)))
        .timeout_config(timeouts);
    config.set_endpoint_url(endpoint);
    aws_sdk_lambda::Client::from_conf(config.build())
}

/// The credentials of the function's role, which Lambda puts into the environment.
#[derive(Debug)]
struct FromEnvironment;

impl ProvideCredentials for FromEnvironment {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(credentials())
    }
}

fn credentials() -> provider::Result {
    let variable = |name: &'static str| {
        env::var(name).map_err(|_| CredentialsError::not_loaded(format!("{name} is not in the environment")))
    };
    let (key, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
    let token = env::var("AWS_SESSION_TOKEN").ok().filter(|token| !token.is_empty());
    Ok(Credentials::new(key, secret, token, None, "Environment"))
}
