use std::collections::{BTreeMap, HashMap, HashSet};

use durable::prelude::*;

#[step]
async fn ship(_id: u32) -> u32 {
    0
}

#[durable]
async fn ship_all(parcels: HashMap<u32, u32>, mut crates: HashSet<u32>, shelves: BTreeMap<u32, HashSet<u32>>) -> u32 {
    let mut total = 0;
    let _mapped = map(&parcels, async |(id, _)| ship(*id).await).await;
    let _side_by_side = parallel(parcels.keys().map(|id| async { ship(*id).await }).collect::<Vec<_>>()).await;
    for id in shelves.values().flatten() {
        total += ship(*id).named("flattened").await;
    }
    for id in shelves.values().flat_map(|shelf| shelf.iter().copied()) {
        total += ship(id).named("flat mapped").await;
    }
    for id in crates.iter().cycle().take(3) {
        total += ship(*id).named("in circles").await;
    }
    for id in crates.iter().copied().collect::<Vec<_>>() {
        total += ship(id).named("collected").await;
    }
    for id in crates.extract_if(|id| *id > 3) {
        total += ship(id).named("extracted").await;
    }
    total
}

fn main() {
    let _ = ship_all(HashMap::new(), HashSet::new(), BTreeMap::new());
}
