//! When the process is to end.

/// Returns when the process is told to end: by Ctrl-C or, on Unix, by SIGTERM. It ends what a `main` has to say:
///
/// ```no_run
/// use durable::prelude::*;
///
/// #[durable]
/// async fn place_order(item: String) -> String {
///     item
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let engine = Engine::open("orders.db").register(place_order).start().await?;
///     durable::shutdown_signal().await?;
///     engine.shutdown().await;
///     Ok(())
/// }
/// ```
///
/// From the first call on neither signal ends the process by itself. **Errors:** the system allows no handler.
pub async fn shutdown_signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
