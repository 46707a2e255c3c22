//! Chapters on the filters of digits: a unit as a filter, strokes, what fires a unit, and width.

use super::{Chapters, Desk, Shown, Words, count, estimate, sentence, shown};
use crate::data::Dataset;
use crate::eval::SampleMatrix;
use crate::eval::filters::{Filters, peaks};
use crate::eval::firing;
use crate::lecture::digits::{COMMON_MASKING, Model, floats};
use crate::report::formula::*;
use crate::report::{
    Axis, BarPanel, Bars, Chart, GreyScale, Grid, Heading, Picture, Point, Series, Table, number,
};
use crate::{Model as _, Result};
use maud::html;

/// Filters in a grid, the first ones, as in the lecture, and its columns.
const FILTERS: usize = 40;
const COLUMNS: usize = 10;
/// Units shown one by one, and the samples shown for each.
const UNITS: usize = 6;
const FIRING: usize = 9;
/// The scale of filters: dark is a positive weight, as ink is a high intensity.
const FILTER: GreyScale = GreyScale::SYMMETRIC_PER_TILE;

impl Chapters<'_> {
    pub(super) fn unit_as_filter(&self, desk: &mut Desk) {
        desk.page.section("A unit is a filter");
        let w = || sub(var("W"), var("k"));
        let product = || times([sup(w(), upright("T")), var("x")]);
        let square = || times([sup(var("x"), upright("T")), var("x")]);
        desk.page.paragraph(html! {
            "Which input excites a hidden unit most? Without its bias, unit " (inline(var("k"))) " computes "
            (inline(times([var("s"), group(product())]))) ", which increases with its argument. So among inputs of norm 1, \
            the one that excites it most solves"
        });
        desk.page.formula(problem("maximise", product(), equals(square(), upright("1"))));
        desk.page.paragraph(html! {
            "Setting the gradient of "
            (inline(minus(product(), times([var("λ"), group(minus(square(), upright("1")))]))))
            " to zero gives " (inline(equals(w(), times([upright("2"), var("λ"), var("x")])))) ", so the solution is"
        });
        desk.page.formula(equals(var("x"), frac(w(), sqrt(times([sup(w(), upright("T")), w()])))));
        let maxima = &self.digits.maxima;
        let confirmed: usize = maxima.iter().map(|m| m.n_confirmed).sum();
        let searched: usize = maxima.iter().map(|m| m.n_units).sum();
        let ascents = || maxima.iter().flat_map(|m| &m.ascents);
        let least = ascents().map(|ascent| ascent.cosine).fold(1.0, f64::min);
        desk.page.paragraph(html! {
            "This picture is the unit's " em { "filter" } ". The result was tested: among all filters and "
            (count(maxima.first().map_or(0, |m| m.n_random))) " random inputs of norm 1, " (confirmed) " of " (searched)
            " units responded most strongly to their own filter. Gradient ascent on the pre-activations of "
            (ascents().count()) " units, from random inputs, ended at a cosine of at least " (number::fixed(least.min(0.999_999), 6))
            " with their filters."
        });
    }

    /// Filters of the first units; dark weights are positive.
    fn filter_grid(&self, model: &Model, n: usize, columns: usize) -> Result<Grid<'static>> {
        let (height, width) = self.size();
        let filters = model.model.filters();
        let len = (n * height * width).min(filters.len());
        Ok(Grid::new(filters[..len].to_vec(), height, width)?
            .columns(columns)
            .upscale((860 / (COLUMNS * width)).clamp(1, 4))
            .density(2)
            .grey_scale(FILTER))
    }

    /// Of the units shown, the one with the strongest dark stroke, relative to the norm of its weights.
    fn stroke(&self, model: &Model) -> Result<Option<usize>> {
        let (height, width) = self.size();
        let filters = Filters::new(model.model.weights(), height, width)?;
        let score = |unit: usize| {
            let filter = filters.get(unit);
            let norm = filter.weights().iter().map(|&w| f64::from(w).powi(2)).sum::<f64>().sqrt();
            peaks(filter).1 / norm.max(f64::MIN_POSITIVE)
        };
        let shown = 0..FILTERS.min(filters.n_filters());
        Ok(shown.max_by(|&a, &b| score(a).total_cmp(&score(b))))
    }

    pub(super) fn filters(&self, desk: &mut Desk) -> Result<()> {
        let common = self.first(COMMON_MASKING)?;
        let n_hidden = common.model.n_hidden();
        let (dark, stroke) = (common.positive_peaks, self.stroke(common)?);
        desk.page.section("Filters without and with noise");
        desk.page.paragraph(html! {
            "Three autoencoders that differ only in q. They started from the same weights, so filters in the same position \
            correspond. The lecture states that without noise few filters are meaningful, and that with noise they become \
            detectors of strokes, whose neighbouring weights are alike."
            (self.verdict("strokes-emerge"))
        });
        desk.page.paragraph(html! {
            "In every figure of weights on this page, dark is positive and light is negative. A dark stroke in a filter is one \
            that makes the unit fire; a light stroke is one that keeps it off. With q = 0.25, "
            (number::fixed(100.0 * dark.value, 1)) " % (" (number::interval(100.0 * dark.low, 100.0 * dark.high, 1)) " %) of the " (count(n_hidden)) " units have a dark peak (the strongest average of 3 × 3 \
            weights). The others have a light one: with sigmoids and shared weights, such a unit is on unless a stroke is there."
            @if let Some(unit) = stroke { " Of the units shown, the outlined one, unit " (unit) ", has the strongest dark stroke." }
        });
        let mut grids = Vec::new();
        for (name, title, q) in [("none", "no noise", 0.0), ("25", "q = 0.25", 0.25), ("50", "q = 0.5", 0.5)]
        {
            let grid = self.filter_grid(self.first(q)?, FILTERS, COLUMNS)?.outline(stroke);
            // One key for the three grids, below the last.
            let grid = if q == 0.5 { grid.key("weight") } else { grid };
            grids.push((format!("filters-{name}"), title.to_owned(), grid));
        }
        desk.filter_grids(
            &grids,
            Shown {
                caption: html! {
                    "Filters of the first " (FILTERS.min(n_hidden)) " of " (count(n_hidden)) " hidden units, trained without noise, with q = 0.25 and with \
                    q = 0.5" @if let Some(unit) = stroke { "; unit " (unit) " is outlined in each" } ". " (sentence(FILTER))
                },
                sentence: self.heading("strokes-emerge", "Noise turns noise-like filters into strokes.", "Filters without and with noise"),
            },
        )?;
        self.similarity(desk)
    }

    fn similarity(&self, desk: &mut Desk) -> Result<()> {
        let mut table = Table::new(
            "Similarity of neighbouring weights, mean over the filters. Moran's I is 0 for noise and near 1 for a smooth picture.",
            [
                Heading::text("trained with"),
                Heading::number("Moran's I"),
                Heading::number("correlation length, pixels"),
            ],
        );
        let seed = self.first(0.0)?.seed;
        for model in self.digits.models.iter().filter(|m| m.seed == seed) {
            table.push([model.words(), shown(model.moran, 3), shown(model.correlation_length, 3)]);
        }
        desk.page.table(&table);
        Ok(())
    }

    pub(super) fn firing(&self, desk: &mut Desk) -> Result<()> {
        let (digits, Words { many, class, .. }) = (self.digits, self.words());
        let model = self.first(COMMON_MASKING)?;
        let codes = model.model.encode(&digits.test)?;
        let samples = SampleMatrix::new(&codes, model.model.n_hidden())?;
        let by_class = ByClass::measure(samples, &digits.test, digits.class_names())?;
        let stroke = self.stroke(model)?;
        let units = by_class.units(stroke);
        let top = firing::top_samples(samples, FIRING);

        desk.page.section(format!("Which {many} make a unit fire?"));
        desk.page.paragraph(html! {
            "A unit responds to its strokes, so some " (many) " make it fire more than others. Shown are "
            @if let Some(unit) = stroke { "the outlined unit " (unit) " and " }
            "the units of the model with q = 0.25 whose mean activation differs most between the classes, and the test " (many)
            " that excite them most."
        });
        let bars = self.activations(model, &units, &by_class)?;
        let (present, absent) = by_class.names();
        let figure = desk.chart(
            "mean-activation",
            &bars.draw(),
            Shown {
                caption: html! {
                    "Mean activation of " (units.len()) " units for each " (class) ", on test " (many) ", beside their filters (dark is \
                    positive). The strongest bar of each unit is coloured, the others are grey. From left to right: " (present.join(", ")) "."
                    @if !absent.is_empty() { " Left out, for lack of test " (many) ": " (absent.join(", ")) "." }
                },
                sentence: format!("Mean activation of some units by {class}."),
            },
        );
        let rows: Vec<(String, Vec<f32>)> = units
            .iter()
            .map(|&unit| {
                let tiles = top[unit].iter().flat_map(|&sample| digits.test.row(sample)).collect();
                (format!("unit {unit}"), tiles)
            })
            .collect();
        let strips: Vec<(&str, &[f32])> =
            rows.iter().map(|(name, tiles)| (name.as_str(), tiles.as_slice())).collect();
        desk.picture(
            "firing",
            &self.strip(&strips)?,
            &format!("For each unit, a row of the {many} that excite it most"),
            Shown {
                caption: html! {
                    "The test " (many) " that excite the units of " (figure) " most, the strongest first. A unit that is on unless a \
                    stroke is there fires for many " (many) " almost alike. " (sentence(GreyScale::INK))
                },
                sentence: format!("The {many} that excite each unit most."),
            },
        )?;
        Ok(())
    }

    /// The mean activation of some units for each class with test samples, beside their filters.
    fn activations(&self, model: &Model, units: &[usize], by_class: &ByClass) -> Result<Bars> {
        let (height, width) = self.size();
        let (filters, class) = (model.model.filters(), self.words().class);
        let mut bars = Bars::new(
            format!("Mean activation by {class}"),
            by_class.names().0,
            Axis::linear("mean activation").including(0.0),
        )
        .columns(3)
        .describe(format!("For each unit, its filter and its mean activation for each {class}"));
        for &unit in units {
            let filter = filters[unit * height * width..(unit + 1) * height * width].to_vec();
            let grid = Grid::new(filter, height, width)?.columns(1).grey_scale(FILTER);
            let picture: Picture = grid.upscale((TILE / height.max(width)).clamp(1, 8)).density(2).draw()?;
            let panel = BarPanel::new(format!("unit {unit}"), by_class.measured(unit));
            bars = bars.panel(panel.picture(&picture)?);
        }
        Ok(bars)
    }

    pub(super) fn width(&self, desk: &mut Desk) {
        desk.page.section("More noise, wider filters");
        desk.page.paragraph(html! {
            "The more pixels are missing, the more neighbouring pixels a unit needs to detect a stroke. The width of a filter \
            is measured by its correlation length: the shift at which the filter's correlation with itself falls to one \
            half. It should grow from q = 0.25 to q = 0.5." (self.verdict("noise-widens-filters"))
        });
        let mut chart = Chart::new(
            "Width of the filters by masking probability",
            Axis::linear("masking probability q"),
            Axis::linear("correlation length").unit("pixels"),
        )
        .describe(
            "Mean correlation length of all filters, for models trained with rising masking probability",
        );
        for seed in self.digits.seeds() {
            let points = self
                .digits
                .models
                .iter()
                .filter(|m| m.seed == seed)
                .filter_map(|m| Some(Point::estimated(m.masking?, estimate(m.correlation_length))));
            chart = chart.series(Series::new(format!("seed {seed}"), points.collect::<Vec<_>>()));
        }
        desk.chart(
            "width",
            &chart.draw(),
            Shown {
                caption: "Correlation length of the filters, in pixels, by the masking probability of the training: the mean over the \
                 hidden units of each model. Bars are 95 % intervals over units.",
                sentence: self.heading("noise-widens-filters", "More noise gives wider filters.", "Width of the filters by noise"),
            },
        );
    }

    pub(super) fn gaussian_digits(&self, desk: &mut Desk) -> Result<()> {
        let many = self.words().many;
        desk.page.section("Gaussian noise");
        desk.page.paragraph(html! {
            "Another corruption adds Gaussian noise to every component: "
            (inline(equals(
                sub(tilde(var("x")), var("ij")),
                plus(sub(var("x"), var("ij")), times([upright("N"), group(html! { (upright("0")) (op(",")) (upright("1")) })])),
            )))
            ". Pixels are between 0 and 1, so this noise nearly hides them. The reconstructions:"
        });
        let seed = self.first(0.0)?.seed;
        let Some(model) = self.digits.models.iter().find(|m| m.seed == seed && m.masking.is_none()) else {
            return Ok(());
        };
        let test = self.digits.test.select(&(0..FIRING.min(self.digits.n_test)).collect::<Vec<_>>());
        let clean = test.to_floats();
        let corrupted = test.corrupted(&model.corruption, 0, 0)?;
        let restored = model.model.reconstruct(&floats(&corrupted, &test)?)?;
        desk.picture(
            "gaussian-repair",
            &self.strip(&[("clean", &clean), ("corrupted", &corrupted), ("restored", &restored)])?,
            &format!("Rows of {many}: clean, under Gaussian noise, restored"),
            Shown {
                caption: html! {
                    "Test " (many) ", clean, under Gaussian noise of deviation 1, and as an autoencoder trained with this noise \
                    restores them. " (sentence(GreyScale::INK))
                },
                sentence: format!("Test {many} under Gaussian noise, and restored."),
            },
        )?;
        let grid = self.filter_grid(model, FILTERS, COLUMNS)?.key("weight");
        let n = grid.n_tiles();
        desk.filter_grids(
            &[("filters-gaussian".to_owned(), "Gaussian noise, deviation 1".to_owned(), grid)],
            Shown {
                caption: html! {
                    "Filters learned under Gaussian noise, of the first " (n) " of " (count(model.model.n_hidden()))
                    " hidden units. " (sentence(FILTER))
                },
                sentence: "Filters learned under Gaussian noise.",
            },
        )?;
        Ok(())
    }
}

