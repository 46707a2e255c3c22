//! Peak memory of this process.

/// The largest resident size of the process so far, in bytes; `None` if the system does not report it.
pub(super) fn peak_rss_bytes() -> Option<u64> {
    peak_of(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// `VmHWM` of Linux's `/proc/PID/status`, which counts in units of 1024 bytes (proc_pid_status(5)).
fn peak_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read_in_bytes() {
        let status = "Name:\tx\nVmPeak:\t  9000 kB\nVmHWM:\t    1234 kB\nVmRSS:\t    1000 kB\n";
        assert_eq!(peak_of(status), Some(1234 * 1024));
        for other in ["", "VmPeak:\t 1 kB\n", "VmHWM:\n", "VmHWM:\t-3 kB\n", "VmHWM:\t7 MB\n"] {
            assert_eq!(peak_of(other), None, "{other:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn bytes_already_there_are_counted() {
        let held = vec![1u8; 50 << 20];
        let peak = peak_rss_bytes().unwrap();
        assert!(peak > 50 << 20 && peak < 1 << 40, "{peak} with {} held", held.len());
    }
}
