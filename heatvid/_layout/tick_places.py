"""Where ticks lie, by the rules of matplotlib: its AutoLocator, LogLocator, SymmetricalLogLocator.

The arithmetic is that of matplotlib 3.11, operation by operation, so that a tick on an edge falls
to the same side. All give ticks beyond the limits too, which their texts depend on.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.float64]

MOST = 9  # intervals between ticks of a linear scale, decades with ticks of a logarithmic one
MOST_SYMLOG = 15
_STEPS = np.array([0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0, 10.0, 20.0])
_FAR = 100  # times as far from 0 as wide: places are counted from an offset


def apart(low: float, high: float, expander: float, tiny: float = 1e-15) -> tuple[float, float]:
    """Limits that lie apart: equal ones are spread by a share of them."""
    most = max(abs(low), abs(high))
    if most < 1e6 / tiny * np.finfo(float).tiny:
        return -expander, expander
    if high - low <= most * tiny:
        return low - expander * abs(low), high + expander * abs(high)
    return low, high


def even_places(low: float, high: float, space: int = MOST) -> Places:
    """Ticks at even steps of 1, 2, 2.5 or 5 times a power of ten.

    Parameters
    ----------
    low, high : float
    space : int
        Intervals that there is space for.
    """
    low, high = apart(low, high, 1e-13, 1e-14)
    count = min(max(space, 1), MOST)
    scale, offset = _scale_and_offset(low, high, count)
    low, high = low - offset, high - offset
    steps = _STEPS * scale
    large = np.flatnonzero(steps >= (high - low) / count)
    first = int(large[0]) if len(large) else len(steps) - 1
    places = np.empty(0)
    for step in steps[first::-1]:
        start = (low // step) * step
        slack = _slack(step, offset)
        places = np.arange(_below(low - start, step, slack), _above(high - start, step, slack) + 1)
        places = places * step + start
        if ((places <= high) & (places >= low)).sum() >= 2:
            break
    return places + offset


def _scale_and_offset(low: float, high: float, count: int) -> tuple[float, float]:
    """The power of ten of the steps, and where limits far from 0 are counted from."""
    span, middle = abs(high - low), (high + low) / 2
    offset = 0.0
    if abs(middle) / span >= _FAR:
        offset = math.copysign(10 ** (math.log10(abs(middle)) // 1), middle)
    return 10 ** (math.log10(span / count) // 1), offset


def _slack(step: float, offset: float) -> float:
    """How far beside a whole step, in steps, still counts as one."""
    if offset == 0:
        return 1e-10
    return float(min(0.4999, max(1e-10, 10 ** (np.log10(abs(offset) / step) - 12))))


def _below(x: Any, step: Any, slack: float) -> Any:
    whole, rest = divmod(x, step)
    return whole + 1 if abs(rest / step - 1) < slack else whole


def _above(x: Any, step: Any, slack: float) -> Any:
    whole, rest = divmod(x, step)
    return whole if abs(rest / step) < slack else whole + 1


def log_places(low: float, high: float, space: int = MOST) -> tuple[Places, Places]:
    """Major and minor ticks of a logarithmic scale: powers of ten, and what lies between them.

    Parameters
    ----------
    low, high : float
        Above 0.
    space : int
        Decades that there is space for.
    """
    first, last = math.ceil(np.log10(low)), math.floor(np.log10(high))
    decades, stride = _decades(low, high, min(max(space, 2), MOST))
    available = last - first + 1
    minor = np.empty(0)
    if available < 10 and (stride == 1 or available <= 1):
        digits = np.arange(2.0, 10.0)
        minor = np.concatenate([digits * 10.0**decade for decade in range(first - 1, last + 1)])
    within = ((low <= minor) & (minor <= high)).sum()
    if available < 10 and stride == 1 and len(decades) - 2 + within <= 1:
        minor = even_places(low, high)
    with np.errstate(over="ignore"):
        major = 10.0 ** np.array(decades)
    return major[np.isfinite(major)], minor


def _decades(low: float, high: float, most: int) -> tuple[list[int], int]:
    """Exponents of the ticks, one beyond either limit among them, and how far they are apart."""
    ends = np.log10(low), np.log10(high)
    first, last = math.ceil(ends[0]), math.floor(ends[1])
    available = last - first + 1
    fewest = math.ceil(available / (available // (most + 1) + 1))
    count = min(fewest, most)
    if count == 0:
        return [first - 1, last + 1], last - first + 2
    if count == 1:
        middle = round(sum(ends) / 2)
        stride = max(middle - first + 1, last + 1 - middle)
        return [middle - stride, middle, middle + stride], stride
    stride = (available - 1) // (count - 1)
    least = max(available - stride * count, 0)
    offset = -first % stride  # where decades are multiples of the stride
    if not least <= offset < min(available - stride * (count - 1), stride):
        offset = least
    return list(range(first + offset - stride, last + stride + 1, stride)), stride


def symlog_places(low: float, high: float, threshold: float) -> Places:
    """Ticks of a scale that is logarithmic on either side, and linear up to a threshold."""
    if -threshold <= low < high <= threshold:
        return np.array(sorted({low, 0.0, high}))
    below, above = low < -threshold, high > threshold
    between = (below and high > -threshold) or (above and low < threshold)
    negative = _log_range(abs(min(-threshold, high)), abs(low) + 1) if below else (0.0, 0.0)
    positive = _log_range(max(threshold, low), high + 1) if above else (0.0, 0.0)
    total = (negative[1] - negative[0]) + (positive[1] - positive[0]) + between
    stride = max(total // (MOST_SYMLOG - 1), 1)
    return np.concatenate([
        -(10.0 ** np.arange(*negative, stride)[::-1]),
        [0.0] * between,
        10.0 ** np.arange(*positive, stride),
    ])  # fmt: skip


def _log_range(low: float, high: float) -> tuple[float, float]:
    start, stop = np.log(low) / np.log(10.0), np.log(high) / np.log(10.0)
    return float(np.floor(start)), float(np.ceil(stop))
