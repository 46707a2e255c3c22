use super::*;
use crate::data::read::testing::{dictionary, npy};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::Write;

/// A zip file as `numpy.savez` and `numpy.savez_compressed` write it.
fn npz(members: &[(&str, Vec<u8>)], compressed: bool) -> Vec<u8> {
    let (mut file, mut list) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let name = format!("{name}.npy");
        let mut crc = Crc::new();
        crc.update(bytes);
        let packed = if compressed {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        } else {
            bytes.clone()
        };
        let mut common = vec![20, 0, 0, 0, if compressed { 8 } else { 0 }, 0, 0, 0, 0x21, 0];
        for number in [crc.sum(), packed.len() as u32, bytes.len() as u32] {
            common.extend(number.to_le_bytes());
        }
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        let start = file.len() as u32;
        file.extend([&b"PK\x03\x04"[..], &common, name.as_bytes(), &packed].concat());
        list.extend(
            [b"PK\x01\x02\x14\x00", &common[..], &[0; 10], &start.to_le_bytes(), name.as_bytes()].concat(),
        );
    }
    let (n, at) = ((members.len() as u16).to_le_bytes(), (file.len() as u32).to_le_bytes());
    let len = (list.len() as u32).to_le_bytes();
    [&file[..], &list, b"PK\x05\x06\0\0\0\0", &n, &n, &len, &at, &[0, 0]].concat()
}

fn bytes(shape: &str, values: &[u8]) -> Vec<u8> {
    npy(&dictionary("|u1", "False", shape), values)
}

fn read_bytes(bytes: &[u8], wanted: Option<&str>) -> Result<Dataset> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, bytes).unwrap();
    read(file.path(), wanted, None, Part::Train, None)
}

fn problem(bytes: &[u8], wanted: Option<&str>) -> String {
    let error = read_bytes(bytes, wanted).unwrap_err();
    assert!(error.is_wrong_input(), "{error}");
    error.to_string().split_once(": ").unwrap().1.to_owned()
}

#[test]
fn arrays_are_read_plain_and_compressed_with_labels_that_fit() {
    let x = bytes("(2, 2)", &[0, 51, 102, 255]);
    for compressed in [false, true] {
        let check = |label: &str, values: Vec<u8>, expected: Option<&[u32]>| {
            let data = read_bytes(&npz(&[(label, values), ("x", x.clone())], compressed), Some("x")).unwrap();
            assert_eq!(data.to_floats(), [0.0, 0.2, 0.4, 1.0]);
            assert_eq!(data.labels(), expected, "{label}");
        };
        check("y", bytes("(2,)", &[3, 1]), Some(&[3, 1]));
        check("labels", bytes("(2, 1)", &[3, 1]), Some(&[3, 1]));
        check("y", bytes("(3,)", &[3, 1, 2]), None);
        let warned = |y: Vec<u8>| {
            let data = read_bytes(&npz(&[("y", y), ("x", x.clone())], compressed), Some("x")).unwrap();
            let [warning] = data.warnings() else { panic!("{:?}", data.warnings()) };
            warning[warning.find("array y").unwrap()..].to_owned()
        };
        assert_eq!(
            warned(bytes("(3,)", &[3, 1, 2])),
            "array y has the shape [3] instead of one label for each of 2 samples; the samples are loaded without labels"
        );
        assert_eq!(
            warned(npy(&dictionary("<f4", "False", "(2,)"), &[1f32, 0.5].map(f32::to_le_bytes).concat())),
            "array y holds values other than whole numbers from 0 to 16777215; the samples are loaded without labels"
        );
        let texts = warned(npy(&dictionary("<U1", "False", "(2,)"), &[97, 0, 0, 0, 98, 0, 0, 0]));
        assert!(
            texts.starts_with("array y ") && texts.ends_with("; the samples are loaded without labels"),
            "{texts}"
        );
        check("z", bytes("(2,)", &[3, 1]), None);
        check(
            "y",
            npy(&dictionary("<f4", "False", "(2,)"), &[1f32, 0.5].map(f32::to_le_bytes).concat()),
            None,
        );
        let parts =
            [("x_train", x.clone()), ("y_train", bytes("(2,)", &[1, 0])), ("y", bytes("(2,)", &[9, 9]))];
        let data = read_bytes(&npz(&parts, compressed), Some("x_train")).unwrap();
        assert_eq!(data.labels(), Some(&[1, 0][..]));
    }
}

