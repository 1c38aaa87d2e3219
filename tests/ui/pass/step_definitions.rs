//! What a step's definition may take: whatever a function may, borrowed for any length, and generic.

use std::cell::Cell;
use std::fmt::Display;
use std::marker::PhantomData;
use std::rc::Rc;

use durable::prelude::*;

#[derive(Clone, Copy)]
struct Line<'a> {
    title: &'a str,
    cents: u64,
}

#[step]
async fn nothing() {}

#[step]
async fn two_lengths(left: &str, right: &str) -> usize {
    left.len() + right.len()
}

#[step]
async fn named_lengths<'a, 'b: 'a>(left: &'a str, right: &'b [u32]) -> usize {
    left.len() + right.len()
}

#[step]
async fn lengths_inside(lines: &[Line<'_>], last: Option<&Line<'_>>) -> u64 {
    lines.iter().chain(last).map(|line| line.cents + line.title.len() as u64).sum()
}

#[step]
async fn generic<T: Display + Clone, const N: usize>(value: T, many: [T; N]) -> String {
    format!("{value}{}", many.map(|value| value.to_string()).concat())
}

#[step]
async fn of_some_type(text: impl AsRef<str> + Clone, twice: impl Fn(u32) -> u32 + Clone) -> u32 {
    twice(text.as_ref().len() as u32)
}

#[step]
async fn by_trait_objects(shown: &dyn Display, twice: &(dyn Fn(u32) -> u32 + Sync)) -> String {
    format!("{shown}{}", twice(1))
}

#[step]
async fn of_one_thread(counted: Rc<Cell<u32>>, mut total: u32) -> u32 {
    total += counted.get();
    total
}

#[step]
async fn of_many(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8, m: &str) -> u8 {
    a + b + c + d + e + f + g + h + i + j + k + l + m.len() as u8
}

#[step(blocking)]
fn blocking<T: Clone + Send + 'static>(value: T, bytes: Vec<u8>) -> usize {
    drop(value);
    bytes.len()
}

#[step(key = line.title, retry(max_attempts = 2), timeout = "5s")]
async fn with_options(line: Line<'_>) -> Result<u64, String> {
    Ok(line.cents)
}

trait Table {
    type Id: Clone;

    const NAME: &'static str;
}

struct Users<'a>(PhantomData<&'a str>);

impl Table for Users<'_> {
    type Id = u32;

    const NAME: &'static str = "users";
}

trait Source<'a> {
    type Key: serde::Serialize + serde::de::DeserializeOwned + 'static;

    fn key(&self) -> Self::Key;
}

impl<'a> Source<'a> for &'a str {
    type Key = usize;

    fn key(&self) -> usize {
        self.len()
    }
}

#[step]
async fn of_a_type_that_no_argument_names<T: Table>() -> String {
    T::NAME.to_owned()
}

#[step]
async fn of_an_associated_type<T: Table>(id: T::Id, text: &str) -> usize {
    drop(id);
    text.len() + T::NAME.len()
}

#[step]
async fn of_what_borrows<'x, T: Source<'x> + Clone>(source: T) -> <T as Source<'x>>::Key {
    source.key()
}

#[step]
async fn joined<'x, I>(words: I) -> String
where
    I: IntoIterator<Item = &'x str> + Clone,
{
    words.into_iter().collect()
}

#[step]
async fn joined_twice<'x>(words: impl IntoIterator<Item = &'x str> + Clone) -> String {
    words.clone().into_iter().chain(words).collect()
}

#[step]
async fn of_lengths_without_names(
    words: impl IntoIterator<Item = &str> + Clone,
    sources: Vec<impl Source<'_> + Clone>,
    called: impl Fn(&str) -> usize + Clone,
) -> usize {
    words.into_iter().map(|word| called(word)).sum::<usize>() + sources.len()
}

#[step(blocking)]
fn of_nothing<T: Table + 'static>() -> usize {
    T::NAME.len()
}

fn kept<'a>(line: &'a Line<'a>) -> impl StepCall<Output = u64> + use<'a> {
    lengths_inside(std::slice::from_ref(line), None).named("kept")
}

#[durable]
async fn all(title: String) -> u64 {
    let line = Line { title: &title, cents: 250 };
    let numbers = vec![1, 2, 3];
    nothing().await;
    let mut length = two_lengths(&title, "a text of the program").await;
    {
        let short = format!("{title}!");
        length += two_lengths(&short, &title).named("short").await;
        length += named_lengths(&short, &numbers).await;
    }
    let cents = lengths_inside(&[line], Some(&line)).await;
    let text = generic(line.title, ["a", "b"]).await + &generic(7, []).named("numbers").await;
    let twice = |number: u32| number * 2 + title.len() as u32;
    let typed = of_some_type(&title, twice).await;
    let object = by_trait_objects(&text, &twice).await;
    let counted = of_one_thread(Rc::new(Cell::new(1)), 2).await;
    let many = of_many(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, &title).await;
    let bytes = blocking("a", vec![1]).await;
    let optional = with_options(line).await.unwrap_or_default();
    let users = of_a_type_that_no_argument_names::<Users<'_>>().await;
    let words = vec![title.as_str(), users.as_str()];
    let joined = joined(words.clone()).await + &joined_twice(words.clone()).named("twice").await;
    let mut length = length + of_an_associated_type::<Users<'_>>(7, &joined).await + of_what_borrows(joined.as_str()).await;
    length += of_lengths_without_names(words, vec![title.as_str()], |word| word.len()).await;
    length += of_nothing::<Users<'static>>().await;
    let later = kept(&line);
    let sum = u64::from(typed + counted) + u64::from(many) + (object.len() + bytes + length) as u64;
    sum + cents + optional + later.await
}

fn main() {}
