//! Text may be written into a buffer, and a step may print.

use std::fmt::Write;

use durable::prelude::*;

#[step]
fn report(text: &str) {
    println!("{text}");
}

#[durable]
async fn bill(amount: u32) -> String {
    let mut text = String::new();
    let _ = write!(text, "{amount}");
    let _ = writeln!(text, "{}", format!("{amount:>3}"));
    report(&text).await;
    #[durable(allow(output, reason = "once more does no harm"))]
    println!("billed {amount}");
    #[durable(allow(output, reason = "once more does no harm"))]
    if amount > 3 {
        eprintln!("that is much");
    }
    text
}

#[durable(allow(output, reason = "a demonstration"), name = "loud bill")]
async fn loud_bill(amount: u32) -> u32 {
    println!("billed {amount}");
    amount
}
