//! The first sentences of the page: what was filled, and a short answer to whether it can be trusted.

use super::given::ImputationReport;
use crate::error::counted;
use crate::impute::Overimputed;

/// The lead, for the columns with gaps and those of them that were overimputed.
pub(super) fn lead(
    report: &ImputationReport<'_>,
    gaps: &[usize],
    overimputed: Option<&[Overimputed]>,
) -> String {
    let name = report.table.name();
    if gaps.is_empty() {
        return format!("{name} has no gaps in the columns that are learned.");
    }
    let n_filled: usize = report.imputations.first().into_iter().flatten().map(|fill| fill.rows.len()).sum();
    let times = match report.imputations.len() {
        1 => String::new(),
        m => format!(", {m} times"),
    };
    let columns = counted(gaps.len(), "column");
    let filled = format!("{} filled in {columns} of {name}{times}.", counted(n_filled, "cell"));
    format!("{filled} Can they be trusted? {}", answer(report, gaps, overimputed))
}

fn answer(report: &ImputationReport<'_>, gaps: &[usize], overimputed: Option<&[Overimputed]>) -> String {
    let Some(imputer) = report.imputer else { return String::new() };
    if imputer.errors().is_empty() {
        return "A single network learned from every row, so nothing was held out that could tell.".into();
    }
    // Where a constant answer is always right, nothing can be better.
    let is_judged = |name: &str| gaps.iter().any(|&at| report.name(at) == name);
    let judged = imputer.errors().iter().filter(|of| is_judged(&of.name) && of.of.relative().is_some());
    let (n_better, n) = judged.fold((0, 0), |(better, n), of| (better + usize::from(of.is_better), n + 1));
    let shares = || overimputed.into_iter().flatten().map(Overimputed::coverage_90);
    let ends = (shares().fold(f64::INFINITY, f64::min), shares().fold(f64::NEG_INFINITY, f64::max));
    in_words(n_better, n, (ends.0 <= ends.1).then_some(ends))
}

/// In how many of `n` columns filled cells are clearly better than a constant, and the least and the largest share of truths that lie in
/// their intervals.
fn in_words(n_better: usize, n: usize, covered: Option<(f64, f64)>) -> String {
    let better = match (n_better, n) {
        (_, 0) => None,
        (0, 1) => Some("They are not clearly better than a constant answer".to_owned()),
        (_, 1) => Some("They are clearly better than a constant answer".to_owned()),
        _ => Some(format!("In {n_better} of {n} columns they are clearly better than a constant answer")),
    };
    let covered = covered.map(|(low, high)| {
        let [low, high] = [low, high].map(|share| format!("{:.0}", 100.0 * share));
        let range = if low == high { low } else { format!("{low} to {high}") };
        format!("{range}\u{a0}% of hidden truths lie in their 90\u{a0}% intervals")
    });
    let parts: Vec<String> = better.into_iter().chain(covered).collect();
    if parts.is_empty() { String::new() } else { parts.join(", and ") + "." }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn the_answer_counts_columns_and_tells_the_range_of_coverage() {
        for (better, n, covered, words) in [
            (
                3,
                4,
                Some((0.848, 0.98)),
                "In 3 of 4 columns they are clearly better than a constant answer, and 85 to 98\u{a0}% of hidden truths lie in their 90\u{a0}% \
                 intervals.",
            ),
            (0, 1, None, "They are not clearly better than a constant answer."),
            (1, 1, None, "They are clearly better than a constant answer."),
            (0, 0, Some((0.9, 0.902)), "90\u{a0}% of hidden truths lie in their 90\u{a0}% intervals."),
            (0, 0, None, ""),
        ] {
            assert_eq!(in_words(better, n, covered), words);
        }
    }
}
