use durable::prelude::*;

mod other_runtime {
    #[allow(unused_macros)]
    macro_rules! join {
        ($($future:expr),*) => { ($($future.await),*) };
    }
    pub(crate) use join;
}

#[durable]
async fn place_order() -> (u32, u32) {
    other_runtime::join!(async { 1 }, async { 2 })
}

#[durable]
async fn blocked(runtime: Runtime) -> u32 {
    runtime.block_on(async { 1 })
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Runtime;

impl Runtime {
    fn block_on<T>(&self, _: T) -> u32 {
        1
    }
}

fn main() {
    let _ = (place_order(), blocked(Runtime));
}
