"""Rows of the table where a norm bends the scale: a search for the last break, with numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.jit.primitives import array_at, bitcast

BUCKET_BITS = (12, 13, 14, 15)  # of the first level of a search for breaks; tables stay in L2


class Search:
    """Where breaks lie: buckets of values in their order, and the breaks in them.

    Buckets span the second break to the last, the first bucket aside, which holds all below: a
    logarithm has its first break at zero. They are equally wide, if none then holds more than one
    break; else the finite numbers, in their order as whole numbers (:func:`_keys`), are cut into
    equal parts, which are the narrower the nearer they are to zero.

    Attributes
    ----------
    starts : ndarray
        The breaks between finite numbers, then NaN, which no value is above.
    buckets : ndarray, uint32
        Breaks that begin before each bucket.
    even : (float, float) or None
        Of buckets that are equally wide, where the second begins, and how many there are to 1.
    numbers : ndarray, shape (3,), uint64
        Of keys, the sign's bit; the one that the second bucket begins at; how many bits the keys
        of one bucket differ in.
    depth : int
        Steps of a bisection of the fullest bucket.
    """

    def __init__(self, starts: AnyArray) -> None:
        inner = starts[1:-1] if len(starts) > 2 else starts[:1]
        self.even = self._cut_evenly(inner)
        if self.even is None:
            self._cut_keys(inner, 1 << (8 * starts.itemsize - 1))
        beyond = np.full(1 << self.depth, np.nan, starts.dtype)
        self.starts = np.concatenate([inner[: len(starts) - 2], beyond])

    def _cut_evenly(self, breaks: AnyArray) -> tuple[float, float] | None:
        lowest = breaks[min(1, len(breaks) - 1)]
        with np.errstate(all="ignore"):
            for bits in BUCKET_BITS:
                count = breaks.dtype.type(1 << bits)
                scale = count / (breaks[-1] - lowest)
                if not 0 < scale < np.inf:
                    return None
                # In the arithmetic of index_even, which rises with the values, whatever it rounds.
                places = np.clip((breaks - lowest) * scale + 1, 0, count).astype(np.intp)
                if len(np.unique(places)) == len(places):
                    self.depth = 1
                    before = np.searchsorted(places, np.arange((1 << bits) + 1), side="left")
                    self.buckets = before.astype(np.uint32)
                    return float(lowest), float(scale)
        return None

    def _cut_keys(self, breaks: AnyArray, sign: int) -> None:
        keys = _keys(breaks)
        lowest = keys[min(1, len(keys) - 1)]
        span = int(keys[-1] - lowest)
        for bits in BUCKET_BITS:
            shift = max(0, span.bit_length() - bits)
            edges = np.arange((span >> shift) + 1, dtype=np.uint64) << np.uint64(shift)
            edges += lowest
            before = np.searchsorted(keys, edges, side="left")
            buckets = np.concatenate([[0], before, [len(keys)]])
            fullest = int(np.diff(buckets).max())
            if fullest <= 1:
                break
        self.numbers = np.array([sign, int(lowest), shift], np.uint64)
        self.buckets = buckets[:-1].astype(np.uint32)
        self.depth = fullest.bit_length()


def _keys(values: AnyArray) -> NDArray[np.uint64]:
    """Whole numbers in the order of the values, one apart where nothing lies between."""
    bits = 8 * values.itemsize
    words = (values + values.dtype.type(0)).view(f"u{values.itemsize}").astype(np.uint64)
    sign = np.uint64(1 << (bits - 1))
    keys: NDArray[np.uint64] = np.where(
        words & sign, np.uint64((1 << bits) - 1) - words, words | sign
    )
    return keys


@kernel
def ended(x: Any, row: Any, bottom: Any, top: Any, bad: Any) -> Any:
    """The row of a finite value, or that of an infinity or of NaN."""
    row = bottom if x == -np.inf else row
    row = top if x == np.inf else row
    return bad if x != x else row


@kernel
def index_even(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    starts: AnyArray,
    rows: AnyArray,
    buckets: NDArray[np.uint32],
    lowest: float,
    scale: float,
    nan_row: int,
    out: AnyArray,
) -> None:
    """The row of the last break that is not above the value, by buckets of at most one break.

    ``rows`` also has, first and last, those of infinities.
    """
    height, width = out.shape
    kind = starts.dtype
    low, step, last = kind.type(lowest), kind.type(scale), kind.type(len(buckets) - 1)
    bottom, top, bad = rows[0], rows[len(rows) - 1], out.dtype.type(nan_row)
    zero, one = kind.type(0), kind.type(1)
    for r in range(height):
        line, result = array_at(address + r * stride, width, dtype), out[r]
        for i in range(width):
            x = kind.type(line[i])
            place = (x - low) * step + one
            place = place if place > zero else zero  # NaN too, before it becomes an integer
            bucket = buckets[np.uint32(np.int32(place if place < last else last))]
            row = rows[bucket + np.uint32(1) + np.uint32(starts[bucket] <= x)]
            result[i] = ended(x, row, bottom, top, bad)


@kernel
def bucket_of(x: Any, word: np.dtype[Any], sign: Any, lowest: Any, shift: Any, last: Any) -> Any:
    """The bucket of a value, NaN aside; see :class:`Search`."""
    bits = bitcast(x, word)
    key = word.type(~bits if bits & sign else bits | sign)
    bucket = word.type(word.type(word.type(key - lowest) >> shift) + word.type(1))
    bucket = bucket if bucket < last else last
    return bucket if key >= lowest else word.type(0)


@kernel
def index_breaks(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    word: np.dtype[Any],
    starts: AnyArray,
    rows: AnyArray,
    buckets: NDArray[np.uint32],
    numbers: NDArray[np.uint64],
    depth: int,
    nan_row: int,
    out: AnyArray,
) -> None:
    """The row of the last break that is not above the value, by bucket and bisection.

    ``rows`` also has, first and last, those of infinities.
    """
    height, width = out.shape
    sign, low, shift = word.type(numbers[0]), word.type(numbers[1]), word.type(numbers[2])
    last = word.type(len(buckets) - 1)
    bottom, top, bad = rows[0], rows[len(rows) - 1], out.dtype.type(nan_row)
    zero = starts.dtype.type(0)  # no zero is negative
    for r in range(height):
        line, result = array_at(address + r * stride, width, dtype), out[r]
        if depth <= 1:
            for i in range(width):
                x = starts.dtype.type(line[i]) + zero
                place = buckets[bucket_of(x, word, sign, low, shift, last)]
                row = rows[place + np.uint32(1) + np.uint32(starts[place] <= x)]
                result[i] = ended(x, row, bottom, top, bad)
            continue
        for i in range(width):
            x = starts.dtype.type(line[i]) + zero
            place = np.int64(buckets[bucket_of(x, word, sign, low, shift, last)])
            for step in range(depth - 1, -1, -1):
                other = place + (1 << step)
                place = other if starts[other - 1] <= x else place
            row = rows[place + 1]
            result[i] = ended(x, row, bottom, top, bad)
