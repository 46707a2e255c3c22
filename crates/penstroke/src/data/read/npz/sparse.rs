//! Sparse matrices of SciPy, as `scipy.sparse.save_npz` writes them; they are filled with zeros.
//!
//! The arrays `data`, `shape` and `format`, and by format `indices` and `indptr` (csr: the columns of each row in turn; csc:
//! the rows of each column) or `row` and `col` (coo). Values in the same position are added.

use super::members::Member;
use crate::data::hold::{ByteOrder, Dataset, Element, Values};
use crate::data::read::content::Content;
use crate::data::read::npy;
use crate::{Error, Result};
use std::io::Read;
use std::path::Path;

/// Maximum number of values: 16 GiB of floats, as for arrays.
const MAX_VALUES: usize = 1 << 32;

/// Whether these arrays are those of a sparse matrix.
pub(super) fn is_sparse(members: &[Member]) -> bool {
    ["data", "shape", "format"].iter().all(|name| find(members, name).is_some())
}

fn find<'a>(members: &'a [Member], name: &str) -> Option<&'a Member> {
    members.iter().find(|member| member.name == name)
}

/// Reads the matrix.
pub(super) fn read(path: &Path, members: &[Member]) -> Result<Dataset> {
    let place = path.display().to_string();
    let refuse = |problem: &str| Error::input(&place, format!("is not a sparse matrix of SciPy: {problem}"));
    let numbers = |name: &str| match find(members, name) {
        Some(member) => whole_numbers(path, member),
        None => Err(refuse(&format!("it has no array {name}"))),
    };
    let shape = numbers("shape")?;
    let [Ok(n), Ok(d)] = shape.iter().map(|&n| usize::try_from(n)).collect::<Vec<_>>()[..] else {
        return Err(refuse("its shape is not two sizes"));
    };
    let values = match find(members, "data") {
        Some(data) => values_of(data.open(path)?)?,
        None => return Err(refuse("it has no array data")),
    };
    let starts = || refuse("its starts do not rise from 0 to the number of values");
    let (rows, columns) = match format(path, members)?.as_str() {
        format @ ("csr" | "csc") => {
            let spread = spread(&numbers("indptr")?, values.len()).ok_or_else(starts)?;
            let indices = numbers("indices")?;
            if format == "csr" { (spread, indices) } else { (indices, spread) }
        }
        "coo" => (numbers("row")?, numbers("col")?),
        other => {
            let problem = format!("is a sparse matrix of SciPy in the format {other:?}, which is not read");
            return Err(Error::input(&place, problem).hint("save x.tocsr()"));
        }
    };
    if rows.len() != values.len() || columns.len() != values.len() {
        return Err(refuse("each value needs a row and a column"));
    }
    let len = n.checked_mul(d).filter(|&len| len <= MAX_VALUES);
    let mut dense = Vec::new();
    match len {
        Some(len) if dense.try_reserve_exact(len).is_ok() => dense.resize(len, 0.0),
        _ => {
            let problem =
                format!("its {n} rows of {d} values do not fit in memory once their zeros are filled in");
            return Err(Error::input(&place, problem).hint("keep fewer columns"));
        }
    }
    for ((&row, &column), value) in rows.iter().zip(&columns).zip(values) {
        match (usize::try_from(row), usize::try_from(column)) {
            (Ok(row), Ok(column)) if row < n && column < d => dense[row * d + column] += value,
            _ => return Err(refuse(&format!("row {row}, column {column} (from 0) is outside its shape"))),
        }
    }
    Dataset::new(&place, Values::Floats(dense), d)
}

/// The values of an array of any length; bytes are divided by 255.
fn values_of(mut content: Content) -> Result<Vec<f32>> {
    let header = npy::header(&mut content)?;
    if header.shape.contains(&0) {
        return Ok(Vec::new());
    }
    Ok(npy::array(content, header)?.values.rows().to_floats())
}

/// For each of `n` values the row that it belongs to; `None` if the rows' starts do not rise from 0 to `n`.
fn spread(starts: &[i64], n: usize) -> Option<Vec<i64>> {
    let is_right =
        starts.first() == Some(&0) && starts.last().copied() == i64::try_from(n).ok() && starts.is_sorted();
    is_right.then(|| {
        let rows = (0..).zip(starts.windows(2));
        rows.flat_map(|(row, pair)| std::iter::repeat_n(row, (pair[1] - pair[0]) as usize)).collect()
    })
}

/// The name of the format, which is a text in bytes or in characters of four bytes each.
fn format(path: &Path, members: &[Member]) -> Result<String> {
    let Some(member) = find(members, "format") else { return Ok(String::new()) };
    let mut content = member.open(path)?;
    let mut bytes = Vec::new();
    let read = content.by_ref().take(1 << 10).read_to_end(&mut bytes);
    read.map_err(|error| content.failure(error))?;
    bytes.retain(|&byte| byte != 0);
    Ok(String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(3)..]).into_owned())
}

/// The whole numbers of an array, exactly.
fn whole_numbers(path: &Path, member: &Member) -> Result<Vec<i64>> {
    let mut content = member.open(path)?;
    let header = npy::header(&mut content)?;
    let refuse = |problem: &str| Error::input(path, format!("array {}: {problem}", member.name));
    let (element, order) = npy::element(&header.descr).map_err(|problem| refuse(&problem))?;
    let [n] = header.shape[..] else { return Err(refuse("has more than one dimension")) };
    if n == 0 {
        return Ok(Vec::new());
    }
    let bytes = n.checked_mul(element.size()).ok_or_else(|| refuse("claims more than any file holds"))?;
    let (Values::Bytes(bytes), _) = content.values(&[bytes], (Element::U8, order), false)? else {
        return Ok(Vec::new());
    };
    macro_rules! numbers {
        ($type:ty) => {
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|&bytes| match order {
                    ByteOrder::Little => i64::try_from(<$type>::from_le_bytes(bytes)).ok(),
                    ByteOrder::Big => i64::try_from(<$type>::from_be_bytes(bytes)).ok(),
                })
                .collect::<Option<Vec<i64>>>()
        };
    }
    let numbers = match element {
        Element::U8 => numbers!(u8),
        Element::I8 => numbers!(i8),
        Element::U16 => numbers!(u16),
        Element::I16 => numbers!(i16),
        Element::U32 => numbers!(u32),
        Element::I32 => numbers!(i32),
        Element::U64 => numbers!(u64),
        Element::I64 => numbers!(i64),
        Element::Bool | Element::F16 | Element::F32 | Element::F64 => None,
    };
    numbers.ok_or_else(|| refuse("holds values other than whole numbers"))
}
