//! The binary `penstroke`.
fn main() {}
