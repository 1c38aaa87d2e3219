//! A coffee order on AWS Lambda: two durable functions in one program.
//!
//! Started by anything else, the same program drives the same functions on an embedded engine, with a command line if its
//! feature `cli` is on.

mod bar;
mod order;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use durable::logging::ReplayFilter;
use durable::prelude::*;
use durable::{Functions, InvokeError};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;
use uuid::Uuid;

use bar::Bar;
use order::{Coffee, Order, OrderError, Payment};

/// Charges the card, waits for a barista, and gives the money back if none comes.
#[durable]
async fn serve_coffee(order: Order) -> Result<Coffee, OrderError> {
    #[step]
    let key = Uuid::new_v4();
    let payment = charge(order.clone(), key).invoke().await.map_err(refused)??;
    tracing::info!(receipt = payment.receipt, "paid");

    let coffee =
        wait_for_callback(async |id| Bar.ask_barista(&order, id).await).timeout(minutes(15)).await_callback::<Coffee>();
    match coffee {
        Ok(coffee) => Ok(coffee),
        Err(error) => {
            #[step(retry(max_attempts = 10, initial_delay = "1s"))]
            Bar.refund(&payment).await?;
            Err(error.into())
        }
    }
}

/// Charges a card, on its own: other programs may invoke it too.
#[durable]
async fn charge(order: Order, key: Uuid) -> Result<Payment, OrderError> {
    #[step(retry(max_attempts = 5, initial_delay = "1s", max_delay = "30s"))]
    let payment = Bar.charge(&order, key).await?;
    // The card scheme settles after a while; waiting costs nothing.
    sleep(seconds(10)).await;
    Ok(payment)
}

fn refused(error: InvokeError) -> OrderError {
    OrderError::Payment { reason: error.to_string() }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // One line of JSON each, as CloudWatch reads them; nothing that an earlier invocation has logged.
    let lines = tracing_subscriber::fmt::layer().json().with_current_span(true);
    let lines = lines.with_filter(ReplayFilter::new()).with_filter(LevelFilter::INFO);
    tracing_subscriber::registry().with(lines).init();
    durable::run(Functions::new().register(serve_coffee).register(charge)).await
}
