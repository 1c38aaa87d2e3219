//! The real binaries, against a service that runs and against its file.
//!
//! `cfg(test)` always holds here; it tells clippy that helpers are tests too.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod callbacks;
#[cfg(test)]
mod control;
#[cfg(test)]
mod files;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod running;
#[cfg(test)]
mod scale;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod starting;
