//! A Lambda function that is made of durable functions.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use durable_core::engine::{Functions, IntoFunctions, StartError};
use durable_core::host::Host;
use durable_core::service::Limits;
use lambda_runtime::{LambdaEvent, service_fn};

use crate::client;
use crate::handler::{Handler, Request};
use crate::select::{InvalidTarget, NoFunction, Place, Targets, select};

/// How much time is kept back for what runs to be recorded, if not said.
const RESERVE: Duration = Duration::from_secs(1);

/// What the Lambda runtime needs to know from its environment.
const VARIABLES: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

/// Whether this process was started by Lambda, or by something that does as Lambda does.
pub fn is_lambda() -> bool {
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}

/// Answers invocations of a durable function, or of one of several [`Functions`], for as long as Lambda sends any.
///
/// The same as [`Lambda::new`] and [`Lambda::run`].
pub async fn run<K>(functions: impl IntoFunctions<K>) -> Result<(), RunError> {
    Lambda::new(functions).run().await
}

/// Durable functions, of which Lambda invokes one.
///
/// ```no_run
/// use durable::prelude::*;
/// use durable::{Functions, InvokeError};
/// use durable_lambda::{Lambda, RunError};
///
/// #[durable]
/// async fn check(amount: u32) -> bool {
///     amount < 1_000
/// }
///
/// #[durable]
/// async fn order(amount: u32) -> Result<bool, InvokeError> {
///     check(amount).invoke().await
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), RunError> {
///     let functions = Functions::new().register(order).register(check);
///     Lambda::new(functions).target("check", "fraud-check:live").run().await
/// }
/// ```
#[must_use = "a Lambda function does nothing before `.run().await`"]
pub struct Lambda {
    functions: Functions,
    client: Option<aws_sdk_lambda::Client>,
    limits: Limits,
    targets: BTreeMap<String, String>,
    reserve: Duration,
}

/// Why no invocations are answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The process was not started by Lambda.
    #[error(
        "not in AWS Lambda: {} not set\nhelp: deploy the program as a Lambda function, or run it on an engine: `Engine::open(…)`",
        .missing.join(", ")
    )]
    NotInLambda {
        /// The environment variables that Lambda sets.
        missing: Vec<&'static str>,
    },
    /// The functions can't be run.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It can't be told which function is meant.
    #[error(transparent)]
    NoFunction(#[from] NoFunction),
    /// What is to be invoked can't be.
    #[error(transparent)]
    InvalidTarget(#[from] InvalidTarget),
    /// The connection to Lambda broke.
    #[error("the Lambda runtime ended: {0}")]
    Runtime(#[source] lambda_runtime::Error),
}

impl Lambda {
    /// These functions, of which the one is run that the Lambda function's `Handler` names, or that is called like the
    /// Lambda function; if there is only one, that is it.
    pub fn new<K>(functions: impl IntoFunctions<K>) -> Self {
        let functions = functions.into_functions();
        Self { functions, client: None, limits: Limits::new(), targets: BTreeMap::new(), reserve: RESERVE }
    }

    /// Another client than the one that is made of the environment, for another endpoint or other retries.
    pub fn client(self, client: aws_sdk_lambda::Client) -> Self {
        Self { client: Some(client), ..self }
    }

    /// How large what executions record may be; as large as AWS allows if not said.
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Which Lambda function is meant when `name` is invoked: a name or an ARN, with a version or an alias.
    ///
    /// The environment variable `DURABLE_TARGET_<name>` says the same where this does not; characters other than letters,
    /// digits and `_` are `_` in it. What can't be the name of a Lambda function is refused by [`Lambda::run`].
    pub fn target(mut self, name: impl Into<String>, lambda: impl Into<String>) -> Self {
        self.targets.insert(name.into(), lambda.into());
        self
    }

    /// How long before an invocation's time is over no step may begin any more; one second if not said, and never more
    /// than a quarter of the invocation's time.
    pub fn reserve(self, reserve: Duration) -> Self {
        Self { reserve, ..self }
    }

    /// Answers invocations for as long as Lambda sends any.
    pub async fn run(self) -> Result<(), RunError> {
        let Self { functions, client, limits, targets, reserve } = self;
        let missing: Vec<_> = VARIABLES.into_iter().filter(|name| std::env::var_os(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(RunError::NotInLambda { missing });
        }
        let host = Host::new(functions)?.limits(limits);
        let names: Vec<_> = host.names().collect();
        let function = select(&names, &Place::of_environment())?;
        let targets = Targets::new(targets, std::env::vars_os().filter_map(readable))?;
        let client = client.unwrap_or_else(client::of_environment);
        let handler = &Handler { host, function, client, targets, reserve };
        let answer = service_fn(|event: LambdaEvent<Request>| handler.answer(event));
        // Without its type, which is too deep for the limits of the compiler in a caller's crate.
        let running: Pin<Box<dyn Future<Output = Result<(), lambda_runtime::Error>> + '_>> =
            Box::pin(lambda_runtime::run(answer));
        running.await.map_err(RunError::Runtime)
    }
}

/// An environment variable, if it is text.
fn readable((name, value): (OsString, OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

impl fmt::Debug for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { functions, client: _, limits: _, targets, reserve } = self;
        f.debug_struct("Lambda")
            .field("functions", functions)
            .field("targets", targets)
            .field("reserve", reserve)
            .finish_non_exhaustive()
    }
}
