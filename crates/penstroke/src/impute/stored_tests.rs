//! Tests of imputers in files.

use super::*;
use crate::impute::OverimputeOptions;
use crate::impute::tests::{columns, quick, table};
use crate::{Autoencoder, AutoencoderConfig, Run, model};
use serde_json::{Value, json};

/// A change of a document.
type Change = fn(&mut Value);

fn imputer() -> Imputer {
    let config = ImputerConfig { hidden: vec![6, 5], steps: 60, seed: u64::MAX, bounded: false, ..quick() };
    Imputer::fit(&config, &table(columns(60)), &mut Run::new()).unwrap()
}

/// The document of an imputer, changed by `change`, in a file with the tensors of the imputer.
fn changed(imputer: &Imputer, change: impl FnOnce(&mut Value)) -> String {
    let bytes = imputer.to_bytes().unwrap();
    let file = ModelFile::open("m", &bytes).unwrap();
    let mut document: Value = file.document().unwrap();
    change(&mut document);
    let residuals: Vec<_> =
        (0..).zip(&imputer.networks).flat_map(|(k, trained)| residuals(k, trained)).collect();
    let of_residuals =
        residuals.iter().map(|(name, pairs)| (name.clone(), vec![pairs.len() / 2, 2], &pairs[..]));
    let bytes =
        write(document.to_string(), imputer.tensors().into_iter().chain(of_residuals).collect()).unwrap();
    Imputer::from_bytes("m", &bytes).map_or_else(|error| error.to_string(), |_| "read".into())
}

#[test]
fn an_imputer_read_back_fills_and_draws_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m");
    let (imputer, table) = (imputer(), table(columns(60)));
    imputer.save(&file).unwrap();
    let read = Imputer::load(&file).unwrap();
    assert_eq!(read.to_bytes().unwrap(), imputer.to_bytes().unwrap());
    assert_eq!((read.config(), read.schema()), (imputer.config(), imputer.schema()));
    assert!(read.histories().eq(imputer.histories()));
    assert_eq!((read.errors(), read.errors().len()), (imputer.errors(), 3));
    let options = OverimputeOptions { cells: 9, ..Default::default() };
    assert_eq!(read.overimpute(&table, &options).unwrap(), imputer.overimpute(&table, &options).unwrap());
    assert_eq!(read.impute(&table).unwrap(), imputer.impute(&table).unwrap());
    assert_eq!(read.sample(&table, 2).unwrap(), imputer.sample(&table, 2).unwrap());
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(bytes, self::imputer().to_bytes().unwrap(), "equal trainings give equal bytes");
}

#[test]
fn every_truncation_and_every_flipped_header_byte_is_an_error_or_an_imputer() {
    let (bytes, table) = (imputer().to_bytes().unwrap(), table(columns(60)));
    for end in 0..bytes.len() {
        assert!(Imputer::from_bytes("m", &bytes[..end]).is_err());
    }
    let n_header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut n_read = 0;
    for at in 0..n_header {
        for flip in [1, 0x10] {
            let mut bytes = bytes.clone();
            bytes[at] ^= flip;
            // Some flips only change a number or a name; what is read must fill or refuse a table.
            if let Ok(imputer) = Imputer::from_bytes("m", &bytes) {
                n_read += 1;
                if at % 7 == 0 {
                    let _ = (imputer.impute(&table), imputer.sample(&table, 1));
                }
            }
        }
    }
    assert!(n_read > 100 && n_read < n_header, "{n_read} of {n_header}");
}

