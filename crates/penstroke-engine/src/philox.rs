//! Counter-based random numbers: Philox4x32-10.
//!
//! Every random number in Penstroke is a pure function of `(seed, purpose, epoch, sample, component)`, so results
//! depend neither on the number of threads nor on the order of the work. The generator is Philox4x32-10 of Salmon,
//! Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), checked against the published
//! known-answer vectors.
//!
//! ```
//! use penstroke_engine::philox::{Draws, Purpose};
//! // The coin flip for component 17 of sample 3 in epoch 5 does not depend on when or where it is drawn.
//! let draws = Draws::new(42, Purpose::Corruption(0)).at(5, 3);
//! assert_eq!(draws.word(17), Draws::new(42, Purpose::Corruption(0)).at(5, 3).word(17));
//! ```

pub(crate) const MULTIPLIER: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
pub(crate) const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Ten rounds of Philox4x32: 128 random bits for a 128-bit `counter` under a 64-bit `key`.
#[inline]
pub const fn philox4x32(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    let mut round = 0;
    while round < 10 {
        let left = MULTIPLIER[0] as u64 * counter[0] as u64;
        let right = MULTIPLIER[1] as u64 * counter[2] as u64;
        counter = [
            (right >> 32) as u32 ^ counter[1] ^ key[0],
            right as u32,
            (left >> 32) as u32 ^ counter[3] ^ key[1],
            left as u32,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        round += 1;
    }
    counter
}

/// The purpose of a random number; two purposes never share a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// Initial weights.
    Init,
    /// The order of the samples in an epoch.
    Shuffle,
    /// Term `n` of a corruption in training.
    Corruption(u8),
    /// Term `n` of a corruption in evaluation, which never uses the masks of training.
    Evaluation(u8),
    /// The split of a data set into parts.
    Split,
    /// A built-in data generator; the number distinguishes generators and their parts.
    Generator(u8),
    /// Resampling of results: the bootstrap, and subsets of labels.
    Resample,
    /// The positions of patches in scenes.
    Patches,
    /// Values drawn for missing cells of a table.
    Imputation,
    /// Dropout of layer `n` in training.
    Dropout(u16),
}

impl Purpose {
    const fn code(self) -> u32 {
        match self {
            Purpose::Init => 0,
            Purpose::Shuffle => 1,
            Purpose::Split => 2,
            Purpose::Resample => 3,
            Purpose::Patches => 4,
            Purpose::Imputation => 5,
            Purpose::Corruption(term) => 0x100 | term as u32,
            Purpose::Evaluation(term) => 0x200 | term as u32,
            Purpose::Generator(part) => 0x300 | part as u32,
            Purpose::Dropout(layer) => 0x1_0000 | layer as u32,
        }
    }
}

/// `q·2³²`: a uniform 32-bit word is smaller with probability q. 64 bits, because q may be 1.
#[inline]
pub(crate) fn threshold(probability: f64) -> u64 {
    (probability * 4_294_967_296.0) as u64
}

/// The random numbers for one seed and one purpose.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    key: [u32; 2],
    purpose: u32,
}

impl Draws {
    /// All random numbers that `seed` gives for `purpose`.
    pub const fn new(seed: u64, purpose: Purpose) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32], purpose: purpose.code() }
    }

    /// The random numbers of one sample in one epoch.
    #[inline]
    #[must_use]
    pub const fn at(self, epoch: u32, sample: u32) -> SampleDraws {
        SampleDraws { key: self.key, counter: [0, sample, epoch, self.purpose] }
    }
}

impl Draws {
    /// The key, and the last word of every counter; the other words are block, sample and epoch.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn key_and_purpose(self) -> ([u32; 2], u32) {
        (self.key, self.purpose)
    }
}

/// Number of blocks computed side by side.
pub(crate) const LANES: usize = 8;

impl Draws {
    /// Block `index` of each of eight samples: word `w` of sample `s` is the low half of `[w][s]`. The high halves are
    /// undefined.
    #[inline(always)]
    pub(crate) fn blocks(self, epoch: u32, samples: &[u64; LANES], index: u32) -> [[u64; LANES]; 4] {
        self.side_by_side(epoch, samples, &[u64::from(index); LANES])
    }

    /// Eight blocks of one sample, starting at `index`: word `w` of block `index + b` is the low half of `[w][b]`.
    #[inline(always)]
    pub(crate) fn consecutive(self, epoch: u32, sample: u32, index: u32) -> [[u64; LANES]; 4] {
        let indices = std::array::from_fn(|b| u64::from(index) + b as u64);
        self.side_by_side(epoch, &[u64::from(sample); LANES], &indices)
    }

    /// Words use 64-bit lanes because a product of two 32-bit words is then one instruction, which ignores the high
    /// halves of its factors.
    #[inline(always)]
    fn side_by_side(self, epoch: u32, samples: &[u64; LANES], indices: &[u64; LANES]) -> [[u64; LANES]; 4] {
        const LOW: u64 = 0xffff_ffff;
        let [left_factor, right_factor] = MULTIPLIER.map(u64::from);
        let mut counter = [*indices, *samples, [u64::from(epoch); LANES], [u64::from(self.purpose); LANES]];
        let mut key = self.key;
        for _ in 0..10 {
            let [k0, k1] = key.map(u64::from);
            let mut next = [[0; LANES]; 4];
            for s in 0..LANES {
                let left = left_factor * (counter[0][s] & LOW);
                let right = right_factor * (counter[2][s] & LOW);
                next[0][s] = (right >> 32) ^ counter[1][s] ^ k0;
                next[1][s] = right;
                next[2][s] = (left >> 32) ^ counter[3][s] ^ k1;
                next[3][s] = left;
            }
            counter = next;
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        counter
    }
}

/// The random numbers of one sample: an unbounded row of 32-bit words, four per block, available in any order.
#[derive(Clone, Copy, Debug)]
pub struct SampleDraws {
    key: [u32; 2],
    counter: [u32; 4],
}

impl SampleDraws {
    /// Words `4·index .. 4·index + 4`.
    #[inline]
    pub const fn block(&self, index: u32) -> [u32; 4] {
        philox4x32([index, self.counter[1], self.counter[2], self.counter[3]], self.key)
    }

