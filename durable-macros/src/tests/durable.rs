//! `#[durable]`.

use insta::assert_snapshot;

use super::{body, durable};

#[test]
fn definition() {
    assert_snapshot!(durable(
        r#"version = "2""#,
        r"
        /// Places an order.
        #[allow(dead_code)]
        pub(crate) async fn place_order(mut order: Order, State(app): State<App>, count: u32) -> Result<Receipt, OrderError> {
            sleep(minutes(5)).await;
            Ok(Receipt)
        }
        ",
    ));
}

#[test]
fn no_parameters_and_no_output() {
    assert_snapshot!(durable(r#"name = "nightly", crate = "my::durable""#, "async fn run_nightly() {}"));
}

#[test]
fn refused_function_keeps_its_signature() {
    assert_snapshot!(durable("", "pub async fn f(order: Order) -> Receipt { order.parcels.iter().map(|p| p.await) }"));
}

#[test]
fn awaits() {
    assert_snapshot!(body(
        r#"
        let stock = reserve(&order).await?;
        let pause = sleep(minutes(5)).await;
        let call = fraud_check(order.clone()).invoke();
        call.await.unwrap().score.await;
        payments::refund(&stock).named("refund it").await;
        join((a, b)).named(name()).await;
        "#
    ));
}

#[test]
fn callbacks() {
    assert_snapshot!(body(
        r"
        let approval = create_callback::<bool>().await;
        let approved = approval.await_callback().await;
        let pickup = wait_for_callback(async |id| courier::request(&order, id).await)
            .timeout(hours(2))
            .await_callback::<Pickup>();
        "
    ));
}

#[test]
fn branches() {
    assert_snapshot!(body(
        r"
        let (stock, score) = join((async { reserve(&order).await }, async move { check(&order).await })).await;
        let total = async { price(&order).await? + 1 }.await;
        "
    ));
}

#[test]
fn closures() {
    assert_snapshot!(body(
        r"
        let labels = map(&order.parcels, async |parcel| print_label(parcel).await).max_concurrency(4).await?;
        let prices = map(&order.parcels, async move |parcel| -> Result<u32, Error> { Ok(price(parcel).await?) }).await;
        let names = labels.iter().map(|label| label.name()).collect();
        "
    ));
}

#[test]
fn steps_end_at_their_await() {
    assert_snapshot!(body(
        r#"
        #[step]
        let receipt = payments::charge(&order.card, token).await?.receipt.clone();
        #[step(name = "tell", retry(max_attempts = 5, initial_delay = "1s", max_delay = "30s", backoff_rate = 1.5, jitter = half))]
        client.post(url).body(Mail { to, subject: subject, attached: (a, [b]) }).send(&c, D, || e).await;
        return #[step] finish(Some(f), g.h).await;
        "#
    ));
}

#[test]
fn steps_without_await_end_at_their_last_question_mark() {
    assert_snapshot!(body(
        r"
        #[step]
        let token = Uuid::new_v4();
        #[durable::step]
        let text = read(path)?;
        #[step]
        let sum = a + b;
        "
    ));
}

#[test]
fn arms_may_share_a_name() {
    assert_snapshot!(body(
        r"
        match #[step] charge(order).await {
            Ok(_) => #[step] notify(order).await,
            Err(_) => #[step] notify(customer).await,
        }
        "
    ));
}

#[test]
fn readable_macros() {
    assert_snapshot!(body(
        r#"
        info!(target: "orders", stock = %reserve(&order).await, "reserved {}", order.id);
        let all = vec![price(&a).await, 1];
        assert!(matches!(check(&order).await, Ok(n) if n > 1));
        "#
    ));
}

#[test]
fn items_are_left_alone() {
    assert_snapshot!(body(
        r"
        #[step]
        async fn inner() { other().await }
        inner().await;
        "
    ));
}

#[test]
fn a_plan_has_loops_arms_and_branches() {
    assert_snapshot!(durable(
        "",
        r#"
        async fn ship(parcels: Vec<Parcel>) {
            for parcel in &parcels {
                #[step(retry(max_attempts = 3))]
                weigh(parcel).await;
            }
            let (left, right) = join((async { a().await }, async { b().await })).await;
            match left {
                Some(left) => tell(left).await,
                None => sleep(days(1)).named("think").await,
            }
        }
        "#,
    ));
}

#[test]
fn a_plan_is_in_pieces_where_some_of_it_may_not_be_configured() {
    assert_snapshot!(durable(
        "",
        r#"
        async fn tell(order: Order) {
            notify(&order).await;
            #[cfg(feature = "mail")]
            for address in order.addresses {
                #[step(was = "mail", retry(max_attempts = 3))]
                send(&address).await;
                #[cfg(unix)]
                log(&address).await;
            }
            finish(order).key(order.id).await;
        }
        "#,
    ));
}

#[test]
fn loops_over_ranges_and_arrays_have_one() {
    let written = body("for number in 0..3 { pack(number).await; } for name in [\"a\", \"b\"] { send(name).await; }");
    assert!(written.contains("for number in 0..3 {") && written.contains("for name in [\"a\", \"b\"] {"), "{written}");
}

#[test]
fn what_cannot_be_a_name_is_no_line_of_a_plan() {
    let written = durable("", r#"async fn tell() { notify().named("a\nb").await; }"#);
    assert!(written.contains(r#"&["0:0 call\n"]"#), "{written}");
}

#[test]
fn loops_that_perform_ask_for_an_order() {
    assert_snapshot!(body(
        r#"
        for parcel in parcels.iter() { ship(parcel).await; }
        for parcel in parcels.iter() { total += parcel.weight; }
        #[durable(allow(unordered_iteration, reason = "one at most"))]
        for parcel in &set { tell(parcel).await; }
        "#
    ));
}

#[test]
fn an_allow_leaves_nothing_behind() {
    assert_snapshot!(durable(
        r#"allow(wall_clock, reason = "only shown")"#,
        r#"
        async fn show() -> String {
            let now = Utc::now();
            #[durable(allow(output, reason = "only shown"))]
            println!("{now}");
            now.to_string()
        }
        "#,
    ));
}

#[test]
fn a_refused_use_keeps_the_body() {
    assert_snapshot!(durable("", "async fn now() -> Time { #[step] let a = f().await; Utc::now() }"));
}

#[test]
fn attempts() {
    assert_snapshot!(durable(
        r#"retry(max_attempts = 2), timeout = "1m", execution_timeout = "2h""#,
        r#"
        async fn charge_once() -> Result<u32, ChargeError> {
            #[step(at_most_once, timeout = "5s", retry(max_attempts = 1))]
            let charged = charge().await?;
            Ok(charged)
        }
        "#,
    ));
}

#[test]
fn old_names() {
    assert_snapshot!(body(
        "
        #[step(was = \"charge\")]
        let receipt = charge_card(&order).await?;
        "
    ));
}

#[test]
fn a_refused_call_is_replaced() {
    assert_snapshot!(body(
        "
        let text = tokio::fs::read_to_string(folder().join(name)).await?;
        tokio::select! {
            paid = charge(amount) => paid,
            _ = remote::ask(amount) => {}
        }
        "
    ));
}

#[test]
fn attributes_stay_on_statements() {
    assert_snapshot!(body(
        "#[cfg(unix)] notify().await; #[allow(unused)] wait_for_callback(ask).await_callback::<u32>(); #[cfg(unix)] async { f().await };"
    ));
}

#[test]
fn keys() {
    assert_snapshot!(body(
        "for item in &items { #[step(key = item.id)] let a = ship(item).await; b(item).key(item.id).await; }"
    ));
}
