//! Durable functions wherever the process is.

#[cfg(not(feature = "cli"))]
use std::error::Error;
#[cfg(not(feature = "cli"))]
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use durable_core::engine::{Engine, IntoFunctions};

/// The environment variable that names the store file.
const STORE: &str = "DURABLE_STORE";

/// Runs durable functions wherever the process is; what it returns is what `main` returns.
///
/// - Started by AWS Lambda, with the feature `lambda`, it answers invocations.
/// - Elsewhere, with the feature `cli`, the program has the command line of `durable::main`: `serve` drives the
///   executions and serves them, `start`, `ls`, `history` and the others talk with it.
/// - Elsewhere, without that, an engine drives the executions until the process is told to end.
///
/// The store is the file that `DURABLE_STORE` names, or `durable.db`.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use durable::Functions;
/// use durable::prelude::*;
///
/// #[durable]
/// async fn place_order(cups: u32) -> u32 {
///     cups
/// }
///
/// #[tokio::main]
/// async fn main() -> ExitCode {
///     // One function, or several with what they need: `Functions::new().register(place_order).state(pool)`.
///     durable::run(place_order).await
/// }
/// ```
///
/// **Errors:** what can't go on is said on standard error, and the exit code is not 0.
pub async fn run<K>(functions: impl IntoFunctions<K>) -> ExitCode {
    let functions = functions.into_functions();
    #[cfg(feature = "lambda")]
    if durable_lambda::is_lambda() {
        return exit_code(durable_lambda::run(functions).await);
    }
    let store = std::env::var_os(STORE).map_or_else(|| PathBuf::from("durable.db"), PathBuf::from);
    let engine = Engine::open(&store).functions(functions);
    #[cfg(feature = "cli")]
    return durable_cli::main(engine).await;
    #[cfg(not(feature = "cli"))]
    exit_code(drive(engine, &store).await)
}

/// Drives executions until the process is told to end.
#[cfg(not(feature = "cli"))]
async fn drive(engine: durable_core::engine::EngineBuilder, store: &Path) -> Result<(), Box<dyn Error>> {
    let engine = engine.start().await?;
    let functions: Vec<_> = engine.functions().into_iter().map(|function| function.name).collect();
    eprintln!("driving {} on {}; Ctrl-C or SIGTERM ends it", functions.join(", "), store.display());
    eprintln!("help: the feature `cli` of `durable` gives this program a command line");
    durable_core::engine::shutdown_signal().await?;
    engine.shutdown().await;
    Ok(())
}

/// Says what went wrong, in Lambda's log or to whoever started the program.
#[cfg(any(feature = "lambda", not(feature = "cli")))]
fn exit_code(ended: Result<(), impl std::fmt::Display>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
