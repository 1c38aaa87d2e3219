//! Ordinary async functions as executions: no operations inside, only an input and an outcome.

use std::fmt::Display;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::function::Code;
use crate::context::{Ctx, Halt, record_of};
use crate::model::ErrorObject;
use crate::operation::{Function, LocalBoxFuture, panic_text};
use crate::value::{CodecError, Recorded, from_json, short_type_name, to_json};

/// A function that knows nothing of being durable.
pub(crate) struct Plain<F, I> {
    function: F,
    input: PhantomData<fn(I)>,
}

impl<F, I> Plain<F, I> {
    pub(crate) fn new(function: F) -> Self {
        Self { function, input: PhantomData }
    }
}

impl<F, I, R, O, E> Code for Plain<F, I>
where
    F: Fn(I) -> R,
    R: Future<Output = Result<O, E>> + 'static,
    I: DeserializeOwned,
    O: Serialize,
    E: Display,
{
    fn check(&self, _: &Function, input: Option<&str>) -> Result<(), CodecError> {
        from_json::<I>(input).map(|_| ())
    }

    fn run(&self, function: &Function, ctx: Ctx, input: Option<&str>) -> LocalBoxFuture<'static, Recorded> {
        let name = function.name();
        let output = match from_json(input) {
            Ok(input) => (self.function)(input),
            Err(source) => {
                let what = "the arguments".to_owned();
                return Box::pin(async move { ctx.halt(Halt::Unreadable { what, source }).await });
            }
        };
        Box::pin(async move {
            let outcome = ctx.run().body(AssertUnwindSafe(output).catch_unwind()).await;
            match outcome {
                Ok(Ok(value)) => {
                    record_of(to_json(&value).map(Recorded::Succeeded), &format_args!("the result of `{name}`"))
                }
                Ok(Err(error)) => Recorded::Failed(ErrorObject::new(short_type_name::<E>(), format!("{error:#}"))),
                Err(panic) => {
                    let message = format!("`{name}` panicked: {}", panic_text(panic.as_ref()));
                    Recorded::Failed(ErrorObject::new("FunctionPanicked", message))
                }
            }
        })
    }
}
