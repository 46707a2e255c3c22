//! Line and scatter charts: series of points with intervals, labelled at their ends.

use super::axis::{Axis, Scale};
use super::number::Estimate;
use super::svg::{Anchor, Drawing, coordinate, line, marker, series_class, text, text_width};
use crate::error::counted;
use maud::{Markup, html};

const WIDTH: f64 = 680.0;
const PLOT_HEIGHT: f64 = 270.0;
/// Font size of labels, in pixels, as in `chart.css`.
const LETTERS: f64 = 13.0;
/// Line height of labels, in pixels.
const LINE: f64 = 17.0;

/// A point of a series; both numbers in the units of their axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Horizontal position.
    pub x: f64,
    /// Vertical position, with its 95 % interval.
    pub y: Estimate,
}

impl Point {
    /// A point without an interval.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y: Estimate::exact(y) }
    }

    /// A point with its interval.
    pub const fn estimated(x: f64, y: Estimate) -> Self {
        Self { x, y }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    LineAndPoints,
    Line,
    Points,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intervals {
    Bars,
    Band,
}

/// A named series of points.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    name: String,
    points: Vec<Point>,
    form: Form,
    intervals: Intervals,
}

impl Series {
    /// Points joined by a line in the given order, with intervals as bars.
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = Point>) -> Self {
        let points = points.into_iter().collect();
        Self { name: name.into(), points, form: Form::LineAndPoints, intervals: Intervals::Bars }
    }

    /// A line without markers for a curve of many values, such as the loss of each epoch.
    pub fn curve(name: impl Into<String>, points: impl IntoIterator<Item = Point>) -> Self {
        Self { form: Form::Line, intervals: Intervals::Band, ..Self::new(name, points) }
    }

    /// Markers without a line.
    pub fn scatter(name: impl Into<String>, points: impl IntoIterator<Item = Point>) -> Self {
        Self { form: Form::Points, ..Self::new(name, points) }
    }

    /// Draws intervals as a band behind the line instead of bars.
    #[must_use]
    pub fn band(mut self) -> Self {
        self.intervals = Intervals::Band;
        self
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Reference {
    value: f64,
    label: String,
}

/// A chart of series over two axes. Points that are not finite, or outside their axis, are left out and counted in a line
/// under the chart.
///
/// ```
/// use penstroke::report::{Axis, Chart, Estimate, Point, Series};
/// let error = |q, value| Point::estimated(q, Estimate { value, low: value - 0.1, high: value + 0.1 });
/// let svg = Chart::new("Less error with noise", Axis::linear("masking probability"), Axis::linear("test error").unit("%"))
///     .series(Series::new("probe on the code", [error(0.0, 2.9), error(0.25, 2.1), error(0.5, 2.3)]))
///     .reference("raw pixels", 7.6)
///     .draw()
///     .to_svg();
/// assert!(svg.starts_with("<svg") && svg.contains("raw pixels"));
/// ```
#[derive(Clone, Debug)]
pub struct Chart {
    title: String,
    description: Option<String>,
    x: Axis,
    y: Axis,
    series: Vec<Series>,
    references: Vec<Reference>,
}

/// The plot's rectangle and its two scales.
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: Scale,
    y: Scale,
}

impl Plot {
    fn x(&self, value: f64) -> f64 {
        self.x.place(value, (self.left, self.right))
    }

    fn y(&self, value: f64) -> f64 {
        self.y.place(value, (self.bottom, self.top))
    }
}

