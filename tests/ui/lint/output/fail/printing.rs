use std::io::Write;

use durable::prelude::*;

#[step]
async fn charge(_amount: u32) -> u32 {
    0
}

#[durable]
async fn place_order(amount: u32) -> u32 {
    println!("charging {amount}");
    let paid = charge(amount).await;
    if paid == 0 {
        eprintln!("not paid: {}", charge(1).named("again").await);
    }
    let doubled = dbg!(paid * 2);
    let _ = writeln!(std::io::stdout(), "{doubled}");
    match doubled {
        0 => std::print!("nothing"),
        _ => (),
    }
    doubled
}

fn main() {
    let _ = place_order(1);
}
