use super::*;
use crate::data::hold::ImageShape;
use crate::data::npy::{RowWriter, write, write_data, write_labels, write_targets, write_texts};
use crate::data::read::testing::{dictionary, gzip, npy};

fn read_bytes(bytes: &[u8]) -> Result<Dataset> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, bytes).unwrap();
    read(&file)
}

/// The error for a file of these bytes, without its name.
fn problem(bytes: &[u8]) -> String {
    let error = read_bytes(bytes).unwrap_err();
    assert!(error.is_wrong_input(), "{error}");
    error.to_string().split_once(": ").unwrap().1.to_owned()
}

#[test]
fn every_type_and_byte_order_is_read() {
    let check = |descr: &str, bytes: &[u8], expected: f32| {
        let data = read_bytes(&npy(&dictionary(descr, "False", "(1, 1)"), bytes)).unwrap();
        assert_eq!(data.to_floats(), [expected], "{descr}");
    };
    check("|u1", &[51], 0.2);
    check("|b1", &[1], 1.0);
    check("|i1", &[0xff], -1.0);
    macro_rules! both_orders {
        ($($code:literal $value:expr),*) => {$(
            check(concat!("<", $code), &$value.to_le_bytes(), $value as f32);
            check(concat!(">", $code), &$value.to_be_bytes(), $value as f32);
        )*};
    }
    both_orders!("u2" 300u16, "i2" -300i16, "u4" 70_000u32, "i4" -70_000i32, "u8" 70_000u64, "i8" -70_000i64);
    both_orders!("f4" 0.3f32, "f8" -0.3f64);
}

#[test]
fn shapes_and_orders_give_samples_and_pictures() {
    let values: Vec<u8> = (0..12).collect();
    let check = |order: &str, shape: &str, image: Option<(usize, usize, usize)>, second: &[u8]| {
        let data = read_bytes(&npy(&dictionary("|u1", order, shape), &values)).unwrap();
        let image = image.map(|(height, width, channels)| ImageShape { height, width, channels });
        assert_eq!(data.image(), image, "{shape}");
        assert_eq!(data.select(&[1]).rows().len(), second.len());
        let penstroke_engine::Rows::Bytes(bytes) = data.rows() else { panic!("bytes stay bytes") };
        assert_eq!(&bytes[second.len()..2 * second.len()], second, "{shape} {order}");
    };
    check("False", "(3, 4)", None, &[4, 5, 6, 7]);
    check("True", "(3, 4)", None, &[1, 4, 7, 10]);
    check("False", "(3, 2, 2)", Some((2, 2, 1)), &[4, 5, 6, 7]);
    check("True", "(3, 2, 2)", Some((2, 2, 1)), &[1, 7, 4, 10]);
    check("False", "(3, 2, 1, 2)", Some((2, 1, 2)), &[4, 5, 6, 7]);
    check("True", "(3, 2, 1, 2)", Some((2, 1, 2)), &[1, 7, 4, 10]);
}

#[test]
fn written_files_are_read_back_exactly() {
    let values: Vec<f32> = (0..40_000).map(|i| (i as f32).sqrt() - 7.0).collect();
    let mut bytes = Vec::new();
    write(&mut bytes, &values, 8_000, 5).unwrap();
    assert_eq!((bytes.len() - 4 * values.len()) % 64, 0);
    for bytes in [bytes.clone(), gzip(&bytes)] {
        let data = read_bytes(&bytes).unwrap();
        assert_eq!((data.n_samples(), data.n_visible(), data.image()), (8_000, 5, None));
        assert_eq!(data.to_floats(), values);
    }
    for (n, d) in [(3, 5), (usize::MAX, 2)] {
        let message = write(Vec::new(), &values, n, d).unwrap_err().to_string();
        assert_eq!(message, format!("40000 values are not {n} rows of {d}"));
    }
    let mut rows = RowWriter::new(Vec::new(), 2, 2).unwrap();
    assert_eq!(rows.write(&[0.0; 5]).unwrap_err().to_string(), "more values than were announced");
    let rows = RowWriter::new(Vec::new(), 2, 2).unwrap();
    assert_eq!(rows.finish().unwrap_err().to_string(), "4 values are missing");
}

