//! The samples of a measurement: loaded from a source or generated in memory.

use super::options::BenchOptions;
use crate::data::{Dataset, LoadOptions, Source, Values, load, strokes};
use crate::error::counted;
use crate::{Error, Result};
use penstroke_engine::philox::{Draws, Purpose};
use rayon::prelude::*;

/// The number of samples of MNIST.
const USUAL: usize = 60_000;
/// The share of zeros in MNIST; speed depends on it, because engines skip zeros.
const SHARE_OF_ZEROS: f64 = 0.81;

/// Loads or generates the samples.
pub(super) fn open(options: &BenchOptions) -> Result<Dataset> {
    let BenchOptions { source, visible, data, .. } = options;
    let made = match (source, visible.unwrap_or(strokes::SIDE * strokes::SIDE)) {
        (Some(source), _) => load(source, data)?,
        (None, visible) if visible == strokes::SIDE * strokes::SIDE => load(&Source::Strokes, data)?,
        (None, visible) => random(visible, data)?,
    };
    match visible {
        Some(visible) if *visible != made.n_visible() => {
            let problem =
                format!("samples of the source have {}, not {visible}", counted(made.n_visible(), "value"));
            Err(Error::option("visible", problem).leave_out("visible"))
        }
        _ => Ok(made),
    }
}

/// Independent random bytes: 0 with probability [`SHARE_OF_ZEROS`], otherwise uniform in 1..=255.
fn random(visible: usize, options: &LoadOptions) -> Result<Dataset> {
    let n = options.n.unwrap_or(USUAL);
    let too_many = || {
        Error::input(
            "samples",
            format!("{n} samples of {visible} values do not fit in memory; request fewer"),
        )
    };
    let mut bytes = Vec::new();
    let n_bytes = n.checked_mul(visible).ok_or_else(too_many)?;
    bytes.try_reserve_exact(n_bytes).map_err(|_| too_many())?;
    bytes.resize(n_bytes, 0u8);
    let draws = Draws::new(options.seed, Purpose::Generator(3));
    bytes.par_chunks_mut(visible.max(1)).enumerate().for_each(|(sample, row)| {
        let mut draws = draws.at((sample as u64 >> 32) as u32, sample as u32).sequence();
        for byte in row {
            *byte = if draws.uniform() < SHARE_OF_ZEROS { 0 } else { 1 + draws.below(255) as u8 };
        }
    });
    Dataset::new("visible", Values::Bytes(bytes), visible)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::summary;

    fn opened(visible: Option<usize>, source: Option<Source>) -> Result<Dataset> {
        let data = LoadOptions { n: Some(100), ..LoadOptions::default() };
        open(&BenchOptions { visible, source, data, ..BenchOptions::default() })
    }

    #[test]
    fn digits_are_taken_where_they_fit_and_random_bytes_elsewhere() {
        let digits = opened(None, Some(Source::Strokes)).unwrap();
        assert_eq!(opened(None, None).unwrap(), digits);
        assert_eq!(opened(Some(784), None).unwrap(), digits);
        let random = opened(Some(300), None).unwrap();
        assert_eq!((random.n_samples(), random.n_visible()), (100, 300));
        assert_ne!(random.row(0), random.row(1));
        let summary = summary(&random);
        // Four standard errors of a share of 30,000 values.
        assert!((summary.share_of_zeros - 0.81).abs() < 4.0 * (0.81f64 * 0.19 / 3e4).sqrt(), "{summary}");
        // Uniform 1 to 255 has mean 128 and variance (255² − 1) / 12; with the zeros E[x²] = 0.19·(128² + 73.6²).
        let (mean, square) =
            (0.19 * 128.0 / 255.0, 0.19 * (128f64.powi(2) + 73.6f64.powi(2)) / 255f64.powi(2));
        assert!((summary.mean - mean).abs() < 4.0 * ((square - mean * mean) / 3e4).sqrt(), "{summary}");
    }

    #[test]
    fn a_width_other_than_the_sources_is_refused() {
        let message = opened(Some(300), Some(Source::Strokes)).unwrap_err().to_string();
        assert_eq!(message, "visible: samples of the source have 784 values, not 300; leave it out");
        assert!(opened(Some(0), None).unwrap_err().to_string().starts_with("visible: holds no samples"));
        let message = opened(Some(usize::MAX), None).unwrap_err().to_string();
        assert!(message.ends_with("do not fit in memory; request fewer"), "{message}");
    }
}
