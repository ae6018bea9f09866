"""The difference of two sources, as a source: of one size and rate, or brought to that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from heatvid._errors import SourceError
from heatvid._frames import AnyArray, page_aligned
from heatvid._values.averages import of_size
from heatvid._values.index import resampled_dtype
from heatvid.sources._base import Source
from heatvid.sources._retimed import retimed


@dataclass(frozen=True, eq=False)
class Difference:
    """Two sources that are not open, of which the difference is shown, ``b - a``.

    Attributes
    ----------
    a, b : object
        What :func:`open_source` takes.
    of_a, of_b : mapping
        What is said of each alone: options of :func:`open_source`, and its ``source_fps``.
    titles : tuple of str or None
        What stands over each; None for its name.
    """

    a: Any
    b: Any
    of_a: Mapping[str, Any] = field(default_factory=dict)
    of_b: Mapping[str, Any] = field(default_factory=dict)
    titles: tuple[str | None, str | None] = (None, None)


def sources_of(source: Any) -> Iterator[Any]:
    """What is read: of a difference both."""
    if isinstance(source, Difference):
        yield from sources_of(source.a)
        yield from sources_of(source.b)
    else:
        yield source


class DifferenceSource(Source):
    """By how much the values of ``b`` are more than those of ``a``.

    In float32, of 32-bit integers, 64-bit types and long doubles in float64; NaN where either is.
    Frames of ``b`` that have another size are brought to that of ``a``: interpolated, or averaged
    where they shrink.

    Parameters
    ----------
    a, b : Source
        Open, of one length.

    Attributes
    ----------
    opened : contextlib.ExitStack
        What is closed with this.
    """

    def __init__(self, a: Source, b: Source) -> None:
        self.opened = ExitStack()
        if len(a.frame_shape) > 2 or len(b.frame_shape) > 2:
            raise SourceError(
                f"difference: {a.name} has frames of {_size(a)}, {b.name} of {_size(b)}; allowed "
                "are fields of one value a pixel"
            )
        if None not in (a.length, b.length) and a.length != b.length:
            raise SourceError(
                f"difference: {a.name} has {a.length} frames, {b.name} has {b.length}; allowed are "
                "equal lengths (frames='START:STOP' takes a part)"
            )
        self._a, self._b = a, b
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
            if second.shape[1:] != first.shape[1:]:
                size = first.shape[1], first.shape[2]
                second = np.array([of_size(frame, size) for frame in second.astype(self.dtype)])
            return np.subtract(second, first, out=given, dtype=self.dtype, casting="unsafe")

    def close(self) -> None:
        """Close both, where they were opened for this."""
        self.opened.close()


def open_difference(pair: Difference, opening: Callable[..., Source]) -> DifferenceSource:
    """Open both of a pair, in step; a Source among them is left open when this is closed.

    ``opening`` takes a source, and by name what is said of it alone.
    """
    with ExitStack() as closing:
        opened, rates = [], []
        for source, options in ((pair.a, pair.of_a), (pair.b, pair.of_b)):
            own = {name: value for name, value in options.items() if name != "source_fps"}
            opened.append(opening(source, **own))
            rates.append(options.get("source_fps") or opened[-1].fps)
            if not isinstance(source, Source):
                closing.callback(opened[-1].close)
        first, second = _in_step(opened, rates)
        made = DifferenceSource(first, second)
        made.opened = closing.pop_all()
        made.fps = max((rate for rate in rates if rate is not None), default=None)
        return made


def _in_step(pair: Sequence[Source], rates: Sequence[Fraction | None]) -> tuple[Source, Source]:
    """Show the slower one at its own times, where rates differ, as long as the faster one."""
    a, b = pair
    own, other = rates
    if own is None or other is None or own == other or a.length is None or b.length is None:
        return a, b
    lasts = a.length / own, b.length / other
    if abs(lasts[0] - lasts[1]) > 1 / min(own, other):
        raise SourceError(
            f"difference: {a.name} lasts {float(lasts[0]):g} s ({a.length} frames), {b.name} "
            f"{float(lasts[1]):g} s ({b.length} frames); allowed are equal times, up to one frame"
        )
    if own < other:
        return retimed(a, fps=other, own_fps=own, length=b.length), b
    return a, retimed(b, fps=own, own_fps=other, length=a.length)


def _read(source: Source, start: int, count: int) -> AnyArray:
    """Read into memory of its own, so that one does not overwrite the other."""
    if source.in_memory or source.lends:
        return source.read(start, count)
    return source.read(start, count, page_aligned((count, *source.buffer_shape), source.dtype))


def _size(source: Source) -> str:
    height, width, *channels = source.frame_shape
    return f"{width}x{height}" + "".join(f" of {count} channels" for count in channels)
