"""Options that suit data, from their statistics."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from heatvid._statistics.counts import Statistics
from heatvid._statistics.summary import Summary
from heatvid._values.limits import dtype_limits

FEWEST_LABELS = 3  # two are a mask
DECADES = 100.0  # from the percentile 1 to 99, where log tells more than linear,
CROWDED = 5.0  # and from the median to it: half of the values share the first colours
SKEW = 3.0  # up to this ratio both sides of 0 count as alike
SPANS = ((0, 1), (-1, 1), (0, 255))  # of colours as floats, and of normals
ROUNDING = 1e-3  # of a span, by which values may leave it
TAIL = 2.0  # by which the extremes reach farther than the percentiles


def suggest(
    summary: Summary,
    channels: Mapping[str, Statistics],
    distinct: Mapping[int, int],
    *,
    zeros: bool = False,
) -> str:
    """Give options as they are typed; empty where the defaults suit.

    Parameters
    ----------
    summary : Summary
        With the percentiles 1, 50 and 99.
    channels : dict of str to Statistics
        Of each channel, where there are several.
    distinct : dict of int to int
        How often each value occurs, where they are few and whole.
    zeros : bool
        Whether 0 may stand for no value.
    """
    if summary.minimum is None or summary.maximum is None:
        return ""
    if channels:
        options = _of_channels(summary, channels)
    elif len(distinct) >= FEWEST_LABELS and min(distinct) >= 0:
        options = ["--norm labels"]
    elif dtype_limits(summary.dtype) is not None:
        options = []
    else:
        options = _of_values(summary)
    if zeros:
        options.append("--nodata 0")
    if (zeros or summary.nan_count) and "--channel argmax" not in options:
        options.append("--bad transparent")
    return " ".join(options)


def _of_channels(summary: Summary, channels: Mapping[str, Statistics]) -> list[str]:
    count, of_bytes = summary.shape[-1], dtype_limits(summary.dtype) is not None
    if count == 2 and of_bytes:  # gray with alpha
        return ["--channel 0"]
    if count == 2:
        length = channels["length"]
        reach, most = length.percentile(99.0), length.maximum
        long = reach is not None and most is not None and most > TAIL * reach > 0
        return ["--channel flow", *(["--percentiles 0 99"] if long else [])]
    if count == 3 and summary.dtype == np.uint16 and channels["2"].maximum == 1:  # KITTI's flow
        return ["--channel flow"]
    if count == 3 or (count == 4 and of_bytes):
        return ["--channel rgb", *([] if of_bytes else [_span(summary)])]
    return ["--channel argmax"]


def _span(summary: Summary) -> str:
    """The range that values fill as colours and unit vectors do, or that of their percentiles."""
    assert summary.minimum is not None
    assert summary.maximum is not None
    for low, high in SPANS if summary.dtype.kind == "f" else ():
        slack = ROUNDING * high
        reach = max(-summary.minimum, summary.maximum)
        if low - slack <= summary.minimum and high / 2 < reach <= high + slack:
            return f"--vmin {low} --vmax {high}"
    return "--percentiles 1 99"


def _of_values(summary: Summary) -> list[str]:
    low, middle, high = (summary.percentiles[q] for q in (1.0, 50.0, 99.0))
    assert low is not None
    assert middle is not None
    assert high is not None
    assert summary.minimum is not None
    assert summary.maximum is not None
    options = []
    if low < 0 < high and 1 / SKEW < -low / high < SKEW:
        options.append("--norm centered --cmap RdBu_r")
    elif summary.minimum > 0 and high > DECADES * low and high > CROWDED * middle:
        options.append("--norm log")
        far = summary.maximum / high > TAIL or low / summary.minimum > TAIL
        return [*options, *(["--percentiles 1 99"] if far else [])]
    if 0 < high - low < (float(summary.maximum) - float(summary.minimum)) / TAIL:
        options.append("--percentiles 1 99")
    return options
