//! Small charts to stand side by side, one for each column of a table: intervals against the truth, densities, shares of categories.

use super::axis::{Axis, Scale};
use super::number::fixed;
use super::svg::{Anchor, Drawing, coordinate, line, series_class, text, text_width};
use maud::{Markup, html};

/// Three of them fit into a wide figure.
const WIDTH: f64 = 290.0;
/// Height of a plot, in pixels.
const PLOT: f64 = 170.0;
/// Bold letters are at most this much wider than others.
const BOLD: f64 = 1.15;
/// Least room between the words of neighbouring ticks, in pixels.
const BETWEEN: f64 = 10.0;
/// Height of the two bars of a category, in pixels, and of the space below them.
const BARS: (f64, f64) = (24.0, 7.0);

/// A value that is known, and an interval drawn for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Checked {
    /// The known value.
    pub truth: f64,
    /// The middle of what was drawn.
    pub mean: f64,
    /// The ends of the interval.
    pub interval: [f64; 2],
}

#[derive(Clone, Debug)]
enum Content {
    Intervals(Vec<Checked>),
    Densities(Vec<(String, Vec<(f64, f64)>)>),
    Shares { categories: Vec<String>, series: [(String, Vec<f64>); 2] },
}

/// A small chart with a heading.
///
/// ```
/// use penstroke::report::{Checked, Panel};
/// let cell = |truth| Checked { truth, mean: 1.0, interval: [0.5, 1.5] };
/// let drawing = Panel::intervals("age", [cell(0.8), cell(1.9)]).draw();
/// assert_eq!(drawing.description(), "age: 1 of 2 intervals hold the truth.");
/// ```
#[derive(Clone, Debug)]
pub struct Panel {
    heading: String,
    remark: Option<String>,
    content: Content,
}

impl Panel {
    /// The truth across, intervals upright, and the line on which both are equal; an interval that misses the truth stands out.
    pub fn intervals(heading: impl Into<String>, cells: impl IntoIterator<Item = Checked>) -> Self {
        let is_drawable = |cell: &Checked| {
            [cell.truth, cell.mean, cell.interval[0], cell.interval[1]].iter().all(|v| v.abs() < 1e150)
        };
        let cells = cells.into_iter().filter(is_drawable).collect();
        Self { heading: heading.into(), remark: None, content: Content::Intervals(cells) }
    }

    /// One curve for each name, points `(value, density)`; densities have no axis of their own, areas are 1. Curves are cut off at twice
    /// the peak of the first one, which a spike would flatten.
    pub fn densities(heading: impl Into<String>, curves: Vec<(String, Vec<(f64, f64)>)>) -> Self {
        Self { heading: heading.into(), remark: None, content: Content::Densities(curves) }
    }

    /// Two bars for each category, with shares in `0..=1`: first the pale, then the strong one, each with its name.
    pub fn shares(
        heading: impl Into<String>,
        categories: Vec<String>,
        series: [(String, Vec<f64>); 2],
    ) -> Self {
        Self { heading: heading.into(), remark: None, content: Content::Shares { categories, series } }
    }

    /// Sets a few words after the heading; they stay where a long heading is shortened.
    #[must_use]
    pub fn remark(mut self, remark: impl Into<String>) -> Self {
        self.remark = Some(remark.into());
        self
    }

    /// Draws the chart.
    pub fn draw(&self) -> Drawing {
        let (body, height, words) = match &self.content {
            Content::Intervals(cells) => intervals(cells),
            Content::Densities(curves) => densities(curves),
            Content::Shares { categories, series } => shares(categories, series),
        };
        let remark = self.remark.as_ref().map_or(String::new(), |remark| format!(": {remark}"));
        let room = WIDTH / BOLD - text_width(&remark, 13.0);
        let head = format!("{}{remark}", shortened(&self.heading, room));
        let body = html! { (text("head", (0.0, 13.0), Anchor::Start, &head)) (body) };
        let description = format!("{}: {words}.", self.heading);
        Drawing { width: WIDTH, height, title: format!("{}{remark}", self.heading), description, body }
    }
}

/// A text that is cut where it would be wider.
pub(super) fn shortened(name: &str, width: f64) -> String {
    if text_width(name, 13.0) <= width {
        return name.to_owned();
    }
    let mut room = width - text_width("…", 13.0);
    let mut fits = |c: &char| {
        room -= text_width(c.encode_utf8(&mut [0; 4]), 13.0);
        room >= 0.0
    };
    let kept: String = name.chars().take_while(|c| fits(c)).collect();
    format!("{}…", kept.trim_end())
}

