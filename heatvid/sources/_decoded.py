"""Stored values to values: what is missing becomes NaN, what is packed is scaled and shifted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from threading import local
from typing import Any, Protocol

import numpy as np

from heatvid._frames import AnyArray, page_aligned
from heatvid.sources._base import Source

_TABLE_BITS = 16  # integers up to this wide are decoded by a table of all their values


@dataclass(frozen=True)
class Decoding:
    """How stored values become values, as the CF conventions have it (section 8.1).

    Packed values are computed in float64 and rounded once, to float32; float64 stays as wide.
    Integers of which some are missing become the smallest float that holds all others.

    Attributes
    ----------
    stored : numpy.dtype
        Of what is given, native byte order.
    missing : tuple of float
        Stored values that stand for none.
    low, high : float or None
        Stored values beyond these are none either.
    scale, offset : float
        ``value = stored * scale + offset``.
    """

    stored: np.dtype[Any]
    missing: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    scale: float = 1.0
    offset: float = 0.0

    @property
    def scaled(self) -> bool:
        """Whether values are computed at all."""
        return (self.scale, self.offset) != (1.0, 0.0)

    @property
    def changes(self) -> bool:
        """Whether anything is other than it is stored."""
        return self.scaled or bool(self.missing) or self.low is not None or self.high is not None

    @property
    def dtype(self) -> np.dtype[Any]:
        """What values are delivered in."""
        if not self.changes or (self.stored.kind == "f" and not self.scaled):
            return self.stored
        if self.scaled:
            return np.dtype(np.float64 if self.stored == np.float64 else np.float32)
        return np.dtype(np.float32 if self.stored.itemsize <= 2 else np.float64)

    @property
    def fits(self) -> bool:
        """Whether values fit into the memory that they are stored in, and may be decoded there."""
        return self.dtype == self.stored

    def decode(self, stored: AnyArray, out: AnyArray) -> None:
        """Fill ``out``, of :attr:`dtype` and the shape of ``stored``, frame by frame.

        It may be ``stored`` itself where it :attr:`fits`.
        """
        if not self.changes:
            out[...] = stored
            return
        for i, frame in enumerate(stored):
            place = frame if out is stored else out[i]
            if self._table is None:
                self._compute(frame, place)
            else:
                place[...] = self._table[_places(frame)]

    @cached_property
    def _table(self) -> AnyArray | None:
        """The value of each integer of few bits, those that are negative at the end."""
        kind = self.stored.kind
        if kind not in "biu" or self.stored.itemsize * 8 > _TABLE_BITS:
            return None
        unsigned = np.dtype(f"u{self.stored.itemsize}")
        every = np.arange(1 << unsigned.itemsize * 8, dtype=unsigned)
        every = every if kind == "b" else every.view(self.stored)
        table = np.empty(every.shape, self.dtype)
        self._compute(every, table)
        return table

    def _compute(self, stored: AnyArray, out: AnyArray) -> None:
        none = self._none(stored)
        with np.errstate(over="ignore", invalid="ignore"):
            if self.scaled:
                out[...] = stored.astype(np.float64) * self.scale + self.offset
            elif out is not stored:
                out[...] = stored
        if none is not None:
            out[none] = np.nan

    def _none(self, stored: AnyArray) -> AnyArray | None:
        """Where there is no value."""
        none: AnyArray | None = None
        with np.errstate(invalid="ignore"):
            for value in self.missing:
                none = _either(none, stored == value)
            if self.low is not None:
                none = _either(none, stored < self.low)
            if self.high is not None:
                none = _either(none, stored > self.high)
        return none


def _either(one: AnyArray | None, other: AnyArray) -> AnyArray:
    return other if one is None else one | other


def _places(frame: AnyArray) -> AnyArray:
    """Where in a table of all values those of a frame lie."""
    return frame.view(f"u{frame.dtype.itemsize}")


def representable(value: Any, dtype: np.dtype[Any]) -> float | int | None:
    """Give ``value`` as a dtype stores it; None where it cannot, or is NaN, so never equals one."""
    number = np.asarray(value).reshape(-1)[:1]
    if number.size == 0 or number.dtype.kind not in "biuf" or np.isnan(number[0]):
        return None
    if dtype.kind in "iu":
        whole = int(number[0]) if np.isfinite(number[0]) and number[0] == int(number[0]) else None
        span = np.iinfo(dtype)
        return whole if whole is not None and span.min <= whole <= span.max else None
    if dtype.kind == "b" and number[0] not in (0, 1):  # which True would equal
        return None
    with np.errstate(over="ignore"):
        return float(number.astype(dtype)[0])


class Decoder(Protocol):
    """What makes values of stored ones; :class:`Decoding` says what its members mean."""

    @property
    def dtype(self) -> np.dtype[Any]: ...

    @property
    def changes(self) -> bool: ...

    @property
    def missing(self) -> tuple[float, ...]: ...

    def decode(self, stored: AnyArray, out: AnyArray) -> None: ...


class DecodedSource(Source):
    """Another source's frames, decoded, and turned; what it is made of is closed with it.

    Parameters
    ----------
    inner : Source
    decoding : Decoder
    flip : {"vertical", "horizontal"}, optional
    """

    def __init__(self, inner: Source, decoding: Decoder, flip: str | None = None) -> None:
        self._inner, self._decoding = inner, decoding
        self._turn = _TURNS[flip]
        self.name, self.length, self.fps = inner.name, inner.length, inner.fps
        self.names, self.rewindable, self.chunk = inner.names, inner.rewindable, inner.chunk
        self.frame_shape, self.dtype = inner.frame_shape, decoding.dtype
        self.in_memory = inner.in_memory and not decoding.changes
        self.compressed = inner.compressed
        self.concurrent, self.lends = inner.concurrent, inner.lends and not decoding.changes
        fill = decoding.missing[0] if decoding.missing else inner.about.fill
        about = replace(inner.about, fill=fill)
        self.about = about if flip is None else about.flipped(flip)
        self._own = local()  # of each thread: what it reads into

    @property
    def buffer_shape(self) -> tuple[int, ...]:
        """Shape of one frame in the buffer given to :meth:`read`."""
        return self.frame_shape if self._decoding.changes else self._inner.buffer_shape

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        if not self._decoding.changes:
            return self._turned(self._ended(self._inner.read(start, count, out)))
        lent = self._inner.in_memory or self._inner.lends
        memory = None if lent else self._memory(count)
        stored = self._ended(self._inner.read(start, count, memory))
        shape = (len(stored), *self.frame_shape)
        values = page_aligned(shape, self.dtype) if out is None else out[: len(stored)]
        self._decoding.decode(stored, values)
        return self._turned(values)

    def _turned(self, frames: AnyArray) -> AnyArray:
        view: AnyArray = frames[self._turn]
        return view

    def _ended(self, frames: AnyArray) -> AnyArray:
        """Take over the length that a stream knows at its end."""
        self.length = self._inner.length
        return frames

    def _memory(self, count: int) -> AnyArray:
        memory: AnyArray | None = getattr(self._own, "memory", None)
        if memory is None or len(memory) < count:
            shape = (count, *self._inner.buffer_shape)
            memory = self._own.memory = page_aligned(shape, self._inner.dtype)
        return memory

    def close(self) -> None:
        """Close the source within."""
        self._inner.close()


_TURNS: dict[str | None, Any] = {
    None: ...,
    "vertical": (slice(None), slice(None, None, -1)),
    "horizontal": (slice(None), slice(None), slice(None, None, -1)),
}


def decoded(
    source: Source,
    nodata: float | None,
    scale: float | None,
    offset: float | None,
    flip: str | None,
) -> Source:
    """Apply what the caller says of a source's values; the source itself where that is nothing."""
    missing = None if nodata is None else representable(nodata, source.dtype)
    decoding = Decoding(
        source.dtype,
        () if missing is None else (missing,),
        scale=1.0 if scale is None else scale,
        offset=0.0 if offset is None else offset,
    )
    if not decoding.changes and flip is None:
        return source
    return DecodedSource(source, decoding, flip)
