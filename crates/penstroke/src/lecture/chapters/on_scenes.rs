//! Chapters on scenes: the data, filters without noise, with noise and of PCA, and the best linear denoiser.

use super::{Chapters, Desk, sentence, shown};
use crate::Model;
use crate::data::Scene;
use crate::data::patches::{USUAL_CUTOFF, whiten};
use crate::lecture::digits::floats;
use crate::lecture::scenes::{DEVIATION, Kind, SceneModel, Shape, name};
use crate::lecture::statistic::Statistic;
use crate::report::formula::*;
use crate::report::{Axis, Chart, Figure, GreyScale, Grid, Heading, Montage, Point, Series, Table, number};
use crate::{Error, Result};
use maud::html;

/// Patches in a grid of data.
const PATCHES: usize = 100;
/// Filters in a panel of a montage, and its columns: five panels side by side fill a page.
const PANEL: usize = 72;
const PANEL_COLUMNS: usize = 6;
/// Patches in a strip.
const SHOWN: usize = 16;
/// Scenes shown, and their side after cropping.
const SCENES: usize = 3;
const CROP: usize = 240;

impl Chapters<'_> {
    pub(super) fn scene_chapters(&self, desk: &mut Desk) -> Result<()> {
        self.data(desk)?;
        self.without_noise(desk)?;
        self.denoising(desk)?;
        self.components(desk)?;
        self.yardstick(desk);
        Ok(())
    }

    fn first_of(&self, kind: Kind) -> Result<&SceneModel> {
        self.scenes
            .of(kind)
            .into_iter()
            .next()
            .ok_or_else(|| Error::numerical(format!("no model: {}", name(kind))))
    }

    fn data(&self, desk: &mut Desk) -> Result<()> {
        let scenes = self.scenes;
        let side = scenes.patch_side;
        desk.page.section("Natural scenes");
        desk.page.paragraph(html! {
            "The same with other data: patches of " (side) "×" (side) " pixels from " (scenes.n_scenes) " scenes. Most of \
            the energy of a natural scene is in slow changes of brightness. A whitening filter, as the eye is thought to \
            apply, levels the spectrum; its frequency response is "
            (inline(times([
                var("f"),
                upright("exp"),
                group(html! {
                    (op("−"))
                    (sup(group(html! { (var("f")) (op("/")) (sub(var("f"), upright("0"))) }), upright("4")))
                }),
            ])))
            ", " (inline(equals(sub(var("f"), upright("0")), upright(&USUAL_CUTOFF.to_string())))) " cycles per pixel. The \
            patches are then scaled to unit variance."
        });
        let some = &scenes.scenes[..SCENES.min(scenes.scenes.len())];
        let crop = some.iter().map(|s| s.height.min(s.width)).min().unwrap_or(0).min(CROP);
        let crops = |scenes: &[Scene]| -> Vec<f32> { scenes.iter().flat_map(|s| centre(s, crop)).collect() };
        let draw = |values: Vec<f32>, scaling| {
            Grid::new(values, crop, crop)?.columns(SCENES).grey_scale(scaling).draw()
        };
        let raw = draw(crops(some), GreyScale::INTENSITY)?;
        let white = draw(crops(&whiten(some, USUAL_CUTOFF)?), GreyScale::SYMMETRIC_PER_TILE)?;
        desk.pictures(
            &[
                ("scenes", &raw, "Three of the scenes"),
                ("scenes-whitened", &white, "The same scenes after whitening"),
            ],
            "Sections of scenes, before and after whitening.",
        )?;
        let values = scenes.test.to_floats();
        let n = (PATCHES * side * side).min(values.len());
        let picture = Grid::new(&values[..n], side, side)?
            .columns(20)
            .upscale(3)
            .grey_scale(GreyScale::SYMMETRIC_PER_TILE)
            .draw()?;
        desk.picture(
            "patches",
            &picture,
            "A hundred whitened patches",
            html! { "Patches, the input of the autoencoders. " (sentence(GreyScale::SYMMETRIC_PER_TILE)) },
        )
    }

    fn panel(&self, weights: &[f32], upscale: usize) -> Result<Grid<'static>> {
        let side = self.scenes.patch_side;
        let n = (PANEL * side * side).min(weights.len());
        Ok(Grid::new(weights[..n].to_vec(), side, side)?
            .columns(PANEL_COLUMNS)
            .upscale(upscale)
            .grey_scale(GreyScale::SYMMETRIC_PER_TILE))
    }

    fn without_noise(&self, desk: &mut Desk) -> Result<()> {
        desk.page.section("Without noise: autoencoder and weight decay");
        let plain = self.first_of(Kind::Plain)?;
        let side = self.scenes.patch_side;
        let decays = self.scenes.decays();
        let left = |model: &SceneModel| {
            let share = 100.0 * model.test_loss / (side * side) as f64;
            format!("{} %", number::significant(share, 2))
        };
        let mut montage = Montage::new().panel("no noise", self.panel(plain.model.weights(), 2)?);
        let mut errors = vec![("no decay".to_owned(), left(plain))];
        for &decay in &decays {
            let model = self.first_of(Kind::WeightDecay(decay))?;
            montage = montage.panel(format!("decay {decay}"), self.panel(model.model.weights(), 2)?);
            errors.push((format!("decay {decay}"), left(model)));
        }
        desk.page.paragraph(html! {
            "An autoencoder with more hidden units than it needs can copy its input, and its filters need not be meaningful. \
            Weight decay is the usual way to regularise a network. The share of a test patch's variance that these models \
            leave unexplained: "
            @for (k, (decay, error)) in errors.iter().enumerate() {
                @if k > 0 { ", " } (decay) " " (error)
            }
            ". The lecture states that none of these models has edge detectors." (self.verdict("weight-decay-gives-no-edges"))
        });
        desk.picture(
            "filters-weight-decay",
            &montage.draw()?,
            "Grids of filters, without noise and with rising weight decay",
            html! {
                "Filters of autoencoders trained without noise. " (sentence(GreyScale::SYMMETRIC_PER_TILE))
            },
        )
    }

    fn denoising(&self, desk: &mut Desk) -> Result<()> {
        let side = self.scenes.patch_side;
        let model = self.first_of(Kind::Denoising)?;
        desk.page.section("With Gaussian noise");
        desk.page.paragraph(html! {
            "Every component of a patch has variance 1; now noise of variance "
            (number::significant(DEVIATION * DEVIATION, 2)) " is added to it. Only structure that several pixels share can \
            be recovered, and in scenes this should be mainly edges." (self.verdict("edges-emerge"))
        });
        let test = self.scenes.test.select(&(0..SHOWN.min(self.scenes.n_test)).collect::<Vec<_>>());
        let clean = test.to_floats();
        let corrupted = test.corrupted(&model.model.config().training.corruption, 0, 0)?;
        let restored = model.model.reconstruct(&floats(&corrupted, &test)?)?;
        let strip = Grid::strip(
            &[("clean", &clean), ("corrupted", &corrupted), ("restored", &restored)],
            side,
            side,
        )?
        .grey_scale(GreyScale::SYMMETRIC_PER_TILE)
        .upscale(3)
        .draw()?;
        desk.picture(
            "scenes-repair",
            &strip,
            "Rows of patches: clean, under Gaussian noise, restored",
            html! { "Test patches, clean, under noise, and restored. " (sentence(GreyScale::SYMMETRIC_PER_TILE)) },
        )?;
        let filters = model.model.filters();
        let picture = Grid::new(filters.as_slice(), side, side)?
            .columns(20)
            .upscale(3)
            .grey_scale(GreyScale::SYMMETRIC_PER_TILE)
            .draw()?;
        desk.picture(
            "filters-scenes",
            &picture,
            "A grid of the denoising autoencoder's filters",
            html! {
                "All " (model.shape.n_filters) " filters of the denoising autoencoder; "
                (model.shape.n_edges) " of them are localized, oriented edges by the rule of the statistics. Tied units \
                of opposite sign often share one filter. If each group of near copies and negatives counts once, "
                (model.shape.n_distinct_edges) " of " (model.shape.n_distinct) " filters are edges. "
                (sentence(GreyScale::SYMMETRIC_PER_TILE))
            },
        )
    }

    fn components(&self, desk: &mut Desk) -> Result<()> {
        desk.page.section("Principal components");
        desk.page.paragraph(html! {
            "The principal components of natural scenes are gratings that fill the whole patch, ordered by frequency. They \
            describe the data well, but the lecture states that none of them is a localized edge."
            (self.verdict("pca-gives-no-edges"))
        });
        let side = self.scenes.patch_side;
        let picture = Grid::new(self.scenes.components.as_slice(), side, side)?
            .columns(18)
            .upscale(3)
            .grey_scale(GreyScale::SYMMETRIC_PER_TILE)
            .draw()?;
        desk.picture(
            "pca",
            &picture,
            "All principal components of the patches",
            html! { "All principal components, by falling variance. " (sentence(GreyScale::SYMMETRIC_PER_TILE)) },
        )?;
        let mut table = Table::new(
            "Statistics of filters. An edge is localized, oriented, and fitted by a Gabor function with an R² of at least one half. \
             Kurtosis is the excess kurtosis of the filter's responses to test patches.",
            [
                Heading::text("filters of"),
                Heading::number("edges"),
                Heading::number("distinct edges"),
                Heading::number("median R²"),
                Heading::number("median kurtosis"),
            ],
        );
        let row = |table: &mut Table, name: String, shape: &Shape| {
            table.push([
                name,
                format!("{} of {}", shape.n_edges, shape.n_filters),
                format!("{} of {}", shape.n_distinct_edges, shape.n_distinct),
                number::fixed(shape.median_gabor_r2, 2),
                number::fixed(shape.median_kurtosis, 1),
            ]);
        };
        for model in &self.scenes.models {
            row(&mut table, format!("{}, seed {}", name(model.kind), model.seed), &model.shape);
        }
        row(&mut table, "PCA".into(), &self.scenes.pca);
        desk.page.table(&table);
        Ok(())
    }

    fn yardstick(&self, desk: &mut Desk) {
        desk.page.section("The best linear denoiser");
        desk.page.paragraph(html! {
            "How well could a linear method do? The best linear denoiser is known in closed form: for centred data with \
            covariance " (inline(var("C"))) " and Gaussian noise it is "
            (inline(equals(
                var("R"),
                times([
                    var("C"),
                    sup(
                        group(plus(var("C"), times([sup(var("σ"), upright("2")), var("I")]))),
                        times([op("−"), upright("1")]),
                    ),
                ]),
            )))
            ", and there is a closed form for masking as well. A denoising autoencoder that does not beat it has learned \
            nothing that PCA could not." (self.verdict("beats-linear-denoiser"))
        });
        let mut chart = Chart::new(
            "Training loss on scenes",
            Axis::linear("epoch"),
            Axis::linear("loss, squared error per patch"),
        )
        .describe("Loss of the denoising autoencoder over epochs, compared with the best linear denoiser")
        .reference("best linear denoiser", self.scenes.linear_loss);
        for model in self.scenes.of(Kind::Denoising) {
            let points =
                model.train_loss.iter().enumerate().map(|(k, &loss)| Point::new(k as f64 + 1.0, loss));
            chart = chart.series(Series::curve(format!("seed {}", model.seed), points.collect::<Vec<_>>()));
        }
        desk.page.figure(&Figure::new("Training loss of each epoch.").chart(&chart.draw()));
        let mut table = Table::new(
            "Loss on test samples, and the expected loss of the best linear denoiser on the same samples.",
            [
                Heading::text("corruption"),
                Heading::number("seed"),
                Heading::number("autoencoder"),
                Heading::number("best linear"),
                Heading::number("ratio"),
            ],
        );
        let mut row = |what: String, seed: u64, loss: f64, linear: f64, ratio: Statistic| {
            let ratio = shown(ratio, 3);
            table.push([what, seed.to_string(), number::fixed(loss, 2), number::fixed(linear, 2), ratio]);
        };
        for model in &self.digits.models {
            if let (Some(linear), Some(ratio)) = (model.linear_loss, model.loss_ratio) {
                row(format!("digits, {}", model.corruption), model.seed, model.test_loss, linear, ratio);
            }
        }
        for model in self.scenes.of(Kind::Denoising) {
            if let Some(ratio) = model.loss_ratio {
                let what = format!("scenes, {}", model.model.config().training.corruption);
                row(what, model.seed, model.test_loss, self.scenes.linear_loss, ratio);
            }
        }
        desk.page.table(&table);
    }
}

/// The middle `side × side` pixels of a scene.
fn centre(scene: &Scene, side: usize) -> Vec<f32> {
    let (top, left) = ((scene.height - side) / 2, (scene.width - side) / 2);
    (top..top + side)
        .flat_map(|y| &scene.values[y * scene.width + left..y * scene.width + left + side])
        .copied()
        .collect()
}
