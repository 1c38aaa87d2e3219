//! The functions under test: no Lambda, no container, and the fifteen minutes pass at once.

use durable::RunError;
use durable::prelude::*;
use durable::testing::{Answer, TestEngine, assert_deterministic, crash_everywhere, in_turn};

use crate::order::{Coffee, Order, OrderError, Payment};
use crate::{charge, serve_coffee};

fn order() -> Order {
    Order { attendee: "Ada".to_owned(), drink: "espresso".to_owned(), price_cents: 350 }
}

fn bar() -> TestEngine {
    let coffee = Coffee { drink: "espresso".to_owned(), barista: "Maria".to_owned() };
    TestEngine::new().register(charge).on_callback("coffee", move |_| Answer::succeed(&coffee).after(minutes(3)))
}

#[tokio::test]
async fn an_espresso_is_paid_and_served() {
    let run = bar().run(serve_coffee(order())).await;
    assert_eq!(run.result().unwrap().barista, "Maria");
    assert_eq!(run.duration(), seconds(10) + minutes(3));
    assert_eq!(run.invoked("charge").len(), 1);
    assert_eq!(run.count("refund"), 0);
}

#[tokio::test]
async fn a_card_is_tried_again() {
    let outcomes = in_turn([
        Err(OrderError::Payment { reason: "the network is down".to_owned() }),
        Ok(Payment { receipt: "receipt 1".to_owned() }),
    ]);
    let run = bar().mock_step("charge", outcomes).run(charge(order(), uuid::Uuid::nil())).await;
    assert_eq!(run.result().unwrap().receipt, "receipt 1");
    assert_eq!(run.attempts("charge"), 2);
}

#[tokio::test]
async fn who_is_not_served_gets_the_money_back() {
    let mut order = TestEngine::new().register(charge).start(serve_coffee(order())).await;
    order.advance(seconds(10)).await;
    assert_eq!(order.open_callbacks(), ["coffee"]);
    order.advance(minutes(15)).await;
    let run = order.finish().await;
    assert!(matches!(run.result(), Err(RunError::Returned(OrderError::NobodyCame))));
    assert_eq!(run.count("refund"), 1);
}

#[tokio::test]
async fn a_refused_card_ends_the_order() {
    let refused = |_: serde_json::Value| Err::<Payment, _>("no money");
    let run = bar().mock_invoke("charge", refused).run(serve_coffee(order())).await;
    assert!(matches!(run.result(), Err(RunError::Returned(OrderError::Payment { .. }))));
}

#[tokio::test]
async fn an_order_ends_the_same_wherever_it_is_cut_and_replayed() {
    let scenario = async || bar().run(serve_coffee(order())).await.result().unwrap().barista;
    assert_eq!(crash_everywhere(scenario).await, "Maria");
    assert_eq!(assert_deterministic(scenario).await, "Maria");
}

/// What this example has recorded on an earlier day: code that does not replay it would leave such orders stuck.
#[tokio::test]
async fn orders_of_earlier_days_go_on() {
    TestEngine::new().assert_replays("histories/served.json", serve_coffee);
    TestEngine::new().assert_replays("histories/charged.json", charge);
}

#[test]
fn the_page_draws_the_plans() {
    let page = include_str!("../README.md");
    for chart in [durable::plan(serve_coffee).to_mermaid(), durable::plan(charge).to_mermaid()] {
        assert!(page.contains(&format!("```mermaid\n{}\n```", chart.trim())), "README.md lacks\n{chart}");
    }
}
