//! Recognises dates.

/// Names of months, as they begin.
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Whether a text is a date, alone or before a time of day: 2024-02-29, 2024/2/29, 29.2.2024, 2/29/24, 29-Feb-2024,
/// Feb 29, 2024 or 2024-02-29T12:30:00Z.
pub(super) fn is_date(text: &str) -> bool {
    let may_be_one = (6..=40).contains(&text.len()) && text.is_ascii();
    if !may_be_one || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let (date, time) = match text.find(['T', ':']).filter(|&at| at > 5) {
        Some(at) if text.as_bytes()[at] == b'T' => (&text[..at], Some(&text[at + 1..])),
        Some(at) => match text[..at].rfind(' ') {
            Some(blank) => (text[..blank].trim_end(), Some(&text[blank + 1..])),
            None => return false,
        },
        None => (text, None),
    };
    is_day(date) && time.is_none_or(is_time)
}

/// Whether a text is a day, a month and a year.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', '/', '.', ' ', ',']).filter(|part| !part.is_empty()).collect();
    let [one, two, three] = parts[..] else { return false };
    let separators: Vec<u8> = text.bytes().filter(|byte| b"-/. ,".contains(byte)).collect();
    let is_month_name =
        |part: &str| part.len() >= 3 && MONTHS.iter().any(|name| part.to_ascii_lowercase().starts_with(name));
    let number = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u32>().ok()).flatten()
    };
    let is_year = |part: &str| matches!(part.len(), 2 | 4) && number(part).is_some();
    let within =
        |part: &str, most: u32| part.len() <= 2 && number(part).is_some_and(|n| (1..=most).contains(&n));
    if is_month_name(two) {
        return within(one, 31) && is_year(three);
    }
    if is_month_name(one) {
        return within(two, 31) && is_year(three);
    }
    // Numbers need the same separator twice, and not the comma of an enumeration.
    let [first, second] = separators[..] else { return false };
    if first != second || !b"-/.".contains(&first) {
        return false;
    }
    let year_first = one.len() == 4 && number(one).is_some() && within(two, 12) && within(three, 31);
    let year_last =
        is_year(three) && ((within(one, 31) && within(two, 12)) || (within(one, 12) && within(two, 31)));
    year_first || year_last
}

/// Whether a text is a time of day, perhaps with a zone: 12:30, 12:30:05.25 PM, 12:30:00+02:00, 12:30Z.
fn is_time(text: &str) -> bool {
    let text = text.trim_end_matches(['Z', 'z']);
    let text = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let mut parts = text.split([':', '.', '+', '-']);
    let is_part =
        |part: &str| (1..=9).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next().is_some_and(is_part) && parts.next().is_some_and(is_part) && parts.all(is_part)
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn dates_are_told_from_other_texts() {
        for date in [
            "2024-02-29",
            "2024/2/29",
            "29.2.2024",
            "2/29/24",
            "29-Feb-2024",
            "Feb 29, 2024",
            "29 February 2024",
            "2024-02-29T12:30:00Z",
            "2024-02-29 12:30",
            "2024-02-29 12:30:05.25+02:00",
            "2/29/2024 1:05 PM",
        ] {
            assert!(is_date(date), "{date}");
        }
        for text in [
            "12:30",
            "10.0.0.1",
            "1.2.3",
            "2024-13-01",
            "555-12-1234",
            "a-b-c",
            "Mayor of 99",
            "1-2",
            "2024",
            "99-99-99",
            "",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }
}
