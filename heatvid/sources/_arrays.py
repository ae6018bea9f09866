"""Frames of an array in memory, or of a list of arrays, from any library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from heatvid._errors import SourceError, brief, kind_of, one_line, printable
from heatvid._frames import AnyArray, Resident
from heatvid.sources._axes import Axes, holds_stacks, resolve, resolve_frame
from heatvid.sources._base import Source
from heatvid.sources._dtypes import copy_frames, delivered_dtype
from heatvid.sources._joined import JoinedSource
from heatvid.sources._laid_out import LaidOutSource
from heatvid.sources._reading import reading

_PROTOCOLS = ("__array__", "__array_interface__", "__cuda_array_interface__", "__dlpack__")
_NAMES_SHOWN = 20


def is_array(value: object) -> bool:
    """Whether ``value`` speaks one of the protocols by which libraries exchange arrays."""
    several = hasattr(value, "data_vars")  # xarray's Dataset, which only says that it is none
    return (
        not several
        and not isinstance(value, type)
        and any(hasattr(value, protocol) for protocol in _PROTOCOLS)
    )


def demand_one_array(value: Any, label: str) -> None:
    """Refuse what holds several arrays by name, which the message lists."""
    named = getattr(value, "data_vars", value)  # as xarray's Dataset has
    by, own = f"{type(value).__name__.lower()}[name]", getattr(value, "variables", None)
    if named is value and isinstance(own, Mapping):  # as netCDF4's
        named, by = own, f"{type(value).__name__.lower()}.variables[name][:]"
    if isinstance(named, Mapping):
        names = list(named)
        listed = ", ".join(map(brief, names[:_NAMES_SHOWN])) or "none"
        more = len(names) - _NAMES_SHOWN
        raise SourceError(
            f"{label}: {kind_of(value)} holds several arrays by name; allowed is one of them, as "
            f"{by}: {listed}{f' and {more} more' * (more > 0)}"
        )


def open_array(
    array: Any, layout: str | None = None, channel: int | str | None = None
) -> ArraySource:
    """Open an array of any library."""
    host: Any = array if isinstance(array, Resident) else to_host(array, "array")
    return ArraySource(host, resolve(host.shape, "array", layout, channel), "array")


def to_host(array: Any, label: str) -> AnyArray:
    """View, or copy from its device, an array of any library as NumPy's.

    torch, CuPy and JAX are known by what their arrays can do, so none is imported.
    """
    if hasattr(array, "detach"):  # torch: a gradient must not follow the values out
        array = array.detach()
    if getattr(array, "is_cuda", False):
        array = array.cpu()
    elif hasattr(array, "__cuda_array_interface__"):
        array = array.get() if hasattr(array, "get") else array.cpu()
    if str(getattr(array, "dtype", "")) == "torch.bfloat16":  # NumPy has no such dtype
        array = array.float()
    if hasattr(array, "__dask_graph__") and hasattr(array, "compute"):
        array = computed(array, label)
    try:
        if isinstance(array, np.ma.MaskedArray):
            delivered_dtype(array.dtype, label)
            return unmasked(array)
        host: AnyArray
        if any(hasattr(array, protocol) for protocol in _PROTOCOLS[:2]):
            host = np.asarray(array)
        else:
            host = np.from_dlpack(array)
    except (TypeError, ValueError, BufferError, RuntimeError) as error:
        raise SourceError(
            f"{label}: {kind_of(array)} that NumPy cannot view ({error}); "
            "copy it to host memory first"
        ) from error
    delivered_dtype(host.dtype, label)
    return host


def computed(array: Any, label: str) -> Any:
    """Compute an array of dask in this thread, one of several that are there already."""
    with reading(label, _not_computed):
        return array.compute(scheduler="synchronous")


def _not_computed(error: Exception) -> str:
    return f"cannot be computed ({printable(one_line(error)).rstrip('.')}); compute() shows where"


def unmasked(array: np.ma.MaskedArray[Any, Any]) -> AnyArray:
    """Make masked values NaN, which is what a missing value is here; integers become floats."""
    if array.mask is np.ma.nomask:
        return array.data
    values = array.data.astype(unmasked_dtype(array.dtype))
    values[np.ma.getmaskarray(array)] = np.nan
    return values


def unmasked_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The floats that hold every value of a dtype, up to 53 bits, and NaN."""
    if dtype.kind == "f":
        return dtype
    return np.dtype(np.float32 if dtype.itemsize <= 2 else np.float64)


def open_arrays(
    arrays: Sequence[Any], layout: str | None = None, channel: int | str | None = None
) -> Source:
    """Open arrays of one frame each, or of stacks that follow each other."""
    if not holds_stacks(to_host(arrays[0], "array 0").shape, layout, channel):
        return ArrayListSource(arrays, layout, channel)

    def opening(i: int) -> ArraySource:
        label = f"array {i}"
        host = to_host(arrays[i], label)
        return ArraySource(host, resolve(host.shape, label, layout, channel), label)

    return JoinedSource("array", [partial(opening, i) for i in range(len(arrays))])


class ArraySource(LaidOutSource):
    """Frames of one array; views of it wherever its dtype is native."""

    def __init__(self, array: AnyArray, axes: Axes, name: str) -> None:
        super().__init__(name, axes, delivered_dtype(array.dtype, name), axes.length)
        self._frames = axes.time_first(array)
        self.in_memory = array.dtype == self.dtype and array.dtype.isnative

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        count = self._count(start, count)
        frames = self._frames[start : start + count]
        if self.in_memory:
            return self._axes.deliver(frames)
        buffer = self._buffer(count, out)
        copy_frames(frames, buffer)
        return self._axes.deliver(buffer)


class ArrayListSource(LaidOutSource):
    """Frames that are arrays of a list, copied together batch by batch."""

    def __init__(
        self, arrays: Sequence[Any], layout: str | None = None, channel: int | str | None = None
    ) -> None:
        first = to_host(arrays[0], "array 0")
        axes = resolve_frame(first.shape, "array 0", layout, channel)
        super().__init__("array", axes, delivered_dtype(first.dtype, "array 0"), len(arrays))
        self._arrays = arrays
        for i, array in enumerate(arrays):
            if isinstance(array, np.ndarray):  # others may have to leave a device to be looked at
                check_frame(array, self._axes, self.dtype, f"array {i}")

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        buffer = self._buffer(self._count(start, count), out)
        for i, place in enumerate(buffer, start):
            frame = to_host(self._arrays[i], f"array {i}")
            check_frame(frame, self._axes, self.dtype, f"array {i}")
            copy_frames(self._axes.time_first(frame)[0], place)
        return self._axes.deliver(buffer)


def check_frame(frame: AnyArray, axes: Axes, dtype: np.dtype[Any], label: str) -> None:
    """Demand the shape and dtype of the first frame."""
    received = delivered_dtype(frame.dtype, label)
    if (frame.shape, received) != (axes.shape, dtype):
        raise SourceError(
            f"{label}: is {frame.shape} {received}, the first is {axes.shape} {dtype}; "
            "all frames need one shape and dtype"
        )
