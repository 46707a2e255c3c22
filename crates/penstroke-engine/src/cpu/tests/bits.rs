//! Results that are equal to the last bit.

use super::tasks::{
    answers, autoencoder, bounded, classifier, deep, denoiser, given, random_state, regressor, samples,
    smoothed_classifier, trimmed, with_dropout, with_penalties,
};
use super::way::{Way, open};
use crate::Reference;
use crate::batch::Batch;
use crate::corruption::Noise;
use crate::cpu::isa::InstructionSet;
use crate::cpu::train::CpuTrain;
use crate::engine::{Apply, Step, Train};
use crate::network::Activation;
use crate::objective::Emphasis;
use crate::parameters::State;
use crate::rows::Rows;
use crate::task::Task;

/// Three epochs of batches of 64, 64 and 22.
fn steps(cpu: &mut CpuTrain) {
    let spec = cpu.task().clone();
    let data = samples(150, spec.network.n_inputs());
    let answers = answers(150, spec.network.n_outputs());
    let given = given(&spec, &answers);
    for epoch in 0..3 {
        for first in [0u32, 64, 128] {
            let indices: Vec<u32> = (first..(first + 64).min(150)).collect();
            let batch = Batch::new(Rows::Floats(&data), &indices).with_answers(&given);
            cpu.step(&batch, Step { epoch, learning_rate: 1e-2 });
        }
    }
}

fn trained(spec: &Task, threads: usize, way: Way) -> State {
    let mut cpu = way.open(spec, &random_state(spec), threads);
    steps(&mut cpu);
    cpu.state()
}

#[test]
fn equal_seeds_give_equal_bits_at_any_number_of_threads() {
    let mut exact = autoencoder(200, 150);
    exact.objective.corruption =
        vec![Noise::MaskingExact { fraction: 0.2 }, Noise::Gaussian { deviation: 0.5 }];
    exact.objective.emphasis = Some(Emphasis { corrupted: 1.0, rest: 0.5 });
    let smoothed = smoothed_classifier(0.2);
    let dropped = [with_dropout(autoencoder(300, 200)), with_dropout(classifier()), with_dropout(deep())];
    let regressor = regressor(Activation::Linear);
    let plain = [autoencoder(300, 200), exact, classifier(), smoothed, deep(), regressor, denoiser(299, 200)];
    let bounded = [autoencoder(300, 200), classifier()].map(|spec| bounded(spec, 0.9));
    let penalised = [with_penalties(autoencoder(300, 200)), with_penalties(classifier())];
    let trimmed = [autoencoder(300, 200), denoiser(70, 40)].map(|spec| trimmed(spec, 0.2));
    let dropped = dropped.into_iter().chain(bounded).chain(penalised).chain(trimmed);
    for spec in plain.into_iter().chain(dropped) {
        for way in Way::all() {
            let one = trained(&spec, 1, way);
            for threads in [2, 3, 7] {
                assert!(one == trained(&spec, threads, way), "{threads} threads, {way:?}: {spec:?}");
            }
        }
    }
}

#[test]
fn skipping_zeros_changes_no_bit() {
    let mut untied = autoencoder(130, 70);
    untied.network.layers[1].tied_to = None;
    let mut wide = autoencoder(65, 161);
    wide.objective.corruption = vec![Noise::MaskingExact { fraction: 0.9 }];
    let dropped = [
        with_dropout(autoencoder(130, 161)),
        with_dropout(classifier()),
        with_penalties(autoencoder(130, 161)),
    ];
    let plain = [autoencoder(300, 200), autoencoder(7, 3), untied, wide, classifier()];
    for spec in plain.into_iter().chain(dropped) {
        for isa in InstructionSet::all() {
            let states = [0.0, 2.0].map(|sparse_below| {
                trained(&spec, 2, Way { sparse_below: Some(sparse_below), ..Way::f32(isa) })
            });
            assert!(states[0] == states[1], "{}: {spec:?}", isa.name());
        }
    }
}

