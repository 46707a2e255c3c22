//! A file to fetch, and the progress of its download.

/// A file of a data set, with its expected size and checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteFile<'a> {
    /// The file's name, appended to the address of a mirror.
    pub name: &'a str,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 in lowercase hexadecimal.
    pub sha256: &'a str,
}

/// The progress of a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file's name.
    pub name: &'a str,
    /// Bytes received so far, including those of earlier attempts.
    pub received: u64,
    /// Size of the whole file in bytes.
    pub total: u64,
}
