//! The order of rows and columns does not change what a column holds.

use super::*;

fn shuffled<T>(mut all: Vec<T>, state: &mut u64) -> Vec<T> {
    for k in (1..all.len()).rev() {
        all.swap(k, below(state, k + 1));
    }
    all
}

/// A column of one of several kinds, with gaps.
fn cells(kind: usize, n: usize, state: &mut u64) -> Vec<String> {
    let cell = |row: usize| match (kind, below(state, 8)) {
        (0..6, 0) => ["", "NA", "?"][below(state, 3)].to_owned(),
        (0, k) => format!("{}.{k}", below(state, 90)),
        (1, _) => below(state, 3).to_string(),
        (2, _) => format!("c{}", below(state, 200)),
        (3, _) => ["yes", "no"][below(state, 2)].to_owned(),
        (4, _) => format!("{:03}", below(state, 7)),
        (5, _) => ["7", "x", "12"][below(state, 3)].to_owned(),
        (6, _) => format!("row {row}"),
        (8, _) => (row + 1).to_string(),
        _ => row.to_string(),
    };
    (0..n).map(cell).collect()
}

fn name(kind: usize) -> String {
    match kind {
        7 => "id".into(),
        8 => String::new(),
        kind => format!("k{kind}"),
    }
}

#[test]
fn shuffled_rows_and_permuted_columns_give_the_same_schema() {
    let mut state = 7;
    for _ in 0..20 {
        let n = 40 + below(&mut state, 300);
        let kinds: Vec<usize> = shuffled((0..9).collect(), &mut state);
        let columns: Vec<(String, Vec<String>)> =
            kinds.iter().map(|&kind| (name(kind), cells(kind, n, &mut state))).collect();
        let text = |columns: &[(String, Vec<String>)], rows: &[usize]| {
            let mut text = columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(",") + "\n";
            for &row in rows {
                text += &(columns.iter().map(|(_, cells)| cells[row].as_str()).collect::<Vec<_>>().join(",")
                    + "\n");
            }
            text
        };
        let rows: Vec<usize> = (0..n).collect();
        let first = read(text(&columns, &rows), &SchemaOptions::default()).unwrap();
        let other_rows = shuffled(rows, &mut state);
        let other =
            read(text(&shuffled(columns, &mut state), &other_rows), &SchemaOptions::default()).unwrap();
        for (column, cells) in first.each_column() {
            let (of_other, cells_of_other) =
                other.each_column().find(|(other, _)| other.name == column.name).unwrap();
            assert_eq!(column, of_other);
            // The cells are those of the same rows.
            for (at, &row) in other_rows.iter().enumerate() {
                let same = match (cells, cells_of_other) {
                    (Cells::Numbers(a), Cells::Numbers(b)) => a[row].to_bits() == b[at].to_bits(),
                    (Cells::Codes(a), Cells::Codes(b)) => a[row] == b[at],
                    (a, b) => a == b,
                };
                assert!(same, "{} {row}", column.name);
            }
        }
    }
}
