//! Chapters on digits: corruption, objective, repair, the task, filters and their width.

use super::{Chapters, Desk, estimate, sentence, shown};
use crate::Model as _;
use crate::eval::{SampleMatrix, firing};
use crate::lecture::digits::{COMMON_MASKING, Model, floats, masking};
use crate::report::formula::*;
use crate::report::{
    Axis, BarPanel, Bars, Chart, Figure, GreyScale, Grid, Heading, Montage, Picture, Point, Series, Table,
    number,
};
use crate::{Error, Result};
use maud::html;

/// Samples in a strip.
const SHOWN: usize = 12;
/// Filters in a grid: the first ones, as in the lecture.
const FILTERS: usize = 100;
/// Units shown one by one, and the digits shown for each.
const UNITS: usize = 6;
const FIRING: usize = 10;

impl Chapters<'_> {
    pub(super) fn digit_chapters(&self, desk: &mut Desk) -> Result<()> {
        self.corruption(desk)?;
        objective(desk);
        self.repair(desk)?;
        self.task(desk);
        self.unit_as_filter(desk);
        self.filters(desk)?;
        self.firing(desk)?;
        self.width(desk);
        self.gaussian_digits(desk)
    }

    fn size(&self) -> (usize, usize) {
        self.digits
            .test
            .image()
            .map_or((1, self.digits.test.n_visible()), |image| (image.height, image.width))
    }

    fn first(&self, q: f64) -> Result<&Model> {
        let seed = self.digits.seeds().first().copied().unwrap_or(0);
        self.digits.masked(seed, q).ok_or_else(|| Error::numerical(format!("no model with q = {q}")))
    }

    fn corruption(&self, desk: &mut Desk) -> Result<()> {
        let (height, width) = self.size();
        let rate = &self.digits.corruption_rate;
        desk.page.section("Corruption");
        desk.page.paragraph(html! {
            "Before the network sees a sample, a random process corrupts each of its components. The simplest one in practice, \
            masking, sets a component to zero with probability " (inline(var("q"))) " and keeps it unchanged otherwise:"
        });
        let tilde_x = || sub(tilde(var("x")), var("ij"));
        let x = || sub(var("x"), var("ij"));
        desk.page.formula(html! {
            (upright("P")) (group(equals(tilde_x(), upright("0")))) (op("=")) (var("q")) (op(",")) (op(" "))
            (upright("P")) (group(equals(tilde_x(), x()))) (op("=")) (minus(upright("1"), var("q")))
        });
        desk.page.paragraph(html! {
            "Each presentation of a sample draws a fresh mask, and the surviving components are not rescaled. Of "
            (rate.n_components) " components masked with q = " (rate.q) ", a share of "
            (number::fixed(rate.measured.value, 5)) " was set to zero."
        });
        let shown =
            self.digits.test.select(&(0..SHOWN.min(self.digits.test.n_samples())).collect::<Vec<_>>());
        let clean = shown.to_floats();
        let at = |q: f64| -> Result<Vec<f32>> { shown.corrupted(&masking(q)?, 0, 0) };
        let (quarter, half) = (at(0.25)?, at(0.5)?);
        let picture =
            Grid::strip(&[("clean", &clean), ("q = 0.25", &quarter), ("q = 0.5", &half)], height, width)?
                .grey_scale(GreyScale::INTENSITY)
                .upscale(2)
                .draw()?;
        desk.picture(
            "corruption",
            &picture,
            "Rows of digits: clean, and with a quarter and a half of their pixels set to zero",
            html! { "Digits before and after masking. " (sentence(GreyScale::INTENSITY)) },
        )
    }

    fn repair(&self, desk: &mut Desk) -> Result<()> {
        let (height, width) = self.size();
        let (plain, quarter, half) = (self.first(0.0)?, self.first(0.25)?, self.first(0.5)?);
        desk.page.section("Repair");
        desk.page.paragraph(html! {
            "Copying the input no longer minimises the objective, because it would also copy the corruption. To restore a \
            pixel, the network must infer it from the other pixels, and for that it must know what digits look like. So a \
            model trained with noise should restore digits better than a model trained without, and better than copying." (self.verdict("corrupted-pixels-restored"))
        });
        let clean = &self.digits.repaired.clean;
        let corrupted = &self.digits.repaired.corrupted;
        let n = (SHOWN * height * width).min(clean.len());
        let damaged = floats(&corrupted[..n], &self.digits.test)?;
        let restored = |model: &Model| model.model.reconstruct(&damaged);
        let rows = [
            ("clean", clean[..n].to_vec()),
            ("corrupted", corrupted[..n].to_vec()),
            ("no noise", restored(plain)?),
            ("q = 0.25", restored(quarter)?),
            ("q = 0.5", restored(half)?),
        ];
        let rows: Vec<(&str, &[f32])> =
            rows.iter().map(|(name, values)| (*name, values.as_slice())).collect();
        let picture =
            Grid::strip(&rows, height, width)?.grey_scale(GreyScale::INTENSITY).upscale(2).draw()?;
        desk.picture(
            "repair",
            &picture,
            "Rows of digits: clean, corrupted, and as restored by three autoencoders",
            html! {
                "Test digits with a quarter of their pixels set to zero, and their reconstructions by autoencoders trained \
                without noise, with q = 0.25 and with q = 0.5. " (sentence(GreyScale::INTENSITY))
            },
        )?;
        let mut table = Table::new(
            "Mean squared error on the corrupted pixels alone (pixels that masking changed), test digits, q = 0.25.",
            [
                Heading::text("restored by"),
                Heading::number("error per pixel"),
                Heading::number("relative to copying"),
            ],
        );
        let copying = self.digits.copying_error;
        table.push(["copying".to_owned(), number::fixed(copying, 4), "100 %".into()]);
        for model in self.digits.models.iter().filter(|m| m.seed == plain.seed) {
            let share = format!("{} %", number::fixed(100.0 * model.repair_error / copying, 0));
            table.push([model.words(), number::fixed(model.repair_error, 4), share]);
        }
        desk.page.table(&table);
        Ok(())
    }

    fn unit_as_filter(&self, desk: &mut Desk) {
        desk.page.section("A unit is a filter");
        let w = || sub(var("W"), var("i"));
        desk.page.paragraph(html! {
            "Which input excites a hidden unit most? Without its bias, unit " (inline(var("i"))) " computes "
            (inline(times([var("s"), group(times([sup(w(), upright("T")), var("x")]))])))
            ", which increases with its argument. So among inputs of norm 1, the unit is most active where "
            (inline(times([sup(w(), upright("T")), var("x")]))) " is largest subject to "
            (inline(equals(times([sup(var("x"), upright("T")), var("x")]), upright("1")))) ". Setting the gradient of "
            (inline(minus(
                times([sup(w(), upright("T")), var("x")]),
                times([var("λ"), group(minus(times([sup(var("x"), upright("T")), var("x")]), upright("1")))]),
            )))
            " to zero gives " (inline(equals(w(), times([upright("2"), var("λ"), var("x")])))) ", that is"
        });
        desk.page.formula(equals(var("x"), frac(w(), sqrt(times([sup(w(), upright("T")), w()])))));
        let maxima = &self.digits.maxima;
        let confirmed: usize = maxima.iter().map(|m| m.n_confirmed).sum();
        let searched: usize = maxima.iter().map(|m| m.n_units).sum();
        let ascents = || maxima.iter().flat_map(|m| &m.ascents);
        let least = ascents().map(|ascent| ascent.cosine).fold(1.0, f64::min);
        desk.page.paragraph(html! {
            "This picture is the unit's " em { "filter" } ". The result was tested: among all filters and "
            (maxima.first().map_or(0, |m| m.n_random)) " random inputs of norm 1, " (confirmed) " of " (searched)
            " units responded most strongly to their own filter. Projected gradient ascent on the pre-activations of "
            (ascents().count()) " units, from random inputs, ended at a cosine of at least " (number::fixed(least, 6))
            " with their filters."
        });
    }

    /// Filters of the first units, as dark strokes on light ground.
    fn filter_grid(&self, model: &Model, count: usize, columns: usize) -> Result<Grid<'static>> {
        let (height, width) = self.size();
        let filters = model.model.filters();
        let n = (count * height * width).min(filters.len());
        Ok(Grid::new(filters[..n].to_vec(), height, width)?
            .columns(columns)
            .grey_scale(GreyScale::SYMMETRIC_PER_TILE.inverted()))
    }

    fn filters(&self, desk: &mut Desk) -> Result<()> {
        desk.page.section("Filters without and with noise");
        desk.page.paragraph(html! {
            "Three autoencoders that differ only in q. They started from the same weights, so filters in the same position \
            correspond. The lecture states that without noise few filters are meaningful, and that with noise they become \
            detectors of pen strokes, whose neighbouring weights are alike."
            (self.verdict("strokes-emerge"))
        });
        let mut montage = Montage::new();
        for (heading, q) in [("no noise", 0.0), ("q = 0.25", 0.25), ("q = 0.5", 0.5)] {
            montage = montage.panel(heading, self.filter_grid(self.first(q)?, FILTERS, 10)?);
        }
        let rule = GreyScale::SYMMETRIC_PER_TILE.inverted();
        desk.picture(
            "filters-digits",
            &montage.draw()?,
            "Three grids of filters: trained without noise, with q = 0.25 and with q = 0.5",
            html! { "Filters of the first " (FILTERS) " hidden units. " (sentence(rule)) },
        )?;
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

    fn firing(&self, desk: &mut Desk) -> Result<()> {
        let digits = self.digits;
        let (height, width) = self.size();
        let model = self.first(COMMON_MASKING)?;
        let codes = model.model.encode(&digits.test)?;
        let samples = SampleMatrix::new(&codes, model.model.n_hidden())?;
        let labels = digits.test.labels().unwrap_or_default();
        let n_classes = digits.test.n_classes();
        let means = firing::class_means(samples, labels, n_classes)?;
        let units = most_selective(&means, n_classes);
        let top = firing::top_samples(samples, FIRING);

        desk.page.section("Which digits make a unit fire?");
        desk.page.paragraph(html! {
            "A dark region in a filter is a stroke that excites the unit, and a light region is a stroke that inhibits it, so \
            some digits make it fire more than others. Shown are the " (UNITS) " units of the model with q = 0.25 whose mean \
            activation differs most between digits, and the test digits that excite them most."
        });
        let filters = model.model.filters();
        let mut bars = Bars::new(
            "Mean activation by digit",
            (0..n_classes).map(|class| class.to_string()),
            Axis::linear("mean activation").including(0.0),
        )
        .columns(3)
        .describe("For each unit, its filter and its mean activation for each digit");
        let mut rows = Vec::new();
        for &unit in &units {
            let filter = filters[unit * height * width..(unit + 1) * height * width].to_vec();
            let picture: Picture = Grid::new(filter, height, width)?
                .columns(1)
                .grey_scale(GreyScale::SYMMETRIC_PER_TILE.inverted())
                .upscale(2)
                .draw()?;
            let values = (0..n_classes).map(|class| means[unit * n_classes + class]);
            bars = bars.panel(BarPanel::new(format!("unit {unit}"), values).picture(&picture)?);
            let tiles: Vec<f32> = top[unit].iter().flat_map(|&sample| digits.test.row(sample)).collect();
            rows.push((format!("unit {unit}"), tiles));
        }
        desk.page.figure(
            &Figure::new(html! { "Mean activation of " (UNITS) " units for each digit, on test digits." })
                .chart(&bars.draw()),
        );
        let strips: Vec<(&str, &[f32])> =
            rows.iter().map(|(name, tiles)| (name.as_str(), tiles.as_slice())).collect();
        let picture =
            Grid::strip(&strips, height, width)?.grey_scale(GreyScale::INTENSITY).upscale(2).draw()?;
        desk.picture(
            "firing",
            &picture,
            "For each unit, a row of the digits that excite it most",
            html! { "The test digits that excite each unit most, the strongest first. " (sentence(GreyScale::INTENSITY)) },
        )
    }

    fn width(&self, desk: &mut Desk) {
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
        desk.page.figure(
            &Figure::new("Mean over the hidden units of each model. Bars are 95 % intervals over units.")
                .chart(&chart.draw()),
        );
    }

    fn gaussian_digits(&self, desk: &mut Desk) -> Result<()> {
        desk.page.section("Gaussian noise");
        desk.page.paragraph(html! {
            "Another corruption adds Gaussian noise to every component: "
            (inline(equals(
                sub(tilde(var("x")), var("ij")),
                plus(sub(var("x"), var("ij")), times([upright("N"), group(html! { (upright("0")) (op(",")) (upright("1")) })])),
            )))
            ". Pixels of digits are between 0 and 1, so this noise nearly hides them. The reconstructions:"
        });
        let seed = self.first(0.0)?.seed;
        let Some(model) = self.digits.models.iter().find(|m| m.seed == seed && m.masking.is_none()) else {
            return Ok(());
        };
        let (height, width) = self.size();
        let test = self.digits.test.select(&(0..SHOWN.min(self.digits.n_test)).collect::<Vec<_>>());
        let clean = test.to_floats();
        let corrupted = test.corrupted(&model.corruption, 0, 0)?;
        let restored = model.model.reconstruct(&floats(&corrupted, &test)?)?;
        let picture = Grid::strip(
            &[("clean", &clean), ("corrupted", &corrupted), ("restored", &restored)],
            height,
            width,
        )?
        .grey_scale(GreyScale::INTENSITY)
        .upscale(2)
        .draw()?;
        desk.picture(
            "gaussian-repair",
            &picture,
            "Rows of digits: clean, under Gaussian noise, restored",
            html! { "Test digits, clean, under Gaussian noise, and restored. " (sentence(GreyScale::INTENSITY)) },
        )?;
        let rule = GreyScale::SYMMETRIC_PER_TILE.inverted();
        desk.picture(
            "filters-gaussian-digits",
            &self.filter_grid(model, FILTERS, 20)?.draw()?,
            "A grid of a hundred filters learned from digits under Gaussian noise",
            html! {
                "Filters learned under Gaussian noise, the same units as before. " (sentence(rule))
            },
        )
    }
}

