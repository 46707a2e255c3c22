//! The rows of a table as a network learns them.

use super::encoding::{Encoded, Encoding};
use crate::Result;
use crate::data::{Dataset, Samples, TypedTable, Values};
use xxhash_rust::xxh3::Xxh3;

/// The rows of a table in an order that depends on their content alone.
pub(crate) struct Rows {
    pub(crate) data: Dataset,
    pub(crate) encoded: Encoded,
}

impl Rows {
    /// A hash of all rows of `n_inputs` inputs.
    pub(crate) fn hash(&self, n_inputs: usize) -> Result<u64> {
        let (mut hash, mut values, mut bytes) = (Xxh3::new(), Values::Floats(Vec::new()), Vec::new());
        let all: Vec<u32> = (0..self.data.n_samples() as u32).collect();
        for rows in all.chunks(1 + (1 << 20) / n_inputs.max(1)) {
            self.data.read(rows, &mut values)?;
            bytes.clear();
            bytes.extend(values.rows().to_floats().iter().flat_map(|value| value.to_le_bytes()));
            hash.update(&bytes);
        }
        Ok(hash.digest())
    }
}

/// The rows in the order of their encoded content, so that the order in the file changes nothing, and their numbers in the table.
pub(crate) fn canonical(encoding: &Encoding, table: &TypedTable) -> Result<(Rows, Vec<usize>)> {
    let mut order: Vec<usize> = (0..table.n_rows()).collect();
    {
        // Large; gone before the rows are encoded in their order.
        let inputs = encoding.encode(table.columns(), &order).inputs;
        let row = |at: usize| {
            inputs[at * encoding.n_inputs..][..encoding.n_inputs].iter().map(|value| value.to_bits())
        };
        order.sort_by(|&a, &b| row(a).cmp(row(b)));
    }
    let mut encoded = encoding.encode(table.columns(), &order);
    let inputs = Values::Floats(std::mem::take(&mut encoded.inputs));
    Ok((Rows { data: Dataset::new(table.name(), inputs, encoding.n_inputs)?, encoded }, order))
}
