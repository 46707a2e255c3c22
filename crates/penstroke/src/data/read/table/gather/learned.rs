//! What was learned from the rows of a table.

use super::super::learned::Learned;
use super::super::row_names::{self, Count};
use super::{Gather, places};
use crate::Result;
use crate::data::hold::{Columns, Exact, Feature, Preparation, Targets};

impl Gather {
    /// Whether the first feature counts the rows.
    fn counts_rows(&self) -> bool {
        self.count.as_ref().is_some_and(Count::is_right)
    }

    /// Removes the values of the first feature if it counts the rows.
    pub(super) fn leave_out_count(&mut self) {
        if !self.counts_rows() {
            return;
        }
        self.numbers.leave_out_first();
        let counted = self.features.remove(0);
        self.row_names.insert(0, counted.place);
        self.count = None;
    }

    /// Returns what was learned from rows that were all taken.
    pub(in crate::data) fn learned_of_taken(mut self, file: &str) -> Result<Learned> {
        let n_left_out = usize::from(self.counts_rows());
        self.leave_out_count();
        let exact = std::mem::take(&mut self.numbers).finish(&places(&self.features));
        Ok(Learned { n_left_out, ..self.learned(file, exact)? })
    }

    /// Returns what was learned besides the values, which lose `exact` in single precision.
    pub(super) fn learned(self, file: &str, mut exact: Exact) -> Result<Learned> {
        let mut warnings = row_names::warnings(file, &self.row_names, self.count.is_some());
        let Self { features, label, mut labels, unknown, no_labels, na_values, targets, .. } = self;
        let targets = match self.target_places.len() {
            0 => None,
            k => Some(Targets::new(file, targets, k)?),
        };
        let features = features.into_iter().map(|feature| Feature {
            column: feature.place,
            width: feature.width,
            categories: feature.texts.map(|texts| texts.all),
            means: feature.means,
            doubles: feature.doubles,
        });
        let mut preparation = Preparation::default();
        let mut columns = Columns { features: features.collect(), label: None, na_values };
        columns.fill(&mut exact);
        let labels = label.map(|(place, mut texts)| {
            let new = texts.sort();
            labels.iter_mut().for_each(|label| *label = new[*label as usize]);
            preparation.classes = texts.all;
            columns.label = Some(place);
            labels
        });
        preparation.columns = Some(columns);
        warnings.extend(no_labels);
        if let (n @ 1.., Some(first)) = unknown {
            let places = if n == 1 {
                "1 place holds a category".into()
            } else {
                format!("{n} places hold categories")
            };
            warnings.push(format!(
                "{file}: {places} not seen in training, the first {first}; their values are all 0"
            ));
        }
        Ok(Learned { preparation, labels, targets, warnings, n_left_out: 0, exact })
    }
}
