//! What is seen in a column while a table is read for the first time.

use crate::data::read::table::advice::MARKS;
use crate::data::read::table::field::Fields;
use std::collections::HashSet;

/// Most distinct values of whole numbers that may be categories.
pub(super) const FEW: usize = 10;

/// Most distinct texts that may mark gaps among numbers.
const FEW_WORDS: usize = 2;

/// What was seen in a column.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) n_missing: usize,
    pub(super) n_numbers: usize,
    pub(super) n_texts: usize,
    pub(super) n_dates: usize,
    /// The first date, and its line or row.
    pub(super) first_date: Option<(String, usize)>,
    /// Distinct texts, while they are at most [`FEW_WORDS`], and one more.
    words: Vec<Box<str>>,
    /// The first text, and its line or row.
    pub(super) first_text: Option<(String, usize)>,
    /// The first infinite number, and its line or row.
    pub(super) first_infinite: Option<(String, usize)>,
    pub(super) has_fractions: bool,
    /// Whether the file or the caller says that the numbers are real, even if all are whole.
    pub(super) is_real: bool,
    /// Whether a whole number begins with a zero, as codes do.
    pub(super) has_leading_zeros: bool,
    pub(super) decimals: usize,
    /// The most digits of a number, without zeros at its beginning.
    pub(super) digits: usize,
    /// Whether some number is written with an exponent.
    pub(super) has_exponents: bool,
    pub(super) range: Option<[f64; 2]>,
    /// Distinct numbers with their rows, while they are few.
    few: Vec<(f64, usize)>,
    /// Which of `MARKS` read as numbers all texts that one of them does; known after the first.
    marks: Option<[bool; MARKS.len()]>,
    /// The first text that some marks make a number, and its line.
    pub(super) first_marked: Option<(String, usize)>,
    /// Distinct texts that no marks make numbers, as many as of `words`.
    wordings: Vec<Box<str>>,
    /// Whether the file says that the column names its rows.
    pub(super) is_row_name: bool,
    /// Whether the first row's field is among the texts.
    pub(super) first_recurs: bool,
    /// Texts, or bits of numbers, while all differ.
    texts: Option<HashSet<Box<str>>>,
    numbers: Option<HashSet<u64>>,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self { texts: Some(HashSet::new()), numbers: Some(HashSet::new()), ..Self::default() }
    }

    pub(super) fn n_observed(&self) -> usize {
        self.n_numbers + self.n_texts
    }

    /// Sees the field of a text table that is not missing.
    pub(super) fn see_field(&mut self, field: &str, fields: &Fields, others: &[Fields], line: usize) {
        let is_word = is_boolean(field);
        match fields.number::<f64>(field).filter(|number| !is_word && !number.is_nan()) {
            Some(number) => {
                let digits = field.trim_start_matches(['-', '+']).as_bytes();
                self.has_leading_zeros |= matches!(digits, [b'0', b'0'..=b'9', ..]);
                self.decimals = self.decimals.max(fields.decimals(field));
                self.digits = self.digits.max(digits_of(field));
                self.has_exponents |= field.contains(['e', 'E']);
                self.see_number(number, || field.to_owned(), line);
            }
            None => {
                self.see_marks(field, others, line);
                self.see_text(field, line);
            }
        }
    }

    /// Sees which of `MARKS` make a number of a text.
    fn see_marks(&mut self, text: &str, others: &[Fields], line: usize) {
        if self.wordings.len() > FEW_WORDS {
            return;
        }
        let mut fit = [false; MARKS.len()];
        // Most texts are spared the work by having no digit.
        if text.bytes().any(|byte| byte.is_ascii_digit()) {
            for (fits, fields) in fit.iter_mut().zip(others) {
                *fits = fields.number::<f64>(text).is_some_and(f64::is_finite);
            }
        }
        if !fit.contains(&true) {
            return see_word(&mut self.wordings, text);
        }
        self.first_marked.get_or_insert_with(|| (text.to_owned(), line));
        let marks = self.marks.get_or_insert(fit);
        marks.iter_mut().zip(fit).for_each(|(fits, fit)| *fits &= fit);
    }

    pub(super) fn see_missing(&mut self) {
        self.n_missing += 1;
    }

    /// Sees a number that is not missing, written as `shown`.
    pub(super) fn see_number(&mut self, number: f64, shown: impl FnOnce() -> String, line: usize) {
        self.n_numbers += 1;
        if number.is_infinite() {
            self.first_infinite.get_or_insert_with(|| (shown(), line));
            return;
        }
        // As far as whole numbers of 64 bits reach.
        let is_whole = number.fract() == 0.0 && number.abs() < 9e18;
        self.has_fractions |= !is_whole;
        let [low, high] = self.range.get_or_insert([number; 2]);
        (*low, *high) = (low.min(number), high.max(number));
        if self.has_fractions {
            (self.numbers, self.few) = (None, Vec::new());
            return;
        }
        if self.few.len() <= FEW {
            match self.few.iter_mut().find(|(known, _)| *known == number) {
                Some((_, n)) => *n += 1,
                None => self.few.push((number, 1)),
            }
        }
        if self.numbers.as_mut().is_some_and(|all| !all.insert((number + 0.0).to_bits())) {
            self.numbers = None;
        }
    }

    pub(super) fn see_text(&mut self, text: &str, line: usize) {
        self.n_texts += 1;
        self.first_text.get_or_insert_with(|| (text.to_owned(), line));
        if super::dates::is_date(text) {
            self.n_dates += 1;
            self.first_date.get_or_insert_with(|| (text.to_owned(), line));
        }
        see_word(&mut self.words, text);
        if self.texts.as_mut().is_some_and(|all| !all.insert(text.into())) {
            self.texts = None;
        }
    }

    /// Whether all observed cells are text, and all differ.
    pub(super) fn are_distinct_texts(&self) -> bool {
        self.n_numbers == 0 && self.n_texts > 1 && self.texts.is_some()
    }

    /// Whether the texts are a word or two among numbers that are no categories, as marks of gaps are.
    pub(super) fn has_words_for_gaps(&self) -> bool {
        let are_measured = self.has_fractions || (self.few.len() > FEW && !self.has_leading_zeros);
        self.n_texts > 0 && self.words.len() <= FEW_WORDS && are_measured
    }

    /// Which of `MARKS` read all texts as numbers, but for a word or two for gaps.
    pub(super) fn marks(&self) -> Option<[bool; MARKS.len()]> {
        self.marks.filter(|_| self.wordings.len() <= FEW_WORDS)
    }

    /// Whether at least 90 % of the observed cells are dates.
    pub(super) fn are_dates(&self) -> bool {
        self.n_dates > 0 && self.n_dates >= 9 * (self.n_observed() - self.n_dates)
    }

    /// Whether the numbers are integers, and not reals that happen to be whole, as `2.0`.
    pub(super) fn are_integers(&self) -> bool {
        !self.has_fractions && !self.is_real && self.decimals == 0
    }

    /// Whether all observed cells are whole numbers, and all differ.
    pub(super) fn are_distinct_whole(&self) -> bool {
        self.n_texts == 0 && self.n_numbers > 1 && !self.has_fractions && self.numbers.is_some()
    }

    /// Whether the column counts the rows from 0 or 1, in any order.
    pub(super) fn counts_rows(&self) -> bool {
        let n_steps = self.n_numbers.saturating_sub(1) as f64;
        let is_whole_range = |[low, high]: [f64; 2]| [0.0, 1.0].contains(&low) && high - low == n_steps;
        self.n_missing == 0 && self.are_distinct_whole() && self.range.is_some_and(is_whole_range)
    }

    /// Sees a category whose text does not matter.
    pub(super) fn see_code(&mut self) {
        self.n_texts += 1;
        self.texts = None;
    }

    /// Whether whole numbers are so few, and each so frequent, that they name categories.
    pub(super) fn are_few(&self, n_each: usize) -> bool {
        !self.has_fractions
            && (1..=FEW).contains(&self.few.len())
            && self.few.iter().all(|(_, n)| *n >= n_each)
    }

    /// Whether all observed cells are the same.
    pub(super) fn is_constant(&self) -> bool {
        self.n_texts == 0 && self.range.is_some_and(|[low, high]| low == high)
    }
}

/// Sees a text among a few distinct ones.
fn see_word(words: &mut Vec<Box<str>>, text: &str) {
    if words.len() <= FEW_WORDS && words.iter().all(|known| **known != *text) {
        words.push(text.into());
    }
}

/// The significant digits of a number, at least one.
fn digits_of(number: &str) -> usize {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit);
    digits.skip_while(|digit| *digit == b'0').count().max(1)
}

/// Whether a field is true or false, which are categories and not numbers.
pub(super) fn is_boolean(field: &str) -> bool {
    matches!(field, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
}
