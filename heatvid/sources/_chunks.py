"""Arrays stored in chunks: which of them some values lie in, decoded straight into their place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from heatvid._frames import AnyArray
from heatvid.sources._reused import ReusedMemory

Index = tuple[int | slice, ...]


class ChunkGrid:
    """Reads parts of an array of chunks of one shape, from any thread.

    Parameters
    ----------
    shape, chunks : tuple of int
        Of the array, and of one chunk; those at the ends are as large as the others.
    dtype : numpy.dtype
        As it is stored, in any byte order.
    fill : number
        What chunks hold that were never written.
    decode : callable
        Of where a chunk begins, and memory for it, C-contiguous and of ``dtype``, which it fills;
        False where the chunk was never written.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        chunks: tuple[int, ...],
        dtype: np.dtype[Any],
        fill: Any,
        decode: Callable[[tuple[int, ...], AnyArray], bool],
    ) -> None:
        self._shape, self._chunks, self._dtype = shape, chunks, dtype
        self._fill, self._decode = fill, decode
        self._memory = ReusedMemory(math.prod(chunks) * dtype.itemsize)

    def read(self, index: Index, out: AnyArray) -> None:
        """Fill ``out``, native, with what an array gives for one integer or slice a dimension."""
        spans = [
            slice(i, i + 1) if isinstance(i, int) else slice(*i.indices(n))
            for i, n in zip(index, self._shape, strict=True)
        ]
        stored = out.view(self._dtype).reshape([s.stop - s.start for s in spans])
        for corner in self._corners(spans):
            theirs, ours = self._overlap(corner, spans)
            self._place(corner, theirs, stored[ours])
        if not self._dtype.isnative:
            out.byteswap(inplace=True)

    def _place(self, corner: tuple[int, ...], theirs: tuple[slice, ...], place: AnyArray) -> None:
        """Decode the wanted part of one chunk."""
        if place.shape == self._chunks and place.flags.c_contiguous:
            if not self._decode(corner, place):
                place[...] = self._fill
            return
        chunk = self._memory.array(self._chunks, self._dtype)
        place[...] = chunk[theirs] if self._decode(corner, chunk) else self._fill

    def _corners(self, spans: Sequence[slice]) -> Iterator[tuple[int, ...]]:
        """Where the chunks begin that some of the wanted values lie in."""
        return product(*(
            range(s.start // n * n, s.stop, n) for s, n in zip(spans, self._chunks, strict=True)
        ))  # fmt: skip

    def _overlap(
        self, corner: tuple[int, ...], spans: Sequence[slice]
    ) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        """Which part of a chunk is wanted, and where it belongs."""
        theirs, ours = [], []
        for begin, length, span in zip(corner, self._chunks, spans, strict=True):
            low, high = max(begin, span.start), min(begin + length, span.stop)
            theirs.append(slice(low - begin, high - begin))
            ours.append(slice(low - span.start, high - span.start))
        return tuple(theirs), tuple(ours)


def place_bytes(pieces: Iterable[Any], out: AnyArray, width: int = 1) -> None:
    """Fill ``out``, C-contiguous, with bytes that come one piece after the other.

    Where they were shuffled, ``width`` is that of a value: all first bytes of values come together,
    then all second ones.
    """
    values = out.reshape(-1).view(np.uint8).reshape(-1, width)
    begin = 0
    for piece in pieces:
        flat = np.frombuffer(piece, np.uint8)
        while flat.size:
            byte, first = divmod(begin, len(values))
            part = flat[: len(values) - first]
            values[first : first + part.size, byte] = part
            flat, begin = flat[part.size :], begin + part.size


def shape_of(index: Index) -> tuple[int, ...]:
    """The shape that an index of integers and bounded slices gives."""
    return tuple(i.stop - i.start for i in index if isinstance(i, slice))
