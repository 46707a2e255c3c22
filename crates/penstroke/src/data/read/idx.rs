//! IDX, the format of MNIST: a few big-endian numbers, then the values.
//!
//! Two zero bytes, a byte for the type of the values (8 is an unsigned byte), a byte for the number of dimensions, four
//! bytes for the size of each, then the values in row-major order. The files are usually compressed with gzip, which is
//! recognised by content. The format: LeCun, Cortes and Burges, "The MNIST database of handwritten digits" (1998).

use super::array::Array;
use super::content::{Content, Layout};
use crate::data::hold::{ByteOrder, Dataset, Element, Values};
use crate::{Error, Result};
use std::path::Path;

/// Maximum label. A larger one shows that the file holds something other than labels.
const MAX_LABEL: u32 = 65_535;

/// Reads the samples of an IDX file: `(n, d)`, or pictures `(n, height, width)` or `(n, height, width, channels)`.
///
/// Unsigned bytes stay bytes; other types become floats.
///
/// # Errors
/// If the file cannot be read, is not an IDX file, has more or less data than its header claims, or holds labels.
pub fn read(path: impl AsRef<Path>) -> Result<Dataset> {
    let content = Content::open(path.as_ref())?;
    dataset(content)
}

/// Reads the labels of an IDX file with one dimension.
///
/// # Errors
/// As [`read`], and if a value is not a whole number of 0..=65535.
pub fn read_labels(path: impl AsRef<Path>) -> Result<Vec<u32>> {
    let content = Content::open(path.as_ref())?;
    let place = content.place();
    let array = array(content)?;
    if array.shape.len() != 1 {
        return Err(Error::input(
            place,
            format!("holds an array of {:?} instead of labels, an array with one dimension", array.shape),
        ));
    }
    let values = match array.values {
        Values::Bytes(values) => return Ok(values.into_iter().map(u32::from).collect()),
        Values::Floats(values) => values,
    };
    values
        .iter()
        .enumerate()
        .map(|(at, &value)| {
            // Whole numbers in this range are exact as f32.
            let label = value as u32;
            if label as f32 != value || label > MAX_LABEL {
                return Err(Error::input(
                    place.as_str(),
                    format!("label {at} (from 0) is {value}; labels are whole numbers of 0..={MAX_LABEL}"),
                ));
            }
            Ok(label)
        })
        .collect()
}

/// Whether a file with these first bytes may be IDX.
pub(in crate::data) fn is_idx(beginning: &[u8]) -> bool {
    beginning.starts_with(&[0, 0])
}

pub(in crate::data) fn dataset(content: Content) -> Result<Dataset> {
    let place = content.place();
    let array = array(content)?;
    refuse_labels(&place, &array.shape)?;
    array.into_dataset(&place)
}

/// Reads the header of an array of samples.
pub(in crate::data) fn layout(content: &mut Content) -> Result<Layout> {
    let layout = header(content)?;
    refuse_labels(&content.place(), &layout.shape)?;
    Ok(layout)
}

fn refuse_labels(place: &str, shape: &[usize]) -> Result<()> {
    match shape {
        [_] => Err(Error::input(
            place,
            "holds labels (one dimension); give the images, or the folder that holds both",
        )),
        _ => Ok(()),
    }
}

fn array(mut content: Content) -> Result<Array> {
    let Layout { shape, element, order } = header(&mut content)?;
    let (values, exact) = content.values(&shape, (element, order), false)?;
    Ok(Array { shape, values, exact })
}

