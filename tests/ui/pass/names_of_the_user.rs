//! Generated code does not care what the user's items are called, nor the user's code what the macro's are.
#![deny(warnings)]
#![allow(dead_code)]

use durable::prelude::*;

struct Option;
struct Result;
struct String;
struct Box;
struct Ctx;
struct Operation;
struct Place;
struct Retry;
struct Site;
struct Step;
struct Name;
struct Plan;
struct Vec;
struct State;
struct Future;
struct Pin;
mod core {}
mod std {}

fn perform(ctx: u32) -> u32 {
    ctx
}

#[step]
fn step(branch: u32) -> u32 {
    branch
}

#[durable]
async fn run(ctx: u32, input: u32) -> u32 {
    let __output = ctx;
    let __value = 1;
    let place = perform(input);
    #[step(retry(max_attempts = 2))]
    let body = perform(__value);
    let codec = async { __output + step(place).await }.await;
    body + codec
}

fn main() {
    let __ctx = run(1, 2);
}
