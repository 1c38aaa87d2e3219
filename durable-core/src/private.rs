//! What generated code names. Not part of the public API.

pub use crate::model::{Jitter, Retry};
pub use crate::operation::{
    Branch, Call, Ctx, Definition, Function, LocalBoxFuture, Operation, Place, Repeatable, Sealed, Site, State, States,
    Step, StepCall, branch,
};
pub use crate::operation::{Items, PickOrdered, PickUnordered};
pub use crate::plan::Node;
pub use crate::value::{
    Argument, Arguments, Codec, DurableValue, PickOpaque, PickPlain, PickTyped, PickTypedDisplay, Refuse, RefuseError,
    RefuseValue, Tag, argument,
};
pub use crate::{
    __codec as codec, __codec_of as codec_of, __ordered as ordered, __place as place, __seal as seal, __step as step,
};

/// Checks that a step's body can be called again, and gives its closure the right kind.
pub fn body<F: AsyncFn() -> T, T>(body: F) -> F {
    body
}

/// The tag of what a step's body returns.
pub fn tag_of_body<F: AsyncFn() -> T, T>(_: &F) -> Tag<T> {
    Tag::new()
}

/// One more copy of a by-value argument, for the next attempt; a reference is copied as it is.
pub fn again<T: Repeatable>(value: &T) -> T {
    value.clone()
}

/// The call site with this name, at the source place of the macro's tokens.
#[doc(hidden)]
#[macro_export]
macro_rules! __place {
    ($name:expr) => {
        $crate::__private::Place::new(
            &const { $crate::__private::Site::new($name, ::core::file!(), ::core::line!(), ::core::column!()) },
        )
    };
}

/// Items as they are, if they come in the same order every time; as a `match`, so that temporaries live on.
#[doc(hidden)]
#[macro_export]
macro_rules! __ordered {
    ($items:expr) => {
        match $items {
            items => {
                #[allow(unused_imports)]
                use $crate::__private::{PickOrdered as _, PickUnordered as _};
                (&&$crate::__private::Items::of(&items)).check();
                items
            }
        }
    };
}

/// The codec for what a tag stands for.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_of {
    ($tag:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{
            PickOpaque as _, PickPlain as _, PickTyped as _, PickTypedDisplay as _, Refuse as _, RefuseError as _,
            RefuseValue as _,
        };
        (&&&&&&&$tag).codec()
    }};
}

/// The codec for a type.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec {
    ($type:ty) => {
        $crate::__private::codec_of!($crate::__private::Tag::<$type>::new())
    };
}

/// A step with this body.
#[doc(hidden)]
#[macro_export]
macro_rules! __step {
    ($body:expr) => {{
        let body = $crate::__private::body($body);
        let codec = $crate::__private::codec_of!($crate::__private::tag_of_body(&body));
        $crate::__private::Step::new(body, codec)
    }};
}

/// The result of a branch, ready to be recorded.
#[doc(hidden)]
#[macro_export]
macro_rules! __seal {
    ($value:expr) => {{
        let value = $value;
        let codec = $crate::__private::codec_of!($crate::__private::Tag::of(&value));
        $crate::__private::Sealed::new(value, codec)
    }};
}
