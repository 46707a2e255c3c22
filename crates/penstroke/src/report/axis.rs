//! The axis of a chart: its title, its ticks, and the position of a value.

use super::number;

/// An axis: title, scale, range and ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub(super) title: String,
    kind: Kind,
    range: Option<(f64, f64)>,
    including: Vec<f64>,
    ticks: Option<Vec<f64>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Linear,
    Log,
}

/// An axis fitted to its data: position 0 is `low`, position 1 is `high`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
    /// Tick values in ascending order, with their labels.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// A linear axis: equal differences have equal lengths. The title names the quantity.
    pub fn linear(title: impl Into<String>) -> Self {
        Self { title: title.into(), kind: Kind::Linear, range: None, including: Vec::new(), ticks: None }
    }

    /// A logarithmic axis: equal ratios have equal lengths. Values that are not positive are left out, and the chart
    /// reports how many.
    pub fn log(title: impl Into<String>) -> Self {
        Self { kind: Kind::Log, ..Self::linear(title) }
    }

    /// Adds the unit to the title: "test error, %".
    #[must_use]
    pub fn unit(mut self, unit: &str) -> Self {
        self.title = format!("{}, {unit}", self.title);
        self
    }

    /// Sets the range instead of fitting it to the data. Values outside are left out, and the chart reports how many.
    /// A range that is empty, not finite, or not positive on a log axis is ignored.
    #[must_use]
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = (self.can_show(low) && self.can_show(high) && low < high).then_some((low, high));
        self
    }

    /// Makes the fitted range include a value, such as 0.
    #[must_use]
    pub fn including(mut self, value: f64) -> Self {
        self.including.push(value);
        self
    }

    /// Puts ticks at these values, such as the corruption levels tried, instead of at round ones.
    #[must_use]
    pub fn ticks(mut self, values: impl IntoIterator<Item = f64>) -> Self {
        self.ticks = Some(values.into_iter().collect());
        self
    }

    /// Whether a value can be shown on this axis.
    pub(super) fn can_show(&self, value: f64) -> bool {
        let kind = number::is_drawable(value) && (self.kind == Kind::Linear || value >= 1e-150);
        kind && self.range.is_none_or(|(low, high)| (low..=high).contains(&value))
    }

    /// The axis fitted to these values, with about `target` ticks; values that cannot be shown are ignored.
    pub(super) fn fit(&self, data: impl IntoIterator<Item = f64>, target: usize) -> Scale {
        let shown = data.into_iter().chain(self.including.iter().copied()).filter(|&v| self.can_show(v));
        let (low, high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let (low, high) = self.range.unwrap_or(if low <= high { (low, high) } else { (0.0, 1.0) });
        let mut scale = match self.kind {
            Kind::Linear => linear(low, high, target, self.range.is_some()),
            // No data: show one decade.
            Kind::Log if low <= 0.0 => log(1.0, 10.0, self.range.is_some()),
            Kind::Log => log(low, high, self.range.is_some()),
        };
        if let Some(values) = &self.ticks {
            let mut values: Vec<f64> =
                values.iter().copied().filter(|&v| (scale.low..=scale.high).contains(&v)).collect();
            values.sort_by(f64::total_cmp);
            scale.ticks = values.into_iter().map(|v| (v, shortest(v))).collect();
        }
        scale
    }
}

impl Scale {
    /// The position of a value: 0 at the low end, 1 at the high end.
    pub(super) fn share(&self, value: f64) -> f64 {
        match self.kind {
            Kind::Linear => (value - self.low) / (self.high - self.low),
            Kind::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        }
    }

    /// The coordinate of a value between two coordinates.
    pub(super) fn place(&self, value: f64, (from, to): (f64, f64)) -> f64 {
        from + (to - from) * self.share(value)
    }
}

/// `mantissa · 10^exponent`, without the rounding error of a product with 0.1 and similar factors.
fn power(mantissa: f64, exponent: i32) -> f64 {
    if exponent < 0 { mantissa / 10_f64.powi(-exponent) } else { mantissa * 10_f64.powi(exponent) }
}

/// The smallest of 1, 2 and 5 times a power of ten that is at least `least`, as mantissa and exponent.
fn step(least: f64) -> (f64, i32) {
    let exponent = least.log10().floor() as i32;
    // A small tolerance, so that 1/5 gives the step 0.2 however the quotient was rounded.
    for mantissa in [1.0, 2.0, 5.0] {
        if power(mantissa, exponent) >= least * (1.0 - 1e-9) {
            return (mantissa, exponent);
        }
    }
    (1.0, exponent + 1)
}

