//! Writes Parquet: plain named columns, as data frames have them, compressed with Snappy.

use crate::data::write::Float;
use crate::error::counted;
use ::parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical};
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::Type;
use std::io::{self, Write};
use std::sync::Arc;

/// Values per row group: 64 MiB.
const GROUP: usize = 1 << 24;

/// Writes rows of `names.len()` numbers as float32 or float64 columns with these names, without nulls. Repeated names get `.1`,
/// `.2` and so on, because data frames find columns by name.
///
/// ```
/// let mut file = Vec::new();
/// penstroke::data::parquet::write(&mut file, &["x".into(), "y".into()], &[1.0f32, 0.1, -2.5, 3e-20])?;
/// assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// If there are no names, the values are not a whole number of rows, or writing to `out` fails.
pub fn write<T: Float>(out: impl Write + Send, names: &[String], values: &[T]) -> io::Result<()> {
    let d = names.len();
    if d == 0 || !values.len().is_multiple_of(d) {
        let problem = format!("{} cannot be divided into rows of {d}", counted(values.len(), "value"));
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    let columns =
        distinct(names).into_iter().map(|name| column(&name, T::Parquet::get_physical_type())).collect();
    let mut file = open(out, columns).map_err(failure)?;
    for rows in values.chunks((GROUP / d).max(1) * d) {
        let mut group = file.next_row_group().map_err(failure)?;
        for j in 0..d {
            let Some(mut column) = group.next_column().map_err(failure)? else { break };
            let values: Vec<T> = rows.iter().skip(j).step_by(d).copied().collect();
            column.typed::<T::Parquet>().write_batch(&values, None, None).map_err(failure)?;
            column.close().map_err(failure)?;
        }
        group.close().map_err(failure)?;
    }
    file.close().map(drop).map_err(failure)
}

/// Writes one column of names: int64 if all are whole numbers, otherwise text.
///
/// # Errors
/// If writing to `out` fails.
pub fn write_column(
    out: impl Write + Send,
    name: &str,
    texts: impl IntoIterator<Item = String>,
) -> io::Result<()> {
    let texts: Vec<String> = texts.into_iter().collect();
    let whole: Option<Vec<i64>> = texts.iter().map(|text| text.parse().ok()).collect();
    let kind = if whole.is_some() { Physical::INT64 } else { Physical::BYTE_ARRAY };
    let write = || {
        let mut file = open(out, vec![column(name, kind)])?;
        let mut group = file.next_row_group()?;
        if let Some(mut column) = group.next_column()? {
            match &whole {
                Some(numbers) => column.typed::<Int64Type>().write_batch(numbers, None, None)?,
                None => {
                    let texts: Vec<ByteArray> = texts.iter().map(|text| text.as_str().into()).collect();
                    column.typed::<ByteArrayType>().write_batch(&texts, None, None)?
                }
            };
            column.close()?;
        }
        group.close()?;
        file.close().map(drop)
    };
    write().map_err(failure)
}

fn open<W: Write + Send>(
    out: W,
    columns: Vec<Result<Type, ParquetError>>,
) -> Result<SerializedFileWriter<W>, ParquetError> {
    let columns = columns.into_iter().map(|column| column.map(Arc::new)).collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder("schema").with_fields(columns).build()?;
    // Floats rarely repeat, so a dictionary would only cost space.
    let properties =
        WriterProperties::builder().set_compression(Compression::SNAPPY).set_dictionary_enabled(false);
    SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties.build()))
}

fn column(name: &str, kind: Physical) -> Result<Type, ParquetError> {
    let column = Type::primitive_type_builder(name, kind).with_repetition(Repetition::REQUIRED);
    match kind {
        Physical::BYTE_ARRAY => column
            .with_logical_type(Some(LogicalType::String))
            .with_converted_type(ConvertedType::UTF8)
            .build(),
        _ => column.build(),
    }
}

/// The names, made distinct.
fn distinct(names: &[String]) -> Vec<String> {
    let mut taken: std::collections::HashSet<String> = names.iter().cloned().collect();
    let mut seen = std::collections::HashSet::new();
    let name = |name: &String| {
        if seen.insert(name.clone()) {
            return name.clone();
        }
        let mut others = (1..).map(|number| format!("{name}.{number}"));
        others.find(|other| taken.insert(other.clone())).unwrap_or_default()
    };
    names.iter().map(name).collect()
}

fn failure(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        other => io::Error::other(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{LoadOptions, Source, load};

    #[test]
    fn every_float_reads_back_the_same() {
        let values: Vec<f32> =
            [0.1, 1e-45, f32::MAX, f32::MIN_POSITIVE, 0.0, 1e7, 123456.79, 1.0 / 3.0].into();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("codes.parquet");
        let names = ["a", "b", "b", "b.1"].map(String::from);
        crate::files::write_atomic(&path, |out| {
            let mut bytes = Vec::new();
            write(&mut bytes, &names, &values)?;
            out.write_all(&bytes)
        })
        .unwrap();
        let data = load(&Source::Path(path), &LoadOptions::default()).unwrap();
        assert_eq!(data.to_floats(), values);
        let columns = data.preparation().columns.clone().unwrap();
        assert_eq!(columns.value_names(), ["a", "b", "b.2", "b.1"]);
        for d in [3, 0] {
            let message = write(Vec::new(), &names[..d], &values).unwrap_err().to_string();
            assert_eq!(message, format!("8 values cannot be divided into rows of {d}"));
        }
    }

    #[test]
    fn a_full_disk_is_a_system_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = write(Full, &["a".into()], &[1.0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(write_column(Full, "class", ["x".to_owned()]).is_err());
    }
}
