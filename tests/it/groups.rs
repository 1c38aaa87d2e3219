//! Groups of operations that are not on record, or only by a summary.

use durable::EventKind;
use durable::prelude::*;

use crate::history::{names, notation};

async fn number(n: u32) -> u32 {
    n
}

#[durable]
async fn flat_groups() -> u32 {
    let mut sum = 0;
    for n in 1..=2 {
        let group = child(async || {
            #[step]
            let n = number(n).await;
            sleep(seconds(1)).await;
            n
        });
        sum += group.named("group").flat().await;
    }
    #[step(name = "last")]
    let last = number(10).await;
    sum + last
}

#[tokio::test]
async fn a_flat_group_records_its_operations_among_the_others() {
    let engine = Engine::in_memory().register(flat_groups).resident(0).start().await.unwrap();
    let run = engine.start(flat_groups()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 13);
    assert_eq!(notation(&engine, run.id()).await, "S0 S+ W0 . W+ S0 S+ W0 . W+ S0 S+ . X+");
    let history = engine.history(run.id()).await.unwrap();
    assert!(history.iter().filter_map(|event| event.operation.as_ref()).all(|operation| operation.parent.is_none()));
}

#[durable]
async fn at_once() -> u32 {
    let one = child(async || {
        sleep(seconds(1)).named("one").await;
        #[step(name = "a")]
        let a = number(1).await;
        a
    });
    let two = child(async || {
        #[step(name = "b")]
        let b = number(2).await;
        sleep(seconds(2)).named("two").await;
        b
    });
    let (one, two) = join((one.named("first").flat(), two.named("second").flat())).await;
    sleep(seconds(1)).named("after").await;
    one + two
}

#[tokio::test]
async fn flat_groups_run_at_once_and_what_follows_keeps_its_place() {
    let engine = Engine::in_memory().register(at_once).resident(0).start().await.unwrap();
    let run = engine.start(at_once()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 3);
    assert_eq!(names(&engine, run.id()).await.last().map(String::as_str), Some("W+ after"));
}

async fn page(n: u32) -> String {
    n.to_string().repeat(150_000)
}

#[durable]
async fn book(pages: u32) -> usize {
    let pages = child(async || {
        let mut all = Vec::new();
        for n in 0..pages {
            #[step]
            let page = page(n).await;
            all.push(page);
        }
        all
    });
    let pages = pages.summary(|pages: &Vec<String>| format!("{} pages", pages.len())).await;
    sleep(seconds(1)).await;
    pages.len()
}

#[tokio::test]
async fn a_summary_stands_where_a_large_result_would() {
    let engine = Engine::in_memory().register(book).resident(0).start().await.unwrap();
    for (pages, recorded) in [(0, "[]"), (3, "3 pages")] {
        let run = engine.start(book(pages)).await.unwrap();
        assert_eq!(run.output().await.unwrap(), pages as usize);
        let history = engine.history(run.id()).await.unwrap();
        let result = history.into_iter().find_map(|event| match event.kind {
            EventKind::ContextSucceeded { result, .. } => result,
            _ => None,
        });
        assert_eq!(result.as_deref(), Some(recorded));
    }
}