fn linear(low: f64, high: f64, target: usize, fixed_range: bool) -> Scale {
    // Values that are equal, or differ only by rounding, get room around them.
    let size = low.abs().max(high.abs());
    let (low, high) = if high - low > 1e-9 * size {
        (low, high)
    } else if size > 0.0 {
        (low - 0.1 * size, high + 0.1 * size)
    } else {
        (-1.0, 1.0)
    };
    let (mantissa, exponent) = step((high - low) / target.max(1) as f64);
    let width = power(mantissa, exponent);
    let slack = 1e-9;
    let (first, last) = if fixed_range {
        ((low / width - slack).ceil() as i64, (high / width + slack).floor() as i64)
    } else {
        ((low / width + slack).floor() as i64, (high / width - slack).ceil() as i64)
    };
    let tick = |i: i64| power(i as f64 * mantissa, exponent);
    let plain = exponent >= -4 && size < 1e6;
    let label = |value: f64| {
        if plain {
            number::fixed(value, usize::try_from(-exponent).unwrap_or(0))
        } else if value == 0.0 {
            String::from("0")
        } else {
            // As many digits as neighbouring ticks need to differ.
            let digits = value.abs().log10().floor() as i32 - exponent + 1;
            number::significant(value, usize::try_from(digits).unwrap_or(1).clamp(1, 12))
        }
    };
    let ticks: Vec<_> = (first..=last).map(|i| (tick(i), label(tick(i)))).collect();
    let (low, high) = if fixed_range { (low, high) } else { (tick(first), tick(last)) };
    Scale { kind: Kind::Linear, low, high, ticks }
}

fn log(low: f64, high: f64, fixed_range: bool) -> Scale {
    let decade = |value: f64| value.log10().floor() as i32;
    // All 1-2-5 marks from below the data to above them; the range ends at the nearest ones.
    let marks: Vec<(f64, i32)> =
        (decade(low) - 1..=decade(high) + 1).flat_map(|e| [1.0, 2.0, 5.0].map(|m| (m, e))).collect();
    let value = |&(mantissa, exponent): &(f64, i32)| power(mantissa, exponent);
    let slack = 1e-9;
    let below = marks.iter().rposition(|m| value(m) <= low * (1.0 + slack)).unwrap_or(0);
    let above = marks.iter().position(|m| value(m) >= high * (1.0 - slack)).unwrap_or(marks.len() - 1);
    let (below, above) = if below == above {
        (below.saturating_sub(1), (above + 1).min(marks.len() - 1))
    } else {
        (below, above)
    };
    let decades = (value(&marks[above]) / value(&marks[below])).log10();
    // Three ticks per decade for few decades, then one, then one for several decades.
    let every = (decades / 8.0).ceil().max(1.0) as i32;
    let inside = |v: f64| !fixed_range || (low * (1.0 - slack)..=high * (1.0 + slack)).contains(&v);
    let ticks: Vec<_> = marks[below..=above]
        .iter()
        .filter(|&&(mantissa, exponent)| decades < 3.0 || mantissa == 1.0 && exponent % every == 0)
        .map(|mark| (value(mark), log_label(*mark, decades)))
        .filter(|&(v, _)| inside(v))
        .collect();
    let (low, high) = if fixed_range { (low, high) } else { (value(&marks[below]), value(&marks[above])) };
    Scale { kind: Kind::Log, low, high, ticks }
}

fn log_label((mantissa, exponent): (f64, i32), decades: f64) -> String {
    if (-4..6).contains(&exponent) && decades < 6.0 {
        number::fixed(power(mantissa, exponent), usize::try_from(-exponent).unwrap_or(0))
    } else if mantissa == 1.0 {
        format!("10{}", number::superscript(exponent))
    } else {
        format!("{mantissa}×10{}", number::superscript(exponent))
    }
}

