"""A glance at a source's values, for those who look through many: of some frames, not of all."""

from __future__ import annotations

from typing import Any

import numpy as np

from heatvid._errors import HeatvidError
from heatvid._options.options import Options, option_fields
from heatvid._values.averages import mean_of
from heatvid._values.index import halving
from heatvid.sources import Source, open_source

BINS = 64
_FRAMES, _OF_STREAM = 8, 2  # to look at; of what has to be decoded from its begin
_VALUES = 1 << 12  # of a frame


def sampled(source: Any, options: Options, limits: list[Any] | None) -> dict[str, Any] | None:
    """Give minimum, maximum, mean and a histogram of some frames; None where that cannot be had.

    Parameters
    ----------
    source : object
        What :func:`open_source` opens.
    options : Options
    limits : list or None
        The histogram spans them, where they are one pair; else the values.
    """
    asked = {option.name: getattr(options, option.name) for option in option_fields(("input",))}
    if isinstance(source, Source):
        return None
    try:
        with open_source(source, **asked) as opened:
            if not opened.rewindable:
                return None
            return _statistics(opened, limits)
    except (HeatvidError, OSError, ValueError, MemoryError):  # the output is whole all the same
        return None


def _statistics(source: Source, limits: list[Any] | None) -> dict[str, Any] | None:
    last = len(source) - 1
    places = {round(last * i / (_FRAMES - 1)) for i in range(_FRAMES)}
    if source.compressed:
        places = set(range(min(_OF_STREAM, last + 1)))
    parts = [_values(source.read(place, 1)) for place in sorted(places)]
    values = np.concatenate(parts)
    if not len(values):
        return None
    low, high = float(values.min()), float(values.max())
    span = (low, high)
    if limits is not None and len(limits) == 2 and not isinstance(limits[0], list):
        span = (limits[0], limits[1])
    half = halving(*span)
    counts, _ = np.histogram(values * half, BINS, (span[0] * half, span[1] * half))
    return {
        "frames": len(places),
        "minimum": low,
        "maximum": high,
        "mean": mean_of(values),
        "low": span[0],
        "high": span[1],
        "histogram": counts.tolist(),
    }


def _values(frames: Any) -> Any:
    """Some of a frame's finite values, as float64."""
    flat = np.asarray(frames).reshape(-1)
    some = flat[:: max(1, flat.size // _VALUES)].astype(np.float64)
    return some[np.isfinite(some)]
