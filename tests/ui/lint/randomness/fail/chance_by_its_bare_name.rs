use durable::prelude::*;
use rand::random;

mod rand {
    pub fn random<T: Default>() -> T {
        T::default()
    }
}

#[durable]
async fn roll() -> u32 {
    let dice: u32 = random();
    let again = random::<u32>();
    if random() { dice } else { again % random::<u32>() }
}

fn main() {
    let _ = roll();
}
