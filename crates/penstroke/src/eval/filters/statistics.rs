//! All statistics of the filters of a layer.

use super::edge;
use super::{
    Filters, GaborFit, concentration, correlation_length, gabor_fits, moran, orientation_selectivity,
    redundancy, response_kurtosis, spread,
};
use crate::Result;
use crate::eval::SampleMatrix;
use rayon::prelude::*;

/// The statistics of one unit's filter; the function of the same name defines each.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct UnitStatistics {
    /// Moran's I of neighbouring weights, about −1..1.
    pub moran: f64,
    /// Half width at half maximum of the autocorrelation, in pixels.
    pub correlation_length: f64,
    /// Root mean square distance of the squared weights from their centroid, in pixels.
    pub spread: f64,
    /// Largest share of the squared weights in a window of half the height and width, 0..=1.
    pub concentration: f64,
    /// Orientation selectivity, 0..=1.
    pub orientation: f64,
    /// The nearest Gabor function.
    pub gabor: GaborFit,
    /// Share of the picture that the nearest Gabor function's envelope covers, 0..=1.
    pub coverage: f64,
    /// Largest |cos| with another unit's filter, 0..=1.
    pub redundancy: f64,
    /// Excess kurtosis of the responses to samples; `None` if no samples were given.
    pub kurtosis: Option<f64>,
}

impl UnitStatistics {
    /// Whether the filter is a localized oriented edge: a Gabor fit's R² of at least 0.5, an orientation selectivity of at
    /// least 0.3, a concentration of at least 0.5 and a coverage of at most 0.5. Noise, gratings that fill the picture
    /// (principal components) and round spots do not qualify.
    pub fn is_edge(&self) -> bool {
        edge::is_edge(self.gabor.r_squared, self.orientation, self.concentration, self.coverage)
    }
}

/// The statistics of all units.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct FilterStatistics {
    /// One entry per unit, in order.
    pub units: Vec<UnitStatistics>,
}

impl FilterStatistics {
    /// Measures `filters`, and their responses to `samples` if given.
    ///
    /// # Errors
    /// If the samples do not have as many components as the filters.
    pub fn measure(filters: Filters<'_>, samples: Option<SampleMatrix<'_>>) -> Result<Self> {
        let kurtosis = samples.map(|samples| response_kurtosis(filters.rows(), samples)).transpose()?;
        let fits = gabor_fits(filters);
        let redundancy = redundancy(filters.rows());
        let units = (0..filters.n_filters())
            .into_par_iter()
            .map(|unit| {
                let picture = filters.get(unit);
                UnitStatistics {
                    moran: moran(picture),
                    correlation_length: correlation_length(picture),
                    spread: spread(picture),
                    concentration: concentration(picture),
                    orientation: orientation_selectivity(picture),
                    gabor: fits[unit],
                    coverage: fits[unit].coverage(filters.height(), filters.width()),
                    redundancy: redundancy[unit],
                    kurtosis: kurtosis.as_ref().map(|kurtosis| kurtosis[unit]),
                }
            })
            .collect();
        Ok(Self { units })
    }

    /// The mean of a statistic over the units.
    pub fn mean(&self, statistic: impl Fn(&UnitStatistics) -> f64) -> f64 {
        self.units.iter().map(statistic).sum::<f64>() / self.units.len() as f64
    }

    /// The median of a statistic over the units; for an even number, the mean of the two in the middle.
    pub fn median(&self, statistic: impl Fn(&UnitStatistics) -> f64) -> f64 {
        let mut values: Vec<f64> = self.units.iter().map(statistic).collect();
        values.sort_by(f64::total_cmp);
        let half = values.len() / 2;
        if values.len().is_multiple_of(2) { 0.5 * (values[half - 1] + values[half]) } else { values[half] }
    }

    /// The share of units whose filter is a localized oriented edge, 0..=1: see [`UnitStatistics::is_edge`].
    pub fn edge_share(&self) -> f64 {
        self.mean(|unit| f64::from(u8::from(unit.is_edge())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::normal;
    use super::*;

    #[test]
    fn each_unit_has_its_own_statistics() {
        let mut weights = normal(36, 0);
        weights.extend([0.5; 36]);
        weights.extend((0..36).map(|at| if (at / 6 + at % 6) % 2 == 0 { 1.0 } else { -1.0 }));
        let filters = Filters::new(&weights, 6, 6).unwrap();
        let data = normal(36 * 50, 1);
        let samples = SampleMatrix::new(&data, 36).unwrap();
        let statistics = FilterStatistics::measure(filters, Some(samples)).unwrap();
        assert_eq!(statistics.units.len(), 3);
        assert_eq!(statistics.units[1].moran, 0.0);
        assert!((statistics.units[2].moran + 1.0).abs() < 1e-12);
        assert_eq!(statistics.units[1].concentration, 0.25);
        for (unit, statistics) in statistics.units.iter().enumerate() {
            assert_eq!(statistics.kurtosis, Some(response_kurtosis(filters.rows(), samples).unwrap()[unit]));
            assert_eq!(statistics.redundancy, redundancy(filters.rows())[unit]);
        }
        assert_eq!(FilterStatistics::measure(filters, None).unwrap().units[0].kurtosis, None);
        let wrong = SampleMatrix::new(&data[..35], 35).unwrap();
        assert!(FilterStatistics::measure(filters, Some(wrong)).is_err());
    }

    #[test]
    fn mean_and_median_are_over_the_units() {
        let weights = normal(5 * 16, 3);
        let mut statistics = FilterStatistics::measure(Filters::new(&weights, 4, 4).unwrap(), None).unwrap();
        for (unit, value) in statistics.units.iter_mut().zip([5.0, 1.0, 2.0, 100.0, 4.0]) {
            unit.moran = value;
        }
        assert_eq!((statistics.mean(|u| u.moran), statistics.median(|u| u.moran)), (22.4, 4.0));
        statistics.units.pop();
        assert_eq!(statistics.median(|u| u.moran), 3.5);
    }
}
