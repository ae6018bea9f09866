"""Stacks joined along time: files of a folder, pattern or list, or arrays of a list."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate

from heatvid._errors import SourceError
from heatvid._frames import AnyArray, page_aligned
from heatvid.sources._about import About
from heatvid.sources._base import Source


class JoinedSource(Source):
    """The frames of several sources of one shape and dtype, each opened while it is read.

    Every one is looked at when this is opened, so that one that does not fit is known before
    anything is rendered.

    Parameters
    ----------
    name : str
    opens : sequence of callable
        Of each source, in their order.
    in_order : bool
        Whether going on within one is worth more than several threads: the one that was read last
        stays open.
    """

    def __init__(
        self, name: str, opens: Sequence[Callable[[], Source]], in_order: bool = False
    ) -> None:
        self.name, self._opens = name, opens
        self.concurrent = not in_order
        self._last: tuple[int, Source] | None = None  # the one that stays open, and which it is
        lengths: list[int] = []
        known: list[About] = []
        for open_one in opens:
            with open_one() as one:
                if not lengths:
                    self.frame_shape, self.dtype = one.frame_shape, one.dtype
                self._demand_like_first(one)
                lengths.append(len(one))
                known.append(one.about)
        self.about = known[0].followed_by(known[1:])
        self._starts = [0, *accumulate(lengths)]
        self.length = self._starts[-1]

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        count = max(0, min(count, len(self) - start))
        frames = (
            page_aligned((count, *self.frame_shape), self.dtype) if out is None else out[:count]
        )
        filled = 0
        while filled < count:
            at = start + filled
            which = bisect_right(self._starts, at) - 1
            some = min(self._starts[which + 1] - at, count - filled)
            with self._open(which) as one:
                frames[filled : filled + some] = one.read(at - self._starts[which], some)
            filled += some
        return frames

    def close(self) -> None:
        """Close the one that is open; it may be called more than once."""
        self._let_go()

    def _let_go(self) -> None:
        last, self._last = self._last, None
        if last is not None:
            last[1].close()

    @contextmanager
    def _open(self, which: int) -> Iterator[Source]:
        if self.concurrent:
            with self._opens[which]() as one:
                self._demand_like_first(one)
                yield one
            return
        if self._last is None or self._last[0] != which:
            self._let_go()
            self._last = which, self._opens[which]()
            self._demand_like_first(self._last[1])
        yield self._last[1]

    def _demand_like_first(self, one: Source) -> None:
        if (one.frame_shape, one.dtype) != (self.frame_shape, self.dtype):
            raise SourceError(
                f"{one.name}: has frames of {one.frame_shape} {one.dtype}, the first has "
                f"{self.frame_shape} {self.dtype}; all frames need one shape and dtype"
            )
