//! Durable functions behind stand-ins for AWS Lambda, on our own service.

mod faults;
mod limits;
mod refusals;
mod remote;
mod rows;
mod targets;
mod twins;
