"""An array in a container: what its reader says of it, and the source of frames that it becomes."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from heatvid._errors import SourceError
from heatvid._frames import AnyArray
from heatvid._memory import available_memory
from heatvid.sources._about import About
from heatvid.sources._cf import decoding_of, labels_of, text, times_of
from heatvid.sources._chunks import Index, shape_of
from heatvid.sources._decoded import Decoding
from heatvid.sources._dims import Arrangement, arrange, rises_northward
from heatvid.sources._dtypes import delivered_dtype
from heatvid.sources._laid_out import LaidOutSource
from heatvid.sources._places import Coordinate, Coordinates
from heatvid.sources._reading import reading
from heatvid.sources._reused import ReusedMemory
from heatvid.sources._slabs import Slabs, slab_frames


def _nothing() -> None:
    """Check or close nothing."""


@dataclass(frozen=True)
class StoredArray:
    """One array of a container, unread.

    Attributes
    ----------
    name : str
        For messages: the file, and the key.
    key : str
        Of the array.
    shape : tuple of int
    dtype : numpy.dtype
        As it is stored, in any byte order.
    read : callable
        Of one integer or bounded slice a dimension, and of memory for these values, native and
        C-contiguous, which it fills; from any thread.
    dims : tuple of str or None
        Names of the dimensions.
    attributes : mapping
        As the CF conventions have them.
    chunks : tuple of int or None
        What is decoded together, one length a dimension.
    coordinate : callable
        Of a dimension's name: what lies along it, or None.
    fill : number or None
        A value that stands for none, beside those that the attributes name.
    unwritten : (int, int) or None
        Chunks that were never written, of how many.
    demand, check, close : callable
        Raise where the array cannot be read, or the container has changed since; close that.
    """

    name: str
    key: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[Index, AnyArray], None]
    dims: tuple[str, ...] | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    chunks: tuple[int, ...] | None = None
    coordinate: Coordinates = lambda name: None
    fill: Any = None
    unwritten: tuple[int, int] | None = None
    demand: Callable[[], None] = _nothing
    check: Callable[[], None] = _nothing
    close: Callable[[], None] = _nothing


def open_stored(
    array: StoredArray,
    *,
    layout: str | None = None,
    channel: int | str | None = None,
    select: Mapping[str, Any] | None = None,
    about: About | None = None,
) -> StoredSource:
    """Open an array as frames; ``about`` says what else is known, as of the choice of the array."""
    delivered_dtype(array.dtype, array.name)
    array.demand()
    array = replace(array, coordinate=partial(_coordinate_of, array))
    with reading(array.name):  # of what lies along its dimensions
        arranged = arrange(
            array.shape, array.dims, array.name, coordinates=array.coordinate, layout=layout,
            channel=channel, select=select,
        )  # fmt: skip
        decoding = decoding_of(array.dtype, array.attributes, array.name, array.fill)
        return StoredSource(array, arranged, decoding, about or About())


def _coordinate_of(array: StoredArray, name: str) -> Coordinate | None:
    """What lies along a dimension, where there is one value for each place of it."""
    found = array.coordinate(name)
    places = dict(zip(array.dims or (), array.shape, strict=False))
    return None if found is None or found.values.shape != (places.get(name),) else found


class StoredSource(LaidOutSource):
    """Frames of a stored array, by slabs of whole chunks; rows run from north to south.

    Parameters
    ----------
    array : StoredArray
        Closed with this.
    arranged : Arrangement
    decoding : Decoding
    about : About
        What is known already.
    """

    concurrent = lends = True

    def __init__(
        self, array: StoredArray, arranged: Arrangement, decoding: Decoding, about: About
    ) -> None:
        axes = arranged.axes
        super().__init__(array.name, axes, decoding.dtype, axes.length)
        self._array, self._arranged, self._decoding = array, arranged, decoding
        _demand_room(array.name, self.frame_bytes, axes.length)
        time = arranged.time
        chunk = 1 if array.chunks is None or time is None else array.chunks[time]
        self.chunk = slab_frames(chunk, self.frame_bytes, axes.length)
        _warn_of_parts(self.name, min(chunk, axes.length), self.chunk, self.frame_bytes)
        self._turned = rises_northward(*self._along(arranged.rows))
        self.about = self._known(about)
        slab = math.prod(shape_of(arranged.index(0, self.chunk, array.shape)))
        self._for_stored = ReusedMemory(slab * decoding.stored.itemsize)
        self._for_values = ReusedMemory(slab * decoding.dtype.itemsize)
        self._slabs = Slabs(self.name, self._load, axes.length, self.chunk, self.frame_bytes)

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        count = self._count(start, count)
        self._array.check()
        frames = self._slabs.lend(start, count) if out is None else None
        if frames is None:
            frames = self._buffer(count, out)
            self._slabs.copy(start, frames)
        return self._axes.deliver(frames)

    def close(self) -> None:
        """Close the container."""
        self._slabs.close()
        self._array.close()

    def _load(self, start: int, stop: int) -> AnyArray:
        """Decode some frames, (n, *buffer_shape); in a thread of the slabs."""
        index = self._arranged.index(start, stop, self._array.shape)
        stored = self._for_stored.array(shape_of(index), self._decoding.stored)
        native = self._array.dtype.newbyteorder("=")
        self._array.read(index, stored if native == stored.dtype else stored.view(native))
        self._array.check()
        frames = self._axes.time_first(stored)
        if self._decoding.changes:
            fits = self._decoding.fits
            values = frames if fits else self._for_values.array(frames.shape, self.dtype)
            self._decoding.decode(frames, values)
            frames = values
        return self._from_north(frames)

    def _from_north(self, frames: AnyArray) -> AnyArray:
        if not self._turned:
            return frames
        rows = 1 + self._axes.frame_order.index("H")
        return frames[(slice(None),) * rows + (slice(None, None, -1),)]

    def _along(self, dimension: int | None) -> tuple[str, Coordinate | None]:
        """A dimension's name, and what lies along it."""
        if dimension is None or not self._array.dims:
            return "", None
        name = self._array.dims[dimension]
        return name, self._array.coordinate(name)

    def _known(self, about: About) -> About:
        said = {name: text(value) for name, value in self._array.attributes.items()
                if name in ("long_name", "standard_name", "units")}  # fmt: skip
        times, labels = self._moments()
        rows = self._numbers(self._arranged.rows)
        decoding = self._decoding
        limits = (decoding.low, decoding.high)
        return About(
            name=self._array.key.rpartition("/")[2],
            long_name=said.get("long_name", said.get("standard_name", "")),
            units=said.get("units", ""),
            times=times,
            labels=labels,
            rows=rows[::-1] if rows is not None and self._turned else rows,
            columns=self._numbers(self._arranged.columns),
            fill=decoding.missing[0] if decoding.missing else None,
            valid_range=None if None in limits else limits,  # type: ignore[arg-type]  # neither is
            arrays=about.arrays,
            note=about.note,
            palette=about.palette,
            unwritten=self._array.unwritten,
        )

    def _numbers(self, dimension: int) -> AnyArray | None:
        """A coordinate of numbers; None where it is something else."""
        coordinate = self._along(dimension)[1]
        if coordinate is None or coordinate.values.dtype.kind not in "iuf":
            return None
        return coordinate.values.astype(coordinate.values.dtype.newbyteorder("="))

    def _moments(self) -> tuple[AnyArray | None, tuple[str, ...] | None]:
        """When each frame was; or what it is, where that is no time."""
        _, coordinate = self._along(self._arranged.time)
        if coordinate is None:
            return None, None
        times = times_of(coordinate.values, coordinate.attributes)
        if times is not None:
            return times, None
        return None, labels_of(coordinate.values, coordinate.attributes)


def _demand_room(name: str, frame_bytes: int, length: int) -> None:
    """Refuse frames that no memory holds, which a file may declare without any of their values."""
    free = available_memory()
    if frame_bytes > free:
        raise SourceError(
            f"{name}: a frame takes {frame_bytes >> 20} MiB, memory has {free >> 20} free; select "
            "a part, or write the file again"
        )
    if frame_bytes * length >= 1 << 63:
        raise SourceError(f"{name}: declares {length} frames; write the file again")


def _warn_of_parts(name: str, chunk: int, slab: int, frame_bytes: int) -> None:
    """Say that chunks are decoded more than once, where no memory holds a whole one."""
    if chunk > slab:
        warnings.warn(
            f"{name}: {chunk} frames decode together, {chunk * frame_bytes >> 20} MiB, which "
            f"memory has no room for; each chunk is decoded {-(-chunk // slab)} times; chunks of "
            "fewer frames are faster",
            stacklevel=2,
        )
