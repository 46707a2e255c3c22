//! After each step of a network with a norm bound, scales down the incoming weights of units that exceed it.

use super::isa::{InstructionSet, kernel};
use super::panel::{Row, WIDTH};
use super::pieces::Parts::AlongBlocks;
use super::pieces::{Blocks, Pieces};
use super::team::Team;
use super::weights::{Columns, Matrix, Weights, columns};
use crate::network::Network;

/// `W_i ← W_i · c / ‖W_i‖` in every matrix where the norm exceeds `c`. `shares` is scratch space for the rows of a
/// matrix.
pub(super) fn bound_norms(
    (isa, team, network): (InstructionSet, &mut Team, &Network),
    weights: &mut Weights,
    bound: f64,
    shares: &mut Vec<f32>,
) {
    for (l, matrix) in weights.matrices.iter_mut().enumerate() {
        match columns(network, l) {
            _ if matrix.weights.is_empty() => {}
            Columns::Outputs => {
                let n_rows = matrix.n_rows;
                team.each(Pieces::new(&mut matrix.weights, n_rows), |_, _, panel| {
                    shorten_columns(isa, panel, bound);
                });
            }
            Columns::Inputs => bound_rows(team, isa, matrix, bound, shares),
        }
    }
}

/// Bounds units that are rows of the panels. Their weights are spread over all panels, so this takes two jobs.
fn bound_rows(team: &mut Team, isa: InstructionSet, matrix: &mut Matrix, bound: f64, shares: &mut Vec<f32>) {
    let (n_rows, n_columns) = (matrix.n_rows, matrix.n_columns);
    shares.resize(n_rows, 1.0);
    let weights = &matrix.weights;
    team.each(Pieces::new(shares, WIDTH), |part, _, shares| {
        let mut squares = [0.0; WIDTH];
        for (p, panel) in weights.chunks_exact(n_rows).enumerate() {
            let rows = &panel[part * WIDTH..][..shares.len()];
            add_squares(isa, rows, (n_columns - p * WIDTH).min(WIDTH), &mut squares);
        }
        shares.iter_mut().zip(squares).for_each(|(share, squares)| *share = share_left(squares, bound));
    });
    let n_blocks = n_rows.div_ceil(WIDTH);
    let pieces = Blocks::<_, 1>::new(&mut matrix.weights, n_rows, WIDTH, AlongBlocks);
    team.each(pieces, |part, _, [rows]| {
        let shares = &shares[part % n_blocks * WIDTH..][..rows.len()];
        for (row, &share) in rows.iter_mut().zip(shares).filter(|(_, share)| **share < 1.0) {
            row.0.iter_mut().for_each(|w| *w *= share);
        }
    });
}

/// The factor that scales weights with this sum of squares down to the bound; 1 if they are within it.
#[inline(always)]
fn share_left(squares: f64, bound: f64) -> f32 {
    let norm = squares.sqrt();
    if norm > bound { (bound / norm) as f32 } else { 1.0 }
}

kernel! {
    /// Bounds units that are columns of the panel. Squares are summed in f32 over 32 rows, these sums in f64.
    fn shorten_columns(panel: &mut [Row], bound: f64) {
        let mut squares = [0.0f64; WIDTH];
        for rows in panel.chunks(WIDTH) {
            let mut sums = [0.0f32; WIDTH];
            for row in rows {
                sums.iter_mut().zip(&row.0).for_each(|(sum, w)| *sum += w * w);
            }
            squares.iter_mut().zip(sums).for_each(|(squares, sum)| *squares += f64::from(sum));
        }
        let shares = squares.map(|squares| share_left(squares, bound));
        if shares.iter().all(|&share| share == 1.0) {
            return;
        }
        for row in panel {
            row.0.iter_mut().zip(&shares).for_each(|(w, share)| *w *= share);
        }
    }
}

kernel! {
    /// Adds to `squares` the sum of the squares of each row's first `n_columns`.
    fn add_squares(rows: &[Row], n_columns: usize, squares: &mut [f64; WIDTH]) {
        const LANES: usize = 8;
        for (row, squares) in rows.iter().zip(squares) {
            let mut row = row.0;
            row[n_columns..].fill(0.0);
            let mut lanes = [0.0f32; LANES];
            for group in row.as_chunks::<LANES>().0 {
                lanes.iter_mut().zip(group).for_each(|(lane, w)| *lane += w * w);
            }
            *squares += f64::from(lanes.iter().sum::<f32>());
        }
    }
}
