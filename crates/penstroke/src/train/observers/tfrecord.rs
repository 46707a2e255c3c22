//! TFRecord, the container of event files: a sequence of records with checksums of their lengths and contents.
//!
//! ```text
//! length   8 bytes, little-endian
//! checksum 4 bytes, of the length
//! bytes    as many as the length says
//! checksum 4 bytes, of the bytes
//! ```
//!
//! A checksum is CRC-32C (Castagnoli; RFC 3720, section 12.1), rotated by 15 bits and offset by a constant, so that the
//! checksum of bytes that contain checksums is not degenerate.

/// Bytes around the contents of a record.
const HEADER: usize = 12;
const FOOTER: usize = 4;

const TABLE: [u32; 256] = table();

/// The effect of each byte on a CRC-32C; the polynomial is bit-reversed.
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| crc >> 8 ^ TABLE[usize::from(crc as u8 ^ byte)])
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// A record with these contents.
pub(super) fn record(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    [&length, &checksum(&length)[..], bytes, &checksum(bytes)].concat()
}

/// The contents of a record, and what follows it.
type Split<'a> = (&'a [u8], &'a [u8]);

/// The contents of a file's first record and what follows it; `None` if the file ends within it.
///
/// # Errors
/// If a checksum is wrong.
pub(super) fn first(file: &[u8]) -> Result<Option<Split<'_>>, Damaged> {
    let Some((header, rest)) = file.split_first_chunk::<HEADER>() else { return Ok(None) };
    let (length, sum) = header.split_at(8);
    if checksum(length) != sum {
        return Err(Damaged);
    }
    let length = length.iter().rev().fold(0u64, |length, &byte| length << 8 | u64::from(byte));
    let Ok(length) = usize::try_from(length) else { return Err(Damaged) };
    let Some((bytes, rest)) = rest.split_at_checked(length) else { return Ok(None) };
    let Some((sum, rest)) = rest.split_first_chunk::<FOOTER>() else { return Ok(None) };
    if checksum(bytes) == *sum { Ok(Some((bytes, rest))) } else { Err(Damaged) }
}

/// A record whose checksum is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damaged;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_standard() {
        // RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
        for (bytes, crc) in [
            (&[0; 32][..], 0x8a91_36aa),
            (&[0xff; 32], 0x62a8_ab43),
            (&std::array::from_fn::<u8, 32, _>(|i| i as u8), 0x46dd_794e),
            (&std::array::from_fn::<u8, 32, _>(|i| 31 - i as u8), 0x113f_db5c),
            (b"123456789", 0xe306_9283),
            (b"", 0),
        ] {
            assert_eq!(crc32c(bytes), crc, "{bytes:?}");
        }
        // The rotated and offset form: 0xe3069283 >> 15 | 0xe3069283 << 17, plus the constant.
        assert_eq!(checksum(b"123456789"), 0xc78a_b0e5_u32.to_le_bytes());
    }

    #[test]
    fn records_are_read_back_and_damage_is_told_from_an_early_end() {
        let file = [record(b"one"), record(b""), record(b"three")].concat();
        let mut rest = &file[..];
        for expected in [&b"one"[..], b"", b"three"] {
            let (bytes, after) = first(rest).unwrap().unwrap();
            assert_eq!(bytes, expected);
            rest = after;
        }
        assert_eq!(first(rest), Ok(None));
        let one = record(b"one");
        for end in 0..one.len() {
            assert_eq!(first(&one[..end]), Ok(None), "ends after {end}");
        }
        for at in 0..one.len() {
            let mut one = one.clone();
            one[at] ^= 1;
            assert_eq!(first(&one), Err(Damaged), "byte {at}");
        }
    }
}
