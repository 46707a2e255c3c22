//! Interprets an ONNX file in double precision, rounding where the file says so. It supports only the operators in use.

use std::collections::HashMap;

/// A field of a message: its number, and its value as bytes or as a number.
struct Field<'a> {
    number: u64,
    value: u64,
    bytes: &'a [u8],
}

fn fields(mut bytes: &[u8]) -> Vec<Field<'_>> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return value;
            }
        }
    }
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = varint(&mut bytes);
        let mut field = Field { number: key >> 3, value, bytes: &[] };
        if key & 7 == 2 {
            (field.bytes, bytes) = bytes.split_at(value as usize);
        }
        all.push(field);
    }
    all
}

fn parts(bytes: &[u8], number: u64) -> Vec<&[u8]> {
    fields(bytes).into_iter().filter(|field| field.number == number).map(|field| field.bytes).collect()
}

fn texts(bytes: &[u8], number: u64) -> Vec<String> {
    parts(bytes, number).into_iter().map(|text| String::from_utf8(text.to_vec()).unwrap()).collect()
}

fn number(bytes: &[u8], number: u64) -> Option<u64> {
    fields(bytes).into_iter().find(|field| field.number == number).map(|field| field.value)
}

/// A matrix; vectors are rows.
#[derive(Clone, Debug)]
struct Matrix {
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    fn n_rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// The value at a position; a single row or column is broadcast.
    fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row.min(self.n_rows() - 1) * self.columns + column.min(self.columns - 1)]
    }

    fn map(&self, of: impl Fn(f64) -> f64) -> Self {
        Self { columns: self.columns, values: self.values.iter().map(|&value| of(value)).collect() }
    }

    fn of_rows(&self, of: impl Fn(&[f64]) -> f64) -> Self {
        Self { columns: 1, values: self.values.chunks(self.columns).map(of).collect() }
    }
}

/// Applies a function component by component to up to three matrices.
fn each(all: &[&Matrix], of: impl Fn(&[f64]) -> f64) -> Matrix {
    let rows = all.iter().map(|matrix| matrix.n_rows()).max().unwrap();
    let columns = all.iter().map(|matrix| matrix.columns).max().unwrap();
    let values = (0..rows * columns).map(|at| {
        let arguments: Vec<f64> = all.iter().map(|matrix| matrix.at(at / columns, at % columns)).collect();
        of(&arguments)
    });
    Matrix { columns, values: values.collect() }
}

fn tensor(bytes: &[u8]) -> (String, Matrix) {
    let raw = parts(bytes, 9)[0];
    let values: Vec<f64> = match number(bytes, 2) {
        Some(1) => raw.chunks(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect(),
        Some(11) => raw.chunks(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect(),
        other => panic!("tensors of type {other:?} are unknown"),
    };
    let lengths: Vec<_> = fields(bytes).into_iter().filter(|field| field.number == 1).collect();
    let n: u64 = lengths.iter().map(|length| length.value).product();
    assert_eq!(n as usize, values.len());
    let columns = lengths.last().map_or(1, |length| length.value as usize);
    (texts(bytes, 8)[0].clone(), Matrix { columns, values })
}

fn gemm(x: &Matrix, weight: &Matrix, bias: &Matrix, transposed: bool) -> Matrix {
    let columns = bias.columns;
    let values = (0..x.n_rows() * columns).map(|at| {
        let (row, column) = (at / columns, at % columns);
        let of = |k: usize| if transposed { weight.at(column, k) } else { weight.at(k, column) };
        bias.at(0, column) + (0..x.columns).map(|k| x.at(row, k) * of(k)).sum::<f64>()
    });
    Matrix { columns, values: values.collect() }
}

fn softmax(x: &Matrix) -> Matrix {
    let values = x.values.chunks(x.columns).flat_map(|row| {
        let sum: f64 = row.iter().map(|a| a.exp()).sum();
        row.iter().map(move |a| a.exp() / sum)
    });
    Matrix { columns: x.columns, values: values.collect() }
}

fn first_of_the_greatest(row: &[f64]) -> f64 {
    let greatest = row.iter().copied().fold(f64::MIN, f64::max);
    row.iter().position(|&value| value == greatest).unwrap() as f64
}

/// Applies the operator `name` with one numeric attribute.
fn apply(name: &str, x: &[&Matrix], told: Option<u64>) -> Matrix {
    match name {
        "Gemm" => gemm(x[0], x[1], x[2], told == Some(1)),
        "Sigmoid" => x[0].map(|a| 1.0 / (1.0 + (-a).exp())),
        "Tanh" => x[0].map(f64::tanh),
        "Relu" => x[0].map(|a| a.max(0.0) + if a.is_nan() { a } else { 0.0 }),
        "Softmax" => softmax(x[0]),
        "ArgMax" => x[0].of_rows(first_of_the_greatest),
        "Cast" => match told {
            Some(1) => x[0].map(|a| f64::from(a as f32)),
            Some(11) => x[0].clone(),
            other => panic!("casts to {other:?} are unknown"),
        },
        "ReduceMean" => x[0].of_rows(|row| row.iter().sum::<f64>() / row.len() as f64),
        "Sqrt" => x[0].map(f64::sqrt),
        "Abs" => x[0].map(f64::abs),
        "IsNaN" => x[0].map(|a| f64::from(a.is_nan())),
        "Greater" => each(x, |v| f64::from(v[0] > v[1])),
        "Where" => each(x, |v| if v[0] != 0.0 { v[1] } else { v[2] }),
        "Add" => each(x, |v| v[0] + v[1]),
        "Sub" => each(x, |v| v[0] - v[1]),
        "Mul" => each(x, |v| v[0] * v[1]),
        "Div" => each(x, |v| v[0] / v[1]),
        other => panic!("{other} is unknown"),
    }
}

/// The outputs for samples, each row-major.
pub(super) fn run<T: Copy + Into<f64>>(file: &[u8], samples: &[T]) -> Vec<Vec<f64>> {
    let graph = parts(file, 7)[0];
    let mut known: HashMap<String, Matrix> = parts(graph, 5).into_iter().map(tensor).collect();
    let [input] = &parts(graph, 11)[..] else { panic!("there is one input") };
    // Type, tensor, shape, second length.
    let shape = parts(parts(parts(input, 2)[0], 1)[0], 2)[0];
    let columns = number(parts(shape, 1)[1], 1).unwrap() as usize;
    let samples = samples.iter().map(|&value| value.into()).collect();
    known.insert(texts(input, 1)[0].clone(), Matrix { columns, values: samples });
    for node in parts(graph, 1) {
        let inputs = texts(node, 1);
        let inputs: Vec<&Matrix> = inputs.iter().map(|name| &known[name]).collect();
        let told = parts(node, 5).iter().find_map(|attribute| number(attribute, 3));
        let result = apply(&texts(node, 4)[0], &inputs, told);
        let name = texts(node, 2)[0].clone();
        assert!(known.insert(name.clone(), result).is_none(), "{name} is computed twice");
    }
    parts(graph, 12).into_iter().map(|output| known[&texts(output, 1)[0]].values.clone()).collect()
}
