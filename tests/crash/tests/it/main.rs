//! What must survive.

mod faults;
mod kill;
mod orders;
mod poison;
mod race;
mod random;
mod scale;
mod soak;
