//! Collects the rows of a table and turns them into samples.

mod learned;
#[cfg(test)]
mod tests;

use super::categories::{Categories, UNKNOWN};
use super::field::LEAVE_OUT;
use super::layout::Layout;
use super::numbers::{Numbers, mean};
use super::options::{Missing, TableOptions};
use super::row_names::Count;
use crate::data::hold::{ColumnPlace, Dataset, Exact, Preparation, Scaling, Values};
use crate::data::read::labels::{Labels, no_class, without_labels};
use crate::error::{Problem, counted};
use crate::{Error, Result, interrupt};
use std::collections::BTreeMap;

/// The code of a missing category.
const ABSENT: u32 = u32::MAX;

const NOT_FINITE: &str = "is not a finite number in single precision (up to 3.4e38)";

/// Rows after which a reader asks whether it is to stop: well under a millisecond of work.
const PAUSE: usize = 1024;

/// A partly read table. The fields of each row are pushed in the order of the layout's features.
pub(in crate::data) struct Gather {
    features: Vec<Gathered>,
    n_rows: usize,
    label: Option<(ColumnPlace, Categories)>,
    label_use: Labels,
    /// Values of the numeric columns.
    numbers: Numbers,
    /// Categories, row-major.
    codes: Vec<u32>,
    labels: Vec<u32>,
    target_places: Vec<ColumnPlace>,
    /// Targets, row-major.
    targets: Vec<f32>,
    missing_is_refused: bool,
    /// Whether the columns are those of a model.
    is_learned: bool,
    /// The number of categories not seen in training, and a description of the first.
    unknown: (usize, Option<String>),
    /// Why the labels are left out.
    no_labels: Option<String>,
    /// What the first feature has counted, if it is left out for counting the rows.
    count: Option<Count>,
    /// Columns of row names, which are left out.
    row_names: Vec<ColumnPlace>,
    na_values: Option<Vec<String>>,
}

struct Gathered {
    place: ColumnPlace,
    width: usize,
    texts: Option<Categories>,
    means: Option<Vec<f32>>,
    doubles: BTreeMap<usize, f64>,
}

/// For each number of a row, its place among the values of a sample.
fn places(features: &[Gathered]) -> Vec<usize> {
    let (mut places, mut first) = (Vec::new(), 0);
    for Gathered { width, texts, .. } in features {
        let after = first + texts.as_ref().map_or(*width, |texts| texts.all.len());
        if texts.is_none() {
            places.extend(first..after);
        }
        first = after;
    }
    places
}

impl Gather {
    /// Starts a table with this layout and one width per feature. `learned` is the preparation of an earlier table, if
    /// any.
    pub(in crate::data) fn new(
        layout: &Layout,
        widths: &[usize],
        options: &TableOptions,
        learned: Option<&Preparation>,
    ) -> Self {
        let place = |at: usize| ColumnPlace {
            name: layout.names.as_ref().map(|names| names[at].clone()),
            number: at + 1,
        };
        let columns = learned.and_then(|learned| learned.columns.as_ref());
        let known = |k: usize| columns.and_then(|columns| columns.features.get(k));
        let features = layout.features.iter().zip(widths).enumerate();
        let features = features.map(|(k, (chosen, &width))| Gathered {
            place: place(chosen.at),
            width,
            texts: chosen.one_hot.then(|| match known(k).and_then(|feature| feature.categories.as_deref()) {
                Some(categories) => Categories::known(categories),
                None => Categories::default(),
            }),
            means: known(k).and_then(|feature| feature.means.clone()),
            doubles: known(k).map(|feature| feature.doubles.clone()).unwrap_or_default(),
        });
        let features: Vec<Gathered> = features.collect();
        let scaling = learned.and_then(|learned| learned.scaling.as_ref());
        let kept: Vec<usize> = scaling.into_iter().flat_map(Scaling::doubles).collect();
        let classes = learned.map_or(&[][..], |learned| &learned.classes);
        let texts = || if classes.is_empty() { Categories::default() } else { Categories::known(classes) };
        let means_are_known =
            columns.is_some_and(|all| all.features.iter().all(|feature| feature.means.is_some()));
        Self {
            numbers: Numbers::new(&places(&features), &kept),
            features,
            n_rows: 0,
            label: layout.label.map(|at| (place(at), texts())),
            label_use: options.labels,
            codes: Vec::new(),
            labels: Vec::new(),
            target_places: layout.targets.iter().map(|&at| place(at)).collect(),
            targets: Vec::new(),
            missing_is_refused: match columns {
                Some(_) => !means_are_known,
                None => options.missing == Missing::Refuse,
            },
            is_learned: columns.is_some(),
            unknown: (0, None),
            no_labels: None,
            count: layout.may_count_rows.then(Count::default),
            row_names: layout.row_names.iter().map(|&at| place(at)).collect(),
            na_values: columns.map_or(&options.na_values, |columns| &columns.na_values).clone(),
        }
    }

