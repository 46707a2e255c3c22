//! Damaged files, and small files that unpack to much.

use super::*;

/// A Parquet file that consists of this footer only.
fn footer(bytes: &[u8]) -> Vec<u8> {
    [b"PAR1", bytes, &(bytes.len() as u32).to_le_bytes(), b"PAR1"].concat()
}

#[test]
fn damaged_files_are_refused() {
    let of = |name: &str, bytes: &[u8]| {
        problem_of(name, &read_bytes(name, bytes, &TableOptions::default(), None).unwrap_err())
    };
    let all = files(&[("x", floats([Some(1.0); 100])), ("c", floats([Some(1.0); 100]))]);
    let file = |name: &str| all.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    let parquet = file("snappy.parquet");
    let n = parquet.len();
    assert_eq!(of("t.parquet", b"PAR1PAR1"), "is damaged (it is cut short); get it again");
    assert_eq!(
        of("t.parquet", &parquet[..n - 1]),
        "is damaged (its footer is not at its end; it is cut short or not a Parquet file); get it again"
    );
    assert_eq!(
        of("t.parquet", &[b"PAR1", &[255; 4][..], b"PAR1"].concat()),
        "is damaged (its footer claims 4294967295 bytes, the file holds 12); get it again"
    );
    assert_eq!(
        of("t.parquet", &[b"PAR1", &[0; 4][..], b"PARE"].concat()),
        "is encrypted; write it without encryption"
    );
    assert_eq!(
        of("t.parquet", &crate::data::read::testing::gzip(&parquet)),
        "is compressed as a whole, and such a file is read from its end; unpack it first"
    );
    // The kind of a page, which must be a number, as a text.
    let mut page = parquet.clone();
    assert_eq!(page[4..6], [0x15, 4]);
    page[4..6].copy_from_slice(&[0x18, 0]);
    assert_eq!(
        of("t.parquet", &page),
        "is damaged (column x: the header of a page is malformed); get it again"
    );
    let no_sense = "is damaged (its footer is malformed); get it again";
    // A list of 2^28 row groups; a root with 2^30 children; a thousand nested groups.
    assert_eq!(of("t.parquet", &footer(&[0x15, 2, 0x39, 0xfc, 0xff, 0xff, 0xff, 0x7f, 0])), no_sense);
    let element = |n_children: u8| [0x48, 1, b'g', 0x15, n_children, 0];
    let root =
        [&[0x15, 2, 0x19, 0x1c, 0x48, 1, b'r', 0x15][..], &[0x80, 0x80, 0x80, 0x80, 8], &[0, 0]].concat();
    assert_eq!(of("t.parquet", &footer(&root)), no_sense);
    let groups = [&[0x15, 2, 0x19, 0xfc, 0xe8, 7][..], &element(2).repeat(999), &element(0), &[0]].concat();
    assert_eq!(of("t.parquet", &footer(&groups)), no_sense);

    let cut = "is damaged (it is cut short); get it again";
    let arrow = file("t.arrow");
    assert_eq!(of("t.arrow", b"ARROW1"), cut);
    assert_eq!(of("t.arrow", &arrow[..arrow.len() - 6]), cut);
    let n = arrow.len();
    let mut long = arrow.clone();
    long[n - 10..n - 6].copy_from_slice(&(n as u32).to_le_bytes());
    assert_eq!(of("t.arrow", &long), cut);
    let stream = file("t.arrows");
    assert_eq!(of("t.arrows", &stream[..stream.len() - 4]), cut);
    let mut long = stream.clone();
    long[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(
        of("t.arrows", &long),
        format!(
            "is damaged (it is cut short: a message of 4294967295 bytes has {}); get it again",
            stream.len() - 8
        )
    );
    let end = stream.len() - 8;
    let mut start = stream.clone();
    start[end] = 0;
    assert_eq!(of("t.arrows", &start), "is damaged (a message does not begin where it must); get it again");
    assert_eq!(
        of("t.arrows", &[255, 255, 255, 255, 0, 0, 0, 0]),
        "is damaged (it holds no schema); get it again"
    );
    // The length in front of a compressed part.
    let mut lz4 = file("lz4.feather");
    let len = 800i64.to_le_bytes();
    let at = lz4.windows(8).position(|bytes| bytes == len).unwrap();
    lz4[at..at + 8].copy_from_slice(&(1i64 << 40).to_le_bytes());
    assert_eq!(of("t.feather", &lz4), super::super::limit::TOO_MUCH);
    assert_eq!(
        of("old.feather", b"FEA1 and more"),
        "is Feather version 1; write version 2, which is Arrow IPC"
    );
}

#[test]
fn small_files_that_unpack_to_much_are_refused() {
    let zeros = |n: usize| {
        let batch = batch(&[("x", Arc::new(Float64Array::from(vec![0.0; n])))]);
        let mut file = Vec::new();
        let zstd = Compression::ZSTD(ZstdLevel::default());
        let properties = WriterProperties::builder().set_compression(zstd).set_dictionary_enabled(false);
        // Pages of 1 MiB, whatever number of rows that is.
        let properties = properties.set_data_page_row_count_limit(usize::MAX);
        let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties.build())).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        file
    };
    let read = |file: &[u8]| read_bytes("t.parquet", file, &TableOptions::default(), None);
    let problem = |file: &[u8]| problem_of("t.parquet", &read(file).unwrap_err());
    // 160 MB of zeros in a few kilobytes.
    let much = zeros(20_000_000);
    assert!(much.len() < 60_000, "{}", much.len());
    assert_eq!(problem(&much), super::super::limit::TOO_MUCH);
    // A page of 1 MiB that claims 128 MiB: after the mark come its kind and its size, each behind a field header.
    let mut page = zeros(1 << 17);
    assert_eq!(read(&page).unwrap().n_samples(), 1 << 17);
    assert_eq!((page[4], page[6], page[10] >> 7), (0x15, 0x15, 0));
    page[7..11].copy_from_slice(&[0xfe, 0xff, 0xff, 0x7f]);
    assert_eq!(problem(&page), super::super::limit::TOO_MUCH);
}
