//! What payloads pass on their way to the record and back.

use durable::prelude::*;
use durable::{EventKind, Origin, RunError, Serdes, SerdesContext, SerdesError, SerdesFuture};

/// Upper case on the way to the record, behind a mark.
struct Shout;

impl Serdes for Shout {
    fn serialize<'a>(&'a self, json: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async move {
            // A serdes may wait for the world.
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            Ok(format!("!{}", json.to_uppercase()))
        })
    }

    fn deserialize<'a>(&'a self, text: String, at: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async move {
            match (at.origin, text.strip_prefix('!')) {
                (_, Some(json)) => Ok(json.to_owned()),
                (Origin::External, None) => Ok(format!("{:?}", text.trim())),
                (Origin::Record, None) => Err(SerdesError::new("the mark is missing")),
            }
        })
    }
}

async fn hello(name: &str) -> String {
    format!("hello {name}")
}

/// The recorded results, in their order.
async fn payloads(engine: &Engine, id: durable::ExecutionId) -> Vec<String> {
    let history = engine.history(id).await.unwrap();
    let payloads = history.into_iter().filter_map(|event| match event.kind {
        EventKind::StepSucceeded { result, .. } | EventKind::ContextSucceeded { result, .. } => result,
        EventKind::ChainedInvokeStarted { input, .. } => input,
        _ => None,
    });
    payloads.collect()
}

#[durable]
async fn step_and_child() -> (String, String) {
    #[step(serdes = Shout)]
    let step = hello("step").await;
    let child = child(async || {
        #[step(name = "inner")]
        let inner = hello("child").await;
        inner
    })
    .serdes(Shout)
    .await;
    sleep(seconds(1)).await;
    (step, child)
}

#[tokio::test]
async fn the_first_run_and_a_replay_get_what_comes_back() {
    let engine = Engine::in_memory().register(step_and_child).resident(0).start().await.unwrap();
    let run = engine.start(step_and_child()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), ("HELLO STEP".to_owned(), "HELLO CHILD".to_owned()));
    assert_eq!(engine.metrics().replays, 1);
    assert_eq!(payloads(&engine, run.id()).await, ["!\"HELLO STEP\"", "\"hello child\"", "!\"HELLO CHILD\""]);
}

#[durable]
async fn batch() -> Vec<String> {
    map(["a", "b"], async |name| {
        #[step]
        let greeting = hello(name).await;
        greeting
    })
    .item_serdes(Shout)
    .max_concurrency(1)
    .await
}

#[tokio::test]
async fn items_have_a_serdes_of_their_own() {
    let engine = Engine::in_memory().register(batch).start().await.unwrap();
    let run = engine.start(batch()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), ["HELLO A", "HELLO B"]);
    assert_eq!(payloads(&engine, run.id()).await[1], "!\"HELLO A\"");
}

#[durable]
async fn flat(how: String) -> Vec<String> {
    let greet = async |name| {
        #[step]
        let greeting = hello(name).await;
        greeting
    };
    match how.as_str() {
        "map" => map(["a"], greet).item_serdes(Shout).flat().named("both").await,
        "branch" => {
            let branch = child(async || hello_step("a".to_owned()).await).serdes(Shout);
            parallel(vec![branch]).flat().named("both").await
        }
        _ => vec![child(async || hello_step("a".to_owned()).await).serdes(Shout).named("both").flat().await],
    }
}

#[tokio::test]
async fn a_serdes_that_would_turn_nothing_is_refused_before_anything_is_recorded() {
    let engine = Engine::in_memory().register(flat).start().await.unwrap();
    for how in ["map", "branch", "child"] {
        let run = engine.start(flat(how.to_owned())).await.unwrap();
        let error = run.output().await.unwrap_err().to_string();
        assert!(error.starts_with("ValidationError: ") && error.contains("`both` at tests/it/serdes.rs:"), "{error}");
        assert!(error.contains("is flat and has a serdes"), "{error}");
        assert_eq!(crate::history::notation(&engine, run.id()).await, ". X-");
    }
}

#[durable(serdes = Shout)]
async fn whole_function() -> String {
    let value = wait_for_condition(0_u32, async |n| n + 1).await.unwrap_or(0);
    #[step]
    let greeting = hello("function").await;
    format!("{greeting} {value}")
}

#[tokio::test]
async fn a_function_or_an_engine_can_have_one_for_all() {
    let engine = Engine::in_memory().register(whole_function).start().await.unwrap();
    let run = engine.start(whole_function()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), "HELLO FUNCTION 1");
    assert_eq!(payloads(&engine, run.id()).await, ["!1", "!\"HELLO FUNCTION\""]);

    let engine = Engine::in_memory().register(plain_batch).serdes(Reversed).start().await.unwrap();
    let run = engine.start(plain_batch()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), ["hello a", "hello b"]);
    let payloads = payloads(&engine, run.id()).await;
    assert_eq!(payloads.len(), 5, "two steps, two items, and the map");
    assert!(payloads.iter().all(|payload| payload.contains("olleh")), "{payloads:?}");
}

