//! The service as its clients and its function processes see it, and servers that are killed.

mod bench;
mod callbacks;
mod checkpoint;
mod control;
mod invoke;
mod killed;
mod load;
mod own;
mod process;
mod processes;
mod read;
mod sam;
mod sdk;
mod security;
