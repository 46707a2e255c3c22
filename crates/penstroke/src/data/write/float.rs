//! The two precisions in which values are written.

use std::fmt::Debug;

/// A number of a file: `f32` or `f64`.
pub trait Float: Copy + Debug {
    /// NumPy's name of its type.
    const NPY: &'static str;

    /// Parquet's type for it.
    #[cfg(feature = "columnar")]
    type Parquet: ::parquet::data_type::DataType<T = Self>;

    /// Appends its bytes, little-endian.
    fn append_to(self, bytes: &mut Vec<u8>);
}

impl Float for f32 {
    const NPY: &'static str = "<f4";

    #[cfg(feature = "columnar")]
    type Parquet = ::parquet::data_type::FloatType;

    fn append_to(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }
}

impl Float for f64 {
    const NPY: &'static str = "<f8";

    #[cfg(feature = "columnar")]
    type Parquet = ::parquet::data_type::DoubleType;

    fn append_to(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }
}
