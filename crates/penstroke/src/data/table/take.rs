//! Takes the cells of a column once it is known what it holds.

use super::infer::How;
use super::schema::{MOST_CATEGORIES, OTHER};
use super::typed::{Cells, MISSING};
use crate::data::read::table::categories::Categories;
use crate::error::Problem;
use std::collections::HashMap;

/// The cells of a column, as far as they were read.
pub(super) enum Taken {
    Numbers(Vec<f64>),
    Codes(Box<Codes>),
    /// The cells themselves, for a column that names rows.
    Texts(Vec<String>),
    Left,
}

/// Categories of cells.
pub(super) struct Codes {
    pub(super) codes: Vec<u32>,
    how: How,
    categories: Categories,
    /// Rows of each category.
    counts: Vec<usize>,
    /// The codes of numbers, by their bits.
    by_number: HashMap<u64, u32>,
    /// The categories of an earlier table, of which others are missing.
    known: Option<HashMap<String, u32>>,
    /// The code of all others, if the earlier table merged rare categories.
    other: Option<u32>,
    /// The number of categories that an earlier table lacks, and the first.
    pub(super) unseen: (usize, Option<String>),
}

/// The categories of a finished column.
pub(super) struct Named {
    pub(super) categories: Vec<String>,
    /// Number of categories that became [`OTHER`].
    pub(super) n_merged: usize,
}

impl Taken {
    pub(super) fn new(how: How) -> Self {
        match how {
            How::Numbers => Taken::Numbers(Vec::new()),
            How::Left => Taken::Left,
            How::Texts | How::Values => Taken::Codes(Box::new(Codes::new(how, None))),
        }
    }

    /// The cells of a column of which all categories are known; `other` stands for all others, if it is one of them.
    pub(super) fn known(categories: &[String], other: Option<usize>) -> Self {
        let known = categories.iter().cloned().zip(0..).collect();
        let other = other.map(|at| at as u32);
        Taken::Codes(Box::new(Codes { other, ..Codes::new(How::Texts, Some(known)) }))
    }

    pub(super) fn push_missing(&mut self) {
        match self {
            Taken::Numbers(numbers) => numbers.push(f64::NAN),
            Taken::Codes(codes) => codes.codes.push(MISSING),
            Taken::Texts(texts) => texts.push(String::new()),
            Taken::Left => {}
        }
    }

    /// Takes a cell that is a number, or is not.
    pub(super) fn push(&mut self, text: &str, number: impl FnOnce() -> Option<f64>) -> Result<(), Problem> {
        match self {
            Taken::Numbers(numbers) => match number() {
                Some(number) if number.is_finite() => numbers.push(number),
                Some(_) => return Err("is not a finite number".into()),
                None => return Err("is not a number".into()),
            },
            Taken::Codes(codes) => codes.push(text, number)?,
            Taken::Texts(texts) => texts.push(text.to_owned()),
            Taken::Left => {}
        }
        Ok(())
    }

    /// Takes a number of a column of numbers.
    pub(super) fn push_number(&mut self, number: f64) -> Result<(), Problem> {
        if let Taken::Texts(texts) = self {
            texts.push(name_of(number));
            return Ok(());
        }
        if let Taken::Codes(codes) = self {
            if let Some(&code) = codes.by_number.get(&(number + 0.0).to_bits()) {
                codes.codes.push(code);
                codes.count(code);
                return Ok(());
            }
            return codes.push(&name_of(number), || Some(number));
        }
        self.push("", || Some(number))
    }

    /// The cells, and their categories if they have any.
    pub(super) fn finish(self) -> (Cells, Named) {
        match self {
            Taken::Numbers(numbers) => (Cells::Numbers(numbers), Named::none()),
            Taken::Texts(_) | Taken::Left => (Cells::Left, Named::none()),
            Taken::Codes(codes) => codes.finish(),
        }
    }
}

impl Named {
    pub(super) fn none() -> Self {
        Self { categories: Vec::new(), n_merged: 0 }
    }

