//! What the user wrote is written back where it was, and once: editors hover, rename and go to definition by that.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};

use crate::pipeline;

/// Words that belong to what the macro replaces: an `async` block, an `await`, the attributes that it reads.
const REPLACED: [&str; 4] = ["async", "await", "move", "step"];

/// Without what has to stand twice: the type of a `let` with a step, and a field that is named like its value.
const BODIES: &[&str] = &[
    "let stock = reserve(&order, count + 1).await?;",
    "#[step] let receipt = charge(&order.card, token, [first, (second, 7)]).await?.total(rate);",
    "#[step] let mail = client(\"mail\").send(&receipt, |line| line.trim()).await?;",
    "#[step] let token = Uuid::new_v4();",
    "#[step] let total = lines.iter().map(|line| line.len() as u32).sum();",
    "#[step] match_made(if big { left } else { right }, Pair { left: other, right: 3 }).await;",
    "let (stock, score) = join((async { reserve(&order).await }, async move { check(&other).await })).await;",
    "let labels = map(&order.parcels, async |parcel| print_label(parcel).await).max_concurrency(4).await?;",
    "for (index, item) in order.items.iter().enumerate() { pack(item, index).await; }",
    "let Some(found) = look(&place).await else { return Err(Missing(place)) };",
    "match ask(&question).await { Answer::Yes(reason) if reason.len() > 3 => tell(reason).await, _ => {} }",
    "let accepted = wait_for_callback(async |id| ask(&order, id).await).timeout(hours(2)).await_callback::<Pickup>();",
    "info!(order = %order.id, \"{} of {total}\", count(&order).await);",
    "'outer: loop { if done && let Some(last) = seen { break 'outer last; } sleep(minutes(wait)).await; }",
    "let call = fraud_check(order.clone()).invoke(); let verdict = call.await.unwrap().score;",
];

/// The words and literals among these tokens, by their place, with how often they stand there.
fn words(tokens: TokenStream, found: &mut BTreeMap<(usize, usize, String), usize>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => words(group.stream(), found),
            TokenTree::Punct(_) => {}
            token => {
                let start = token.span().start();
                *found.entry((start.line, start.column, token.to_string())).or_default() += 1;
            }
        }
    }
}

fn words_of(tokens: TokenStream) -> BTreeMap<(usize, usize, String), usize> {
    let mut found = BTreeMap::new();
    words(tokens, &mut found);
    found
}

#[test]
fn every_word_of_a_body_is_written_back_once_where_it_was() {
    for body in BODIES {
        // The places of parsed tokens begin anew for each text, so that the signature stands on a line of its own.
        let item: TokenStream = format!("async fn run()\n{{ {body} }}").parse().unwrap();
        let written = words_of(pipeline::durable(TokenStream::new(), item.clone()));
        for ((line, column, word), _) in words_of(item) {
            if line == 1 || REPLACED.contains(&word.as_str()) {
                continue;
            }
            let times = written.get(&(line, column, word.clone())).copied().unwrap_or(0);
            assert_eq!(times, 1, "`{word}` at column {column} of\n{body}");
        }
    }
}

/// The words of a signature are needed more than once: a type where a value is given and where it is recorded. Each stands
/// where it was, so that hovering finds it, and the name of a parameter is bound where its type says what it is.
#[test]
fn every_word_of_a_signature_is_written_back_where_it_was() {
    type Macro = fn(TokenStream, TokenStream) -> TokenStream;
    let signatures: &[(Macro, &str)] = &[
        (pipeline::durable, "pub(crate) async fn run(order: Order, mut count: u32) -> Result<Receipt, shop::Error>"),
        (pipeline::durable, "async fn run(State(app): State<Arc<App>>, ids: Vec<(u32, String)>) -> [u8; 4]"),
        (pipeline::durable, "async fn run()"),
        (pipeline::step, "pub async fn run<'a, T: Clone>(order: &'a Order, each: T) -> Option<T> where T: Serialize"),
        (pipeline::step, "fn run(mut text: String) -> u64"),
    ];
    for (macro_, signature) in signatures {
        let item: TokenStream = format!("{signature}\n{{ todo!() }}").parse().unwrap();
        let written = words_of(macro_(TokenStream::new(), item.clone()));
        for ((line, column, word), _) in words_of(item) {
            if line == 1 && !REPLACED.contains(&word.as_str()) {
                assert!(written.contains_key(&(line, column, word.clone())), "`{word}` at {column} of {signature}");
            }
        }
    }
}

#[test]
fn every_word_of_a_step_s_body_is_written_back_once_where_it_was() {
    let item: TokenStream =
        "async fn reserve(order: &Order)\n{ let stock = stock::find(order).await?; stock.hold(3) }".parse().unwrap();
    let written = words_of(pipeline::step(TokenStream::new(), item.clone()));
    for (place, times) in words_of(item).into_iter().filter(|((line, ..), _)| *line == 2) {
        assert_eq!(written.get(&place), Some(&times), "{place:?}");
    }
}