/// The ticks of a horizontal axis; those whose words would touch the one before are left out.
fn across(scale: &Scale, (left, right): (f64, f64), bottom: f64) -> Markup {
    let mut free = f64::NEG_INFINITY;
    let mut shown = Vec::new();
    for (value, label) in &scale.ticks {
        let (x, half) = (scale.place(*value, (left, right)), text_width(label, 12.0) / 2.0);
        // The words of the first and the last tick stay inside, in wider fonts, too.
        let middle = x.max(1.15 * half).min(WIDTH - 1.15 * half);
        if middle - half > free {
            free = middle + half + BETWEEN;
            shown.push((x, middle, label));
        }
    }
    html! {
        (line("axis", (left, bottom), (right, bottom)))
        @for (x, middle, label) in shown {
            (line("axis", (x, bottom), (x, bottom + 4.0)))
            (text("tick", (middle, bottom + 17.0), Anchor::Middle, label))
        }
    }
}

fn intervals(cells: &[Checked]) -> (Markup, f64, String) {
    let values = cells.iter().flat_map(|cell| [cell.truth, cell.interval[0], cell.interval[1]]);
    let upright = Axis::linear("").fit(values, 4);
    let level = Axis::linear("").fit(cells.iter().map(|cell| cell.truth), 4);
    let ticks = upright.ticks.iter().map(|(_, label)| text_width(label, 12.0)).fold(0.0, f64::max);
    let (left, right, top, bottom) = (ticks + 8.0, WIDTH - 10.0, 46.0, 46.0 + PLOT);
    let x = |value: f64| level.place(value, (left, right));
    let y = |value: f64| upright.place(value, (bottom, top));
    let ends = cells.iter().map(|cell| cell.truth);
    let (low, high) = (ends.clone().fold(f64::INFINITY, f64::min), ends.fold(f64::NEG_INFINITY, f64::max));
    let holds = |cell: &Checked| (cell.interval[0]..=cell.interval[1]).contains(&cell.truth);
    let n_held = cells.iter().filter(|cell| holds(cell)).count();
    let body = html! {
        (text("title tick", (0.0, 30.0), Anchor::Start, "drawn"))
        @for (value, label) in &upright.ticks {
            (line("grid", (left, y(*value)), (right, y(*value))))
            (text("tick", (left - 6.0, y(*value) + 4.0), Anchor::End, label))
        }
        (across(&level, (left, right), bottom))
        (text("tick", ((left + right) / 2.0, bottom + 33.0), Anchor::Middle, "truth"))
        @for misses in [false, true] {
            g class=(series_class(usize::from(misses))) {
                @for cell in cells.iter().filter(|cell| holds(cell) != misses) {
                    @let at = x(cell.truth);
                    line class="bar" stroke-opacity=(if misses { "1" } else { "0.35" }) x1=(coordinate(at))
                        y1=(coordinate(y(cell.interval[0]))) x2=(coordinate(at)) y2=(coordinate(y(cell.interval[1]))) {}
                    circle class="dot" cx=(coordinate(at)) cy=(coordinate(y(cell.mean))) r="1.8" {}
                }
            }
        }
        @if low < high { (line("axis strong", (x(low), y(low)), (x(high), y(high)))) }
    };
    let words = format!("{n_held} of {} intervals hold the truth", cells.len());
    (body, bottom + 38.0, words)
}