/// Wanted side of a filter beside its bars, in pixels.
const TILE: usize = 64;

/// The mean activation of every unit for each class.
struct ByClass {
    classes: Vec<String>,
    /// `(units, classes)`; NaN for a class without samples.
    means: Vec<f64>,
}

impl ByClass {
    fn measure(codes: SampleMatrix<'_>, test: &Dataset, classes: Vec<String>) -> Result<Self> {
        let labels = test.labels().unwrap_or_default();
        Ok(Self { means: firing::class_means(codes, labels, classes.len())?, classes })
    }

    /// The classes with samples, and those without.
    fn names(&self) -> (Vec<&str>, Vec<&str>) {
        // The first unit tells; a class has samples for all units or for none.
        let has_samples = |&class: &usize| self.means.get(class).is_some_and(|mean| !mean.is_nan());
        let (present, absent): (Vec<usize>, Vec<usize>) = (0..self.classes.len()).partition(has_samples);
        let names =
            |classes: Vec<usize>| classes.into_iter().map(|class| self.classes[class].as_str()).collect();
        (names(present), names(absent))
    }

    /// The means of a unit, of the classes with samples.
    fn measured(&self, unit: usize) -> impl Iterator<Item = f64> {
        let n_classes = self.classes.len();
        self.means[unit * n_classes..(unit + 1) * n_classes].iter().copied().filter(|mean| !mean.is_nan())
    }

