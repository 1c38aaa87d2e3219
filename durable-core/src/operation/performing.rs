//! What performing an operation gives.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::LocalBoxFuture;

/// An operation that is being performed.
///
/// Not a [`LocalBoxFuture`]: at each `.await` in each durable function the compiler would find out anew, by way of `Pin`,
/// `Box` and `dyn`, that it is a `Future`, and that takes longer.
#[must_use = "an operation is not performed until this is awaited"]
pub struct Performing<'a, T>(LocalBoxFuture<'a, T>);

impl<'a, T> Performing<'a, T> {
    pub(super) fn new(performing: impl Future<Output = T> + 'a) -> Self {
        let performing: Box<dyn Future<Output = T> + 'a> = Box::new(performing);
        Self(Box::into_pin(performing))
    }
}

impl<T> Future for Performing<'_, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.get_mut().0.as_mut().poll(cx)
    }
}
