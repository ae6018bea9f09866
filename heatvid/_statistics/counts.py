"""Exact statistics of all values of a sequence, mergeable over chunks, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from heatvid._errors import OptionError
from heatvid._frames import AnyArray, Resident
from heatvid._statistics.order import OrderStatistics
from heatvid._values.limits import Limits, frame_limits

_TILE_VALUES = 1 << 17  # a tile and its temporaries stay in the second-level cache

Number = float | int


class Statistics:
    """Counts, range and percentiles of the values seen.

    Without percentiles one pass over the data is enough. With them 32-bit types take two passes
    and 64-bit types four; see :mod:`heatvid._statistics.order`::

        statistics = Statistics(frames.dtype, percentiles=(1, 99))
        statistics.update(frames)
        while statistics.refine():
            statistics.update(frames)
        statistics.percentile(99)

    Parameters
    ----------
    dtype : dtype
        Of the values: bool, integer or float up to 64 bits.
    percentiles : sequence of float
        Those that :meth:`percentile` will be asked for, 0 to 100.

    Attributes
    ----------
    count, nan_count, posinf_count, neginf_count : int
        Values seen, and how many of them are not finite.
    minimum, maximum : int, float or None
        Of the finite values; int for integers and bool; None where there are none.
    settled : bool
        Whether all is known, so that no further pass is needed.
    """

    def __init__(self, dtype: DTypeLike, percentiles: Sequence[float] = ()) -> None:
        for q in percentiles:
            if not 0 <= q <= 100:
                raise OptionError(f"percentiles has {q!r}; allowed are numbers from 0 to 100")
        self.dtype = np.dtype(dtype).newbyteorder("=")
        self.percentiles = tuple(percentiles)
        self.count = self.nan_count = self.posinf_count = self.neginf_count = 0
        self.minimum: Number | None = None
        self.maximum: Number | None = None
        self._order = OrderStatistics(self.dtype) if self.percentiles else None
        self._ranged = False  # the first pass, which finds the range, is over
        self.settled = False

    @classmethod
    def of(cls, array: AnyArray, percentiles: Sequence[float] = ()) -> Self:
        """Give the statistics of one array, all passes made."""
        statistics = cls(array.dtype, percentiles)
        statistics.update(array)
        while statistics.refine():
            statistics.update(array)
        return statistics

    @property
    def finite_count(self) -> int:
        """Values that are neither NaN nor infinite."""
        return self.count - self.nan_count - self.posinf_count - self.neginf_count

    def fresh(self) -> Self:
        """Give statistics in the same pass that have seen nothing, to be merged later."""
        other = type(self)(self.dtype)
        other._order = None if self._order is None else self._order.fresh()
        other._ranged, other.settled = self._ranged, self.settled
        return other

    def update(self, array: AnyArray) -> None:
        """Take in an array of any shape; what lies on a device is counted there."""
        if isinstance(array, Resident):
            self._update_counts(array)
            return
        with np.errstate(invalid="ignore"):  # a signalling NaN is counted, not announced
            for tile in tiles(array, self.dtype):
                if not self._ranged:
                    self._update_range(tile)
                if self._order is not None:
                    self._order.update(tile)

    def merge(self, other: Self) -> None:
        """Add what ``other`` has seen in the same pass."""
        if not self._ranged:
            self.count += other.count
            self.nan_count += other.nan_count
            self.posinf_count += other.posinf_count
            self.neginf_count += other.neginf_count
            self._widen(other.minimum, other.maximum)
        if self._order is not None and other._order is not None:
            self._order.merge(other._order)

    def refine(self) -> bool:
        """End a pass: True where the percentiles need another one over the same data."""
        self.settled = not self._refine()
        return not self.settled

    def _refine(self) -> bool:
        if self._order is None or not self.finite_count:
            self._ranged = True
            return False
        if not self._ranged:
            self._ranged = True
            self._order.locate({rank for q in self.percentiles for rank in self._ranks(q)})
        return self._order.refine()

    def percentile(self, q: float) -> float | None:
        """Give a percentile, one of those named at the start; None where nothing is finite.

        Equal to ``np.percentile(finite values as float64, q)``, linear between neighbours.
        """
        if q not in self.percentiles:
            raise OptionError(f"percentile {q!r} was not counted; allowed are {self.percentiles}")
        if not self.finite_count:
            return None
        assert self._order is not None
        values = self._order.values()
        low, high = self._ranks(q)
        return _interpolate(values[low], values[high], (self.finite_count - 1) * (q / 100) - low)

    def _ranks(self, q: float) -> tuple[int, int]:
        """Give the neighbouring ranks between which the percentile lies."""
        last = self.finite_count - 1
        low = min(math.floor(last * (q / 100)), last)
        return low, min(low + 1, last)

    def _update_range(self, tile: AnyArray) -> None:
        self.count += len(tile)
        low, high = _extremes(tile)
        if tile.dtype.kind == "f" and not (math.isfinite(low) and math.isfinite(high)):
            self.nan_count += int(np.count_nonzero(np.isnan(tile)))
            self.posinf_count += int(np.count_nonzero(tile == np.inf))
            self.neginf_count += int(np.count_nonzero(tile == -np.inf))
            finite = tile[np.isfinite(tile)]
            if not len(finite):
                return
            low, high = _extremes(finite)
        self._widen(low, high)

    def _update_counts(self, frames: Any) -> None:
        if not self._ranged:
            for seen in frames.value_counts():
                self.count += seen.values
                self.nan_count += seen.nan_count
                self.posinf_count += seen.posinf_count
                self.neginf_count += seen.neginf_count
                self._widen(seen.minimum, seen.maximum)
        if self._order is not None:
            self._order.update_from(frames.digit_counts)

    def _widen(self, low: Number | None, high: Number | None) -> None:
        if low is None or high is None:
            return
        self.minimum = low if self.minimum is None else min(self.minimum, low)
        self.maximum = high if self.maximum is None else max(self.maximum, high)


def tiles(array: AnyArray, dtype: np.dtype[Any]) -> Iterator[AnyArray]:
    """Cut an array of any shape into pieces (n,), contiguous, native, small enough for the cache.

    A contiguous array is not copied.
    """
    if array.flags.c_contiguous:
        flat = array.reshape(-1)
        for start in range(0, flat.size, _TILE_VALUES):
            yield flat[start : start + _TILE_VALUES].astype(dtype, copy=False)
    elif array.size <= _TILE_VALUES:
        yield np.ascontiguousarray(array, dtype).reshape(-1)
    else:
        axis = int(np.argmax(array.shape))
        for half in np.array_split(array, 2, axis=axis):
            yield from tiles(half, dtype)


def _extremes(tile: AnyArray) -> tuple[Number, Number]:
    """Give minimum and maximum, as they are or NaN where a NaN is among them."""
    if tile.dtype == np.float16:
        return _half_extremes(tile)
    if tile.dtype == np.bool_:
        tile = tile.view(np.uint8)
    # Adding 0 makes -0.0 into 0.0, so that the order of merging cannot be seen.
    return np.minimum.reduce(tile).item() + 0, np.maximum.reduce(tile).item() + 0


def first_blank(frames: Any) -> int | None:
    """The first frame that is all NaN; one whose first value is a number is not."""
    if isinstance(frames, Resident):
        found: int | None = frames.first_blank()  # type: ignore[attr-defined]  # of its backend
        return found
    for i, frame in enumerate(frames):
        if np.isnan(frame.flat[0]) and np.isnan(frame).all():
            return i
    return None


def blank_frames(frames: Any) -> list[int]:
    """All frames that :func:`first_blank` would find."""
    found: list[int] = []
    start = 0
    while start < len(frames) and (blank := first_blank(frames[start:])) is not None:
        start += blank + 1
        found.append(start - 1)
    return found


def limits_of_frames(frames: Any, percentiles: tuple[float, float]) -> list[Limits | None]:
    """Percentiles of each frame's finite values; None for a frame that has none."""
    if not isinstance(frames, Resident):
        return [frame_limits(frame, percentiles) for frame in frames]
    if percentiles != (0.0, 100.0):
        return [_limits_by_rank(frame, percentiles) for frame in frames]  # type: ignore[attr-defined]  # of its backend
    return [
        None if seen.minimum is None else Limits(float(seen.minimum), float(seen.maximum))
        for seen in frames.value_counts()  # type: ignore[attr-defined]  # of its backend
    ]


