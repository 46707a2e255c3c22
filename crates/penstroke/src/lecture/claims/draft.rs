//! A claim before its verdict: what was measured, and the conditions for the claim to hold.

use crate::lecture::statistic::Statistic;
use crate::report::number;

/// Format of a statistic.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    pub(super) decimals: usize,
    pub(super) name: &'static str,
}

/// A condition for a claim to hold.
pub(super) struct Condition {
    pub(super) is_met: bool,
    /// What is the case if it is not met.
    pub(super) failed: String,
}

pub(super) struct Draft<'a> {
    pub(super) id: &'static str,
    pub(super) statement: String,
    pub(super) statistic: Statistic,
    /// Why the models cannot decide the claim: the first that has not converged.
    pub(super) too_brief: Option<String>,
    pub(super) conditions: Vec<Condition>,
    pub(super) rule: &'a str,
    pub(super) unit: Unit,
    /// Number of seeds used.
    pub(super) seeds: usize,
}

/// The whole interval must be above a bound.
pub(super) fn above(statistic: Statistic, bound: f64, unit: Unit) -> Condition {
    let interval = number::interval(statistic.low, statistic.high, unit.decimals);
    let failed = format!("the interval, {interval}, is not above {bound}");
    Condition { is_met: statistic.low > bound, failed }
}

/// The whole interval must be below a bound.
pub(super) fn below(statistic: Statistic, bound: f64, unit: Unit) -> Condition {
    let interval = number::interval(statistic.low, statistic.high, unit.decimals);
    let failed = format!("the interval, {interval}, is not below {bound}");
    Condition { is_met: statistic.high < bound, failed }
}
