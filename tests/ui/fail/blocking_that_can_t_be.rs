use durable::prelude::*;

#[step(blocking)]
async fn waits(text: String) -> usize {
    text.len()
}

#[step(blocking)]
fn borrows(text: &str) -> usize {
    text.len()
}

#[durable]
async fn line(text: String) -> usize {
    #[step(blocking)]
    let length = measure(&text).await;
    length
}

async fn measure(text: &str) -> usize {
    text.len()
}

#[step(blocking)]
fn shares(text: std::rc::Rc<str>) -> usize {
    text.len()
}

fn main() {}
