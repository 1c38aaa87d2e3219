//! The call, the variable, or the attribute names an operation.

use durable::prelude::*;

#[durable]
async fn sums(left: u32, right: u32) -> u32 {
    #[step]
    let sum = left + right;
    #[step(name = "product")]
    let _ = left * right;
    let branch = async { left + 1 }.await;
    async { right + 1 }.named("unnamed branch").await;
    #[step]
    u32::max(sum, branch)
}
