//! Collects a table from the record batches of one file, or of several.

use super::column::{Column, shape};
use super::kind::Kind;
use super::limit::{TOO_MUCH, limit};
use super::schema::{Fields, Parts};
use super::sink::Sink;
use crate::data::hold::{ColumnPlace, Dataset, ImageShape, Preparation};
use crate::data::read::table::field::cell;
use crate::data::read::table::file::TableFile;
use crate::data::read::table::gather::Gather;
use crate::data::read::table::layout::Layout;
use crate::data::read::table::learned::{Learned, needs_all};
use crate::data::read::table::options::TableOptions;
use crate::error::counted;
use crate::error::{Problem, Row};
use crate::{Error, Result};
use arrow_array::{ArrayRef, RecordBatch};

/// What is done after each batch.
pub(in crate::data) type After<'a> = dyn FnMut(&mut Batches<'_>) -> Result<()> + 'a;

/// A partly read table.
pub(in crate::data) struct Batches<'a> {
    /// The table, and the file that is being read, for messages.
    table: String,
    file: String,
    options: &'a TableOptions,
    learned: Option<&'a Preparation>,
    parts: Parts,
    /// Known when the first file begins.
    layout: Option<Layout>,
    /// Created when the first batch reveals the length of lists.
    gather: Option<Gather>,
    shapes: Vec<Vec<usize>>,
    /// Rows read from this file.
    n_rows: u64,
    /// Bytes that the values of this file take, and their limit.
    used: u64,
    limit: u64,
}

impl<'a> Batches<'a> {
    /// Starts the table of `files`, which messages call `table`.
    pub(in crate::data) fn new(
        table: String,
        files: &[TableFile],
        options: &'a TableOptions,
        learned: Option<&'a Preparation>,
    ) -> Result<Self> {
        let unused = [
            ("header", options.header.is_some(), "names its own columns"),
            ("delimiter", options.delimiter.is_some(), "names its own columns"),
            ("decimal", options.decimal.is_some(), "holds numbers, not their text"),
            ("thousands", options.thousands.is_some(), "holds numbers, not their text"),
            ("na_values", options.na_values.is_some(), "marks its own missing values"),
        ];
        if let Some((option, _, why)) = unused.into_iter().find(|(_, is_set, _)| *is_set) {
            return Err(Error::input(table, why).leave_out(option));
        }
        Ok(Self {
            file: table.clone(),
            parts: Parts::new(files, options, learned),
            table,
            options,
            learned,
            layout: None,
            gather: None,
            shapes: Vec::new(),
            n_rows: 0,
            used: 0,
            limit: 0,
        })
    }

    /// The columns that are values, each with whether it holds categories.
    fn chosen(&self) -> Vec<(usize, bool)> {
        let features = self.layout.iter().flat_map(|layout| &layout.features);
        features.map(|chosen| (chosen.at, chosen.one_hot)).collect()
    }

    fn label(&self) -> Option<usize> {
        self.layout.as_ref().and_then(|layout| layout.label)
    }

    fn targets(&self) -> &[usize] {
        self.layout.as_ref().map_or(&[], |layout| &layout.targets)
    }