/// What a step says, what its function says, and what the engine says.
#[durable(serdes = Shout)]
async fn nested() -> (String, String, String) {
    #[step(name = "own", serdes = Quiet)]
    let own = hello("a").await;
    #[step(name = "function")]
    let function = hello("b").await;
    // It says nothing, so inside of it the engine does.
    let engine = says_nothing().await;
    (own, function, engine)
}

#[durable]
async fn says_nothing() -> String {
    #[step]
    let engine = hello("c").await;
    engine
}

#[tokio::test]
async fn an_operation_s_serdes_comes_before_its_function_s_and_that_before_the_engine_s() {
    let engine = Engine::in_memory().register(nested).serdes(Reversed).start().await.unwrap();
    let run = engine.start(nested()).await.unwrap();
    let output = run.output().await.unwrap();
    let payloads = payloads(&engine, run.id()).await;
    assert_eq!(output, ("hello quiet".to_owned(), "HELLO B".to_owned(), "HELLO C".to_owned()));
    assert_eq!(payloads, ["\"hello quiet\"", "!\"HELLO B\"", "\"c olleh\"", "!\"HELLO C\""]);
}

/// The record reads backwards.
struct Reversed;

impl Serdes for Reversed {
    fn serialize<'a>(&'a self, json: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async move { Ok(json.chars().rev().collect()) })
    }

    fn deserialize<'a>(&'a self, text: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async move { Ok(text.chars().rev().collect()) })
    }
}

#[durable]
async fn plain_batch() -> Vec<String> {
    map(["a", "b"], async |name| {
        #[step]
        let greeting = hello(name).await;
        greeting
    })
    .await
}

#[durable]
async fn echo(text: String) -> String {
    text
}

#[durable]
async fn invoking() -> String {
    let both = join((echo("a".into()).invoke().payload_serdes(Quiet), hello_step("b".into()))).await;
    format!("{:?} {}", both.0, both.1)
}

#[step]
async fn hello_step(name: String) -> String {
    hello(&name).await
}

/// Takes its time, and keeps JSON as JSON.
struct Quiet;

impl Serdes for Quiet {
    fn serialize<'a>(&'a self, json: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async move {
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            Ok(json.replace('a', "quiet"))
        })
    }

    fn deserialize<'a>(&'a self, text: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async move { Ok(text) })
    }
}

#[tokio::test]
async fn a_slow_payload_does_not_change_the_order_on_record() {
    let engine = Engine::in_memory().register(invoking).register(echo).start().await.unwrap();
    let run = engine.start(invoking()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), "Ok(\"quiet\") hello b");
    let names = crate::history::names(&engine, run.id()).await;
    assert_eq!(names[..2], ["I0 echo", "S0 hello_step"]);
}

#[durable]
async fn external(State(ids): State<tokio::sync::mpsc::UnboundedSender<CallbackId>>) -> Result<String, CallbackError> {
    let callback = create_callback::<String>().serdes(Shout).await;
    #[step]
    ids.send(callback.id().clone()).map_err(|error| error.to_string()).ok();
    callback.await_callback()
}

#[tokio::test]
async fn a_delivered_text_is_made_json_and_kept_as_it_came() {
    let (sender, mut ids) = tokio::sync::mpsc::unbounded_channel();
    let engine = Engine::in_memory().register(external).state(sender).start().await.unwrap();
    let run = engine.start(external()).await.unwrap();
    let id = ids.recv().await.unwrap();
    engine.complete_callback_with(&id, Some(" plain text ".into())).await.unwrap();
    assert_eq!(run.result().await.unwrap(), "plain text");
}

/// Can't read what `Shout` wrote.
struct Deaf;

impl Serdes for Deaf {
    fn serialize<'a>(&'a self, _: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async { Err(SerdesError::new("the vault is closed")) })
    }

    fn deserialize<'a>(&'a self, _: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async { Err(SerdesError::new("the vault is closed")) })
    }
}

#[durable(serdes = Deaf)]
async fn locked() -> String {
    #[step]
    let greeting = hello("vault").await;
    greeting
}

#[tokio::test]
async fn a_payload_that_can_t_be_recorded_fails_its_operation() {
    let engine = Engine::in_memory().register(locked).start().await.unwrap();
    let run = engine.start(locked()).await.unwrap();
    let RunError::Failed(error) = run.output().await.unwrap_err() else { panic!("not failed") };
    assert!(error.is("SerializationError") && error.to_string().contains("the vault is closed"), "{error}");
}

