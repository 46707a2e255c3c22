//! What detectors promise.

use super::{Contamination, Detector, DetectorConfig, Expected, ExplainedRow};
use crate::data::{ColumnKind, GivenColumn, MISSING, SchemaOptions, TypedTable};
use crate::{Flow, Run};

pub(super) const N: usize = 80;

/// A number, a category that follows from it, another number, and a label; some cells are missing.
pub(super) fn columns(order: &[usize]) -> Vec<(&'static str, GivenColumn)> {
    let x = |row: usize| if row % 11 == 3 { f64::NAN } else { (row * row % 23) as f64 };
    let z = |row: usize| (row % 7) as f64 + 0.5;
    let kind = |row: usize| if row % 13 == 5 { MISSING } else { u32::from(row * row % 23 > 11) };
    let kinds = vec!["a".into(), "b".into()];
    vec![
        ("x", GivenColumn::Numbers(order.iter().map(|&row| x(row)).collect())),
        ("kind", GivenColumn::Codes(order.iter().map(|&row| kind(row)).collect(), kinds)),
        ("z", GivenColumn::Numbers(order.iter().map(|&row| z(row)).collect())),
        ("label", GivenColumn::Numbers(order.iter().map(|&row| row as f64).collect())),
    ]
}

pub(super) fn table(columns: Vec<(&'static str, GivenColumn)>) -> TypedTable {
    let has_label = columns.iter().any(|(name, _)| *name == "label");
    let types = has_label.then(|| ("label".into(), ColumnKind::Label)).into_iter().collect();
    let options = SchemaOptions { types, ..Default::default() };
    let (names, columns) = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).unzip();
    TypedTable::from_columns("table", names, columns, &options).unwrap()
}

pub(super) fn in_order() -> TypedTable {
    table(columns(&(0..N).collect::<Vec<_>>()))
}

pub(super) fn quick() -> DetectorConfig {
    DetectorConfig { networks: 2, hidden: vec![12, 8], steps: 60, threads: 1, ..Default::default() }
}

pub(super) fn fitted(config: &DetectorConfig, table: &TypedTable) -> Detector {
    Detector::fit(config, table, &mut Run::new()).unwrap()
}

/// Scores, cell scores and explanations of all rows.
fn told(detector: &Detector, table: &TypedTable) -> (Vec<f64>, Vec<Option<f64>>, Vec<ExplainedRow>) {
    let cells = detector.score_cells(table).unwrap();
    let cells = cells.into_iter().map(|score| (!score.is_nan()).then_some(score)).collect();
    (detector.score(table).unwrap(), cells, detector.explain(table, 3).unwrap())
}

#[test]
fn neither_the_order_of_rows_and_columns_nor_the_threads_change_a_bit() {
    let detector = fitted(&quick(), &in_order());
    let scores = detector.score(&in_order()).unwrap();
    let backwards: Vec<usize> = (0..N).rev().collect();
    let mut given = columns(&backwards);
    given.swap(0, 2);
    given.swap(1, 3);
    let other = table(given);
    let of_other = fitted(&DetectorConfig { threads: 3, ..quick() }, &other);
    let other_scores: Vec<f64> = of_other.score(&other).unwrap().into_iter().rev().collect();
    assert_eq!(scores, other_scores);
    let with_seed = fitted(&DetectorConfig { seed: 1, ..quick() }, &in_order());
    assert_ne!(scores, with_seed.score(&in_order()).unwrap());
}

#[test]
fn a_row_has_the_same_scores_alone_and_among_others() {
    let detector = fitted(&quick(), &in_order());
    let (scores, cells, rows) = told(&detector, &in_order());
    for row in [0, 3, 5, N - 1] {
        let alone = told(&detector, &in_order().select(&[row]));
        assert_eq!(alone.0, scores[row..=row]);
        assert_eq!(alone.1, cells[row * 4..row * 4 + 4]);
        assert_eq!(alone.2, rows[row..=row]);
    }
    assert_eq!(scores, rows.iter().map(|row| row.score).collect::<Vec<_>>());
}

/// 70 numbers, so that several are hidden together.
fn wide(n: usize) -> TypedTable {
    let number = |at: usize| GivenColumn::Numbers((0..n).map(|row| (row * (at + 3) % 17) as f64).collect());
    let names = (0..70).map(|at| format!("x{at}")).collect();
    TypedTable::from_columns("wide", names, (0..70).map(number).collect(), &SchemaOptions::default()).unwrap()
}

#[test]
fn rows_of_wide_tables_have_the_same_scores_alone_and_among_others_in_pieces_of_any_size() {
    let detector = fitted(&quick(), &wide(300));
    let (scores, cells, rows) = told(&detector, &wide(300));
    for row in [0, 255, 256, 299] {
        let alone = told(&detector, &wide(300).select(&[row]));
        assert_eq!(alone.0, scores[row..=row]);
        assert_eq!(alone.1, cells[row * 70..(row + 1) * 70]);
        assert_eq!(alone.2, rows[row..=row]);
    }
    let none = told(&detector, &wide(300).select(&[]));
    assert_eq!(none, (vec![], vec![], vec![]));
}

