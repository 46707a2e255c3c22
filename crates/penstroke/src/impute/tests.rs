//! Tests of the imputer.

use super::network::shares;
use super::{Imputer, ImputerConfig};
use crate::Run;
use crate::data::{Cells, Fill, GivenColumn, MISSING, SchemaOptions, TypedTable};
use penstroke_engine::philox::{Draws, Purpose};

pub(super) fn quick() -> ImputerConfig {
    ImputerConfig { networks: 2, bootstrap: true, hidden: vec![32], steps: 300, ..ImputerConfig::default() }
}

/// Three columns that depend on one another, with gaps: x, y = 2x + noise, and whether x is above 0.
pub(super) fn columns(n: usize) -> Vec<(&'static str, GivenColumn)> {
    let mut draws = Draws::new(3, Purpose::Resample).at(0, 0).sequence();
    let (mut x, mut y, mut sign) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n {
        let value = 2.0 * draws.uniform() - 1.0;
        let gap = draws.below(10);
        x.push(if gap == 0 { f64::NAN } else { value });
        y.push(if gap == 1 { f64::NAN } else { 2.0 * value + 0.1 * (draws.uniform() - 0.5) });
        sign.push(if gap == 2 { MISSING } else { u32::from(value > 0.0) });
    }
    let signs = vec!["minus".to_owned(), "plus".to_owned()];
    vec![
        ("x", GivenColumn::Numbers(x)),
        ("y", GivenColumn::Numbers(y)),
        ("sign", GivenColumn::Codes(sign, signs)),
    ]
}

pub(super) fn table(columns: Vec<(&'static str, GivenColumn)>) -> TypedTable {
    let (names, columns) = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).unzip();
    TypedTable::from_columns("table", names, columns, &SchemaOptions::default()).unwrap()
}

