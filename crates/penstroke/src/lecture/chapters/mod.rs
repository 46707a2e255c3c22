//! The lecture as a page: its chapters, in the lecture's order, and their pictures.

mod on_digits;
mod on_scenes;
mod task;

use super::claims::Claim;
use super::digits::Digits;
use super::results::Results;
use super::scenes::Scenes;
use super::statistic::Statistic;
use crate::config::Named;
use crate::report::{
    self, Claims, Estimate, Figure, GreyScale, Heading, Page, Picture, Table, Verdict, number,
};
use crate::{AutoencoderConfig, Result};
use maud::{Render, html};

/// The content of the chapters.
pub(super) struct Chapters<'a> {
    pub(super) digits: &'a Digits,
    pub(super) scenes: &'a Scenes,
    pub(super) claims: &'a [Claim],
}

/// A figure's file name without folder or extension, and its PNG bytes.
pub(super) type NamedPng = (String, Vec<u8>);

/// The page under construction, and the pictures that also become files.
struct Desk {
    page: Page,
    figures: Vec<NamedPng>,
}

impl Desk {
    /// Puts a picture on the page and keeps it as the file `name.png`.
    fn picture(
        &mut self,
        name: &str,
        picture: &Picture,
        alternative: &str,
        caption: impl Render,
    ) -> Result<()> {
        self.pictures(&[(name, picture, alternative)], caption)
    }

    /// Puts several pictures under one caption.
    fn pictures(&mut self, pictures: &[(&str, &Picture, &str)], caption: impl Render) -> Result<()> {
        let mut figure = Figure::new(caption);
        for (name, picture, alternative) in pictures {
            figure = figure.picture(picture, alternative)?;
            let number = self.figures.len() + 1;
            self.figures.push((format!("{number:02}-{name}"), picture.to_png()?));
        }
        self.page.figure(&figure);
        Ok(())
    }
}

impl Chapters<'_> {
    /// The page and its pictures.
    pub(super) fn write(&self, results: &Results<'_>) -> Result<(Page, Vec<NamedPng>)> {
        let (digits, scenes) = (self.digits, self.scenes);
        let lead = format!(
            "A denoising autoencoder receives corrupted input and learns to restore the original. This page follows the \
             lecture on denoising autoencoders point by point, with digits from {} and scenes from {}, and tests each of \
             its claims.",
            digits.source, scenes.source
        );
        let mut desk = Desk { page: Page::new("The denoising autoencoder", lead), figures: Vec::new() };
        self.verdicts(&mut desk.page);
        self.digit_chapters(&mut desk)?;
        self.scene_chapters(&mut desk)?;
        self.settings(&mut desk.page);
        desk.page.data("results", results)?;
        desk.page.footer(html! {
            "Made by penstroke " (env!("CARGO_PKG_VERSION")) ". All measurements are in " code { "results.json" } "."
        });
        Ok((desk.page, desk.figures))
    }

    /// The verdict on a claim, as the last sentence of a paragraph.
    fn verdict(&self, id: &str) -> String {
        match self.claims.iter().find(|claim| claim.id == id) {
            Some(claim) if claim.holds => {
                format!(" On these data the claim holds: {}.", claim.shown_with_interval())
            }
            Some(claim) => {
                format!(" On these data the claim does not hold: {}.", claim.shown_with_interval())
            }
            None => String::new(),
        }
    }

    fn verdicts(&self, page: &mut Page) {
        let hold = self.claims.iter().filter(|claim| claim.holds).count();
        page.section("Claims and measurements");
        page.paragraph(html! {
            (hold) " of " (self.claims.len()) " claims hold on these data. Each verdict is computed from the models trained \
            for this page, by the rule given below the table."
        });
        let rows = self.claims.iter().map(|claim| report::ClaimRow {
            statement: claim.statement.render(),
            verdict: if claim.holds { Verdict::Holds } else { Verdict::DoesNotHold },
            statistic: claim.shown.clone(),
            interval: claim.shown_interval.clone(),
            n_seeds: claim.seeds,
        });
        page.claims(&Claims::new("The lecture's claims.", rows));
        page.details(
            "How each claim is decided",
            html! {
                p {
                    "All intervals are 95 % intervals. With several seeds, they are Student's t intervals over seeds; with one \
                    seed, intervals over test samples or hidden units. Shares of filters have Wilson's interval over the \
                    filters of all seeds."
                }
                dl {
                    @for claim in self.claims { dt { code { (claim.id) } } dd { (claim.rule) } }
                }
            },
        );
    }

    fn settings(&self, page: &mut Page) {
        let (digits, scenes) = (self.digits, self.scenes);
        page.section("How this was made");
        page.paragraph(
            "All models of a seed start from the same weights, so hidden units correspond by position. The penalties of the \
             classifiers and the best denoising code were chosen on validation samples alone. No model was trained on \
             the test digits or on scenes that test patches come from.",
        );
        let mut table =
            Table::new("Settings.", [Heading::text(""), Heading::text("digits"), Heading::text("scenes")]);
        let epochs = |losses: Option<usize>| losses.map_or_else(String::new, |n| n.to_string());
        let row = |table: &mut Table, name: &str, on_digits: String, on_scenes: String| {
            table.push([name.to_owned(), on_digits, on_scenes]);
        };
        row(&mut table, "source", digits.source.clone(), scenes.source.clone());
        row(
            &mut table,
            "training samples",
            digits.n_train.to_string(),
            format!(
                "{} patches of {1}×{1} from {2} scenes",
                scenes.n_train, scenes.patch_side, scenes.n_scenes
            ),
        );
        row(&mut table, "test samples", digits.n_test.to_string(), scenes.n_test.to_string());
        row(
            &mut table,
            "preparation",
            "intensities within 0..1".into(),
            "whitened by f·exp(−(f/0.4)⁴), unit variance".into(),
        );
        let (on_digits, on_scenes) = (digits.models.first(), scenes.models.last());
        row(
            &mut table,
            "network and training",
            on_digits.map_or_else(String::new, |m| network(m.model.config())),
            on_scenes.map_or_else(String::new, |m| network(m.model.config())),
        );
        row(
            &mut table,
            "epochs",
            epochs(on_digits.map(|m| m.train_loss.len())),
            epochs(on_scenes.map(|m| m.train_loss.len())),
        );
        let seeds: Vec<String> = digits.seeds().iter().map(u64::to_string).collect();
        row(&mut table, "seeds", seeds.join(", "), seeds.join(", "));
        page.table(&table);
    }
}

/// Network and training in words.
fn network(config: &AutoencoderConfig) -> String {
    format!(
        "{} hidden, tied, {} and {}, {} loss, {}, rate {}, {}, batch {}",
        config.hidden,
        config.activation.name(),
        config.decoder.map_or("linear", Named::name),
        config.loss.name(),
        config.training.optimizer.name(),
        config.training.learning_rate,
        config.training.schedule,
        config.training.batch.unwrap_or_default()
    )
}

/// A statistic as an estimate for charts.
fn estimate(statistic: Statistic) -> Estimate {
    Estimate { value: statistic.value, low: statistic.low, high: statistic.high }
}

/// A statistic in words: `3.21 (2.98 to 3.44)`.
fn shown(statistic: Statistic, decimals: usize) -> String {
    format!(
        "{} ({})",
        number::fixed(statistic.value, decimals),
        number::interval(statistic.low, statistic.high, decimals)
    )
}

/// A grey scale as a sentence of a caption.
fn sentence(scale: GreyScale) -> String {
    let rule = scale.describe();
    let mut letters = rule.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
