//! Ctrl-C. Where something can be saved, the first asks for it and the second quits; elsewhere the first quits.

use crate::run::output;
use penstroke::files::Output;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the running work stops when asked and saves what it has.
static CAN_STOP: AtomicBool = AtomicBool::new(false);
static STOP: AtomicBool = AtomicBool::new(false);
/// Half-written files to remove when quitting at once.
static BESIDE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Takes over Ctrl-C.
pub(crate) fn install() {
    // Where it cannot be taken over, it ends the program as it always does.
    drop(ctrlc::set_handler(|| {
        if CAN_STOP.load(Ordering::Relaxed) && !STOP.swap(true, Ordering::Relaxed) {
            if std::io::stderr().is_terminal() {
                output::note("stopping after this batch; Ctrl-C again quits at once, without saving");
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

/// Has the file beside `output` removed where the program ends without dropping it.
pub(crate) fn remove_when_interrupted(output: &Output) {
    if let (Ok(mut paths), Some(beside)) = (BESIDE.lock(), output.beside()) {
        paths.push(beside.to_owned());
    }
}
