//! The coffee bar under test: the real functions and the real files, on a clock that stands still.

use durable::testing::{Answer, TestEngine, TestRun, assert_deterministic, crash_everywhere};
use durable::{Definition, ErrorObject, RunError};
use tempfile::TempDir;

use crate::bar::{Bar, BarError};
use crate::order::{Accepted, Coffee, Cup, Order, OrderError};
use crate::{prepare, serve_coffee};
use durable::prelude::*;

fn order(drink: &str) -> Order {
    let drink = drink.to_owned();
    Order { id: "order-1".to_owned(), attendee: "Ada".to_owned(), drink, patience_seconds: 120 }
}

/// A bar whose barista accepts and makes what is ordered.
fn bar() -> (TempDir, Bar, TestEngine) {
    let folder = tempfile::tempdir().unwrap();
    let bar = Bar::in_folder(folder.path().to_path_buf()).unwrap();
    let test = TestEngine::new()
        .state(bar.clone())
        .on_callback("accepted", |_| Answer::succeed(&Accepted { barista: "Maria".to_owned() }).after(seconds(40)))
        .on_callback("coffee", |_| {
            Answer::succeed(&Coffee { number: 1, drink: "espresso".to_owned() }).after(minutes(3))
        });
    (folder, bar, test)
}

fn steps<D: Definition>(run: &TestRun<D>) -> Vec<&'static str> {
    let all = ["reserve_cup", "prepare", "release_cup", "tell_attendee"];
    all.into_iter().filter(|step| run.count(step) > 0).collect()
}

#[tokio::test]
async fn an_espresso_is_served() {
    let (_folder, _, test) = bar();
    let run = test.run(serve_coffee(order("espresso"))).await;
    assert_eq!(run.result().unwrap().drink, "espresso");
    assert_eq!(run.duration(), seconds(40) + minutes(3));
    assert_eq!(steps(&run), ["reserve_cup", "prepare"]);
}

#[tokio::test]
async fn a_barista_who_never_comes_frees_the_cup() {
    let (_folder, _, test) = bar();
    let mut order = test.start(serve_coffee(order("decaf"))).await;
    assert_eq!(order.open_callbacks(), ["accepted"]);
    order.advance(seconds(120)).await;
    let run = order.finish().await;
    assert!(matches!(run.result(), Err(RunError::Returned(OrderError::NobodyCame))));
    assert_eq!(steps(&run), ["reserve_cup", "prepare", "release_cup", "tell_attendee"]);
}

#[tokio::test]
async fn an_order_that_is_given_back_says_why() {
    let (_folder, _, test) = bar();
    let mut order = test.start(serve_coffee(order("oat latte"))).await;
    order.fail("accepted", ErrorObject::new("Cancelled", "no oat milk left")).await;
    let Err(RunError::Returned(OrderError::Cancelled { reason })) = order.finish().await.result() else {
        panic!("not cancelled");
    };
    assert_eq!(reason, "no oat milk left");
}

#[tokio::test]
async fn the_fourth_coffee_is_refused() {
    let (_folder, bar, test) = bar();
    for number in 0..3 {
        let earlier = Order { id: format!("earlier-{number}"), ..order("espresso") };
        bar.order_number(&earlier).await.unwrap();
    }
    let run = test.mock_step("reserve_cup", || Ok::<_, BarError>(Cup(1))).run(serve_coffee(order("espresso"))).await;
    assert!(matches!(run.result(), Err(RunError::Returned(OrderError::LimitReached { limit: 3 }))));
    assert_eq!(run.step::<Cup>("reserve_cup").0, 1);
}

#[tokio::test]
async fn an_order_is_booked_once_wherever_the_bar_is_closed() {
    let booked = crash_everywhere(async || {
        let (_folder, bar, test) = bar();
        test.run(serve_coffee(order("espresso"))).await.result().unwrap();
        let number = bar.order_number(&order("espresso")).await.unwrap();
        let after = Order { id: "order-2".to_owned(), ..order("tea") };
        (number, bar.order_number(&after).await.unwrap())
    })
    .await;
    assert_eq!(booked, (1, 2));
}

#[tokio::test]
async fn an_order_replays() {
    assert_deterministic(async || {
        let (_folder, _, test) = bar();
        test.run(prepare(order("espresso"))).await.result().unwrap();
    })
    .await;
}

/// What this example has recorded on an earlier day. A history that is no longer replayed is one of orders that would be
/// stuck: change the code back, or give it a `version` beside the old one.
#[tokio::test]
async fn orders_of_earlier_days_go_on() {
    let (_folder, _, test) = bar();
    test.assert_replays("examples/coffee/histories/*.json", serve_coffee);
}
