//! The binary as a user meets it: what it prints, writes and exits with.
// Helpers stand outside of test functions, where clippy's leave for tests does not reach.
#![allow(clippy::unwrap_used, clippy::panic)]

mod config;
mod end_to_end;
mod export;
mod guide;
mod help;
mod interrupt;
mod json;
mod manual;
mod pipes;
mod refusals;
mod runner;
mod stacks;
mod streams;
mod tables;
