//! How a run was made: its command, date, machine and time.

use super::options::{LectureOptions, Pace};
use crate::Training;
use serde::Serialize;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How a run was made. Nothing that is measured depends on it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct AboutRun {
    /// The command, as typed.
    pub(super) command: Option<String>,
    /// The command that trains longer.
    #[serde(skip)]
    pub(super) longer_command: Option<String>,
    /// The day it began, in UTC: `2026-11-28`.
    pub(super) date: String,
    /// Whether it was a quick run.
    pub(super) quick: bool,
    /// The instruction set that it trained with.
    pub(super) instructions: &'static str,
    pub(super) threads: usize,
    /// Whether it continued from checkpoints; then `seconds` counts from there.
    pub(super) resumed: bool,
    /// Time for reading, training and measuring, in seconds.
    pub(super) seconds: f64,
}

/// The beginning of a run.
pub(super) struct Began {
    date: String,
    instant: Instant,
}

impl Began {
    pub(super) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { date: date(since.as_secs() / 86_400), instant: Instant::now() }
    }

    /// What to say about the run, now that everything is measured.
    pub(super) fn about(self, options: &LectureOptions, resumed: bool) -> AboutRun {
        let training = Training { threads: options.threads, ..Training::autoencoder() };
        AboutRun {
            command: options.command.clone(),
            longer_command: options.longer_command.clone(),
            date: self.date,
            quick: options.pace == Pace::Quick,
            instructions: training.instructions.name(),
            threads: training.n_threads(),
            resumed,
            seconds: self.instant.elapsed().as_secs_f64(),
        }
    }
}

impl AboutRun {
    /// The time in words: `8 s`, `3 min 20 s` or `2 h 5 min`.
    pub(super) fn time(&self) -> String {
        let seconds = self.seconds.round() as u64;
        match seconds {
            0..60 => format!("{} s", seconds.max(1)),
            60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
            _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        }
    }
}

/// The day that is this many days after 1970-01-01, in the Gregorian calendar.
pub(super) fn date(days: u64) -> String {
    // Years that begin in March end with the leap day. There are 719468 days from 0000-03-01 to 1970-01-01, and 146097 in 400 years.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // March to July have 153 days, and so have August to December.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", 400 * era + year + next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates() {
        for (days, expected) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (364, "1970-12-31"),
            (789, "1972-02-29"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_785, "2026-11-28"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
            (156_935, "2399-09-04"),
        ] {
            assert_eq!(date(days), expected);
        }
        // One day after another, through 800 years.
        let mut days = 0;
        for year in 1970..2770 {
            let leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
            for (month, length) in
                [31, 28 + u64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate()
            {
                for day in 1..=length {
                    assert_eq!(date(days), format!("{year}-{:02}-{day:02}", month + 1));
                    days += 1;
                }
            }
        }
    }

    #[test]
    fn times_are_told_with_units() {
        for (seconds, expected) in
            [(0.2, "1 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (200.0, "3 min 20 s"), (7500.0, "2 h 5 min")]
        {
            let about = AboutRun { seconds, ..Began::now().about(&LectureOptions::default(), false) };
            assert_eq!(about.time(), expected);
        }
    }
}
