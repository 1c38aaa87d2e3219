//! The world that the steps touch. Nothing here knows of durable execution, but for the ids of callbacks.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use durable::CallbackId;
use serde::{Deserialize, Serialize};

use crate::lines::Lines;
use crate::order::{Cup, EventConfiguration, Order, OrderError};

/// How long a step pretends to be busy, so that a kill finds some of them at work.
const WORK: Duration = if cfg!(test) { Duration::ZERO } else { Duration::from_millis(150) };

/// The bar: a folder with its store and its files.
#[derive(Debug, Clone)]
pub(crate) struct Bar(Arc<Files>);

#[derive(Debug)]
struct Files {
    folder: PathBuf,
    ledger: Lines<StepRun>,
    board: Lines<Request>,
    book: Lines<Booking>,
}

/// One run of a step's body: what the proof counts.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StepRun {
    pub(crate) at_ms: i64,
    pub(crate) order: String,
    /// The step's name in history.
    pub(crate) step: String,
}

/// What the board asks the baristas to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) wanted: Wanted,
    pub(crate) number: usize,
    pub(crate) order: Order,
    /// Whom to answer.
    pub(crate) callback: CallbackId,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Wanted {
    Acceptance,
    CoffeeBy { barista: String },
}

/// An entry of the order book; its line is the order's number.
#[derive(Debug, Serialize, Deserialize)]
struct Booking {
    order: String,
    attendee: String,
}

/// The bar could not do its part.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BarError(pub(crate) String);

impl From<io::Error> for BarError {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl Bar {
    pub(crate) fn in_folder(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let (ledger, board) = (Lines::at(folder.join("ledger")), Lines::at(folder.join("board")));
        let book = Lines::at(folder.join("book"));
        Ok(Self(Arc::new(Files { folder, ledger, board, book })))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0.folder
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.0.folder.join("bar.db")
    }

    /// Every run of a step so far.
    pub(crate) fn ledger(&self) -> io::Result<Vec<StepRun>> {
        self.0.ledger.read()
    }

    /// Everything that the baristas were asked so far.
    pub(crate) fn board(&self) -> io::Result<Vec<Request>> {
        self.0.board.read()
    }

    /// Says in the ledger that a step runs, and takes its time.
    async fn work(&self, order: &Order, step: &str) -> io::Result<()> {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at_ms = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        self.0.ledger.append(&StepRun { at_ms, order: order.id.clone(), step: step.to_owned() })?;
        tokio::time::sleep(WORK).await;
        Ok(())
    }

    pub(crate) async fn reserve_cup(&self, order: &Order) -> Result<Cup, BarError> {
        self.work(order, "reserve_cup").await?;
        Ok(Cup(order.id.len() % 7 + 1))
    }

    pub(crate) async fn release_cup(&self, order: &Order, Cup(_): Cup) -> Result<(), BarError> {
        Ok(self.work(order, "release_cup").await?)
    }

    pub(crate) async fn tell_attendee(&self, order: &Order, error: &OrderError) -> Result<(), BarError> {
        self.work(order, "tell_attendee").await?;
        println!("  display  {}: sorry, {error}", order.attendee);
        Ok(())
    }

    pub(crate) async fn event_configuration(&self, order: &Order) -> Result<EventConfiguration, BarError> {
        self.work(order, "event_configuration").await?;
        Ok(EventConfiguration { coffees_each: 3 })
    }

    /// How many coffees the attendee has ordered before.
    pub(crate) async fn count_orders(&self, order: &Order) -> Result<usize, BarError> {
        self.work(order, "count_orders").await?;
        let bookings = self.0.book.read()?;
        Ok(bookings.iter().filter(|other| other.attendee == order.attendee && other.order != order.id).count())
    }

    /// Books the order. A step that is cut off runs again, so this one asks first whether it has been here before.
    pub(crate) async fn order_number(&self, order: &Order) -> Result<usize, BarError> {
        self.work(order, "order_number").await?;
        if let Some(number) = self.booked(order)? {
            return Ok(number);
        }
        self.0.book.append(&Booking { order: order.id.clone(), attendee: order.attendee.clone() })?;
        self.booked(order)?.ok_or_else(|| BarError("the order book lost a page".to_owned()))
    }

    fn booked(&self, order: &Order) -> io::Result<Option<usize>> {
        let position = self.0.book.read()?.iter().position(|booking| booking.order == order.id);
        Ok(position.map(|position| position + 1))
    }

    pub(crate) async fn ask_to_accept(&self, order: &Order, number: usize, id: CallbackId) -> Result<(), BarError> {
        self.work(order, "accepted").await?;
        self.ask(Wanted::Acceptance, order, number, id)
    }

    pub(crate) async fn ask_to_make(
        &self,
        order: &Order,
        number: usize,
        barista: &str,
        id: CallbackId,
    ) -> Result<(), BarError> {
        self.work(order, "coffee").await?;
        self.ask(Wanted::CoffeeBy { barista: barista.to_owned() }, order, number, id)
    }

    fn ask(&self, wanted: Wanted, order: &Order, number: usize, callback: CallbackId) -> Result<(), BarError> {
        Ok(self.0.board.append(&Request { wanted, number, order: order.clone(), callback })?)
    }
}
