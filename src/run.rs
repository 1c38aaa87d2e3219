//! Durable functions wherever the process is.

use durable_core::engine::{Engine, EngineError, IntoFunctions, StartError};

/// The environment variable that names the store file.
const STORE: &str = "DURABLE_STORE";

/// Why [`run`] ended other than by being told to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The engine did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The engine could not be asked something.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The process can't be told to end.
    #[error("no signal can be waited for: {0}")]
    Signal(#[from] std::io::Error),
    /// No invocations of AWS Lambda are answered.
    #[cfg(feature = "lambda")]
    #[error(transparent)]
    Lambda(#[from] durable_lambda::RunError),
}

/// Runs durable functions wherever the process is: `durable::run(place_order).await`.
///
/// Started by AWS Lambda, with the feature `lambda`, it answers invocations. Elsewhere an engine drives the executions on
/// the store file that `DURABLE_STORE` names, or `durable.db`, until the process is told to end.
///
/// ```no_run
/// use durable::Functions;
/// use durable::prelude::*;
///
/// #[durable]
/// async fn place_order(cups: u32) -> u32 {
///     cups
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), durable::Failure> {
///     // One function, or several with what they need: `Functions::new().register(place_order).state(pool)`.
///     durable::run(place_order).await
/// }
/// ```
pub async fn run<K>(functions: impl IntoFunctions<K>) -> Result<(), Failure> {
    let functions = functions.into_functions();
    #[cfg(feature = "lambda")]
    if durable_lambda::is_lambda() {
        return Ok(durable_lambda::run(functions).await?);
    }
    let store = std::env::var_os(STORE).unwrap_or_else(|| "durable.db".into());
    let engine = Engine::open(std::path::PathBuf::from(store)).functions(functions).start().await?;
    tokio::signal::ctrl_c().await?;
    engine.shutdown().await;
    Ok(())
}
