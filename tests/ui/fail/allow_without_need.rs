use durable::prelude::*;

#[durable(allow(outptu, reason = "it is a demonstration"))]
async fn misspelled(amount: u32) -> u32 {
    println!("{amount}");
    amount
}

#[durable(allow(wall_clock, output, reason = "it is a demonstration"))]
async fn unused(amount: u32) -> u32 {
    println!("{amount}");
    amount
}

#[durable(allow(output))]
async fn without_a_reason(amount: u32) -> u32 {
    amount
}

#[durable(allow(duplicate_name, reason = "they are the same"))]
async fn not_allowable(amount: u32) -> u32 {
    sleep(seconds(1)).await;
    amount
}

#[durable]
async fn on_a_statement(amount: u32) -> u32 {
    #[durable(allow(randomness, reason = "the clock is no chance"))]
    let doubled = amount * 2;
    #[durable(allow())]
    let sum = doubled + amount;
    #[durable(allow(output, reason = "it is a demonstration"))]
    println!("{sum}");
    println!("{sum}");
    sum
}

#[durable]
async fn in_a_loop_that_performs_nothing(amounts: Vec<u32>) -> u32 {
    let mut sum = 0;
    #[durable(allow(unordered_iteration, reason = "a sum has no order"))]
    for amount in &amounts {
        sum += amount;
    }
    sleep(seconds(1)).await;
    sum
}

fn main() {
    let _ = (misspelled(1), unused(1), without_a_reason(1), not_allowable(1), on_a_statement(1));
    let _ = in_a_loop_that_performs_nothing(Vec::new());
}
