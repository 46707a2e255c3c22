//! Tied weights are one matrix.

use crate::support::{engines, reconstruct, values};
use crate::{ROUNDING, autoencoder, close, parameters};
use penstroke_engine::*;

#[test]
fn tied_weights_stay_equal_at_every_step() {
    let (n, d) = (24, 20);
    let data = values(n * d);
    let indices: Vec<u32> = (0..n as u32).collect();
    for optimizer in [Rule::Sgd { momentum: 0.9 }, Rule::ADAM] {
        let mut spec = autoencoder(d, 12, true).with_corruption(vec![Noise::Masking { probability: 0.3 }]);
        (spec.optimizer.rule, spec.optimizer.weight_decay) = (optimizer, 0.01);
        for mut engine in engines(&spec, &parameters(&spec)) {
            for epoch in 0..20 {
                let indices = &indices[epoch as usize % 5..];
                let batch = Batch::new(Rows::Floats(&data), indices);
                engine.step(&batch, Step { epoch, learning_rate: 0.01 });
                // The matrix exists once, and the decoder uses its transpose.
                let state = engine.state();
                assert!(state.parameters.layers[1].weights.is_empty());
                let mut have = vec![0.0; n * d];
                engine.apply(batch.rows, 0..2, &mut have);
                let want = data.chunks(d).flat_map(|x| reconstruct(&spec, &state.parameters, x).0);
                have.iter().zip(want).for_each(|(&have, want)| close("reconstruction", have.into(), want));
            }
        }
    }
}

#[test]
fn a_tied_matrix_learns_from_both_of_its_uses() {
    let (n, d, h) = (24, 20, 12);
    let data = values(n * d);
    let indices: Vec<u32> = (0..n as u32).collect();
    let batch = Batch::new(Rows::Floats(&data), &indices);
    let noise = vec![Noise::Masking { probability: 0.3 }];
    let [tied, untied] = [true, false].map(|tied| autoencoder(d, h, tied).with_corruption(noise.clone()));
    let start = parameters(&tied);
    let mut copied = start.clone();
    let w = &start.layers[0].weights;
    copied.layers[1].weights = (0..d * h).map(|at| w[(at % h) * d + at / h]).collect();
    // The change after one step of plain gradient descent.
    let change = |spec: &Task, start: &Parameters| {
        engines(spec, start).map(|mut engine| {
            engine.step(&batch, Step { epoch: 0, learning_rate: 1.0 });
            let after = engine.state().parameters;
            [0, 1].map(|l| -> Vec<f64> {
                let pairs = after.layers[l].weights.iter().zip(&start.layers[l].weights);
                pairs.map(|(&after, &before)| f64::from(after) - f64::from(before)).collect()
            })
        })
    };
    for ([one, _], [encoder, decoder]) in change(&tied, &start).into_iter().zip(change(&untied, &copied)) {
        for at in 0..h * d {
            close("change", one[at], encoder[at] + decoder[(at % d) * h + at / d]);
        }
        // Both parts are far larger than rounding.
        assert!([&encoder, &decoder].iter().all(|part| part.iter().any(|v| v.abs() > 100.0 * ROUNDING)));
    }
}
