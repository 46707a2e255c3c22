//! Small bar charts side by side on one scale, such as the mean activation of a unit for each digit.

use super::axis::Axis;
use super::number::is_drawable;
use super::picture::Picture;
use super::svg::{Anchor, Drawing, coordinate, line, text, text_width};
use crate::Result;
use crate::error::counted;
use maud::{Markup, html};

const WIDTH: f64 = 680.0;
/// Height of the bars of a panel, in pixels, and of the picture beside them.
const PLOT: f64 = 64.0;
/// Horizontal distance between panels.
const BETWEEN: f64 = 18.0;

/// One small chart: a value for each category.
#[derive(Clone, Debug)]
pub struct BarPanel {
    heading: String,
    values: Vec<f64>,
    picture: Option<(String, &'static str)>,
}

impl BarPanel {
    /// Values in the order of the categories.
    pub fn new(heading: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        Self { heading: heading.into(), values: values.into_iter().collect(), picture: None }
    }

    /// Adds a picture to the left of the bars, such as the unit's filter.
    ///
    /// # Errors
    /// If the picture cannot be encoded.
    pub fn picture(mut self, picture: &Picture) -> Result<Self> {
        // A dense picture is reduced by averaging.
        let rendering = if picture.density() > 1 { "auto" } else { "pixelated" };
        self.picture = Some((picture.data_uri()?, rendering));
        Ok(self)
    }
}

/// Panels of bars over the same categories and one scale; the largest bar of each panel stands out.
///
/// ```
/// use penstroke::report::{Axis, BarPanel, Bars};
/// let drawing = Bars::new("Mean activation by class", ["0", "1", "2"], Axis::linear("mean activation"))
///     .panel(BarPanel::new("unit 17", [0.1, 0.8, 0.3]))
///     .panel(BarPanel::new("unit 40", [0.6, 0.2, 0.2]))
///     .draw();
/// assert!(drawing.description().contains("unit 17: most for 1"));
/// ```
#[derive(Clone, Debug)]
pub struct Bars {
    title: String,
    description: Option<String>,
    categories: Vec<String>,
    axis: Axis,
    columns: usize,
    panels: Vec<BarPanel>,
}

impl Bars {
    /// A chart without panels. The axis always includes zero, where bars begin. The title is not drawn: it names the chart
    /// for screen readers.
    pub fn new<S: Into<String>>(
        title: impl Into<String>,
        categories: impl IntoIterator<Item = S>,
        axis: Axis,
    ) -> Self {
        Self {
            title: title.into(),
            description: None,
            categories: categories.into_iter().map(Into::into).collect(),
            axis: axis.including(0.0),
            columns: 4,
            panels: Vec::new(),
        }
    }

    /// Describes the chart in words for screen readers, instead of listing the largest bar of each panel.
    #[must_use]
    pub fn describe(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the number of panels in a row, 1 to 8; 4 by default.
    #[must_use]
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = columns.clamp(1, 8);
        self
    }

    /// Adds a panel; panels fill rows from the top left.
    #[must_use]
    pub fn panel(mut self, panel: BarPanel) -> Self {
        self.panels.push(panel);
        self
    }

    /// Draws the chart.
    pub fn draw(&self) -> Drawing {
        let n = self.categories.len();
        // A value without a category cannot be shown either.
        let shown = |i: usize, v: f64| i < n && is_drawable(v) && self.axis.can_show(v);
        let values = || self.panels.iter().flat_map(|p| p.values.iter().copied().enumerate());
        let scale = self.axis.fit(values().filter(|&(i, v)| shown(i, v)).map(|(_, v)| v), 2);
        let n_left_out = values().filter(|&(i, v)| !shown(i, v)).count();
        let note = (n_left_out > 0).then(|| {
            format!("{} left out: not finite, or outside this chart.", counted(n_left_out, "value"))
        });

        let ticks = scale.ticks.iter().map(|(_, label)| text_width(label, 12.0)).fold(0.0, f64::max) + 8.0;
        let pictures = if self.panels.iter().any(|p| p.picture.is_some()) { PLOT + 8.0 } else { 0.0 };
        let columns = self.columns.min(self.panels.len().max(1));
        let panel_width = (WIDTH - ticks - BETWEEN * (columns as f64 - 1.0)) / columns as f64;
        // A few panels do not stretch over the whole width.
        let bars_width = (panel_width - pictures).clamp(40.0, 26.0 * n.max(2) as f64);
        let pitch = (bars_width + pictures + BETWEEN, PLOT + 50.0);
        let corner = |index: usize| {
            let (row, column) = (index / columns, index % columns);
            (ticks + pitch.0 * column as f64, 42.0 + pitch.1 * row as f64)
        };
        let bar = bars_width / n.max(1) as f64;
        let n_rows = self.panels.len().div_ceil(columns).max(1);
        let bottom = 42.0 + pitch.1 * n_rows as f64 - 24.0;

        let body = html! {
            (text("title", (0.0, 13.0), Anchor::Start, &self.axis.title))
            @for (index, panel) in self.panels.iter().enumerate() {
                @let (x0, top) = corner(index);
                @let left = x0 + pictures;
                @let y = |value: f64| scale.place(value, (top + PLOT, top));
                @let most = largest(&panel.values, &shown);
                (text("head", (x0, top - 8.0), Anchor::Start, &panel.heading))
                @if let Some((picture, rendering)) = &panel.picture {
                    image x=(coordinate(x0)) y=(coordinate(top)) width=(PLOT) height=(PLOT) href=(picture)
                        style={ "image-rendering: " (rendering) } {}
                }
                @for (value, label) in &scale.ticks {
                    (line("grid", (left, y(*value)), (left + bars_width, y(*value))))
                    @if index % columns == 0 {
                        (text("tick", (x0 - 6.0, y(*value) + 4.0), Anchor::End, label))
                    }
                }
                @for (i, &value) in panel.values.iter().enumerate().filter(|&(i, &v)| shown(i, v)) {
                    @let (x, width) = (left + bar * (i as f64 + 0.14), bar * 0.72);
                    (column(most == Some(i), x, width, (y(value.max(0.0)), y(value.min(0.0)))))
                }
                (line("axis", (left, y(0.0)), (left + bars_width, y(0.0))))
                @for (i, category) in self.categories.iter().enumerate().filter(|&(i, _)| self.names_fit(bar) || most == Some(i)) {
                    (text("tick", (left + bar * (i as f64 + 0.5), top + PLOT + 14.0), Anchor::Middle, category))
                }
            }
            @if let Some(note) = &note { (text("note", (0.0, bottom + 16.0), Anchor::Start, note)) }
        };
        let description = self.description.clone().unwrap_or_else(|| self.largest_bars(&shown));
        let height = bottom + if note.is_some() { 22.0 } else { 0.0 };
        Drawing { width: WIDTH, height, title: self.title.clone(), description, body }
    }

