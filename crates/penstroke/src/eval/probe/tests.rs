//! The probe against solutions known from other methods.

use super::*;
use penstroke_engine::philox::{Draws, Purpose};

/// `n` samples of `d` features in three overlapping groups.
fn groups(n: usize, d: usize) -> (Vec<f32>, Vec<u32>) {
    let mut draws = Draws::new(5, Purpose::Generator(0)).at(0, 0).sequence();
    let labels: Vec<u32> = (0..n).map(|_| draws.below(3)).collect();
    let features = labels
        .iter()
        .flat_map(|&label| (0..d).map(move |j| (label, j)))
        .map(|(label, j)| {
            let shift = if j % 3 == label as usize { 0.4 } else { 0.0 };
            (draws.uniform() + shift + j as f64) as f32
        })
        .collect();
    (features, labels)
}

fn options(penalty: f64) -> ProbeOptions {
    ProbeOptions { penalty, tolerance: 1e-4, max_iterations: 500 }
}

#[test]
fn every_start_leads_to_the_same_optimum() {
    let (features, labels) = groups(1500, 12);
    let data = ProbeData::new(SampleMatrix::new(&features, 12).unwrap(), &labels, 3).unwrap();
    let parts = [data];
    let problem = Problem::new(&parts);
    let optimum = |start: f64, first_penalty: f64| {
        let mut parameters: Vec<f64> =
            (0..13 * 3).map(|i| start * ((i * 7 % 13) as f64 / 13.0 - 0.5)).collect();
        // Adding a constant to all biases changes nothing, so the biases must start with sum zero.
        parameters[12 * 3..].fill(0.0);
        problem.minimise(&mut parameters, &options(first_penalty)).unwrap();
        let convergence = problem.minimise(&mut parameters, &options(0.01)).unwrap();
        assert!(convergence.converged, "{convergence:?}");
        assert!(convergence.distance <= 1e-4);
        parameters
    };
    let reference = optimum(0.0, 0.01);
    for (start, penalty) in [(3.0, 0.01), (0.0, 1.0), (-2.0, 1e-4)] {
        for (a, b) in reference.iter().zip(optimum(start, penalty)) {
            // The gradient ends below 1e-5 of about 0.3, and the curvature is at least the penalty of 0.01.
            assert!((a - b).abs() < 1e-3, "{a} {b}");
        }
    }
}

#[test]
fn two_classes_and_one_feature_agree_with_newtons_method() {
    let features: Vec<f32> = (0..40).map(|i| 5.0 + (i as f32 * 0.37).sin() * 2.0 + i as f32 * 0.05).collect();
    let labels: Vec<u32> = (0..40).map(|i| u32::from(i * 5 % 11 + i / 4 > 9)).collect();
    let penalty = 0.05;
    let data = ProbeData::new(SampleMatrix::new(&features, 1).unwrap(), &labels, 2).unwrap();
    let probe = Probe::fit(data, &options(penalty)).unwrap();

    // The optimum is antisymmetric in the classes: weights ∓w/2 cost penalty·w²/4, and the model is σ(w u + b).
    let n = features.len() as f64;
    let mean = features.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let deviation = (features.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n).sqrt();
    let (mut w, mut b) = (0.0, 0.0);
    for _ in 0..50 {
        let (mut gw, mut gb, mut hww, mut hwb, mut hbb) = (penalty * w / 2.0, 0.0, penalty / 2.0, 0.0, 0.0);
        for (&x, &label) in features.iter().zip(&labels) {
            let u = (f64::from(x) - mean) / deviation;
            let p = 1.0 / (1.0 + (-(w * u + b)).exp());
            let (error, weight) = ((p - f64::from(label)) / n, p * (1.0 - p) / n);
            (gw, gb) = (gw + error * u, gb + error);
            (hww, hwb, hbb) = (hww + weight * u * u, hwb + weight * u, hbb + weight);
        }
        let determinant = hww * hbb - hwb * hwb;
        w -= (hbb * gw - hwb * gb) / determinant;
        b -= (hww * gb - hwb * gw) / determinant;
    }
    // The gradient is 1e-5 of its start, the curvature about 0.1.
    let slope = (probe.weights[(0, 1)] - probe.weights[(0, 0)]) * deviation;
    assert!((slope - w).abs() < 1e-4, "{slope} {w}");
    assert!((probe.bias[1] - probe.bias[0] - b).abs() < 1e-4);
}

