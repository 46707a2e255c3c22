//! Starting points: the best atoms of a coarse grid of Gabor functions.

use super::super::Filters;
use super::model::{Basis, Shape};
use crate::eval::algebra::map_panels;
use faer::Mat;
use rayon::prelude::*;
use std::f64::consts::PI;

/// Directions, frequencies and positions along each side of the grid.
const DIRECTIONS: usize = 8;
const FREQUENCIES: usize = 5;
const PLACES: usize = 5;
/// Widths along the wave, in cycles: an edge, a bar with flanks, a short grating.
const WIDTHS: [f64; 3] = [0.2, 0.45, 1.0];
/// Ratio of the envelope's length along the stripes to its width along the wave.
const ELONGATION: f64 = 1.5;
/// Atoms refined per filter, all of different frequencies.
const STARTS: usize = 3;
pub(super) struct Atom {
    pub(super) shape: Shape,
    frequency: usize,
}

pub(super) fn grid(height: usize, width: usize) -> Vec<Atom> {
    let side = height.max(width) as f64;
    let place = |index: usize, side: usize| (index as f64 + 0.5) / PLACES as f64 * side as f64 - 0.5;
    let mut atoms = Vec::with_capacity(PLACES * PLACES * DIRECTIONS * FREQUENCIES * WIDTHS.len());
    for frequency in 0..FREQUENCIES {
        // From three quarters of a cycle across the picture to 0.4 per pixel in equal ratios.
        let lowest = (0.75 / side).min(0.2);
        let cycles = lowest * (0.4 / lowest).powf(frequency as f64 / (FREQUENCIES - 1) as f64);
        for width_in_cycles in WIDTHS {
            let across = (width_in_cycles / cycles).clamp(0.7, side);
            let along = (ELONGATION * across).min(side);
            for direction in 0..DIRECTIONS {
                let direction = PI * direction as f64 / DIRECTIONS as f64;
                for at in 0..PLACES * PLACES {
                    let (x, y) = (place(at % PLACES, width), place(at / PLACES, height));
                    let shape = Shape([x, y, direction, cycles, across.ln(), along.ln()]);
                    atoms.push(Atom { shape, frequency });
                }
            }
        }
    }
    atoms
}

/// For each filter, the indices of its `STARTS` best atoms, all of different frequencies.
pub(super) fn best_atoms(filters: Filters<'_>, atoms: &[Atom]) -> Vec<Vec<usize>> {
    let (height, width) = (filters.height(), filters.width());
    let n = height * width;
    // For each atom, an orthonormal pair orthogonal to the constant: the squares of its products with a filter add up
    // to the variation that the atom explains.
    let columns: Vec<[Vec<f64>; 2]> = atoms
        .par_iter()
        .map(|atom| {
            let basis = Basis::new(&atom.shape.points(height, width));
            [basis.cosine, basis.sine]
        })
        .collect();
    let dictionary = Mat::from_fn(n, 2 * atoms.len(), |i, j| columns[j / 2][j % 2][i]);
    map_panels(filters.rows(), &vec![0.0; n], dictionary.as_ref(), |_, products| {
        let rows = products.chunks_exact(2 * atoms.len());
        rows.map(|row| {
            let mut best = [(f64::NEG_INFINITY, 0); FREQUENCIES];
            for ((index, atom), pair) in atoms.iter().enumerate().zip(row.chunks_exact(2)) {
                let explained = pair[0] * pair[0] + pair[1] * pair[1];
                let best = &mut best[atom.frequency];
                if explained > best.0 {
                    *best = (explained, index);
                }
            }
            best.sort_by(|a, b| b.0.total_cmp(&a.0));
            best[..STARTS].iter().map(|&(_, index)| index).collect()
        })
        .collect::<Vec<Vec<usize>>>()
    })
    .concat()
}
