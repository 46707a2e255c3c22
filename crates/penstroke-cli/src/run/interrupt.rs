//! Ctrl-C, and the signals of a system that wants the program to end: SIGTERM (docker, systemd, SLURM) and SIGHUP (a closed
//! terminal). While there is something to save, the first one saves and stops, and a Ctrl-C after it quits; otherwise the first quits.

use super::console::note;
use penstroke::files::Output;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// The number of Ctrl-C's signal on every Unix.
const CTRL_C: i32 = 2;

/// Whether the running work checks [`stopped`] and saves its result.
static CAN_STOP: AtomicBool = AtomicBool::new(false);
/// The first signal that arrived; 0 means none.
static STOP: AtomicI32 = AtomicI32::new(0);
/// Temporary files to remove when quitting at once.
static BESIDE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Installs the handler. If this fails, signals end the program as usual.
#[cfg(unix)]
pub(crate) fn install() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = vec![SIGINT, SIGTERM];
    if !outlives_its_terminal(SIGHUP) {
        signals.push(SIGHUP);
    }
    if let Ok(mut signals) = signal_hook::iterator::Signals::new(signals) {
        std::thread::spawn(move || signals.forever().for_each(handle));
    }
}

#[cfg(not(unix))]
pub(crate) fn install() {
    drop(ctrlc::set_handler(|| handle(CTRL_C)));
}

/// Whether the caller wants the program to go on after its terminal is closed, as nohup does by ignoring SIGHUP. Linux tells which
/// signals are ignored. Elsewhere only unsafe code could ask; there nohup is known by the output that it takes off the terminal.
#[cfg(unix)]
fn outlives_its_terminal(hang_up: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    match ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()) {
        Some(mask) => mask >> (hang_up - 1) & 1 == 1,
        None => !std::io::stderr().is_terminal(),
    }
}

fn handle(signal: i32) {
    if CAN_STOP.load(Ordering::Relaxed) {
        let is_first = STOP.compare_exchange(0, signal, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        // A closed terminal, or a system that shuts down, may send its signal more than once.
        if is_first || signal != CTRL_C {
            if is_first && std::io::stderr().is_terminal() {
                note("stopping after this batch; Ctrl-C again quits at once, without saving");
            }
            return;
        }
    }
    if let Ok(paths) = BESIDE.lock() {
        paths.iter().for_each(|path| drop(std::fs::remove_file(path)));
    }
    std::process::exit(i32::from(code_of(signal)));
}

/// The exit code of a program that a signal ended, as shells count.
fn code_of(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(128)
}

/// The exit code of a command that stopped early.
pub(crate) fn exit_code() -> u8 {
    code_of(match STOP.load(Ordering::Relaxed) {
        0 => CTRL_C,
        signal => signal,
    })
}

/// From now on the first signal only makes [`stopped`] true.
pub(crate) fn can_stop() {
    CAN_STOP.store(true, Ordering::Relaxed);
}

/// Whether Ctrl-C was pressed, or the system wants the program to end.
pub(crate) fn stopped() -> bool {
    STOP.load(Ordering::Relaxed) != 0
}

/// Registers the temporary file of `output` for removal if the program quits at once.
pub(crate) fn remove_when_interrupted(output: &Output) {
    if let (Ok(mut paths), Some(beside)) = (BESIDE.lock(), output.beside()) {
        paths.push(beside.to_owned());
    }
}
