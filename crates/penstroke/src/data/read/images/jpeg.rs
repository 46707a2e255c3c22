//! Whether a JPEG file is complete. Decoders silently fill missing parts with grey.

/// Whether the end-of-image marker (ITU-T T.81, annex B) follows all segments and scans.
pub(super) fn is_complete(file: &[u8]) -> bool {
    const START: u8 = 0xd8;
    const END: u8 = 0xd9;
    const SCAN: u8 = 0xda;
    let mut rest = match file {
        [0xff, START, rest @ ..] => rest,
        _ => return false,
    };
    loop {
        rest = match *rest {
            [0xff, END, ..] => return true,
            // Any number of fill bytes may precede a marker.
            [0xff, 0xff, ..] => &rest[1..],
            // Markers without a segment: restarts of a scan, and "temporary".
            [0xff, 0xd0..=0xd7 | 0x01, ..] => &rest[2..],
            [0xff, marker, high, low, ..] => {
                let Some(behind) = rest.get(2 + usize::from(u16::from_be_bytes([high, low]))..) else {
                    return false;
                };
                if marker == SCAN { behind_scan(behind) } else { behind }
            }
            _ => return false,
        };
    }
}

/// What follows the coded data of a scan, where every 0xff is followed by a zero.
fn behind_scan(data: &[u8]) -> &[u8] {
    let is_marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff);
    data.windows(2).position(is_marker).map_or(&[], |at| &data[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jpeg() -> Vec<u8> {
        let noise = |x: u32, y: u32| image::Luma([(x * x * 7 + y * 31 + x * y) as u8]);
        let mut file = std::io::Cursor::new(Vec::new());
        image::GrayImage::from_fn(40, 30, noise).write_to(&mut file, image::ImageFormat::Jpeg).unwrap();
        file.into_inner()
    }

    #[test]
    fn only_the_whole_file_is_complete() {
        let file = jpeg();
        assert!(is_complete(&file));
        assert!((0..file.len()).all(|len| !is_complete(&file[..len])));
    }

    #[test]
    fn bytes_after_the_picture_are_ignored() {
        assert!(is_complete(&[jpeg(), vec![0; 100]].concat()));
    }

    #[test]
    fn a_preview_inside_does_not_end_the_picture() {
        // A complete JPEG inside an application segment, as cameras store previews.
        let (file, preview) = (jpeg(), jpeg());
        let len = (preview.len() as u16 + 2).to_be_bytes();
        let with_preview = [&file[..2], &[0xff, 0xe1], &len, &preview, &file[2..]].concat();
        assert!(is_complete(&with_preview));
        assert!(!is_complete(&with_preview[..with_preview.len() - 2]));
    }

    #[test]
    fn segments_without_a_length_do_not_hang() {
        assert!(!is_complete(&[0xff, 0xd8, 0xff, 0xe0, 0, 0]));
        assert!(!is_complete(&[]));
    }
}