#[test]
fn the_array_of_samples_is_the_only_one_or_named() {
    let (x, y) = (bytes("(1, 2)", &[1, 2]), bytes("(1,)", &[1]));
    assert_eq!(
        read_bytes(&npz(&[("labels", y.clone()), ("a", x.clone())], false), None).unwrap().n_visible(),
        2
    );
    let two = npz(&[("a", x.clone()), ("b", x.clone())], false);
    assert_eq!(problem(&two, None), "has the arrays a, b; say which holds the samples, file.npz:a");
    assert_eq!(problem(&two, Some("c")), "has no array \"c\"; its arrays are a, b");
    assert_eq!(problem(&npz(&[], false), None), "is a zip file without arrays; save them with numpy.savez");
    assert_eq!(split(Path::new("a/b.npz:x:y")), ("a/b.npz".into(), Some("x:y".into())));
    assert_eq!(split(Path::new("a/b.npz")), ("a/b.npz".into(), None));
}

/// The offset of `bytes` in `file`.
fn place(file: &[u8], bytes: &[u8]) -> usize {
    file.windows(bytes.len()).position(|window| window == bytes).unwrap()
}

#[test]
fn damaged_files_are_refused() {
    let x = bytes("(2, 20)", &[7; 40]);
    for compressed in [false, true] {
        let good = npz(&[("x", x.clone())], compressed);
        let values = good.len() - 120;
        for at in 0..good.len() {
            assert!(read_bytes(&good[..at], None).is_err(), "cut at {at}");
            let mut flipped = good.clone();
            flipped[at] ^= 0x41;
            // Some bytes, such as dates, do not affect the array.
            let _ = read_bytes(&flipped, None);
        }
        let at = good.windows(4).position(|window| window == [7; 4]).unwrap_or(values);
        let mut wrong = good.clone();
        wrong[at] ^= 1;
        assert!(read_bytes(&wrong, None).is_err());
        let (list, end) = (place(&good, b"PK\x01\x02"), place(&good, b"PK\x05\x06"));
        let problem_at = |at: usize, bytes: &[u8]| {
            let mut wrong = good.clone();
            wrong[at..at + bytes.len()].copy_from_slice(bytes);
            problem(&wrong, None)
        };
        let no_list = "is a damaged zip file: its list of members is missing; get it again";
        assert_eq!(problem_at(end, b"pk"), no_list);
        assert_eq!(problem_at(end + 16, &[0]), no_list);
        let large = "is a zip file of 4 GiB or more; save its arrays with numpy.save, one per file";
        assert_eq!(problem_at(end + 10, &[0xff; 2]), large);
        assert_eq!(problem_at(end + 16, &[0xff; 4]), large);
        assert_eq!(
            problem_at(list + 42, &[1]),
            "array x: is not where the list of members puts it; get the file again"
        );
        assert_eq!(
            problem_at(list + 16, &[0; 4]),
            "the compressed data are damaged (the checksum differs); get the file again"
        );
    }
    let huge = bytes("(1000000000, 16)", &[7; 40]);
    assert!(problem(&npz(&[("x", huge)], true), None).starts_with("header claims 160000000"));
    let mut method = npz(&[("x", x)], true);
    let list = place(&method, b"PK\x01\x02");
    (method[8], method[list + 10]) = (12, 12);
    assert_eq!(
        problem(&method, None),
        "array x: uses an unsupported compression; save it with numpy.savez_compressed"
    );
}

#[test]
fn arrays_named_by_part_are_a_source_with_two_parts() {
    let file = tempfile::Builder::new().suffix(".npz").tempfile().unwrap();
    let read = |part| read(file.path(), None, None, part, None);
    for [x_train, y_train, x_test, y_test] in [
        ["x_train", "y_train", "x_test", "y_test"],
        ["X_train", "y_train", "X_test", "y_test"],
        ["train_images", "train_labels", "test_images", "test_labels"],
    ] {
        let train = [(y_train, bytes("(2,)", &[1, 0])), (x_train, bytes("(2, 1)", &[0, 51]))];
        let test = [(x_test, bytes("(1, 1)", &[255])), (y_test, bytes("(1,)", &[7]))];
        std::fs::write(file.path(), npz(&train, false)).unwrap();
        assert!(!has_test(file.path()));
        assert_eq!(read(Part::Train).unwrap().labels(), Some(&[1, 0][..]), "{x_train}");
        std::fs::write(file.path(), npz(&[train, test].concat(), true)).unwrap();
        assert!(has_test(file.path()));
        let [train, test] = [Part::Train, Part::Test].map(|part| read(part).unwrap());
        assert_eq!((train.to_floats(), train.labels()), (vec![0.0, 0.2], Some(&[1, 0][..])));
        assert_eq!((test.to_floats(), test.labels()), (vec![1.0], Some(&[7][..])));
        let named =
            super::read(file.path(), None, Some(&y_train.parse().unwrap()), Part::Test, None).unwrap();
        assert_eq!(named.labels(), Some(&[7][..]));
    }
    // The labels of one part are not those of the other.
    let parts =
        [("x_train", bytes("(1, 1)", &[0])), ("x_test", bytes("(1, 1)", &[0])), ("y", bytes("(1,)", &[1]))];
    std::fs::write(file.path(), npz(&parts, false)).unwrap();
    assert_eq!(read(Part::Test).unwrap().labels(), None);
}

