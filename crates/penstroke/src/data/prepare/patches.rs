//! Patches: small square windows cut from scenes at random positions, for learning filters of natural images.

use super::whiten::{check, whiten};
use crate::data::hold::{Dataset, ImageShape, PatchOptions, Preparation, Scene, Values};
use crate::{Error, Result};
use penstroke_engine::philox::{Draws, Purpose};

/// Cuts `n` patches, `(n, side²)`. Every position in every scene is equally probable and may repeat.
///
/// The scenes are whitened, the patches are cut, and all values are divided by [`PatchOptions::scale`], which defaults
/// to the divisor that gives variance 1 over the whole set. The same `seed` always gives the same positions.
///
/// ```
/// use penstroke::data::{Scene, patches::{PatchOptions, cut}};
/// let values = (0..64 * 64).map(|at: u32| f32::from((at * at % 251) as u8) / 255.0).collect();
/// let scene = Scene { height: 64, width: 64, values };
/// let options = PatchOptions { whiten: None, ..PatchOptions::default() };
/// let patches = cut(&[scene], 1000, 0, &options)?;
/// assert_eq!((patches.n_samples(), patches.n_visible()), (1000, 144));
/// # Ok::<(), penstroke::Error>(())
/// ```
/// # Errors
/// If an option is impossible, if there is no scene, if a scene is too small or has no contrast, or if the patches do
/// not fit in memory.
pub fn cut(scenes: &[Scene], n: usize, seed: u64, options: &PatchOptions) -> Result<Dataset> {
    let wrong = |problem: String| Err(Error::input("patches", problem));
    let &PatchOptions { side, border, .. } = options;
    options.check()?;
    if n == 0 || u32::try_from(n).is_err() {
        return wrong(format!("{n} patches cannot be cut; 1 to {} can", u32::MAX));
    }
    check(scenes)?;
    let places = Places::new(scenes, options)?;
    let largest = scenes.iter().flat_map(|scene| &scene.values).fold(0.0, |max: f32, v| max.max(v.abs()));
    let whitened;
    let scenes = match options.whiten {
        Some(cutoff) => {
            whitened = whiten(scenes, cutoff)?;
            &whitened
        }
        None => scenes,
    };
    let mut values: Vec<f32> = Vec::new();
    let n_values = side.checked_mul(side).and_then(|d| d.checked_mul(n));
    if n_values.is_none_or(|n_values| values.try_reserve_exact(n_values).is_err()) {
        return wrong(format!("{n} patches of side {side} do not fit in memory; request fewer"));
    }
    let draws = Draws::new(seed, Purpose::Patches);
    for sample in 0..n as u32 {
        let mut sequence = draws.at(0, sample).sequence();
        let (scene, top, left) = places.at(sequence.uniform());
        let Scene { width, values: pixels, .. } = &scenes[scene];
        for y in 0..side {
            let start = (border + top + y) * width + border + left;
            values.extend_from_slice(&pixels[start..start + side]);
        }
    }
    if options.remove_mean {
        values.chunks_exact_mut(side * side).for_each(remove_mean);
    }
    let scale = match options.scale {
        Some(scale) => scale,
        None => deviation(&values, largest)?,
    };
    values.iter_mut().for_each(|value| *value = (f64::from(*value) / scale) as f32);
    let data = Dataset::new("patches", Values::Floats(values), side * side)?;
    let patches = Some(PatchOptions { scale: Some(scale), ..options.clone() });
    let data = data.with_preparation(Preparation { patches, ..Preparation::default() });
    data.with_image("patches", ImageShape { height: side, width: side, channels: 1 })
}

/// Every position where a patch fits, numbered through all scenes.
struct Places {
    /// For each scene, the number of positions up to and including it, and the number of positions per row.
    scenes: Vec<(u64, u64)>,
    n: u64,
}

