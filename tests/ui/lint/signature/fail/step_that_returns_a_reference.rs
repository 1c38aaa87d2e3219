use durable::prelude::*;
use shop::find;

mod shop {
    pub(super) fn find(order: &super::Order) -> &str {
        &order.title
    }
}

struct Order {
    title: String,
    lines: Vec<String>,
}

enum Mode {
    Slow,
}

#[step]
async fn title(order: &Order) -> &str {
    use Mode::*;
    match Slow {
        Slow => find(order),
    }
}

#[step]
async fn nothing(_order: &Order) -> &() {
    &()
}

#[step]
async fn longest<'a>(order: &'a Order, least: usize) -> Result<&'a [String], String> {
    if order.lines.len() < least { Err("too few".to_owned()) } else { Ok(&order.lines) }
}

#[step]
async fn first<T: Clone>(items: &[T]) -> &T {
    Vec::<T>::new();
    &items[0]
}

#[step]
async fn shown(order: &Order) -> impl Clone + '_ {
    &order.title
}

#[durable]
async fn print(number: u32) -> usize {
    let order = Order { title: number.to_string(), lines: Vec::new() };
    // Those who call it are not to blame.
    let length = title(&order).await.len();
    length + longest(&order, 1).await.map_or(0, <[String]>::len)
}

fn main() {
    let _ = print(1);
    let _ = first(&[1]);
}
