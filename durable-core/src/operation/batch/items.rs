//! Runs the items of a batch.

use std::pin::Pin;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use serde::de::DeserializeOwned;
use tracing::Span;

use super::Options;
use super::completion::CompletionReason;
use super::result::{RecordedBatch, RecordedItem, RecordedStatus};
use super::summary::Summary;
use crate::context::{Ctx, Halt, Performed, Sealed};
use crate::logging::in_context;
use crate::model::{InvalidName, Kind, Name, OperationId, Start, State};
use crate::operation::Place;
use crate::operation::branch::{record_context, serdes_of_nothing};
use crate::value::{GivenSerdes, Recorded, from_json, to_json};

/// The code of one item.
pub(super) struct Item<'a> {
    pub(super) name: Result<Name, InvalidName>,
    pub(super) serdes: GivenSerdes,
    pub(super) run: Box<dyn FnOnce(Ctx) -> Outcome<'a> + 'a>,
}

pub(super) type Outcome<'a> = Pin<Box<dyn Future<Output = Recorded> + 'a>>;

/// The kinds of a batch and of its items.
#[derive(Clone, Copy)]
pub(super) struct Kinds {
    pub(super) batch: Kind,
    pub(super) item: Kind,
}

/// What the code says of a batch that is too large to keep.
pub(super) type Summarise<'a> = dyn Fn(&RecordedBatch) -> Option<String> + 'a;

/// Performs a batch: runs its items until it is done, records what came of it, or gives what is recorded.
pub(super) async fn perform<'a>(
    ctx: &Ctx,
    kinds: Kinds,
    options: &Options,
    items: Vec<Item<'a>>,
    place: Place,
    summary: Option<&Summarise<'_>>,
) -> RecordedBatch {
    let name = ctx.valid(place.name(options.name.clone())).await;
    let checked = match options.max_concurrency {
        Some(0) => Err("`max_concurrency` is 0, so no item could ever run\n\
             help: give it at least 1, or leave it out: then all run at once"
            .to_owned()),
        _ => options.completion.check(items.len()),
    };
    if let Err(problem) = checked {
        return ctx.halt(Halt::misuse(format!("`{name}` at {place}: {problem}"))).await;
    }
    if options.flat && (options.item_serdes.is_some() || items.iter().any(|item| item.serdes.is_some())) {
        return ctx.halt(Halt::misuse(serdes_of_nothing("each item of", &name, place))).await;
    }

    let context = ctx.perform(kinds.batch, Ok(name), place).await.with_serdes(&options.serdes);
    let runner = Runner { kinds, options, place };
    let mut items = Some(items);
    loop {
        match context.state() {
            Some(State::Succeeded(summary)) if context.replays_children() => {
                let summary: Summary = parse(ctx, &context, summary).await;
                let inside = ctx.inside_finished(context.id());
                let rerun = runner.rerun(&inside, items.take().unwrap_or_default(), summary);
                let batch = ctx.run().rerun(rerun).await;
                let json = runner.json(ctx, &context, &batch).await;
                return match context.round_trip(json).await {
                    Ok(json) => parse(ctx, &context, json).await,
                    Err(error) => ctx.halt(Halt::Fail(error)).await,
                };
            }
            Some(State::Succeeded(payload)) => {
                let payload = context.open(payload).await;
                return parse(ctx, &context, payload).await;
            }
            Some(_) => {}
            None => {
                context.start(Start::Plain);
            }
        }
        let batch = runner.run(&ctx.inside(context.id()), items.take().unwrap_or_default()).await;
        let json = runner.json(ctx, &context, &batch).await;
        match context.seal_context(json).await {
            Ok(Sealed::TooLarge(sealed)) => {
                // The items' own records hold their results; what began and what did not end is all that is missing.
                let said = summary.and_then(|summary| summary(&batch));
                context.end_replayed(to_json(&Summary::of(&batch, kinds.batch, said)).unwrap_or_default()).await;
                let json = context.open(Some(sealed)).await;
                return parse(ctx, &context, json).await;
            }
            Ok(Sealed::Fits(payload)) => context.end_sealed(Ok(payload)).await,
            Err(error) => return ctx.halt(Halt::Fail(error)).await,
        }
    }
}

async fn parse<T: DeserializeOwned>(ctx: &Ctx, context: &Performed, payload: Option<String>) -> T {
    match from_json(payload.as_deref()) {
        Ok(recorded) => recorded,
        Err(source) => ctx.halt(Halt::Unreadable { what: context.to_string(), source }).await,
    }
}

/// The items that have begun, in their order.
#[derive(Default)]
struct Admitted {
    outcomes: Vec<Option<Recorded>>,
    ids: Vec<Option<OperationId>>,
    succeeded: usize,
    failed: usize,
}

impl Admitted {
    fn add(&mut self, id: Option<OperationId>) {
        self.outcomes.push(None);
        self.ids.push(id);
    }

    fn end(&mut self, (index, outcome): (usize, Recorded)) {
        match outcome {
            Recorded::Succeeded(_) => self.succeeded += 1,
            Recorded::Failed(_) => self.failed += 1,
        }
        if let Some(slot) = self.outcomes.get_mut(index) {
            *slot = Some(outcome);
        }
    }

