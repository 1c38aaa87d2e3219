use durable::prelude::*;
use uuid::Uuid;

mod rand {
    pub fn random() -> u32 {
        4
    }

    pub struct ThreadRng;

    impl ThreadRng {
        pub fn next(&mut self) -> u32 {
            4
        }
    }

    pub fn rng() -> ThreadRng {
        ThreadRng
    }
}

#[durable]
async fn place_order(count: u32) -> Vec<String> {
    use uuid::Uuid as Id;

    let token = Uuid::new_v4();
    let again = Id::new_v4();
    let dice = rand::random();
    let mut generator = rand::rng();
    let ids: Vec<String> = (0..count).map(|_| uuid::Uuid::new_v4().to_string()).collect();
    let state = std::collections::hash_map::RandomState::new();
    let _ = (dice, generator.next(), state);
    [ids, vec![token.to_string(), again.to_string()]].concat()
}

fn main() {
    let _ = place_order(1);
}
