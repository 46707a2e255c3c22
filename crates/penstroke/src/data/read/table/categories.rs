//! Categories of a column, and class names.

use super::field::LEAVE_OUT;
use crate::data::hold::MAX_CATEGORIES;
use crate::error::Problem;
use std::collections::HashMap;

/// The number of a text not seen in training.
pub(in crate::data) const UNKNOWN: u32 = u32::MAX - 1;

/// Maximum length in bytes of a category or class name.
const MAX_NAME: usize = 4096;

/// The distinct texts of a column and their numbers.
pub(in crate::data) struct Categories {
    pub(in crate::data) all: Vec<String>,
    numbers: HashMap<String, u32>,
    /// Whether the list is complete, so that any other text is unknown.
    pub(super) complete: bool,
    /// How many there may be.
    most: usize,
}

impl Default for Categories {
    fn default() -> Self {
        Self::at_most(MAX_CATEGORIES)
    }
}

impl Categories {
    /// No categories yet, and room for this many.
    pub(in crate::data) fn at_most(most: usize) -> Self {
        Self { all: Vec::new(), numbers: HashMap::new(), complete: false, most }
    }

    pub(in crate::data) fn known(all: &[String]) -> Self {
        let numbers = all.iter().cloned().zip(0..).collect();
        Self { all: all.to_vec(), numbers, complete: true, most: all.len() }
    }

    pub(in crate::data) fn number(&mut self, text: &str) -> Result<u32, Problem> {
        if let Some(&number) = self.numbers.get(text) {
            return Ok(number);
        }
        if self.complete {
            return Ok(UNKNOWN);
        }
        if text.len() > MAX_NAME {
            return Err(Problem::from(format!("is a category of more than {MAX_NAME} bytes"))
                .with("columns", LEAVE_OUT));
        }
        if self.all.len() == self.most {
            let problem =
                format!("is category {} of the column, and at most {} are allowed", self.most + 1, self.most);
            return Err(Problem::from(problem).with("columns", LEAVE_OUT));
        }
        let number = self.all.len() as u32;
        self.all.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        Ok(number)
    }

    /// Sorts the texts, numerically if all are whole numbers, and returns the new number of each old one.
    pub(super) fn sort(&mut self) -> Vec<u32> {
        if self.complete {
            return (0..self.all.len() as u32).collect();
        }
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        let whole: Option<Vec<i64>> = self.all.iter().map(|text| text.parse().ok()).collect();
        match whole {
            Some(whole) => order.sort_by_key(|&old| (whole[old], &self.all[old])),
            None => order.sort_by_key(|&old| &self.all[old]),
        }
        let mut new = vec![0; order.len()];
        for (number, &old) in (0..).zip(&order) {
            new[old] = number;
        }
        self.all = order.iter().map(|&old| self.all[old].clone()).collect();
        new
    }
}
