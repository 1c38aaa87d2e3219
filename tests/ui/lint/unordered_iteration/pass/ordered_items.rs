//! Ordered collections may perform operations, and hash maps may be used for everything else.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use durable::prelude::*;

#[step]
async fn ship(id: u32) -> u32 {
    id
}

#[durable]
async fn ship_all(parcels: HashMap<u32, u32>, ordered: BTreeMap<u32, u32>, list: Vec<u32>) -> u32 {
    let mut total = 0;
    for weight in parcels.values() {
        total += weight;
    }
    let mut ids: Vec<u32> = parcels.keys().copied().collect();
    ids.sort();
    for id in &ids {
        total += ship(*id).named("sorted").await;
    }
    for (id, weight) in &ordered {
        total += ship(id + weight).named("map").await;
    }
    for (position, id) in list.iter().copied().enumerate().filter(|(position, _)| position % 2 == 0) {
        total += ship(id + position as u32).named("filtered").await;
    }
    for id in list.iter().map(|id| id * 2).chain(0..3).rev().collect::<VecDeque<_>>() {
        total += ship(id).named("collected").await;
    }
    for id in ids.iter().collect::<BTreeSet<_>>() {
        total += ship(*id).named("set").await;
    }
    for id in ids.chunks(2).flat_map(|pair| pair.iter().max()) {
        total += ship(*id).named("chunks").await;
    }
    for id in 0..2 {
        total += ship(id).named("range").await;
    }
    let nested = [vec![1, 2], vec![3]];
    for id in nested.iter().flatten().cycle().take(4) {
        total += ship(*id).named("nested").await;
    }
    for id in nested.iter().flat_map(|inner| inner.iter().map(|id| id + 1)) {
        total += ship(id).named("deeper").await;
    }
    let members: HashSet<u32> = list.into_iter().collect();
    if members.contains(&7) { ship(total).named("member").await } else { total }
}

#[durable]
async fn allowed_ones(parcels: HashSet<u32>) -> u32 {
    let mut total = 0;
    #[durable(allow(unordered_iteration, reason = "there is at most one parcel"))]
    for id in &parcels {
        total += ship(*id).await;
    }
    total
}

#[durable]
async fn allowed_items(parcels: HashMap<u32, u32>, more: HashSet<u32>) -> usize {
    #[durable(allow(unordered_iteration, reason = "the names of the items are their ids"))]
    let shipped = map(&parcels, async |(id, _)| ship(*id).await).await;
    let others = more.iter().map(|id| async { ship(*id).await });
    #[durable(allow(unordered_iteration, reason = "the names of the items are their ids"))]
    let others = parallel(others.collect::<Vec<_>>()).await;
    shipped.len() + others.len()
}
