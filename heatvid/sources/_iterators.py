"""Frames pulled from an iterator of unknown length, one by one or in stacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from heatvid._errors import SourceError, UsageError, kind_of, one_line
from heatvid._frames import AnyArray
from heatvid.sources._arrays import check_frame, demand_one_array, is_array, to_host
from heatvid.sources._axes import Axes, holds_stacks, resolve, resolve_frame
from heatvid.sources._dtypes import copy_frames, delivered_dtype
from heatvid.sources._laid_out import LaidOutSource


class IteratorSource(LaidOutSource):
    """Frames of an iterable, or of its stacks, each taken once; what it raises passes through.

    The first array is pulled at once, as nothing else tells the shape and the dtype.
    """

    rewindable = False

    def __init__(
        self, frames: Iterable[Any], layout: str | None = None, channel: int | str | None = None
    ) -> None:
        try:
            self._iterator: Iterator[Any] = iter(frames)
        except (TypeError, NotImplementedError) as error:
            raise SourceError(
                f"iterator: {kind_of(frames)} gives no frames ({one_line(error)}); allowed are "
                "arrays, and iterators of arrays"
            ) from error
        first = next(self._iterator, self)  # which it cannot give
        if first is self:
            raise SourceError("iterator: gave no frames; one or more are needed")
        array = _host(first, "iterator: frame 0")
        self._stack: Axes | None = None  # the order of the axes, where arrays are stacks
        if holds_stacks(array.shape, layout, channel):
            self._stack = resolve(array.shape, "iterator: array 0", layout, channel)
            axes = self._stack.of_one_frame()
        else:
            axes = resolve_frame(array.shape, "iterator: frame 0", layout, channel)
        dtype = delivered_dtype(array.dtype, "iterator: frame 0")
        super().__init__("iterator", axes, dtype, None)
        self._waiting = self._frames_of(array)
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
            copy_frames(frame, place)
            filled += 1
        return self._axes.deliver(buffer[:filled])

    def close(self) -> None:
        """Let the iterator go; closing it is left to whoever made it."""
        self._closed = True
        self._iterator = iter(())
        self._waiting = iter(())

    def _pull(self) -> AnyArray | None:
        """Give the next frame, as it lies in its array; None at the end."""
        while (frame := next(self._waiting, None)) is None:
            try:
                received = next(self._iterator)
            except StopIteration:
                self.length = self._next
                return None
            self._waiting = self._frames_of(_host(received, f"iterator: frame {self._next}"))
        check_frame(frame, self._axes, self.dtype, f"iterator: frame {self._next}")
        self._next += 1
        one: AnyArray = self._axes.time_first(frame)[0]
        return one

    def _frames_of(self, array: AnyArray) -> Iterator[AnyArray]:
        """The frames of an array that was given: it itself, or those of a stack."""
        if self._stack is None or array.ndim != len(self._stack.shape):
            return iter((array,))
        return iter(self._stack.time_first(array))


def _host(value: Any, label: str) -> AnyArray:
    demand_one_array(value, label)
    if not is_array(value):
        raise SourceError(
            f"{label} is {kind_of(value)}; allowed are arrays, of shape (H, W) or (n, H, W)"
        )
    return to_host(value, label)
