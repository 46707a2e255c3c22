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
    F32,
    F64,
}

impl Element {
    pub(in crate::data) fn size(self) -> usize {
        match self {
            Element::Bool | Element::U8 | Element::I8 => 1,
            Element::U16 | Element::I16 => 2,
            Element::U32 | Element::I32 | Element::F32 => 4,
            Element::U64 | Element::I64 | Element::F64 => 8,
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
        Element::F32 => numbers!(f32),
        Element::F64 => numbers!(f64),
    }
    Ok(())
}
