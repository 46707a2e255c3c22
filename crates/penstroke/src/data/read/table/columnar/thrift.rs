//! Walks through Parquet's headers before a decoder allocates memory based on them.
//!
//! The headers use Thrift's compact protocol: structs of numbered fields, lists, and variable-length integers
//! (<https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>). The walk checks every length
//! against the available bytes and reports what it finds; it stores nothing.

/// Maximum nesting of structs. Parquet's own reach 7.
const MAX_DEPTH: usize = 32;

/// Something found by the walk, at a path of field numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Integer(i64),
    /// The end of a struct.
    End,
}

/// The type that a field may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Truth,
    Integer,
    Bytes,
    Struct,
    /// A list of integers, and so on.
    Integers,
    Texts,
    Structs,
    /// An unknown field of any type.
    Any,
}

impl Kind {
    fn fits(self, kind: u8) -> bool {
        match self {
            Kind::Truth => matches!(kind, 1 | 2),
            Kind::Integer => matches!(kind, 4..=6),
            Kind::Bytes => kind == 8,
            Kind::Struct => kind == 12,
            Kind::Integers | Kind::Texts | Kind::Structs => kind == 9,
            Kind::Any => true,
        }
    }

    /// Whether a list may have elements of this type.
    fn fits_in_list(self, kind: u8) -> bool {
        match self {
            Kind::Integers => Kind::Integer.fits(kind),
            Kind::Texts => Kind::Bytes.fits(kind),
            Kind::Structs => Kind::Struct.fits(kind),
            // No header has lists of booleans, and decoders disagree whether each takes a byte or none.
            _ => !Kind::Truth.fits(kind),
        }
    }
}

/// Walks through the struct at the start of `bytes` and returns its length. `None` if it is cut short, is not a struct,
/// or has a field of another type than `kind` names: decoders expect the known types and fail on others.
pub(super) fn walk(
    bytes: &[u8],
    kind: fn(&[i16]) -> Kind,
    tell: &mut dyn FnMut(&[i16], Event),
) -> Option<usize> {
    let mut walk = Walk { bytes, at: 0, path: Vec::new(), kind, tell };
    walk.fields(0)?;
    Some(walk.at)
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    path: Vec<i16>,
    kind: fn(&[i16]) -> Kind,
    tell: &'a mut dyn FnMut(&[i16], Event),
}

