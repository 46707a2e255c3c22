//! The columns of the files of one table, which must agree.

use super::kind::{Kind, in_words, is_list};
use crate::data::hold::{ColumnPlace, Preparation};
use crate::data::read::table::field::cell;
use crate::data::read::table::file::{Key, KeyKind, TableFile, is_asked_for, keys};
use crate::data::read::table::layout::Layout;
use crate::data::read::table::options::TableOptions;
use crate::{Error, Result};
use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
use arrow_schema::{DataType, Schema};
use std::sync::Arc;

/// The columns of a file.
pub(in crate::data) struct Fields {
    pub(in crate::data) names: Vec<String>,
    /// Their types as the writer of the file knew them.
    pub(in crate::data) declared: Vec<DataType>,
    /// The columns in which pandas stored row names.
    pub(super) row_names: Vec<String>,
}

impl Fields {
    /// The columns of a file; `declared` is the schema that its writer knew, if the file says, and `pandas` the metadata
    /// that pandas wrote.
    pub(super) fn new(schema: &Schema, declared: Option<&Schema>, pandas: Option<&str>) -> Self {
        let names = schema.fields().iter().map(|field| field.name().clone()).collect();
        let declared = declared.filter(|declared| declared.fields().len() == schema.fields().len());
        let types = declared.unwrap_or(schema).fields().iter().map(|field| field.data_type().clone());
        Self { names, declared: types.collect(), row_names: row_names(pandas) }
    }

    pub(in crate::data) fn is_row_name(&self, name: &str) -> bool {
        name.starts_with("__index_level_") || self.row_names.iter().any(|known| known == name)
    }
}

/// The columns in which pandas stored row names.
pub(super) fn row_names(pandas: Option<&str>) -> Vec<String> {
    let metadata = pandas.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let columns = metadata.as_ref().and_then(|metadata| metadata.get("index_columns")?.as_array());
    // For rows that are only numbered, pandas lists an object instead of a column name.
    columns.into_iter().flatten().filter_map(|column| Some(column.as_str()?.to_owned())).collect()
}

/// Where the columns of a table are in the file that is being read.
pub(super) struct Parts {
    /// Keys of folders that are columns of the table, after those of the first file.
    used: Vec<Key>,
    /// Keys of folders that are not.
    unused: Vec<String>,
    /// Whether all columns are wanted, so that a file may not have more.
    all: bool,
    /// The first file and its columns.
    first: Option<(String, Fields)>,
    /// For each column of the first file, its place in this file.
    places: Vec<Option<usize>>,
    /// The values of the used keys in this file.
    values: Vec<Option<String>>,
}

