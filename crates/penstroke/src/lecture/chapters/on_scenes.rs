//! Chapters on scenes: the data, filters without noise, with noise and of PCA, and the best linear denoiser.

use super::{Chapters, Desk, Shown, count, sentence, shown};
use crate::Model;
use crate::data::Scene;
use crate::data::patches::{USUAL_CUTOFF, whiten};
use crate::lecture::digits::floats;
use crate::lecture::scenes::{DEVIATION, Kind, SceneModel, Shape, name};
use crate::lecture::statistic::Statistic;
use crate::report::formula::*;
use crate::report::{Axis, Chart, GreyScale, Grid, Heading, Point, Series, Table, number};
use crate::{Error, Result};
use maud::html;

/// Patches in a grid of data, and the columns of grids that fill a page.
const PATCHES: usize = 96;
const COLUMNS: usize = 16;
/// Filters in one of several grids, and its columns: two of them side by side fill a page.
const PANEL: usize = 72;
const PANEL_COLUMNS: usize = 9;
/// Pixels a weight.
const UPSCALE: usize = 4;
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
            "The lecture repeats this on natural scenes: patches of " (side) "×" (side) " pixels from " (count(scenes.n_scenes)) " scenes. Most of \
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
        self.sections(desk)?;
        let values = scenes.test.to_floats();
        let n = (PATCHES * side * side).min(values.len());
        let picture = self.wide(&values[..n], "value")?.draw()?;
        desk.picture(
            "patches",
            &picture,
            "Whitened patches",
            Shown {
                caption: html! {
                    (n / (side * side)) " of " (count(scenes.n_test)) " whitened test patches of " (side) "×" (side) " pixels, the kind of \
                    input that the autoencoders receive. " (sentence(GreyScale::SYMMETRIC_PER_TILE))
                },
                sentence: "The input: patches of natural scenes.",
            },
        )?;
        Ok(())
    }

    /// Sections of scenes, before and after whitening.
    fn sections(&self, desk: &mut Desk) -> Result<()> {
        let scenes = self.scenes;
        let some = &scenes.scenes[..SCENES.min(scenes.scenes.len())];
        let crop = some.iter().map(|s| s.height.min(s.width)).min().unwrap_or(0).min(CROP);
        let crops = |scenes: &[Scene]| -> Vec<f32> { scenes.iter().flat_map(|s| centre(s, crop)).collect() };
        let draw = |values: Vec<f32>, scaling, what: &str| {
            Grid::new(values, crop, crop)?.columns(SCENES).density(2).grey_scale(scaling).key(what).draw()
        };
        let (values, is_scaled) = displayable(crops(some));
        let raw =
            draw(values, GreyScale::INTENSITY, if is_scaled { "scaled intensity" } else { "intensity" })?;
        let white = draw(crops(&whiten(some, USUAL_CUTOFF)?), GreyScale::SYMMETRIC_PER_TILE, "value")?;
        desk.pictures(
            &[
                ("scenes", &raw, "Sections of some of the scenes"),
                ("scenes-whitened", &white, "The same sections after whitening"),
            ],
            Shown {
                caption: html! {
                    "Sections of " (crop) "×" (crop) " pixels from " (some.len()) " of " (count(scenes.n_scenes)) " scenes, before and after \
                    whitening. Before: "
                    @if is_scaled { "the smallest value is black and the largest white. " } @else { "0 is black and 1 is white. " }
                    "After: " (GreyScale::SYMMETRIC_PER_TILE.describe()) ". In scenes before whitening light means bright; everywhere else on this \
                    page dark means a high value."
                },
                sentence: "Whitening leaves what changes quickly: mainly edges.",
            },
        )?;
        Ok(())
    }

    /// A grid over the width of the page.
    fn wide(&self, values: &[f32], what: &str) -> Result<Grid<'static>> {
        let side = self.scenes.patch_side;
        Ok(Grid::new(values.to_vec(), side, side)?
            .columns(COLUMNS)
            .upscale(UPSCALE)
            .density(2)
            .grey_scale(GreyScale::SYMMETRIC_PER_TILE)
            .key(what))
    }

    fn panel(&self, model: &SceneModel) -> Result<Grid<'static>> {
        let (side, weights) = (self.scenes.patch_side, model.model.weights());
        let n = (PANEL * side * side).min(weights.len());
        Ok(Grid::new(weights[..n].to_vec(), side, side)?
            .columns(PANEL_COLUMNS)
            .upscale(UPSCALE - 1)
            .density(2)
            .grey_scale(GreyScale::SYMMETRIC_PER_TILE)
            .key("weight"))
    }

    fn without_noise(&self, desk: &mut Desk) -> Result<()> {
        desk.page.section("Without noise: autoencoder and weight decay");
        let variance = (self.scenes.patch_side * self.scenes.patch_side) as f64;
        let mut models = vec![("no decay".to_owned(), self.first_of(Kind::Plain)?)];
        for decay in self.scenes.decays() {
            models.push((format!("weight decay {decay}"), self.first_of(Kind::WeightDecay(decay))?));
        }
        desk.page.paragraph(html! {
            "An autoencoder with more hidden units than it needs can copy its input, and its filters need not be meaningful. \
            Weight decay is the usual way to regularise a network. The lecture states that it does not give edge detectors either."
            (self.verdict("weight-decay-gives-no-edges"))
        });
        let mut table = Table::new(
            "Autoencoders trained without noise: how much of the variance of test patches they leave unexplained, and their edges.",
            [
                Heading::text("trained with"),
                Heading::number("unexplained, %"),
                Heading::number("distinct edges"),
            ],
        );
        let n_filters = count(models[0].1.shape.n_filters);
        let mut grids = Vec::new();
        for (title, model) in models {
            let share = number::significant(100.0 * model.test_loss / variance, 2);
            let edges = format!("{} of {}", model.shape.n_distinct_edges, model.shape.n_distinct);
            table.push([title.clone(), share, edges]);
            grids.push((format!("filters-{}", title.replace(' ', "-")), title, self.panel(model)?));
        }
        desk.page.table(&table);
        desk.filter_grids(
            &grids,
            Shown {
                caption: html! {
                    "Filters of the first " (PANEL) " of " (n_filters) " hidden units of autoencoders trained on scenes \
                    without noise, with rising weight decay. " (sentence(GreyScale::SYMMETRIC_PER_TILE))
                },
                sentence: self.heading("weight-decay-gives-no-edges", "Without noise there are no edge detectors, whatever the weight decay.", "Filters without noise, by weight decay"),
            },
        )?;
        Ok(())
    }

    fn denoising(&self, desk: &mut Desk) -> Result<()> {
        let side = self.scenes.patch_side;
        let model = self.first_of(Kind::Denoising)?;
        desk.page.section("With Gaussian noise");
        desk.page.paragraph(html! {
            "Every component of a patch has variance 1; now noise of variance "
            (DEVIATION * DEVIATION) " is added to it. Only structure that several pixels share can \
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
        .upscale(UPSCALE)
        .density(2)
        .key("value")
        .draw()?;
        desk.picture(
            "scenes-repair",
            &strip,
            "Rows of patches: clean, under Gaussian noise, restored",
            Shown {
                caption: html! {
                    "Test patches, clean, under Gaussian noise of deviation " (DEVIATION) ", and restored by the denoising autoencoder. "
                    (sentence(GreyScale::SYMMETRIC_PER_TILE))
                },
                sentence: "Test patches under noise as strong as the signal, and restored.",
            },
        )?;
        let filters = model.model.filters();
        desk.picture(
            "filters-scenes",
            &self.wide(filters.as_slice(), "weight")?.draw()?,
            "A grid of the denoising autoencoder's filters",
            Shown {
                caption: html! {
                    "All " (model.shape.n_filters) " filters of the denoising autoencoder of scenes; "
                    (model.shape.n_edges) " of them are localized, oriented edges by the rule in the table of filter statistics. Tied units \
                    of opposite sign often share one filter. If each group of near copies and negatives counts once, "
                    (model.shape.n_distinct_edges) " of " (model.shape.n_distinct) " filters are edges. "
                    (sentence(GreyScale::SYMMETRIC_PER_TILE))
                },
                sentence: self.heading("edges-emerge", "With Gaussian noise, hidden units become edge detectors.", "Filters learned under Gaussian noise"),
            },
        )?;
        Ok(())
    }

    fn components(&self, desk: &mut Desk) -> Result<()> {
        desk.page.section("Principal components");
        desk.page.paragraph(html! {
            "The principal components of natural scenes are gratings that fill the whole patch, ordered by frequency. They \
            describe the data well, but the lecture states that none of them is a localized edge."
            (self.verdict("pca-gives-no-edges"))
        });
        desk.picture(
            "pca",
            &self.wide(&self.scenes.components, "weight")?.draw()?,
            "All principal components of the patches",
            Shown {
                caption: html! {
                    "All " (self.scenes.pca.n_filters) " principal components of the training patches, by falling variance. "
                    (sentence(GreyScale::SYMMETRIC_PER_TILE))
                },
                sentence: self.heading("pca-gives-no-edges", "Principal components are gratings over the whole patch, not edges.", "Principal components of the patches"),
            },
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
            ", and there is a closed form for masking as well. A denoising autoencoder that does not beat it \
            restores no better than a linear map." (self.verdict("beats-linear-denoiser"))
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
        desk.chart(
            "training-loss",
            &chart.draw(),
            Shown {
                caption: "Training loss of the denoising autoencoder of scenes after each epoch, as squared error per patch, and the \
                 expected loss of the best linear denoiser on test patches.",
                sentence: self.heading("beats-linear-denoiser", "The denoising autoencoder does better than the best linear denoiser.", "Training loss and the best linear denoiser"),
            },
        );
        self.losses(desk);
    }

    fn losses(&self, desk: &mut Desk) {
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
                row(
                    format!("{}, {}", self.words().many, model.corruption),
                    model.seed,
                    model.test_loss,
                    linear,
                    ratio,
                );
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

/// Values within 0..=1, and whether they had to be scaled for that: the smallest becomes 0 and the largest 1.
fn displayable(mut values: Vec<f32>) -> (Vec<f32>, bool) {
    let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    let is_scaled = low < 0.0 || high > 1.0;
    if is_scaled {
        let scaled = |value: f32| if low < high { (value - low) / (high - low) } else { 0.5 };
        values.iter_mut().for_each(|value| *value = scaled(*value));
    }
    (values, is_scaled)
}

/// The middle `side × side` pixels of a scene.
fn centre(scene: &Scene, side: usize) -> Vec<f32> {
    let (top, left) = ((scene.height - side) / 2, (scene.width - side) / 2);
    (top..top + side)
        .flat_map(|y| &scene.values[y * scene.width + left..y * scene.width + left + side])
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenes_of_any_range_are_shown() {
        assert_eq!(displayable(vec![0.2, 1.0]), (vec![0.2, 1.0], false));
        assert_eq!(displayable(vec![-100.0, 0.0, 300.0]), (vec![0.0, 0.25, 1.0], true));
        assert_eq!(displayable(vec![5.0, 5.0]), (vec![0.5, 0.5], true));
    }
}