impl Places {
    fn new(scenes: &[Scene], options: &PatchOptions) -> Result<Self> {
        let &PatchOptions { side, border, .. } = options;
        let mut n = 0;
        let mut found = Vec::with_capacity(scenes.len());
        for (index, scene) in scenes.iter().enumerate() {
            // A side with room for one position has one more per extra pixel.
            let along =
                |pixels: usize| pixels.checked_sub(border)?.checked_sub(border)?.checked_sub(side - 1);
            let places = along(scene.height).zip(along(scene.width)).filter(|&(y, x)| y > 0 && x > 0);
            let Some((down, across)) = places else {
                return Err(Error::input(
                    "patches",
                    format!(
                        "scene {index} (from 0) is {}×{} pixels, where patches of side {side} inside a border of \
                         {border} need {2}×{2}",
                        scene.height,
                        scene.width,
                        side.saturating_add(border.saturating_mul(2))
                    ),
                ));
            };
            n += (down * across) as u64;
            found.push((n, across as u64));
        }
        if found.is_empty() {
            return Err(Error::input("patches", "there are no scenes to cut them from"));
        }
        Ok(Self { scenes: found, n })
    }

    /// The scene, and the patch's distance from the top and left borders, for a number in `[0, 1)`.
    fn at(&self, uniform: f64) -> (usize, usize, usize) {
        // The 53 bits of the number make positions equally probable to within n/2^53.
        let place = ((uniform * self.n as f64) as u64).min(self.n - 1);
        let scene = self.scenes.partition_point(|&(end, _)| end <= place);
        let before = if scene == 0 { 0 } else { self.scenes[scene - 1].0 };
        let across = self.scenes[scene].1;
        let (top, left) = ((place - before) / across, (place - before) % across);
        (scene, top as usize, left as usize)
    }
}

fn remove_mean(patch: &mut [f32]) {
    let mean = mean(patch) as f32;
    patch.iter_mut().for_each(|value| *value -= mean);
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64
}

