//! Sizes, balance, what determines a sample, and every label against the pixels, for the sets that need no files. The
//! others are tested in `tests/real_data.rs`, and here with generated digits in place of MNIST's.

use super::convex::tests::is_convex_in_pixels;
use super::digits::Digits;
use super::ground::{self, Ground};
use super::recipe::{Recipe, Turned};
use super::scenes::Scenes;
use super::set::PIXELS;
use super::*;
use crate::data::hold::{Dataset, ImageShape, Part};
use penstroke_engine::Rows;
use sha2::{Digest, Sha256};
use std::path::Path;

const PARTS: [Part; 3] = [Part::Train, Part::Valid, Part::Test];

/// Sets made only from random numbers.
const WITHOUT_DATA: [Variation; 3] = [Variation::Rect, Variation::Convex, Variation::RectLeaves];

fn some(variation: Variation, part: Part, n: usize) -> Dataset {
    generate(variation, part, Some(&(0..n).collect::<Vec<_>>()), Path::new("")).unwrap()
}

fn pictures(data: &Dataset) -> impl Iterator<Item = (&[u8], u32)> {
    let Rows::Bytes(bytes) = data.rows() else { panic!("variations are bytes") };
    bytes.chunks_exact(PIXELS).zip(data.labels().unwrap().iter().copied())
}

#[test]
fn sizes_are_those_published_and_classes_are_balanced() {
    for (variation, sizes) in [
        (Variation::Rect, [1000, 200, 50_000]),
        (Variation::Convex, [6000, 2000, 50_000]),
        (Variation::RectImg, [10_000, 2000, 50_000]),
        (Variation::MnistBasic, [10_000, 2000, 50_000]),
        (Variation::MnistBgImgRot, [10_000, 2000, 50_000]),
    ] {
        assert_eq!(PARTS.map(|part| variation.n_samples(part)), sizes, "{variation}");
    }
    for part in PARTS {
        let data = generate(Variation::Rect, part, None, Path::new("")).unwrap();
        let n = Variation::Rect.n_samples(part);
        assert_eq!((data.n_samples(), data.n_visible(), data.n_classes()), (n, PIXELS, 2));
        assert_eq!(data.image(), Some(ImageShape { height: SIDE, width: SIDE, channels: 1 }));
        let labels = data.labels().unwrap();
        assert_eq!(labels.iter().sum::<u32>() as usize, n / 2);
        // The first of each pair is the wide one about half of the time: within four standard deviations.
        let first = labels.chunks(2).filter(|pair| pair[0] == 1).count() as f64;
        assert!((first - n as f64 / 4.0).abs() < 4.0 * (n as f64 / 8.0).sqrt(), "{first} of {n} / 2");
    }
}

#[test]
fn data_set_part_and_number_determine_a_sample() {
    for variation in WITHOUT_DATA {
        let all = some(variation, Part::Valid, 60);
        assert_eq!(all, some(variation, Part::Valid, 60));
        let few = generate(variation, Part::Valid, Some(&[59, 3, 3]), Path::new("nowhere")).unwrap();
        assert_eq!(few, all.select(&[59, 3, 3]));
        for part in [Part::Train, Part::Test] {
            let other = some(variation, part, 60);
            let same = (0..60).filter(|&i| other.row(i) == all.row(i)).count();
            // Among the smallest rectangles, two may coincide.
            assert!(same <= 1, "{variation}: {same} of 60 are alike in two parts");
        }
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| some(variation, Part::Valid, 60)), all);
        }
    }
}

#[test]
fn bytes_are_the_same_on_every_machine() {
    let mut hash = Sha256::new();
    for variation in WITHOUT_DATA {
        for part in PARTS {
            for (picture, label) in pictures(&some(variation, part, 100)) {
                hash.update(picture);
                hash.update([label as u8]);
            }
        }
    }
    let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, "a1eff523a9c0020655c5874229b5f626b4e15a4dd52355b45b062a2e3971a105");
}

#[test]
fn outlines_match_their_labels_and_are_never_square() {
    for part in PARTS {
        let data = generate(Variation::Rect, part, None, Path::new("")).unwrap();
        for (sample, (picture, label)) in pictures(&data).enumerate() {
            let rows = picture.chunks(SIDE).filter(|row| row.contains(&255)).count();
            let columns = (0..SIDE).filter(|&x| (0..SIDE).any(|y| picture[y * SIDE + x] == 255)).count();
            assert!(rows.abs_diff(columns) >= 3, "{part} sample {sample}: {rows}×{columns}");
            assert_eq!(label, u32::from(columns > rows), "{part} sample {sample}: {rows}×{columns}");
        }
    }
}

#[test]
fn regions_of_a_part_match_their_labels() {
    let data = generate(Variation::Convex, Part::Valid, None, Path::new("")).unwrap();
    for (sample, (picture, label)) in pictures(&data).enumerate() {
        assert_eq!(is_convex_in_pixels(picture), label == 1, "sample {sample}");
    }
}

#[test]
fn digits_stand_in_ink_on_their_ground() {
    let n = 40;
    let grounds: [fn() -> Ground; 2] =
        [|| Ground::Noise, || Ground::Patch(Scenes::leaves(Part::Train).unwrap())];
    let made = |turned, ground| {
        let recipe = Recipe::Digits { digits: Digits::stand_in(n), turned, ground };
        let mut pictures = vec![[0; PIXELS]; n];
        let labels: Vec<u32> = pictures
            .iter_mut()
            .enumerate()
            .map(|(i, picture)| recipe.make(Part::Train, i, picture))
            .collect();
        (pictures, labels)
    };
    let (basic, labels) = made(Turned::Upright, Ground::Black);
    let digits = Digits::stand_in(n);
    assert!((0..n).all(|i| digits.get(Part::Train, i) == (&basic[i][..], labels[i])));
    let (turned, _) = made(Turned::AnyAngle, Ground::Black);
    assert!((0..n).all(|i| turned[i] != basic[i]));
    for ground in grounds {
        let bare = ground();
        for (way, ink) in [(Turned::Upright, &basic), (Turned::AnyAngle, &turned)] {
            let (pictures, same_labels) = made(way, ground());
            assert_eq!(same_labels, labels);
            for i in 0..n {
                // Rotated or not, the background is the sample's.
                let mut below = [0; PIXELS];
                bare.draw(Part::Train, i, &mut below);
                ground::lay_ink(&ink[i], &mut below);
                assert!(pictures[i] == below, "sample {i}");
            }
        }
    }
}

#[test]
fn sample_numbers_out_of_range_are_refused() {
    let message = |samples| {
        generate(Variation::Rect, Part::Valid, Some(samples), Path::new("")).unwrap_err().to_string()
    };
    assert_eq!(message(&[3, 200]), "rect: there is no sample 200 (from 0); its validation part holds 200");
    assert_eq!(message(&[]), "rect: holds no samples");
}

#[test]
fn variations_list_what_they_need() {
    let needs = |variation: Variation| (variation.needs_mnist(), variation.needs_photographs());
    assert_eq!(needs(Variation::MnistRot), (true, false));
    assert_eq!(needs(Variation::MnistBgImgRot), (true, true));
    assert_eq!(needs(Variation::MnistBgLeaves), (true, false));
    assert_eq!(needs(Variation::RectImg), (false, true));
    assert!(WITHOUT_DATA.iter().all(|&variation| needs(variation) == (false, false)));
}
