"""``summarize``: exact statistics of a whole sequence."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import OptionError, UsageError, brief
from heatvid._frames import AnyArray
from heatvid._options.checks import meant_as_fractions
from heatvid._statistics.counts import Number, Statistics, tiles
from heatvid._statistics.passes import BATCH_BYTES, collect
from heatvid.sources._base import Source


@dataclass(frozen=True)
class Summary:
    """What :func:`summarize` found.

    Attributes
    ----------
    shape : tuple of int
        ``(T, H, W)``, or ``(T, H, W, C)``.
    dtype : numpy.dtype
        Of the frames.
    minimum, maximum : int, float or None
        Of the finite values, exact; None where there are none.
    percentiles : dict
        Value of each percentile asked for, exact; None where nothing is finite.
    nan_count, posinf_count, neginf_count, finite_count : int
        Values of each kind.
    histogram : tuple of int
        Finite values in equal bins from minimum to maximum; empty unless asked for.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    minimum: Number | None
    maximum: Number | None
    percentiles: dict[float, float | None] = field(default_factory=dict)
    nan_count: int = 0
    posinf_count: int = 0
    neginf_count: int = 0
    finite_count: int = 0
    histogram: tuple[int, ...] = ()


def summarize(
    source: Source,
    percentiles: Sequence[float] = (),
    progress: Callable[[int], None] | None = None,
    threads: int = 1,
    *,
    bins: int = 0,
    batch_bytes: int = BATCH_BYTES,
) -> Summary:
    """Compute exact statistics of a whole sequence, reading it batch by batch.

    One pass finds range and counts. Percentiles take one more for 32-bit types, three more for
    64-bit ones and none for the rest; a histogram takes one more.

    Parameters
    ----------
    source : Source
        What :func:`open_source` gives, other than an iterator; it stays open.
    percentiles : sequence of float
        0 to 100, linear between neighbours, as ``np.percentile``.
    progress : callable, optional
        Called after each batch with the number of frames in it, in every pass.
    threads : int
        Threads that compute; the result is the same for every number.
    bins : int
        Bins of the histogram; 0 for none.
    batch_bytes : int
        Read at a time, at least one frame.

    Raises
    ------
    UsageError
        It is no source, or one that can be read only once.
    SourceError
        The data are damaged, or changed between the passes.
    """
    if not isinstance(source, Source):
        raise OptionError(
            f"source: got {brief(source)}; allowed is what heatvid.open_source(...) gives"
        )
    if not source.rewindable:
        raise UsageError(
            f"{source.name}: can be read only once, and statistics would use it up; pass an array "
            "or a file"
        )
    statistics = Statistics(source.dtype, percentiles)
    if hint := meant_as_fractions(percentiles):
        warnings.warn(hint, stacklevel=2)
    length = collect(source, statistics, progress, threads, batch_bytes)
    histogram = _Histogram(statistics.minimum, statistics.maximum, bins)
    if bins and statistics.finite_count:
        collect(source, histogram, progress, threads, batch_bytes)
    return Summary(
        shape=(length, *source.frame_shape),
        dtype=source.dtype,
        minimum=statistics.minimum,
        maximum=statistics.maximum,
        percentiles={q: statistics.percentile(q) for q in percentiles},
        nan_count=statistics.nan_count,
        posinf_count=statistics.posinf_count,
        neginf_count=statistics.neginf_count,
        finite_count=statistics.finite_count,
        histogram=tuple(histogram.counts.tolist()),
    )


class _Histogram:
    """Finite values in equal bins; the last one includes the maximum."""

    def __init__(self, minimum: Number | None, maximum: Number | None, bins: int) -> None:
        self._minimum, self._maximum = minimum, maximum
        self.counts: NDArray[np.int64] = np.zeros(bins, np.int64)

    def fresh(self) -> Self:
        return type(self)(self._minimum, self._maximum, len(self.counts))

    def update(self, array: AnyArray) -> None:
        assert self._minimum is not None
        assert self._maximum is not None
        bins = len(self.counts)
        # A range of 1e308 overflows and one of 1e-320 has no inverse: bring it to 1/2 up to 1.
        half_range = self._maximum / 2 - self._minimum / 2
        exponent = math.frexp(half_range)[1] + 1
        low = math.ldexp(self._minimum, -exponent)
        scale = bins / (math.ldexp(self._maximum, -exponent) - low) if half_range else 0.0
        for tile in tiles(np.asarray(array), array.dtype):
            values = tile[np.isfinite(tile)].astype(np.float64)
            places = ((np.ldexp(values, -exponent) - low) * scale).astype(np.intp)
            self.counts += np.bincount(np.minimum(places, bins - 1), minlength=bins)

    def merge(self, other: Self) -> None:
        self.counts += other.counts

    def refine(self) -> bool:
        return False
