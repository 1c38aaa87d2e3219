//! **D003 `unordered_iteration`**: operations performed in the order of a `HashMap` or `HashSet`.
//!
//! *Why it breaks replay:* each map has an order of its own, another one in every process, so a replay performs the
//! operations in another order than the recorded one.
//!
//! ```text
//! for (id, parcel) in &parcels {            // a HashMap
//!     ship(parcel).await?;
//! }
//! ```
//!
//! *Use instead:* a `BTreeMap`, or a sorted `Vec`. The check is made by type, and also sees `.keys()`, `.map(…)`,
//! `.filter(…)`, `.enumerate()`, `.chain(…)`, `.flatten()` and the like, and what is collected into a `Vec` on the same line.
//! A list that was collected before is not seen through, so sort it. Loops that perform no operation may go in any order.
//!
//! An `allow` for a loop without operations is refused as unused. One for a loop or a `map` whose items have an order is
//! not: that would be for types to say, and an `allow` is read before they are known.

use super::Lint;

/// The types decide, so the message stands in the library, at the trait `Ordered`.
pub(super) const LINT: Lint = Lint {
    code: "D003",
    slug: "unordered_iteration",
    reason: "a hash map has another order in every process, and a replay compares the order of operations",
};