#[test]
fn extreme_numbers_can_be_learned_and_scored() {
    let numbers = |of: fn(usize) -> f64| GivenColumn::Numbers((0..N).map(of).collect());
    let given = vec![
        ("huge", numbers(|row| if row == 40 { -1e300 } else { 1e300 + 1e298 * (row % 9) as f64 })),
        ("tiny", numbers(|row| 1e-300 * (row % 8) as f64)),
        ("far", numbers(|row| if row == 50 { 1e15 } else { (row % 7) as f64 })),
    ];
    let table = table(given);
    let detector = fitted(&quick(), &table);
    let (scores, cells, rows) = told(&detector, &table);
    assert!(scores.iter().all(|score| score.is_finite()), "{scores:?}");
    assert!(cells.iter().all(|score| score.is_some_and(f64::is_finite)), "{cells:?}");
    for cell in rows.iter().flat_map(|row| &row.cells) {
        let Expected::Number { value, range: [low, high] } = cell.expected else { unreachable!() };
        assert!(low <= value && value <= high && low.is_finite() && high.is_finite(), "{cell:?}");
    }
}

#[test]
fn usual_rows_score_near_one_and_missing_cells_have_no_score() {
    let detector = fitted(&quick(), &in_order());
    let (_, cells, rows) = told(&detector, &in_order());
    let learned = detector.learned_scores();
    assert_eq!(learned.len(), N);
    // Rows with gaps average fewer cells, so the mean is not exactly 1.
    assert!((learned.iter().sum::<f64>() / N as f64 - 1.0).abs() < 0.1);
    for row in 0..N {
        let is_given = [row % 11 != 3, row % 13 != 5, true, false];
        assert!(cells[row * 4..row * 4 + 4].iter().map(Option::is_some).eq(is_given), "row {row}");
        assert!(rows[row].cells.iter().all(|cell| is_given[cell.column]));
        assert_eq!(rows[row].share_above, detector.share_above(rows[row].score));
    }
    let given = vec![
        GivenColumn::Numbers(vec![f64::NAN]),
        GivenColumn::Codes(vec![MISSING], vec![]),
        GivenColumn::Numbers(vec![f64::NAN]),
        GivenColumn::Numbers(vec![1.0]),
    ];
    let empty = TypedTable::from_columns_like("empty", given, detector.schema()).unwrap();
    let (scores, _, rows) = told(&detector, &empty);
    assert_eq!((scores, rows[0].cells.len()), (vec![1.0], 0));
}

#[test]
fn labels_are_not_learned() {
    let detector = fitted(&quick(), &in_order());
    let mut other = columns(&(0..N).collect::<Vec<_>>());
    other[3].1 = GivenColumn::Numbers((0..N).map(|row| -(row as f64)).collect());
    let unlabelled = TypedTable::from_columns_like(
        "new",
        other.into_iter().map(|column| column.1).collect(),
        detector.schema(),
    );
    assert_eq!(detector.score(&unlabelled.unwrap()).unwrap(), detector.score(&in_order()).unwrap());
}

/// `n` rows of three numbers and a category that all follow from one, and a number of its own.
fn related(n: usize) -> Vec<(&'static str, GivenColumn)> {
    let base = |row: usize| (row * 37 % 101) as f64 / 10.0;
    let numbers = |of: &dyn Fn(usize) -> f64| GivenColumn::Numbers((0..n).map(of).collect());
    let kinds = ["low", "middle", "high"].map(String::from).to_vec();
    vec![
        ("base", numbers(&base)),
        ("double", numbers(&|row| 2.0 * base(row) + (row % 5) as f64 / 10.0)),
        ("square", numbers(&|row| base(row).powi(2))),
        ("kind", GivenColumn::Codes((0..n).map(|row| (base(row) / 3.4) as u32).collect(), kinds)),
        ("own", numbers(&|row| (row * row % 17) as f64)),
    ]
}