    /// Pushes the next number of a row, for feature `k`.
    pub(in crate::data) fn push_number(&mut self, k: usize, value: f64) -> Result<(), Problem> {
        if !(value as f32).is_finite() {
            return Err(NOT_FINITE.into());
        }
        if let (0, Some(count)) = (k, &mut self.count) {
            count.see(value);
        }
        self.numbers.push(value);
        Ok(())
    }

    fn accept_missing(&self) -> Result<(), Problem> {
        let problem = Problem::from("is missing");
        match (self.missing_is_refused, self.is_learned) {
            (false, _) => Ok(()),
            (true, false) => Err(problem.set("missing", "mean").with("columns", LEAVE_OUT)),
            (true, true) => Err(problem.hint("fill it in").hint(
                "train the model on a table that is read with the means of its columns for missing values",
            )),
        }
    }

    /// Pushes a missing value of feature `k`.
    pub(in crate::data) fn push_missing(&mut self, k: usize) -> Result<(), Problem> {
        self.accept_missing()?;
        if let (0, Some(count)) = (k, &mut self.count) {
            count.see(f64::NAN);
        }
        // Pushed numbers are finite, so NaN can mark a missing value.
        self.numbers.push(f64::NAN);
        Ok(())
    }

    /// Pushes the next category of a row, for feature `k`; `None` if it is missing.
    pub(in crate::data) fn push_category(&mut self, k: usize, text: Option<&str>) -> Result<(), Problem> {
        let Some(text) = text else {
            self.accept_missing()?;
            self.codes.push(ABSENT);
            return Ok(());
        };
        let Some(texts) = self.features.get_mut(k).and_then(|feature| feature.texts.as_mut()) else {
            return Err("is not a category".into());
        };
        let number = texts.number(text)?;
        if number == UNKNOWN {
            let place = &self.features[k].place;
            self.unknown.0 += 1;
            self.unknown.1.get_or_insert_with(|| format!("{text:?} in {place}"));
        }
        self.codes.push(number);
        Ok(())
    }

    /// Pushes the label of a row, `None` if it is missing; `wrong` adds the place to a problem.
    pub(in crate::data) fn push_label(
        &mut self,
        text: Option<&str>,
        wrong: impl FnOnce(&ColumnPlace, Problem) -> Error,
    ) -> Result<()> {
        let Err(problem) = self.number_label(text) else { return Ok(()) };
        let place = self.label.take().map(|(place, _)| place).unwrap_or_default();
        let error = wrong(&place, problem);
        if self.label_use == Labels::Needed {
            return Err(error);
        }
        self.no_labels = Some(without_labels(&error));
        Ok(())
    }

    /// Pushes the next target of a row; `None` if it is missing.
    pub(in crate::data) fn push_target(&mut self, value: Option<f32>) -> Result<(), Problem> {
        match value {
            None => Err("is missing; every row needs a target".into()),
            Some(value) if !value.is_finite() => Err(NOT_FINITE.into()),
            Some(value) => {
                self.targets.push(value);
                Ok(())
            }
        }
    }

    /// The column of target `k`, for messages.
    pub(in crate::data) fn target_place(&self, k: usize) -> &ColumnPlace {
        &self.target_places[k]
    }

    fn number_label(&mut self, text: Option<&str>) -> Result<(), Problem> {
        let Some((_, texts)) = &mut self.label else { return Ok(()) };
        let Some(text) = text else { return Err("is missing; every row needs a label".into()) };
        match texts.number(text)? {
            UNKNOWN => Err(no_class(&texts.all).into()),
            number => {
                self.labels.push(number);
                Ok(())
            }
        }
    }

    /// The column of feature `k`, for messages.
    pub(in crate::data) fn place(&self, k: usize) -> &ColumnPlace {
        &self.features[k].place
    }

    /// Makes room for one more row, unless there is none or reading [is to stop](crate::interrupt).
    pub(in crate::data) fn begin_row(&mut self, file: &str) -> Result<()> {
        if self.n_rows.is_multiple_of(PAUSE) {
            interrupt::check()?;
        }
        self.n_rows += 1;
        self.reserve().map_err(|_| Error::input(file, "its rows do not fit in memory"))
    }

    fn reserve(&mut self) -> Result<(), std::collections::TryReserveError> {
        self.numbers.floats.try_reserve(self.features.iter().map(|feature| feature.width).sum())?;
        self.codes.try_reserve(self.features.len())?;
        self.targets.try_reserve(self.target_places.len())?;
        self.labels.try_reserve(1)
    }

