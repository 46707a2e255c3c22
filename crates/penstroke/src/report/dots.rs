//! Dots with intervals in labelled rows, such as the error of one classifier per row.

use super::axis::Axis;
use super::number::Estimate;
use super::svg::{Anchor, Drawing, line, marker, series_class, text, text_width};
use crate::error::counted;
use maud::html;

const WIDTH: f64 = 680.0;
/// Row height, in pixels.
const ROW: f64 = 23.0;

#[derive(Clone, Debug)]
enum Row {
    Group(String),
    Value { label: String, estimate: Estimate, group: usize },
}

impl Row {
    fn value(&self) -> Option<(&String, &Estimate)> {
        match self {
            Row::Value { label, estimate, .. } => Some((label, estimate)),
            Row::Group(_) => None,
        }
    }
}

/// Estimates with their intervals, one per row, over one axis. A row whose numbers are not finite, or outside the axis,
/// keeps its label and shows "no value".
///
/// ```
/// use penstroke::report::{Axis, Dots, Estimate};
/// let drawing = Dots::new("Test error by representation", Axis::linear("test error").unit("%"))
///     .decimals(2)
///     .row("raw pixels", Estimate { value: 7.6, low: 7.1, high: 8.2 })
///     .row("code, q = 0.25", Estimate { value: 2.1, low: 1.8, high: 2.4 })
///     .draw();
/// assert!(drawing.to_svg().contains("2.10 (1.80 to 2.40)"));
/// ```
#[derive(Clone, Debug)]
pub struct Dots {
    title: String,
    description: Option<String>,
    axis: Axis,
    decimals: usize,
    rows: Vec<Row>,
    references: Vec<(String, f64)>,
    n_groups: usize,
}

impl Dots {
    /// A chart without rows. The title is not drawn: it names the chart for screen readers.
    pub fn new(title: impl Into<String>, axis: Axis) -> Self {
        Self {
            title: title.into(),
            description: None,
            axis,
            decimals: 2,
            rows: Vec::new(),
            references: Vec::new(),
            n_groups: 0,
        }
    }

