//! What encoders of tables promise.

use super::{CodeOutput, TableEncoder};
use crate::config::TableEncoderConfig;
use crate::data::{ColumnKind, GivenColumn, MISSING, SchemaOptions, TypedTable};
use crate::onnx::Port;
use crate::{Flow, Run};

const N: usize = 80;

/// Numbers, a category that follows from them, another number, and a label; some cells are missing.
fn columns(order: &[usize]) -> Vec<(&'static str, GivenColumn)> {
    let x = |row: usize| if row % 11 == 3 { f64::NAN } else { (row * row % 23) as f64 };
    let z = |row: usize| (row % 7) as f64 + 0.5;
    let kind = |row: usize| if row % 13 == 5 { MISSING } else { u32::from(row * row % 23 > 11) };
    vec![
        ("x", GivenColumn::Numbers(order.iter().map(|&row| x(row)).collect())),
        (
            "kind",
            GivenColumn::Codes(order.iter().map(|&row| kind(row)).collect(), vec!["a".into(), "b".into()]),
        ),
        ("z", GivenColumn::Numbers(order.iter().map(|&row| z(row)).collect())),
        ("label", GivenColumn::Numbers(order.iter().map(|&row| row as f64).collect())),
    ]
}

fn table(columns: Vec<(&'static str, GivenColumn)>) -> TypedTable {
    let options = SchemaOptions { types: vec![("label".into(), ColumnKind::Label)], ..Default::default() };
    let (names, columns) = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).unzip();
    TypedTable::from_columns("table", names, columns, &options).unwrap()
}

fn in_order() -> TypedTable {
    table(columns(&(0..N).collect::<Vec<_>>()))
}

fn config() -> TableEncoderConfig {
    TableEncoderConfig { hidden: vec![12, 6], ..Default::default() }.epochs(4).threads(1)
}

fn fitted(config: &TableEncoderConfig, table: &TypedTable) -> TableEncoder {
    TableEncoder::fit(config, table, &mut Run::new()).unwrap()
}

#[test]
fn the_order_of_rows_and_columns_changes_no_bit() {
    let encoder = fitted(&config(), &in_order());
    let codes = encoder.encode(&in_order(), CodeOutput::Last).unwrap();
    let backwards: Vec<usize> = (0..N).rev().collect();
    let mut given = columns(&backwards);
    given.swap(0, 2);
    let other = table(given);
    let other_codes = fitted(&config().threads(3), &other).encode(&other, CodeOutput::Last).unwrap();
    let reordered: Vec<&[f32]> = other_codes.chunks(6).rev().collect();
    assert_eq!(codes, reordered.concat());
    // Only by its seed does a training differ.
    assert_ne!(codes, fitted(&config().seed(1), &in_order()).encode(&in_order(), CodeOutput::Last).unwrap());
}

#[test]
fn a_row_has_the_same_code_alone_and_among_others() {
    let encoder = fitted(&config(), &in_order());
    let all = encoder.encode(&in_order(), CodeOutput::All).unwrap();
    for row in [0, 3, 5, N - 1] {
        let alone = encoder.encode(&in_order().select(&[row]), CodeOutput::All).unwrap();
        assert_eq!(alone, all[row * 18..(row + 1) * 18], "row {row}");
    }
}

#[test]
fn all_layers_stand_side_by_side_and_the_last_one_is_last() {
    let encoder = fitted(&config(), &in_order());
    let (last, all) = (CodeOutput::Last, CodeOutput::All);
    assert_eq!((encoder.width(last), encoder.width(all)), (6, 18));
    let (last, all) = (encoder.encode(&in_order(), last).unwrap(), encoder.encode(&in_order(), all).unwrap());
    assert!(last.chunks(6).eq(all.chunks(18).map(|code| &code[12..])));
    assert!(all.chunks(18).any(|code| code[..12].iter().any(|&value| value > 0.0)));
}

#[test]
fn labels_are_not_learned_and_missing_cells_are_not_zeros() {
    let encoder = fitted(&config(), &in_order());
    let mut without = columns(&(0..N).collect::<Vec<_>>());
    without[3].1 = GivenColumn::Numbers(vec![f64::NAN; N]);
    let (_, given): (Vec<_>, Vec<_>) = without.into_iter().unzip();
    let unlabelled = TypedTable::from_columns_like("new", given, encoder.schema()).unwrap();
    let of = |table: &TypedTable| encoder.encode(table, CodeOutput::Last).unwrap();
    assert_eq!(of(&in_order()), of(&unlabelled));
    let row = |x: f64| {
        let given = vec![
            GivenColumn::Numbers(vec![x]),
            GivenColumn::Codes(vec![0], vec!["a".into()]),
            GivenColumn::Numbers(vec![1.5]),
            GivenColumn::Numbers(vec![0.0]),
        ];
        of(&TypedTable::from_columns_like("row", given, encoder.schema()).unwrap())
    };
    // The mean of x is 0 to the network.
    let mean = (0..N).filter(|row| row % 11 != 3).map(|row| (row * row % 23) as f64).sum::<f64>()
        / (0..N).filter(|row| row % 11 != 3).count() as f64;
    assert_ne!(row(f64::NAN), row(mean));
}

