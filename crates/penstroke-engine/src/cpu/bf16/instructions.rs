//! Which instructions multiply bf16, asked once.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
use crate::cpu::amx::Amx;
use crate::cpu::level::InstructionSet;

/// Instructions for bf16 that this processor is known to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cpu) struct Bf16Instructions(Kind);

/// Kept private, so that a [`Bf16Instructions`] proves that its instructions exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Tiles, and AVX-512 with bf16 for everything else.
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    Amx(Amx),
    /// AVX-512 with bf16.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// Plain loops, so that tests run on any machine.
    #[cfg(test)]
    Plain,
}

impl Bf16Instructions {
    /// All that this processor has, the best first. Tests also get plain loops.
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
            #[cfg(test)]
            Some(Kind::Plain),
            None,
        ];
        kinds.into_iter().flatten().map(Self)
    }

    /// Those that go with other instructions, the best first: with AVX-512, or none.
    pub(in crate::cpu) fn among(instructions: InstructionSet) -> impl Iterator<Item = Self> {
        let wanted = instructions.name() == "avx512";
        Self::all().filter(move |bf16| wanted && bf16.name() != "plain")
    }

    pub(super) fn kind(self) -> Kind {
        self.0
    }

    /// Whether AVX-512 is there, with bf16; tiles do not come without.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn have_avx512(self) -> bool {
        match self.0 {
            #[cfg(target_os = "linux")]
            Kind::Amx(_) => true,
            Kind::Avx512 => true,
            #[cfg(test)]
            Kind::Plain => false,
        }
    }

    /// For people.
    pub(in crate::cpu) fn name(self) -> &'static str {
        match self.0 {
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            Kind::Amx(_) => "amx-bf16",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512-bf16",
            #[cfg(test)]
            Kind::Plain => "plain",
        }
    }
}
