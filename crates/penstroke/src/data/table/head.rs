//! Finds how the fields of a text table are separated, from its first lines.

use crate::data::read::table::quotes::{Quoting, Seen};

/// Lines that are looked at.
const LINES: usize = 100;

/// Delimiters, the most telling first: text seldom holds tabs, and a decimal comma beside semicolons is not a delimiter.
const DELIMITERS: [u8; 5] = [b'\t', b';', b'|', b',', b' '];

/// The delimiter that divides all of the first 100 lines into the same number of fields, of several the first in the order tab,
/// semicolon, bar, comma, blank. `is_whole` tells whether `head` is the whole file, so that its last line is complete.
pub(super) fn delimiter(head: &[u8], is_whole: bool) -> Option<u8> {
    DELIMITERS.into_iter().find(|&delimiter| {
        let counts = counts(head, delimiter, is_whole);
        counts.first().is_some_and(|first| *first > 0 && counts.iter().all(|count| count == first))
    })
}

/// The delimiter that divides the first row into fields among which are all these names, if possible `before`.
pub(super) fn delimiter_for(head: &[u8], names: &[&str], before: Option<u8>) -> Option<u8> {
    before.into_iter().chain(DELIMITERS).find(|&delimiter| {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .trim(csv::Trim::All)
            .from_reader(head);
        let mut row = csv::ByteRecord::new();
        let is_read = reader.read_byte_record(&mut row).unwrap_or(false);
        is_read && names.iter().all(|name| row.iter().any(|field| field == name.as_bytes()))
    })
}

/// The number of delimiters outside quotes in each line.
fn counts(head: &[u8], delimiter: u8, is_whole: bool) -> Vec<usize> {
    let mut quoting = Quoting::new(delimiter);
    let (mut counts, mut count, mut is_empty) = (Vec::new(), 0, true);
    for &byte in head {
        match quoting.see(byte) {
            Seen::Delimiter => (count, is_empty) = (count + 1, false),
            Seen::End if is_empty => {}
            Seen::End => {
                counts.push(count);
                (count, is_empty) = (0, true);
                if counts.len() == LINES {
                    return counts;
                }
            }
            Seen::Inside => is_empty = false,
        }
    }
    if is_whole && !is_empty {
        counts.push(count);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_divides_all_lines_alike() {
        for (head, expected) in [
            ("a,b\n1,2\n", Some(b',')),
            ("a;b\n1,5;2,5\n", Some(b';')),
            ("1,5;2,5\n3,5;4,5\n", Some(b';')),
            ("a\tb c\n1\t2 3\n", Some(b'\t')),
            ("a|b\n1|2\n", Some(b'|')),
            ("1 2\n3 4\n", Some(b' ')),
            ("name,x\n\"a;b\",1\n\"c\n;d\",2\n", Some(b',')),
            ("a\n1\n2\n", None),
            ("a,b\n1\n", None),
            ("a,b\r\n\r\n1,2\r\n", Some(b',')),
        ] {
            assert_eq!(delimiter(head.as_bytes(), true), expected, "{head:?}");
        }
        assert_eq!(delimiter(b"a,b\n1,2\n3", false), Some(b','));
        assert_eq!(delimiter_for(b"a;b,c\n", &["a", "b,c"], Some(b',')), Some(b';'));
        assert_eq!(delimiter_for(b"a b\n", &["a b"], Some(b',')), Some(b','));
    }
}
