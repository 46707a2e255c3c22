//! Numbers for readers: with a true minus sign and without meaningless digits.

/// A value with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Estimate {
    /// A value with no error, or an unknown error: the interval is the value itself.
    pub const fn exact(value: f64) -> Self {
        Self { value, low: value, high: value }
    }

    /// Whether value and interval are numbers that can be drawn.
    pub fn is_finite(self) -> bool {
        [self.value, self.low, self.high].into_iter().all(is_drawable)
    }

    /// `1.92 (1.70 to 2.15)`, or the value alone if the interval has no width.
    #[must_use]
    pub fn with_interval(self, decimals: usize) -> String {
        if self.low == self.high {
            fixed(self.value, decimals)
        } else {
            format!("{} ({})", fixed(self.value, decimals), interval(self.low, self.high, decimals))
        }
    }
}

/// Whether a number is finite and small enough that differences and squares of such numbers are finite as well.
pub(super) fn is_drawable(value: f64) -> bool {
    value.abs() <= 1e150
}

/// `value` with the given number of decimals, with thousands separated from 10 000 on; a dash if it is not finite.
///
/// ```
/// use penstroke::report::number::fixed;
/// assert_eq!(fixed(-1.25, 1), "−1.2");
/// assert_eq!(fixed(12345.6, 0), "12\u{202f}346");
/// assert_eq!(fixed(-0.001, 2), "0.00");
/// assert_eq!(fixed(f64::NAN, 2), "–");
/// ```
pub fn fixed(value: f64, decimals: usize) -> String {
    if !is_drawable(value) {
        return String::from("–");
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (&text[..], None),
    };
    let mut out = String::new();
    if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if whole.len() > 4 && i > 0 && (whole.len() - i) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// `value` with the given number of significant digits (at least 1), as a power of ten if plain digits would need many
/// zeros.
///
/// ```
/// use penstroke::report::number::significant;
/// assert_eq!(significant(0.012345, 3), "0.0123");
/// assert_eq!(significant(9.996, 3), "10.0");
/// assert_eq!(significant(-31_415_926.0, 2), "−3.1×10⁷");
/// assert_eq!(significant(0.0, 3), "0");
/// ```
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !is_drawable(value) {
        return fixed(value, 0);
    }
    let digits = digits.max(1);
    // Round first: 9.996 to three digits is 10.0, whose exponent is larger by one.
    let rounded = format!("{:.*e}", digits - 1, value.abs());
    let (mantissa, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return fixed(value, usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0));
    }
    let sign = if value < 0.0 { "−" } else { "" };
    format!("{sign}{mantissa}×10{}", superscript(exponent))
}

/// `low to high`, in words: a dash beside minus signs is hard to read.
pub fn interval(low: f64, high: f64, decimals: usize) -> String {
    format!("{} to {}", fixed(low, decimals), fixed(high, decimals))
}

/// An integer in superscript digits.
pub(super) fn superscript(exponent: i32) -> String {
    exponent
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            // The others are adjacent in Unicode: ⁰ is U+2070 and ⁴..⁹ are U+2074..=U+2079.
            _ => char::from_u32(0x2070 + c.to_digit(10).unwrap_or(0)).unwrap_or(c),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_formatted_for_readers() {
        assert_eq!(fixed(1234.5, 1), "1234.5");
        assert_eq!(fixed(1_234_567.0, 0), "1\u{202f}234\u{202f}567");
        assert_eq!(fixed(-0.5, 2), "−0.50");
        assert_eq!(fixed(f64::INFINITY, 2), "–");
        assert_eq!(significant(100.0, 3), "100");
        assert_eq!(significant(123_456.0, 2), "123\u{202f}456");
        assert_eq!(significant(0.000_012_3, 2), "1.2×10⁻⁵");
        assert_eq!(superscript(-1_234_567_890), "⁻¹²³⁴⁵⁶⁷⁸⁹⁰");
    }

    #[test]
    fn an_interval_is_written_in_words() {
        let estimate = Estimate { value: 1.92, low: -0.1, high: 2.15 };
        assert_eq!(estimate.with_interval(2), "1.92 (−0.10 to 2.15)");
        assert_eq!(Estimate::exact(3.0).with_interval(1), "3.0");
        assert!(!Estimate { high: f64::NAN, ..estimate }.is_finite());
    }
}
