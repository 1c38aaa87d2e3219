//! `serve`, with functions that are processes.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::bench::{Bench, answer, clean, durable, example};

#[test]
fn a_function_process_is_supervised() {
    let directory = tempfile::tempdir().unwrap();
    let function = format!("twice={}", example("bootstrap").display());
    let mut serve = durable();
    serve.arg("--store").arg(directory.path().join("orders.db")).env("DURABLE_TOKEN", "a-token-of-enough-letters");
    let bench = Bench::serving_with(serve, &["--function", &function], directory);
    let with_token = |words: &[&str]| {
        answer(
            durable()
                .env("DURABLE_ENDPOINT", &bench.endpoint)
                .env("DURABLE_TOKEN", "a-token-of-enough-letters")
                .args(words),
        )
    };
    let ended = with_token(&["start", "twice", "\"tea\"", "--name", "t-1", "--wait"]).works().json();
    assert_eq!(ended["Result"], r#"["tea","tea"]"#);
    assert!(with_token(&["plan", "--format", "table"]).works().out.contains("a process of its own"));
    bench.run(&["ls"]).fails(4, "help: show the service's token");
}

#[test]
fn a_function_s_words_are_quoted_as_in_a_shell() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("two words");
    std::fs::create_dir(&folder).unwrap();
    let program = folder.join("boot strap");
    std::fs::copy(example("bootstrap"), &program).unwrap();
    let function = format!("twice='{}' 'one argument'", program.display());
    let mut serve = durable();
    serve.arg("--store").arg(directory.path().join("orders.db"));
    let bench = Bench::serving_with(serve, &["--function", &function], directory);
    assert_eq!(bench.works(&["start", "twice", "2", "--wait"]).json()["Result"], "[2,2]");
    answer(durable().args(["serve", "--function", "twice='./boot"])).fails(2, "a quote is opened and not closed");
}

#[test]
fn on_whose_behalf_an_execution_runs_its_process_hears() {
    let directory = tempfile::tempdir().unwrap();
    let function = format!("twice='{}'", example("bootstrap").display());
    let mut serve = durable();
    serve.arg("--store").arg(directory.path().join("orders.db"));
    let bench = Bench::serving_with(serve, &["--function", &function], directory);
    let started = bench.works(&["start", "twice", "2", "--tenant", "tea-house", "--wait"]).json();
    assert_eq!(started["Result"], r#"[2,2,"tea-house"]"#);
    let invoked = bench.works(&["local", "invoke", "twice", "--tenant-id", "coffee-bar"]).json();
    assert_eq!(invoked["Result"], r#"[null,null,"coffee-bar"]"#);
}

#[test]
fn a_start_brings_its_function_along_only_if_it_may() {
    let started = |words: &[&str]| {
        let directory = tempfile::tempdir().unwrap();
        let mut serve = durable();
        serve.arg("--store").arg(directory.path().join("orders.db"));
        let bench = Bench::serving_with(serve, words, directory);
        let body = r#"{"FunctionName":"function","LambdaEndpoint":"http://localhost:1","ExecutionName":"order-42"}"#;
        let request = reqwest::Client::new().post(format!("{}/start-durable-execution", bench.endpoint)).body(body);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let status = runtime.block_on(request.send()).unwrap().status().as_u16();
        (status, bench.works(&["ls"]).json().as_array().unwrap().len())
    };
    assert_eq!(started(&[]), (404, 0));
    assert_eq!(started(&["--sam"]), (201, 1));
}

#[test]
fn who_does_not_sign_is_refused_where_a_key_is_set_up() {
    let directory = tempfile::tempdir().unwrap();
    let mut serve = durable();
    serve.arg("--store").arg(directory.path().join("orders.db")).env("DURABLE_ACCESS_KEY", "test:secret,other:secret");
    let bench = Bench::serving_with(serve, &[], directory);
    bench.run(&["ls"]).fails(4, "help: show the service's token");
    answer(durable().args(["serve", "--access-key", "test"])).fails(2, "ID:SECRET");
}

#[test]
fn what_can_t_be_served_is_refused() {
    let bench = Bench::new();
    let orders =
        |words: &[&str]| answer(Command::new(example("orders")).env("ORDERS_STORE", bench.store()).args(words));
    orders(&["serve", "--listen", "127.0.0.1:0"]).fails(4, "is in use by another engine");
    orders(&["serve", "--store", "x.db"]).fails(2, "this program has its own store");
    orders(&["serve", "--function", "nothing"]).fails(2, "order=./bootstrap");
    let directory = tempfile::tempdir().unwrap();
    let public =
        answer(durable().arg("--store").arg(directory.path().join("x.db")).args(["serve", "--listen", "0.0.0.0:0"]));
    public.fails(4, "can be reached from other machines");
}

#[test]
fn a_program_has_the_command_line_for_its_own_engine() {
    let bench = Bench::new();
    let orders =
        |words: &[&str]| answer(Command::new(example("orders")).env("DURABLE_ENDPOINT", &bench.endpoint).args(words));
    assert_eq!(orders(&["start", "double", "3", "--wait"]).works().json()["Result"], "6");
    assert!(orders(&["--help"]).works().out.contains("Usage: orders"));
    // What it says to do next is said of itself.
    let shown = orders(&["start", "nap", "3600", "--name", "n-1", "--format", "table"]).works().out;
    assert!(shown.contains("\n  orders history ") && !shown.contains("durable history"), "{shown}");
    let shown = orders(&["get", "n-1", "--format", "table"]).works().out;
    assert!(shown.contains("next     orders history "), "{shown}");
    orders(&["get", "nobody"]).fails(3, "help: `orders ls`");
    let script = orders(&["completions", "bash"]).works().out;
    assert!(script.contains("complete -F _orders") && !script.contains("_durable"), "{script}");
    bench.end();
    let directory = tempfile::tempdir().unwrap();
    let mut serve = clean(Command::new(example("orders")));
    serve.env("ORDERS_STORE", directory.path().join("orders.db"));
    serve.args(["serve", "--listen", "127.0.0.1:0", "--format", "table"]);
    let mut serving = serve.stdout(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(serving.stdout.take().unwrap()).lines().map(Result::unwrap);
    let next = told.find(|line| line.contains("--endpoint"));
    assert!(next.as_deref().is_some_and(|next| next.starts_with("  orders --endpoint http://")), "{next:?}");
    serving.kill().unwrap();
    serving.wait().unwrap();
}
