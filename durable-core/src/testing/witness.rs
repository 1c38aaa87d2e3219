//! The arguments of a step's definition, as a test sees them.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

static REHEARSED: AtomicBool = AtomicBool::new(false);

/// Whether a test may ask for arguments: from the first test engine of the process on.
pub fn is_rehearsed() -> bool {
    REHEARSED.load(Ordering::Relaxed)
}

pub(super) fn begin_rehearsals() {
    REHEARSED.store(true, Ordering::Relaxed);
}

/// An argument that becomes JSON if its type can.
pub struct Witness<'a, T: ?Sized>(Unwritten<'a, T>);

/// An argument whose type can't become JSON.
pub struct Unwritten<'a, T: ?Sized>(&'a T);

impl<'a, T: ?Sized> Witness<'a, T> {
    /// The argument.
    pub const fn of(argument: &'a T) -> Self {
        Self(Unwritten(argument))
    }
}

impl<T: Serialize + ?Sized> Witness<'_, T> {
    /// The JSON; with its items sorted if their order means nothing.
    pub fn json(&self) -> Option<String> {
        let Unwritten(argument) = self.0;
        let value = serde_json::to_value(argument).ok()?;
        let unordered = std::any::type_name::<T>().contains("Hash");
        Some(if unordered { sorted(value) } else { value }.to_string())
    }
}

impl<'a, T: ?Sized> Deref for Witness<'a, T> {
    type Target = Unwritten<'a, T>;

    fn deref(&self) -> &Unwritten<'a, T> {
        &self.0
    }
}

impl<T: ?Sized> Unwritten<'_, T> {
    /// None.
    pub fn json(&self) -> Option<String> {
        None
    }
}

fn sorted(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Array(items) => {
            let mut items: Vec<_> = items.into_iter().map(sorted).collect();
            items.sort_by_key(ToString::to_string);
            serde_json::Value::Array(items)
        }
        serde_json::Value::Object(fields) => fields.into_iter().map(|(name, field)| (name, sorted(field))).collect(),
        other => other,
    }
}
