//! What generated code names. Not part of the public API.

pub use crate::model::{Jitter, Retry};
pub use crate::operation::{
    Branch, Call, Ctx, Defined, Definition, Function, MakeStep, Operation, PerformLine, Repeatable, Sealed, State,
    States, StepCall, async_body, blocking, body_of, branch, future_body, line as step, sync_body,
};
pub use crate::operation::{Items, PickOrdered, PickUnordered};
#[cfg(feature = "testing")]
pub use crate::testing::{Witness, is_rehearsed};
pub use crate::value::{Tag, argument};
pub use crate::{__ordered as ordered, __seal as seal, __step_of as step_of};

use crate::operation::unrecordable;

/// The step of a definition with a mistake in it, which does not get to run.
pub fn refused_step<T: 'static>() -> impl StepCall<Output = T> {
    unrecordable("refused", ())
}

/// One more copy of a by-value argument, for the next attempt; a reference is copied as it is.
pub fn again<T: Repeatable>(value: &T) -> T {
    value.clone()
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

/// A step of this name with these arguments, and with this future that each attempt makes of references to them. After the
/// arguments stand types that the future may borrow from, or hold, and no argument's type need name.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "testing"))]
macro_rules! __step_of {
    ($name:expr, [$($argument:ident),* $(; $($captured:ty),*)?] $future:expr) => {{
        use $crate::__private::MakeStep as _;
        let __arguments = ($($argument,)* $($(::std::marker::PhantomData::<$captured>,)*)?);
        $crate::__private::body_of(&__arguments, |($($argument,)* ..)| ::std::boxed::Box::pin($future))
            .make_step($name, __arguments)
    }};
}

/// The same, with the arguments as JSON for a test that wants to know them.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "testing")]
macro_rules! __step_of {
    ($name:expr, [$($argument:ident),* $(; $($captured:ty),*)?] $future:expr) => {{
        let __told = match $crate::__private::is_rehearsed() {
            true => ::std::vec![$($crate::__private::Witness::of(&$argument).json()),*],
            false => ::std::vec::Vec::new(),
        };
        use $crate::__private::MakeStep as _;
        let __arguments = ($($argument,)* $($(::std::marker::PhantomData::<$captured>,)*)?);
        $crate::__private::body_of(&__arguments, |($($argument,)* ..)| ::std::boxed::Box::pin($future))
            .make_step($name, __arguments)
            .told(__told)
    }};
}

/// The result of a branch, ready to be recorded.
#[doc(hidden)]
#[macro_export]
macro_rules! __seal {
    ($value:expr) => {{
        let value = $value;
        let codec = $crate::__private::Tag::of(&value).codec();
        $crate::__private::Sealed::new(value, codec)
    }};
}
