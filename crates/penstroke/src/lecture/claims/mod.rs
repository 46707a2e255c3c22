//! The lecture's twelve claims. Each has a statistic, its interval, and conditions for the claim to hold. A claim about
//! trained models is decided only if their training has [converged](super::gate).

mod draft;
mod on_digits;
mod on_scenes;

use super::digits::Digits;
use super::scenes::Scenes;
use super::statistic::Statistic;
use crate::Result;
use crate::report::{Verdict, number};
use draft::{Draft, Unit};
use serde::Serialize;

/// A tested claim.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// Identifier of the claim, the same in every run.
    pub id: &'static str,
    /// The claim, as a sentence.
    pub statement: String,
    /// Whether the claim holds, by `rule`; [`Verdict::Undecided`] if a training was too brief to tell.
    pub verdict: Verdict,
    /// Unless the claim holds: the condition that failed, or why it was not decided.
    pub reason: Option<String>,
    /// The measured statistic.
    pub statistic: f64,
    /// Its 95 % interval: over seeds if there are several, over samples or units otherwise.
    pub interval: (f64, f64),
    /// Number of seeds.
    pub seeds: usize,
    /// Definition of the statistic, and the condition for the claim to hold.
    pub rule: String,
    /// The statistic in words, with its unit.
    #[serde(skip)]
    pub shown: String,
    /// The interval in words.
    #[serde(skip)]
    pub shown_interval: String,
}

impl Claim {
    /// The statistic and its interval in words.
    pub(super) fn shown_with_interval(&self) -> String {
        if self.interval.0 < self.interval.1 {
            format!("{} (95 % interval {})", self.shown, self.shown_interval)
        } else {
            self.shown.clone()
        }
    }
}

/// All claims, in the lecture's order.
pub(super) fn all(digits: &Digits, scenes: &Scenes) -> Result<Vec<Claim>> {
    let seeds = digits.seeds();
    let drafts = [
        on_digits::rate(digits),
        on_digits::target(digits),
        on_digits::restored(digits, &seeds)?,
        on_digits::features(digits, &seeds)?,
        on_digits::beats_plain(digits, &seeds)?,
        on_digits::maximises(digits),
        on_digits::strokes(digits, &seeds)?,
        on_digits::widens(digits, &seeds)?,
        on_scenes::edges(scenes),
        on_scenes::no_edges_by_decay(scenes),
        on_scenes::no_edges_by_pca(scenes),
        on_scenes::beats_linear(digits, scenes, &seeds)?,
    ];
    Ok(drafts.into_iter().map(finish).collect())
}

fn finish(draft: Draft<'_>) -> Claim {
    let Statistic { value, low, high } = draft.statistic;
    let Unit { decimals, name } = draft.unit;
    let shown = format!("{}{name}", number::fixed(value, decimals));
    let shown_interval = if low < high { number::interval(low, high, decimals) } else { "–".into() };
    let failed = draft.conditions.into_iter().find(|condition| !condition.is_met);
    let (verdict, reason) = match (draft.too_brief, failed) {
        (Some(problem), _) => (Verdict::Undecided, Some(problem)),
        (None, Some(condition)) => (Verdict::DoesNotHold, Some(condition.failed)),
        (None, None) => (Verdict::Holds, None),
    };
    Claim {
        id: draft.id,
        statement: draft.statement,
        verdict,
        reason,
        statistic: value,
        interval: (low, high),
        seeds: draft.seeds,
        rule: draft.rule.to_owned(),
        shown,
        shown_interval,
    }
}

#[cfg(test)]
mod tests {
    use super::draft::{above, below};
    use super::*;

    fn claim(too_brief: Option<&str>, statistic: Statistic) -> Claim {
        let unit = Unit { decimals: 2, name: " pixels" };
        finish(Draft {
            id: "wider",
            statement: "Wider.".into(),
            statistic,
            too_brief: too_brief.map(str::to_owned),
            conditions: vec![above(statistic, 0.5, unit), below(statistic, 0.9, unit)],
            rule: "",
            unit,
            seeds: 1,
        })
    }

    #[test]
    fn a_verdict_names_the_condition_that_failed() {
        let of = |low, high| claim(None, Statistic { value: 0.7, low, high });
        assert_eq!((of(0.6, 0.8).verdict, of(0.6, 0.8).reason), (Verdict::Holds, None));
        let low = of(0.45, 0.8);
        assert_eq!(low.verdict, Verdict::DoesNotHold);
        assert_eq!(low.reason.unwrap(), "the interval, 0.45 to 0.80, is not above 0.5");
        assert_eq!(of(0.6, 0.9).reason.unwrap(), "the interval, 0.60 to 0.90, is not below 0.9");
    }

    #[test]
    fn brief_training_decides_nothing_either_way() {
        for statistic in [0.7, 0.2].map(Statistic::exact) {
            let claim = claim(Some("the loss was still falling"), statistic);
            assert_eq!(claim.verdict, Verdict::Undecided);
            assert_eq!(claim.reason.unwrap(), "the loss was still falling");
        }
    }
}