#[test]
fn the_array_of_labels_can_be_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let parts =
        [("x", bytes("(2, 1)", &[0, 51])), ("kind", bytes("(2,)", &[4, 5])), ("y", bytes("(2,)", &[8, 9]))];
    std::fs::write(file.path(), npz(&parts, false)).unwrap();
    let read = |label: &str| read(file.path(), None, Some(&label.parse().unwrap()), Part::Train, None);
    let problem = |label: &str| read(label).unwrap_err().to_string().split_once(": ").unwrap().1.to_owned();
    assert_eq!(read("kind").unwrap().labels(), Some(&[4, 5][..]));
    assert_eq!(
        read("3").unwrap_err().to_string().split_once(": ").unwrap().1,
        "has the arrays x, kind, y; say which holds the samples, file.npz:x"
    );
    assert_eq!(
        super::read(file.path(), Some("x"), Some(&"3".parse().unwrap()), Part::Train, None).unwrap().labels(),
        Some(&[8, 9][..])
    );
    assert_eq!(problem("z"), "has no array \"z\"; its arrays are x, kind, y");
    assert_eq!(problem("4"), "has no array \"4\"; its arrays are x, kind, y");
    let wrong =
        super::read(file.path(), Some("y"), Some(&"x".parse().unwrap()), Part::Train, None).unwrap_err();
    assert!(wrong.to_string().contains("an array of shape (2,) is not a data set"), "{wrong}");
}

#[test]
fn sparse_matrices_of_scipy_are_filled_with_zeros() {
    let whole = |values: &[i32]| {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        npy(&dictionary("<i4", "False", &format!("({},)", values.len())), &bytes)
    };
    let floats = |values: &[f64]| {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
        npy(&dictionary(">f8", "False", &format!("({},)", values.len())), &bytes)
    };
    let text = |text: &[u8]| npy(&dictionary("|S3", "False", "()"), text);
    let shape = npy(&dictionary("<i8", "False", "(2,)"), &[3i64, 2].map(i64::to_le_bytes).concat());
    // [[1, 0], [0, 0], [5, 4]], where 5 is 2 + 3.
    let expected = [1.0, 0.0, 0.0, 0.0, 5.0, 4.0];
    let file = |format: &[u8], values: &[f64], places: [(&str, &[i32]); 2]| {
        let places = places.map(|(name, values)| (name, whole(values)));
        let rest = [("format", text(format)), ("shape", shape.clone()), ("data", floats(values))];
        npz(&[&places[..], &rest].concat(), true)
    };
    for file in [
        file(b"csr", &[1.0, 2.0, 3.0, 4.0], [("indices", &[0, 0, 0, 1]), ("indptr", &[0, 1, 1, 4])]),
        file(b"csc", &[1.0, 2.0, 3.0, 4.0], [("indices", &[0, 2, 2, 2]), ("indptr", &[0, 3, 4])]),
        file(b"coo", &[4.0, 1.0, 2.0, 3.0], [("row", &[2, 0, 2, 2]), ("col", &[1, 0, 0, 0])]),
    ] {
        let data = read_bytes(&file, None).unwrap();
        assert_eq!((data.to_floats(), data.n_visible()), (expected.to_vec(), 2));
    }
    let of = |format: &[u8], places| problem(&file(format, &[1.0], places), None);
    assert_eq!(
        of(b"bsr", [("indices", &[0]), ("indptr", &[0, 1])]),
        "is a sparse matrix of SciPy in the format \"bsr\", which is not read; save x.tocsr()"
    );
    let no = "is not a sparse matrix of SciPy:";
    assert_eq!(
        of(b"csr", [("indices", &[0]), ("indptr", &[0, 2, 1, 1])]),
        format!("{no} its starts do not rise from 0 to the number of values")
    );
    assert_eq!(
        of(b"coo", [("row", &[0, 1]), ("col", &[0])]),
        format!("{no} each value needs a row and a column")
    );
    assert_eq!(
        of(b"coo", [("row", &[-1]), ("col", &[0])]),
        format!("{no} row -1, column 0 (from 0) is outside its shape")
    );
    assert_eq!(
        of(b"coo", [("row", &[0]), ("col", &[2])]),
        format!("{no} row 0, column 2 (from 0) is outside its shape")
    );
    assert_eq!(of(b"coo", [("row", &[0]), ("cols", &[0])]), format!("{no} it has no array col"));
}