    /// Whether [`OTHER`] stands for merged categories, if there is one of this name.
    pub(super) fn has_other(&self) -> Option<bool> {
        self.categories.iter().any(|name| name == OTHER).then_some(self.n_merged > 0)
    }
}

impl Codes {
    fn new(how: How, known: Option<HashMap<String, u32>>) -> Self {
        Self {
            codes: Vec::new(),
            how,
            categories: Categories::at_most(usize::MAX),
            counts: Vec::new(),
            by_number: HashMap::new(),
            known,
            other: None,
            unseen: (0, None),
        }
    }

    fn push(&mut self, text: &str, number: impl FnOnce() -> Option<f64>) -> Result<(), Problem> {
        let code = match &self.known {
            Some(known) => {
                let by_number = || known.get(&name_of(number()?)).copied();
                let code = known.get(text).copied().or_else(by_number).or(self.other);
                code.unwrap_or_else(|| {
                    self.unseen.0 += 1;
                    self.unseen.1.get_or_insert_with(|| text.to_owned());
                    MISSING
                })
            }
            None => self.number(text, number)?,
        };
        self.codes.push(code);
        Ok(())
    }

    /// The code of a category that may be new.
    fn number(&mut self, text: &str, number: impl FnOnce() -> Option<f64>) -> Result<u32, Problem> {
        let number = if self.how == How::Values { number() } else { None };
        let code = match number {
            None => self.categories.number(text)?,
            Some(number) => match self.by_number.get(&(number + 0.0).to_bits()) {
                Some(&code) => code,
                None => {
                    let code = self.categories.number(&name_of(number))?;
                    self.by_number.insert((number + 0.0).to_bits(), code);
                    code
                }
            },
        };
        self.count(code);
        Ok(code)
    }

    fn count(&mut self, code: u32) {
        let at = code as usize;
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += 1;
    }

    fn finish(self) -> (Cells, Named) {
        if self.known.is_some() {
            return (Cells::Codes(self.codes), Named::none());
        }
        let (named, new) = ordered(&self.categories.all, &self.counts);
        let mut codes = self.codes;
        codes.iter_mut().filter(|code| **code != MISSING).for_each(|code| *code = new[*code as usize]);
        (Cells::Codes(codes), named)
    }
}

/// The name of a category that is a number.
pub(super) fn name_of(number: f64) -> String {
    (number + 0.0).to_string()
}

/// Categories sorted by their bytes, the rarest of too many as one, and the new code of each.
pub(super) fn ordered(all: &[String], counts: &[usize]) -> (Named, Vec<u32>) {
    let mut by_rank: Vec<usize> = (0..all.len()).collect();
    by_rank.sort_by(|&a, &b| counts[b].cmp(&counts[a]).then_with(|| all[a].cmp(&all[b])));
    let n_kept = if all.len() > MOST_CATEGORIES { MOST_CATEGORIES - 1 } else { all.len() };
    let mut categories: Vec<String> = by_rank[..n_kept].iter().map(|&old| all[old].clone()).collect();
    let n_merged = all.len() - n_kept;
    if n_merged > 0 {
        categories.push(OTHER.to_owned());
    }
    categories.sort_unstable();
    categories.dedup();
    let find = |name: &str| categories.binary_search_by(|known| known.as_str().cmp(name)).ok();
    let other = find(OTHER);
    let code = |name: &String| find(name).or(other).unwrap_or_default() as u32;
    let new = all.iter().map(code).collect();
    (Named { categories, n_merged }, new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rarest_of_too_many_categories_become_one() {
        let all: Vec<String> = (0..200).map(|k| format!("c{k:03}")).collect();
        let counts: Vec<usize> = (0..200).map(|k| if k == 199 { 9 } else { 1 }).collect();
        let (named, new) = ordered(&all, &counts);
        assert_eq!((named.categories.len(), named.n_merged), (MOST_CATEGORIES, 73));
        assert_eq!(named.categories[0], OTHER);
        // Ties are kept by name.
        assert_eq!(named.categories[126], "c125");
        assert_eq!(named.categories[127], "c199");
        assert_eq!((new[125], new[126], new[199]), (126, 0, 127));
    }
}
