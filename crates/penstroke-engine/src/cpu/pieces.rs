//! Splits slices into disjoint pieces, one for each part of a job.

/// Something that can be split into disjoint pieces.
///
/// # Safety
/// Pieces of different parts must not overlap, and a part past the end must get an empty piece.
pub(crate) unsafe trait Divide: Sync {
    /// The data that one part of a job owns.
    type Piece;

    /// The number of pieces.
    fn n_parts(&self) -> usize;

    /// The piece of one part.
    ///
    /// # Safety
    /// A part must not be requested again while its piece lives. `part` may be past `n_parts()`: in a tuple, the first
    /// member alone determines the number of parts.
    unsafe fn piece(&self, part: usize) -> Self::Piece;
}

/// A slice split into pieces of equal length (the last may be shorter).
pub(crate) struct Pieces<'a, T> {
    start: *mut T,
    len: usize,
    piece: usize,
    _slice: std::marker::PhantomData<&'a mut [T]>,
}

impl<'a, T> Pieces<'a, T> {
    pub(crate) fn new(slice: &'a mut [T], piece: usize) -> Self {
        assert!(piece > 0 || slice.is_empty(), "pieces need a length");
        Self { start: slice.as_mut_ptr(), len: slice.len(), piece, _slice: std::marker::PhantomData }
    }
}

// SAFETY: it stands for a `&mut [T]` whose disjoint pieces go to different threads.
unsafe impl<T: Send> Sync for Pieces<'_, T> {}

// SAFETY: piece `p` is `p·piece .. min((p+1)·piece, len)`, which is empty past the end.
unsafe impl<'a, T: Send> Divide for Pieces<'a, T> {
    type Piece = &'a mut [T];

    fn n_parts(&self) -> usize {
        if self.len == 0 { 0 } else { self.len.div_ceil(self.piece) }
    }

    unsafe fn piece(&self, part: usize) -> &'a mut [T] {
        let from = part.saturating_mul(self.piece).min(self.len);
        let len = self.piece.min(self.len - from);
        // SAFETY: within the slice by the two lines above, and given out once by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(from), len) }
    }
}

/// A slice of nested blocks: `outer` elements form a block, and a piece gets `inner` elements from each of `G`
/// neighbouring blocks (at the ends, a piece's slices may be short or empty).
pub(crate) struct Blocks<'a, T, const G: usize> {
    start: *mut T,
    outer: usize,
    inner: usize,
    n_outer: usize,
    n_inner: usize,
    parts: Parts,
    _slice: std::marker::PhantomData<&'a mut [T]>,
}

/// The order of parts in [`Blocks`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parts {
    /// All of the first group of blocks, then the next group.
    AlongBlocks,
    /// The first piece of every group of blocks, then the second of each.
    AcrossBlocks,
}

impl<'a, T, const G: usize> Blocks<'a, T, G> {
    /// Splits `slice`, a whole number of blocks of `outer` elements; an empty one gives empty pieces.
    pub(crate) fn new(slice: &'a mut [T], outer: usize, inner: usize, parts: Parts) -> Self {
        assert!(outer > 0 && inner > 0, "blocks need a length");
        assert!(slice.len().is_multiple_of(outer), "whole blocks");
        Self {
            start: slice.as_mut_ptr(),
            outer,
            inner,
            n_outer: slice.len() / outer,
            n_inner: outer.div_ceil(inner),
            parts,
            _slice: std::marker::PhantomData,
        }
    }
}

// SAFETY: it stands for a `&mut [T]` whose disjoint pieces go to different threads.
unsafe impl<T: Send, const G: usize> Sync for Blocks<'_, T, G> {}

// SAFETY: parts correspond one to one to (group of blocks, position within a block), and positions within a block do
// not overlap. Past the last part, the group or the position is past the end, and every slice is empty.
unsafe impl<'a, T: Send, const G: usize> Divide for Blocks<'a, T, G> {
    type Piece = [&'a mut [T]; G];

    fn n_parts(&self) -> usize {
        self.n_outer.div_ceil(G) * self.n_inner
    }

    unsafe fn piece(&self, part: usize) -> Self::Piece {
        let n_groups = self.n_outer.div_ceil(G).max(1);
        let (group, place) = match self.parts {
            Parts::AlongBlocks => (part / self.n_inner, part % self.n_inner),
            Parts::AcrossBlocks => (part % n_groups, part / n_groups),
        };
        std::array::from_fn(|k| {
            let block = group.saturating_mul(G).saturating_add(k);
            let from = place.saturating_mul(self.inner).min(self.outer);
            if block >= self.n_outer {
                return &mut [][..];
            }
            let len = self.inner.min(self.outer - from);
            // SAFETY: the block is inside the slice and `from + len` inside the block; the caller guarantees that it is
            // given out once.
            unsafe { std::slice::from_raw_parts_mut(self.start.add(block * self.outer + from), len) }
        })
    }
}

/// A number of parts without data; as the first member of a tuple, it determines the number of parts.
pub(crate) struct Count(pub(crate) usize);

// SAFETY: there is nothing to overlap.
unsafe impl Divide for Count {
    type Piece = ();

    fn n_parts(&self) -> usize {
        self.0
    }

    unsafe fn piece(&self, _: usize) {}
}

macro_rules! divide_together {
    ($($name:ident $index:tt),*) => {
        // SAFETY: each member's pieces are disjoint. The first member determines the number of parts; a member with
        // fewer parts gives empty pieces past its end.
        unsafe impl<$($name: Divide),*> Divide for ($($name,)*) {
            type Piece = ($($name::Piece,)*);

            fn n_parts(&self) -> usize {
                self.0.n_parts()
            }

            unsafe fn piece(&self, part: usize) -> Self::Piece {
                // SAFETY: the caller's guarantee applies to every member; each accepts parts past its end.
                unsafe { ($(self.$index.piece(part),)*) }
            }
        }
    };
}
divide_together!(A 0, B 1);
divide_together!(A 0, B 1, C 2);
divide_together!(A 0, B 1, C 2, D 3);
divide_together!(A 0, B 1, C 2, D 3, E 4);
divide_together!(A 0, B 1, C 2, D 3, E 4, F 5);
