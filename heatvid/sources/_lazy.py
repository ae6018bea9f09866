"""Open arrays of h5py, zarr, xarray and dask: read a part at a time, by their own dimensions.

They are known by the package of their type, so that none is imported. What the caller opened is
left open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from heatvid._errors import OptionError, SourceError, brief, called, kind_of, printable
from heatvid._frames import AnyArray
from heatvid.sources._arrays import computed, unmasked, unmasked_dtype
from heatvid.sources._base import Source
from heatvid.sources._cf import NETCDF_FILL
from heatvid.sources._chunks import Index
from heatvid.sources._containers import Container, open_container
from heatvid.sources._places import Coordinate
from heatvid.sources._reading import reading, silenced
from heatvid.sources._stored import StoredArray, open_stored

_TOKEN = re.compile(r".+-[0-9a-f]{32}")  # of dask, as in from_array-0123...


def is_lazy(value: object) -> bool:
    """Whether a value is an array, or holds several, that is read a part at a time."""
    return _kind(value) in _OPENED


def open_lazy(
    value: Any,
    key: str | None,
    layout: str | None,
    channel: int | str | None,
    select: Mapping[str, Any] | None,
) -> Source:
    """Open what :func:`is_lazy` knows; ``key`` names one array where it holds several."""
    opened = _OPENED[_kind(value)](value)
    if isinstance(opened, Container):
        return open_container(opened, key, layout, channel, select)
    if key is not None:
        raise OptionError(
            f"{opened.name}: key is {brief(key)}; allowed with what holds several arrays"
        )
    return open_stored(opened, layout=layout, channel=channel, select=select)


def _kind(value: object) -> str:
    """The package and the name of a type; a subclass is what it is derived from."""
    for cls in type(value).__mro__:
        kind = f"{cls.__module__.partition('.')[0]}.{cls.__name__}"
        if kind in _OPENED:
            return kind
    return ""


def _h5py_dataset(dataset: Any) -> StoredArray:
    from heatvid.sources import _hdf5

    _demand_open(dataset)
    label = called(str(dataset.file.filename))
    if dataset.shape is None:
        raise SourceError(f"{label}: {brief(dataset.name)} holds no values; allowed are arrays")
    with reading(label):
        return _hdf5.stored_array(dataset, f"{label}[{printable(dataset.name.strip('/'))}]", None)


def _demand_open(item: Any) -> None:
    if not item:
        raise SourceError(
            f"array: {kind_of(item)} whose file is closed; allowed is one that stays open meanwhile"
        )


def _h5py_group(group: Any) -> Container:
    from heatvid.sources import _hdf5

    _demand_open(group)
    label = called(str(group.file.filename))
    with reading(label):
        return _hdf5.container_of(group, label, None)


def _zarr(node: Any) -> StoredArray | Container:
    from heatvid.sources import _zarr

    container = _zarr.container_of(node, called(str(node.store_path)))
    return container.open("") if list(container.keys) == [""] else container


def _xarray_array(array: Any, key: str = "", name: str = "") -> StoredArray:
    """Describe a DataArray; what its coordinates and attributes say comes along."""
    key = key or _name_of(array)
    name = name or (f"array[{printable(key)}]" if key else "array")
    variable = array.variable

    def read(index: Index, out: AnyArray) -> None:
        with reading(name):
            part = variable[index].data
            if not hasattr(part, "compute"):
                out[...] = part
                return
        _compute(part, name, out)

    def coordinate(dimension: str) -> Coordinate | None:
        if dimension not in array.coords:  # asked for one that is not, it gives its numbers
            return None
        along = array.coords[dimension]
        with silenced("pandas"):  # of times with a zone, as xarray reads them
            return Coordinate(along.values, dict(along.attrs))

    of_netcdf = variable.dtype.kind == "f" and "_FillValue" not in array.encoding
    return StoredArray(
        name=name,
        key=key,
        shape=tuple(array.shape),
        dtype=_dtype(array if array.chunks is None else array.data),
        read=read,
        dims=tuple(str(dimension) for dimension in array.dims),
        attributes=dict(array.attrs),
        chunks=_xarray_chunks(array),
        coordinate=coordinate,
        fill=NETCDF_FILL if of_netcdf and array.encoding.get("source") else None,
    )


def _name_of(array: Any) -> str:
    """What an array is called; what xarray takes from dask for want of a name is none."""
    name = "" if array.name is None else str(array.name)
    return "" if _TOKEN.fullmatch(name) else name


def _xarray_chunks(array: Any) -> tuple[int, ...] | None:
    """What is decoded together: of dask, or of the file that it was opened from."""
    if array.chunks is not None:
        return tuple(max(lengths, default=1) for lengths in array.chunks)
    preferred = array.encoding.get("preferred_chunks") or {}
    with suppress(KeyError, TypeError, ValueError):
        return tuple(int(preferred[dimension]) for dimension in array.dims)
    return None


def _xarray_dataset(dataset: Any) -> Container:
    def opened(key: str) -> StoredArray:
        return _xarray_array(dataset[names[key]], key, f"array[{printable(key)}]")

    names = {str(name): name for name in dataset.data_vars}
    return Container("array", list(names), opened, lambda: None)


def _dask(array: Any) -> StoredArray:
    if np.isnan(array.shape).any():
        raise SourceError(
            f"array: shape {array.shape} is not known before it is computed; allowed is what "
            "compute_chunk_sizes() gives"
        )

    def read(index: Index, out: AnyArray) -> None:
        _compute(array[index], "array", out)

    return StoredArray(
        name="array",
        key="",
        shape=tuple(int(length) for length in array.shape),
        dtype=_dtype(array),
        read=read,
        chunks=tuple(int(max(lengths, default=1)) for lengths in array.chunks),
    )


def _compute(part: Any, name: str, out: AnyArray) -> None:
    """Fill ``out`` with a part of an array of dask; masked values are NaN."""
    values = computed(part, name)
    with reading(name):
        masked = isinstance(values, np.ma.MaskedArray)
        if masked and values.mask.any() and out.dtype.kind != "f":
            raise ValueError("a chunk is masked, which the array does not say")
        out[...] = unmasked(values) if masked else values


def _dtype(array: Any) -> np.dtype[Any]:
    """The dtype of an array of dask, floats where its values are masked."""
    dtype = np.dtype(array.dtype)
    masked = isinstance(getattr(array, "_meta", None), np.ma.MaskedArray)
    return unmasked_dtype(dtype) if masked else dtype


def _delayed(value: Any) -> StoredArray:
    raise SourceError(
        "array: a Delayed of dask says no shape; allowed is what compute() gives, or "
        "dask.array.from_delayed(value, shape, dtype)"
    )


def _xarray_variable(variable: Any) -> StoredArray:
    import xarray

    return _xarray_array(xarray.DataArray(variable))


_OPENED: dict[str, Callable[[Any], StoredArray | Container]] = {
    "h5py.Dataset": _h5py_dataset,
    "h5py.Group": _h5py_group,  # and File
    "zarr.Array": _zarr,
    "zarr.Group": _zarr,
    "xarray.DataArray": _xarray_array,
    "xarray.Dataset": _xarray_dataset,
    "xarray.Variable": _xarray_variable,
    "dask.Array": _dask,
    "dask.Delayed": _delayed,
}