#[test]
fn data_sets_are_written_with_their_type_and_shape() {
    let image = |height, width, channels| ImageShape { height, width, channels };
    let bytes = || Values::Bytes((0..24).collect());
    let floats = || Values::Floats((0..24).map(|i| (i as f32).sin()).collect());
    for (values, image) in [
        (bytes(), None),
        (bytes(), Some(image(2, 3, 1))),
        (floats(), Some(image(3, 2, 1))),
        (floats(), Some(image(1, 2, 3))),
    ] {
        let mut data = Dataset::new("data", values, 6).unwrap();
        if let Some(image) = image {
            data = data.with_image("data", image).unwrap();
        }
        let mut file = Vec::new();
        write_data(&mut file, &data).unwrap();
        assert_eq!(read_bytes(&file).unwrap(), data);
    }
}

#[test]
fn labels_are_what_numpy_writes() {
    let mut bytes = Vec::new();
    write_labels(&mut bytes, &[7, 65_535]).unwrap();
    assert!(
        bytes.starts_with(
            b"\x93NUMPY\x01\x00\x76\x00{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }"
        )
    );
    assert_eq!(bytes[128..], [7i64.to_le_bytes(), 65_535i64.to_le_bytes()].concat());
}

#[test]
fn texts_are_what_numpy_writes() {
    let mut bytes = Vec::new();
    write_texts(&mut bytes, &["é".into(), "<5K".into()]).unwrap();
    assert!(bytes[10..].starts_with(b"{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }"));
    let letters: Vec<u8> =
        ['é', '\0', '\0', '<', '5', 'K'].iter().flat_map(|&c| u32::from(c).to_le_bytes()).collect();
    assert_eq!(bytes[128..], letters);
}

#[test]
fn targets_have_one_or_several_numbers_per_row() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let read = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        read_targets(&file)
    };
    for (k, shape) in [(1, "(4,)"), (2, "(2, 2)")] {
        let targets = Targets::new("t", vec![0.5, -7.0, 1e9, 3.0], k).unwrap();
        let mut bytes = Vec::new();
        write_targets(&mut bytes, &targets).unwrap();
        assert!(bytes.windows(shape.len()).any(|window| window == shape.as_bytes()));
        assert_eq!(read(&bytes).unwrap(), targets);
    }
    let whole = read(&npy(&dictionary("|u1", "True", "(2, 2)"), &[1, 2, 3, 255])).unwrap();
    assert_eq!((whole.values(), whole.n_targets()), (&[1.0, 3.0, 2.0, 255.0][..], 2));
    let problem = |bytes: &[u8]| read(bytes).unwrap_err().to_string().split_once(": ").unwrap().1.to_owned();
    let message = problem(&npy(&dictionary("|u1", "False", "(1, 2, 2)"), &[0; 4]));
    assert!(message.starts_with("an array with 3 dimensions is not a table of targets"), "{message}");
    let nan = npy(&dictionary("<f4", "False", "(1,)"), &f32::NAN.to_le_bytes());
    assert!(problem(&nan).starts_with("row 0, column 0 (from 0) is NaN"));
}

