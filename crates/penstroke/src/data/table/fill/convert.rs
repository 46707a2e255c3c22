//! Writes a table of text as Parquet or Arrow, and the other way round.

use super::super::schema::TextForm;
use super::super::text;
use super::super::typed::{Cells, SourceFile, TypedTable};
use super::columnar::{read, write};
use super::format::Form;
use super::text::write_rows;
use super::values::{Value, Values};
use crate::data::hold::ColumnPlace;
use crate::data::read::table::columnar::{Column, in_words};
use crate::data::read::table::field::cell;
use crate::error::Problem;
use crate::{Error, Result};
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Writes a table of text in columns of the types that its schema gives.
pub(super) fn to_columnar(
    table: &TypedTable,
    file: &SourceFile,
    text: &TextForm,
    mut values: Values<'_>,
    out: (Form<'_>, &mut dyn Write),
) -> Result<()> {
    let names = text::names(&file.path, text)?;
    let typed = |at: usize| {
        let k = file.places.iter().position(|place| *place == Some(at))?;
        Some(&table.columns[k]).filter(|cells| !matches!(cells, Cells::Left)).map(|cells| (k, cells))
    };
    let as_text: Vec<usize> = (0..names.len()).filter(|&at| typed(at).is_none()).collect();
    let mut texts = text::texts(&file.path, text, &as_text)?.into_iter();
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(names.len());
    for at in 0..names.len() {
        let fills = values.within(at, 0, table.n_rows);
        arrays.push(match typed(at) {
            None => Arc::new(StringArray::from(texts.next().unwrap_or_default())),
            Some((k, Cells::Numbers(numbers))) => {
                let mut all: Vec<Option<f64>> =
                    numbers.iter().map(|number| Some(*number).filter(|number| !number.is_nan())).collect();
                for (row, value) in fills {
                    if let Value::Number(number) = value {
                        all[row] = Some(number);
                    }
                }
                match table.schema.columns[k].is_whole {
                    true => {
                        let whole = all.iter().map(|number| number.map(|number| number.round() as i64));
                        Arc::new(whole.collect::<Int64Array>())
                    }
                    false => Arc::new(Float64Array::from(all)),
                }
            }
            Some((k, cells)) => {
                let codes = if let Cells::Codes(codes) = cells { &codes[..] } else { &[] };
                let categories = &table.schema.columns[k].categories;
                let name = |code: &u32| categories.get(*code as usize).map(String::as_str);
                let mut all: Vec<Option<&str>> = codes.iter().map(name).collect();
                for (row, value) in fills {
                    if let Value::Category(text) = value {
                        all[row] = Some(text);
                    }
                }
                Arc::new(StringArray::from(all))
            }
        });
    }
    let fields = names.iter().zip(&arrays);
    let fields = fields.map(|(name, array)| Field::new(name, array.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)
        .map_err(|error| Error::input(table.name(), error.to_string()))?;
    write(out, &schema, &[], &[batch])
}

/// Writes a Parquet or Arrow file as text: numbers with the digits that they need, and nothing where a value is missing.
pub(super) fn to_text(path: &Path, values: Values<'_>, out: (&Path, &mut dyn Write)) -> Result<()> {
    let filled = read(path, values)?;
    let schema = filled.schema.clone().ok_or_else(|| Error::input(path, "holds no rows"))?;
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    write_rows(out, |write| {
        write(&names)?;
        for batch in &filled.batches {
            let columns = batch.columns().iter().enumerate().map(|(at, array)| {
                written(array).map_err(|problem| {
                    let column = ColumnPlace { name: Some(names[at].to_owned()), number: at + 1 };
                    Error::input(cell(&path.display().to_string(), None, &column), problem)
                })
            });
            let columns = columns.collect::<Result<Vec<_>>>()?;
            for row in 0..batch.num_rows() {
                let fields: Vec<&str> = columns.iter().map(|column| column[row].as_str()).collect();
                write(&fields)?;
            }
        }
        Ok(())
    })
}

/// The values of an array as text.
fn written(array: &ArrayRef) -> Result<Vec<String>, Problem> {
    let all = 0..array.len();
    if let Ok(column) = Column::texts(array) {
        return Ok(all
            .map(|row| column.text(row).filter(|text| text != "NaN").map(String::from).unwrap_or_default())
            .collect());
    }
    if matches!(array.data_type(), DataType::Float16) || array.data_type().is_numeric() {
        let column = Column::numbers(array, &[], 0)?;
        return Ok(all.map(|row| column.number(row).map(|n| n.to_string()).unwrap_or_default()).collect());
    }
    let problem = format!("holds {}, which text does not keep", in_words(array.data_type()));
    Err(Problem::from(problem).hint("write Parquet, under a name that ends in .parquet"))
}
