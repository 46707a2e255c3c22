//! How much a file may unfold to.

/// The most bytes that a file of `n` bytes may unfold to: 64 MiB and 1024 times its size.
pub(super) fn limit(n: u64) -> u64 {
    (64 << 20) + n.saturating_mul(1024)
}

/// What is said where a file unfolds to more.
pub(super) const TOO_MUCH: &str =
    "unfolds to more than 64 MiB and 1024 times its size; write it with less compression, or get it again";