impl Chart {
    /// An empty chart. The title is not drawn: it names the chart for screen readers.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self { title: title.into(), description: None, x, y, series: Vec::new(), references: Vec::new() }
    }

    /// Describes the chart in words for screen readers, instead of listing its series.
    #[must_use]
    pub fn describe(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Adds a series.
    #[must_use]
    pub fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Adds a labelled horizontal line at a value of y, such as the error of the best linear denoiser.
    #[must_use]
    pub fn reference(mut self, label: impl Into<String>, y: f64) -> Self {
        self.references.push(Reference { value: y, label: label.into() });
        self
    }

    /// Draws the chart.
    pub fn draw(&self) -> Drawing {
        let shown: Vec<Vec<Point>> = self
            .series
            .iter()
            .map(|series| series.points.iter().copied().filter(|p| self.can_show(p)).collect())
            .collect();
        let references: Vec<&Reference> =
            self.references.iter().filter(|r| self.y.can_show(r.value)).collect();
        let n_given: usize = self.series.iter().map(|s| s.points.len()).sum();
        let n_left_out = n_given - shown.iter().map(Vec::len).sum::<usize>();
        let note = (n_left_out > 0).then(|| {
            format!("{} left out: not finite, or outside these axes.", counted(n_left_out, "point"))
        });
        let note =
            note.or_else(|| shown.iter().all(Vec::is_empty).then(|| String::from("No points to show.")));

        let ys = shown.iter().flatten().flat_map(|p| [p.y.value, p.y.low, p.y.high]);
        let y = self.y.fit(ys.chain(references.iter().map(|r| r.value)), 5);
        let x = self.x.fit(shown.iter().flatten().map(|p| p.x), 7);
        let legend = self.legend_rows();
        let ticks_width = y.ticks.iter().map(|(_, label)| text_width(label, 12.0)).fold(0.0, f64::max);
        let labels_width = match &legend {
            Some(_) => 12.0,
            None => self.series.iter().map(|s| text_width(&s.name, LETTERS) + 36.0).fold(12.0, f64::max),
        };
        let top = 30.0 + LINE * legend.as_ref().map_or(0.0, |rows| rows.len() as f64 + 0.3);
        let plot = Plot {
            left: ticks_width + 10.0,
            right: (WIDTH - labels_width).max(WIDTH / 2.0),
            top,
            bottom: top + PLOT_HEIGHT,
            x,
            y,
        };
        let note_y = plot.bottom + 42.0 + LINE;
        let body = html! {
            (self.axes(&plot))
            @for (index, (series, points)) in self.series.iter().zip(&shown).enumerate() {
                (marks(&plot, index, series, points))
            }
            @for reference in &references { (reference_line(&plot, reference)) }
            @match &legend {
                Some(rows) => (self.legend(rows, plot.left)),
                None => (self.direct_labels(&plot, &shown)),
            }
            @if let Some(note) = &note { (text("note", (plot.left, note_y), Anchor::Start, note)) }
        };
        let mut description = self.description.clone().unwrap_or_else(|| self.list(&shown));
        if let Some(note) = &note {
            description.push(' ');
            description.push_str(note);
        }
        let height = if note.is_some() { note_y + 6.0 } else { plot.bottom + 46.0 };
        Drawing { width: WIDTH, height, title: self.title.clone(), description, body }
    }

    fn can_show(&self, point: &Point) -> bool {
        self.x.can_show(point.x)
            && point.y.is_finite()
            && [point.y.value, point.y.low, point.y.high].into_iter().all(|v| self.y.can_show(v))
    }

    /// The series in words.
    fn list(&self, shown: &[Vec<Point>]) -> String {
        let series: Vec<_> = self
            .series
            .iter()
            .zip(shown)
            .map(|(s, p)| format!("{} ({})", s.name, counted(p.len(), "point")))
            .collect();
        format!("{} against {}: {}.", self.y.title, self.x.title, series.join("; "))
    }

    /// The series in each line of the legend; `None` if each series is labelled at its end.
    fn legend_rows(&self) -> Option<Vec<Vec<usize>>> {
        let all_lines = self.series.iter().all(|s| s.form != Form::Points);
        let widest = self.series.iter().map(|s| text_width(&s.name, LETTERS)).fold(0.0, f64::max);
        if self.series.len() <= 6 && all_lines && widest < 0.3 * WIDTH
            || self.series.len() < 2 && widest == 0.0
        {
            return None;
        }
        let mut rows: Vec<Vec<usize>> = Vec::new();
        let mut used = f64::INFINITY;
        for (index, series) in self.series.iter().enumerate() {
            let width = text_width(&series.name, LETTERS) + 52.0;
            if used + width > WIDTH - 60.0 {
                rows.push(Vec::new());
                used = 0.0;
            }
            used += width;
            if let Some(row) = rows.last_mut() {
                row.push(index);
            }
        }
        Some(rows)
    }

    fn axes(&self, plot: &Plot) -> Markup {
        html! {
            (text("title", (0.0, 13.0), Anchor::Start, &self.y.title))
            @for (value, label) in &plot.y.ticks {
                @let y = plot.y(*value);
                (line("grid", (plot.left, y), (plot.right, y)))
                (text("tick", (plot.left - 8.0, y + 4.0), Anchor::End, label))
            }
            (line("axis", (plot.left, plot.bottom), (plot.right, plot.bottom)))
            @for (value, label) in &plot.x.ticks {
                @let x = plot.x(*value);
                (line("axis", (x, plot.bottom), (x, plot.bottom + 4.0)))
                (text("tick", (x, plot.bottom + 18.0), Anchor::Middle, label))
            }
            (text("title", ((plot.left + plot.right) / 2.0, plot.bottom + 38.0), Anchor::Middle, &self.x.title))
        }
    }

    fn legend(&self, rows: &[Vec<usize>], left: f64) -> Markup {
        let mut places = Vec::new();
        for (row, indices) in rows.iter().enumerate() {
            let mut x = left;
            for &index in indices {
                places.push((index, (x, 34.0 + LINE * row as f64)));
                x += text_width(&self.series[index].name, LETTERS) + 52.0;
            }
        }
        html! { @for (index, (x, y)) in places { (self.key(index, (x, y))) } }
    }

    /// A legend entry: a sample of the line and marker, then the name, starting at `x`, centred at height `y`.
    fn key(&self, index: usize, (x, y): (f64, f64)) -> Markup {
        let series = &self.series[index];
        html! {
            g class=(series_class(index)) {
                @if series.form != Form::Points { (line("line", (x, y), (x + 22.0, y))) }
                @if series.form != Form::Line { (marker(index, (x + 11.0, y))) }
            }
            (text("label", (x + 28.0, y + 4.5), Anchor::Start, &series.name))
        }
    }

    /// Names at the right ends of the lines, moved apart so that they do not overlap.
    fn direct_labels(&self, plot: &Plot, shown: &[Vec<Point>]) -> Markup {
        let mut ends: Vec<(usize, f64, f64)> = shown
            .iter()
            .enumerate()
            .filter_map(|(index, points)| {
                let last = points.iter().max_by(|a, b| a.x.total_cmp(&b.x))?;
                Some((index, plot.x(last.x), plot.y(last.y.value)))
            })
            .collect();
        ends.sort_by(|a, b| a.2.total_cmp(&b.2));
        let wanted: Vec<f64> = ends.iter().map(|end| end.2).collect();
        let places = move_apart(&wanted, LINE, (plot.top, plot.bottom));
        html! {
            @for (&(index, x, y), &label_y) in ends.iter().zip(&places) {
                @let label_x = plot.right + 8.0;
                @if (label_y - y).abs() > 3.0 || label_x - x > 16.0 {
                    (line("leader", (x + 5.0, y), (label_x - 1.0, label_y)))
                }
                @if self.series.len() > 1 {
                    (self.key(index, (label_x, label_y)))
                } @else {
                    (text("label", (label_x, label_y + 4.5), Anchor::Start, &self.series[index].name))
                }
            }
        }
    }
}

