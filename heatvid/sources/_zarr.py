"""Zarr stores of either version: folders, zip files and addresses; arrays, dimensions, chunks."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

import numpy as np

from heatvid._errors import SourceError, called, printable
from heatvid._frames import AnyArray
from heatvid.sources._base import Source
from heatvid.sources._chunks import Index
from heatvid.sources._containers import Container, open_in
from heatvid.sources._files import RegularFile
from heatvid.sources._formats import ZARR, folder_of_zarr
from heatvid.sources._packages import demand_package
from heatvid.sources._places import Coordinate
from heatvid.sources._reading import reading, silenced
from heatvid.sources._stored import StoredArray
from heatvid.sources._zarr_chunks import chunk_grid

_MOST_COUNTED = 20_000  # chunks; to look for more would take longer than to read some


def open_zarr(
    path: str,
    key: str | None = None,
    layout: str | None = None,
    channel: int | str | None = None,
    select: Mapping[str, Any] | None = None,
) -> Source:
    """Open one array of the store, or a group of arrays of one frame each; nothing is created."""
    label = called(path)

    def begin(closing: ExitStack) -> Container:
        store, watched = _store(path, closing)
        with silenced("zarr"):  # of what lies there beside arrays and groups
            node = _root(store, path)
            return container_of(node, label, watched, closing.close)

    return open_in(label, begin, key, layout, channel, select)


def _root(store: Any, path: str) -> Any:
    """Open what lies at the root of a store; of a zip file perhaps in a folder, as it is zipped."""
    import zarr

    within = None if os.path.isdir(path) or "://" in path else folder_of_zarr(path)
    try:
        return zarr.open(store=store, path=within, mode="r")
    except FileNotFoundError as error:
        raise SourceError(
            f"{called(path)}: there is no Zarr store, which begins with {', '.join(ZARR)}; give "
            "the folder that holds one of these"
        ) from error


def _store(path: str, closing: ExitStack) -> tuple[Any, RegularFile | None]:
    """Open the store that lies at a path; of a file, what tells whether it changes."""
    from zarr.storage import FsspecStore, LocalStore, ZipStore

    if "://" in path:
        demand_package("fsspec", f"{called(path)}: an address")
        return FsspecStore.from_url(path, read_only=True), None
    if os.path.isdir(path):
        return LocalStore(path, read_only=True), None
    watched = closing.enter_context(RegularFile(path))
    if not zipfile.is_zipfile(path):
        raise SourceError(f"{called(path)}: is neither a folder nor a zip file of Zarr")
    store = ZipStore(path, mode="r")
    closing.callback(store.close)
    return store, watched


def container_of(
    node: Any, label: str, watched: RegularFile | None = None, close: Any = lambda: None
) -> Container:
    """List the arrays of a group and of the groups in it; of an array, that alone."""
    import zarr

    if isinstance(node, zarr.Array):
        arrays = {"": node}
    else:
        arrays = {
            name: item
            for name, item in node.members(max_depth=None)
            if isinstance(item, zarr.Array)
        }
    opened = partial(_opened, arrays, label, watched)
    return Container(label, list(arrays), opened, close)


def _opened(
    arrays: Mapping[str, Any], label: str, watched: RegularFile | None, key: str
) -> StoredArray:
    name = f"{label}[{printable(key)}]" if key else label
    with reading(name):
        array = arrays[key]
        return stored_array(array, name, key, partial(_coordinate, arrays, key), watched)


def stored_array(
    array: Any,
    name: str,
    key: str,
    coordinate: Any = lambda name: None,
    watched: RegularFile | None = None,
) -> StoredArray:
    """Describe an array of zarr; ``coordinate`` finds what lies along its dimensions."""
    return StoredArray(
        name=name,
        key=key,
        shape=tuple(array.shape),
        dtype=array.dtype,
        read=_Reader(array, name).read,
        dims=_dims(array),
        attributes=dict(array.attrs),
        chunks=tuple(array.chunks),
        coordinate=coordinate,
        fill=_fill(array),
        unwritten=_unwritten(array),
        check=(lambda: None) if watched is None else watched.check_unchanged,
    )


class _Reader:
    """Reads parts of an array: its chunks straight from their files where it can, else by zarr."""

    def __init__(self, array: Any, name: str) -> None:
        self._array, self._name = array, name
        self._chunks = chunk_grid(array)

    def read(self, index: Index, out: AnyArray) -> None:
        """Fill ``out`` with one integer or slice a dimension."""
        with reading(self._name):
            if self._chunks is not None:
                self._chunks.read(index, out)
            else:
                out[...] = self._array[index]


def _dims(array: Any) -> tuple[str, ...] | None:
    """Names of the dimensions: of version 3 in the metadata, of version 2 in attributes."""
    names = getattr(array.metadata, "dimension_names", None)
    names = names or array.attrs.get("_ARRAY_DIMENSIONS") or _of_netcdf(array.attrs)
    if not names or len(names) != len(array.shape) or not any(names):
        return None
    return tuple(str(name or f"dimension {i}") for i, name in enumerate(names))


def _of_netcdf(attributes: Mapping[str, Any]) -> list[str]:
    """The last parts of the paths that netCDF's own Zarr has dimensions by."""
    said = [attributes.get(name) for name in ("_nczarr_array", "_NCZARR_ARRAY")]
    paths = [each.get(name) for each in said if isinstance(each, dict)
             for name in ("dimension_references", "dimrefs")]  # fmt: skip
    found: list[Any] = next((each for each in paths if isinstance(each, list)), [])
    return [str(path).rpartition("/")[2] for path in found]


def _fill(array: Any) -> Any:
    """The value of chunks that are absent, where it stands for none, as xarray has it in version 2.

    A 0 that is not packed is a value: of labels, of rain.
    """
    attributes = array.attrs
    if array.metadata.zarr_format != 2 or _dims(array) is None:
        return None
    packed = "scale_factor" in attributes or "add_offset" in attributes
    return array.fill_value if packed or array.fill_value else None


def _coordinate(arrays: Mapping[str, Any], key: str, name: str) -> Coordinate | None:
    """Find the array named like a dimension, in the same group or one that it lies in."""
    group = key.rpartition("/")[0]
    while True:
        found = arrays.get(f"{group}/{name}" if group else name)
        if found is not None and found.ndim == 1:
            return Coordinate(np.asarray(found[:]), dict(found.attrs))
        if not group:
            return None
        group = group.rpartition("/")[0]


def _unwritten(array: Any) -> tuple[int, int] | None:
    """Chunks that the store does not hold, of how many; None where all are there, or are many."""
    from zarr.storage import LocalStore, ZipStore

    if not isinstance(array.store, LocalStore | ZipStore) or array.nchunks > _MOST_COUNTED:
        return None
    absent = int(array.nchunks) - int(array.nchunks_initialized)
    return (absent, int(array.nchunks)) if absent > 0 else None