fn densities(curves: &[(String, Vec<(f64, f64)>)]) -> (Markup, f64, String) {
    let points = || curves.iter().flat_map(|(_, points)| points);
    let scale = Axis::linear("").fit(points().map(|point| point.0), 4);
    let peak = |points: &[(f64, f64)]| points.iter().map(|point| point.1).fold(0.0, f64::max);
    let first = curves.first().map_or(0.0, |(_, points)| peak(points));
    let most = if first > 0.0 { 2.0 * first } else { f64::INFINITY };
    let highest = curves.iter().map(|(_, points)| peak(points)).fold(f64::MIN_POSITIVE, f64::max).min(most);
    // Room for half the words of the ticks at the ends.
    let half = |tick: Option<&(f64, String)>| {
        tick.map_or(0.0, |(_, label)| 0.5 * 1.15 * text_width(label, 12.0)).max(12.0)
    };
    let (left, right) = (half(scale.ticks.first()), WIDTH - half(scale.ticks.last()));
    let (top, bottom) = (44.0, 44.0 + PLOT * 0.7);
    let place = |&(value, density): &(f64, f64)| {
        let (x, y) =
            (scale.place(value, (left, right)), bottom - (bottom - top) * density.min(highest) / highest);
        format!("{},{}", coordinate(x), coordinate(y))
    };
    let mut keys = Vec::new();
    let mut x = left;
    for (index, (name, _)) in curves.iter().enumerate() {
        keys.push((index, x, name));
        x += text_width(name, 12.0) + 44.0;
    }
    let body = html! {
        @for (index, x, name) in keys {
            g class=(series_class(index)) { (line("line", (x, 27.0), (x + 22.0, 27.0))) }
            (text("tick", (x + 27.0, 31.0), Anchor::Start, name))
        }
        (across(&scale, (left, right), bottom))
        @for (index, (_, points)) in curves.iter().enumerate() {
            g class=(series_class(index)) {
                polyline class="line" points=(points.iter().map(place).collect::<Vec<_>>().join(" ")) {}
            }
        }
    };
    let peak = |(name, points): &(String, Vec<(f64, f64)>)| {
        let peak = points.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(format!("{name} values are densest near {}", super::number::significant(peak.0, 3)))
    };
    (body, bottom + 24.0, curves.iter().filter_map(peak).collect::<Vec<_>>().join(", "))
}

