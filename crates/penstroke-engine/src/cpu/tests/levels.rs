//! Networks that are told the level of noise.

use super::tasks::{bits, denoiser, given, layer, samples};
use super::way::{BF16_TOLERANCE, TOLERANCE, Way, check, check_batch};
use crate::RoundedTerms;
use crate::batch::Batch;
use crate::corruption::Noise;
use crate::heads::{Head, Loss, Target};
use crate::network::Activation;
use crate::objective::Emphasis;
use crate::rows::{BitRows, Rows};

/// The reference restores the clean input and weighs its error; the engine compares outputs with what is wanted of them.
#[test]
fn denoising_agrees_with_the_reference() {
    for way in Way::all() {
        for d in [1, 7, 31, 32, 63, 64, 65, 255] {
            for n in [1, 5, 33] {
                check(&denoiser(d, 20), n, way);
            }
        }
        check(&denoiser(65, 161), 70, way);
        for (low, high) in [(0.05, 0.05), (1.0, 1.0), (20.0, 90.0)] {
            check(&denoiser(34, 7).with_corruption(vec![Noise::Levels { low, high }]), 33, way);
        }
        let mut one_layer = denoiser(40, 40);
        one_layer.network.layers = vec![layer(41, 40, Activation::Linear, None)];
        check(&one_layer, 33, way);
    }
}

#[test]
fn denoising_beside_other_heads_agrees_with_the_reference() {
    let mut task = denoiser(50, 30);
    task.network.layers[1].outputs = 70;
    task.objective.heads = vec![
        Head::new(0..9, Loss::Denoising, Target::Input).weighing(0.4),
        Head::new(9..50, Loss::Denoising, Target::Input),
        Head::new(50..70, Loss::Squared, Target::Values),
    ];
    let mut emphasized = task.clone();
    emphasized.objective.emphasis = Some(Emphasis { corrupted: 0.5, rest: 0.0 });
    let n = 37;
    let answers = (Vec::new(), (0..(n + 2) * 20).map(|i| (i as f32 * 0.7).sin()).collect());
    let (data, bits) = (samples(n + 2, 51), bits(n + 2, 70));
    let weights: Vec<f32> = (0..n + 2).map(|i| (i % 4) as f32 / 2.0).collect();
    let ids: Vec<u32> = (0..n as u32).rev().collect();
    for task in [task, emphasized] {
        let given = given(&task, &answers);
        let whole = Batch::new(Rows::Floats(&data), &ids).with_answers(&given);
        let some = Batch { observed: Some(BitRows::new(&bits, 70)), weights: Some(&weights), ..whole };
        for way in Way::all() {
            for batch in [whole, some] {
                match way.bf16 {
                    None => check_batch::<f64>(&task, &batch, way, TOLERANCE),
                    Some(_) => {
                        let dense = Way { sparse_below: Some(0.0), ..way };
                        check_batch::<RoundedTerms>(&task, &batch, dense, BF16_TOLERANCE);
                    }
                }
            }
        }
    }
}
