//! Several values in each labelled row over one axis, such as two predictors' errors for each column of a table.

use super::axis::Axis;
use super::number::fixed;
use super::panel::shortened;
use super::svg::{Anchor, Drawing, line, marker, series_class, text, text_width};
use maud::html;

const WIDTH: f64 = 680.0;
/// Row height, in pixels.
const ROW: f64 = 23.0;

/// Rows of markers, one marker for each series.
///
/// ```
/// use penstroke::report::{Axis, Compared};
/// let drawing = Compared::new("Errors", Axis::linear("error"), ["networks", "linear"])
///     .reference("the mean", 1.0)
///     .row("age", [Some(0.8), None])
///     .draw();
/// assert_eq!(drawing.description(), "error: age: networks 0.80, linear –.");
/// ```
#[derive(Clone, Debug)]
pub struct Compared {
    title: String,
    axis: Axis,
    series: Vec<String>,
    rows: Vec<(String, Vec<Option<f64>>)>,
    reference: Option<(String, f64)>,
}

impl Compared {
    /// No rows yet. The title is not drawn: it names the chart for screen readers.
    pub fn new<S: Into<String>>(
        title: impl Into<String>,
        axis: Axis,
        series: impl IntoIterator<Item = S>,
    ) -> Self {
        let series = series.into_iter().map(Into::into).collect();
        Self { title: title.into(), axis, series, rows: Vec::new(), reference: None }
    }

    /// Adds a row with a value for each series; values that are missing or not finite are not shown.
    #[must_use]
    pub fn row(mut self, label: impl Into<String>, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        self.rows.push((label.into(), values.into_iter().collect()));
        self
    }

    /// Sets the labelled vertical line at a value.
    #[must_use]
    pub fn reference(mut self, label: impl Into<String>, value: f64) -> Self {
        self.reference = Some((label.into(), value));
        self
    }

    /// The series with their places in the legend.
    fn keys(&self, left: f64) -> Vec<(usize, f64, &String)> {
        let (mut keys, mut at) = (Vec::new(), left);
        for (k, name) in self.series.iter().enumerate() {
            keys.push((k, at, name));
            at += text_width(name, 13.0) + 36.0;
        }
        keys
    }

    /// Draws the chart.
    pub fn draw(&self) -> Drawing {
        let shown = |value: Option<f64>| value.filter(|value| self.axis.can_show(*value));
        let values = self.rows.iter().flat_map(|(_, values)| values).filter_map(|value| shown(*value));
        let scale = self.axis.fit(values.chain(self.reference.iter().map(|(_, value)| *value)), 6);
        let words = |values: &[Option<f64>]| {
            let one = |value: &Option<f64>| shown(*value).map_or("–".to_owned(), |value| fixed(value, 2));
            values.iter().map(one).collect::<Vec<_>>()
        };
        let labels = self.rows.iter().map(|(label, _)| text_width(label, 13.0)).fold(40.0, f64::max);
        let left = (labels + 20.0).min(0.35 * WIDTH);
        let numbers = 46.0 * self.series.len() as f64;
        let right = WIDTH - numbers - 8.0;
        let x = |value: f64| scale.place(value, (left, right));
        let top = 46.0;
        let bottom = top + ROW * self.rows.len() as f64 + 4.0;
        let y = |index: usize| top + ROW * (index as f64 + 0.5);
        let column = |k: usize| WIDTH - 46.0 * (self.series.len() - 1 - k) as f64;
        // The reference's words keep clear of the numbers' columns.
        let inside = |middle: f64, label: &str| {
            let half = 1.15 * text_width(label, 12.0) / 2.0;
            middle.min(right - half).max(half)
        };
        let body = html! {
            @for (k, at, name) in self.keys(left) {
                g class=(series_class(k)) { (marker(k, (at + 6.0, 10.0))) }
                (text("label", (at + 16.0, 14.5), Anchor::Start, name))
                g class=(series_class(k)) { (marker(k, (column(k) - 12.0, top - 12.0))) }
            }
            @for (value, label) in &scale.ticks {
                (line("grid", (x(*value), top), (x(*value), bottom)))
                (text("tick", (x(*value), bottom + 16.0), Anchor::Middle, label))
            }
            (line("axis", (left, bottom), (right, bottom)))
            (text("title", ((left + right) / 2.0, bottom + 36.0), Anchor::Middle, &self.axis.title))
            @if let Some((label, value)) = &self.reference {
                (line("reference", (x(*value), top - 4.0), (x(*value), bottom)))
                (text("tick", (inside(x(*value), label), top - 9.0), Anchor::Middle, label))
            }
            @for (index, (label, values)) in self.rows.iter().enumerate() {
                (text("label", (0.0, y(index) + 4.5), Anchor::Start, &shortened(label, left - 14.0)))
                // The first series on top.
                @for (k, value) in values.iter().enumerate().rev() {
                    @if let Some(value) = shown(*value) {
                        g class=(series_class(k)) { (marker(k, (x(value), y(index)))) }
                    }
                }
                @for (k, words) in words(values).iter().enumerate() {
                    (text("tick", (column(k), y(index) + 4.5), Anchor::End, words))
                }
            }
        };
        let row = |(label, values): &(String, Vec<Option<f64>>)| {
            let named = self.series.iter().zip(words(values)).map(|(name, words)| format!("{name} {words}"));
            format!("{label}: {}", named.collect::<Vec<_>>().join(", "))
        };
        let description =
            format!("{}: {}.", self.axis.title, self.rows.iter().map(row).collect::<Vec<_>>().join("; "));
        Drawing { width: WIDTH, height: bottom + 44.0, title: self.title.clone(), description, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_row_are_placed_on_one_axis() {
        let svg = Compared::new("t", Axis::linear("error").range(0.0, 2.0), ["a", "b"])
            .row("<r>", [Some(0.5), Some(1.5)])
            .row("s", [Some(1.0), Some(f64::NAN)])
            .draw()
            .to_svg();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let places: Vec<f64> = document
            .descendants()
            .filter(|node| node.attribute("class") == Some("mark"))
            .filter_map(|node| node.attribute("cx")?.parse().ok())
            .collect();
        // Two keys, then 0.5 and 1 of the first series.
        assert_eq!(places.len(), 4);
        let line = |class: &str, name: &str| -> f64 {
            let node = document.descendants().find(|node| node.attribute("class") == Some(class)).unwrap();
            node.attribute(name).unwrap().parse().unwrap()
        };
        let (left, right) = (line("axis", "x1"), line("axis", "x2"));
        assert!((places[2] - (left + (right - left) / 4.0)).abs() < 0.02, "{places:?}");
        assert!((places[3] - (left + right) / 2.0).abs() < 0.02, "{places:?}");
    }

    #[test]
    fn the_words_of_the_reference_end_where_the_axis_ends() {
        let words = "mean or most frequent";
        let svg = Compared::new("t", Axis::linear("error").range(0.0, 1.0), ["a", "b"])
            .reference(words, 1.0)
            .row("r", [Some(0.5), Some(0.7)])
            .draw()
            .to_svg();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let place = |name: &str, node: roxmltree::Node<'_, '_>| -> f64 {
            node.attribute(name).unwrap().parse().unwrap()
        };
        let axis = document.descendants().find(|node| node.attribute("class") == Some("axis")).unwrap();
        let label = document
            .descendants()
            .find(|n| n.has_children() && n.is_element() && n.text() == Some(words))
            .unwrap();
        let end = place("x", label) + text_width(words, 12.0) / 2.0;
        assert!(end <= place("x2", axis) && end > place("x2", axis) - 20.0, "{end}");
    }
}
