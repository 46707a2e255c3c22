//! The numbers in a file, and their conversion from bytes.

/// The type of the numbers in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum Element {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
}

impl Element {
    pub(in crate::data) fn size(self) -> usize {
        match self {
            Element::Bool | Element::U8 | Element::I8 => 1,
            Element::U16 | Element::I16 | Element::F16 => 2,
            Element::U32 | Element::I32 | Element::F32 => 4,
            Element::U64 | Element::I64 | Element::F64 => 8,
        }
    }

    /// Whether single precision cannot hold every number of this type.
    pub(in crate::data) fn is_wide(self) -> bool {
        matches!(self, Element::U32 | Element::I32 | Element::U64 | Element::I64 | Element::F64)
    }

    /// The number at `index` of `bytes` in double precision; bytes keep their values.
    pub(in crate::data) fn double(self, bytes: &[u8], index: usize, order: ByteOrder) -> f64 {
        macro_rules! number {
            ($type:ty) => {
                match (bytes.as_chunks().0[index], order) {
                    (bytes, ByteOrder::Little) => <$type>::from_le_bytes(bytes) as f64,
                    (bytes, ByteOrder::Big) => <$type>::from_be_bytes(bytes) as f64,
                }
            };
        }
        match self {
            Element::Bool => f64::from(u8::from(bytes[index] != 0)),
            Element::U8 => number!(u8),
            Element::I8 => number!(i8),
            Element::U16 => number!(u16),
            Element::I16 => number!(i16),
            Element::U32 => number!(u32),
            Element::I32 => number!(i32),
            Element::U64 => number!(u64),
            Element::I64 => number!(i64),
            Element::F16 => {
                let bytes = bytes.as_chunks().0[index];
                half(match order {
                    ByteOrder::Little => u16::from_le_bytes(bytes),
                    ByteOrder::Big => u16::from_be_bytes(bytes),
                })
                .into()
            }
            Element::F32 => number!(f32),
            Element::F64 => number!(f64),
        }
    }
}

/// The byte order of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum ByteOrder {
    Little,
    Big,
}

/// Appends the numbers as floats; bytes keep their values.
pub(in crate::data) fn append_floats(
    out: &mut Vec<f32>,
    chunk: &[u8],
    element: Element,
    order: ByteOrder,
) -> Result<(), std::collections::TryReserveError> {
    out.try_reserve(chunk.len() / element.size())?;
    macro_rules! numbers {
        ($type:ty) => {
            out.extend(chunk.as_chunks().0.iter().map(|&bytes| match order {
                ByteOrder::Little => <$type>::from_le_bytes(bytes) as f32,
                ByteOrder::Big => <$type>::from_be_bytes(bytes) as f32,
            }))
        };
    }
    match element {
        Element::Bool => out.extend(chunk.iter().map(|&byte| f32::from(u8::from(byte != 0)))),
        Element::U8 => numbers!(u8),
        Element::I8 => numbers!(i8),
        Element::U16 => numbers!(u16),
        Element::I16 => numbers!(i16),
        Element::U32 => numbers!(u32),
        Element::I32 => numbers!(i32),
        Element::U64 => numbers!(u64),
        Element::I64 => numbers!(i64),
        Element::F16 => out.extend(chunk.as_chunks().0.iter().map(|&bytes| match order {
            ByteOrder::Little => half(u16::from_le_bytes(bytes)),
            ByteOrder::Big => half(u16::from_be_bytes(bytes)),
        })),
        Element::F32 => numbers!(f32),
        Element::F64 => numbers!(f64),
    }
    Ok(())
}

/// The number with these half-precision bits (IEEE 754 binary16), which single precision holds exactly.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = ((bits >> 10) & 0x1f, bits & 0x3ff);
    let size = match exponent {
        0 => f32::from(fraction) / f32::from(1u16 << 15) / 512.0,
        0x1f if fraction == 0 => f32::INFINITY,
        0x1f => f32::NAN,
        // The exponents of the two formats are offset by 15 and 127.
        _ => f32::from_bits((u32::from(exponent) + 112) << 23 | u32::from(fraction) << 13),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_keeps_every_value() {
        for bits in 0..=u16::MAX {
            let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
            let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff) / 1024.0);
            let expected = match exponent {
                0 => fraction * 2f64.powi(-14),
                31 if fraction == 0.0 => f64::INFINITY,
                31 => f64::NAN,
                _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
            };
            let found = f64::from(half(bits));
            assert!(found == sign * expected || found.is_nan() && expected.is_nan(), "{bits:#x}: {found}");
            assert!(found.is_nan() || found.is_sign_negative() == (sign < 0.0));
        }
    }
}