#[test]
fn it_ends_at_the_optimum_for_every_penalty() {
    // Penalty, least value, norm of the best weights and test errors, by scikit-learn 1.7 and SciPy 1.16 on the same
    // features: LogisticRegression(C=1/(penalty n), solver="lbfgs", tol=1e-12) and minimize(method="L-BFGS-B",
    // gtol=1e-14), which agree in 5 digits of the norms and 11 of the values. Both know the optimal weights to 4e-6.
    const OPTIMA: [(f64, f64, f64, usize); 5] = [
        (1e-1, 1.092244079940, 2.437166, 81),
        (1e-3, 0.286959954277, 13.690051, 83),
        (1e-4, 0.113629567009, 33.506737, 101),
        (1e-5, 0.030046149485, 62.40596, 104),
        (1e-6, 0.006049656479, 94.37803, 105),
    ];
    // Generated digits, pooled to 7×7: the first half to train, the second to test.
    let digits = crate::data::strokes::generate(0, crate::data::Part::Train, 600).unwrap();
    let penstroke_engine::Rows::Bytes(bytes) = digits.rows() else { panic!("strokes are bytes") };
    let mut pooled = vec![0.0; 600 * 49];
    for (at, &byte) in bytes.iter().enumerate() {
        let (sample, y, x) = (at / 784, at % 784 / 28, at % 28);
        pooled[sample * 49 + y / 4 * 7 + x / 4] += f32::from(byte);
    }
    let labels = digits.labels().unwrap();
    let half = |values, labels| ProbeData::new(SampleMatrix::new(values, 49).unwrap(), labels, 10).unwrap();
    let (train, test) =
        (half(&pooled[..300 * 49], &labels[..300]), half(&pooled[300 * 49..], &labels[300..]));
    let parts = [train];
    let problem = Problem::new(&parts);
    for (penalty, least, norm_of_best, errors) in OPTIMA {
        let options = ProbeOptions { penalty, ..ProbeOptions::default() };
        let mut parameters = problem.start();
        let convergence = problem.minimise(&mut parameters, &options).unwrap();
        assert!(
            convergence.converged && convergence.distance <= options.tolerance,
            "{penalty}: {convergence:?}"
        );
        let objective = Objective { parts: &parts, scaling: &problem.scaling, penalty };
        let value = objective.evaluate::<f64>(&parameters, &mut problem.start());
        let length = norm(&parameters[..490]);
        // The two bounds of strong convexity; the recorded digits end at 1e-12.
        let within = (options.tolerance * length).powi(2) * penalty / 2.0;
        assert!((-2e-12..=within).contains(&(value - least)), "{penalty}: {value} {least}");
        assert!(
            (length - norm_of_best).abs() <= options.tolerance * length,
            "{penalty}: {length} {norm_of_best}"
        );
        let found = problem.probe(&parameters, &options, convergence).error_rate(test).unwrap().errors;
        assert!(found.abs_diff(errors) <= 1, "{penalty}: {found} errors, {errors} at the optimum");
        let hurried = ProbeOptions { max_iterations: 3, ..options };
        let stopped = problem.minimise(&mut problem.start(), &hurried).unwrap();
        assert!(!stopped.converged && stopped.distance > hurried.tolerance, "{stopped:?}");
    }
}

#[test]
fn separable_data_end_at_finite_weights_and_no_error() {
    let features = [-1.0, -0.9, 0.9, 1.0];
    let data = ProbeData::new(SampleMatrix::new(&features, 1).unwrap(), &[0, 0, 1, 1], 2).unwrap();
    let probe = Probe::fit(data, &options(1e-4)).unwrap();
    assert!(probe.convergence().converged);
    assert!(probe.weights[(0, 1)].is_finite() && probe.weights[(0, 1)] > 1.0);
    assert_eq!(probe.error_rate(data).unwrap(), ErrorRate { errors: 0, n: 4 });
}

#[test]
fn constant_features_leave_the_most_frequent_class() {
    let data = ProbeData::new(SampleMatrix::new(&[2.0; 6], 2).unwrap(), &[1, 0, 1], 2).unwrap();
    let probe = Probe::fit(data, &options(0.1)).unwrap();
    assert_eq!(probe.predict(SampleMatrix::new(&[5.0, -5.0], 2).unwrap()).unwrap(), [1]);
    // ln 2 between the scores: odds of two to one.
    let scores = probe.scores(SampleMatrix::new(&[2.0, 2.0], 2).unwrap()).unwrap();
    assert!((f64::from(scores[1] - scores[0]) - 2f64.ln()).abs() < 1e-4);
}

#[test]
fn the_units_of_the_features_do_not_matter() {
    let (features, labels) = groups(300, 6);
    let other: Vec<f32> = features.iter().map(|x| 1024.0 * x - 64.0).collect();
    let [first, second] = [&features, &other].map(|features| {
        let data = ProbeData::new(SampleMatrix::new(features, 6).unwrap(), &labels, 3).unwrap();
        Probe::fit(data, &options(0.01)).unwrap().error_rate(data).unwrap().errors
    });
    assert_eq!(first, second);
}

