//! The page that shows what the macros write, made by writing it.

use super::{body, durable, pages, step};

/// What one part of a function becomes.
struct Shown {
    title: &'static str,
    about: &'static str,
    code: &'static str,
    write: fn(&str) -> String,
}

const SHOWN: &[Shown] = &[
    Shown {
        title: "A durable function",
        about: "A function of the same name that builds a `Call`: the arguments and nothing else. Its definition says what \
                is known without running it — name, parameters, plan, how the arguments and the result are recorded — and \
                how to run it. The body is an `async` block, which is told at its head what it returns; the hidden context is \
                in it.",
        code: "/// Places an order.\npub async fn place_order(order: Order, count: u32) -> Result<Receipt, OrderError> {\n    sleep(minutes(5)).await;\n    Ok(Receipt)\n}",
        write: |code| durable("", code),
    },
    Shown {
        title: "An await",
        about: "`x.await` performs `x` on the context, with a name; the place in the source is that of the call. A path \
                call, so that awaiting something else is one error at `x`.",
        code: "let stock = reserve(&order).await?;",
        write: body,
    },
    Shown {
        title: "A step on a line",
        about: "What `#[step]` stands on, up to its `.await`, becomes a closure that can be called again. By-value \
                arguments are given anew to each attempt. `perform_line` picks the codec by the type of the result. Where \
                the future borrows from something that the call makes itself, the closure is an `async` one; what is \
                not awaited gives its result itself. Where a call could change or move a variable, the closure goes through \
                `future_body`, so that the compiler says so at that variable.",
        code: "#[step]\nlet stock = stock::reserve(&order).await?;\n#[step(retry(max_attempts = 3))]\nlet receipt = charge(&order.card, token).await?;\n#[step]\nlet mail = client().send(&receipt).await?;\n#[step]\nlet text = read(&path)?;\n#[step]\nlet sent = mailer.send(&text).await?;",
        write: body,
    },
    Shown {
        title: "A step by its definition",
        about: "A function that builds the step of its arguments, which each attempt gets anew. It borrows what it is given until it is awaited.",
        code: "pub async fn reserve(order: &Order, count: u32) -> Result<Reservation, StockError> {\n    stock::reserve(order, count).await\n}",
        write: |code| step("", code),
    },
    Shown {
        title: "Branches",
        about: "An `async` block is an operation with a context of its own. It gets its name from the pattern.",
        code: "let (stock, score) = join((async { reserve(&order).await }, async { check(&order).await })).await;",
        write: body,
    },
    Shown {
        title: "Closures for items",
        about: "An `async` closure gets the context of the item that it runs for. The items must come in the same order \
                every time: `ordered!` refuses hash maps, by type.",
        code: "let labels = map(&order.parcels, async |parcel| print_label(parcel).await).await?;",
        write: body,
    },
    Shown {
        title: "Application state",
        about: "A `State` is not an argument of the call; the run asks the engine for it.",
        code: "async fn upload(State(bucket): State<Bucket>, path: String) {}",
        write: |code| durable("", code),
    },
    Shown {
        title: "A mistake",
        about: "The error stands where the mistake is, and the function keeps its signature, so that nothing else lights up.",
        code: "pub async fn total(order: Order) -> u32 {\n    order.parcels.iter().map(|parcel| weigh(parcel).await).sum()\n}",
        write: |code| durable("", code),
    },
];

#[test]
fn the_page_of_generated_code_is_what_is_generated() {
    let mut page = INTRODUCTION.to_owned();
    for Shown { title, about, code, write } in SHOWN {
        let written = write(code).replace("::durable::__private::", "");
        page.push_str(&format!(
            "\n## {title}\n\n{about}\n\n```rust,ignore\n{code}\n```\n\nbecomes\n\n```rust,ignore\n{}\n```\n",
            written.trim()
        ));
    }
    pages::check("generated-code.md", &page);
}

const INTRODUCTION: &str = "\
<!-- Written by `UPDATE_DOCS=1 cargo test -p durable-macros`. -->

# What the macros write

The macros rewrite awaits, steps, `async` blocks and `async` closures, and leave everything else as it is, with its place
in the source. Every path begins with `::durable::__private::`, which is left out on this page; what is brought along is
named `__…` and invisible to your code. See it for your own functions with `cargo expand`.
";
