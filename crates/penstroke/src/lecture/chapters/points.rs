//! The lecture point by point: which figure shows it, and which number measures it.

use super::{Chapters, Desk};
use crate::report::{FigureRef, Heading, Table};
use maud::{Markup, Render, html};

/// A point of the lecture, the names of its figures, and the identifiers of its claims.
type Point = (&'static str, &'static [&'static str], &'static [&'static str]);

/// The points in the lecture's order.
const POINTS: &[Point] = &[
    ("A random process corrupts each component before the network sees it.", &["network", "corruption"], &[]),
    ("Masking: zero with probability q, unchanged otherwise.", &["corruption"], &["input-corrupted-at-rate"]),
    ("The objective asks for the uncorrupted input.", &["network"], &["target-is-clean"]),
    (
        "Copying no longer minimises the objective; the network restores a component from the others.",
        &["repair"],
        &["corrupted-pixels-restored"],
    ),
    ("The task; the basic approach feeds raw pixels to a classifier.", &["pipelines", "test-errors"], &[]),
    (
        "The autoencoder's code is a better input for the classifier.",
        &["pipelines", "test-errors"],
        &["features-beat-pixels", "denoising-beats-plain"],
    ),
    (
        "A hidden unit is a filter: of all inputs of norm 1, W divided by its norm excites it most.",
        &["filters-none"],
        &["filter-maximises-unit"],
    ),
    ("Filters without noise, with q = 0.25 and with q = 0.5.", &["filters-none"], &[]),
    ("Without noise few filters are meaningful.", &["filters-none"], &["strokes-emerge"]),
    (
        "With noise the units detect strokes, and some classes make a unit fire.",
        &["filters-none", "mean-activation", "firing"],
        &["strokes-emerge"],
    ),
    ("More noise gives wider filters.", &["width"], &["noise-widens-filters"]),
    ("Another corruption adds Gaussian noise.", &["gaussian-repair", "filters-gaussian"], &[]),
    (
        "On natural scenes, such an autoencoder gives edge detectors; weight decay does not.",
        &["patches", "filters-scenes", "filters-no-decay"],
        &["edges-emerge", "weight-decay-gives-no-edges"],
    ),
    ("PCA does not give edge detectors.", &["pca"], &["pca-gives-no-edges"]),
];

impl Chapters<'_> {
    pub(super) fn points(&self, desk: &mut Desk) {
        let mut table = Table::new(
            "Where this page shows each point, and what measures it.",
            [
                Heading::number("point"),
                Heading::text("the lecture says"),
                Heading::text("shown in"),
                Heading::text("measured"),
            ],
        );
        for (number, (text, figures, claims)) in (1..).zip(POINTS) {
            let figures: Vec<FigureRef> = figures.iter().filter_map(|name| desk.named(name)).collect();
            let row: [Markup; 4] = [
                html! { (number) },
                text.render(),
                html! { @for figure in figures { (figure) " " } },
                self.measured(claims),
            ];
            table.push(row);
        }
        desk.page.section("The lecture, point by point");
        desk.page.table(&table);
    }

    fn measured(&self, ids: &[&str]) -> Markup {
        let claims = self.claims.iter().filter(|claim| ids.contains(&claim.id));
        html! { @for (k, claim) in claims.enumerate() { @if k > 0 { "; " } (claim.shown) ", " (claim.verdict.words()) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_fourteen_points_and_each_has_a_figure() {
        assert_eq!(POINTS.len(), 14);
        assert!(POINTS.iter().all(|(_, figures, _)| !figures.is_empty()));
    }
}
