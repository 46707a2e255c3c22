use super::*;
use crate::data::read::testing::{dictionary, npy};
use crate::data::{CloseColumn, Dataset, Missing, Preparation, Samples, Scale, Scaling, Values};
use crate::{Autoencoder, AutoencoderConfig, Model, Run};
use std::path::Path;
use tempfile::TempDir;

const N: usize = 200;

/// Seconds since 1970, and an ordinary column.
fn rows() -> Vec<f64> {
    (0..N).flat_map(|k| [1.7e9 + k as f64, (k * k % 17) as f64 / 7.0]).collect()
}

fn text() -> Vec<u8> {
    let mut text = "seconds,value\n".to_owned();
    rows().chunks(2).for_each(|row| text += &format!("{},{}\n", row[0], row[1]));
    text.into_bytes()
}

/// The rows in each form of file, with its name and whether it can be streamed.
fn files() -> Vec<(&'static str, Vec<u8>, bool)> {
    let by_row = |values: Vec<f64>| values.into_iter().flat_map(f64::to_le_bytes).collect::<Vec<_>>();
    let by_column: Vec<f64> = (0..2).flat_map(|j| rows().into_iter().skip(j).step_by(2)).collect();
    let mut idx = vec![0, 0, 14, 2, 0, 0, 0, N as u8, 0, 0, 0, 2];
    idx.extend(rows().into_iter().flat_map(f64::to_be_bytes));
    let shape = format!("({N}, 2)");
    vec![
        ("t.csv", text(), true),
        ("c.npy", npy(&dictionary("<f8", "False", &shape), &by_row(rows())), true),
        ("f.npy", npy(&dictionary("<f8", "True", &shape), &by_row(by_column)), false),
        ("x.idx", idx, true),
        #[cfg(feature = "columnar")]
        (
            "t.parquet",
            {
                let mut file = Vec::new();
                crate::data::parquet::write(&mut file, &["seconds".into(), "value".into()], &rows()).unwrap();
                file
            },
            true,
        ),
    ]
}

fn saved(folder: &Path, name: &str, bytes: &[u8]) -> Source {
    std::fs::write(folder.join(name), bytes).unwrap();
    Source::Path(folder.join(name))
}

fn scaled(scale: Scale) -> LoadOptions {
    LoadOptions { scale, ..LoadOptions::default() }
}

fn all(samples: &dyn Samples) -> Vec<f32> {
    let mut values = Values::Bytes(Vec::new());
    samples.read(&(0..samples.n_samples() as u32).collect::<Vec<_>>(), &mut values).unwrap();
    values.rows().to_floats()
}