    /// The outlined unit, then the units whose class means vary most, in descending order; ties by unit number.
    fn units(&self, stroke: Option<usize>) -> Vec<usize> {
        let variance = |unit: usize| {
            let n = self.measured(unit).count().max(1) as f64;
            let mean = self.measured(unit).sum::<f64>() / n;
            self.measured(unit).map(|v| (v - mean).powi(2)).sum::<f64>()
        };
        let n_units = self.means.len() / self.classes.len().max(1);
        let mut units: Vec<(usize, f64)> = (0..n_units).map(|unit| (unit, variance(unit))).collect();
        units.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let others = units.into_iter().map(|(unit, _)| unit).filter(|unit| Some(*unit) != stroke);
        stroke.into_iter().chain(others).take(UNITS).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Values;

    #[test]
    fn a_class_without_test_samples_is_left_out() {
        // Unit 0 is high for all; unit 1 tells a from c.
        let codes = SampleMatrix::new(&[0.9, 0.1, 0.8, 0.4], 2).unwrap();
        let test = Dataset::new("x", Values::Floats(vec![0.0; 2]), 1).unwrap();
        let test = test.with_labels("x", vec![0, 2]).unwrap();
        let classes = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let by_class = ByClass::measure(codes, &test, classes).unwrap();
        assert_eq!(by_class.names(), (vec!["a", "c"], vec!["b", "d"]));
        assert_eq!(by_class.measured(1).collect::<Vec<_>>(), [f64::from(0.1_f32), f64::from(0.4_f32)]);
        // If b and d counted as 0, unit 0 would vary most.
        assert_eq!(by_class.units(None), [1, 0]);
        assert_eq!(by_class.units(Some(0)), [0, 1]);
    }
}
