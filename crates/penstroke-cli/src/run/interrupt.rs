//! Ctrl-C. While there is something to save, the first press saves and stops, and the second quits; otherwise the first
//! quits.

use super::console::note;
use penstroke::files::Output;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the running work checks [`stopped`] and saves its result.
static CAN_STOP: AtomicBool = AtomicBool::new(false);
static STOP: AtomicBool = AtomicBool::new(false);
/// Temporary files to remove when quitting at once.
static BESIDE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Installs the handler of Ctrl-C.
pub(crate) fn install() {
    // If this fails, Ctrl-C ends the program as usual.
    drop(ctrlc::set_handler(|| {
        if CAN_STOP.load(Ordering::Relaxed) && !STOP.swap(true, Ordering::Relaxed) {
            if std::io::stderr().is_terminal() {
                note("stopping after this batch; Ctrl-C again quits at once, without saving");
            }
            return;
        }
        if let Ok(paths) = BESIDE.lock() {
            paths.iter().for_each(|path| drop(std::fs::remove_file(path)));
        }
        std::process::exit(130);
    }));
}

/// From now on the first Ctrl-C only makes [`stopped`] true.
pub(crate) fn can_stop() {
    CAN_STOP.store(true, Ordering::Relaxed);
}

/// Whether Ctrl-C was pressed.
pub(crate) fn stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// Registers the temporary file of `output` for removal if the program quits at once.
pub(crate) fn remove_when_interrupted(output: &Output) {
    if let (Ok(mut paths), Some(beside)) = (BESIDE.lock(), output.beside()) {
        paths.push(beside.to_owned());
    }
}
