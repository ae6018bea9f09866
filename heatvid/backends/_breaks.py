"""Where a rising norm changes rows: any norm as a sorted list of breaks, found by bisection.

A fused backend need not know what bends a scale. It looks for the last break that is not above a
value, and takes the row that begins there; the breaks are those of the reference itself, so that
logarithms round alike everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray
from heatvid._values.index import FieldIndex, resampled_dtype


class Breaks(NamedTuple):
    """Rows between breaks; NaN has the bad row.

    Attributes
    ----------
    starts : ndarray, shape (n,), float32 or float64
        Ascending; the first is the least finite number, the last is infinity.
    rows : ndarray, shape (n + 1,), int32
        Row below the first break, and from each break on.
    """

    starts: AnyArray
    rows: NDArray[np.int32]


def find_breaks(index: FieldIndex) -> Breaks | None:
    """Find the breaks of an index in the precision that its values are compared in.

    Returns
    -------
    Breaks or None
        None where rows do not rise with the values, as a norm of the caller's own may do.
    """
    entries = index.linear.entries
    order = np.concatenate([[entries + 2, entries], np.arange(entries), [entries + 1]])
    rank = np.empty(entries + 3, np.intp)  # bad, where a norm has no place for low values; under;
    rank[order] = np.arange(len(order))  # the colours; over
    domain = resampled_dtype(index.dtype)

    def ranks(ordinals: NDArray[np.int64]) -> NDArray[np.intp]:
        return rank[index(_values(ordinals, domain))]

    limits = np.finfo(domain)
    lowest, highest = _ordinals(np.array([limits.min, limits.max], domain)).tolist()
    wanted = np.arange(1, len(order))
    starts = _bisect(ranks, wanted, lowest, highest)
    breaks = _values(starts, domain)
    breaks[starts > highest] = np.nan
    first = int(ranks(np.array([lowest]))[0])
    found = Breaks(breaks[first:], order[first:].astype(np.int32))
    if not _holds(found, ranks, rank, lowest, highest, domain):
        return None
    below, above = index(np.array([-np.inf, np.inf], domain)).astype(np.int32)
    ends = np.array([limits.min, np.inf], domain)
    finite = found.starts[~np.isnan(found.starts)]
    starts = np.concatenate([ends[:1], finite, ends[1:]])
    return Breaks(starts, np.concatenate([[below], found.rows[: len(finite) + 1], [above]]))


def rows_by_breaks(values: AnyArray, breaks: Breaks, bad: int) -> NDArray[np.intp]:
    """Rows of values, same shape: the definition, in plain NumPy."""
    values = values.astype(breaks.starts.dtype)
    rows = breaks.rows[np.searchsorted(breaks.starts, values, side="right")]
    return np.where(np.isnan(values), bad, rows).astype(np.intp)


def _bisect(
    ranks: object, wanted: NDArray[np.intp], lowest: int, highest: int
) -> NDArray[np.int64]:
    """First ordinal of at least each rank; ``highest + 1`` where there is none."""
    assert callable(ranks)
    low = np.full(len(wanted), lowest, np.int64)
    high = np.full(len(wanted), highest + 1, np.int64)
    while (low < high).any():
        middle = (low >> 1) + (high >> 1) + (low & high & 1)
        reached = (middle <= highest) & (ranks(np.minimum(middle, highest)) >= wanted)
        high = np.where(reached, middle, high)
        low = np.where(reached | (low >= high), low, middle + 1)
    return low


def _holds(
    breaks: Breaks, ranks: object, rank: NDArray[np.intp], lowest: int, highest: int, domain: object
) -> bool:
    """Whether values between and beside the breaks have the rows that the breaks give them."""
    assert callable(ranks)
    bounded = breaks.starts[~np.isnan(breaks.starts)]
    edges = np.concatenate([[lowest], _ordinals(bounded), [highest]])
    samples = [edges, np.clip(edges - 1, lowest, highest)]
    steps = edges[1:] / 2 - edges[:-1] / 2  # halves, as the whole may not fit 64 bits
    samples += [(edges[:-1] + steps * share).astype(np.int64) for share in (0.5, 1.0, 1.5)]
    probes = np.clip(np.concatenate(samples), lowest, highest)
    values = _values(probes, domain)
    held: bool = (rank[rows_by_breaks(values, breaks, 0)] == ranks(probes)).all()
    return bool(held)


def _ordinals(values: AnyArray) -> NDArray[np.int64]:
    """Whole numbers in the order of the values, one apart where nothing lies between."""
    bits = values.view(f"i{values.dtype.itemsize}").astype(np.int64)
    least = np.int64(np.iinfo(f"i{values.dtype.itemsize}").min)
    return np.where(bits < 0, least - bits, bits)


def _values(ordinals: NDArray[np.int64], domain: object) -> AnyArray:
    dtype: np.dtype[np.generic] = np.dtype(domain)  # type: ignore[call-overload]  # of two types
    kind = np.dtype(f"i{dtype.itemsize}")
    least = np.int64(np.iinfo(kind).min)
    return np.where(ordinals < 0, least - ordinals, ordinals).astype(kind).view(dtype)
