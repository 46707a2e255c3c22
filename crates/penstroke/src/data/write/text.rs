//! Writes text tables: comma-separated, with a first row of names.

use crate::data::write::Float;
use crate::error::counted;
use csv::{Writer, WriterBuilder};
use std::io::{self, Write};

/// Writes rows of `names.len()` numbers under their names. Numbers have as many digits as needed to read back the same
/// float32 or float64.
///
/// ```
/// let mut file = Vec::new();
/// penstroke::data::text::write(&mut file, &["x".into(), "a, b".into()], &[1.0f32, 0.1, -2.5, 3e-20])?;
/// assert_eq!(file, b"x,\"a, b\"\n1,0.1\n-2.5,3e-20\n");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// If there are no names, the values do not divide into rows, or `out` refuses.
pub fn write<T: Float>(out: impl Write, names: &[String], values: &[T]) -> io::Result<()> {
    if names.is_empty() || !values.len().is_multiple_of(names.len()) {
        let problem =
            format!("{} cannot be divided into rows of {}", counted(values.len(), "value"), names.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    let mut out = writer(out);
    out.write_record(names).map_err(refused)?;
    for row in values.chunks_exact(names.len()) {
        for value in row {
            // With an exponent if plain digits would be many.
            out.write_field(format!("{value:?}").trim_end_matches(".0")).map_err(refused)?;
        }
        out.write_record(None::<&[u8]>).map_err(refused)?;
    }
    out.flush()
}

/// Writes rows of texts under their names, with fields separated by `delimiter`. Fields are quoted where they must be.
///
/// ```
/// let mut file = Vec::new();
/// let rows = [vec!["1".to_owned(), "a;b".into()], vec!["2".into(), String::new()]];
/// penstroke::data::text::write_texts(&mut file, b';', &["x".into(), "text".into()], rows)?;
/// assert_eq!(file, b"x;text\n1;\"a;b\"\n2;\n");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// If a row has another number of texts than there are names, or `out` refuses.
pub fn write_texts(
    out: impl Write,
    delimiter: u8,
    names: &[String],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> io::Result<()> {
    let mut out = WriterBuilder::new().delimiter(delimiter).from_writer(out);
    out.write_record(names).map_err(refused)?;
    rows.into_iter().try_for_each(|row| out.write_record(row)).map_err(refused)?;
    out.flush()
}

/// Writes one column of texts under its name.
///
/// # Errors
/// If writing to `out` fails.
pub fn write_column(out: impl Write, name: &str, texts: impl IntoIterator<Item = String>) -> io::Result<()> {
    let mut out = writer(out);
    out.write_record([name]).map_err(refused)?;
    for text in texts {
        out.write_record([text]).map_err(refused)?;
    }
    out.flush()
}

/// The error from `out`; its kind distinguishes a closed pipe from a full disk.
fn refused(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn writer<W: Write>(out: W) -> Writer<W> {
    WriterBuilder::new().from_writer(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_float_reads_back_the_same() {
        let values: Vec<f32> =
            [0.1, 1e-45, f32::MAX, f32::MIN_POSITIVE, -0.0, 1e7, 123456.79, 1.0 / 3.0].into();
        let mut file = Vec::new();
        write(&mut file, &["v".into()], &values).unwrap();
        let text = String::from_utf8(file).unwrap();
        let read: Vec<f32> = text.lines().skip(1).map(|line| line.parse().unwrap()).collect();
        assert!(read.iter().zip(&values).all(|(a, b)| a.to_bits() == b.to_bits()), "{text}");
        for d in [3, 0] {
            let message = write(Vec::new(), &vec!["v".into(); d], &values).unwrap_err().to_string();
            assert_eq!(message, format!("8 values cannot be divided into rows of {d}"));
        }
    }

    #[test]
    fn texts_are_quoted_where_they_must_be() {
        let mut file = Vec::new();
        write_column(&mut file, "class", ["<=50K", "a,b", "say \"x\"", ""].map(String::from)).unwrap();
        assert_eq!(file, b"class\n<=50K\n\"a,b\"\n\"say \"\"x\"\"\"\n\"\"\n");
    }
}
