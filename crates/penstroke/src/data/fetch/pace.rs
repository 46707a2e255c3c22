//! How slow a download may be: a mirror that sends a few bytes now and then never stalls, and never ends.

use std::time::Duration;

/// A mirror must send as many bytes a second, on average over each minute.
const LOWEST: u64 = 1000;
const MINUTE: Duration = Duration::from_secs(60);

/// The bytes of the current minute.
#[derive(Debug)]
pub(super) struct Pace {
    since: Duration,
    bytes: u64,
    gave_up: bool,
}

impl Pace {
    /// Begins a minute at the time `now`.
    pub(super) fn new(now: Duration) -> Self {
        Self { since: now, bytes: 0, gave_up: false }
    }

    /// Counts bytes that have arrived, and says what is wrong once a minute has brought too few.
    pub(super) fn too_slow(&mut self, now: Duration, bytes: u64) -> Option<String> {
        self.bytes += bytes;
        let elapsed = now.saturating_sub(self.since);
        if elapsed < MINUTE {
            return None;
        }
        let rate = self.bytes as f64 / elapsed.as_secs_f64();
        self.gave_up = rate < LOWEST as f64;
        (self.since, self.bytes) = (now, 0);
        self.gave_up
            .then(|| format!("given up: it sends {rate:.0} bytes a second, and at least {LOWEST} are needed"))
    }

    /// Whether the download was too slow.
    pub(super) fn gave_up(&self) -> bool {
        self.gave_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_minute_has_its_own_average() {
        let mut pace = Pace::new(Duration::from_secs(5));
        let mut at = |second: u64, bytes| pace.too_slow(Duration::from_secs(second), bytes);
        // Nothing is slow before a minute has passed; one burst is enough for it.
        assert_eq!(at(64, 1), None);
        assert_eq!(at(65, 60_000), None);
        assert_eq!(at(124, 59_000), None);
        assert_eq!(at(125, 1000), None);
        // A burst does not count for the next minute.
        assert_eq!(at(126, 1_000_000), None);
        assert_eq!(at(185, 0), None);
        let problem = at(245, 600).unwrap();
        assert_eq!(problem, "given up: it sends 10 bytes a second, and at least 1000 are needed");
        assert!(pace.gave_up());
    }
}
