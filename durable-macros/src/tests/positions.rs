//! Every place where Rust lets `#[step]` parse: it is a step there, or a clear error, and nowhere silently dropped.

use super::durable;

/// What becomes of a `#[step]`.
#[derive(Clone, Copy)]
enum Outcome {
    /// This many steps.
    Steps(usize),
    /// An error that says this.
    Refused(&'static str),
}

use Outcome::{Refused, Steps};

const POSITIONS: &[(&str, Outcome)] = &[
    // Statements.
    ("#[step] f().await;", Steps(1)),
    ("#[step] f().await?;", Steps(1)),
    ("#[step] f();", Steps(1)),
    ("#[step] a.f(x).g().await.h()?;", Steps(1)),
    ("#[step(name = \"n\")] let x = f().await;", Steps(1)),
    ("#[step] let x: u32 = f().await;", Steps(1)),
    ("#[step] let (x, y) = f().await;", Steps(1)),
    ("#[step] let Some(x) = f().await else { return };", Steps(1)),
    ("#[step] #[allow(unused)] let x = f().await;", Steps(1)),
    ("#[step] #[step] let x = f().await;", Refused("beside another attribute")),
    ("#[step] let x;", Refused("on a `let` without a value")),
    ("#[step] f!();", Refused("on a macro")),
    ("#[durable::step] f().await;", Steps(1)),
    ("#[lasting::step] f().await;", Steps(1)),
    // The last expression of a block.
    ("#[step] f().await", Steps(1)),
    ("{ #[step] f().await }", Steps(1)),
    ("unsafe { #[step] f().await }", Steps(1)),
    ("'a: { #[step] f().await }", Steps(1)),
    ("if c { #[step] f().await } else { #[step] f().await }", Steps(2)),
    ("loop { #[step] f().await }", Steps(1)),
    // The value of a `let`.
    ("let x = #[step] f().await;", Steps(1)),
    ("let x = #[step] f().await?;", Steps(1)),
    ("let x = (#[step] f().await);", Steps(1)),
    ("let x = #[step] (f().await);", Steps(1)),
    ("let x = #[step] x;", Steps(1)),
    ("let Some(x) = #[step] f().await else { return };", Steps(1)),
    ("let Some(x) = y else { #[step] f().await; return };", Steps(1)),
    // What a call chain begins with.
    ("(#[step] f().await).g();", Steps(1)),
    ("(#[step] f().await)?;", Steps(1)),
    ("let x = (#[step] f().await)?.g();", Steps(1)),
    ("let x = (#[step] f().await).0;", Steps(1)),
    ("(#[step] f())(x);", Steps(1)),
    ("let x = (#[step] f().await)[0];", Steps(1)),
    ("#[step] (f)(x).await;", Steps(1)),
    ("#[step] a[0].f(x).await;", Steps(1)),
    // Operands of calls and literals.
    ("g(#[step] f().await);", Steps(1)),
    ("a.g(#[step] f().await);", Steps(1)),
    ("let x = [#[step] f().await];", Steps(1)),
    ("let x = [#[step] f().await; 2];", Steps(1)),
    ("let x = (#[step] f().await, 1);", Steps(1)),
    ("let x = S { a: #[step] f().await };", Steps(1)),
    ("let x = S { a: 1, ..#[step] f().await };", Steps(1)),
    ("let x = S { #[step] a: f().await };", Refused("where nothing runs")),
    ("let x = a[#[step] f().await];", Steps(1)),
    ("return #[step] f().await;", Steps(1)),
    ("loop { break #[step] f().await; }", Steps(1)),
    ("'a: loop { break 'a #[step] f().await; }", Steps(1)),
    // Control flow.
    ("match #[step] f().await { _ => {} }", Steps(1)),
    ("match x { _ => #[step] f().await }", Steps(1)),
    ("match x { _ => { #[step] f().await; } }", Steps(1)),
    ("match x { _ if #[step] f().await => {} }", Steps(1)),
    ("match x { #[step] _ => {} }", Refused("where nothing runs")),
    ("if #[step] f().await {}", Steps(1)),
    ("while #[step] f().await {}", Steps(1)),
    ("for x in #[step] f().await {}", Steps(1)),
    ("for x in y { #[step] f().await; }", Steps(1)),
    ("if let Some(x) = #[step] f().await {}", Refused("in an `if let` or `while let`")),
    ("while let Some(x) = #[step] f().await {}", Refused("in an `if let` or `while let`")),
    ("if a && let Some(x) = #[step] f().await {}", Refused("in an `if let` or `while let`")),
    ("#[step] if c {}", Refused("on `if`")),
    ("#[step] match x {}", Refused("on `match`")),
    ("#[step] for x in y {}", Refused("on `for`")),
    ("#[step] while c {}", Refused("on `while`")),
    ("#[step] loop {}", Refused("on `loop`")),
    ("let x = #[step] if c { 1 } else { 2 };", Refused("on `if`")),
    ("#[step] return f().await;", Refused("on `return`")),
    ("loop { #[step] break f().await; }", Refused("on `break`")),
    ("loop { #[step] continue; }", Refused("where nothing runs")),
    ("if c {} else if #[step] f().await {}", Steps(1)),
    ("if c {} else { #[step] f().await; }", Steps(1)),
    ("let S { #[step] a, .. } = x;", Refused("where nothing runs")),
    ("match x { S { #[step] a, .. } => {} }", Refused("where nothing runs")),
    // Blocks and closures.
    ("let x = const { #[step] f() };", Refused("in a `const` block")),
    ("let x = #[step] const { f() };", Refused("on a block")),
    ("#[step] { f().await }", Refused("on a block")),
    ("let x = #[step] { f().await };", Refused("on a block")),
    ("#[step] unsafe { f() };", Refused("on a block")),
    ("let x = #[step] async { f().await };", Refused("on an `async` block that is not awaited")),
    ("#[step] let x = async { f().await }.await;", Steps(1)),
    ("let x = async { #[step] f().await }.await;", Steps(1)),
    ("let x = async move { #[step] let y = f().await; y }.await;", Steps(1)),
    ("let x = map(y, async |i| #[step] f(i).await).await;", Steps(1)),
    ("let x = map(y, async |i| { #[step] f(i).await }).await;", Steps(1)),
    ("let x = y.map(|i| #[step] f(i));", Refused("in a closure that is not `async`")),
    ("let x = y.map(|i| #[step] { f(i) });", Refused("on a block")),
    ("let x = #[step] |i| f(i);", Refused("on a closure")),
    ("let x = y.map(|#[step] i| f(i));", Refused("where nothing runs")),
    ("wait_for_callback(async |id| #[step] f(id).await).await_callback();", Refused("inside a step")),
    // Operators.
    ("let x = 1 + #[step] f().await;", Refused("on an operand of an operator")),
    ("let x = !#[step] f().await;", Refused("on an operand of an operator")),
    ("let x = -#[step] f().await;", Refused("on an operand of an operator")),
    ("let x = *#[step] f().await;", Refused("on an operand of an operator")),
    ("let x = &#[step] f().await;", Refused("on a reference")),
    ("let x = &mut #[step] f().await;", Refused("on a reference")),
    ("let x = &raw const #[step] y;", Refused("on a reference")),
    ("let x = #[step] f().await as u64;", Refused("on a cast")),
    ("let x = 0..#[step] f().await;", Refused("on a range")),
    ("x = #[step] f().await;", Refused("on an assignment")),
    ("#[step] x = f().await;", Refused("on an assignment")),
    ("x += #[step] f().await;", Refused("on an operand of an operator")),
    ("let x = a && #[step] f().await;", Refused("on an operand of an operator")),
    ("#[step] !f();", Refused("nothing gives this step a name")),
    ("#[step] let x = !f();", Steps(1)),
    ("#[step] &f();", Steps(1)),
    ("#[step] f().await as u64;", Refused("on a cast")),
    // More than one thing, or none.
    ("#[step] f(g().await).await;", Refused("on 2 awaits")),
    ("loop { #[step] f(break).await; }", Refused("inside a step, and would leave only the step")),
    (
        "loop { #[step] f(if c { continue } else { 1 }).await; }",
        Refused("inside a step, and would leave only the step"),
    ),
    ("#[step] f(loop { break 1; }).await;", Steps(1)),
    ("#[step] f(format!(\"{}\", g().await)).await;", Refused("on 2 awaits")),
    ("#[step] f(vec![g()?]).await;", Refused("inside a step, and would leave only the step")),
    ("#[step] f(vec![#[step] g()]).await;", Refused("inside a step")),
    ("#[step] f(g()?).await;", Refused("inside a step, and would leave only the step")),
    ("#[step] f(#[step] g()).await;", Refused("inside a step")),
    ("#[step] 1 + 2;", Refused("on an operand of an operator")),
    ("let _ = #[step] 1;", Refused("nothing gives this step a name")),
    // Macros.
    ("format!(\"{}\", #[step] f().await);", Steps(1)),
    ("let x = vec![#[step] f().await];", Steps(1)),
    ("let x = vec![#[step] f().await; 2];", Steps(1)),
    ("assert!(#[step] f().await, \"{}\", 1);", Steps(1)),
    ("let x = matches!(#[step] f().await, Some(_));", Steps(1)),
    ("info!(x = %#[step] f().await);", Steps(1)),
    ("let x = info_span!(\"x\", a = %#[step] f().await);", Steps(1)),
    ("let x = anyhow!(\"{}\", #[step] f().await);", Steps(1)),
    ("foreign!(#[lasting::step] f());", Refused("inside the macro `foreign!`")),
    ("foreign!(#[step] f().await);", Refused("inside the macro `foreign!`")),
    ("let x = #[step] vec![f()];", Steps(1)),
    ("let x = foreign! { a => { #[step] f() } };", Refused("inside the macro `foreign!`")),
    // Items.
    ("#[step] async fn g() {} g().await;", Steps(0)),
    ("#[step] struct S;", Refused("on something else than a function")),
    ("#[step] const N: u32 = 1;", Refused("on something else than a function")),
    ("#[step] use a::b;", Refused("on something else than a function")),
    ("#[step] mod m {}", Refused("on something else than a function")),
    ("#[step] impl S {}", Refused("on something else than a function")),
    // Attributes that only rustc can read.
    ("#[cfg_attr(unix, step)] let x = f().await;", Refused("in a `cfg_attr`")),
    ("#[cfg_attr(unix, durable::step(name = \"n\"))] f().await;", Refused("in a `cfg_attr`")),
    ("#[cfg_attr(unix, allow(unused))] let x = f().await;", Steps(0)),
];

/// What is wrong with what a place becomes, if anything.
fn judge(code: &str, outcome: Outcome) -> Result<(), String> {
    let expanded = durable("", &format!("async fn run() {{ {code} }}"));
    let check = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("{code} {what}:\n{expanded}")) };
    check(!expanded.starts_with("does not"), "becomes no code")?;
    let steps = expanded.matches("__private::step(").count();
    let errors = expanded.matches("compile_error!").count();
    match outcome {
        Steps(expected) => {
            check((steps, errors) == (expected, 0), &format!("should be {expected} steps"))?;
            let left = expanded.matches("#[step").count();
            check(left == usize::from(code.contains("async fn g")), "keeps its attribute")
        }
        Refused(fact) => {
            check(expanded.replace("\\\"", "\"").contains(fact), &format!("should say: {fact}"))?;
            check(expanded.matches("note: D0").count() == 1, "should be one error")?;
            check(!expanded.contains("#[step]\n"), "keeps its attribute")
        }
    }
}

#[test]
fn a_step_is_never_dropped() {
    let judged = POSITIONS.iter().filter_map(|(code, outcome)| judge(code, *outcome).err());
    let wrong: Vec<String> = judged.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
