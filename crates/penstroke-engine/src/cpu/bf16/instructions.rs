//! The instructions that multiply bf16, detected once.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
use super::amx::Amx;
use crate::cpu::isa::InstructionSet;

/// bf16 instructions that this processor is known to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cpu) struct Bf16Instructions(Kind);

/// Private, so that a [`Bf16Instructions`] proves that its instructions exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Tiles, with AVX-512 with bf16 for everything else.
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    Amx(Amx),
    /// AVX-512 with bf16.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// Plain loops, for comparison, and for tests on other machines.
    Plain,
}

impl Bf16Instructions {
    /// Everything that this processor supports, best first, plain loops last.
    pub(in crate::cpu) fn all() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bf16");
        let kinds = [
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            if avx512 { Amx::detect().map(Kind::Amx) } else { None },
            #[cfg(target_arch = "x86_64")]
            avx512.then_some(Kind::Avx512),
            Some(Kind::Plain),
        ];
        kinds.into_iter().flatten().map(Self)
    }

    /// The best that works with `instructions`; only AVX-512 has any.
    pub(in crate::cpu) fn with(instructions: InstructionSet) -> Option<Self> {
        Self::all().find(|bf16| bf16.0 != Kind::Plain).filter(|_| instructions.name() == "avx512")
    }

    pub(super) fn kind(self) -> Kind {
        self.0
    }

    /// The share of nonzero input components below which skipping zeros in single precision is faster than bf16; 0 with
    /// tiles, where it never is. See `docs/speed.md`.
    pub(in crate::cpu) fn sparse_below(self) -> f64 {
        match self.0 {
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            Kind::Amx(_) => 0.0,
            _ => 0.25,
        }
    }

    /// Their name.
    pub(in crate::cpu) fn name(self) -> &'static str {
        match self.0 {
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            Kind::Amx(_) => "amx-bf16",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512-bf16",
            Kind::Plain => "plain",
        }
    }
}
