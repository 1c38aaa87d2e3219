//! Several operations at once.

use futures_util::future::join_all;

use super::{Ctx, Operation, Place};

/// Performs the operations of a tuple, or of a list, at the same time and returns all their results, in that order.
///
/// They begin in that order, which is the order of their records; in which order they end does not matter to a
/// replay. An `Err` of one does not end the others.
///
/// **Recorded:** the operations themselves, in the context where the join stands; the join adds nothing.
/// **Replay:** each operation as it is recorded. **Errors:** those of the operations, in their outputs; an empty list gives
/// an empty list.
///
/// ```
/// use durable::join;
/// use durable::prelude::*;
///
/// #[durable]
/// async fn breakfast() -> (u32, u32) {
///     join((
///         async {
///             sleep(seconds(1)).await;
///             1
///         },
///         async { 2 },
///     ))
///     .await
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(breakfast).start().await?;
/// # assert_eq!(engine.start(breakfast()).await?.output().await?, (1, 2));
/// # Ok(())
/// # }
/// ```
pub fn join<T: Joined>(operations: T) -> Join<T> {
    Join { operations }
}

/// See [`join`].
#[must_use = "a join does nothing until it is awaited in a `#[durable]` function"]
#[derive(Debug)]
pub struct Join<T> {
    operations: T,
}

#[diagnostic::do_not_recommend]
impl<T: Joined> Operation for Join<T> {
    type Output = T::Outputs;

    fn perform_at(self, ctx: &Ctx, place: Place) -> impl Future<Output = T::Outputs> {
        self.operations.perform_all(ctx, place)
    }
}

/// A tuple of two to eight operations, or a list.
#[diagnostic::on_unimplemented(
    message = "`join` takes a tuple of two to eight durable operations, or a list of them",
    label = "each element must be a durable operation that is not awaited yet",
    note = "write for example `join((reserve(&order), notify(&order))).await`"
)]
pub trait Joined {
    #[doc(hidden)]
    type Outputs;

    #[doc(hidden)]
    fn perform_all(self, ctx: &Ctx, place: Place) -> impl Future<Output = Self::Outputs>;
}

macro_rules! joined {
    ($($type:ident $operation:ident $element:literal),+) => {
        #[diagnostic::do_not_recommend]
        impl<$($type: Operation),+> Joined for ($($type,)+) {
            type Outputs = ($($type::Output,)+);

            async fn perform_all(self, ctx: &Ctx, place: Place) -> Self::Outputs {
                let ($($operation,)+) = self;
                // `biased`: the first poll, which gives each operation its place, goes in the tuple's order.
                tokio::join!(biased; $($operation.perform_at(ctx, place.element($element))),+)
            }
        }
    };
}

impl<O: Operation> Joined for Vec<O> {
    type Outputs = Vec<O::Output>;

    async fn perform_all(self, ctx: &Ctx, place: Place) -> Self::Outputs {
        // Polled for the first time in the order of the list, as above.
        join_all(
            self.into_iter().zip(0..).map(|(operation, element)| operation.perform_at(ctx, place.element(element))),
        )
        .await
    }
}

joined!(A a 0, B b 1);
joined!(A a 0, B b 1, C c 2);
joined!(A a 0, B b 1, C c 2, D d 3);
joined!(A a 0, B b 1, C c 2, D d 3, E e 4);
joined!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
joined!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6);
joined!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7);
