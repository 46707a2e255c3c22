//! What the targets share: a file of the fuzzer's bytes, and a bound of what reading it may allocate.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

/// Counts bytes that are allocated now, and the most there were.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a reader may allocate besides: buffers of fixed size, error messages.
const BESIDES: usize = 4 << 20;

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// The file of this name, holding these bytes.
///
/// It lies in memory where the system has a place for that: millions of files should not wear a disk.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(|| match Path::new("/dev/shm").is_dir() {
            true => TempDir::new_in("/dev/shm").unwrap(),
            false => TempDir::new().unwrap(),
        });
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    })
}

/// Runs a reader of a file of `len` bytes, which may allocate `factor` times that and some [`BESIDES`].
pub fn bounded<T>(len: usize, factor: usize, read: impl FnOnce() -> T) -> T {
    bounded_by(factor * len + BESIDES, read)
}

/// Runs a reader that may allocate this many bytes.
pub fn bounded_by<T>(limit: usize, read: impl FnOnce() -> T) -> T {
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let answer = read();
    let most = MOST.load(Ordering::Relaxed).saturating_sub(before);
    assert!(most <= limit, "{most} bytes allocated, {limit} are allowed");
    answer
}
