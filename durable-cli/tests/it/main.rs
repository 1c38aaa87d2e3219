//! The real binaries, against a service that runs and against its file.

mod bench;
mod callbacks;
mod control;
mod files;
mod pages;
mod reading;
mod serving;
mod starting;