    /// Whether an item has ended on record and not here.
    fn expects_an_end(&self, inside: &Ctx) -> bool {
        let mut open = self.ids.iter().zip(&self.outcomes).filter(|(_, outcome)| outcome.is_none());
        open.any(|(id, _)| id.as_ref().is_some_and(|id| inside.has_ended(id)))
    }

    fn at_least(&mut self, count: usize) {
        self.outcomes.resize_with(self.outcomes.len().max(count), || None);
    }
}

fn number_of(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

struct Runner<'o> {
    kinds: Kinds,
    options: &'o Options,
    place: Place,
}

impl Runner<'_> {
    async fn json(&self, ctx: &Ctx, context: &Performed, batch: &RecordedBatch) -> Option<String> {
        match to_json(batch) {
            Ok(json) => json,
            Err(error) => ctx.halt(Halt::misuse(format!("{context}: {error}"))).await,
        }
    }

    /// Checks that everything on record was performed by the items, or if not all of them have ended, could have been.
    async fn close(&self, inside: &Ctx, reason: CompletionReason) {
        if reason == CompletionReason::AllCompleted {
            inside.close(self.place).await;
        } else if self.options.flat && !inside.expect_no_more(self.place) {
            std::future::pending().await
        }
    }

    /// Admits items in their order until the batch is done.
    async fn run(&self, inside: &Ctx, items: Vec<Item<'_>>) -> RecordedBatch {
        let total = items.len();
        if self.options.flat {
            announce(inside, &items);
        } else {
            inside.allow(total, self.place).await;
        }
        let width = self.options.max_concurrency.unwrap_or(usize::MAX);
        let mut waiting = items.into_iter().enumerate();
        let mut running = FuturesUnordered::new();
        let mut admitted = Admitted::default();
        loop {
            if let Some(reason) = self.options.completion.reason(total, admitted.succeeded, admitted.failed) {
                // What still runs is dropped here, so it records nothing more.
                self.close(inside, reason).await;
                if !self.options.flat {
                    // What began before the last end on record, in another run than this.
                    admitted.at_least(inside.recorded());
                }
                return batch(admitted.outcomes, reason);
            }
            while running.len() < width
                && let Some((index, item)) = waiting.next()
            {
                admitted.add(item.name.as_ref().ok().map(|name| inside.item_id(name, number_of(index))));
                running.push(self.item(inside, index, item));
            }
            // There is something to wait for: with nothing running all items have ended, which is a reason to be done.
            let Some(ended) = running.next().await else {
                return batch(admitted.outcomes, CompletionReason::AllCompleted);
            };
            admitted.end(ended);
            // Everything that has ended counts before it is decided whether that is enough. A replay comes by the ends in
            // another order, and must not decide earlier.
            while let Some(ended) = match self.options.flat {
                true => running.next().now_or_never().flatten(),
                false if admitted.expects_an_end(inside) => running.next().await,
                false => None,
            } {
                admitted.end(ended);
            }
        }
    }

    /// Runs the items that had ended once more, over their records.
    async fn rerun(&self, inside: &Ctx, items: Vec<Item<'_>>, summary: Summary) -> RecordedBatch {
        let mut outcomes = Vec::with_capacity(summary.total_count);
        if self.options.flat {
            announce(inside, &items);
        } else {
            inside.allow(items.len(), self.place).await;
        }
        for (index, item) in items.into_iter().enumerate().take(summary.total_count) {
            let ended = summary.has_ended(index);
            outcomes.push(if ended { Some(self.item(inside, index, item).await.1) } else { None });
        }
        self.close(inside, summary.reason).await;
        batch(outcomes, summary.reason)
    }

    async fn item(&self, inside: &Ctx, index: usize, item: Item<'_>) -> (usize, Recorded) {
        let Item { name, serdes, run } = item;
        let name = inside.valid(name).await;
        let number = number_of(index);
        if self.options.flat {
            let inside = inside.inside_virtual(&name, number);
            let outcome = in_context(&inside, Span::current(), run(inside.clone())).await;
            inside.close(self.place).await;
            return (index, outcome);
        }
        let context = inside.perform_numbered(self.kinds.item, name, number, self.place).await;
        let context = context.with_serdes(&serdes.or_else(|| self.options.item_serdes.clone()));
        let run = std::cell::Cell::new(Some(run));
        let body = |inside| match run.take() {
            Some(run) => run(inside),
            // A context runs its code once.
            None => Box::pin(std::future::pending()),
        };
        (index, record_context(inside, &context, &body).await)
    }
}

/// Says which items there are: what is recorded for others is missed.
fn announce(inside: &Ctx, items: &[Item<'_>]) {
    for (index, item) in items.iter().enumerate() {
        if let Ok(name) = &item.name {
            inside.has_item(name, number_of(index));
        }
    }
}

fn batch(outcomes: Vec<Option<Recorded>>, reason: CompletionReason) -> RecordedBatch {
    let item = |(index, outcome)| RecordedItem { index, status: RecordedStatus::of(outcome) };
    RecordedBatch { all: outcomes.into_iter().enumerate().map(item).collect(), reason }
}
