//! Refuses trainings that diverged.

use crate::train::History;
use crate::{Error, Result};

/// Most that a network may lose where always answering a constant loses 1. After a few steps, columns with rare large numbers make it lose
/// tens; a training that diverged loses far more.
const FAR: f64 = 100.0;

/// Refuses a network that does far worse than always answering the mean or the frequencies, which loses `constant`, on the rows that it
/// learned from and on the others. A rare large number can raise one of these losses above [`FAR`], but not both.
pub(crate) fn refuse_diverged(table: &str, history: &History, constant: f64) -> Result<()> {
    let kept = history.best_epoch.unwrap_or(history.train_loss.len());
    let of = |losses: &[f64]| kept.checked_sub(1).and_then(|at| losses.get(at)).map(|loss| loss / constant);
    let losses = [of(&history.train_loss), of(&history.valid_loss)];
    if losses.iter().flatten().all(|loss| !loss.is_finite() || *loss > FAR) && losses[0].is_some() {
        let loss = losses.iter().flatten().copied().fold(f64::INFINITY, f64::min);
        let shown = if loss < 1e6 { format!("{loss:.0}") } else { format!("{loss:.0e}") };
        let problem =
            format!("{table}: the training diverged: it errs {shown} times as much as a constant answer");
        let hint = "use a smaller learning rate, or leave out columns with very large numbers";
        return Err(Error::numerical(problem).hint(hint));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_far_above_that_of_the_mean_is_refused() {
        let history = |train: &[f64], valid: &[f64], best_epoch: Option<usize>| History {
            train_loss: train.to_vec(),
            valid_loss: valid.to_vec(),
            best_epoch,
            ..History::default()
        };
        for (of, is_refused) in [
            (history(&[0.9, 1.02], &[1.1, 1.04], Some(2)), false),
            // One outlier, held out and not.
            (history(&[0.2], &[4000.0], Some(1)), false),
            (history(&[1500.0], &[0.1], Some(1)), false),
            // Few steps on columns with rare large numbers.
            (history(&[16.0], &[20.0], Some(1)), false),
            (history(&[1e12], &[], None), true),
            (history(&[2.0, 1e12], &[1e12, 1e11], Some(2)), true),
            (history(&[1e12, 0.5], &[1e12, 0.5], Some(2)), false),
            (history(&[f64::NAN], &[f64::INFINITY], Some(1)), true),
            (history(&[], &[], None), false),
        ] {
            assert_eq!(refuse_diverged("t", &of, 2.0).is_err(), is_refused, "{of:?}");
        }
        let message =
            refuse_diverged("t.csv", &history(&[1e12], &[2e12], Some(1)), 4.0).unwrap_err().to_string();
        assert_eq!(
            message,
            "t.csv: the training diverged: it errs 2e11 times as much as a constant answer; use a smaller learning rate, or leave out \
             columns with very large numbers"
        );
    }
}
