//! The CPU engine against the reference, on every instruction set, at every number of threads.

mod agreement;
mod bf16;
mod bits;
mod levels;
mod misuse;
mod tables;
mod tasks;
mod trim;
mod updates;
mod way;