#[test]
fn the_header_is_what_numpy_writes() {
    // The exact bytes that `numpy.save` writes for float32 of shape (2, 3).
    let mut bytes = Vec::new();
    write(&mut bytes, &[0.0; 6], 2, 3).unwrap();
    let mut expected = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    expected.extend(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
    expected.resize(127, b' ');
    expected.push(b'\n');
    assert_eq!(bytes[..128], expected);
}

#[test]
fn versions_two_and_three_have_a_longer_length() {
    let plain = dictionary("|u1", "False", "(1, 2)");
    for version in [2, 3] {
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([version, 0]);
        bytes.extend((plain.len() as u32).to_le_bytes());
        bytes.extend(plain.as_bytes());
        bytes.extend([255, 0]);
        assert_eq!(read_bytes(&bytes).unwrap().to_floats(), [1.0, 0.0]);
        bytes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(problem(&bytes).starts_with("claims a header of 4294967295 bytes"));
    }
    assert!(problem(b"\x93NUMPY\x04\x00\x00\x00\x00\x00").starts_with("is npy of format version 4"));
}

#[test]
fn malformed_headers_are_refused_with_their_place() {
    assert_eq!(problem(b"a,b\n1,2\n"), "is not an npy file: it does not begin with \\x93NUMPY");
    let message = problem(&npy("{'descr': 3}", &[]));
    assert_eq!(message, "its npy header is malformed: no string at byte 10");
}

#[test]
fn half_precision_is_read_in_either_byte_order() {
    for (descr, bytes) in [("<f2", [0x00, 0x3c, 0x01, 0x80]), (">f2", [0x3c, 0x00, 0x80, 0x01])] {
        let data = read_bytes(&npy(&dictionary(descr, "False", "(1, 2)"), &bytes)).unwrap();
        assert_eq!(data.to_floats(), [1.0, -(0.5f32.powi(24))]);
    }
}

#[test]
fn pickles_and_other_types_are_refused() {
    let message = |descr: &str| problem(&npy(&dictionary(descr, "False", "(1, 1)"), &[0; 16]));
    assert!(message("|O").starts_with("holds pickled Python objects, which are never read"));
    for descr in ["<c8", "<U5", "|S5", "<M8[ns]", "<f12", "", "f4", "|V4"] {
        assert!(message(descr).contains(&format!("holds values of type '{descr}'")), "{descr}");
    }
}

#[test]
fn one_dimension_is_refused_with_a_remedy() {
    let message = problem(&npy(&dictionary("|u1", "False", "(5,)"), &[0; 5]));
    assert!(message.starts_with("an array of shape (5,) is not a data set: for 5 samples"), "{message}");
    assert!(message.contains("x.reshape(-1, 1)"), "{message}");
    assert!(
        problem(&npy(&dictionary("|u1", "False", "()"), &[0])).contains("0 dimensions is not a data set")
    );
}

#[test]
fn headers_that_claim_a_wrong_length_are_refused() {
    let file = |shape: &str, len| npy(&dictionary("<f4", "False", shape), &vec![0; len]);
    let header = file("(3, 4)", 0).len();
    assert_eq!(
        problem(&file("(3, 4)", 47)),
        format!("header claims {} bytes, file holds {}", header + 48, header + 47)
    );
    let message = problem(&file("(3, 4)", 49));
    assert_eq!(message, format!("header claims {} bytes, file holds more", header + 48));
    for shape in ["(4294967296, 4)", "(4294967296, 4294967296)", "(9223372036854775807, 3)"] {
        let array = shape.replace('(', "[").replace(')', "]");
        let message = format!("header claims an array of {array}, more than the 16 GiB read at once");
        assert_eq!(problem(&file(shape, 64)), message);
    }
    for shape in ["(0, 4)", "(4, 0)", "(0, 9223372036854775807, 9223372036854775807)"] {
        assert_eq!(problem(&file(shape, 0)), "holds no samples");
    }
    for cut in [3, 7, 9, 20] {
        assert!(read_bytes(&file("(3, 4)", 48)[..cut]).unwrap_err().is_wrong_input());
    }
}

#[test]
fn values_that_are_not_finite_are_refused_with_their_place() {
    let values = [1f32, 2.0, 3.0, f32::NAN].map(f32::to_le_bytes).concat();
    let message = problem(&npy(&dictionary("<f4", "False", "(2, 2)"), &values));
    assert!(message.starts_with("row 1, column 1 (from 0) is NaN"), "{message}");
    // Finite in the file, but beyond the range of float32.
    let message = problem(&npy(&dictionary("<f8", "False", "(1, 1)"), &1e300f64.to_le_bytes()));
    assert!(message.starts_with("row 0, column 0 (from 0) is inf"), "{message}");
}

#[test]
fn no_damaged_header_makes_it_panic() {
    let whole = npy(&dictionary("<f4", "True", "(2, 3)"), &[0; 24]);
    let file = tempfile::NamedTempFile::new().unwrap();
    for at in 0..whole.len() - 24 {
        for byte in [0, 1, b' ', b'\'', b'(', b')', b',', b'9', b'}', 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            std::fs::write(&file, damaged).unwrap();
            if let Err(error) = read(&file) {
                assert!(error.is_wrong_input(), "{error}");
            }
        }
    }
}