fn objective(desk: &mut Desk) {
    desk.page.section("The objective");
    desk.page.paragraph(
        "The target is still the uncorrupted input. The network sees the corrupted sample, and its output is compared with \
         the original; the squared error is summed over components and averaged over samples:",
    );
    let sum_of = sum(var("i"));
    desk.page.formula(html! {
        (under(upright("arg min"), var("θ"))) (op(" "))
        (frac(upright("1"), var("n"))) (sum_of) (sum(var("j")))
        (sup(
            group(minus(sub(hat(var("x")), var("ij")), sub(var("x"), var("ij")))),
            upright("2"),
        ))
    });
    desk.page.paragraph(html! {
        "Here " (inline(equals(
            hat(var("x")),
            times([var("r"), group(plus(
                times([sup(var("W"), upright("T")), var("s"), group(plus(times([var("W"), tilde(var("x"))]), var("b")))]),
                var("c"),
            ))]),
        ))) " is restored from " (inline(tilde(var("x")))) ", the corrupted sample."
    });
}

/// The units whose class means vary most, in descending order; ties by unit number.
fn most_selective(means: &[f64], n_classes: usize) -> Vec<usize> {
    let variance = |row: &[f64]| {
        let mean = row.iter().sum::<f64>() / row.len() as f64;
        row.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
    };
    let mut units: Vec<(usize, f64)> = means.chunks(n_classes).map(variance).enumerate().collect();
    units.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    units.into_iter().take(UNITS).map(|(unit, _)| unit).collect()
}