    /// Describes the chart in words for screen readers, instead of listing its rows.
    #[must_use]
    pub fn describe(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the decimals of the numbers at the right; 2 by default.
    #[must_use]
    pub fn decimals(mut self, decimals: usize) -> Self {
        self.decimals = decimals;
        self
    }

    /// Adds a heading for the rows that follow, which take the next colour and marker.
    #[must_use]
    pub fn group(mut self, heading: impl Into<String>) -> Self {
        self.rows.push(Row::Group(heading.into()));
        self.n_groups += 1;
        self
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, label: impl Into<String>, estimate: Estimate) -> Self {
        let group = self.n_groups.saturating_sub(1);
        self.rows.push(Row::Value { label: label.into(), estimate, group });
        self
    }

    /// Adds a labelled vertical line at a value, such as the error of the best linear denoiser.
    #[must_use]
    pub fn reference(mut self, label: impl Into<String>, value: f64) -> Self {
        self.references.push((label.into(), value));
        self
    }

    /// Value and ends of an estimate, if all can be shown.
    fn ends(&self, estimate: &Estimate) -> Option<[f64; 3]> {
        let ends = [estimate.value, estimate.low, estimate.high];
        (estimate.is_finite() && ends.into_iter().all(|v| self.axis.can_show(v))).then_some(ends)
    }

    /// Draws the chart.
    pub fn draw(&self) -> Drawing {
        let shown = |estimate: &Estimate| self.ends(estimate);
        let estimates = || self.rows.iter().filter_map(Row::value);
        let references: Vec<_> =
            self.references.iter().filter(|(_, value)| self.axis.can_show(*value)).collect();
        let data = estimates().filter_map(|(_, e)| shown(e)).flatten();
        let scale = self.axis.fit(data.chain(references.iter().map(|r| r.1)), 6);

        let words =
            |e: &Estimate| shown(e).map_or(String::from("no value"), |_| e.with_interval(self.decimals));
        let indent = if self.n_groups > 0 { 12.0 } else { 0.0 };
        let labels = estimates().map(|(label, _)| text_width(label, 13.0) + indent).fold(40.0, f64::max);
        let values = estimates().map(|(_, e)| text_width(&words(e), 12.0)).fold(0.0, f64::max);
        let left = (labels + 20.0).min(WIDTH / 2.0);
        let right = (WIDTH - values - 16.0).max(left + 120.0);
        let x = |value: f64| scale.place(value, (left, right));
        let top = if references.is_empty() { 6.0 } else { 22.0 };
        let bottom = top + ROW * self.rows.len() as f64 + 4.0;
        let y = |index: usize| top + ROW * (index as f64 + 0.5);
        let n_left_out = estimates().filter(|(_, e)| shown(e).is_none()).count();
        let note = (n_left_out > 0)
            .then(|| format!("{} left out: not finite, or outside this axis.", counted(n_left_out, "value")));

        let body = html! {
            @for (value, label) in &scale.ticks {
                (line("grid", (x(*value), top), (x(*value), bottom)))
                (text("tick", (x(*value), bottom + 16.0), Anchor::Middle, label))
            }
            (line("axis", (left, bottom), (right, bottom)))
            (text("title", ((left + right) / 2.0, bottom + 36.0), Anchor::Middle, &self.axis.title))
            @for (label, value) in references.iter().copied() {
                (line("reference", (x(*value), top - 4.0), (x(*value), bottom)))
                (text("halo tick", (x(*value), top - 9.0), Anchor::Middle, label))
            }
            @for (index, row) in self.rows.iter().enumerate() {
                @match row {
                    Row::Group(heading) => (text("head", (0.0, y(index) + 5.0), Anchor::Start, heading)),
                    Row::Value { label, estimate, group } => {
                        (text("label", (indent, y(index) + 4.5), Anchor::Start, label))
                        @if shown(estimate).is_some() {
                            g class=(series_class(*group)) {
                                (line("bar", (x(estimate.low), y(index)), (x(estimate.high), y(index))))
                                (marker(*group, (x(estimate.value), y(index))))
                            }
                        }
                        (text("tick", (WIDTH, y(index) + 4.5), Anchor::End, &words(estimate)))
                    }
                }
            }
            @if let Some(note) = &note { (text("note", (0.0, bottom + 54.0), Anchor::Start, note)) }
        };
        let description = self.description.clone().unwrap_or_else(|| {
            let rows: Vec<_> = estimates().map(|(label, e)| format!("{label} {}", words(e))).collect();
            format!("{}: {}.", self.axis.title, rows.join("; "))
        });
        let height = bottom + if note.is_some() { 62.0 } else { 44.0 };
        Drawing { width: WIDTH, height, title: self.title.clone(), description, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dots() -> Dots {
        Dots::new("t", Axis::linear("error").including(0.0))
    }

    /// `(start, end, marker)` of each row's interval, across.
    fn rows(svg: &str) -> Vec<(f64, f64, f64)> {
        let document = roxmltree::Document::parse(svg).unwrap();
        let number = |n: roxmltree::Node, name: &str| n.attribute(name).unwrap().parse::<f64>().unwrap();
        let bars = document.descendants().filter(|n| n.attribute("class") == Some("bar"));
        let marks =
            document.descendants().filter(|n| n.attribute("class") == Some("mark") && n.has_attribute("cx"));
        bars.zip(marks)
            .map(|(bar, mark)| (number(bar, "x1"), number(bar, "x2"), number(mark, "cx")))
            .collect()
    }

    #[test]
    fn rows_share_one_linear_axis() {
        let svg = dots()
            .row("a", Estimate { value: 2.0, low: 1.0, high: 4.0 })
            .row("b", Estimate::exact(0.0))
            .draw()
            .to_svg();
        let rows = rows(&svg);
        let (zero, unit) = (rows[1].2, rows[0].0 - rows[1].2);
        assert!(unit > 10.0);
        // Coordinates are rounded to a hundredth of a pixel, here multiplied by up to four.
        assert!((rows[0].2 - zero - 2.0 * unit).abs() < 0.05, "{rows:?}");
        assert!((rows[0].1 - zero - 4.0 * unit).abs() < 0.05, "{rows:?}");
        assert_eq!((rows[1].0, rows[1].1), (zero, zero));
    }

    #[test]
    fn rows_without_a_number_show_no_value() {
        let svg = dots()
            .group("g")
            .row("a", Estimate::exact(f64::NAN))
            .row("b", Estimate::exact(1.0))
            .draw()
            .to_svg();
        assert_eq!(rows(&svg).len(), 1);
        assert!(
            svg.contains("1 value left out") && svg.contains("no value") && !svg.contains("NaN"),
            "{svg}"
        );
        roxmltree::Document::parse(&dots().draw().to_svg()).unwrap();
    }

    #[test]
    fn names_pass_the_escape() {
        let hostile = "<script>\"&";
        let drawing = dots()
            .group(hostile)
            .row(hostile, Estimate::exact(1.0))
            .reference(hostile, 2.0)
            .describe(hostile);
        let svg = drawing.draw().to_svg();
        roxmltree::Document::parse(&svg).unwrap();
        assert!(!svg.contains("<script"), "{svg}");
    }
}
