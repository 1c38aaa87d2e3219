//! Lines of durable code, logged once however often the code is replayed.

use std::fmt::Write;
use std::sync::{Mutex, OnceLock};

use durable::EventKind;
use durable::logging::{ReplayFilter, is_replaying};
use durable::prelude::*;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

/// Everything logged in this process, with the spans around it and their fields.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Capture;

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}

impl<S: tracing::Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Capture {
    fn on_new_span(&self, attributes: &tracing::span::Attributes<'_>, id: &tracing::span::Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let spans = context.event_scope(event).into_iter().flat_map(|scope| scope.from_root());
        let spans: String = spans
            .map(|span| {
                format!("{}: {}", span.name(), span.extensions().get::<Fields>().map_or("", |fields| &fields.0))
            })
            .collect();
        LINES.lock().unwrap().push(format!("{spans}| {}", fields.0));
    }
}

fn capture() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| tracing_subscriber::registry().with(Capture.with_filter(ReplayFilter::new())).init());
}

/// What was logged in the span of this execution: messages alone, in their order.
fn messages(name: &str) -> Vec<String> {
    let lines = LINES.lock().unwrap();
    let of_it = lines.iter().filter(|line| line.contains(&format!("execution_name={name} ")));
    of_it.filter_map(|line| line.split("message=").nth(1)).map(|message| message.trim().to_owned()).collect()
}

#[durable]
async fn interleaved() -> u32 {
    tracing::info!("begins");
    let (left, right) = join((
        async {
            tracing::info!("left before");
            sleep(seconds(1)).await;
            tracing::info!("left after");
            1
        },
        async {
            tracing::info!("right before");
            sleep(seconds(2)).await;
            tracing::info!("right after");
            2
        },
    ))
    .await;
    tracing::info!("ends");
    left + right
}

#[tokio::test]
async fn branches_that_replay_at_once_log_each_line_once() {
    capture();
    let engine = Engine::in_memory().register(interleaved).resident(0).start().await.unwrap();
    let run = engine.start(interleaved()).name("interleaved-1").await.unwrap();
    assert_eq!(run.output().await.unwrap(), 3);
    assert_eq!(engine.metrics().replays, 2);
    let expected = ["begins", "left before", "right before", "left after", "right after", "ends"];
    assert_eq!(messages("interleaved-1"), expected);
}

#[durable]
async fn attempts() -> Result<u32, String> {
    #[step(retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
    let number = try_it().await?;
    Ok(number)
}

async fn try_it() -> Result<u32, String> {
    tracing::warn!(replaying = is_replaying(), "trying");
    if durable::attempt() == 1 { Err("not yet".to_owned()) } else { Ok(7) }
}

#[tokio::test]
async fn every_attempt_of_a_step_logs_with_its_number() {
    capture();
    let engine = Engine::in_memory().register(attempts).resident(0).start().await.unwrap();
    let run = engine.start(attempts()).name("attempts-1").await.unwrap();
    assert_eq!(run.result().await.unwrap(), 7);
    let lines = LINES.lock().unwrap();
    let lines: Vec<_> = lines.iter().filter(|line| line.contains("execution_name=attempts-1 ")).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, attempt) in lines.iter().zip(["attempt=1 ", "attempt=2 "]) {
        let parts = [attempt, "function=attempts ", "operation_name=try_it ", "replaying=false", "message=trying"];
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
        assert!(line.contains(&format!("execution={} ", run.id())), "{line}");
    }
}

#[durable]
async fn twice() -> u32 {
    #[step]
    let one = number(1).await;
    tracing::info!("between");
    sleep(seconds(1)).await;
    tracing::info!("last");
    one
}

async fn number(n: u32) -> u32 {
    n
}

#[tokio::test]
async fn what_comes_after_the_last_record_is_news() {
    capture();
    let engine = Engine::in_memory().register(twice).resident(0).start().await.unwrap();
    engine.start(twice()).name("twice-1").await.unwrap().output().await.unwrap();
    assert_eq!(messages("twice-1"), ["between", "last"]);
}

#[durable]
async fn in_a_group() -> u32 {
    let group = child(async || {
        #[step]
        let one = logged(1).await;
        one
    });
    group.named("group").await
}

async fn logged(n: u32) -> u32 {
    tracing::info!("inside");
    n
}

#[tokio::test]
async fn a_line_stands_in_the_spans_of_its_invocation_its_group_and_its_attempt() {
    capture();
    let engine = Engine::in_memory().register(in_a_group).start().await.unwrap();
    let run = engine.start(in_a_group()).name("in-a-group-1").tenant("customer-7").await.unwrap();
    assert_eq!(run.output().await.unwrap(), 1);
    let history = engine.history(run.id()).await.unwrap();
    let request = history.iter().find_map(|event| match &event.kind {
        EventKind::InvocationCompleted { request_id, .. } => Some(request_id.clone()),
        _ => None,
    });
    let ids: Vec<_> = history.iter().filter_map(|event| Some(event.operation.as_ref()?.id.to_string())).collect();
    let (group, step) = (&ids[0], &ids[1]);
    let lines = LINES.lock().unwrap();
    let line = lines.iter().find(|line| line.contains("name=in-a-group-1 ")).unwrap();
    let spans: Vec<_> = ["execution: ", "operation: ", "attempt: ", "| "].map(|part| line.find(part).unwrap()).into();
    let fields = |n: usize| &line[spans[n]..spans[n + 1]];
    let request = format!("request={:?} ", request.unwrap());
    assert!(fields(0).contains("tenant=\"customer-7\" ") && fields(0).contains(&request), "{line}");
    assert!(fields(1).contains(&format!("operation={group:?} ")) && !fields(1).contains("parent="), "{line}");
    let inside = format!("parent={group:?} attempt=1 ");
    assert!(fields(2).contains(&format!("operation={step:?} ")) && fields(2).contains(&inside), "{line}");
}