/// The standard deviation of all values. `largest` is the largest absolute value that the patches were made from.
fn deviation(values: &[f32], largest: f32) -> Result<f64> {
    let mean = mean(values);
    let sum: f64 = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum();
    let deviation = (sum / values.len() as f64).sqrt();
    // A whitened constant leaves 1e-17 of itself; this rounding error must not become the data.
    if deviation <= 1e-9 * f64::from(largest) {
        return Err(Error::input(
            "patches",
            "the scenes hold no contrast where they were cut; give other scenes",
        ));
    }
    Ok(deviation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::hold::USUAL_CUTOFF;

    const PLAIN: PatchOptions =
        PatchOptions { side: 3, whiten: None, border: 0, remove_mean: false, scale: None };

    const WHITENINGS: &[Option<f64>] =
        if cfg!(feature = "images") { &[None, Some(USUAL_CUTOFF)] } else { &[None] };

    /// Scenes in which every pixel has a different value.
    fn scenes(sizes: &[(usize, usize)]) -> Vec<Scene> {
        let mut next = 0..;
        let mut scene = |&(height, width)| Scene {
            height,
            width,
            values: next.by_ref().take(height * width).map(|value: u16| f32::from(value)).collect(),
        };
        sizes.iter().map(&mut scene).collect()
    }

    fn variance(values: &[f32]) -> f64 {
        let mean = mean(values);
        values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / values.len() as f64
    }

    #[test]
    fn patches_are_windows_of_the_scenes_inside_the_border() {
        let scenes = scenes(&[(9, 11), (8, 7)]);
        let options = PatchOptions { border: 2, ..PLAIN };
        let data = cut(&scenes, 200, 1, &options).unwrap();
        assert_eq!(data.image(), Some(ImageShape { height: 3, width: 3, channels: 1 }));
        let mut windows = Vec::new();
        for Scene { height, width, values } in &scenes {
            for top in 2..=height - 5 {
                for left in 2..=width - 5 {
                    let window = (0..9).map(|at| values[(top + at / 3) * width + left + at % 3]);
                    windows.push(window.collect::<Vec<f32>>());
                }
            }
        }
        // The value of a pixel identifies its position; before scaling, values differ by at least 1.
        let patches = data.to_floats();
        let unit = patches[1] - patches[0];
        let mut n_seen = vec![0; windows.len()];
        for patch in patches.chunks(9) {
            let same = |window: &Vec<f32>| {
                window.iter().zip(patch).all(|(window, patch)| (window - patch / unit).abs() < 0.05)
            };
            n_seen[windows.iter().position(same).unwrap()] += 1;
        }
        assert!(n_seen.iter().all(|&n| n > 0), "some of {} places are never cut", n_seen.len());
    }

    #[test]
    fn every_place_is_equally_probable() {
        let scenes = scenes(&[(4, 5), (3, 3), (6, 4)]);
        let places = Places::new(&scenes, &PLAIN).unwrap();
        let n_places = 2 * 3 + 1 + 4 * 2;
        assert_eq!(places.n, n_places);
        let n = 45_000;
        let mut counts = std::collections::BTreeMap::new();
        for sample in 0..n {
            let place = places.at(Draws::new(3, Purpose::Patches).at(0, sample).sequence().uniform());
            *counts.entry(place).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len() as u64, n_places);
        assert_eq!(counts.keys().max(), Some(&(2, 3, 1)));
        // Chi-square with 14 degrees of freedom: one seed in a thousand exceeds 36.1.
        let expected = f64::from(n) / n_places as f64;
        let chi: f64 = counts.values().map(|&c| (f64::from(c) - expected).powi(2) / expected).sum();
        assert!(chi < 36.1, "chi-square {chi}");
        // The ends of the unit interval are the first and the last position.
        assert_eq!(places.at(0.0), (0, 0, 0));
        assert_eq!(places.at(1.0 - f64::EPSILON), (2, 3, 1));
    }

    #[test]
    fn the_variance_over_the_whole_set_is_one() {
        let noise = Scene {
            height: 40,
            width: 50,
            values: (0..2000u32).map(|at| f32::from((at * at * 31 % 257) as u8) / 255.0).collect(),
        };
        for &whiten in WHITENINGS {
            for remove_mean in [false, true] {
                let options = PatchOptions { side: 8, whiten, remove_mean, ..PatchOptions::default() };
                let patches = cut(std::slice::from_ref(&noise), 500, 7, &options).unwrap();
                let values = patches.to_floats();
                // 32,000 values rounded to f32, each by at most 2^-24 of itself.
                assert!((variance(&values) - 1.0).abs() < 1e-6, "{options:?}: {}", variance(&values));
                let largest_mean = values.chunks(64).map(|patch| mean(patch).abs()).fold(0.0, f64::max);
                assert_eq!(largest_mean < 1e-6, remove_mean, "{options:?}: {largest_mean}");
            }
        }
    }

    #[test]
    fn patches_of_another_set_are_divided_by_the_scale_of_the_first() {
        let bright = scenes(&[(30, 30)]);
        let dim: Vec<Scene> = bright
            .iter()
            .map(|scene| Scene { values: scene.values.iter().map(|v| v / 4.0).collect(), ..scene.clone() })
            .collect();
        for &whiten in WHITENINGS {
            let options = PatchOptions { whiten, ..PatchOptions::default() };
            let first = cut(&bright, 50, 1, &options).unwrap();
            let noted = first.preparation().patches.clone().unwrap();
            assert_eq!(PatchOptions { scale: None, ..noted.clone() }, options);
            assert_eq!(cut(&bright, 50, 1, &noted).unwrap(), first);
            let second = cut(&dim, 50, 1, &noted).unwrap();
            assert_eq!(second.preparation(), first.preparation());
            for (first, second) in first.to_floats().iter().zip(second.to_floats()) {
                // A quarter is exact in f32; the transform of the whitening rounds to 1e-16 of the largest value.
                assert!((first / 4.0 - second).abs() <= 1e-6, "{first} / 4 is not {second}");
            }
            // With a given scale, scenes without contrast are samples like any other.
            let flat = Scene { height: 30, width: 30, values: vec![0.3; 900] };
            assert!(cut(&[flat], 5, 0, &noted).is_ok());
        }
    }

    #[cfg(feature = "images")]
    #[test]
    fn whitened_patches_are_windows_of_the_whitened_scene() {
        let scene = &scenes(&[(32, 24)])[0];
        let options = PatchOptions { side: 24 - 8, border: 4, ..PatchOptions::default() };
        let row = cut(std::slice::from_ref(scene), 60, 0, &options).unwrap().to_floats();
        let whitened = &whiten(std::slice::from_ref(scene), 0.4).unwrap()[0];
        let top = Draws::new(0, Purpose::Patches).at(0, 0).sequence().uniform();
        let (_, top, left) = Places::new(std::slice::from_ref(scene), &options).unwrap().at(top);
        let window: Vec<f32> =
            (0..256).map(|at| whitened.values[(4 + top + at / 16) * 24 + 4 + left + at % 16]).collect();
        let scale = row[0] / window[0];
        for (patch, window) in row.iter().zip(&window) {
            assert!((patch - window * scale).abs() < 1e-5, "{patch} is not {window} · {scale}");
        }
    }

    #[test]
    fn the_seed_determines_the_positions() {
        let scenes = scenes(&[(30, 30)]);
        let patches = |n, seed| cut(&scenes, n, seed, &PLAIN).unwrap();
        assert_eq!(patches(50, 1), patches(50, 1));
        assert_ne!(patches(50, 1), patches(50, 2));
    }

    #[test]
    fn impossible_patches_are_refused() {
        let message = |scenes: &[Scene], n, options: &PatchOptions| {
            let error = cut(scenes, n, 0, options).unwrap_err();
            assert!(error.is_wrong_input());
            error.to_string()
        };
        let usual = PatchOptions::default();
        let good = scenes(&[(30, 30)]);
        assert_eq!(
            message(&scenes(&[(20, 20), (20, 19)]), 1, &usual),
            "patches: scene 1 (from 0) is 20×19 pixels, where patches of side 12 inside a border of 4 need 20×20"
        );
        assert_eq!(message(&[], 1, &usual), "patches: there are no scenes to cut them from");
        for n in [0, 1 << 32] {
            let expected = format!("patches: {n} patches cannot be cut; 1 to 4294967295 can");
            assert_eq!(message(&good, n, &usual), expected);
        }
        assert_eq!(
            message(&good, 1, &PatchOptions { side: 0, ..usual.clone() }),
            "patches: side 0 makes no patch; 12 pixels is usual"
        );
        for scale in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let options = PatchOptions { scale: Some(scale), ..usual.clone() };
            let expected = format!("patches: scale {scale} is not a finite number above 0");
            assert_eq!(message(&good, 1, &options), expected);
        }
        for huge in [usize::MAX, usize::MAX / 2] {
            assert!(message(&good, 1, &PatchOptions { side: huge, ..usual.clone() }).contains("need"));
            assert!(message(&good, 1, &PatchOptions { border: huge, ..usual.clone() }).contains("need"));
        }
        assert!(
            message(&good, 1, &PatchOptions { whiten: Some(0.0), ..usual.clone() }).contains("cut-off 0")
        );
        let flat = Scene { height: 30, width: 30, values: vec![0.3; 900] };
        for &whiten in WHITENINGS {
            assert_eq!(
                message(std::slice::from_ref(&flat), 5, &PatchOptions { whiten, ..usual.clone() }),
                "patches: the scenes hold no contrast where they were cut; give other scenes"
            );
        }
        let wrong = Scene { height: 30, width: 30, values: vec![0.3; 800] };
        assert!(message(&[wrong], 5, &PLAIN).contains("has 800 values for 30×30"));
    }
}