/// Moves ascending positions at least `least` apart and, if they fit, into `range`, with each near its wanted position.
fn move_apart(wanted: &[f64], least: f64, (low, high): (f64, f64)) -> Vec<f64> {
    // Positions that touch form a block, which is placed at the mean of its members' wanted positions.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    let top = |(middle, n): (f64, usize)| middle - least * (n as f64 - 1.0) / 2.0;
    for &place in wanted {
        let mut block = (place, 1);
        while let Some(&last) = blocks.last() {
            if top(last) + least * last.1 as f64 <= top(block) + 1e-9 {
                break;
            }
            let n = last.1 + block.1;
            // The start that each member wants for the block: its own position minus its offset in the block.
            let first = (top(last) * last.1 as f64 + (top(block) - least * last.1 as f64) * block.1 as f64)
                / n as f64;
            block = (first + least * (n as f64 - 1.0) / 2.0, n);
            blocks.pop();
        }
        let room = (high - low - least * (block.1 as f64 - 1.0)).max(0.0);
        let first = top(block).clamp(low, low + room);
        blocks.push((first + least * (block.1 as f64 - 1.0) / 2.0, block.1));
    }
    blocks.iter().flat_map(|&block| (0..block.1).map(move |i| top(block) + least * i as f64)).collect()
}

fn reference_line(plot: &Plot, reference: &Reference) -> Markup {
    let y = plot.y(reference.value);
    html! {
        (line("reference", (plot.left, y), (plot.right, y)))
        (text("halo tick", (plot.left + 6.0, y - 5.0), Anchor::Start, &reference.label))
    }
}

fn marks(plot: &Plot, index: usize, series: &Series, points: &[Point]) -> Markup {
    let path = |pairs: &mut dyn Iterator<Item = (f64, f64)>| -> String {
        let pairs: Vec<_> = pairs.map(|(x, y)| format!("{},{}", coordinate(x), coordinate(y))).collect();
        pairs.join(" ")
    };
    let has_interval = |p: &&Point| p.y.low < p.y.high;
    html! {
        g class=(series_class(index)) {
            @match series.intervals {
                Intervals::Band => @if points.iter().any(|p| has_interval(&p)) {
                    polygon class="band" points=(path(
                        &mut points.iter().map(|p| (plot.x(p.x), plot.y(p.y.high)))
                            .chain(points.iter().rev().map(|p| (plot.x(p.x), plot.y(p.y.low)))),
                    )) {}
                },
                Intervals::Bars => @for p in points.iter().filter(has_interval) {
                    (line("bar", (plot.x(p.x), plot.y(p.y.low)), (plot.x(p.x), plot.y(p.y.high))))
                },
            }
            @if series.form != Form::Points && points.len() > 1 {
                polyline class="line" points=(path(&mut points.iter().map(|p| (plot.x(p.x), plot.y(p.y.value))))) {}
            }
            // A curve with one point would otherwise be invisible.
            @if series.form != Form::Line || points.len() == 1 {
                @for p in points { (marker(index, (plot.x(p.x), plot.y(p.y.value)))) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