    /// What must be learned from all rows before the first one can become a sample.
    pub(in crate::data) fn needs_all(&self) -> Option<&'static str> {
        let learns = |feature: &Gathered| feature.texts.as_ref().is_some_and(|texts| !texts.complete);
        let fills = |feature: &Gathered| !self.missing_is_refused && feature.means.is_none();
        match &self.features {
            features if features.iter().any(learns) => Some("categories"),
            features if features.iter().any(fills) => Some("means of missing values"),
            _ => None,
        }
    }

    /// Takes the values of the rows since the last call, if nothing [needs all rows](Self::needs_all).
    pub(in crate::data) fn take_rows(&mut self, file: &str) -> Result<Vec<f32>> {
        let n_visible = self.set_widths();
        let mut values = self.spread(file, n_visible)?;
        self.codes.clear();
        self.numbers.floats.clear();
        self.fill(&mut values, n_visible, file, &Exact::default())?;
        Ok(values)
    }

    /// The number of values per sample, once all categories are known.
    fn set_widths(&mut self) -> usize {
        for feature in &mut self.features {
            if let Some(texts) = &feature.texts {
                feature.width = texts.all.len();
            }
        }
        self.features.iter().map(|feature| feature.width).sum()
    }

    /// Returns the samples and what was learned from them.
    pub(in crate::data) fn finish(mut self, file: &str) -> Result<Dataset> {
        self.leave_out_count();
        for (k, codes_at) in self.one_hot() {
            let n_codes = self.n_codes();
            let Some(texts) = self.features[k].texts.as_mut() else { continue };
            let new = texts.sort();
            let codes = self.codes.iter_mut().skip(codes_at).step_by(n_codes);
            codes.for_each(|code| *code = new.get(*code as usize).copied().unwrap_or(*code));
            if texts.all.is_empty() {
                return Err(Error::input(
                    file,
                    format!("{} holds only missing values", self.features[k].place),
                ));
            }
        }
        let n_visible = self.set_widths();
        let mut values = self.spread(file, n_visible)?;
        let exact = std::mem::take(&mut self.numbers).finish(&places(&self.features));
        self.fill(&mut values, n_visible, file, &exact)?;
        let mut data = Dataset::new(file, Values::Floats(values), n_visible)?;
        let learned = self.learned(file, exact)?;
        data = data.with_exact(learned.exact);
        if let Some(labels) = learned.labels {
            data = data.with_labels(file, labels)?;
        }
        if let Some(targets) = learned.targets {
            data = data.with_targets(file, targets)?;
        }
        data = data.with_preparation(learned.preparation);
        learned.warnings.into_iter().for_each(|warning| data.warn(warning));
        Ok(data)
    }

    fn n_codes(&self) -> usize {
        self.features.iter().filter(|feature| feature.texts.is_some()).count()
    }

    /// The one-hot features, each with its offset in a row of codes.
    fn one_hot(&self) -> Vec<(usize, usize)> {
        let features = self.features.iter().enumerate();
        features.filter(|(_, feature)| feature.texts.is_some()).map(|(k, _)| k).zip(0..).collect()
    }

    /// All values, `(n, n_visible)`; missing ones are NaN.
    fn spread(&mut self, file: &str, n_visible: usize) -> Result<Vec<f32>> {
        let n_codes = self.n_codes();
        if n_codes == 0 {
            return Ok(std::mem::take(&mut self.numbers.floats));
        }
        let n = self.codes.len() / n_codes;
        let mut values = Vec::new();
        let len = n.saturating_mul(n_visible);
        if len > (1 << 32) || values.try_reserve_exact(len).is_err() {
            let problem = format!(
                "its one-hot columns become {} of {}, which do not fit in memory",
                counted(n, "row"),
                counted(n_visible, "value")
            );
            return Err(Error::input(file, problem));
        }
        let (mut numbers, mut codes) = (self.numbers.floats.iter(), self.codes.iter());
        for row in 0..n {
            if row.is_multiple_of(PAUSE) {
                interrupt::check()?;
            }
            for Gathered { width, texts, .. } in &self.features {
                match texts {
                    None => values.extend(numbers.by_ref().take(*width)),
                    Some(_) => {
                        let code = codes.next().copied().unwrap_or(ABSENT);
                        let value = |at: usize| if at == code as usize { 1.0 } else { 0.0 };
                        let is_absent = code == ABSENT;
                        values.extend((0..*width).map(|at| if is_absent { f32::NAN } else { value(at) }));
                    }
                }
            }
        }
        Ok(values)
    }

    /// Fills missing values with the means learned earlier, or learns the means of this table.
    fn fill(&mut self, values: &mut [f32], n_visible: usize, file: &str, exact: &Exact) -> Result<()> {
        if self.missing_is_refused || n_visible == 0 {
            return Ok(());
        }
        let mut first = 0;
        for Gathered { place, width, means, doubles, .. } in &mut self.features {
            interrupt::check()?;
            let all = match means {
                Some(means) => means,
                None => {
                    let column = |at: usize| values.iter().skip(at).step_by(n_visible).copied();
                    let learn = |at: usize| match exact.columns.get(&at) {
                        None => mean(column(at).map(f64::from)),
                        Some(exact) => mean(exact.among(column(at)))
                            .inspect(|&mean| doubles.extend([(at - first, mean)])),
                    };
                    let learned: Option<Vec<f64>> = (first..first + *width).map(learn).collect();
                    let learned = learned
                        .ok_or_else(|| Error::input(file, format!("{place} holds only missing values")))?;
                    means.insert(learned.into_iter().map(|mean| mean as f32).collect())
                }
            };
            for row in values.chunks_exact_mut(n_visible) {
                for (value, mean) in
                    row[first..].iter_mut().zip(all.iter()).filter(|(value, _)| value.is_nan())
                {
                    *value = *mean;
                }
            }
            first += *width;
        }
        Ok(())
    }
}