def _limits_by_rank(frame: Any, percentiles: tuple[float, float]) -> Limits | None:
    statistics = Statistics.of(frame, percentiles)
    low, high = (statistics.percentile(q) for q in percentiles)
    return None if low is None or high is None else Limits(low, high)


def _interpolate(low: float, high: float, fraction: float) -> float:
    """Interpolate as NumPy does, from the nearer end; without its overflow beyond 1.8e308."""
    difference = high - low
    if math.isinf(difference):
        return low * (1 - fraction) + high * fraction
    if fraction < 0.5:
        return low + difference * fraction
    return high - difference * (1 - fraction)


def _half_extremes(tile: AnyArray) -> tuple[float, float]:
    """Compare float16 by their bits: processors compare those a hundred times faster.

    NaN may come out as either extreme or as infinity of its sign, so that one is not finite.
    """
    signed, unsigned = tile.view(np.int16), tile.view(np.uint16)
    greatest, farthest = np.maximum.reduce(signed), np.maximum.reduce(unsigned)
    nearest = np.minimum.reduce(unsigned)  # to 0, of the positive ones if there are any
    low = farthest if farthest >= 0x8000 else nearest
    high = greatest.view(np.uint16) if greatest >= 0 else nearest
    extremes = np.array([low, high], np.uint16).view(np.float16)
    return float(extremes[0]) + 0, float(extremes[1]) + 0
