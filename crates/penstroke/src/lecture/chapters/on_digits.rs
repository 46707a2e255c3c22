//! Chapters on digits: the network, corruption, objective and repair.

use super::{Chapters, Desk, Shown, count, sentence};
use crate::Model as _;
use crate::lecture::digits::{Model, floats, masking};
use crate::report::formula::*;
use crate::report::{GreyScale, Grid, Heading, Picture, Table, diagram, number};
use crate::{Error, Result};
use maud::html;

/// Samples in a strip.
const SHOWN: usize = 9;
/// Wanted side of a sample in a strip, in pixels.
const TILE: usize = 84;

impl Chapters<'_> {
    pub(super) fn digit_chapters(&self, desk: &mut Desk) -> Result<()> {
        self.network(desk);
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

    pub(super) fn first(&self, q: f64) -> Result<&Model> {
        let seed = self.digits.seeds().first().copied().unwrap_or(0);
        self.digits.masked(seed, q).ok_or_else(|| Error::numerical(format!("no model with q = {q}")))
    }

    fn network(&self, desk: &mut Desk) {
        let words = self.words();
        desk.page.section("The network");
        desk.page.paragraph(html! {
            "A denoising autoencoder has one hidden layer. It receives a corrupted sample, encodes it, and decodes the code \
            into a reconstruction. While it is trained it never receives the clean sample, but its reconstruction is compared with it."
        });
        desk.chart(
            "network",
            &diagram::network(),
            Shown {
                caption: html! {
                    "The denoising autoencoder. A random process corrupts the clean sample x into x̃. The encoder with weights W \
                    and biases b computes the code h, the decoder with weights W* and biases c the reconstruction x̂. The loss \
                    compares x̂ with x, not with x̃."
                },
                sentence: "The network sees the corrupted sample and must restore the clean one.",
            },
        );
        let mut table =
            Table::new("The letters on this page.", [Heading::text("letter"), Heading::text("meaning")]);
        let mut row =
            |letter: maud::Markup, meaning: String| table.push([inline(letter), html! { (meaning) }]);
        let n_hidden = self.digits.models.first().map_or(0, |model| model.model.n_hidden());
        let (height, width) = self.size();
        let d = self.digits.test.n_visible();
        row(
            sub(var("x"), var("ij")),
            format!("component j of sample i, one of {} = {height} × {width} pixels", count(d)),
        );
        row(sub(tilde(var("x")), var("ij")), "the same component after corruption".into());
        row(sub(hat(var("x")), var("ij")), "the same component as the network restores it".into());
        row(var("q"), "probability that masking sets a component to zero".into());
        row(sub(var("h"), var("k")), format!("activation of hidden unit k, one of {}", count(n_hidden)));
        row(sub(var("W"), var("k")), "weights of hidden unit k: row k of W".into());
        row(var("W*"), "weights of the decoder; here W* is W transposed".into());
        row(
            html! { (var("b")) (op(",")) (var("c")) },
            "biases of the hidden units and of the reconstruction".into(),
        );
        row(
            html! { (var("s")) (op(",")) (var("r")) },
            format!("activations of encoder and decoder; for {} both are sigmoids", words.many),
        );
        row(var("θ"), "all parameters: W, b and c".into());
        row(var("m"), "number of training samples".into());
        desk.page.table(&table);
    }

    fn corruption(&self, desk: &mut Desk) -> Result<()> {
        let words = self.words();
        let rate = &self.digits.corruption_rate;
        desk.page.section("Corruption");
        let tilde_x = || sub(tilde(var("x")), var("ij"));
        let x = || sub(var("x"), var("ij"));
        desk.page.paragraph(html! {
            "Before the network sees a sample, a random process "
            (inline(probability(given(tilde_x(), x()))))
            " corrupts each of its components. The simplest one in practice, masking, sets a component to zero with \
            probability " (inline(var("q"))) " and keeps it unchanged otherwise:"
        });
        desk.page.formula(html! {
            (equals(probability(given(equals(tilde_x(), upright("0")), x())), var("q"))) (op(",")) (op("\u{2003}"))
            (equals(probability(given(equals(tilde_x(), x()), x())), minus(upright("1"), var("q"))))
        });
        desk.page.paragraph(html! {
            "Each presentation of a sample draws a fresh mask. The components that survive are not rescaled. Of "
            (count(rate.n_components)) " components masked with q = " (rate.q) ", a share of "
            (number::fixed(rate.measured.value, 5)) " became zero."
        });
        let shown =
            self.digits.test.select(&(0..SHOWN.min(self.digits.test.n_samples())).collect::<Vec<_>>());
        let clean = shown.to_floats();
        let at = |q: f64| -> Result<Vec<f32>> { shown.corrupted(&masking(q)?, 0, 0) };
        let (quarter, half) = (at(0.25)?, at(0.5)?);
        let picture = self.strip(&[("clean", &clean), ("q = 0.25", &quarter), ("q = 0.5", &half)])?;
        desk.picture(
            "corruption",
            &picture,
            &format!("Rows of {}: clean, and with a quarter and a half of their pixels set to zero", words.many),
            Shown {
                caption: html! {
                    "Test " (words.many) " before and after masking: clean, with a quarter and with half of the pixels set to zero. "
                    (sentence(GreyScale::INK))
                },
                sentence: "Masking sets each pixel to zero with probability q.",
            },
        )?;
        Ok(())
    }

    /// Rows of samples with their labels.
    pub(super) fn strip(&self, rows: &[(&str, &[f32])]) -> Result<Picture> {
        let (height, width) = self.size();
        Grid::strip(rows, height, width)?
            .grey_scale(GreyScale::INK)
            .upscale((TILE / height.max(width)).clamp(1, 8))
            .density(2)
            .key("intensity")
            .draw()
    }

    fn repair(&self, desk: &mut Desk) -> Result<()> {
        let (height, width) = self.size();
        let words = self.words();
        let (plain, quarter, half) = (self.first(0.0)?, self.first(0.25)?, self.first(0.5)?);
        desk.page.section("Repair");
        desk.page.paragraph(html! {
            "Copying the input no longer minimises the objective, because it would also copy the corruption. To restore a \
            pixel, the network must infer it from the other pixels, and for that it must know what " (words.many) " look \
            like. So a model trained with noise should restore " (words.many) " better than a model trained without, and \
            better than copying." (self.verdict("corrupted-pixels-restored"))
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
        desk.picture(
            "repair",
            &self.strip(&rows)?,
            &format!("Rows of {}: clean, corrupted, and as restored by three autoencoders", words.many),
            Shown {
                caption: html! {
                    "Test " (words.many) ", with a quarter of their pixels set to zero, and as restored by autoencoders that were \
                    trained without noise, with q = 0.25 and with q = 0.5. " (sentence(GreyScale::INK))
                },
                sentence: self.heading("corrupted-pixels-restored", "Trained with noise, the network fills in what is missing.", "Repair of masked pixels"),
            },
        )?;
        let mut table = Table::new(
            html! {
                "Mean squared error per corrupted pixel (a pixel that masking changed), test " (words.many) ", q = 0.25."
            },
            [
                Heading::text("restored by"),
                Heading::number("error per pixel"),
                Heading::number("relative to copying, %"),
            ],
        );
        let copying = self.digits.copying_error;
        table.push(["copying".to_owned(), number::fixed(copying, 4), "100".into()]);
        for model in self.digits.models.iter().filter(|m| m.seed == plain.seed) {
            let share = number::fixed(100.0 * model.repair_error / copying, 0);
            table.push([model.words(), number::fixed(model.repair_error, 4), share]);
        }
        desk.page.table(&table);
        Ok(())
    }
}

fn objective(desk: &mut Desk) {
    desk.page.section("The objective");
    desk.page.paragraph(
        "The target is still the uncorrupted input. The network receives the corrupted sample, and its output is compared with \
         the original. The squared error is summed over components and averaged over samples:",
    );
    desk.page.formula(html! {
        (under(upright("arg min"), var("θ"))) (op(" "))
        (frac(upright("1"), var("m"))) (sum(var("i"))) (sum(var("j")))
        (sup(
            group(minus(sub(hat(var("x")), var("ij")), sub(var("x"), var("ij")))),
            upright("2"),
        ))
    });
    let affine = |weights, input, bias| group(plus(times([weights, input]), var(bias)));
    desk.page.paragraph(html! {
        "The code is "
        (inline(equals(var("h"), times([var("s"), affine(var("W"), tilde(var("x")), "b")]))))
        ", and the reconstruction "
        (inline(equals(hat(var("x")), times([var("r"), affine(sup(var("W"), op("*")), var("h"), "c")]))))
        "."
    });
}
