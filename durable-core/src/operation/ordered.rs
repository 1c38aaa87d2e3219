//! Refuses operations in an order that a replay can't repeat: by the type of what is iterated over.
//!
//! Autoref specialisation, as in `value::pick`: an iterator that goes back to a hash map or set is found by
//! [`PickUnordered`], and its check asks for a bound that it can't meet. Every other type passes.

use std::collections::{hash_map, hash_set};
use std::iter;
use std::marker::PhantomData;

/// Stands for the type of items that operations are performed for.
pub struct Items<T>(PhantomData<T>);

impl<T> Items<T> {
    /// Stands for the type of these items.
    pub const fn of(_: &T) -> Self {
        Self(PhantomData)
    }
}

/// Something that gives its items in the same order every time.
#[diagnostic::on_unimplemented(
    message = "operations are performed here in the order of a hash map or set",
    label = "these items come in another order in every process",
    note = "sort the items first: `let mut items: Vec<_> = ….collect(); items.sort();`, or use a `BTreeMap` or `BTreeSet`",
    note = "D003 `unordered_iteration`: a hash map has another order in every process, and a replay compares the order of operations"
)]
pub trait Ordered {}

/// An iterator that goes back to a hash map or set, on the way `Path`.
pub trait Unordered<Path> {}

/// It is one of theirs.
pub struct Here(());

/// It passes on what another one gives.
pub struct Of<Path>(PhantomData<Path>);

/// It passes on what the second of two gives.
pub struct Second<Path>(PhantomData<Path>);

/// It passes on what is in the items that another one gives.
pub struct Inner<Path>(PhantomData<Path>);

macro_rules! unordered {
    ($($iterator:ty: $($generic:tt),+;)+) => { $(impl<$($generic),+> Unordered<Here> for $iterator {})+ };
}

unordered! {
    hash_map::Iter<'a, K, V>: 'a, K, V;
    hash_map::IterMut<'a, K, V>: 'a, K, V;
    hash_map::IntoIter<K, V>: K, V;
    hash_map::Keys<'a, K, V>: 'a, K, V;
    hash_map::IntoKeys<K, V>: K, V;
    hash_map::Values<'a, K, V>: 'a, K, V;
    hash_map::ValuesMut<'a, K, V>: 'a, K, V;
    hash_map::IntoValues<K, V>: K, V;
    hash_map::Drain<'a, K, V>: 'a, K, V;
    hash_map::ExtractIf<'a, K, V, F>: 'a, K, V, F;
    hash_set::Iter<'a, T>: 'a, T;
    hash_set::IntoIter<T>: T;
    hash_set::Drain<'a, T>: 'a, T;
    hash_set::ExtractIf<'a, T, F>: 'a, T, F;
    hash_set::Union<'a, T, S>: 'a, T, S;
    hash_set::Intersection<'a, T, S>: 'a, T, S;
    hash_set::Difference<'a, T, S>: 'a, T, S;
    hash_set::SymmetricDifference<'a, T, S>: 'a, T, S;
}

macro_rules! passed_on {
    ($($adapter:ty: $($generic:ident),*;)+) => {
        $(impl<I: Unordered<Path>, Path $(, $generic)*> Unordered<Of<Path>> for $adapter {})+
    };
}

passed_on! {
    iter::Map<I, F>: F;
    iter::Filter<I, F>: F;
    iter::FilterMap<I, F>: F;
    iter::Inspect<I, F>: F;
    iter::TakeWhile<I, F>: F;
    iter::SkipWhile<I, F>: F;
    iter::MapWhile<I, F>: F;
    iter::Enumerate<I>: ;
    iter::Cloned<I>: ;
    iter::Copied<I>: ;
    iter::Skip<I>: ;
    iter::StepBy<I>: ;
    iter::Take<I>: ;
    iter::Fuse<I>: ;
    iter::Cycle<I>: ;
    iter::Scan<I, S, F>: S, F;
    &mut I: ;
    iter::Chain<I, B>: B;
    iter::Zip<I, B>: B;
}

impl<I: Iterator + Unordered<Path>, Path> Unordered<Of<Path>> for iter::Peekable<I> {}
impl<A, B: Unordered<Path>, Path> Unordered<Second<Path>> for iter::Chain<A, B> {}
impl<A, B: Unordered<Path>, Path> Unordered<Second<Path>> for iter::Zip<A, B> {}
impl<I: Unordered<Path>, Path, U: IntoIterator, F> Unordered<Of<Path>> for iter::FlatMap<I, U, F> {}

impl<I, Path> Unordered<Of<Path>> for iter::Flatten<I>
where
    I: Iterator + Unordered<Path>,
    I::Item: IntoIterator,
{
}

impl<I, Path, U, F> Unordered<Inner<Path>> for iter::FlatMap<I, U, F>
where
    U: IntoIterator,
    U::IntoIter: Unordered<Path>,
{
}

impl<I, Path> Unordered<Inner<Path>> for iter::Flatten<I>
where
    I: Iterator,
    I::Item: IntoIterator,
    <I::Item as IntoIterator>::IntoIter: Unordered<Path>,
{
}

/// Items in an unknown order: refused.
pub trait PickUnordered<T, Path> {
    #[doc(hidden)]
    fn check(&self)
    where
        T: Ordered,
    {
    }
}

impl<T, Path> PickUnordered<T, Path> for &Items<T>
where
    T: IntoIterator,
    T::IntoIter: Unordered<Path>,
{
}

/// All others.
pub trait PickOrdered {
    #[doc(hidden)]
    fn check(&self) {}
}

impl<T> PickOrdered for Items<T> {}
