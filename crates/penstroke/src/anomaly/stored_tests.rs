//! Tests of detectors in files.

use super::*;
use crate::anomaly::tests::{fitted, in_order, quick};
use serde_json::{Value, json};

/// A change of a document.
type Change = fn(&mut Value);

fn detector() -> Detector {
    fitted(&DetectorConfig { seed: u64::MAX, ..quick() }, &in_order())
}

/// What becomes of a detector whose document was changed.
fn changed(detector: &Detector, change: impl FnOnce(&mut Value)) -> String {
    let bytes = detector.to_bytes().unwrap();
    let mut document: Value = ModelFile::open("m", &bytes).unwrap().document().unwrap();
    change(&mut document);
    let bytes = write(document.to_string(), detector.tensors()).unwrap();
    Detector::from_bytes("m", &bytes).map_or_else(|error| error.to_string(), |_| "read".into())
}

#[test]
fn a_detector_read_back_gives_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m");
    let detector = detector();
    detector.save(&file).unwrap();
    let read = Detector::load(&file).unwrap();
    assert_eq!(read.to_bytes().unwrap(), detector.to_bytes().unwrap());
    let config = DetectorConfig { threads: 1, ..read.config().clone() };
    assert_eq!((&config, read.schema()), (detector.config(), detector.schema()));
    assert!(read.histories().eq(detector.histories()));
    assert_eq!(read.learned_scores(), detector.learned_scores());
    let table = in_order();
    assert_eq!(read.score(&table).unwrap(), detector.score(&table).unwrap());
    assert_eq!(read.explain(&table, 9).unwrap(), detector.explain(&table, 9).unwrap());
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(bytes, self::detector().to_bytes().unwrap(), "equal trainings give equal bytes");
    assert!(Detector::load_if_detector(&file).unwrap().is_some());
}

#[test]
fn models_of_other_kinds_are_told_apart() {
    let bytes = detector().to_bytes().unwrap();
    let refused = crate::model::from_bytes("m", &bytes).unwrap_err().to_string();
    assert_eq!(refused, "m: holds a detector of anomalies, which only scores tables");
    let refused = crate::impute::Imputer::from_bytes("m", &bytes).unwrap_err().to_string();
    assert!(refused.starts_with("m: holds a model of kind \"detector\", an imputer is needed"), "{refused}");
}

#[test]
fn every_truncation_and_every_flipped_header_byte_is_an_error_or_a_detector() {
    let (bytes, table) = (detector().to_bytes().unwrap(), in_order());
    for end in (0..bytes.len()).step_by(7) {
        assert!(Detector::from_bytes("m", &bytes[..end]).is_err());
    }
    let n_header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut n_read = 0;
    for at in 0..n_header {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1 << (at % 7);
        // Some flips only change a number or a name; what is read must score or refuse a table.
        if let Ok(detector) = Detector::from_bytes("m", &bytes) {
            n_read += 1;
            if n_read % 9 == 0 {
                let _ = (detector.score(&table), detector.explain(&table, 2));
            }
        }
    }
    assert!(n_read > 100 && n_read < n_header, "{n_read} of {n_header}");
}

#[test]
fn damaged_detectors_are_refused() {
    let detector = detector();
    assert_eq!(changed(&detector, |_| {}), "read");
    let usual = "its means, weights or scores do not fit its columns";
    let classes = "the classes of its columns do not fit them";
    let networks = "it has another number of networks than its configuration";
    let cases: [(Change, &str); 16] = [
        (|d| d["config"]["networks"] = json!(1u64 << 63), networks),
        (|d| d["usual"]["weights"] = json!([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]), usual),
        (|d| d["usual"]["means"][0][1] = json!(-1.0), usual),
        (|d| d["usual"]["means"][6] = json!([1.0]), usual),
        (|d| drop(d["usual"]["means"].as_array_mut().unwrap().pop()), usual),
        (|d| d["usual"]["weights"][0] = json!(1.5), usual),
        (|d| d["usual"]["doubt"] = json!(-1.0), usual),
        (|d| d["usual"]["scores"] = json!([]), usual),
        (|d| d["usual"]["scores"] = json!([2.0, 1.0]), usual),
        (|d| d["usual"]["scores"] = json!(vec![1.0; 10_001]), usual),
        (|d| d["kinds"][0] = d["kinds"][2].clone(), classes),
        (|d| d["kinds"][0]["number"]["tails"][0] = json!(0.0), classes),
        (|d| drop(d["kinds"][0]["number"]["ends"].as_array_mut().unwrap().pop()), classes),
        (|d| d["kinds"][0]["number"]["shares"][0] = json!(2.0), classes),
        (|d| d["kinds"][2]["category"]["shares"] = json!([1.0]), classes),
        (|d| drop(d["histories"].as_array_mut().unwrap().pop()), networks),
    ];
    for (change, problem) in cases {
        let told = changed(&detector, change);
        assert!(told.contains(problem), "{told}, not {problem}");
    }
    let mut other = detector.clone();
    other.linear = None;
    assert_eq!(changed(&other, |d| d["linear"] = json!(false)), "read");
    assert!(changed(&other, |d| d["linear"] = json!(true)).contains("linear.precision"));
    other.linear = Some(Linear { precision: vec![f32::NAN; detector.columns.n_values.pow(2)] });
    assert!(changed(&other, |_| {}).contains("linear.precision"));
    let wrong = changed(&detector, |document| document["config"]["trim"] = json!(2.0));
    assert!(wrong.contains("trim: 2 is outside 0..1"), "{wrong}");
}
