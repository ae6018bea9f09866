"""HDF5 files, netCDF 4 and MATLAB 7.3 among them: their arrays, dimensions and filters, by h5py."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import numpy as np

from heatvid._errors import SourceError, brief, called, printable
from heatvid._frames import AnyArray
from heatvid.sources._base import Source
from heatvid.sources._cf import NETCDF_FILL, text
from heatvid.sources._chunks import Index
from heatvid.sources._containers import Container, open_in
from heatvid.sources._contiguous import Contiguous
from heatvid.sources._files import RegularFile
from heatvid.sources._hdf5_chunks import chunk_grid, is_plain
from heatvid.sources._mat import dims_of
from heatvid.sources._places import Coordinate
from heatvid.sources._reading import reading
from heatvid.sources._stored import StoredArray

_ATTRIBUTES = (
    "_FillValue", "missing_value", "scale_factor", "add_offset", "valid_min", "valid_max",
    "valid_range", "_Unsigned", "units", "calendar", "long_name", "standard_name", "axis",
    "coordinates", "bounds",
)  # fmt: skip
_HDF5STORAGE = b"MATLAB 7.3 MAT-file, Platform: hdf5storage"
# Its axes, as they lie in the file: the other way round, as those of MATLAB.
_OF_PYTHON = {2: ("x", "y"), 3: ("x", "y", "time"), 4: ("channel", "x", "y", "time")}
_NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable"
_FILTERS = {307: "bzip2", 32000: "LZF", 32001: "Blosc", 32004: "LZ4", 32008: "Bitshuffle",
            32013: "ZFP", 32015: "Zstandard", 32017: "SZ", 32026: "Blosc2"}  # fmt: skip


def open_hdf5(
    path: str,
    key: str | None = None,
    layout: str | None = None,
    channel: int | str | None = None,
    select: Mapping[str, Any] | None = None,
) -> Source:
    """Open one array of the file, or a group of arrays of one frame each."""
    label = called(path)

    def begin(closing: ExitStack) -> Container:
        watched = closing.enter_context(RegularFile(path))
        file = closing.enter_context(_file(path, label))
        return container_of(file, label, watched, closing.close)

    return open_in(label, begin, key, layout, channel, select)


def _file(path: str, label: str) -> Any:
    import h5py

    with reading(label):
        try:
            return h5py.File(path, "r")
        except BlockingIOError as error:
            raise SourceError(
                f"{label}: another program has it open for writing; wait until it is complete"
            ) from error


def container_of(
    group: Any, label: str, watched: RegularFile | None, close: Any = lambda: None
) -> Container:
    """List the arrays of a group, those of groups within it included; links where asked for."""
    import h5py

    found: dict[str, Any] = {}  # names, or references
    links: dict[str, str] = {}
    others: list[str] = []

    def visit(name: str, item: Any) -> None:
        if not isinstance(item, h5py.Dataset) or name.startswith("#refs#"):
            return
        if _matlab_class(item) == "cell" and h5py.check_ref_dtype(item.dtype):
            cells = enumerate(item[()].reshape(-1), 1)
            found.update({f"{name}{{{i}}}": cell for i, cell in cells if cell})
        elif _is_array(item):
            found[name] = name

    def visit_link(name: str, link: Any) -> None:
        if isinstance(link, h5py.ExternalLink):
            others.append(f"{brief(name)} in {called(link.filename)}")
        elif isinstance(link, h5py.SoftLink):
            links[name] = _target(group.name, name, link.path)

    group.visititems(visit)
    group.visititems_links(visit_link)
    links = {name: target for name, target in links.items() if target in found}

    def opened(key: str) -> StoredArray:
        name = f"{label}[{printable(key)}]"
        with reading(name):
            return stored_array(group[found[links.get(key, key)]], name, watched)

    return Container(label, list(found), opened, close, links=links, others=others)


def _target(group: str, name: str, path: str) -> str:
    """What a link in a group means, by its name there; links in its path are not followed."""
    place = posixpath.join(group, posixpath.dirname(name), path)
    return posixpath.relpath(place, group)


def _matlab_class(dataset: Any) -> str:
    return text(dataset.attrs.get("MATLAB_class", ""))


def _is_array(dataset: Any) -> bool:
    """Whether a dataset holds values, not only the name of a dimension."""
    if dataset.shape is None or dataset.attrs.get("MATLAB_empty", 0):
        return False
    if _matlab_class(dataset) == "char":
        return False
    return not text(dataset.attrs.get("NAME", "")).startswith(_NO_VARIABLE)


def stored_array(dataset: Any, name: str, watched: RegularFile | None) -> StoredArray:
    """Describe a dataset; ``watched`` is its file, where what changes it is to be noticed."""
    dims = _dims(dataset)
    attributes = {a: dataset.attrs[a] for a in _ATTRIBUTES if a in dataset.attrs}
    shape = tuple(dataset.shape)
    if dims is not None:  # an unlimited dimension may be longer than this variable
        shape = tuple(max(n, _length(dataset, i)) if i == 0 else n for i, n in enumerate(shape))
    fill = None
    if dataset.dtype.kind == "f" and np.isclose(float(dataset.fillvalue), NETCDF_FILL, 1e-6, 0):
        fill = dataset.fillvalue
    reader = _Reader(dataset, name, watched)
    return StoredArray(
        name=name,
        key=dataset.name.strip("/"),
        shape=shape,
        dtype=np.dtype("?") if _matlab_class(dataset) == "logical" else dataset.dtype,
        read=reader.read,
        dims=dims,
        attributes=attributes,
        chunks=dataset.chunks,
        coordinate=partial(_coordinate, dataset, dims or ()),
        fill=fill,
        unwritten=_unwritten(dataset),
        demand=reader.prepare,
        check=(lambda: None) if watched is None else watched.check_unchanged,
    )


class _Reader:
    """Reads parts of a dataset: straight from the file where that is possible, else by h5py."""

    def __init__(self, dataset: Any, name: str, watched: RegularFile | None) -> None:
        self._dataset, self._name, self._watched = dataset, name, watched
        self._direct: Callable[[Index, AnyArray], None] | None = None

    def prepare(self) -> None:
        """Refuse what cannot be read, and choose how the rest is."""
        with reading(self._name):
            demand_readable(self._dataset, self._name)
            self._direct = self._straight()

    def read(self, index: Index, out: AnyArray) -> None:
        """Fill ``out``; what an unlimited dimension has beyond the variable is the fill value."""
        with reading(self._name):
            time, there = index[0], self._dataset.shape[0]
            if isinstance(time, slice) and time.stop > there:
                begin = min(time.start, there)
                out[there - begin :] = self._dataset.fillvalue
                index, out = (slice(begin, there), *index[1:]), out[: there - begin]
            if self._direct is not None and out.size:
                self._direct(index, out)
            elif out.size:
                out[...] = self._dataset[index]

    def _straight(self) -> Callable[[Index, AnyArray], None] | None:
        """How plain numbers are read without HDF5, which lets one thread at a time do anything."""
        if not is_plain(self._dataset):
            return None
        if self._dataset.chunks is not None:
            grid = chunk_grid(self._dataset)
            return None if grid is None else grid.read
        begin = self._dataset.id.get_offset()
        if begin is None or self._watched is None:  # never written; a file of the caller's
            return None
        place = Contiguous(begin, self._dataset.shape, self._dataset.dtype)
        return partial(place.read, self._watched)


def demand_readable(dataset: Any, name: str) -> None:
    """Refuse what HDF5 would read from elsewhere, or as zeros, or not at all without a filter."""
    import h5py

    if dataset.external:
        raise SourceError(f"{name}: its values lie in {len(dataset.external)} other files; "
                          "allowed are values in the file itself")  # fmt: skip
    plist = dataset.id.get_create_plist()
    for i in range(plist.get_nfilters()):
        number, _, _, said = plist.get_filter(i)
        if not h5py.h5z.filter_avail(number):
            with suppress(ImportError):
                import hdf5plugin  # noqa: F401  (which registers its filters)
        if not h5py.h5z.filter_avail(number):
            kind = _FILTERS.get(number) or text(said) or "unknown"
            raise SourceError(
                f"{name}: is compressed by {printable(kind)} (filter {number}), which is not "
                "there; pip install hdf5plugin brings it, or write it with gzip"
            )
    if dataset.is_virtual:
        _demand_sources(dataset, name)


def _demand_sources(dataset: Any, name: str) -> None:
    """Refuse a virtual dataset of which a source is absent: HDF5 would give the fill value."""
    import h5py

    folder = os.path.dirname(os.path.abspath(dataset.file.filename))
    for source in dataset.virtual_sources():
        if source.file_name == ".":
            continue
        path = os.path.join(folder, source.file_name)
        there = os.path.isfile(path)
        if there:
            with h5py.File(path, "r") as file:
                there = source.dset_name in file
        if not there:
            raise SourceError(
                f"{name}: its source {called(source.file_name)}[{printable(source.dset_name)}] "
                "is not there; put it beside the file"
            )


def _dims(dataset: Any) -> tuple[str, ...] | None:
    """Names of the dimensions, from their scales or labels; those of MATLAB run backwards."""
    if _matlab_class(dataset):
        name = dataset.name.rpartition("/")[2]
        return (
            _OF_PYTHON.get(dataset.ndim) if _is_of_python(dataset) else dims_of(name, dataset.ndim)
        )
    names = []
    for dimension in dataset.dims:
        scale = dimension[0].name.rpartition("/")[2] if len(dimension) else dimension.label
        names.append(scale or "")
    if any(names):
        return tuple(name or f"dimension {i}" for i, name in enumerate(names))
    return None


def _is_of_python(dataset: Any) -> bool:
    """Whether hdf5storage wrote a file, as it says at its beginning: time is the first of axes."""
    if not dataset.file.userblock_size:
        return False
    try:
        with open(dataset.file.filename, "rb") as file:
            return file.read(len(_HDF5STORAGE)) == _HDF5STORAGE
    except OSError:  # of h5py it may be a file object, which has no name
        return False


def _length(dataset: Any, dimension: int) -> int:
    scales = dataset.dims[dimension]
    return len(scales[0]) if len(scales) and scales[0].ndim == 1 else 0


def _coordinate(dataset: Any, dims: tuple[str, ...], name: str) -> Coordinate | None:
    if name not in dims or not len(dataset.dims[dims.index(name)]):
        return None
    scale = dataset.dims[dims.index(name)][0]
    if scale.ndim != 1 or not _is_array(scale):
        return None
    values = scale.asstr()[()] if scale.dtype.kind == "O" else scale[()]
    return Coordinate(values, {a: scale.attrs[a] for a in _ATTRIBUTES if a in scale.attrs})


def _unwritten(dataset: Any) -> tuple[int, int] | None:
    """Chunks that are not in the file, of how many; None where all are."""
    if dataset.chunks is None or 0 in dataset.shape:
        return None
    every = int(np.prod([-(-n // c) for n, c in zip(dataset.shape, dataset.chunks, strict=True)]))
    absent = every - int(dataset.id.get_num_chunks())
    return (absent, every) if absent > 0 else None
