//! Direct checks of the definition: the rate of the corruption, the target, and the filters as maxima.

use super::model::{COMMON_MASKING, Maxima, Rate, TargetCheck, floats};
use crate::Model;
use crate::data::{Dataset, Values};
use crate::eval::firing;
use crate::lecture::statistic::Statistic;
use crate::{Autoencoder, AutoencoderConfig, Corruption, Result, Run};
use penstroke_engine::philox::{Draws, Purpose};
use penstroke_engine::{CorruptionDraws, CorruptionUse, Donors, corrupt_row};

/// Number of units whose most exciting input is searched for by random inputs and by gradient ascent, and the number of
/// random inputs.
const SEARCHED: usize = 100;
const ASCENDED: usize = 5;
const RANDOM_INPUTS: usize = 2_000;

/// Masks samples of ones and counts the zeros, so that every masked component is visible.
pub(super) fn rate(masking: &Corruption, test: &Dataset, seed: u64) -> Rate {
    let n_components = test.n_samples() * test.n_visible();
    let ones = Dataset::new("ones", Values::Bytes(vec![255; n_components]), test.n_visible());
    let struck = ones.and_then(|ones| ones.corrupted(masking, seed, 1));
    let struck = struck.map_or(0, |values| values.iter().filter(|&&v| v == 0.0).count());
    Rate { q: COMMON_MASKING, n_components, measured: Statistic::share(struck, n_components) }
}

/// Takes one training step with some digits as its batch, and computes the loss directly from the initial weights and the
/// masks of training: against the clean and against the corrupted digits.
pub(super) fn target(
    config: &AutoencoderConfig,
    masking: &Corruption,
    train: &Dataset,
) -> Result<TargetCheck> {
    let few = train.select(&(0..500.min(train.n_samples())).collect::<Vec<_>>());
    let config = config.clone().corruption(masking.clone()).epochs(1).batch(few.n_samples()).valid(0.0);
    let (clean, mut corrupted) = (few.to_floats(), few.to_floats());
    let noises = masking.noises(few.range());
    let draws = CorruptionDraws { seed: config.training.seed, use_: CorruptionUse::Training };
    let mut struck = vec![false; few.n_visible()];
    for (row, sample) in corrupted.chunks_exact_mut(few.n_visible()).zip(0..) {
        corrupt_row(&noises, draws, (0, sample), Donors::NONE, (row, &mut struck));
    }
    let restored = Autoencoder::initial(&config, &few)?.reconstruct(&floats(&corrupted, &few)?)?;
    let against = |target: &[f32]| {
        let sum: f64 = restored.iter().zip(target).map(|(r, x)| f64::from(r - x).powi(2)).sum();
        sum / few.n_samples() as f64
    };
    let trained = Autoencoder::fit(&config, &few, &mut Run::new())?;
    Ok(TargetCheck {
        reported: trained.history().train_loss.first().copied().unwrap_or(f64::NAN),
        against_clean: against(&clean),
        against_corrupted: against(&corrupted),
    })
}

/// Encodes the filters of the first units and random inputs of norm 1, and counts the units that respond most to their
/// own filter. Then uses gradient ascent to search for the most exciting input of some units.
pub(super) fn maxima(model: &Autoencoder) -> Result<Maxima> {
    let (d, h) = (model.n_visible(), model.n_hidden());
    let n_units = SEARCHED.min(h);
    let mut inputs = model.filters()[..n_units * d].to_vec();
    let draws = Draws::new(model.config().training.seed, Purpose::Resample);
    for sample in 0..RANDOM_INPUTS as u32 {
        let mut sequence = draws.at(0, sample).sequence();
        // A sum of twelve uniform numbers is close enough to normal for a random direction.
        let row: Vec<f64> = (0..d).map(|_| (0..12).map(|_| sequence.uniform()).sum::<f64>() - 6.0).collect();
        let norm = row.iter().map(|v| v * v).sum::<f64>().sqrt();
        inputs.extend(row.iter().map(|v| (v / norm) as f32));
    }
    let inputs = Dataset::new("inputs", Values::Floats(inputs), d)?;
    let codes = model.encode(&inputs)?;
    let most = |unit: usize| codes.chunks(h).map(|code| code[unit]).fold(f32::MIN, f32::max);
    let n_confirmed = (0..n_units).filter(|&unit| codes[unit * h + unit] >= most(unit)).count();
    let rows = model.weights().chunks(d).take(ASCENDED);
    let ascents = rows.map(|row| firing::maximise(row, 1_000, model.config().training.seed));
    Ok(Maxima {
        seed: model.config().training.seed,
        n_units,
        n_confirmed,
        n_random: RANDOM_INPUTS,
        ascents: ascents.collect::<Result<_>>()?,
    })
}
