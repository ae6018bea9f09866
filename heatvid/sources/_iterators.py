"""Frames pulled one by one from an iterator of unknown length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from heatvid._errors import SourceError, UsageError
from heatvid._frames import AnyArray
from heatvid.sources._arrays import check_frame, is_array, to_host
from heatvid.sources._axes import resolve_frame
from heatvid.sources._dtypes import copy_frames, delivered_dtype
from heatvid.sources._laid_out import LaidOutSource


class IteratorSource(LaidOutSource):
    """Frames of an iterable, each taken once; what it raises passes through.

    The first frame is pulled at once, as nothing else tells the shape and the dtype.
    """

    rewindable = False

    def __init__(
        self, frames: Iterable[Any], layout: str | None = None, channel: int | str | None = None
    ) -> None:
        self._iterator: Iterator[Any] = iter(frames)
        first = next(self._iterator, None)
        if first is None:
            raise SourceError("iterator: gave no frames; one or more are needed")
        self._waiting: AnyArray | None = _frame(first, 0)
        axes = resolve_frame(self._waiting.shape, "iterator: frame 0", layout, channel)
        dtype = delivered_dtype(self._waiting.dtype, "iterator: frame 0")
        super().__init__("iterator", axes, dtype, None)
        self._next = 0
        self._closed = False

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        if self._closed:
            raise SourceError("iterator: is closed; what it had left is not read any more")
        if start != self._next:
            raise UsageError(
                f"iterator: frame {start} was asked for, the next is {self._next}; an iterator "
                "gives its frames once, in order; pass an array or a file instead"
            )
        buffer = self._buffer(self._count(start, count), out)
        filled = 0
        for place in buffer:
            frame = self._pull()
            if frame is None:
                break
            copy_frames(self._axes.time_first(frame)[0], place)
            filled += 1
        return self._axes.deliver(buffer[:filled])

    def close(self) -> None:
        """Let the iterator go; closing it is left to whoever made it."""
        self._closed = True
        self._iterator = iter(())
        self._waiting = None

    def _pull(self) -> AnyArray | None:
        frame, self._waiting = self._waiting, None
        if frame is None:
            try:
                received = next(self._iterator)
            except StopIteration:
                self.length = self._next
                return None
            frame = _frame(received, self._next)
            check_frame(frame, self._axes, self.dtype, f"iterator: frame {self._next}")
        self._next += 1
        return frame


def _frame(value: Any, index: int) -> AnyArray:
    label = f"iterator: frame {index}"
    if not is_array(value):
        raise SourceError(
            f"{label} is a {type(value).__name__}; allowed are arrays of shape (H, W)"
        )
    return to_host(value, label)
