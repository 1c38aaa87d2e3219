//! `#[step]` on a definition.

use insta::assert_snapshot;

use super::step;

#[test]
fn definition() {
    assert_snapshot!(step(
        r#"retry(max_attempts = 3, initial_delay = "500ms")"#,
        r"
        /// Reserves stock.
        pub async fn reserve(order: &Order, mut count: u32) -> Result<Reservation, StockError> {
            stock::reserve(order, count).await
        }
        ",
    ));
}

#[test]
fn generic_definition() {
    assert_snapshot!(step(
        r#"name = "read a file""#,
        "fn read<'a, T: DeserializeOwned, const N: usize>(path: &'a Path) -> [T; N] where T: Serialize { load(path) }",
    ));
}

#[test]
fn refused_definition_keeps_its_parameters() {
    assert_snapshot!(step("", "async fn reserve(&self, (order, count): (Order, u32)) -> u32 { 1 }"));
}

#[test]
fn blocking_definition() {
    assert_snapshot!(step(
        "blocking, retry(max_attempts = 2)",
        "fn hash(mut text: String, rounds: u32) -> Result<u64, HashError> { text.push('!'); digest(&text, rounds) }",
    ));
}

#[test]
fn keyed_definition() {
    assert_snapshot!(step("key = order.id", "async fn reserve(order: Order) -> u32 { hold(order).await }"));
}

#[test]
fn attributes_in_a_body_are_the_definitions() {
    assert_snapshot!(step(
        "",
        "async fn reserve(order: u32) -> u32 { //! Reserves.\n #![allow(deprecated)] hold(order).await }"
    ));
}

#[test]
fn operations_are_seen_below_attributes_in_a_body() {
    assert_snapshot!(step("", "async fn reserve(order: u32) -> u32 { #![allow(unused)] #[step] hold(order).await }"));
}