/// Reads the header of any array.
pub(in crate::data) fn header(content: &mut Content) -> Result<Layout> {
    if !is_idx(content.beginning()) {
        let hex: Vec<String> = content.beginning().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        return Err(
            content.error(format!("is not an IDX file: it begins with {}, not with 00 00", hex.join(" ")))
        );
    }
    let magic = content.header(4)?;
    let element = match magic[2] {
        0x08 => Element::U8,
        0x09 => Element::I8,
        0x0b => Element::I16,
        0x0c => Element::I32,
        0x0d => Element::F32,
        0x0e => Element::F64,
        code => {
            return Err(content.error(format!(
                "is not an IDX file: type {code:#04x} is not one of 0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e"
            )));
        }
    };
    let n_dimensions = usize::from(magic[3]);
    if !(1..=4).contains(&n_dimensions) {
        return Err(content.error(format!("has {n_dimensions} dimensions; 1 to 4 can be read")));
    }
    let sizes = content.header(4 * n_dimensions)?;
    let shape: Vec<usize> =
        sizes.as_chunks().0.iter().map(|&bytes| u32::from_be_bytes(bytes) as usize).collect();
    Ok(Layout { shape, element, order: ByteOrder::Big })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageShape;
    use crate::data::read::testing::{gzip, idx};

    /// The error for a file of these bytes, without its name.
    fn problem(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("images");
        std::fs::write(&path, bytes).unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.is_wrong_input(), "{error}");
        let message = error.to_string();
        message.strip_prefix(&format!("{}: ", path.display())).unwrap().to_owned()
    }

    fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, bytes).unwrap();
        file
    }

    #[test]
    fn images_are_read_plain_and_compressed_whatever_the_name() {
        let plain = idx(8, &[2, 1, 3], &[1, 2, 3, 4, 5, 255]);
        for bytes in [plain.clone(), gzip(&plain)] {
            let data = read(written(&bytes)).unwrap();
            assert_eq!((data.n_samples(), data.n_visible()), (2, 3));
            assert_eq!(data.image(), Some(ImageShape { height: 1, width: 3, channels: 1 }));
            assert!(matches!(data.rows(), penstroke_engine::Rows::Bytes([1, 2, 3, 4, 5, 255])));
        }
    }

    #[test]
    fn every_type_is_read_big_endian() {
        let check = |code, bytes: Vec<u8>, expected: [f32; 2]| {
            let data = read(written(&idx(code, &[1, 2], &bytes))).unwrap();
            assert_eq!(data.to_floats(), expected, "type {code:#x}");
        };
        check(0x09, vec![0xff, 2], [-1.0, 2.0]);
        check(0x0b, [(-300i16).to_be_bytes(), 2i16.to_be_bytes()].concat(), [-300.0, 2.0]);
        check(0x0c, [(-70_000i32).to_be_bytes(), 2i32.to_be_bytes()].concat(), [-70_000.0, 2.0]);
        check(0x0d, [0.5f32.to_be_bytes(), 2f32.to_be_bytes()].concat(), [0.5, 2.0]);
        check(0x0e, [0.5f64.to_be_bytes(), 2f64.to_be_bytes()].concat(), [0.5, 2.0]);
    }

    #[test]
    fn truncation_errors_state_the_length() {
        let whole = idx(8, &[10, 4, 4], &[7; 160]);
        assert_eq!(problem(&whole[..100]), "header claims 176 bytes, file holds 100");
        assert_eq!(problem(&gzip(&whole[..100])), "header claims 176 bytes, file holds 100");
        assert_eq!(problem(&whole[..6]), "the header is cut short: 16 bytes are needed, file holds 6");
        assert_eq!(problem(&whole[..3]), "the header is cut short: 4 bytes are needed, file holds 3");
    }

    #[test]
    fn truncated_compressed_data_are_refused() {
        // Incompressible values, so that half of the stream is about half of the data.
        let values: Vec<u8> = (0..100_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let stream = gzip(&idx(8, &[1000, 10, 10], &values));
        let message = problem(&stream[..stream.len() / 2]);
        assert!(message.starts_with("header claims 100016 bytes, file holds "), "{message}");
        assert_eq!(problem(&stream[..10]), "is empty");
        // All values have arrived, but their checksum has not.
        for cut in 1..=8 {
            let message = problem(&stream[..stream.len() - cut]);
            assert_eq!(message, "the compressed data are cut short; get the file again", "{cut} bytes");
        }
    }

    #[test]
    fn damaged_compressed_data_are_refused() {
        let stream = gzip(&idx(8, &[10, 4, 4], &(0..160).collect::<Vec<u8>>()));
        let mut checksum = stream.clone();
        let at = checksum.len() - 6;
        checksum[at] ^= 1;
        let mut method = stream.clone();
        method[2] = 9;
        for bytes in [checksum, method] {
            let message = problem(&bytes);
            assert!(message.starts_with("the compressed data are damaged ("), "{message}");
        }
    }

    #[test]
    fn oversized_headers_are_refused_without_allocating() {
        let message = problem(&idx(8, &[1 << 20, 1 << 10, 1], &[0; 64]));
        assert_eq!(message, "header claims 1073741840 bytes, file holds 80");
        let message = problem(&idx(8, &[u32::MAX, u32::MAX], &[0; 64]));
        assert!(message.ends_with("more than the 16 GiB read at once"), "{message}");
    }

    #[test]
    fn overflowing_products_of_sizes_are_refused() {
        // The product is 2^128, which is 0 modulo 2^64.
        let message = problem(&idx(8, &[1 << 31, 1 << 31, 1 << 31, 1 << 31], &[]));
        assert!(message.contains("more than the 16 GiB"), "{message}");
    }

    #[test]
    fn gzip_bombs_are_read_only_as_far_as_the_header_claims() {
        // 64 MiB of zeros in 64 KB behind a header that claims 4 bytes.
        let bomb = gzip(&idx(8, &[1, 2, 2], &vec![0; 1 << 26]));
        assert_eq!(problem(&bomb), "header claims 20 bytes, file holds more");
    }

    #[test]
    fn trailing_bytes_are_refused() {
        let mut bytes = idx(8, &[1, 2, 2], &[1, 2, 3, 4]);
        bytes.push(0);
        assert_eq!(problem(&bytes), "header claims 20 bytes, file holds more");
        bytes.pop();
        let mut compressed = gzip(&bytes);
        compressed.extend(b"garbage behind the stream");
        let message = problem(&compressed);
        assert!(message.starts_with("the compressed data are damaged ("), "{message}");
    }

    #[test]
    fn wrong_magic_and_types_are_refused() {
        let message = problem(b"\x89PNG\r\n\x1a\n");
        assert_eq!(message, "is not an IDX file: it begins with 89 50 4e 47, not with 00 00");
        assert!(problem(&idx(0x0a, &[1, 1], &[0; 8])).starts_with("is not an IDX file: type 0x0a"));
        assert_eq!(problem(&idx(8, &[1; 5], &[0])), "has 5 dimensions; 1 to 4 can be read");
        assert_eq!(problem(&idx(8, &[], &[0])), "has 0 dimensions; 1 to 4 can be read");
    }

    #[test]
    fn empty_files_and_empty_arrays_are_refused() {
        assert_eq!(problem(&[]), "is empty");
        assert_eq!(problem(&gzip(&[])), "is empty");
        assert_eq!(problem(&idx(8, &[0, 28, 28], &[])), "holds no samples");
        assert_eq!(problem(&idx(8, &[0, u32::MAX, u32::MAX, u32::MAX], &[])), "holds no samples");
    }

    #[test]
    fn values_that_are_not_finite_are_refused() {
        let values = [1f32.to_be_bytes(), f32::NAN.to_be_bytes()].concat();
        assert!(problem(&idx(0x0d, &[2, 1], &values)).starts_with("row 1, column 0 (from 0) is NaN"));
    }

    #[test]
    fn labels_given_as_samples_are_refused_with_a_remedy() {
        assert_eq!(
            problem(&idx(8, &[3], &[1, 2, 3])),
            "holds labels (one dimension); give the images, or the folder that holds both"
        );
    }

    #[test]
    fn labels_are_whole_numbers() {
        assert_eq!(read_labels(written(&idx(8, &[3], &[1, 2, 255]))).unwrap(), [1, 2, 255]);
        let wide = [3i32.to_be_bytes(), 65_535i32.to_be_bytes()].concat();
        assert_eq!(read_labels(written(&idx(0x0c, &[2], &wide))).unwrap(), [3, 65_535]);
        let message = |bytes: &[u8]| read_labels(written(bytes)).unwrap_err().to_string();
        for wrong in [-1, 65_536, i32::MAX] {
            assert!(message(&idx(0x0c, &[1], &wrong.to_be_bytes())).contains("label 0 (from 0) is"));
        }
        assert!(message(&idx(0x0d, &[1], &1.5f32.to_be_bytes())).contains("label 0 (from 0) is 1.5"));
        assert!(message(&idx(8, &[1, 1], &[0])).contains("instead of labels, an array with one dimension"));
    }

    #[test]
    fn a_missing_file_is_wrong_input() {
        assert!(read("/nowhere/at/all").unwrap_err().is_wrong_input());
    }
}
