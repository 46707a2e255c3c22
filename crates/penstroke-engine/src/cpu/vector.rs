//! A vector of floats, so that products are written once for every instruction set.

/// The floats that one instruction processes.
///
/// # Safety
/// The functions may only be called where the processor has the instructions: inside a function that is compiled for
/// them and entered through an [`InstructionSet`](super::isa::InstructionSet). Pointers must be valid for `LANES`
/// floats, at any alignment.
pub(super) unsafe trait Vector: Copy {
    /// Floats in a vector.
    const LANES: usize;
    /// Rows of a two-vector-wide output tile that stay in registers, leaving room for both vectors of the right side
    /// and one element of the left.
    const ROWS: usize;

    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// `self + a·b`, rounded once if the processor can.
    unsafe fn add_product(self, a: Self, b: Self) -> Self;
    /// Prefetches a cache line; any address is allowed.
    #[inline(always)]
    fn prefetch(from: *const f32) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: every x86-64 processor has the instruction, and it never faults.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(from.cast());
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = from;
    }
    /// A bitmask of the nonzero lanes.
    unsafe fn nonzero(self) -> u32;
    /// Four columns of a matrix with as many rows as there are lanes: vector `c` holds column `c`. Row `r` starts at
    /// `start + r·stride`, which must be valid for four floats.
    unsafe fn columns(start: *const f32, stride: usize) -> [Self; 4];
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Vector;
    use std::arch::x86_64::*;

    // SAFETY: these are the instructions of AVX-512F; loads and stores are the unaligned ones.
    unsafe impl Vector for __m512 {
        const LANES: usize = 16;
        const ROWS: usize = 14;

        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            // SAFETY: the caller has AVX-512.
            unsafe { _mm512_set1_ps(value) }
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: the caller has AVX-512 and a valid pointer.
            unsafe { _mm512_loadu_ps(from) }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: the caller has AVX-512 and a valid pointer.
            unsafe { _mm512_storeu_ps(to, self) }
        }

        #[inline(always)]
        unsafe fn add_product(self, a: Self, b: Self) -> Self {
            // SAFETY: the caller has AVX-512.
            unsafe { _mm512_fmadd_ps(a, b, self) }
        }

        #[inline(always)]
        unsafe fn nonzero(self) -> u32 {
            // SAFETY: the caller has AVX-512.
            unsafe { u32::from(_mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(self, _mm512_setzero_ps())) }
        }

        // A quarter of a vector takes four floats of a row, so only pairs and pairs of pairs of rows are exchanged:
        // half the shuffles of a 16×16 transposition.
        #[inline(always)]
        unsafe fn columns(start: *const f32, stride: usize) -> [Self; 4] {
            // SAFETY: the caller has AVX-512 and valid pointers.
            unsafe {
                let rows: [Self; 4] = std::array::from_fn(|r| quarters(start.add(r * stride), 4 * stride));
                let pairs = |a, b| {
                    let (low, high) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
                    (_mm512_castps_pd(low), _mm512_castps_pd(high))
                };
                let ((low0, high0), (low1, high1)) = (pairs(rows[0], rows[1]), pairs(rows[2], rows[3]));
                [
                    _mm512_castpd_ps(_mm512_unpacklo_pd(low0, low1)),
                    _mm512_castpd_ps(_mm512_unpackhi_pd(low0, low1)),
                    _mm512_castpd_ps(_mm512_unpacklo_pd(high0, high1)),
                    _mm512_castpd_ps(_mm512_unpackhi_pd(high0, high1)),
                ]
            }
        }
    }

    /// Loads four floats each from `start`, `start + stride` and so on into the quarters.
    ///
    /// # Safety
    /// The processor has AVX-512, and the pointers are valid.
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn quarters(start: *const f32, stride: usize) -> __m512 {
        // SAFETY: guaranteed by the caller; the loads are the unaligned ones.
        unsafe {
            let quarter = |r: usize| _mm_loadu_ps(start.add(r * stride));
            let quarters = _mm512_castps128_ps512(quarter(0));
            let quarters = _mm512_insertf32x4::<1>(quarters, quarter(1));
            let quarters = _mm512_insertf32x4::<2>(quarters, quarter(2));
            _mm512_insertf32x4::<3>(quarters, quarter(3))
        }
    }

    // SAFETY: these are the instructions of AVX2 and FMA; loads and stores are the unaligned ones.
    unsafe impl Vector for __m256 {
        const LANES: usize = 8;
        const ROWS: usize = 6;

        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            // SAFETY: the caller has AVX2.
            unsafe { _mm256_set1_ps(value) }
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: the caller has AVX2 and a valid pointer.
            unsafe { _mm256_loadu_ps(from) }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: the caller has AVX2 and a valid pointer.
            unsafe { _mm256_storeu_ps(to, self) }
        }

        #[inline(always)]
        unsafe fn add_product(self, a: Self, b: Self) -> Self {
            // SAFETY: the caller has FMA.
            unsafe { _mm256_fmadd_ps(a, b, self) }
        }

        #[inline(always)]
        unsafe fn nonzero(self) -> u32 {
            // SAFETY: the caller has AVX.
            unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NEQ_UQ>(self, _mm256_setzero_ps())) as u32 }
        }

        #[inline(always)]
        unsafe fn columns(start: *const f32, stride: usize) -> [Self; 4] {
            // SAFETY: the caller has AVX2 and valid pointers.
            unsafe {
                let half = |r: usize| _mm_loadu_ps(start.add(r * stride));
                let rows: [Self; 4] = std::array::from_fn(|r| _mm256_set_m128(half(4 + r), half(r)));
                let pairs = |a, b| {
                    let (low, high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
                    (_mm256_castps_pd(low), _mm256_castps_pd(high))
                };
                let ((low0, high0), (low1, high1)) = (pairs(rows[0], rows[1]), pairs(rows[2], rows[3]));
                [
                    _mm256_castpd_ps(_mm256_unpacklo_pd(low0, low1)),
                    _mm256_castpd_ps(_mm256_unpackhi_pd(low0, low1)),
                    _mm256_castpd_ps(_mm256_unpacklo_pd(high0, high1)),
                    _mm256_castpd_ps(_mm256_unpackhi_pd(high0, high1)),
                ]
            }
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use super::Vector;
    use std::arch::aarch64::*;

    // SAFETY: every 64-bit ARM processor has NEON; its loads and stores take any alignment.
    unsafe impl Vector for float32x4x2_t {
        const LANES: usize = 8;
        const ROWS: usize = 6;

        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            // SAFETY: the processor has NEON.
            unsafe { float32x4x2_t(vdupq_n_f32(value), vdupq_n_f32(value)) }
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: the processor has NEON, and the caller a valid pointer.
            unsafe { float32x4x2_t(vld1q_f32(from), vld1q_f32(from.add(4))) }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: the processor has NEON, and the caller a valid pointer.
            unsafe {
                vst1q_f32(to, self.0);
                vst1q_f32(to.add(4), self.1);
            }
        }

        #[inline(always)]
        unsafe fn add_product(self, a: Self, b: Self) -> Self {
            // SAFETY: the processor has NEON.
            unsafe { float32x4x2_t(vfmaq_f32(self.0, a.0, b.0), vfmaq_f32(self.1, a.1, b.1)) }
        }

        #[inline(always)]
        unsafe fn nonzero(self) -> u32 {
            let bits = [1, 2, 4, 8];
            // SAFETY: the processor has NEON; four words are loaded from an array of four.
            unsafe {
                let bits = vld1q_u32(bits.as_ptr());
                let zeros = |v| vaddvq_u32(vandq_u32(vceqzq_f32(v), bits));
                !(zeros(self.0) | zeros(self.1) << 4) & 0xff
            }
        }

        #[inline(always)]
        unsafe fn columns(start: *const f32, stride: usize) -> [Self; 4] {
            // SAFETY: the processor has NEON, and the caller valid pointers.
            unsafe {
                let half = |first: usize| {
                    let rows: [_; 4] = std::array::from_fn(|r| vld1q_f32(start.add((first + r) * stride)));
                    let (a, b) = (vtrnq_f32(rows[0], rows[1]), vtrnq_f32(rows[2], rows[3]));
                    let wide = |v| vreinterpretq_f64_f32(v);
                    let joined = |low: float64x2_t| vreinterpretq_f32_f64(low);
                    [
                        joined(vtrn1q_f64(wide(a.0), wide(b.0))),
                        joined(vtrn1q_f64(wide(a.1), wide(b.1))),
                        joined(vtrn2q_f64(wide(a.0), wide(b.0))),
                        joined(vtrn2q_f64(wide(a.1), wide(b.1))),
                    ]
                };
                let (low, high) = (half(0), half(4));
                std::array::from_fn(|c| float32x4x2_t(low[c], high[c]))
            }
        }
    }
}

