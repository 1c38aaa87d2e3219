use durable::prelude::*;

async fn charge() -> u32 {
    1
}

async fn refund() -> Result<u32, String> {
    Ok(1)
}

#[step(at_most_once)]
async fn ship() -> Result<(), String> {
    Ok(())
}

#[durable]
async fn order() -> u32 {
    #[step(at_most_once)]
    let charged = charge().await;
    #[step(at_most_once)]
    let refunded = refund().await;
    charged + refunded.unwrap_or(0)
}

fn main() {
    let _ = (order(), ship());
}
