//! The binary from a user's point of view: output, files and exit codes.
// clippy's exceptions for tests do not cover helpers outside test functions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod accidents;
mod advice;
mod bad_tables;
mod config;
mod encoders;
mod end_to_end;
mod export;
mod first_command;
mod guide;
mod help;
mod impute;
mod inputs;
mod interrupt;
mod json;
mod manual;
mod pipes;
mod refusals;
mod runner;
mod score;
mod sources;
mod stacks;
mod streams;
mod tables;
mod warnings;
mod weights;