    /// Whether the names of the categories fit under bars of this width. Wider ones would overlap, so only the largest bar has its name.
    fn names_fit(&self, bar: f64) -> bool {
        self.categories.iter().all(|name| text_width(name, 12.0) <= bar)
    }

    /// The largest bar of each panel, in words.
    fn largest_bars(&self, shown: &dyn Fn(usize, f64) -> bool) -> String {
        let panels = self.panels.iter().filter_map(|p| {
            let category = &self.categories[largest(&p.values, shown)?];
            Some(format!("{}: most for {category}", p.heading))
        });
        format!("{}. {}.", self.axis.title, panels.collect::<Vec<_>>().join("; "))
    }
}

/// A bar from its top to its bottom; the largest stands out.
fn column(is_largest: bool, x: f64, width: f64, (top, bottom): (f64, f64)) -> Markup {
    html! {
        rect class=(if is_largest { "column" } else { "faint" }) x=(coordinate(x)) width=(coordinate(width))
            y=(coordinate(top)) height=(coordinate(bottom - top)) {}
    }
}

/// The index of the largest value shown; the first, if tied.
fn largest(values: &[f64], shown: &dyn Fn(usize, f64) -> bool) -> Option<usize> {
    let candidates = values.iter().enumerate().filter(|&(i, &v)| shown(i, v));
    candidates.rev().max_by(|a, b| a.1.total_cmp(b.1)).map(|(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(values: &[f64]) -> Drawing {
        Bars::new("t", ["0", "1", "2"], Axis::linear("activation"))
            .panel(BarPanel::new("unit 5", values.iter().copied()))
            .draw()
    }

    /// `(top, height, class)` of each bar.
    fn columns(drawing: &Drawing) -> Vec<(f64, f64, String)> {
        let svg = drawing.to_svg();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let number = |n: roxmltree::Node, name: &str| n.attribute(name).unwrap().parse::<f64>().unwrap();
        let bars = document.descendants().filter(|n| n.has_tag_name(("http://www.w3.org/2000/svg", "rect")));
        bars.filter(|n| n.has_attribute("y"))
            .map(|n| (number(n, "y"), number(n, "height"), n.attribute("class").unwrap().to_owned()))
            .collect()
    }

    #[test]
    fn bars_grow_from_zero_in_proportion() {
        let bars = columns(&bars(&[0.25, 1.0, -0.5]));
        let unit = bars[1].1;
        // Heights are written to a hundredth of a pixel.
        assert!((bars[0].1 - unit / 4.0).abs() <= 0.02 && (bars[2].1 - unit / 2.0).abs() <= 0.02, "{bars:?}");
        let zero = bars[0].0 + bars[0].1;
        assert!((bars[2].0 - zero).abs() <= 0.02);
        assert_eq!(bars.iter().map(|b| &b.2[..]).collect::<Vec<_>>(), ["faint", "column", "faint"]);
    }

    #[test]
    fn values_outside_are_left_out_and_counted() {
        let drawing = bars(&[0.5, f64::NAN, 0.25, 9.0]);
        assert_eq!(columns(&drawing).len(), 2);
        assert!(drawing.to_svg().contains("2 values left out"));
        assert!(columns(&bars(&[])).is_empty());
        assert!(columns(&bars(&[0.0, 0.0, 0.0])).iter().all(|b| b.1 == 0.0));
        assert!(drawing.description().contains("most for 0"));
    }

    #[test]
    fn long_names_are_written_for_the_largest_bar_alone() {
        let names = ["top", "trousers of linen", "evening dress", "rubber boots"];
        let bars =
            Bars::new("t", names, Axis::linear("activation")).panel(BarPanel::new("u", [0.1, 0.2, 0.9, 0.3]));
        let svg = bars.columns(8).panel(BarPanel::new("v", [0.9, 0.2, 0.1, 0.3])).draw().to_svg();
        let count = |name: &str| svg.matches(&format!(">{name}<")).count();
        assert_eq!(names.map(count), [1, 0, 1, 0], "{svg}");
    }

    #[test]
    fn names_pass_the_escape_and_pictures_are_inside() {
        let hostile = "<script>\"&";
        let picture = Picture::filled("p", 2, 2, 9).unwrap();
        let panel = BarPanel::new(hostile, [1.0]).picture(&picture).unwrap();
        let svg = Bars::new(hostile, [hostile], Axis::linear(hostile)).panel(panel).draw().to_svg();
        roxmltree::Document::parse(&svg).unwrap();
        assert!(!svg.contains("<script") && svg.contains("href=\"data:image/png;base64,"), "{svg}");
    }
}
