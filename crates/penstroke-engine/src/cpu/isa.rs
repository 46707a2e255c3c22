//! The processor's vector instructions, detected once, and loops compiled for each set.
//!
//! A kernel is an ordinary loop. [`kernel!`] compiles it for each [`InstructionSet`] and calls the version for the set
//! that the engine was opened with. The compiler never contracts multiplications and additions, so all sets give the
//! same bits.

/// A set of vector instructions that this processor is known to have.
///
/// ```
/// use penstroke_engine::InstructionSet;
/// let best = InstructionSet::detect();
/// assert_eq!(InstructionSet::named(best.name()), Some(best));
/// assert!(InstructionSet::all().any(|set| set.name() == "portable"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstructionSet(Kind);

/// Private, so that an [`InstructionSet`] proves that its instructions exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
    Portable,
}

impl InstructionSet {
    /// All sets that this processor has, best first; `portable`, plain Rust, is the last.
    pub fn all() -> impl Iterator<Item = Self> {
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
            #[cfg(target_arch = "aarch64")]
            (Kind::Neon, true),
            (Kind::Portable, true),
        ];
        kinds.into_iter().filter(|(_, there)| *there).map(|(kind, _)| Self(kind))
    }

    /// The best set that this processor has.
    pub fn detect() -> Self {
        Self::all().next().unwrap_or(Self(Kind::Portable))
    }

    /// The set named `avx512`, `avx2`, `neon` or `portable`, if this processor has it.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|set| set.name() == name)
    }

    pub(super) fn kind(self) -> Kind {
        self.0
    }

    /// `avx512`, `avx2`, `neon` or `portable`.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => "neon",
            Kind::Portable => "portable",
        }
    }
}

/// Compiles a function for every instruction set. `kernel! { fn name(arguments) -> result { … } }` defines `name(isa,
/// arguments)`; with `fn name<V>`, the body may use the set's [`Vector`](super::vector::Vector) as `V`.
macro_rules! kernel {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $crate::cpu::isa::kernel! {
            $(#[$meta])* $vis fn $name<_V>($($arg: $ty),*) $(-> $ret)? $body
        }
    };
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$v:ident>($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        $vis fn $name(isa: $crate::cpu::isa::InstructionSet, $($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn body<$v: $crate::cpu::vector::Vector>($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            fn avx512($($arg: $ty),*) $(-> $ret)? { body::<std::arch::x86_64::__m512>($($arg),*) }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $ty),*) $(-> $ret)? { body::<std::arch::x86_64::__m256>($($arg),*) }

            match isa.kind() {
                // SAFETY: a set of this kind exists only where the processor has these instructions.
                #[cfg(target_arch = "x86_64")]
                $crate::cpu::isa::Kind::Avx512 => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::cpu::isa::Kind::Avx2 => unsafe { avx2($($arg),*) },
                #[cfg(target_arch = "aarch64")]
                $crate::cpu::isa::Kind::Neon => body::<std::arch::aarch64::float32x4x2_t>($($arg),*),
                $crate::cpu::isa::Kind::Portable => body::<$crate::cpu::vector::Portable>($($arg),*),
            }
        }
    };
}
pub(crate) use kernel;