fn affine(preparation: &Preparation) -> (f32, f64) {
    match &preparation.scaling {
        Some(Scaling::Affine { divisor, doubles, .. }) => (divisor[0], doubles[&0]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn large_offsets_are_subtracted_exactly_from_any_file() {
    let deviation = ((N * N - 1) as f64 / 12.0).sqrt();
    for (name, bytes, can_stream) in files() {
        let folder = tempfile::tempdir().unwrap();
        let source = saved(folder.path(), name, &bytes);
        let plain = load(&source, &LoadOptions::default()).unwrap();
        let close = CloseColumn { column: 0, low: 1.7e9, high: 1.7e9 + 199.0, is_lossy: true };
        assert_eq!(plain.close_columns(), [close], "{name}");
        let data = load(&source, &scaled(Scale::Standard)).unwrap();
        let (divisor, offset) = affine(data.preparation());
        assert_eq!((divisor, offset), (deviation as f32, 1.7e9 + 99.5), "{name}");
        for k in 0..N {
            let expected = (k as f64 - 99.5) / f64::from(divisor);
            assert_eq!(data.row(k)[0], expected as f32, "{name}");
        }
        // The ordinary column is scaled as that of a file of floats.
        let floats: Vec<f32> = rows().into_iter().map(|x| x as f32).collect();
        let floats = Dataset::new("floats", Values::Floats(floats), 2).unwrap();
        let Some(Scaling::Affine { offset, divisor, .. }) = Scaling::learn(Scale::Standard, &floats).unwrap()
        else {
            panic!("an affine scaling")
        };
        for k in 0..N {
            let x = (f64::from(floats.row(k)[1]) - f64::from(offset[1])) / f64::from(divisor[1]);
            assert_eq!(data.row(k)[1], x as f32, "{name}");
        }
        // Its first three seconds, scaled by what was learned from all.
        let like =
            LoadOptions { like: Some(data.preparation().clone()), n: Some(3), ..LoadOptions::default() };
        let few = load(&source, &like).unwrap();
        assert!(few.to_floats().iter().all(|x| data.to_floats().contains(x)), "{name}");
        assert_eq!(
            (plain.close_columns().len(), data.close_columns().len(), few.close_columns().len()),
            (1, 0, 0)
        );
        if can_stream {
            let streamed = stream(&source, &LoadOptions::default()).unwrap();
            assert_eq!(streamed.close_columns(), [close], "{name}");
            let streamed = stream(&source, &scaled(Scale::Standard)).unwrap();
            assert_eq!(streamed.preparation(), data.preparation(), "{name}");
            assert_eq!(all(&streamed), data.to_floats(), "{name}");
            let like = LoadOptions { n: None, ..like };
            assert_eq!(all(&stream(&source, &like).unwrap()), data.to_floats(), "{name}");
        }
    }
}

#[test]
fn a_model_keeps_exact_offsets_and_undoes_them() {
    let folder = tempfile::tempdir().unwrap();
    let source = saved(folder.path(), "t.csv", &text());
    let data = load(&source, &scaled(Scale::Range)).unwrap();
    let config = AutoencoderConfig { hidden: 2, ..Default::default() }.epochs(1);
    let model = Autoencoder::fit(&config, &data, &mut Run::new()).unwrap();
    let again = crate::model::from_bytes("model", &model.to_bytes().unwrap()).unwrap();
    assert_eq!(again.preparation(), data.preparation());
    let scaling = again.preparation().scaling.clone().unwrap();
    let back = scaling.undo_in_double(&data.to_floats()).unwrap();
    assert!(back.iter().step_by(2).zip(rows().iter().step_by(2)).all(|(x, y)| (x - y).abs() < 1e-4));
    assert!(scaling.needs_double());
    // Without such columns, nothing is added to the file.
    let ordinary = saved(folder.path(), "o.csv", b"1.5,2\n1.25,3\n7,8\n");
    let ordinary = load(&ordinary, &scaled(Scale::Range)).unwrap();
    let text = serde_json::to_string(ordinary.preparation()).unwrap();
    assert!(text.contains("affine") && !text.contains("doubles"), "{text}");
}

#[test]
fn pixels_share_one_exact_offset_in_either_order() {
    let folder = tempfile::tempdir().unwrap();
    let value = |i: usize, y: usize, x: usize| 1.7e9 + (100 * i + 10 * y + x) as f64;
    let (n, height, width) = (4, 2, 3);
    let rows: Vec<f64> = (0..24).map(|at| value(at / 6, at / 3 % 2, at % 3)).collect();
    let columns: Vec<f64> = (0..24).map(|at| value(at % 4, at / 4 % 2, at / 8)).collect();
    let shape = format!("({n}, {height}, {width})");
    let read = |name: &str, order: &str, values: &[f64]| {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let source = saved(folder.path(), name, &npy(&dictionary("<f8", order, &shape), &bytes));
        load(&source, &scaled(Scale::Range)).unwrap()
    };
    let (c, f) = (read("c.npy", "False", &rows), read("f.npy", "True", &columns));
    assert_eq!(c, f);
    assert!(c.to_floats().iter().zip(&rows).all(|(x, y)| *x == ((y - 1.7e9) / 312.0) as f32));
}

#[test]
fn missing_seconds_become_their_exact_mean() {
    let folder = tempfile::tempdir().unwrap();
    let source = saved(folder.path(), "t.csv", b"s,v\n1700000000,1\n,2\n1700000001,3\n,4\n1700000005,7\n");
    let mut options = scaled(Scale::Range);
    options.table.missing = Missing::Mean;
    let data = load(&source, &options).unwrap();
    let seconds: Vec<f32> = (0..5).map(|k| data.row(k)[0]).collect();
    assert_eq!(seconds, [0.0, 0.4, 0.2, 0.4, 1.0]);
    let like = LoadOptions { like: Some(data.preparation().clone()), ..LoadOptions::default() };
    assert_eq!(load(&source, &like).unwrap(), data);
    let _: &TempDir = &folder;
}

#[test]
fn seconds_behind_a_column_that_counts_the_rows_stay_exact() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = ",seconds,value\n".to_owned();
    (0..).zip(rows().chunks(2)).for_each(|(k, row)| text += &format!("{k},{},{}\n", row[0], row[1]));
    let (counted, plain) = (
        saved(folder.path(), "counted.csv", text.as_bytes()),
        saved(folder.path(), "plain.csv", &self::text()),
    );
    let plain = load(&plain, &scaled(Scale::Standard)).unwrap();
    let data = load(&counted, &scaled(Scale::Standard)).unwrap();
    assert_eq!(data.to_floats(), plain.to_floats());
    assert_eq!(data.preparation().scaling, plain.preparation().scaling);
    let streamed = stream(&counted, &scaled(Scale::Standard)).unwrap();
    assert_eq!(all(&streamed), plain.to_floats());
    assert_eq!(streamed.preparation(), data.preparation());
    let streamed = stream(&counted, &LoadOptions::default()).unwrap();
    let close = CloseColumn { column: 0, low: 1.7e9, high: 1.7e9 + 199.0, is_lossy: true };
    assert_eq!(streamed.close_columns(), [close]);
}
