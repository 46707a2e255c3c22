//! Which vector instructions the processor has, asked once, and loops compiled for each.
//!
//! A kernel is an ordinary loop. [`kernel!`] compiles it once for each [`Level`] and calls the one that the engine was
//! opened with. Multiplications and additions are never contracted, so that all levels give the same bits.

/// A set of vector instructions that this processor is known to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level(Kind);

/// Kept private, so that a [`Level`] proves that its instructions exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Baseline,
}

impl Level {
    /// All that this processor has, the best first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let kinds = [
            #[cfg(target_arch = "x86_64")]
            (Kind::Avx512, {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("fma")
            }),
            #[cfg(target_arch = "x86_64")]
            (Kind::Avx2, is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")),
            (Kind::Baseline, true),
        ];
        kinds.into_iter().filter(|(_, there)| *there).map(|(kind, _)| Self(kind))
    }

    /// The best that this processor has.
    pub(crate) fn detect() -> Self {
        Self::all().next().unwrap_or(Self(Kind::Baseline))
    }

    pub(super) fn kind(self) -> Kind {
        self.0
    }

    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            Kind::Baseline => "baseline",
        }
    }
}

/// Compiles a loop for every level: `kernel! { fn name(arguments) -> result { … } }` makes `name(level, arguments)`.
macro_rules! kernel {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        $vis fn $name(level: $crate::cpu::level::Level, $($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn body($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            fn avx512($($arg: $ty),*) $(-> $ret)? { body($($arg),*) }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $ty),*) $(-> $ret)? { body($($arg),*) }

            match level.kind() {
                // SAFETY: a level of this kind is only made where the processor has these instructions.
                #[cfg(target_arch = "x86_64")]
                $crate::cpu::level::Kind::Avx512 => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::cpu::level::Kind::Avx2 => unsafe { avx2($($arg),*) },
                $crate::cpu::level::Kind::Baseline => body($($arg),*),
            }
        }
    };
}
pub(crate) use kernel;