/// The fewest digits that represent the value exactly, at most six.
fn shortest(value: f64) -> String {
    let text = number::significant(value, 6);
    if text.contains('.') && !text.contains('×') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, data: &[f64], target: usize) -> String {
        let scale = axis.fit(data.iter().copied(), target);
        let labels: Vec<_> = scale.ticks.into_iter().map(|(_, label)| label).collect();
        labels.join(" ")
    }

    #[test]
    fn linear_ticks_are_one_two_five() {
        let axis = Axis::linear("x");
        for (data, target, expected) in [
            (&[0.0, 1.0][..], 5, "0.0 0.2 0.4 0.6 0.8 1.0"),
            (&[0.0, 10.0], 5, "0 2 4 6 8 10"),
            (&[1.7, 4.2], 5, "1.5 2.0 2.5 3.0 3.5 4.0 4.5"),
            (&[-0.03, 0.07], 4, "−0.05 0.00 0.05 0.10"),
            (&[0.0, 47_000.0], 5, "0 10\u{202f}000 20\u{202f}000 30\u{202f}000 40\u{202f}000 50\u{202f}000"),
            (&[0.0, 3e7], 3, "0 1×10⁷ 2×10⁷ 3×10⁷"),
            (&[0.0, 2e-5], 2, "0 1×10⁻⁵ 2×10⁻⁵"),
            (&[5.0, 5.0], 4, "4.5 5.0 5.5"),
            (&[0.0], 4, "−1.0 −0.5 0.0 0.5 1.0"),
            (&[], 5, "0.0 0.2 0.4 0.6 0.8 1.0"),
            (&[f64::NAN, f64::INFINITY, 0.0, 2.0, 1e300], 2, "0 1 2"),
        ] {
            assert_eq!(labels(&axis, data, target), expected, "{data:?}");
        }
    }

    #[test]
    fn log_ticks_are_one_two_five_then_decades() {
        let axis = Axis::log("x");
        for (data, expected) in [
            (&[1.5, 30.0][..], "1 2 5 10 20 50"),
            (&[0.003, 0.4], "0.002 0.005 0.01 0.02 0.05 0.1 0.2 0.5"),
            (&[0.01, 1000.0], "0.01 0.1 1 10 100 1000"),
            (&[7.0, 7.0], "5 10"),
            (&[10.0], "5 10 20"),
            (&[1e-12, 1e6], "10⁻¹² 10⁻⁹ 10⁻⁶ 10⁻³ 10⁰ 10³ 10⁶"),
            (&[], "1 2 5 10"),
            (&[-1.0, 0.0, 1.0, 2.0], "1 2"),
        ] {
            assert_eq!(labels(&axis, data, 5), expected, "{data:?}");
        }
    }

    #[test]
    fn positions_follow_the_formula() {
        let linear = Axis::linear("x").fit([2.0, 6.0], 4);
        assert_eq!((linear.low, linear.high), (2.0, 6.0));
        assert_eq!([2.0, 3.0, 6.0].map(|v| linear.place(v, (100.0, 500.0))), [100.0, 200.0, 500.0]);
        // Downwards, like the y coordinate of a picture.
        assert_eq!(linear.place(3.0, (500.0, 100.0)), 400.0);
        let log = Axis::log("x").fit([1.0, 100.0], 4);
        assert!((log.place(10.0, (0.0, 300.0)) - 150.0).abs() < 1e-9);
    }

    #[test]
    fn a_range_is_kept_exactly_and_bad_ones_are_ignored() {
        let scale = Axis::linear("x").range(0.5, 3.5).fit([0.0, 100.0], 3);
        assert_eq!((scale.low, scale.high), (0.5, 3.5));
        assert_eq!(scale.ticks.iter().map(|t| t.0).collect::<Vec<_>>(), [1.0, 2.0, 3.0]);
        assert!(!Axis::linear("x").range(0.5, 3.5).can_show(4.0));
        for (low, high) in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
            assert_eq!(Axis::linear("x").range(low, high), Axis::linear("x"));
        }
        assert_eq!(Axis::log("x").range(0.0, 1.0), Axis::log("x"));
    }

    #[test]
    fn chosen_ticks_and_included_values_are_kept() {
        let axis = Axis::linear("masking probability").ticks([0.5, 0.0, 0.25, 9.0]);
        assert_eq!(labels(&axis, &[0.0, 0.5], 5), "0 0.25 0.5");
        assert_eq!(labels(&Axis::linear("y").including(0.0), &[4.0, 6.0], 3), "0 2 4 6");
        assert_eq!(Axis::linear("error").unit("%").title, "error, %");
    }
}
