"""The base of sources whose arrays have axes to be put in order."""

from __future__ import annotations

from typing import Any

import numpy as np

from heatvid._frames import AnyArray, page_aligned
from heatvid.sources._axes import Axes
from heatvid.sources._base import Source


class LaidOutSource(Source):
    """Frames that lie in an array, or one array each, in the order of ``axes``."""

    def __init__(self, name: str, axes: Axes, dtype: np.dtype[Any], length: int | None) -> None:
        self.name = name
        self.length = length
        self.frame_shape = axes.frame_shape
        self.dtype = dtype
        self._axes = axes

    @property
    def has_time(self) -> bool:
        """Whether one of the axes is time, if only of length 1."""
        return "T" in self._axes.order

    @property
    def buffer_shape(self) -> tuple[int, ...]:
        """Shape of one frame as it lies in the file or array."""
        return self._axes.buffer_shape

    def _count(self, start: int, count: int) -> int:
        """Frames there are from ``start`` on, at most ``count``."""
        return count if self.length is None else max(0, min(count, self.length - start))

    def _buffer(self, count: int, out: AnyArray | None) -> AnyArray:
        """Memory for ``count`` frames: the front of ``out``, or new."""
        if out is None:
            return page_aligned((count, *self.buffer_shape), self.dtype)
        assert out.flags.c_contiguous, f"{out.strides = }"
        assert (out.shape[1:], out.dtype) == (self.buffer_shape, self.dtype), f"{out.shape = }"
        return out[:count]
