use std::collections::{BTreeMap, HashMap, HashSet};

use durable::prelude::*;

#[step]
async fn ship(_id: u32) -> u32 {
    0
}

#[durable]
async fn ship_all(parcels: HashMap<u32, String>, more: HashSet<u32>, rest: BTreeMap<u32, u32>) -> u32 {
    let mut total = 0;
    for (id, _name) in &parcels {
        total += ship(*id).named("first").await;
    }
    for id in parcels.keys().map(|id| id + 1).filter(|id| id % 2 == 0) {
        total += ship(id).named("second").await;
    }
    for (_, id) in rest.values().chain(&more).enumerate() {
        total += ship(*id).named("third").await;
    }
    for id in more.iter().chain(&more).copied() {
        total += ship(id).named("fourth").await;
    }
    for id in more {
        total += id;
    }
    total
}

fn main() {
    let _ = ship_all(HashMap::new(), HashSet::new(), BTreeMap::new());
}
