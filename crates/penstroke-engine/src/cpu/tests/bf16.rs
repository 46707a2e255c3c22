//! bf16, and which instruction sets were tested.

use super::tasks::{autoencoder, classifier, deep, random_state, samples};
use super::way::{Way, check_against, close};
use crate::Reference;
use crate::batch::Batch;
use crate::cpu::bf16::Bf16Instructions;
use crate::cpu::isa::InstructionSet;
use crate::cpu::options::{CpuOptions, Precision};
use crate::cpu::train::CpuTrain;
use crate::engine::{Apply, Step, Train};
use crate::network::Activation;
use crate::rows::Rows;
use std::io::Write;

/// Products that skip zeros stay in single precision when the others use bf16.
#[test]
fn products_that_skip_zeros_stay_in_single_precision() {
    let mut untied = autoencoder(130, 70);
    untied.network.layers[1].tied_to = None;
    let mut specs =
        [autoencoder(300, 200), autoencoder(7, 3), untied, autoencoder(65, 161), classifier(), deep()];
    for layer in specs.iter_mut().flat_map(|spec| &mut spec.network.layers) {
        // Where a rectifier's input is near zero, rounding decides whether there is a slope at all.
        if layer.activation == Activation::Relu {
            layer.activation = Activation::Tanh;
        }
    }
    for spec in specs {
        let (d, h) = (spec.network.n_inputs(), spec.network.layers[0].outputs);
        let data = samples(70, d);
        let codes = |way: Way| {
            let mut codes = vec![0.0; 70 * h];
            way.open(&spec, &random_state(&spec), 2).apply(Rows::Floats(&data), 0..1, &mut codes);
            codes
        };
        for bf16 in Bf16Instructions::all() {
            let best = Way::f32(InstructionSet::detect());
            let way = Way { bf16: Some(bf16), sparse_below: Some(2.0), ..best };
            assert!(codes(way) == codes(best), "{way:?}: {spec:?}");
            for n in [1, 33, 66] {
                // The gradient of each matrix is off by about 1/512 of the terms that bf16 multiplies.
                check_against::<f64>(&spec, n, way, 1.0 / 64.0);
            }
        }
    }
}

#[test]
fn bf16_is_close_to_single_precision() {
    for n in [1, 40, 128] {
        let spec = autoencoder(300, 150);
        let data = samples(n, 300);
        let indices: Vec<u32> = (0..n as u32).collect();
        let batch = Batch::new(Rows::Floats(&data), &indices);
        let step = Step { epoch: 3, learning_rate: 1e-2 };
        let reference = Reference::<f64>::open(&spec, &random_state(&spec)).unwrap();
        let want = reference.training_pass(&batch, 3);
        for bf16 in Bf16Instructions::all() {
            let way = Way { bf16: Some(bf16), ..Way::f32(InstructionSet::detect()) };
            let mut cpu = way.open(&spec, &random_state(&spec), 2);
            // Factors are off by at most 1/512, on average by half of that, and errors of hundreds of terms with both
            // signs add up like the square root of their number. The loss is a sum over 300 components.
            assert!((cpu.gradients(&batch, step.epoch) / want.loss - 1.0).abs() < 2e-3, "{bf16:?}: loss");
            for (have, want) in
                cpu.worker().weights().gradients(&spec.network).layers.iter().zip(&want.gradients.layers)
            {
                close(&format!("{bf16:?}: weights"), &have.weights, &want.weights, 1.0 / 128.0);
                close(&format!("{bf16:?}: bias"), &have.bias, &want.bias, 1.0 / 128.0);
            }
        }
    }
}

/// Prints what ran on this processor, bypassing output capture, so that the last lines of `check` can list it.
#[test]
fn the_instruction_sets_that_run_here_are_named() {
    let f32: Vec<_> = InstructionSet::all().map(InstructionSet::name).collect();
    let bf16: Vec<_> = Bf16Instructions::all().map(Bf16Instructions::name).collect();
    assert!(f32.contains(&"portable") && bf16.contains(&"plain"));
    let mut text = format!("\ninstruction sets: f32 {}; bf16 {}\n", f32.join(", "), bf16.join(", "));
    for name in ["avx512", "avx2", "avx512-bf16", "amx-bf16"] {
        if cfg!(target_arch = "x86_64") && !f32.contains(&name) && !bf16.contains(&name) {
            text += &format!("not tested: {name}, which this processor lacks\n");
        }
    }
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

#[test]
fn bf16_without_its_instructions_is_an_error() {
    let spec = autoencoder(4, 3);
    let open = |name: &str| {
        let instructions = InstructionSet::named(name).unwrap();
        let options = CpuOptions { instructions, precision: Precision::Bf16, ..CpuOptions::default() };
        CpuTrain::open(&spec, random_state(&spec), options)
    };
    let error = open("portable").err().unwrap();
    assert!(error.to_string().contains("bf16 needs a processor with AMX or AVX-512 bf16"), "{error}");
    // On processors that have them, the name shows it.
    match Bf16Instructions::with(InstructionSet::detect()) {
        Some(bf16) => {
            let path = open(InstructionSet::detect().name()).unwrap().describe().path;
            assert!(path == bf16.name() && path.ends_with("bf16"));
        }
        None => assert!(open(InstructionSet::detect().name()).is_err()),
    }
}
