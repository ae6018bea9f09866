"""What values look like beside their statistics: few whole numbers, zeros apart, unknown flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from heatvid._color.flow_wheel import UNKNOWN
from heatvid._cores import available_cores
from heatvid._frames import AnyArray
from heatvid._statistics.counts import Number, Statistics
from heatvid._statistics.passes import ViewStatistics, batch_length, collect
from heatvid._statistics.summary import Summary
from heatvid._values.index import resampled_dtype
from heatvid.sources import Source

MOST_DISTINCT = 64  # whole numbers that are listed one by one
MANY_ZEROS = 0.005  # of all values: fewer say nothing
APART = 0.01  # of the median of the others, below which nothing lies but 0
ENOUGH = 100  # other values, whose least would lie nearer to 0 by chance

Advance = Callable[[int], None]


class Zeros(NamedTuple):
    """Zeros that lie apart from all other values, and so may stand for none.

    Attributes
    ----------
    zeros : int
        How many.
    least : int or float
        Of the other values.
    """

    zeros: int
    least: Number


def distinct_values(source: Source, advance: Advance) -> dict[int, int]:
    """How often each value occurs; empty where they are many, or no whole numbers."""
    counts: dict[int, int] = {}
    for batch in source.batches(batch_length(source)):
        for values in (batch.data.reshape(-1)[::997], batch.data):  # a sample tells most at once
            found, times = np.unique(values, return_counts=True)
            if found.dtype.kind == "f":
                times, found = times[np.isfinite(found)], found[np.isfinite(found)]
            if len(found) > MOST_DISTINCT or (found.astype(np.float64) % 1).any():
                return {}
        for value, n in zip(found.tolist(), times.tolist(), strict=True):
            counts[int(value)] = counts.get(int(value), 0) + n
        if len(counts) > MOST_DISTINCT:
            return {}
        advance(len(batch))
    return dict(sorted(counts.items()))


def zeros_apart(source: Source, summary: Summary, advance: Advance) -> Zeros | None:
    """Look for many zeros below all other values, with nothing between, as depth sensors give."""
    if summary.minimum != 0 or summary.maximum == 0:
        return None
    others = Statistics(resampled_dtype(source.dtype), (50.0,))
    collect(source, ViewStatistics([_without_zeros], [others]), advance, min(available_cores(), 8))
    zeros, median = summary.finite_count - others.finite_count, others.percentile(50.0)
    if zeros < MANY_ZEROS * summary.finite_count or others.finite_count < ENOUGH:
        return None
    least = others.minimum
    assert least is not None
    assert median is not None
    apart = least > APART * median and (source.dtype.kind == "f" or least > 1)
    return Zeros(zeros, least) if apart else None


def _without_zeros(frames: AnyArray) -> AnyArray:
    values = frames.astype(resampled_dtype(frames.dtype))
    values[values == 0] = np.nan
    return values


def unknown_flow(source: Source, advance: Advance) -> int:
    """Count the pixels of flow, frames (H, W, 2), that are marked as unknown by huge numbers."""
    count = 0
    for batch in source.batches(batch_length(source)):
        count += int(_marked(batch.data).sum())
        advance(len(batch))
    return count


def known_vectors(flow: AnyArray) -> AnyArray:
    """Flow, shape (..., 2), with NaN for both numbers of what is marked as unknown."""
    marked = _marked(flow)
    if not marked.any():
        return flow
    known = flow.copy()
    known[marked] = np.nan
    return known


def _marked(flow: AnyArray) -> AnyArray:
    bound = np.float64(UNKNOWN)  # float16 has no such number
    with np.errstate(invalid="ignore"):
        numbers: AnyArray = np.isfinite(flow) & (np.abs(flow) >= bound)
    return numbers[..., 0] | numbers[..., 1]
