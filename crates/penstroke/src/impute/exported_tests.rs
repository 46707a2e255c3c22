//! Tests of exported imputers; `interop/onnx_tables.py` runs the files.

use super::*;
use crate::Run;
use crate::data::{GivenColumn, SchemaOptions, TypedTable};
use crate::impute::ImputerConfig;
use crate::impute::tests::{columns, quick, table};

fn imputer(table: &TypedTable) -> Imputer {
    Imputer::fit(&ImputerConfig { steps: 5, ..quick() }, table, &mut Run::new()).unwrap()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn every_column_is_an_input_and_an_output_of_its_type() {
    let mut given = columns(40);
    // The file's order, not that of the encoding.
    given.rotate_right(1);
    let file = imputer(&table(given)).to_onnx().unwrap();
    let ports = |ports: &[Port]| -> Vec<_> {
        ports.iter().map(|port| (port.name.clone(), port.element.name(), port.width)).collect()
    };
    let expected = |mark: &str| {
        [("sign", "str"), ("x", "float64"), ("y", "float64")]
            .map(|(name, element)| (format!("{mark}{name}"), element, Some(1)))
    };
    assert_eq!(ports(&file.inputs), expected(""));
    assert_eq!(ports(&file.outputs), expected("filled_"));
    let about = r#"{"categories":["minus","plus"],"input":"sign","kind":"binary","name":"sign","output":"filled_sign"}"#;
    assert!(holds(&file.bytes, about) && holds(&file.bytes, "ai.onnx.ml"));
    let mut again = columns(40);
    again.rotate_right(1);
    assert_eq!(imputer(&table(again)).to_onnx().unwrap(), file);
}

#[test]
fn no_name_in_the_file_is_taken_twice() {
    let mut given = columns(40);
    (given[0].0, given[1].0) = ("filled_sign", "/x");
    let file = imputer(&table(given)).to_onnx().unwrap();
    let outputs: Vec<_> = file.outputs.iter().map(|port| port.name.as_str()).collect();
    assert_eq!(outputs, ["filled__filled_sign", "filled__/x", "filled__sign"]);
    assert!(holds(&file.bytes, "//column_1.") && !holds(&file.bytes, "\x0c/column_1."));
}

#[test]
fn names_that_would_stand_for_missing_cells_are_refused() {
    let refused = |table: TypedTable| imputer(&table).to_onnx().unwrap_err().to_string();
    let mut given = columns(40);
    given[0].0 = "";
    assert_eq!(refused(table(given)), "export: a column has no name; name it in the table and train again");
    let GivenColumn::Codes(codes, _) = columns(40)[2].1.clone() else { unreachable!() };
    let column = GivenColumn::Codes(codes, vec![String::new(), "a".into()]);
    let options = SchemaOptions::default();
    let table = TypedTable::from_columns("t", vec!["c".into()], vec![column], &options).unwrap();
    assert_eq!(
        refused(table),
        "export: column c has a category without a name, which stands for missing cells there"
    );
}