fn shares(categories: &[String], series: &[(String, Vec<f64>); 2]) -> (Markup, f64, String) {
    let labels = categories.iter().map(|name| text_width(name, 13.0)).fold(30.0, f64::max);
    let left = (labels + 8.0).min(0.45 * WIDTH);
    let right = WIDTH - 40.0;
    let most = series.iter().flat_map(|(_, shares)| shares).copied().fold(0.0, f64::max).max(1e-9);
    let width = |share: f64| (right - left) * share.max(0.0) / most;
    let top = |index: usize| 42.0 + (BARS.0 + BARS.1) * index as f64;
    let percent = |share: f64| format!("{} %", fixed(100.0 * share, if share < 0.0995 { 1 } else { 0 }));
    let second = text_width(&series[0].0, 12.0) + 30.0;
    let bar = |class: &'static str, y: f64, share: f64| {
        html! { rect class=(class) x=(coordinate(left)) y=(coordinate(y)) width=(coordinate(width(share))) height="11" {} }
    };
    let body = html! {
        rect class="faint" x="0" y="23" width="10" height="9" {}
        (text("tick", (15.0, 31.5), Anchor::Start, &series[0].0))
        rect class="column" x=(coordinate(second)) y="23" width="10" height="9" {}
        (text("tick", (second + 15.0, 31.5), Anchor::Start, &series[1].0))
        @for (index, name) in categories.iter().enumerate() {
            @let pale = series[0].1.get(index).copied().unwrap_or_default();
            @let strong = series[1].1.get(index).copied().unwrap_or_default();
            (text("tick", (left - 6.0, top(index) + 16.0), Anchor::End, &shortened(name, left - 8.0)))
            (bar("faint", top(index), pale))
            (bar("column", top(index) + 12.0, strong))
            (text("tick", (left + width(pale) + 3.0, top(index) + 9.5), Anchor::Start, &percent(pale)))
            (text("tick", (left + width(strong) + 3.0, top(index) + 21.5), Anchor::Start, &percent(strong)))
        }
    };
    let one = |(index, name): (usize, &String)| {
        let of = |k: usize| {
            format!("{} {}", series[k].0, percent(series[k].1.get(index).copied().unwrap_or_default()))
        };
        format!("{name}: {}, {}", of(0), of(1))
    };
    (body, top(categories.len()) + 2.0, categories.iter().enumerate().map(one).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(svg: &str, class: &str) -> usize {
        let document = roxmltree::Document::parse(svg).unwrap();
        document.descendants().filter(|node| node.attribute("class") == Some(class)).count()
    }

    #[test]
    fn an_interval_that_misses_the_truth_stands_out() {
        let cell = |truth| Checked { truth, mean: 2.0, interval: [1.0, 3.0] };
        let drawing = Panel::intervals("c", [cell(0.5), cell(1.0), cell(2.5), cell(f64::NAN)]).draw();
        assert_eq!(drawing.description(), "c: 2 of 3 intervals hold the truth.");
        let svg = drawing.to_svg();
        assert_eq!(count(&svg, "bar"), 3);
        assert_eq!(svg.matches("stroke-opacity=\"1\"").count(), 1);
    }

    #[test]
    fn the_bars_of_shares_are_in_proportion() {
        let series = [("observed".to_owned(), vec![0.5, 0.25]), ("imputed".to_owned(), vec![1.0, 0.0])];
        let svg = Panel::shares("c", vec!["a".into(), "b".into()], series).draw().to_svg();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let widths: Vec<f64> = document
            .descendants()
            .filter(|node| {
                node.attribute("x").is_some() && node.has_tag_name(("http://www.w3.org/2000/svg", "rect"))
            })
            .map(|node| node.attribute("width").unwrap().parse().unwrap())
            .collect();
        let bars = &widths[2..];
        assert!((bars[0] - bars[1] / 2.0).abs() < 0.02 && (bars[2] - bars[1] / 4.0).abs() < 0.02, "{bars:?}");
        assert!(svg.contains("50 %") && svg.contains("25 %") && svg.contains("100 %"));
    }

    #[test]
    fn names_pass_the_escape_and_nothing_to_show_is_drawn() {
        let hostile = "<script>\"&";
        let curves = vec![(hostile.to_owned(), vec![(0.0, 1.0), (1.0, 0.5)])];
        let series = [(hostile.to_owned(), vec![]), (hostile.to_owned(), vec![])];
        for panel in [
            Panel::densities(hostile, curves),
            Panel::densities(hostile, Vec::new()),
            Panel::shares(hostile, vec![hostile.into()], series),
            Panel::intervals(hostile, []),
        ] {
            let svg = panel.draw().to_svg();
            roxmltree::Document::parse(&svg).unwrap();
            assert!(!svg.contains("<script") && !svg.contains("NaN"), "{svg}");
        }
        assert!(shortened(&"w".repeat(90), 100.0).chars().count() < 12);
    }

    #[test]
    fn a_long_heading_is_shortened_and_its_remark_stays() {
        let head = |name: &str| {
            let svg = Panel::intervals(name, []).remark("covers 85 %").draw().body.into_string();
            let (_, after) = svg.split_once("text-anchor=\"start\">").unwrap();
            after.split_once('<').unwrap().0.to_owned()
        };
        assert_eq!(head("age"), "age: covers 85 %");
        let long = head(&"satisfaction ".repeat(9));
        assert!(long.ends_with("…: covers 85 %") && text_width(&long, 13.0) * BOLD <= WIDTH, "{long}");
    }

    #[test]
    fn the_words_of_all_ticks_are_inside_and_apart() {
        for (low, high) in [(1000.0, 2000.0), (-1500.0, -500.0), (0.0, 0.001), (-0.0008, 0.0)] {
            let curve = vec![("a".to_owned(), vec![(low, 1.0), (high, 1.0)])];
            let svg = Panel::densities("c", curve).draw().to_svg();
            let document = roxmltree::Document::parse(&svg).unwrap();
            let mut free = 0.0;
            let is_tick = |node: &roxmltree::Node<'_, '_>| {
                node.attribute("class") == Some("tick") && node.attribute("text-anchor") == Some("middle")
            };
            let ticks: Vec<_> = document.descendants().filter(is_tick).collect();
            assert!(ticks.len() > 1);
            for tick in ticks {
                let middle: f64 = tick.attribute("x").unwrap().parse().unwrap();
                let half = text_width(tick.text().unwrap(), 12.0) / 2.0;
                assert!(middle - half >= free && middle + half <= WIDTH, "{:?} at {middle}", tick.text());
                free = middle + half + BETWEEN - 0.02;
            }
        }
    }

    #[test]
    fn a_spike_is_cut_at_twice_the_first_peak() {
        let curves = [("observed", [0.0, 1.0, 0.0]), ("imputed", [0.0, 50.0, 0.0])];
        let curves = curves.map(|(name, heights)| {
            (name.to_owned(), (0..3).map(f64::from).zip(heights).collect::<Vec<(f64, f64)>>())
        });
        let svg = Panel::densities("c", curves.into()).draw().body.into_string();
        let peak = |at: usize| -> f64 {
            let points = svg.split("points=\"").nth(at + 1).unwrap().split('"').next().unwrap();
            points.split(' ').nth(1).unwrap().split_once(',').unwrap().1.parse().unwrap()
        };
        let bottom = 44.0 + PLOT * 0.7;
        assert!((bottom - peak(1) - 2.0 * (bottom - peak(0))).abs() < 0.02, "{} {}", peak(0), peak(1));
        assert!((peak(1) - 44.0).abs() < 0.02);
    }
}
