//! The service as its clients and its function processes see it, and servers that are killed.

mod bench;
mod callbacks;
mod control;
mod invoke;
mod killed;
mod own;
mod processes;
mod read;
mod security;
