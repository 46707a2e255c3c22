//! npy, NumPy's format for one array: read as samples, pictures or targets; written as rows, samples, pictures, labels
//! or targets.
//!
//! Six bytes of magic, two of version, the length of the header (two bytes in version 1, four in 2 and 3), then a
//! Python dictionary literal with the keys `descr`, `fortran_order` and `shape`, then the values. The format: NumPy
//! Enhancement Proposal 1, and `numpy.lib.format`.

use super::array::Array;
use super::content::{Content, Layout};
use super::npy_header;
use crate::Result;
use crate::data::hold::{ByteOrder, Dataset, Element, Targets, Values};
use crate::error::counted;
use std::path::Path;

pub(in crate::data) const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Maximum length of a header. NumPy's own limit is 10,000 characters; a plain array needs 118.
const MAX_HEADER: usize = 1 << 16;

/// Reads the samples of an npy file: `(n, d)`, or pictures `(n, height, width)` or `(n, height, width, channels)`.
///
/// `uint8` stays bytes, which are intensities of `value / 255`; bool, the other integers, float16, float32 and float64 become
/// floats with the same value. Either byte order, C or Fortran order, and format versions 1 to 3 are supported.
///
/// # Errors
/// If the file cannot be read, is not an npy file, has more or less data than its header claims, or holds values that
/// are not finite or of another type, or if its number of dimensions differs.
pub fn read(path: impl AsRef<Path>) -> Result<Dataset> {
    dataset(Content::open(path.as_ref())?)
}

/// Reads the targets of a regression: `(n)`, one number per sample, or `(n, k)`. They are rounded to `f32`; `uint8`
/// keeps its values.
///
/// # Errors
/// As [`read`].
pub fn read_targets(path: impl AsRef<Path>) -> Result<Targets> {
    targets(Content::open(path.as_ref())?)
}

pub(in crate::data) fn targets(mut content: Content) -> Result<Targets> {
    let place = content.place();
    let promised = header(&mut content)?;
    if !matches!(promised.shape[..], [_] | [_, _]) {
        let n = promised.shape.len();
        return Err(content.error(format!(
            "an array with {n} dimensions is not a table of targets; give (n) or (n, targets)"
        )));
    }
    let Array { shape, values, .. } = array(content, promised)?;
    let values = match values {
        Values::Bytes(values) => values.into_iter().map(f32::from).collect(),
        Values::Floats(values) => values,
    };
    Targets::new(&place, values, shape.get(1).copied().unwrap_or(1))
}

/// Whether a file with these first bytes may be npy.
pub(in crate::data) fn is_npy(beginning: &[u8]) -> bool {
    beginning.starts_with(MAGIC)
}

pub(in crate::data) fn dataset(mut content: Content) -> Result<Dataset> {
    let place = content.place();
    let promised = header_of_samples(&mut content)?;
    array(content, promised)?.into_dataset(&place)
}

fn header_of_samples(content: &mut Content) -> Result<npy_header::Header> {
    let promised = header(content)?;
    if let [n] = promised.shape[..] {
        return Err(content.error(format!(
            "an array of shape ({n},) is not a data set: for {} of one value save x.reshape(-1, 1), for one \
             sample of {} x.reshape(1, -1)",
            counted(n, "sample"),
            counted(n, "value")
        )));
    }
    Ok(promised)
}

/// Reads the header of an array of samples.
pub(in crate::data) fn layout(content: &mut Content) -> Result<Layout> {
    let npy_header::Header { descr, fortran_order, shape } = header_of_samples(content)?;
    let (element, order) = element(&descr).map_err(|problem| content.error(problem))?;
    if fortran_order && shape.len() > 1 {
        let problem = "is in Fortran order, so its samples are not contiguous";
        return Err(content.error(problem).hint("save numpy.ascontiguousarray(x)").leave_out("stream"));
    }
    Ok(Layout { shape, element, order })
}

/// Reads the array after its header.
pub(in crate::data) fn array(content: Content, promised: npy_header::Header) -> Result<Array> {
    let npy_header::Header { descr, fortran_order, shape } = promised;
    let (element, order) = element(&descr).map_err(|problem| content.error(problem))?;
    let (values, exact) = content.values(&shape, (element, order), fortran_order)?;
    let array = Array { shape, values, exact };
    Ok(if fortran_order { array.into_row_major() } else { array })
}

/// Reads the header of an npy file.
pub(in crate::data) fn header(content: &mut Content) -> Result<npy_header::Header> {
    if !is_npy(content.beginning()) {
        return Err(content.error("is not an npy file: it does not begin with \\x93NUMPY"));
    }
    let version = content.header(MAGIC.len() + 2)?[MAGIC.len()];
    let len_bytes = match version {
        1 => 2,
        2 | 3 => 4,
        _ => {
            return Err(
                content.error(format!("is npy of format version {version}; versions 1 to 3 can be read"))
            );
        }
    };
    let len = content.header(len_bytes)?.iter().rev().fold(0, |len, &byte| len << 8 | usize::from(byte));
    if len > MAX_HEADER {
        return Err(
            content.error(format!("claims a header of {len} bytes; more than {MAX_HEADER} are never needed"))
        );
    }
    let header = content.header(len)?;
    let promised = npy_header::parse(&header)
        .map_err(|problem| content.error(format!("its npy header is malformed: {problem}")))?;
    // Checked before the shape.
    element(&promised.descr).map_err(|problem| content.error(problem))?;
    Ok(promised)
}

/// The element type for NumPy's name of it, such as `<f4`.
pub(super) fn element(descr: &str) -> Result<(Element, ByteOrder), String> {
    let mut rest = descr.chars();
    let order = match rest.next() {
        Some('>') => ByteOrder::Big,
        // `|` marks single bytes, which have no order. `=`, native order, is never written to a file.
        Some('<' | '|') => ByteOrder::Little,
        _ => {
            return Err(format!("holds values of type '{descr}'; save numbers, such as x.astype('float32')"));
        }
    };
    let element = match rest.as_str() {
        "b1" => Element::Bool,
        "u1" => Element::U8,
        "i1" => Element::I8,
        "u2" => Element::U16,
        "i2" => Element::I16,
        "u4" => Element::U32,
        "i4" => Element::I32,
        "u8" => Element::U64,
        "i8" => Element::I64,
        "f2" => Element::F16,
        "f4" => Element::F32,
        "f8" => Element::F64,
        other if other.starts_with('O') => {
            return Err("holds pickled Python objects, which are never read; save numbers, such as \
                        numpy.array(list(x), dtype='float32')"
                .to_owned());
        }
        _ => {
            return Err(format!(
                "holds values of type '{descr}'; bool, integers, float16, float32 and float64 can be read: save \
                 x.astype('float32')"
            ));
        }
    };
    Ok((element, order))
}

#[cfg(test)]
mod tests;
