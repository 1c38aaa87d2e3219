//! What a serdes of the engine keeps out of the record, kind of payload by kind, and what comes back after a restart.

use std::path::Path;
use std::sync::Arc;

use durable::prelude::*;
use durable::{Encrypt, Event, EventKind, FileOverflow, Serdes, map, model::Kind};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Ids = UnboundedSender<CallbackId>;

async fn say(word: &str) -> String {
    word.to_owned()
}

async fn refuse(word: &str) -> Result<String, String> {
    Err(format!("not {word}"))
}

#[durable]
async fn echo(word: String) -> String {
    word
}

/// Every kind of payload, with the word in it.
#[durable]
async fn every_kind(word: String, State(ids): State<Ids>) -> Vec<String> {
    #[step(name = "step")]
    let step = say(&word).await;
    #[step(name = "error", retry(none))]
    let error = refuse(&word).await;
    let condition = wait_for_condition(String::new(), async |seen: String| seen + &word).named("condition").await;
    let context: String = async {
        #[step(name = "inside")]
        let inside = say(&word).await;
        inside
    }
    .named("context")
    .await;
    let batch = map([1, 2], async |number: u32| format!("{word} {number}")).named("batch").await;
    let invoked = echo(word.clone()).invoke().await;
    let asked = wait_for_callback(async |id| ids.send(id).map_err(|error| error.to_string())).named("callback");
    let delivered = asked.await_callback::<String>();
    sleep(seconds(1)).await;
    let mut all = vec![step, error.unwrap_or_else(|error| error), condition.unwrap_or_default(), context];
    all.extend(batch);
    all.extend([invoked.unwrap_or_default(), delivered.unwrap_or_default()]);
    all
}

const WORD: &str = "rosebud";

async fn start(path: &Path, serdes: Arc<dyn Serdes>) -> (Engine, UnboundedReceiver<CallbackId>) {
    let (sender, ids) = unbounded_channel();
    let engine = Engine::open(path).register(every_kind).register(echo).state(sender).resident(0).serdes(serdes);
    (engine.start().await.unwrap(), ids)
}

/// Runs the function over a restart after everything is on record; its history at the end.
async fn over_a_restart(folder: &Path, serdes: impl Fn() -> Arc<dyn Serdes>) -> Vec<Event> {
    let path = folder.join("store.db");
    let (engine, mut ids) = start(&path, serdes()).await;
    let id = engine.start(every_kind(WORD.into())).await.unwrap().id();
    engine.complete_callback(&ids.recv().await.unwrap(), WORD).await.unwrap();
    while !engine.history(id).await.unwrap().iter().any(|event| matches!(event.kind, EventKind::WaitStarted { .. })) {
        tokio::task::yield_now().await;
    }
    engine.shutdown().await;

    let (engine, _ids) = start(&path, serdes()).await;
    let output = engine.attach(every_kind, id).await.unwrap().output().await.unwrap();
    let expected = ["rosebud", "not rosebud", "rosebud", "rosebud", "rosebud 1", "rosebud 2", "rosebud", "rosebud"];
    assert_eq!(output, expected);
    let history = engine.history(id).await.unwrap();
    let steps = history.iter().filter(|event| matches!(event.kind, EventKind::StepStarted)).count();
    assert_eq!(steps, 5, "nothing ran again: three steps, a check, and a submitter");
    history
}

/// What an event says, and whether that passes the engine's serdes.
fn said(event: &Event) -> Option<(String, bool)> {
    let kind = event.operation.as_ref().map(|operation| operation.kind);
    let (text, passes) = match &event.kind {
        EventKind::StepSucceeded { result: Some(text), .. } => (text.clone(), true),
        // What was delivered goes on as it is.
        EventKind::ContextSucceeded { result: Some(text), .. } => (text.clone(), kind != Some(Kind::WaitForCallback)),
        EventKind::ExecutionStarted { input: Some(text), .. }
        | EventKind::ExecutionSucceeded { result: Some(text) }
        | EventKind::ChainedInvokeStarted { input: Some(text), .. }
        | EventKind::ChainedInvokeSucceeded { result: Some(text) }
        | EventKind::CallbackSucceeded { result: Some(text) } => (text.clone(), false),
        EventKind::StepFailed { error, .. } => (error.to_string(), false),
        _ => return None,
    };
    Some((text, passes))
}

/// Checks each payload of the history; how many passed the serdes.
fn check(history: &[Event], is_sealed: impl Fn(&str) -> bool) -> usize {
    let all: Vec<_> = history.iter().filter_map(said).collect();
    for (text, passes) in &all {
        assert_eq!(text.contains(WORD), !passes, "{text}");
        assert!(!passes || is_sealed(text), "{text}");
    }
    assert_eq!(all.iter().filter(|(_, passes)| !passes).count(), 7, "the others stay readable");
    all.iter().filter(|(_, passes)| *passes).count()
}

/// The step, the condition, the context and the step in it, two items, the batch.
const PASS: usize = 7;

#[tokio::test]
async fn encryption_hides_what_operations_record_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let history = over_a_restart(folder.path(), || Arc::new(Encrypt::new([7; 32]))).await;
    assert_eq!(check(&history, |text| text.starts_with("aes256gcm:")), PASS);
}

#[tokio::test]
async fn large_payloads_are_files_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files");
    let history = over_a_restart(folder.path(), || Arc::new(FileOverflow::new(&files).threshold_bytes(0))).await;
    assert_eq!(check(&history, |text| text.starts_with(r#"{"file":"#)), PASS);
    let kept: Vec<_> = std::fs::read_dir(&files).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept.len(), PASS, "one file for each");
    assert!(kept.iter().all(|file| std::fs::read_to_string(file).unwrap().contains(WORD)));
}
