//! Baristas: they read the board and answer callbacks.

use std::time::Duration;

use durable::{Engine, EngineError, ErrorObject};

use crate::bar::{Bar, Request, Wanted};
use crate::order::{Accepted, Coffee};

/// What a barista does with a request.
pub(crate) enum Answer {
    /// Takes the order, or hands over the coffee.
    Yes { barista: String },
    /// Gives the order back.
    No { reason: String },
}

/// Answers a request; returns whether the answer counts. Of several the first does, so answering again after a crash
/// does no harm.
pub(crate) async fn answer(engine: &Engine, request: &Request, answer: &Answer) -> Result<bool, EngineError> {
    let Request { wanted, number, order, callback } = request;
    let answered = match (answer, wanted) {
        (Answer::No { reason }, _) => {
            let error = ErrorObject::new("Cancelled", reason);
            engine.fail_callback(callback, error).await
        }
        (Answer::Yes { barista }, Wanted::Acceptance) => {
            let accepted = Accepted { barista: barista.clone() };
            engine.complete_callback(callback, &accepted).await
        }
        (Answer::Yes { .. }, Wanted::CoffeeBy { .. }) => {
            let coffee = Coffee { number: *number, drink: order.drink.clone() };
            engine.complete_callback(callback, &coffee).await
        }
    };
    match answered {
        Ok(()) => Ok(true),
        Err(EngineError::Refused(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A barista who needs nobody at the keyboard: has no oat milk, and never sees a decaf. Works until dropped.
pub(crate) async fn work(engine: &Engine, bar: &Bar) -> anyhow::Result<()> {
    let mut seen = 0;
    loop {
        for request in bar.board()?.iter().skip(seen) {
            seen += 1;
            if let Some(reply) = decide(request)
                && answer(engine, request, &reply).await?
            {
                narrate(request, &reply);
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn decide(Request { wanted, order, .. }: &Request) -> Option<Answer> {
    match wanted {
        Wanted::Acceptance if order.drink.starts_with("decaf") => None,
        Wanted::Acceptance if order.drink.starts_with("oat") => {
            Some(Answer::No { reason: "no oat milk left".to_owned() })
        }
        Wanted::Acceptance => Some(Answer::Yes { barista: "Maria".to_owned() }),
        Wanted::CoffeeBy { barista } => Some(Answer::Yes { barista: barista.clone() }),
    }
}

fn narrate(Request { wanted, number, order, callback: _ }: &Request, answer: &Answer) {
    let does = match (answer, wanted) {
        (Answer::No { .. }, _) => "cancels",
        (Answer::Yes { .. }, Wanted::Acceptance) => "accepts",
        (Answer::Yes { .. }, Wanted::CoffeeBy { .. }) => "hands over",
    };
    println!("  barista  {does} order {number}: {} for {}", order.drink, order.attendee);
}
