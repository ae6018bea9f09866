"""Frames of a compressed stream, kept where memory allows, so that later passes decode nothing."""

from __future__ import annotations

import math

import numpy as np

from heatvid._frames import AnyArray, page_aligned
from heatvid._memory import available_memory
from heatvid.sources._base import Source

MOST_OF_FREE = 1 / 4  # of the free memory


def kept(source: Source) -> tuple[Source, str]:
    """Keep what is decoded of a compressed stream, where that fits; and say what was decided."""
    if not source.compressed or source.length is None:
        return source, ""
    every = math.prod(source.frame_shape) * source.dtype.itemsize * len(source)
    free = available_memory()
    words = f"{every >> 20} MiB decoded, {free >> 20} MiB of memory free"
    if every > free * MOST_OF_FREE:
        return source, f"frames are decoded for the limits, and again to be rendered ({words})"
    return KeptSource(source), f"frames are decoded once, for the limits, and kept ({words})"


class KeptSource(Source):
    """Another source, which stays the owner of its files; what has been read of it is kept.

    Parameters
    ----------
    inner : Source
        Of known length.
    """

    in_memory = lends = True

    def __init__(self, inner: Source) -> None:
        self._inner = inner
        self.name, self.length, self.fps = inner.name, inner.length, inner.fps
        self.names, self.about = inner.names, inner.about
        self.frame_shape, self.dtype = inner.frame_shape, inner.dtype
        self._frames = page_aligned((len(inner), *inner.frame_shape), inner.dtype)
        self._there = np.zeros(len(inner), bool)

    @property
    def concurrent(self) -> bool:  # type: ignore[override]  # it changes when all is there
        """Whether all is there, so that nothing is decoded any more."""
        return bool(self._there.all())

    @property
    def compressed(self) -> bool:  # type: ignore[override]  # it changes, too
        """Whether some is still to be decoded."""
        return not self.concurrent

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        frames = self._frames[start : start + count]
        there = self._there[start : start + count]
        if not there.all():
            direct = self._inner.buffer_shape == self.frame_shape
            got = self._inner.read(start, len(frames), frames if direct else None)
            if not direct:
                frames[...] = got
            there[...] = True
        return frames