#[tokio::test]
async fn with_encryption_the_file_holds_no_payload() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let start = async |key| {
        let engine = Engine::open(&path).register(step_and_pause).serdes(durable::Encrypt::new([key; 32]));
        engine.start().await.unwrap()
    };
    let engine = start(7).await;
    engine.start(step_and_pause("canary-4242".into())).name("a").await.unwrap();
    let run = engine.start(step_and_pause("canary-4242".into())).name("a").await.unwrap();
    while engine.history(run.id()).await.unwrap().len() < 5 {
        tokio::task::yield_now().await;
    }
    engine.shutdown().await;
    let found = std::fs::read_dir(folder.path()).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(17).any(|window| window == b"hello canary-4242")
    });
    assert!(!found, "the greeting stands in the store");

    let engine = start(8).await;
    let run = engine.start(step_and_pause("canary-4242".into())).name("a").await.unwrap();
    let RunError::Parked(reason) = run.output().await.unwrap_err() else { panic!("not parked") };
    assert!(reason.as_str().contains("another key wrote it"), "{reason}");
    engine.shutdown().await;

    let engine = start(7).await;
    let run = engine.start(step_and_pause("canary-4242".into())).name("a").await.unwrap();
    assert_eq!(run.output().await.unwrap(), 17);
}

#[durable]
async fn step_and_pause(name: String) -> usize {
    #[step]
    let greeting = hello(&name).await;
    sleep(seconds(1)).await;
    greeting.len()
}

async fn text(bytes: usize) -> String {
    "x".repeat(bytes)
}

#[durable]
async fn large_group(folder: String) -> usize {
    let group = child(async || {
        #[step(name = "a")]
        let a = text(200_000).await;
        #[step(name = "b")]
        let b = text(200_000).await;
        a + &b
    });
    let group = group.serdes(durable::FileOverflow::new(folder)).named("group").await;
    sleep(seconds(1)).await;
    group.len()
}

#[tokio::test]
async fn what_counts_is_what_a_serdes_makes_of_a_large_result() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::in_memory().register(large_group).resident(0).start().await.unwrap();
    let run = engine.start(large_group(folder.path().display().to_string())).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 400_000);
    let payloads = payloads(&engine, run.id()).await;
    assert!(payloads[2].starts_with("{\"file\":"), "{}", &payloads[2][..40]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[durable]
async fn very_large_group() -> (usize, bool) {
    let group = child(async || {
        #[step(name = "a")]
        let a = text(200_000).await;
        #[step(name = "b")]
        let b = text(200_000).await;
        a + &b
    });
    let group = group.serdes(Shout).named("group").await;
    let texts = map([1, 2], async |_| {
        #[step]
        let text = text(200_000).await;
        text
    });
    let texts = texts.serdes(Shout2).await;
    sleep(seconds(1)).await;
    (group.len(), group.starts_with('X') && texts.iter().all(|text| text.starts_with('X')))
}

/// Only what is between quotes becomes upper case, so that the names of fields stay.
struct Shout2;

impl Serdes for Shout2 {
    fn serialize<'a>(&'a self, json: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async move { Ok(json.replace('x', "X")) })
    }

    fn deserialize<'a>(&'a self, text: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async move { Ok(text.replace("indeX", "index").replace("maX", "max")) })
    }
}

#[tokio::test]
async fn a_result_that_is_too_large_for_the_record_passes_the_serdes_all_the_same() {
    for resident in [0, 10] {
        let engine = Engine::in_memory().register(very_large_group).resident(resident).start().await.unwrap();
        let run = engine.start(very_large_group()).await.unwrap();
        assert_eq!(run.output().await.unwrap(), (400_000, true));
    }
}

#[durable]
async fn wrapped() -> (String, String) {
    let group = with_retry(async || {
        #[step(name = "inner")]
        let inner = hello("group").await;
        Ok::<String, String>(inner)
    });
    let group = group.serdes(Shout).await.unwrap_or_default();
    let call = called().serdes(Shout).await;
    sleep(seconds(1)).await;
    (group, call)
}

#[durable]
async fn called() -> String {
    "call".to_owned()
}

#[tokio::test]
async fn a_group_of_attempts_and_a_call_have_a_serdes_of_their_own() {
    let engine = Engine::in_memory().register(wrapped).resident(0).start().await.unwrap();
    let run = engine.start(wrapped()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), ("HELLO GROUP".to_owned(), "CALL".to_owned()));
    let payloads = payloads(&engine, run.id()).await;
    assert_eq!(payloads, ["\"hello group\"", "!\"HELLO GROUP\"", "!\"HELLO GROUP\"", "!\"CALL\""]);
}