#[test]
fn damaged_imputers_are_refused() {
    let imputer = imputer();
    assert_eq!(changed(&imputer, |_| {}), "read");
    let no_columns = "its columns are not those of its schema";
    let no_spreads = "the spreads of network 1 (from 0) do not fit its columns";
    let no_shares = "the shares of network 1 (from 0) do not fit its columns";
    let checks: Vec<(Change, &str)> = vec![
        (|of| of["columns"] = json!([]), no_columns),
        (|of| of["rows"] = json!("none"), "the hash of the rows is not hexadecimal"),
        (|of| of["columns"][0]["column"] = json!(7), no_columns),
        (|of| of["columns"][0]["column"] = json!(1), no_columns),
        (|of| of["columns"][2]["code"]["category"]["n"] = json!(1u64 << 60), no_columns),
        (|of| of["columns"][2]["code"]["category"]["other"] = json!(5), no_columns),
        (|of| of["columns"][0]["code"]["number"]["edges"] = json!([]), no_columns),
        (|of| of["columns"][0]["code"]["number"]["edges"] = json!([1.0, 0.0]), no_columns),
        (|of| of["columns"][0]["code"]["number"]["deviation"] = json!(0.0), no_columns),
        (|of| of["columns"].as_array_mut().unwrap().rotate_left(1), no_columns),
        (|of| of["schema"]["columns"][2]["categories"] = json!([]), no_columns),
        (|of| of["schema"]["columns"][0]["kind"] = json!("id"), no_columns),
        (|of| of["schema"]["columns"][0]["name"] = json!("y"), "its schema has two columns named \"y\""),
        (
            |of| of["schema"]["columns"][0]["range"] = json!([1.0, 0.0]),
            "its schema has a range that ends before it begins in column \"x\"",
        ),
        (
            |of| of["schema"]["columns"][0]["decimals"] = json!(1 << 20),
            "its schema has too many decimals in column \"x\"",
        ),
        (|of| of["schema"]["n_rows"] = json!(u64::MAX), "its schema has 18446744073709551615 rows"),
        (
            |of| of["schema"]["columns"][0]["n_missing"] = json!(61),
            "its schema has more gaps than rows in column \"x\"",
        ),
        (
            |of| of["schema"]["columns"][2]["categories"] = json!(["plus", "plus"]),
            "its schema has two categories of one name in column \"sign\"",
        ),
        (|of| of["order"] = json!([0, 0, 1]), "its order of columns is not one"),
        (
            |of| of["config"]["networks"] = json!(u64::MAX),
            "it has another number of networks than its configuration",
        ),
        (|of| of["config"]["hidden"] = json!([1u64 << 62]), "tensor networks.0.layers.0.weight is F32 [6,"),
        (|of| of["networks"][1]["temperatures"] = json!([null, null]), no_spreads),
        (|of| of["networks"][1]["temperatures"] = json!([null, null, null]), no_spreads),
        (|of| of["networks"][1]["temperatures"] = json!([null, null, 0.0]), no_spreads),
        (|of| of["networks"][1]["shares"] = json!([0.5]), no_shares),
        (|of| of["networks"][1]["shares"] = json!([0.5, 1.5]), no_shares),
        (|of| of["blends"] = json!([]), "its blends do not fit its columns"),
        (|of| of["blends"][1]["share"] = json!(-0.1), "its blends do not fit its columns"),
        (
            |of| of["networks"][1]["history"]["train_loss"] = json!(vec![0.0; 999]),
            "its history is inconsistent",
        ),
    ];
    for (change, problem) in checks {
        let message = changed(&imputer, change);
        assert!(message.starts_with(&format!("m: is damaged: {problem}")), "{message}");
    }
    let message = changed(&imputer, |of| of["config"]["steps"] = json!(0));
    assert!(message.contains("steps: 0; at least 1 is needed"), "{message}");
    let mut unsorted = imputer.clone();
    let Spread::Residuals(pairs) = &mut unsorted.networks[1].spreads[0] else { unreachable!() };
    pairs.reverse();
    assert_eq!(changed(&unsorted, |_| {}), format!("m: is damaged: {no_spreads}"));
}

#[test]
fn imputers_and_models_of_samples_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let [m, a] = ["m", "a"].map(|name| folder.path().join(name));
    imputer().save(&m).unwrap();
    let samples = crate::data::strokes::generate(0, crate::data::Part::Train, 3).unwrap();
    crate::Model::save(&Autoencoder::initial(&AutoencoderConfig::default(), &samples).unwrap(), &a).unwrap();
    let message =
        |error: crate::Error| error.to_string().replace(&format!("{}/", folder.path().display()), "");
    assert_eq!(
        message(model::load(&m).unwrap_err()),
        "m: holds an imputer, which only fills gaps; impute a table with it"
    );
    assert_eq!(
        message(Imputer::load(&a).unwrap_err()),
        "a: holds a model of kind \"autoencoder\", an imputer is needed; train one on a table"
    );
    assert!(
        Imputer::load_if_imputer(&a).unwrap().is_none() && Imputer::load_if_imputer(&m).unwrap().is_some()
    );
    assert_eq!(message(Imputer::load(folder.path()).unwrap_err()).lines().count(), 1);
}