impl Walk<'_> {
    fn fields(&mut self, depth: usize) -> Option<()> {
        if depth == MAX_DEPTH {
            return None;
        }
        let mut id = 0i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                (self.tell)(&self.path, Event::End);
                return Some(());
            }
            id = match head >> 4 {
                0 => i16::try_from(self.integer()?).ok()?,
                step => id.checked_add(i16::from(step))?,
            };
            self.path.push(id);
            if !(self.kind)(&self.path).fits(head & 15) {
                return None;
            }
            match head & 15 {
                // A struct stores booleans in the type.
                1 | 2 => {}
                kind => self.value(kind, depth)?,
            }
            self.path.pop();
        }
    }

    fn value(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            1 | 2 => self.skip(1),
            3 => {
                let value = self.byte()? as i8;
                (self.tell)(&self.path, Event::Integer(value.into()));
                Some(())
            }
            4..=6 => {
                let value = self.integer()?;
                (self.tell)(&self.path, Event::Integer(value));
                Some(())
            }
            7 => self.skip(8),
            8 => {
                let len = self.size()?;
                self.skip(len)
            }
            9 | 10 => {
                let head = self.byte()?;
                let len = if head >> 4 == 15 { self.size()? } else { usize::from(head >> 4) };
                if len > 0 && !(self.kind)(&self.path).fits_in_list(head & 15) {
                    return None;
                }
                self.values(len, &[head & 15], depth)
            }
            11 => match self.size()? {
                0 => Some(()),
                len => {
                    let kinds = self.byte()?;
                    self.values(len, &[kinds >> 4, kinds & 15], depth)
                }
            },
            12 => self.fields(depth + 1),
            13 => self.skip(16),
            _ => None,
        }
    }

    /// Skips `len` groups of values of these types; each value takes at least a byte.
    fn values(&mut self, len: usize, kinds: &[u8], depth: usize) -> Option<()> {
        if depth + 1 >= MAX_DEPTH || len > self.bytes.len() - self.at {
            return None;
        }
        for _ in 0..len {
            for &kind in kinds {
                self.value(kind, depth + 1)?;
            }
        }
        Some(())
    }

    fn skip(&mut self, n: usize) -> Option<()> {
        self.at = self.at.checked_add(n).filter(|&at| at <= self.bytes.len())?;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// Seven bits per byte, least significant first.
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(value);
            }
        }
        None
    }

    /// Zigzag encoding: the lowest bit is the sign.
    fn integer(&mut self) -> Option<i64> {
        self.varint().map(|value| (value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn size(&mut self) -> Option<usize> {
        self.varint().and_then(|size| usize::try_from(size).ok()).filter(|&size| size <= self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Met = Vec<(Vec<i16>, Event)>;

    fn met(bytes: &[u8]) -> Option<(usize, Met)> {
        let mut met = Met::new();
        let len = walk(bytes, |_| Kind::Any, &mut |path, event| met.push((path.to_vec(), event)))?;
        Some((len, met))
    }

    #[test]
    fn fields_of_the_wrong_type_are_refused() {
        let kind = |path: &[i16]| match path {
            [1] => Kind::Integer,
            [2] => Kind::Truth,
            [3] => Kind::Struct,
            [3, 1] => Kind::Bytes,
            [4] => Kind::Integers,
            [5] => Kind::Texts,
            [6] => Kind::Structs,
            _ => Kind::Any,
        };
        let walk = |bytes: &[u8]| walk(bytes, kind, &mut |_, _| {});
        let right = [0x15, 5, 0x11, 0x1c, 0x18, 1, b'a', 0, 0x88, 0, 0];
        assert_eq!(walk(&right), Some(right.len()));
        for (field, element, value) in [(0x49, 0x15, &[2][..]), (0x59, 0x18, &[0]), (0x69, 0x1c, &[0])] {
            let list = |element: u8| walk(&[&[field, element][..], value, &[0]].concat());
            assert_eq!(list(element), Some(4));
            for other in
                [0x11, 0x12, 0x13, 0x15, 0x17, 0x18, 0x1c].into_iter().filter(|&other| other != element)
            {
                assert_eq!(list(other), None, "{other:x} in {field:x}");
            }
            // The element type of an empty list does not matter.
            assert_eq!(walk(&[field, 0x01, 0]), Some(3));
        }
        // Booleans in a list of an unknown field.
        assert_eq!(walk(&[0x79, 0x11, 1, 0]), None);
        // A number, a boolean, a struct and a text in place of one another.
        for (at, byte) in [(0, 0x18), (0, 0x11), (2, 0x15), (3, 0x15), (4, 0x15)] {
            let mut wrong = right;
            wrong[at] = byte;
            assert_eq!(walk(&wrong), None, "{byte:x} at {at}");
        }
    }

    #[test]
    fn integers_come_with_their_path() {
        // Field 1 is -3; field 3 is a list of two structs, the first with the text "ab" in field 1 and 300 in field 2.
        let bytes = [0x15, 5, 0x29, 0x2c, 0x18, 2, b'a', b'b', 0x15, 0xd8, 4, 0, 0, 0, 99];
        let expected = vec![
            (vec![1], Event::Integer(-3)),
            (vec![3, 2], Event::Integer(300)),
            (vec![3], Event::End),
            (vec![3], Event::End),
            (vec![], Event::End),
        ];
        assert_eq!(met(&bytes), Some((14, expected)));
    }

    #[test]
    fn claims_beyond_the_file_are_refused() {
        for bytes in [
            &[][..],
            &[0x15],
            // A text of 100 bytes; lists of 2^28 integers and of 14 structs; an endless number; an unknown type.
            &[0x18, 100, b'a', 0],
            &[0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f, 0],
            &[0x19, 0xec, 0, 0, 0],
            &[0x16, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0],
            &[0x1e, 0, 0],
        ] {
            assert_eq!(met(bytes), None, "{bytes:?}");
        }
        // Structs and lists nested deeper than in any header.
        assert_eq!(met(&[0x1c; 1000]), None);
        assert_eq!(met(&[&[0x19][..], &[0x19; 1000]].concat()), None);
    }
}