impl Parts {
    pub(super) fn new(files: &[TableFile], options: &TableOptions, learned: Option<&Preparation>) -> Self {
        let (used, unused): (Vec<_>, Vec<_>) =
            keys(files).into_iter().partition(|key| is_asked_for(&key.name, options, learned));
        Self {
            used,
            unused: unused.into_iter().map(|key| key.name).collect(),
            all: options.columns.is_empty() && learned.is_none_or(|learned| learned.columns.is_none()),
            first: None,
            places: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Finds the columns of the table, whose `layout` is known from the second file on, in this file. Returns the names of
    /// all columns.
    pub(super) fn begin(
        &mut self,
        file: &TableFile,
        fields: Fields,
        layout: Option<&Layout>,
    ) -> Result<Vec<String>> {
        let place = file.path.display().to_string();
        if self.first.is_none() {
            // A column of the file's own comes before a folder's.
            self.used.retain(|key| !fields.names.contains(&key.name));
            self.unused.retain(|key| !fields.names.contains(key));
            self.first = Some((place.clone(), fields));
            self.places = (0..self.fields().names.len()).map(Some).collect();
        } else {
            self.places = self.matched(&place, &fields, layout)?;
        }
        self.values.clear();
        for key in &self.used {
            let Some((_, value)) = file.keys.iter().find(|(name, _)| *name == key.name) else {
                let problem = format!("lies in no folder {}=…; all files of a table need one", key.name);
                return Err(Error::input(place, problem));
            };
            self.values.push(value.clone());
        }
        Ok(self.fields().names.iter().chain(self.used.iter().map(|key| &key.name)).cloned().collect())
    }

    /// The columns of the first file.
    fn fields(&self) -> &Fields {
        const NONE: &Fields = &Fields { names: Vec::new(), declared: Vec::new(), row_names: Vec::new() };
        self.first.as_ref().map_or(NONE, |(_, fields)| fields)
    }

    /// The place of each column of the first file in the file at `place`.
    fn matched(&self, place: &str, fields: &Fields, layout: Option<&Layout>) -> Result<Vec<Option<usize>>> {
        let Some((first, known)) = &self.first else { return Ok(Vec::new()) };
        let same = fields.names == known.names;
        let find = |name: &String| fields.names.iter().position(|other| other == name);
        let places: Vec<_> = known
            .names
            .iter()
            .enumerate()
            .map(|(at, name)| if same { Some(at) } else { find(name) })
            .collect();
        let layout = layout
            .into_iter()
            .flat_map(|layout| layout.features.iter().map(|chosen| chosen.at).chain(layout.label));
        for of in layout.filter(|&of| of < known.names.len()) {
            let name = &known.names[of];
            let Some(at) = places[of] else {
                let problem = format!(
                    "has no column {name:?}, which {first} has; all files of a table need the same columns"
                );
                return Err(Error::input(place, problem).with("columns", "choose columns that all have"));
            };
            let [one, other] = [&known.declared[of], &fields.declared[at]];
            if !are_alike(one, other) {
                let column = ColumnPlace { name: Some(name.clone()), number: at + 1 };
                let [one, other] = [one, other].map(in_words);
                let problem =
                    format!("holds {other}, but {one} in {first}; all files of a table need the same types");
                return Err(
                    Error::input(cell(place, None, &column), problem).with("columns", "leave the column out")
                );
            }
        }
        let more = fields.names.iter().find(|name| !known.names.contains(name) && !fields.is_row_name(name));
        if let Some(name) = more.filter(|_| self.all) {
            let problem = format!(
                "has a column {name:?}, which {first} lacks; all files of a table need the same columns"
            );
            return Err(Error::input(place, problem).with("columns", "choose columns that all have"));
        }
        Ok(places)
    }

    /// Where column `of` of the table is in this file.
    pub(super) fn place(&self, of: usize) -> Option<usize> {
        self.places.get(of).copied().flatten()
    }

    /// The type of a column as the writer of the first file knew it.
    pub(super) fn declared(&self, of: usize) -> Option<&DataType> {
        self.fields().declared.get(of)
    }

    /// The values of a column that this file's folders give, `n` times.
    pub(super) fn constant(&self, of: usize, n: usize) -> Option<ArrayRef> {
        let at = of.checked_sub(self.fields().names.len())?;
        let (key, value) = (self.used.get(at)?, self.values.get(at)?.as_deref());
        Some(match key.kind {
            KeyKind::Whole => {
                let number: Option<i64> = value.and_then(|value| value.parse().ok());
                Arc::new(Int64Array::from(vec![number; n]))
            }
            KeyKind::Number => {
                let number: Option<f64> = value.and_then(|value| value.parse().ok());
                Arc::new(Float64Array::from(vec![number; n]))
            }
            KeyKind::Text => Arc::new(StringArray::from(vec![value; n])),
        })
    }

    /// What the user should know about keys that are left out.
    pub(super) fn warnings(
        &self,
        table: &str,
        options: &TableOptions,
        learned: Option<&Preparation>,
    ) -> Option<String> {
        let asked = !options.columns.is_empty() || learned.is_some_and(|learned| learned.columns.is_some());
        let names = self.unused.join(", ");
        (!asked && !self.unused.is_empty()).then(|| {
            let problem = match self.unused.len() {
                1 => "is in names of folders, not a column of the files; it is left out of the values",
                _ => "are in names of folders, not columns of the files; they are left out of the values",
            };
            format!("{table}: {names} {problem}")
        })
    }
}

fn are_alike(one: &DataType, other: &DataType) -> bool {
    let [kind, of_other] = [one, other].map(Kind::of);
    kind == Kind::Nothing || of_other == Kind::Nothing || (kind == of_other && is_list(one) == is_list(other))
}