/// Plain Rust, which every compiler turns into some vector instruction or none. It rounds after multiplying and after
/// adding.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; 4]);

// SAFETY: plain Rust needs no instructions of its own; the pointers are read and written as arrays of f32, unaligned.
unsafe impl Vector for Portable {
    const LANES: usize = 4;
    const ROWS: usize = 6;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's pointer is valid for four floats.
        Self(unsafe { from.cast::<[f32; 4]>().read() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's pointer is valid for four floats.
        unsafe { to.cast::<[f32; 4]>().write(self.0) }
    }

    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        let mut sum = self.0;
        for (sum, (a, b)) in sum.iter_mut().zip(a.0.iter().zip(b.0)) {
            *sum += a * b;
        }
        Self(sum)
    }

    #[inline(always)]
    unsafe fn nonzero(self) -> u32 {
        (0..4).map(|lane| u32::from(self.0[lane] != 0.0) << lane).sum()
    }

    #[inline(always)]
    unsafe fn columns(start: *const f32, stride: usize) -> [Self; 4] {
        // SAFETY: the caller's pointers are valid for four floats.
        let rows: [Self; 4] = std::array::from_fn(|r| unsafe { Self::load(start.add(r * stride)) });
        std::array::from_fn(|c| Self(rows.map(|row| row.0[c])))
    }
}
