//! Connections: accepted, limited, and ended in peace.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// The most headers of a request.
const MOST_HEADERS: usize = 64;
/// The most bytes of a request's line and headers.
const MOST_HEADER_BYTES: usize = 64 * 1024;
/// How long connections have to end when the service ends.
const FAREWELL: Duration = Duration::from_secs(5);

/// What connections have to keep to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    /// How long a request's headers may take to arrive.
    pub(crate) arrival: Duration,
}

/// Serves connections until `stop` says so; then those that are open end after the request that they are at.
pub(crate) async fn listen(listener: TcpListener, router: Router, limits: Limits, mut stop: watch::Receiver<bool>) {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(limits.arrival);
    server.max_headers(MOST_HEADERS).max_buf_size(MOST_HEADER_BYTES);
    let room = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (stream, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Too many open files, most likely: others have to be closed first.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(server.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A client that goes away, or speaks something else, is no news.
            let _ = connection.await;
            drop(place);
        });
    }
    // What is still open then is closed.
    let _ = tokio::time::timeout(FAREWELL, graceful.shutdown()).await;
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, place))
}