#[test]
fn it_learns_to_find_replaced_cells() {
    // With a copy of each column, a replaced cell can be found and restored.
    let x: Vec<f64> = (0..400).map(|row| f64::from(row * 37 % 100)).collect();
    let given = ["a", "b", "c"].map(|name| (name, GivenColumn::Numbers(x.clone())));
    let config = TableEncoderConfig { hidden: vec![64, 64], ..Default::default() }.epochs(100);
    let encoder = fitted(&config, &table([&given[..], &columns(&[0; 400])[3..]].concat()));
    let history = encoder.history();
    // Copying would lose 3 × 0.15 × 2, the squared difference of two standardised numbers.
    let last = *history.valid_loss.last().unwrap();
    assert!(last < 0.45, "{last}");
}

#[test]
fn files_are_read_back_and_equal_encoders_give_equal_bytes() {
    let encoder = fitted(&config(), &in_order());
    let bytes = encoder.to_bytes().unwrap();
    assert_eq!(bytes, fitted(&config().threads(2), &in_order()).to_bytes().unwrap());
    let back = TableEncoder::from_bytes("m", &bytes).unwrap();
    assert_eq!((back.to_bytes().unwrap(), back.schema()), (bytes.clone(), encoder.schema()));
    let codes = |encoder: &TableEncoder| encoder.encode(&in_order(), CodeOutput::All).unwrap();
    assert_eq!(codes(&back), codes(&encoder));
    let refused = crate::model::from_bytes("m", &bytes).unwrap_err().to_string();
    assert_eq!(refused, "m: holds an encoder of tables, which only encodes tables");
    let refused = crate::impute::Imputer::from_bytes("m", &bytes).unwrap_err().to_string();
    assert!(
        refused.starts_with("m: holds a model of kind \"table-encoder\", an imputer is needed"),
        "{refused}"
    );
    for length in [bytes.len() - 1, bytes.len() / 2, 20] {
        assert!(TableEncoder::from_bytes("m", &bytes[..length]).is_err());
    }
}

#[test]
fn an_exported_encoder_has_an_input_for_each_column_and_outputs_of_other_names() {
    let mut given = columns(&(0..N).collect::<Vec<_>>());
    (given[0].0, given[2].0) = ("last", "always");
    let file = fitted(&config(), &table(given.clone())).to_onnx().unwrap();
    let ports = |ports: &[Port]| -> Vec<_> {
        ports.iter().map(|port| (port.name.clone(), port.element.name(), port.width)).collect()
    };
    let expected = |all: &[(&str, &'static str, usize)]| -> Vec<_> {
        all.iter().map(|&(name, element, width)| (name.to_owned(), element, Some(width))).collect()
    };
    let inputs = [("last", "float64", 1), ("kind", "str", 1), ("always", "float64", 1)];
    assert_eq!(ports(&file.inputs), expected(&inputs), "the label is not learned");
    assert_eq!(ports(&file.outputs), expected(&[("last_", "float32", 6), ("all", "float32", 18)]));
    assert_eq!(fitted(&config(), &table(given.clone())).to_onnx().unwrap(), file);
    given[0].0 = "";
    let refused = fitted(&config(), &table(given)).to_onnx().unwrap_err().to_string();
    assert_eq!(refused, "export: a column has no name; name it in the table and train again");
}

#[test]
fn a_stopped_training_gives_the_encoder_of_that_moment() {
    let mut epochs = 0;
    let mut observer = |event: &crate::Event| {
        epochs += usize::from(matches!(event, crate::Event::Epoch { .. }));
        if epochs == 2 { Flow::Stop } else { Flow::Continue }
    };
    let encoder = TableEncoder::fit(&config(), &in_order(), &mut Run::new().observer(&mut observer)).unwrap();
    assert!(encoder.history().stopped);
    assert_eq!(encoder.history().train_loss.len(), 2);
}

#[test]
fn tables_that_cannot_be_learned_or_encoded_are_refused() {
    let fit =
        |table: &TypedTable| TableEncoder::fit(&config(), table, &mut Run::new()).unwrap_err().to_string();
    let few = fit(&in_order().select(&(0..19).collect::<Vec<_>>()));
    assert_eq!(few, "table: has 19 rows; at least 20 are needed to learn from");
    let only_label = table(columns(&(0..N).collect::<Vec<_>>()).split_off(3));
    assert_eq!(fit(&only_label), "table: has no column to learn: all are left out");
    let encoder = fitted(&config(), &in_order());
    let wrong = encoder.encode(&only_label, CodeOutput::Last).unwrap_err().to_string();
    assert_eq!(wrong, "table: lacks the columns x, kind, z; read it like the table that was learned");
}