#[test]
fn the_penalty_is_chosen_on_validation_data_and_trained_on_both() {
    let (features, labels) = groups(900, 12);
    let part = |from: usize, to: usize| {
        ProbeData::new(SampleMatrix::new(&features[from * 12..to * 12], 12).unwrap(), &labels[from..to], 3)
            .unwrap()
    };
    let (train, valid) = (part(0, 600), part(600, 900));
    let selection = Probe::select(train, valid, &[1e-3, 10.0, 0.1], &options(1.0)).unwrap();
    let tried: Vec<f64> = selection.path.iter().map(|tried| tried.penalty).collect();
    assert_eq!(tried, [10.0, 0.1, 1e-3]);
    for tried in &selection.path {
        // A warm start changes the path but not the end.
        let cold = Probe::fit(train, &options(tried.penalty)).unwrap();
        assert!(cold.error_rate(valid).unwrap().errors.abs_diff(tried.error.errors) <= 1);
    }
    let least = selection.path.iter().map(|tried| tried.error.errors).min().unwrap();
    let first = selection.path.iter().find(|tried| tried.error.errors == least).unwrap();
    assert_eq!(selection.probe.options().penalty, first.penalty);
    let both = Probe::fit(part(0, 900), &selection.probe.options()).unwrap();
    let (a, b) = (both.scores(valid.samples).unwrap(), selection.probe.scores(valid.samples).unwrap());
    // The scaling comes from the training part alone, which changes the effect of the penalty by a few percent.
    let largest = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(largest < 0.05, "{largest}");
    let refused = |valid, penalties: &[f64]| {
        Probe::select(train, valid, penalties, &options(1.0)).unwrap_err().to_string()
    };
    assert_eq!(refused(valid, &[]), "probe: there is no penalty to choose from; give at least one");
    let four = ProbeData::new(valid.samples, valid.labels, 4).unwrap();
    assert_eq!(
        refused(four, &[1.0]),
        "probe: training and validation data differ in their number of classes"
    );
    let huge: Vec<f32> = features.iter().map(|x| 1e37 * x).collect();
    let huge = ProbeData::new(SampleMatrix::new(&huge, 12).unwrap(), &labels, 3).unwrap();
    let tiny: Vec<f32> = features.iter().map(|x| 1e-30 * x).collect();
    let tiny = ProbeData::new(SampleMatrix::new(&tiny, 12).unwrap(), &labels, 3).unwrap();
    assert_eq!(
        Probe::select(tiny, huge, &[1.0], &options(1.0)).unwrap_err().to_string(),
        "probe: the gradient is not finite; the features may be too large"
    );
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let (features, labels) = groups(3000, 12);
    let data = ProbeData::new(SampleMatrix::new(&features, 12).unwrap(), &labels, 3).unwrap();
    let weights = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let probe = pool.install(|| Probe::fit(data, &options(1e-3)).unwrap());
        let bits = |v: &f64| v.to_bits();
        let weights: Vec<u64> = (0..3).flat_map(|c| probe.weights.col(c).iter().map(bits)).collect();
        (weights, probe.bias.iter().map(bits).collect::<Vec<_>>())
    };
    let one = weights(1);
    for threads in [2, 3, 7] {
        assert_eq!(weights(threads), one, "{threads} threads");
    }
}

#[test]
fn wrong_input_is_refused() {
    let samples = SampleMatrix::new(&[0.0, 1.0, 2.0], 1).unwrap();
    let message =
        |labels: &[u32], n_classes| ProbeData::new(samples, labels, n_classes).unwrap_err().to_string();
    assert_eq!(message(&[0, 1, 2], 2), "probe: label 2 of sample 2 (from 0) is not below 2");
    assert_eq!(message(&[0, 1], 2), "probe: 2 labels for 3 samples; one per sample is needed");
    assert_eq!(message(&[0, 0, 0], 1), "probe: 1 class; at least two are needed");
    let data = ProbeData::new(samples, &[0, 1, 1], 2).unwrap();
    for (wrong, expected) in [
        (options(0.0), "probe: penalty 0 is not above 0"),
        (options(f64::NAN), "probe: penalty NaN is not above 0"),
        (ProbeOptions { tolerance: 0.0, ..options(1.0) }, "probe: tolerance 0 is outside 1e-8..1"),
    ] {
        let error = Probe::fit(data, &wrong).unwrap_err();
        assert!(error.is_wrong_input());
        assert_eq!(error.to_string(), expected);
    }
    let probe = Probe::fit(data, &options(1.0)).unwrap();
    assert_eq!(
        probe.predict(SampleMatrix::new(&[0.0, 1.0], 2).unwrap()).unwrap_err().to_string(),
        "probe: samples have 2 components instead of 1"
    );
    // Eleven of the twelve features are multiples of the first.
    let same: Vec<f32> = (0..40 * 12).map(|i| (i / 12 * (i % 12 + 1)) as f32 * 0.37).collect();
    let labels: Vec<u32> = (0..40).map(|i| i % 2).collect();
    let same = ProbeData::new(SampleMatrix::new(&same, 12).unwrap(), &labels, 2).unwrap();
    assert_eq!(
        Probe::fit(same, &options(1e-30)).unwrap_err().to_string(),
        "probe: penalty 1e-30 is too small for linearly dependent features; use a larger one"
    );
}

#[test]
fn too_few_iterations_are_reported() {
    let (features, labels) = groups(300, 12);
    let data = ProbeData::new(SampleMatrix::new(&features, 12).unwrap(), &labels, 3).unwrap();
    let probe = Probe::fit(data, &ProbeOptions { max_iterations: 1, ..options(1e-3) }).unwrap();
    assert!(!probe.convergence().converged);
}
