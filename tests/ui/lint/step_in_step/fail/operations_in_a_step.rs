use durable::prelude::*;

async fn reserve(_order: u32) -> u32 {
    0
}

#[step]
async fn place(order: u32) -> u32 {
    #[step]
    let reserved = reserve(order).await;
    reserved
}

#[durable]
async fn place_order(order: u32) -> Result<u32, String> {
    #[step]
    let placed = async {
        let callback = create_callback::<u32>().await;
        let ended = callback.await_callback();
        #[step]
        let reserved = reserve(order).await;
        reserved
    }
    .await;
    let picked = wait_for_callback(async |_id| {
        #[step]
        let told = reserve(order).await;
        drop(told);
    })
    .await_callback::<u32>();
    Ok(placed + picked.unwrap_or_default() + place(order).await)
}

fn main() {
    let _ = place_order(1);
}
