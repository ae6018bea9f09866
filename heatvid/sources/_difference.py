"""The difference of two sources of one size, as a source."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from heatvid._errors import SourceError
from heatvid._frames import AnyArray, page_aligned
from heatvid._values.index import resampled_dtype
from heatvid.sources._base import Source


@dataclass(frozen=True, eq=False)
class Difference:
    """Two sources that are not open, of which the difference is shown, ``b - a``."""

    a: Any
    b: Any


class DifferenceSource(Source):
    """By how much the values of ``b`` are more than those of ``a``.

    In float32, of 32-bit integers, 64-bit types and long doubles in float64; NaN where either is.

    Parameters
    ----------
    a, b : Source
        Open, of one size and length.
    close : callable
        Closes what is to be closed with this.
    """

    def __init__(self, a: Source, b: Source, close: Callable[[], None] = lambda: None) -> None:
        if len(a.frame_shape) > 2 or len(b.frame_shape) > 2 or a.frame_shape != b.frame_shape:
            raise SourceError(
                f"difference: {a.name} has frames of {_size(a)}, {b.name} of {_size(b)}; allowed "
                "are fields of one value a pixel and one size"
            )
        if None not in (a.length, b.length) and a.length != b.length:
            raise SourceError(
                f"difference: {a.name} has {a.length} frames, {b.name} has {b.length}; allowed are "
                "equal lengths (frames='START:STOP' takes a part)"
            )
        self._a, self._b, self._close = a, b, close
        self.name = f"{b.name} - {a.name}"
        self.length = a.length if a.length is not None else b.length
        self.fps, self.frame_shape = a.fps or b.fps, a.frame_shape
        self.rewindable = a.rewindable and b.rewindable
        self.concurrent = a.concurrent and b.concurrent
        self.chunk = max(a.chunk, b.chunk)
        self.dtype = np.result_type(resampled_dtype(a.dtype), resampled_dtype(b.dtype))
        about = a.about
        name = about.long_name or about.name
        self.about = replace(about, name="", long_name=f"difference of {name}" if name else "",
                             valid_range=None, fill=None, arrays=())  # fmt: skip

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        first, second = (_read(source, start, count) for source in (self._a, self._b))
        if len(first) != len(second):
            shorter = min(len(first), len(second))
            raise SourceError(
                f"difference: one of {self._a.name} and {self._b.name} ends after "
                f"{start + shorter} frames, the other has more; allowed are equal lengths"
            )
        given = None if out is None else out[: len(first)]
        with np.errstate(all="ignore"):
            return np.subtract(second, first, out=given, dtype=self.dtype, casting="unsafe")

    def close(self) -> None:
        """Close both, where they were opened for this."""
        self._close()


def open_difference(pair: Difference, opening: Callable[[Any], Source]) -> DifferenceSource:
    """Open both of a pair; a Source among them is left open by :meth:`DifferenceSource.close`."""
    with ExitStack() as closing:
        opened = []
        for source in (pair.a, pair.b):
            opened.append(opening(source))
            if not isinstance(source, Source):
                closing.callback(opened[-1].close)
        first, second = opened
        return DifferenceSource(first, second, closing.pop_all().close)


def _read(source: Source, start: int, count: int) -> AnyArray:
    """Read into memory of its own, so that one does not overwrite the other."""
    if source.in_memory or source.lends:
        return source.read(start, count)
    return source.read(start, count, page_aligned((count, *source.buffer_shape), source.dtype))


def _size(source: Source) -> str:
    height, width, *channels = source.frame_shape
    return f"{width}x{height}" + "".join(f" of {count} channels" for count in channels)
