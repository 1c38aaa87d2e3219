//! Ids from data and recorded seeds come out the same every time; what is drawn by chance is drawn in a step.

use durable::prelude::*;
use uuid::Uuid;

/// A generator whose seed decides everything.
struct Seeded(u64);

impl Seeded {
    fn random(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.0
    }
}

#[durable]
async fn draw(name: String) -> u64 {
    #[step]
    let token = Uuid::new_v4();
    let named = Uuid::from_u128(token.as_u128() ^ name.len() as u128);
    let mut seeded = Seeded(named.as_u64_pair().0);
    seeded.random() + Uuid::nil().as_u64_pair().1
}