    /// The word of component `component`.
    #[inline]
    pub const fn word(&self, component: u32) -> u32 {
        self.block(component / 4)[(component % 4) as usize]
    }

    /// Reads the same words in order, for code that needs an unknown number of them.
    #[must_use]
    pub const fn sequence(self) -> Sequence {
        Sequence { draws: self, block: [0; 4], next: 0 }
    }
}

/// A reader of a sample's words in order. It has 2³² blocks, more than any caller draws.
#[derive(Clone, Debug)]
pub struct Sequence {
    draws: SampleDraws,
    block: [u32; 4],
    next: u64,
}

impl Sequence {
    /// The next 32 random bits.
    #[inline]
    pub fn word(&mut self) -> u32 {
        if self.next.is_multiple_of(4) {
            self.block = self.draws.block((self.next / 4) as u32);
        }
        let word = self.block[(self.next % 4) as usize];
        self.next += 1;
        word
    }

    /// Uniform in `[0, 1)`, with 53 random bits.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        let high = u64::from(self.word()) << 32;
        let bits = (high | u64::from(self.word())) >> 11;
        bits as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in `0..bound`, without bias (Lemire, 2019). A `bound` of 0 gives 0.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        let mut product = u64::from(self.word()) * u64::from(bound);
        if (product as u32) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u32) < threshold {
                product = u64::from(self.word()) * u64::from(bound);
            }
        }
        (product >> 32) as u32
    }

    /// Shuffles `items` (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let chosen = self.below(last as u32 + 1) as usize;
            items.swap(last, chosen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_side_by_side_have_the_numbers_of_each() {
        let draws = Draws::new(0x1234_5678_9abc_def0, Purpose::Corruption(3));
        let samples = [0, 1, 7, 59_999, 60_000, 1 << 31, u64::from(u32::MAX), 3];
        for index in [0, 1, 195, u32::MAX] {
            let side_by_side = draws.blocks(17, &samples, index);
            for (lane, &sample) in samples.iter().enumerate() {
                let alone = draws.at(17, sample as u32).block(index);
                assert_eq!(side_by_side.map(|words| words[lane] as u32), alone);
            }
        }
    }

    #[test]
    fn consecutive_blocks_have_the_numbers_of_each() {
        let draws = Draws::new(0x1234_5678_9abc_def0, Purpose::Dropout(2));
        for index in [0, 8, 1 << 20, u32::MAX - 7] {
            let side_by_side = draws.consecutive(17, 59_999, index);
            for lane in 0..LANES {
                let alone = draws.at(17, 59_999).block(index + lane as u32);
                assert_eq!(side_by_side.map(|words| words[lane] as u32), alone);
            }
        }
    }

    #[test]
    fn philox_gives_the_published_known_answers() {
        // Random123 1.x, tests/kat_vectors, lines "philox4x32 10".
        let rows = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, answer) in rows {
            assert_eq!(philox4x32(counter, key), answer);
        }
    }

    #[test]
    fn purposes_epochs_samples_and_seeds_are_independent_rows() {
        let base = Draws::new(1, Purpose::Corruption(0)).at(0, 0).block(0);
        for other in [
            Draws::new(2, Purpose::Corruption(0)).at(0, 0).block(0),
            Draws::new(1 << 32 | 1, Purpose::Corruption(0)).at(0, 0).block(0),
            Draws::new(1, Purpose::Corruption(1)).at(0, 0).block(0),
            Draws::new(1, Purpose::Evaluation(0)).at(0, 0).block(0),
            Draws::new(1, Purpose::Dropout(0)).at(0, 0).block(0),
            Draws::new(1, Purpose::Corruption(0)).at(1, 0).block(0),
            Draws::new(1, Purpose::Corruption(0)).at(0, 1).block(0),
            Draws::new(1, Purpose::Corruption(0)).at(0, 0).block(1),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_sequence_reads_the_words_in_order() {
        let draws = Draws::new(9, Purpose::Split).at(2, 3);
        let mut sequence = draws.sequence();
        for component in 0..9 {
            assert_eq!(sequence.word(), draws.word(component));
        }
    }

    #[test]
    fn below_is_uniform() {
        let mut sequence = Draws::new(3, Purpose::Resample).at(0, 0).sequence();
        let n = 70_000;
        let mut counts = [0u32; 7];
        for _ in 0..n {
            counts[sequence.below(7) as usize] += 1;
        }
        // Chi-square with 6 degrees of freedom: one seed in a thousand exceeds 22.5.
        let expected = f64::from(n) / 7.0;
        let chi: f64 = counts.iter().map(|&c| (f64::from(c) - expected).powi(2) / expected).sum();
        assert!(chi < 22.5, "chi-square {chi}");
    }

    #[test]
    fn shuffle_is_a_permutation_that_the_seed_decides() {
        let order = |seed| {
            let mut items: Vec<u32> = (0..100).collect();
            Draws::new(seed, Purpose::Shuffle).at(0, 0).sequence().shuffle(&mut items);
            items
        };
        let mut sorted = order(1);
        assert_ne!(sorted, order(2));
        assert_eq!(sorted, order(1));
        sorted.sort_unstable();
        assert!(sorted.iter().enumerate().all(|(i, &v)| v == i as u32));
    }
}