#[test]
fn gathered_samples_give_the_same_bits() {
    let noises = [
        Noise::Masking { probability: 0.3 },
        Noise::MaskingExact { fraction: 0.3 },
        Noise::Gaussian { deviation: 0.2 },
    ];
    let corrupted = noises.map(|noise| autoencoder(30, 20).with_corruption(vec![noise]));
    for way in Way::all() {
        for spec in corrupted.iter().chain([&denoiser(29, 20)]) {
            let mut spec = spec.clone();
            spec.objective.dropout = vec![0.2, 0.0];
            let data = samples(600, 30);
            // More samples than one chunk, none at its own position.
            let indices: Vec<u32> = (0..500).map(|i| (i * 7 + 3) % 600).collect();
            let few: Vec<f32> =
                indices.iter().flat_map(|&i| &data[i as usize * 30..][..30]).copied().collect();
            let whole = Batch::new(Rows::Floats(&data), &indices);
            let gathered = Batch { rows: Rows::Floats(&few), gathered: true, ..whole };
            let [one, other] = [whole, gathered].map(|batch| {
                let mut engine = way.open(&spec, &random_state(&spec), 2);
                let step = Step { epoch: 3, learning_rate: 5e-3 };
                (engine.step(&batch, step), engine.loss(&batch, 1), engine.state())
            });
            assert_eq!(one, other, "{way:?}, {spec:?}");
            let [one, other] = [whole, gathered].map(|batch| {
                let mut engine = Reference::<f64>::open(&spec, &random_state(&spec)).unwrap();
                (engine.step(&batch, Step { epoch: 3, learning_rate: 5e-3 }), engine.loss(&batch, 1))
            });
            assert_eq!(one, other, "{spec:?}");
        }
    }
}

#[test]
fn a_restored_state_continues_with_the_same_bits() {
    let spec = autoencoder(40, 30);
    let data = samples(20, 40);
    let indices: Vec<u32> = (0..20).collect();
    let batch = Batch::new(Rows::Floats(&data), &indices);
    let step = |epoch| Step { epoch, learning_rate: 1e-2 };
    for way in Way::best() {
        let mut unbroken = way.open(&spec, &random_state(&spec), 2);
        unbroken.step(&batch, step(0));
        let mut resumed = way.open(&spec, &unbroken.state(), 1);
        let mut restored = way.open(&spec, &random_state(&spec), 1);
        restored.set_state(&unbroken.state());
        let loss = unbroken.step(&batch, step(1));
        assert_eq!([resumed.step(&batch, step(1)), restored.step(&batch, step(1))], [loss; 2]);
        assert!([resumed.state(), restored.state()] == [unbroken.state(), unbroken.state()]);
    }
}

#[test]
fn a_replaced_corruption_gives_the_bits_of_one_given_at_the_start() {
    let opened = |way: Way, noise: Noise| {
        let spec = autoencoder(40, 30).with_corruption(vec![noise]);
        let engines: [Box<dyn Train>; 2] = [
            Box::new(way.open(&spec, &random_state(&spec), 2)),
            Box::new(Reference::<f32>::open(&spec, &random_state(&spec)).unwrap()),
        ];
        engines
    };
    let data = samples(20, 40);
    let indices: Vec<u32> = (0..20).collect();
    let batch = Batch::new(Rows::Floats(&data), &indices);
    let step = Step { epoch: 1, learning_rate: 1e-2 };
    for way in Way::best() {
        for noise in [Noise::Masking { probability: 0.1 }, Noise::MaskingExact { fraction: 0.7 }] {
            let changed = opened(way, Noise::Masking { probability: 0.5 });
            for (mut changed, mut fresh) in changed.into_iter().zip(opened(way, noise)) {
                changed.loss(&batch, 0);
                changed.set_corruption(&[noise]);
                assert_eq!(changed.task(), fresh.task());
                assert_eq!(changed.step(&batch, step), fresh.step(&batch, step));
                assert_eq!(changed.loss(&batch, 0), fresh.loss(&batch, 0));
                assert!(changed.state() == fresh.state());
            }
        }
    }
}

#[test]
fn bytes_and_floats_are_the_same_data() {
    let spec = autoencoder(64, 10);
    let bytes: Vec<u8> = (0..640).map(|i| (i * 7 % 256) as u8).collect();
    let floats: Vec<f32> = bytes.iter().map(|&b| f32::from(b) / 255.0).collect();
    let step = Step { epoch: 0, learning_rate: 0.1 };
    for way in Way::best() {
        let [bytes, floats] = [Rows::Bytes(&bytes), Rows::Floats(&floats)].map(|rows| {
            let batch = Batch::new(rows, &[3, 1, 9]);
            way.open(&spec, &random_state(&spec), 1).step(&batch, step)
        });
        assert_eq!(bytes.to_bits(), floats.to_bits());
    }
}

#[test]
fn an_empty_batch_changes_nothing() {
    let spec = autoencoder(7, 3);
    let state = random_state(&spec);
    let mut cpu = open(&spec, state.clone());
    let batch = Batch::new(Rows::Bytes(&[]), &[]);
    assert_eq!(cpu.step(&batch, Step { epoch: 0, learning_rate: 1.0 }), 0.0);
    assert_eq!(cpu.loss(&batch, 0), 0.0);
    cpu.apply(Rows::Bytes(&[]), 0..1, &mut []);
    assert_eq!(cpu.state(), state);
}