    fn gather_rows(
        &mut self,
        n_rows: usize,
        columns: &[Column<'_>],
        targets: &[Column<'_>],
        label: Option<&Column<'_>>,
    ) -> Result<()> {
        let Some(gather) = &mut self.gather else { return Ok(()) };
        let (file, first) = (&self.file, self.n_rows + 1);
        for row in 0..n_rows {
            gather.begin_row(file)?;
            let wrong = |column: &ColumnPlace, shown: &str, problem: Problem| {
                let at = cell(file, Some(Row::Number(first as usize + row)), column);
                Error::input(at, Problem { text: format!("{shown} {}", problem.text), ..problem })
            };
            for (k, column) in columns.iter().enumerate() {
                column
                    .push(row, k, gather)
                    .map_err(|problem| wrong(gather.place(k), &column.shown(row), problem))?;
            }
            for (k, target) in targets.iter().enumerate() {
                gather
                    .push_target(target.number(row).map(|number| number as f32))
                    .map_err(|problem| wrong(gather.target_place(k), &target.shown(row), problem))?;
            }
            if let Some(label) = label {
                let text = label.text(row);
                gather
                    .push_label(text.as_deref(), |place, problem| wrong(place, &label.shown(row), problem))?;
            }
        }
        Ok(())
    }

    /// Counts the memory that the values of more rows take.
    fn spend(&mut self, n_rows: usize) -> Result<()> {
        let n_others = 1 + self.targets().len() as u64;
        let n_values =
            self.shapes.iter().fold(n_others, |sum, shape| sum.saturating_add(width(shape) as u64));
        self.used = self.used.saturating_add(n_values.saturating_mul(4).saturating_mul(n_rows as u64));
        if self.used > self.limit { Err(Error::input(&self.file, TOO_MUCH)) } else { Ok(()) }
    }

    /// Determines the shapes of the columns from the first batch.
    fn start(&mut self, features: &[ArrayRef]) -> Result<()> {
        for (k, ((of, one_hot), array)) in self.chosen().into_iter().zip(features).enumerate() {
            let shape = match one_hot {
                true => Vec::new(),
                false => shape(array).map_err(|problem| self.refuse(of, problem))?,
            };
            let learned = self.learned.and_then(|learned| learned.columns.as_ref()?.features.get(k));
            if let Some(learned) = learned.filter(|learned| !one_hot && learned.width != width(&shape)) {
                let problem = format!(
                    "gives {} but the model needs {}",
                    counted(width(&shape), "value"),
                    learned.width
                );
                return Err(self.refuse(of, problem.into()));
            }
            self.shapes.push(shape);
        }
        let widths: Vec<usize> = self.shapes.iter().map(|shape| width(shape)).collect();
        let layout = self.layout.as_ref();
        self.gather = layout.map(|layout| Gather::new(layout, &widths, self.options, self.learned));
        Ok(())
    }

    /// An error in a column of the file.
    fn refuse(&self, of: usize, problem: Problem) -> Error {
        let names = self.layout.as_ref().and_then(|layout| layout.names.as_ref());
        let name = names.and_then(|names| names.get(of)).cloned();
        Error::input(cell(&self.file, None, &ColumnPlace { name, number: of + 1 }), problem)
    }

    /// Takes the values of the rows added since the last call.
    pub(in crate::data) fn take_rows(&mut self) -> Result<Vec<f32>> {
        let Some(gather) = &mut self.gather else { return Ok(Vec::new()) };
        if let Some(what) = gather.needs_all() {
            return Err(needs_all(&self.table, what));
        }
        gather.take_rows(&self.table)
    }

    /// The shape of a picture, if the values are one column of lists of lists.
    fn image(&self) -> Option<ImageShape> {
        let [shape] = &self.shapes[..] else { return None };
        match shape[..] {
            [height, width] => Some(ImageShape { height, width, channels: 1 }),
            [height, width, channels] => Some(ImageShape { height, width, channels }),
            _ => None,
        }
    }

    /// Returns the samples.
    pub(in crate::data) fn finish(mut self) -> Result<Dataset> {
        let (image, warnings) = (self.image(), self.parts.warnings(&self.table, self.options, self.learned));
        let mut data = self.gathered()?.finish(&self.table)?;
        if let Some(image) = image {
            data = data.with_image(&self.table, image)?;
        }
        warnings.into_iter().for_each(|warning| data.warn(warning));
        Ok(data)
    }

    /// Returns what was learned besides the values already taken, and the shape of pictures.
    pub(in crate::data) fn learned(mut self) -> Result<(Learned, Option<ImageShape>)> {
        let (image, warnings) = (self.image(), self.parts.warnings(&self.table, self.options, self.learned));
        let mut learned = self.gathered()?.learned_of_taken(&self.table)?;
        learned.warnings.extend(warnings);
        Ok((learned, image))
    }

    fn gathered(&mut self) -> Result<Gather> {
        self.gather.take().ok_or_else(|| Error::input(&self.table, "holds no rows"))
    }
}

impl Sink for Batches<'_> {
    fn begin(&mut self, file: &TableFile, n_bytes: u64, fields: Fields) -> Result<()> {
        self.file = file.path.display().to_string();
        (self.n_rows, self.used, self.limit) = (0, 0, limit(n_bytes));
        let row_names = fields.row_names.clone();
        let names = self.parts.begin(file, fields, self.layout.as_ref())?;
        if self.layout.is_none() {
            let n_fields = names.len();
            let columns = self.learned.and_then(|learned| learned.columns.as_ref());
            let layout = Layout::named(Some(names), n_fields, &row_names, self.options, columns)
                .map_err(|problem| Error::input(&self.file, problem))?;
            self.layout = Some(layout);
        }
        for (of, are_names) in self.chosen().into_iter().chain(self.label().map(|of| (of, true))) {
            let Some(declared) = self.parts.declared(of) else { continue };
            let problem = match (Kind::of(declared), are_names) {
                (Kind::Numbers | Kind::Nothing, _) | (Kind::Texts, true) => continue,
                (_, false) => Kind::not_numbers(declared),
                (_, true) => Kind::not_names(declared),
            };
            return Err(self.refuse(of, problem));
        }
        Ok(())
    }

    fn grow(&mut self, n_bytes: u64) {
        self.limit = limit(n_bytes);
    }

    fn columns(&self) -> Vec<usize> {
        let used = self.chosen().into_iter().map(|(of, _)| of).chain(self.label());
        let used = used.chain(self.targets().iter().copied());
        let mut columns: Vec<usize> = used.filter_map(|of| self.parts.place(of)).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    fn push(&mut self, batch: &RecordBatch, at: &dyn Fn(usize) -> Option<usize>) -> Result<()> {
        let n_rows = batch.num_rows();
        if n_rows == 0 {
            return Ok(());
        }
        let column = |of: usize| -> Result<ArrayRef> {
            if let Some(constant) = self.parts.constant(of, n_rows) {
                return Ok(constant);
            }
            let array = self.parts.place(of).and_then(&at).and_then(|at| batch.columns().get(at));
            array.cloned().ok_or_else(|| Error::input(&self.file, format!("lacks column {}", of + 1)))
        };
        let chosen = self.chosen();
        let features = chosen.iter().map(|&(of, _)| column(of)).collect::<Result<Vec<_>>>()?;
        let label = self.label().map(|of| column(of).map(|array| (of, array))).transpose()?;
        let arrays = self.targets().iter().map(|&of| column(of)).collect::<Result<Vec<_>>>()?;
        if self.gather.is_none() {
            self.start(&features)?;
        }
        self.spend(n_rows)?;

        let mut columns = Vec::with_capacity(features.len());
        for ((array, &(of, one_hot)), shape) in features.iter().zip(&chosen).zip(&self.shapes) {
            let read = match one_hot {
                true => Column::texts(array),
                false => Column::numbers(array, shape, self.n_rows),
            };
            columns.push(read.map_err(|problem| self.refuse(of, problem))?);
        }
        let label = match &label {
            Some((of, array)) => Some(Column::texts(array).map_err(|problem| self.refuse(*of, problem))?),
            None => None,
        };
        let mut targets = Vec::with_capacity(arrays.len());
        for (array, &of) in arrays.iter().zip(self.targets()) {
            let numbers = Column::numbers(array, &[], self.n_rows);
            targets.push(numbers.map_err(|problem| self.refuse(of, problem))?);
        }
        self.gather_rows(n_rows, &columns, &targets, label.as_ref())?;
        self.n_rows += n_rows as u64;
        Ok(())
    }
}

/// Passes on what `after` makes of each batch.
pub(in crate::data) struct Followed<'a, 'b> {
    pub(in crate::data) batches: &'a mut Batches<'b>,
    pub(in crate::data) after: &'a mut After<'a>,
}

impl Sink for Followed<'_, '_> {
    fn begin(&mut self, file: &TableFile, n_bytes: u64, fields: Fields) -> Result<()> {
        self.batches.begin(file, n_bytes, fields)
    }

    fn grow(&mut self, n_bytes: u64) {
        self.batches.grow(n_bytes);
    }

    fn columns(&self) -> Vec<usize> {
        self.batches.columns()
    }

    fn push(&mut self, batch: &RecordBatch, at: &dyn Fn(usize) -> Option<usize>) -> Result<()> {
        self.batches.push(batch, at)?;
        (self.after)(self.batches)
    }
}

/// The number of values of this shape.
fn width(shape: &[usize]) -> usize {
    shape.iter().fold(1, |product, &n| product.saturating_mul(n))
}