#[test]
fn a_wrong_cell_is_named_with_what_was_expected() {
    let config = DetectorConfig { networks: 2, hidden: vec![64, 64], steps: 800, ..Default::default() };
    let detector = fitted(&config, &table(related(400)));
    // Cells of row 60, of base 9.8 and kind high, replaced one after the other.
    let base = 60.0 * 37.0 % 101.0 / 10.0;
    let one = |change: usize| {
        let number = |at: usize, usual: f64, wrong: f64| {
            GivenColumn::Numbers(vec![if at == change { wrong } else { usual }])
        };
        let kind = if change == 3 { "low" } else { "high" };
        let given = vec![
            number(0, base, 1.0),
            number(1, 2.0 * base, 3.0),
            number(2, base * base, 4.0),
            GivenColumn::Texts(vec![Some(kind.into())]),
            number(4, 13.0, 13.0),
        ];
        let row = TypedTable::from_columns_like("row", given, detector.schema()).unwrap();
        detector.explain(&row, 2).unwrap().remove(0)
    };
    let usual = one(9);
    for (change, expected) in [base, 2.0 * base, base * base].into_iter().enumerate() {
        let row = one(change);
        assert_eq!(row.cells[0].column, change);
        assert!(row.score > 2.0 * usual.score && row.share_above < 0.05, "{row:?} {usual:?}");
        let Expected::Number { value, range: [low, high] } = row.cells[0].expected else { unreachable!() };
        assert!((value / expected - 1.0).abs() < 0.25 && low <= high, "{value} for {expected}");
    }
    let row = one(3);
    assert_eq!(row.cells[0].column, 3);
    let Expected::Category { category, probability } = row.cells[0].expected else { unreachable!() };
    assert_eq!(detector.schema().columns[3].categories[category], "high");
    assert!(probability > 0.8);
}

#[test]
fn anomalies_among_the_learned_rows_are_not_learned() {
    let mut given = related(400);
    // Every twelfth row is an anomaly of one kind, which a network without trimming learns.
    for ((_, column), wrong) in given.iter_mut().zip([2.0, 18.0, 90.0]) {
        if let GivenColumn::Numbers(values) = column {
            values
                .iter_mut()
                .step_by(12)
                .enumerate()
                .for_each(|(k, value)| *value = wrong + (k % 3) as f64 / 10.0);
        }
    }
    let config = DetectorConfig { networks: 2, hidden: vec![64, 64], steps: 500, ..Default::default() };
    let found = |config: &DetectorConfig| {
        let detector = fitted(config, &table(given.clone()));
        let scores = detector.score(&table(given.clone())).unwrap();
        // The mean score of the anomalies; that of all rows is 1.
        scores.iter().step_by(12).sum::<f64>() / scores.iter().step_by(12).count() as f64
    };
    let (trimmed, not) = (found(&config), found(&DetectorConfig { trim: 0.0, ..config.clone() }));
    assert!(trimmed > 1.02 * not, "{trimmed} {not}");
}

#[test]
fn the_threshold_leaves_the_share_of_the_learned_rows_above_it() {
    let detector = fitted(&quick(), &in_order());
    let above = |contamination| {
        let threshold = detector.threshold(contamination).unwrap();
        detector.learned_scores().iter().filter(|&&score| score > threshold).count()
    };
    assert_eq!(above(Contamination::Share(0.1)), 8);
    assert_eq!(above(Contamination::Share(0.5)), N / 2);
    assert!(above(Contamination::Auto) < 8);
}

#[test]
fn a_stopped_training_is_an_error() {
    let mut observer = |_: &crate::Event| Flow::Stop;
    let stopped = Detector::fit(&quick(), &in_order(), &mut Run::new().observer(&mut observer));
    assert!(matches!(stopped, Err(crate::Error::Interrupted)));
}

#[test]
fn tables_that_cannot_be_learned_or_scored_are_refused() {
    let fit = |table: &TypedTable| Detector::fit(&quick(), table, &mut Run::new()).unwrap_err().to_string();
    let few = fit(&in_order().select(&(0..19).collect::<Vec<_>>()));
    assert_eq!(few, "table: has 19 rows; at least 20 are needed to learn from");
    let only_label = table(columns(&(0..N).collect::<Vec<_>>()).split_off(3));
    assert_eq!(fit(&only_label), "table: has no column to learn: all are left out");
    let detector = fitted(&quick(), &in_order());
    let lacks = "table: lacks the columns x, kind, z; read it like the table that was learned";
    assert_eq!(detector.score(&only_label).unwrap_err().to_string(), lacks);
    assert_eq!(detector.explain(&only_label, 3).unwrap_err().to_string(), lacks);
    assert_eq!(detector.score_cells(&only_label).unwrap_err().to_string(), lacks);
}

#[test]
fn one_column_and_constant_columns_can_be_scored() {
    for given in [
        vec![("x", GivenColumn::Numbers((0..40).map(f64::from).collect()))],
        vec![("c", GivenColumn::Codes(vec![0; 40], vec!["one".into()]))],
        vec![
            ("x", GivenColumn::Numbers((0..40).map(f64::from).collect())),
            ("same", GivenColumn::Numbers(vec![3.0; 40])),
        ],
    ] {
        let table = table(given);
        let scores = fitted(&quick(), &table).score(&table).unwrap();
        assert!(scores.iter().all(|score| score.is_finite()), "{scores:?}");
        // Nothing is unusual in a table of equal rows.
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        assert!((mean - 1.0).abs() < 1e-9, "{scores:?}");
    }
}