/// Some rows of columns.
pub(super) fn rows(
    columns: &[(&'static str, GivenColumn)],
    rows: &[usize],
) -> Vec<(&'static str, GivenColumn)> {
    let take = |column: &GivenColumn| match column {
        GivenColumn::Numbers(all) => GivenColumn::Numbers(rows.iter().map(|&row| all[row]).collect()),
        GivenColumn::Codes(all, names) => {
            GivenColumn::Codes(rows.iter().map(|&row| all[row]).collect(), names.clone())
        }
        GivenColumn::Texts(all) => GivenColumn::Texts(rows.iter().map(|&row| all[row].clone()).collect()),
    };
    columns.iter().map(|(name, column)| (*name, take(column))).collect()
}

/// Normal x and w, and y = x − w + noise of variance 0.01 whose every fourth cell is missing; and the complete y.
fn linear_law(n: usize) -> (Vec<(&'static str, GivenColumn)>, Vec<f64>) {
    let mut draws = Draws::new(8, Purpose::Resample).at(0, 0).sequence();
    let mut normal = || (0..12).map(|_| draws.uniform()).sum::<f64>() - 6.0;
    let (mut x, mut w, mut y, mut truth) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in 0..n {
        x.push(normal());
        w.push(normal());
        truth.push(x[row] - w[row] + 0.1 * normal());
        y.push(if row % 4 == 0 { f64::NAN } else { truth[row] });
    }
    let columns = [("x", x), ("w", w), ("y", y)].map(|(name, values)| (name, GivenColumn::Numbers(values)));
    (columns.into(), truth)
}

#[test]
fn a_linear_law_is_found_though_the_networks_learned_little() {
    let (columns, truth) = linear_law(200);
    let table = table(columns);
    for bootstrap in [false, true] {
        // Networks of 20 steps err by about half of y's deviation.
        let config =
            ImputerConfig { networks: 3, steps: 20, bootstrap, bounded: false, ..ImputerConfig::default() };
        let imputer = Imputer::fit(&config, &table, &mut Run::new()).unwrap();
        let drawn = imputer.sample(&table, if bootstrap { 3 } else { 1 }).unwrap();
        for (fills, limit) in [(&imputer.impute(&table).unwrap(), 0.15)]
            .into_iter()
            .chain(drawn.iter().map(|fills| (fills, 0.25)))
        {
            let Cells::Numbers(values) = &fills[0].values else { panic!("y is a number") };
            let error = fills[0].rows.iter().zip(values).map(|(&row, value)| (value - truth[row]).powi(2));
            let rmse = (error.sum::<f64>() / values.len() as f64).sqrt();
            // The noise is 0.1, and 0.14 with a drawn residual; a few coefficients from 120 rows add little.
            assert!(rmse < limit, "{rmse}");
        }
    }
    // One network leaves out no row that could judge a regression.
    let config = ImputerConfig { networks: 1, bootstrap: false, ..quick() };
    assert!(Imputer::fit(&config, &table, &mut Run::new()).unwrap().networks[0].regression.is_none());
}

/// Three normal numbers, and the sign of their sum, whose every fourth cell is missing; and the complete signs.
fn linear_border(n: usize) -> (Vec<(&'static str, GivenColumn)>, Vec<u32>) {
    let mut draws = Draws::new(9, Purpose::Resample).at(0, 0).sequence();
    let mut normal = || (0..12).map(|_| draws.uniform()).sum::<f64>() - 6.0;
    let numbers: [Vec<f64>; 3] = std::array::from_fn(|_| (0..n).map(|_| normal()).collect());
    let truth: Vec<u32> =
        (0..n).map(|row| u32::from(numbers.iter().map(|column| column[row]).sum::<f64>() > 0.0)).collect();
    let sign = truth.iter().zip(0..).map(|(&sign, row)| if row % 4 == 0 { MISSING } else { sign }).collect();
    let [a, b, c] = numbers.map(GivenColumn::Numbers);
    let sign = GivenColumn::Codes(sign, vec!["minus".to_owned(), "plus".to_owned()]);
    (vec![("a", a), ("b", b), ("c", c), ("sign", sign)], truth)
}

#[test]
fn categories_beyond_a_line_are_found_though_the_networks_learned_little() {
    let (columns, truth) = linear_border(400);
    let table = table(columns);
    let config = ImputerConfig { networks: 3, steps: 5, bootstrap: true, ..ImputerConfig::default() };
    let imputer = Imputer::fit(&config, &table, &mut Run::new()).unwrap();
    let mut drawn = imputer.sample(&table, 3).unwrap();
    drawn.push(imputer.impute(&table).unwrap());
    for (fills, limit) in drawn.iter().zip([0.8, 0.8, 0.8, 0.92]) {
        let Cells::Codes(codes) = &fills[0].values else { panic!("a sign is a category") };
        let right = fills[0].rows.iter().zip(codes).filter(|(row, code)| truth[**row] == **code).count();
        let accuracy = right as f64 / codes.len() as f64;
        // Without the regressions it is 0.76 for filled cells and 0.64 for drawn ones.
        assert!(accuracy > limit, "{accuracy}");
    }
}

/// Every filled cell: its column's name, its row by `number`, and the bits of its value.
fn cells(fills: &[Fill], table: &TypedTable, number: impl Fn(usize) -> usize) -> Vec<(String, usize, u64)> {
    let mut all = Vec::new();
    for fill in fills {
        let name = &table.schema().columns[fill.column].name;
        for (at, &row) in fill.rows.iter().enumerate() {
            let bits = match &fill.values {
                Cells::Numbers(values) => values[at].to_bits(),
                Cells::Codes(values) => u64::from(values[at]),
                Cells::Left => unreachable!(),
            };
            all.push((name.clone(), number(row), bits));
        }
    }
    all.sort();
    all
}

#[test]
fn neither_the_order_of_rows_nor_of_columns_nor_threads_change_a_bit() {
    let given = columns(200);
    let shuffled: Vec<usize> = (0..200).map(|i| (i * 77) % 200).collect();
    let mut turned = rows(&given, &shuffled);
    turned.rotate_left(1);
    let (straight, turned) = (table(given), table(turned));
    let config = ImputerConfig { threads: 1, ..quick() };
    let first = Imputer::fit(&config, &straight, &mut Run::new()).unwrap();
    let second = Imputer::fit(&ImputerConfig { threads: 2, ..quick() }, &turned, &mut Run::new()).unwrap();
    let expected = cells(&first.impute(&straight).unwrap(), &straight, |row| row);
    assert!(expected.len() > 30, "{}", expected.len());
    assert_eq!(cells(&second.impute(&turned).unwrap(), &turned, |row| shuffled[row]), expected);
    for (one, other) in first.sample(&straight, 2).unwrap().iter().zip(second.sample(&turned, 2).unwrap()) {
        assert_eq!(cells(one, &straight, |row| row), cells(&other, &turned, |row| shuffled[row]));
    }
}

#[test]
fn a_row_is_imputed_alone_as_among_others() {
    let given = columns(200);
    let all = table(given.clone());
    let imputer = Imputer::fit(&quick(), &all, &mut Run::new()).unwrap();
    let expected = cells(&imputer.impute(&all).unwrap(), &all, |row| row);
    let drawn = cells(&imputer.sample(&all, 2).unwrap()[1], &all, |row| row);
    for row in [0, 3, 57, 199].into_iter().chain(expected.iter().take(5).map(|cell| cell.1)) {
        // The schema comes from the whole table, as when a model's is used.
        let alone = all.select(&[row]);
        let of_row = |cells: &[(String, usize, u64)]| -> Vec<_> {
            cells.iter().filter(|cell| cell.1 == row).cloned().collect()
        };
        assert_eq!(cells(&imputer.impute(&alone).unwrap(), &alone, |_| row), of_row(&expected));
        assert_eq!(cells(&imputer.sample(&alone, 2).unwrap()[1], &alone, |_| row), of_row(&drawn));
    }
}

#[test]
fn equal_rows_are_drawn_independently() {
    // A fair coin, missing in half of the rows, which are all equal.
    let names = vec!["a".to_owned(), "b".to_owned()];
    let coin = (0..200).map(|i| if i % 2 == 0 { MISSING } else { (i / 2) % 2 });
    let columns = vec![
        ("x", GivenColumn::Codes(vec![0; 200], names.clone())),
        ("coin", GivenColumn::Codes(coin.collect(), names)),
    ];
    let table = table(columns);
    let imputer = Imputer::fit(&quick(), &table, &mut Run::new()).unwrap();
    let Cells::Codes(drawn) = &imputer.sample(&table, 1).unwrap()[0][0].values else { unreachable!() };
    let heads = drawn.iter().filter(|code| **code == 1).count();
    // Within four standard errors of 100 fair coins, and 10 for what the network believes.
    assert!((20..=80).contains(&heads), "{heads} of {}", drawn.len());
}

#[test]
fn numbers_of_any_size_are_imputed() {
    for scale in [1e-300, 1e300] {
        let mut given = columns(60);
        for (_, column) in &mut given[..2] {
            let GivenColumn::Numbers(numbers) = column else { unreachable!() };
            numbers.iter_mut().for_each(|number| *number *= scale);
        }
        let table = table(given);
        let config = ImputerConfig { steps: 5, ..quick() };
        let fills = Imputer::fit(&config, &table, &mut Run::new()).unwrap().impute(&table).unwrap();
        let Cells::Numbers(values) = &fills[0].values else { unreachable!() };
        assert!(values.iter().all(|value| value.is_finite() && value.abs() <= scale), "{values:?}");
    }
}

#[test]
fn a_constant_column_adds_nothing_to_the_loss() {
    let mut given = columns(60);
    // Its mean is not exact, because the numbers are far above 2⁵³.
    given.push(("constant", GivenColumn::Numbers(vec![1.152_921_504_606_847e18; 60])));
    let table = table(given);
    let imputer = Imputer::fit(&ImputerConfig { steps: 5, ..quick() }, &table, &mut Run::new()).unwrap();
    for history in imputer.histories() {
        assert!(history.train_loss.iter().all(|loss| *loss < 10.0), "{:?}", history.train_loss);
    }
}

#[test]
fn gaps_are_filled_from_what_the_row_tells() {
    let given = columns(400);
    let all = table(given.clone());
    let config = ImputerConfig { steps: 2000, ..quick() };
    let fills = Imputer::fit(&config, &all, &mut Run::new()).unwrap().impute(&all).unwrap();
    let GivenColumn::Numbers(y) = &given[1].1 else { unreachable!() };
    let Cells::Numbers(x) = &fills[0].values else { unreachable!() };
    // x = y/2 within 0.025 of the noise; a tenth of the range is left to the network.
    for (&row, x) in fills[0].rows.iter().zip(x) {
        assert!((x - y[row] / 2.0).abs() < 0.2, "row {row}: {x} for y = {}", y[row]);
    }
    let Cells::Codes(signs) = &fills[2].values else { unreachable!() };
    let wrong =
        fills[2].rows.iter().zip(signs).filter(|(row, sign)| (y[**row] > 0.0) != (**sign == 1)).count();
    assert!(wrong * 10 <= signs.len(), "{wrong} of {}", signs.len());
}

#[test]
fn what_cannot_be_learned_is_refused() {
    let few = table(rows(&columns(200), &(0..19).collect::<Vec<_>>()));
    let message = Imputer::fit(&quick(), &few, &mut Run::new()).unwrap_err().to_string();
    assert_eq!(message, "table: has 19 rows; at least 20 are needed to learn from");
    let all = table(columns(60));
    let imputer = Imputer::fit(&ImputerConfig { steps: 5, ..quick() }, &all, &mut Run::new()).unwrap();
    let message = imputer.sample(&all, 3).unwrap_err().to_string();
    assert!(message.starts_with("imputations: 3 is outside 1 to 2, the number of networks"), "{message}");
    let other = table(columns(60).into_iter().take(2).collect());
    let message = imputer.impute(&other).unwrap_err().to_string();
    let wrong = |parts: &str| format!("table: {parts}; read it like the table that was learned");
    assert_eq!(message, wrong("lacks the columns sign"));
    let mut turned = columns(60);
    turned.rotate_left(1);
    let message = imputer.impute(&table(turned)).unwrap_err().to_string();
    assert_eq!(message, wrong("has its columns in another order"));
    let mut renamed = columns(60);
    renamed[0].0 = "z";
    renamed[2].1 = match renamed[2].1.clone() {
        GivenColumn::Codes(codes, _) => GivenColumn::Codes(codes, vec!["minus".into(), "zero".into()]),
        other => other,
    };
    let message = imputer.sample(&table(renamed), 1).unwrap_err().to_string();
    assert_eq!(
        message,
        wrong("lacks the columns x, and has the new columns z, and has other categories in sign")
    );
}

#[test]
fn networks_leave_out_folds_or_what_a_bootstrap_sample_lacks() {
    let config = ImputerConfig { networks: 3, ..quick() };
    let n = 300;
    let bootstrap: Vec<Vec<f32>> = (0..3).map(|k| shares(&config, k, n)).collect();
    // The sum of the counts is n; about n/e rows are left out, within four standard errors of at most √n/2.
    for counts in &bootstrap {
        assert_eq!(counts.iter().sum::<f32>(), 300.0);
        let n_left_out = counts.iter().filter(|&&count| count == 0.0).count() as f64;
        assert!((n_left_out - 110.4).abs() < 35.0, "{n_left_out}");
    }
    assert_ne!(bootstrap[0], bootstrap[1]);
    let folds = ImputerConfig { bootstrap: false, ..config };
    let by_fold: Vec<Vec<f32>> = (0..3).map(|k| shares(&folds, k, n)).collect();
    for row in 0..n {
        assert_eq!(by_fold.iter().map(|counts| counts[row]).sum::<f32>(), 2.0);
    }
    assert_eq!(by_fold[0].iter().sum::<f32>(), 200.0);
    assert!(shares(&ImputerConfig { networks: 1, ..folds }, 0, n).iter().all(|&share| share == 1.0));
}

#[test]
fn several_imputations_need_bootstrap_samples() {
    let table = table(columns(60));
    let config = ImputerConfig { bootstrap: false, steps: 5, ..quick() };
    let imputer = Imputer::fit(&config, &table, &mut Run::new()).unwrap();
    assert_eq!(imputer.sample(&table, 1).unwrap().len(), 1);
    let message = imputer.sample(&table, 2).unwrap_err().to_string();
    assert!(
        message.starts_with("imputations: 2, but the networks did not learn from bootstrap samples"),
        "{message}"
    );
}

#[test]
fn rows_without_any_value_are_drawn_from_the_marginals() {
    let (n, n_empty) = (400, 200);
    let mut all = columns(n);
    for (_, column) in &mut all {
        match column {
            GivenColumn::Numbers(numbers) => numbers.extend(vec![f64::NAN; n_empty]),
            GivenColumn::Codes(codes, _) => codes.extend(vec![MISSING; n_empty]),
            GivenColumn::Texts(_) => unreachable!(),
        }
    }
    let table = table(all);
    assert_eq!(table.warnings(), ["200 rows without any value"]);
    let imputer = Imputer::fit(&quick(), &table, &mut Run::new()).unwrap();
    for fills in imputer.sample(&table, 2).unwrap() {
        // Uniform on -1..1, twice that, and half of the signs.
        for (fill, (mean, deviation)) in fills.iter().zip([(0.0, 0.577), (0.0, 1.155), (0.5, 0.5)]) {
            let values: Vec<f64> = match &fill.values {
                Cells::Numbers(values) => values.clone(),
                Cells::Codes(codes) => codes.iter().map(|&code| f64::from(code)).collect(),
                Cells::Left => unreachable!(),
            };
            let of_rows = fill.rows.iter().zip(values).filter(|(row, _)| **row >= n);
            let drawn: Vec<f64> = of_rows.map(|(_, value)| value).collect();
            assert_eq!(drawn.len(), n_empty);
            let drawn_mean = drawn.iter().sum::<f64>() / n_empty as f64;
            let square = drawn.iter().map(|value| (value - drawn_mean).powi(2)).sum::<f64>() / n_empty as f64;
            // Four standard errors of 200 draws are 0.28 and 0.2 deviations; the rest is the networks' error.
            assert!((drawn_mean - mean).abs() < 0.4 * deviation, "mean {drawn_mean}, not {mean}");
            let ratio = square.sqrt() / deviation;
            assert!((ratio - 1.0).abs() < 0.25, "deviation {ratio} times {deviation}");
        }
    }
}
