"""What a source of frames is: the one interface that the readers of all formats implement."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Self

import numpy as np

from heatvid._frames import AnyArray, FrameBatch, UnreadFrame, page_aligned
from heatvid.sources._about import About


class Source(ABC):
    """A sequence of equally shaped frames.

    Frames are read in order, or at any position where :attr:`rewindable` says so. A source is a
    context manager; leaving it closes its files.

    Attributes
    ----------
    name : str
        How messages call it: the path as given, of a very long one the end; or ``array``,
        ``iterator``.
    length : int or None
        Frames; None for a stream until it has ended.
    frame_shape : tuple of int
        ``(H, W)``, or ``(H, W, C)`` where the field has channels.
    dtype : numpy.dtype
        Of the delivered frames: real, native byte order.
    fps : Fraction or None
        Frames a second, where the format knows.
    names : sequence of str or None
        One name a frame, where the format has them (files of a folder).
    white : int or None
        The value of full brightness, where the format knows.
    rewindable : bool
        Whether frames can be read more than once.
    buffer_shape : tuple of int
        Shape of one frame in the buffer that :meth:`read` fills, ``frame_shape`` up to the order
        of axes and those of length 1.
    in_memory : bool
        Whether :meth:`read` without ``out`` returns views of memory that holds the frames
        anyway, so that no buffer is worth having.
    compressed : bool
        Whether frames come out of one compressed stream, so that a second pass costs as much as
        the first, and reading is worth a thread of its own.
    lends : bool
        Whether :meth:`read` without ``out`` gives views of memory that frames were decoded into,
        wherever they were decoded together, so that a buffer would only cost a copy.
    concurrent : bool
        Whether :meth:`read` may be called by several threads at once and in any order.
    chunk : int
        Frames that are decoded together, so that a few of them cost as much as all; 1 where each
        lies by itself.
    about : About
        What is known of the values: names, units, times, places.
    """

    name: str
    length: int | None
    frame_shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fps: Fraction | None = None
    names: Sequence[str] | None = None
    white: int | None = None
    rewindable: bool = True
    in_memory: bool = False
    compressed: bool = False
    lends: bool = False
    concurrent: bool = False
    chunk: int = 1
    about: About = About()

    @property
    def buffer_shape(self) -> tuple[int, ...]:
        """Shape of one frame in the buffer given to :meth:`read`."""
        return self.frame_shape

    @property
    def frame_bytes(self) -> int:
        """Memory that reading one frame takes, whatever of it is delivered."""
        return math.prod(self.buffer_shape) * self.dtype.itemsize

    @property
    def shape(self) -> tuple[int | None, ...]:
        """``(T, H, W)`` or ``(T, H, W, C)``; T is None for a stream."""
        return (self.length, *self.frame_shape)

    @abstractmethod
    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames.

        Parameters
        ----------
        start : int
            First frame; a source that is not rewindable takes only the one after the last read.
        count : int
            Frames wanted, 1 or more.
        out : ndarray, shape (at least count, *buffer_shape), C order, the source's dtype, optional
            Memory to read into. Without it, and where :attr:`in_memory`, the frames may lie
            elsewhere.

        Returns
        -------
        ndarray, shape (n, *frame_shape)
            The frames, ``n <= count``; fewer only at the end of the sequence. It may be a view
            of ``out``, of the source's own memory, and strided.

        Raises
        ------
        SourceError
            The data are damaged, were cut, or changed since the source was opened.
        """

    def unread(self, start: int, count: int) -> list[UnreadFrame] | None:
        """Frames for whoever renders them to read; None where :meth:`read` has to."""
        return None

    def rounded(self, size: int) -> int:
        """Give a number of frames near ``size`` that cuts no chunk, or as few as can be.

        What is lent is lent chunk by chunk: more of them would have to be copied together.
        """
        if size >= self.chunk:
            return self.chunk if self.lends and self.chunk > 1 else size // self.chunk * self.chunk
        return next(part for part in range(size, 0, -1) if self.chunk % part == 0)

    def close(self) -> None:  # noqa: B027 (most sources hold nothing open)
        """Close what the source holds open; it may be called more than once."""

    def batches(self, size: int) -> Iterator[FrameBatch]:
        """Read the whole sequence, ``size`` frames at a time.

        Yields
        ------
        FrameBatch
            ``.data`` has shape (n, H, W) or (n, H, W, C); n is smaller than ``size`` at the end.
        """
        start = 0
        size = size if self.length is None else max(1, min(size, self.length))
        shape = (size, *self.buffer_shape)
        out = None if self.in_memory or self.lends else page_aligned(shape, self.dtype)
        while self.length is None or start < self.length:
            data = self.read(start, size, out)
            if len(data):
                yield FrameBatch(start, data)
            start += len(data)
            if len(data) < size:
                return

    def __len__(self) -> int:
        if self.length is None:
            raise TypeError(f"{self.name}: a stream has no length until it has ended")
        return self.length

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
