//! Advanced Matrix Extensions (Intel, 2023): products of bf16 tiles, summed in f32 by a dedicated unit.
//!
//! Each of eight registers holds a tile of 16 rows by 64 bytes. One instruction adds the product of a tile `(16, 32)`
//! of bf16 and a tile of 16 pairs of rows `(32, 16)` to a tile `(16, 16)` of f32. (Intel, Architecture Instruction Set
//! Extensions Programming Reference, chapter 3.) Here four tiles of sums form one block of 32 by 32.
//!
//! The compiler knows these registers only by name, so the instructions are inline assembly. A program compiled for
//! another processor never uses them otherwise, so sums stay in them between one piece of assembly and the next.

use super::halves::{Direction, Halves};
use crate::cpu::panel::{Row, WIDTH};
use std::cell::Cell;
use std::marker::PhantomData;

/// Proof that this process may use the tile registers for bf16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amx(());

impl Amx {
    /// Queries the processor, then asks the system for permission, which applies to all threads started later.
    pub(super) fn detect() -> Option<Self> {
        (processor_has_it() && system_permits_it()).then_some(Self(()))
    }
}

fn processor_has_it() -> bool {
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    const OSXSAVE: u32 = 1 << 27;
    const TILES_AND_BF16: u32 = 1 << 24 | 1 << 22;
    // SAFETY: every processor of this architecture has the instruction. Later compilers take it for safe.
    #[allow(unused_unsafe)]
    let (leaves, first, seventh) = unsafe { (__cpuid(0).eax, __cpuid(1).ecx, __cpuid_count(7, 0).edx) };
    leaves >= 7 && first & OSXSAVE != 0 && seventh & TILES_AND_BF16 == TILES_AND_BF16 && system_saves_tiles()
}

/// Whether the system saves the tile registers on context switches: bits 17 and 18 of control register 0.
fn system_saves_tiles() -> bool {
    const CONFIGURATION_AND_DATA: u32 = 1 << 17 | 1 << 18;
    let low: u32;
    // SAFETY: the caller has checked OSXSAVE, so xgetbv exists; it reads a register.
    unsafe {
        std::arch::asm!("xgetbv", in("ecx") 0, out("eax") low, out("edx") _, options(nomem, nostack, preserves_flags));
    }
    low & CONFIGURATION_AND_DATA == CONFIGURATION_AND_DATA
}

/// Linux grants the 8 KiB of tile registers to processes that ask (`Documentation/arch/x86/xstate.rst`). Asking again
/// is harmless.
fn system_permits_it() -> bool {
    const ARCH_PRCTL: u64 = 158;
    const REQUEST_PERMISSION: u64 = 0x1023;
    const TILE_DATA: u64 = 18;
    let result: u64;
    // SAFETY: this system call takes two numbers and touches no memory of the process; it may change rcx and r11.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => result,
            in("rdi") REQUEST_PERMISSION,
            in("rsi") TILE_DATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result == 0
}

/// The operand of `ldtilecfg`.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    bytes_per_row: [u16; 16],
    rows: [u8; 16],
}

/// All eight registers at full size.
static WHOLE_TILES: Configuration = {
    let mut bytes_per_row = [0; 16];
    let mut rows = [0; 16];
    let mut register = 0;
    while register < 8 {
        bytes_per_row[register] = 64;
        rows[register] = 16;
        register += 1;
    }
    Configuration { palette: 1, start_row: 0, reserved: [0; 14], bytes_per_row, rows }
};

thread_local! {
    /// Whether this thread has taken its registers.
    static TAKEN: Cell<bool> = const { Cell::new(false) };
}

/// This thread's tile registers, configured until dropped. (Configuring and releasing takes some 90 ns; released
/// registers do not slow context switches.)
pub(super) struct Tiles {
    /// Not `Send`: another thread's registers would not be configured.
    _of_this_thread: PhantomData<*const ()>,
}

impl Tiles {
    /// # Panics
    /// If this thread has already taken them: dropping one would release the other.
    pub(super) fn take(_: Amx) -> Self {
        assert!(!TAKEN.replace(true), "the tile registers are taken");
        // SAFETY: the proof says that the instruction exists and is permitted; it reads the 64 bytes of a static.
        unsafe {
            std::arch::asm!("ldtilecfg [{}]", in(reg) &raw const WHOLE_TILES, options(nostack, readonly, preserves_flags));
        }
        Self { _of_this_thread: PhantomData }
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: the registers were taken, so the instruction exists; their contents are not needed.
        unsafe { std::arch::asm!("tilerelease", options(nostack, nomem, preserves_flags)) }
        TAKEN.set(false);
    }
}

/// The distance in bytes between rows of a block of halves as a left side, and of a block of floats or pairs.
const LEFT_STRIDE: usize = 2 * WIDTH;
const WIDE_STRIDE: usize = 4 * WIDTH;

impl Tiles {
    /// Clears the block of sums, registers 0 to 3.
    #[inline(always)]
    pub(super) fn clear(&self) {
        // SAFETY: the registers are taken.
        unsafe {
            std::arch::asm!(
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                options(nostack, nomem, preserves_flags),
            );
        }
    }

    /// Adds the products of pairs of blocks to the block of sums, in either order.
    #[inline(always)]
    pub(super) fn add(&self, left: &[Halves], right: &[Halves], direction: Direction) {
        let n = left.len().min(right.len());
        let (first, stride) = match direction {
            _ if n == 0 => return,
            Direction::Forwards => (0, size_of::<Halves>() as isize),
            Direction::Backwards => (n - 1, -(size_of::<Halves>() as isize)),
        };
        // SAFETY: the registers are taken. There are n blocks on either side, starting at the first. Sixteen rows at
        // the stride of each side, 64 bytes each, are inside a block: a left side is two tiles one above the other, a
        // right side is two tiles side by side.
        unsafe {
            std::arch::asm!(
                "2:",
                "tileloadd tmm4, [{left} + {left_stride}]",
                "tileloadd tmm6, [{right} + {right_stride}]",
                "tdpbf16ps tmm0, tmm4, tmm6",
                "tileloadd tmm7, [{right} + {right_stride} + 64]",
                "tdpbf16ps tmm1, tmm4, tmm7",
                "tileloadd tmm5, [{left} + {left_stride} + 1024]",
                "tdpbf16ps tmm2, tmm5, tmm6",
                "tdpbf16ps tmm3, tmm5, tmm7",
                "add {left}, {stride}",
                "add {right}, {stride}",
                "dec {n}",
                "jnz 2b",
                left = inout(reg) left.as_ptr().add(first) => _,
                right = inout(reg) right.as_ptr().add(first) => _,
                n = inout(reg) n => _,
                stride = in(reg) stride,
                left_stride = in(reg) LEFT_STRIDE,
                right_stride = in(reg) WIDE_STRIDE,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, readonly),
            );
        }
    }

    /// Stores the block of sums.
    #[inline(always)]
    pub(super) fn store(&self, out: &mut [Row; WIDTH]) {
        // SAFETY: the registers are taken; the four tiles are the quarters of the block.
        unsafe {
            std::arch::asm!(
                "tilestored [{out} + {stride}], tmm0",
                "tilestored [{out} + {stride} + 64], tmm1",
                "tilestored [{out} + {stride} + 2048], tmm2",
                "tilestored [{out} + {stride} + 2112], tmm3",
                out = in(reg) out,
                stride = in(reg) WIDE_STRIDE,
                options(nostack, preserves_flags),
            );
        }
    }
}
