//! The limit on how much a file may unpack to.

/// Maximum number of bytes that a file of `n` bytes may unpack to: 64 MiB plus 1024 times its size.
pub(in crate::data) fn limit(n: u64) -> u64 {
    (64 << 20) + n.saturating_mul(1024)
}

/// The error when a file unpacks to more.
pub(in crate::data) const TOO_MUCH: &str =
    "unpacks to more than 64 MiB and 1024 times its size; write it with less compression, or get it again";
