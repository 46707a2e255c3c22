//! Builds files for tests.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// The bytes of an IDX file.
pub(in crate::data) fn idx(code: u8, shape: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, shape.len() as u8];
    bytes.extend(shape.iter().flat_map(|n| n.to_be_bytes()));
    bytes.extend(values);
    bytes
}

pub(in crate::data) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The bytes of an npy file of version 1 with this dictionary.
pub(in crate::data) fn npy(dictionary: &str, values: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((dictionary.len() as u16).to_le_bytes());
    bytes.extend(dictionary.as_bytes());
    bytes.extend(values);
    bytes
}

pub(in crate::data) fn dictionary(descr: &str, fortran_order: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': {fortran_order}, 'shape': {shape}, }}\n")
}

/// The bytes of a Parquet file of float32 columns.
#[cfg(feature = "columnar")]
pub(in crate::data) fn parquet(names: &[&str], values: &[f32]) -> Vec<u8> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut file = Vec::new();
    crate::data::write::parquet::write(&mut file, &names, values).unwrap();
    file
}
