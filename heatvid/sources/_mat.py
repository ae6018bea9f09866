"""MATLAB files before version 7.3, of MATLAB and of SciPy: their arrays of numbers.

The format: https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf (level 5). Cells,
structs, texts and sparse arrays are not looked into.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np

from heatvid._errors import SourceError, brief, called, printable
from heatvid._frames import AnyArray
from heatvid.sources._base import Source
from heatvid.sources._chunks import Index
from heatvid.sources._containers import Container, open_in
from heatvid.sources._contiguous import Contiguous
from heatvid.sources._dtypes import make_native
from heatvid.sources._files import RegularFile
from heatvid.sources._inflate import MOST_DEFLATE_RATIO, inflate
from heatvid.sources._reading import reading
from heatvid.sources._stored import StoredArray

_TAG_BYTES = 8
_BEGIN = 128  # of the first element, behind the texts, the version and the byte order
_COMPRESSED, _ARRAY = 15, 14
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8",
          13: "u8"}  # fmt: skip
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8",
            15: "u8"}  # fmt: skip
_OTHERS = {1: "cells", 2: "a struct", 3: "an object", 4: "text", 5: "sparse"}  # classes, in words
_COMPLEX, _LOGICAL = 0x800, 0x200
_HEAD_BYTES = 4096  # enough for the name and the lengths of an array
# Of arrays whose axes MATLAB has: the last is time; they lie in the file the other way round.
_DIMS = {2: ("x", "y"), 3: ("time", "x", "y"), 4: ("time", "channel", "x", "y")}
_SCORES = "scoremaps"  # of DeepLabCut: one frame, a channel for each body part


def dims_of(name: str, axes: int) -> tuple[str, ...] | None:
    """Names of an array's axes, as they lie in the file, where MATLAB wrote it."""
    return ("channel", "x", "y") if (name, axes) == (_SCORES, 3) else _DIMS.get(axes)


def open_mat(
    path: str,
    key: str | None = None,
    layout: str | None = None,
    channel: int | str | None = None,
    select: Mapping[str, Any] | None = None,
) -> Source:
    """Open one array of the file, or numbered ones of one frame each."""
    label = called(path)

    def begin(closing: ExitStack) -> Container:
        file = closing.enter_context(RegularFile(path))
        try:
            arrays, others = _arrays_of(file)
        except struct.error as error:
            raise ValueError("what it says of an array is cut") from error
        opened = partial(_opened, arrays, label, file)
        return Container(label, list(arrays), opened, closing.close, others=others)

    return open_in(label, begin, key, layout, channel, select)


@dataclass(frozen=True)
class Matrix:
    """An array of numbers, and where it lies.

    Attributes
    ----------
    file : RegularFile
    begin, size : int
        Of its element in the file.
    inflated : int
        Of its element, where that is compressed; else 0.
    content : int
        Where its values begin, in what the element holds.
    shape : tuple of int
        In Fortran order.
    stored, dtype : numpy.dtype
        Of the values in the file, and of those that they stand for.
    """

    file: RegularFile
    begin: int
    size: int
    inflated: int
    content: int
    shape: tuple[int, ...]
    stored: np.dtype[Any]
    dtype: np.dtype[Any]

    @property
    def value_bytes(self) -> int:
        """Of all values, as they are stored."""
        return math.prod(self.shape) * self.stored.itemsize

    @cached_property
    def values(self) -> AnyArray:
        """All values, of the shape and the order that they have in MATLAB."""
        out = np.empty(math.prod(self.shape), self.stored.newbyteorder("="))
        if self.inflated:
            out.view(np.uint8)[:] = np.frombuffer(self._whole(), "u1", out.nbytes, self.content)
        else:
            self.file.read_exactly(out, self.begin + self.content)
        make_native(out, self.stored)
        return out.astype(self.dtype, copy=False).reshape(self.shape, order="F")

    def _whole(self) -> bytes:
        """Inflate the element, whose last byte brings its checksum."""
        raw = np.empty(self.size, np.uint8)
        self.file.read_exactly(raw, self.begin)
        return inflate(raw, self.inflated)

    def read(self, index: Index, out: AnyArray) -> None:
        """Fill ``out`` from the array as it lies in the file, its axes the other way round."""
        if self.inflated:
            out[...] = self.values.T[index]
            return
        part = np.empty(out.shape, self.stored.newbyteorder("="))
        lying = Contiguous(self.begin + self.content, self.shape[::-1], self.stored)
        lying.read(self.file, index, part)
        out[...] = part

    def demand_whole(self, name: str) -> None:
        """Refuse an array of more values than the file can hold."""
        most = self.inflated or self.size
        cut = self.begin + self.size > self.file.size or most > self.size * MOST_DEFLATE_RATIO
        if cut or self.content + self.value_bytes > most:
            raise SourceError(
                f"{name}: the data are cut: {self.value_bytes} bytes are needed; write it again"
            )


def _opened(arrays: Mapping[str, Matrix], label: str, file: RegularFile, key: str) -> StoredArray:
    """Describe an array: of MATLAB with its axes, of SciPy as NumPy has them."""
    matrix, name = arrays[key], f"{label}[{printable(key)}]"
    turned = key == _SCORES or not _is_of_scipy(file)
    dims = dims_of(key, len(matrix.shape)) if turned else None

    def read(index: Index, out: AnyArray) -> None:
        with reading(name):
            if turned:
                matrix.read(index, out)
            else:
                out[...] = matrix.values[index]

    return StoredArray(
        name=name, key=key, shape=matrix.shape[::-1] if turned else matrix.shape,
        dtype=matrix.dtype, read=read, dims=dims, demand=partial(matrix.demand_whole, name),
        check=file.check_unchanged,
    )  # fmt: skip


def _is_of_scipy(file: RegularFile) -> bool:
    """Whether SciPy wrote a file: MATLAB has a comma there, and another platform."""
    head = np.empty(_BEGIN, np.uint8)
    file.read_exactly(head, 0)
    return head.tobytes().startswith(b"MATLAB 5.0 MAT-file Platform: ")


def _arrays_of(file: RegularFile) -> tuple[dict[str, Matrix], list[str]]:
    """Go through the elements of a file, of which the beginning is looked at; others in words."""
    head = file.read(_BEGIN) or b""
    order = {b"\0\1IM": "<", b"\1\0MI": ">"}.get(head[124:])
    if order is None:
        raise ValueError("it is no MATLAB file of level 5")
    arrays, others, place = {}, [], _BEGIN
    while place + 8 <= file.size:
        file.seek(place)
        kind, size = struct.unpack(f"{order}II", file.read(_TAG_BYTES) or b"")
        if not size:
            raise ValueError("an element of it is empty")
        place += _TAG_BYTES
        head, inflated = file.read(min(size, _HEAD_BYTES)) or b"", 0
        if kind == _COMPRESSED:
            head = zlib.decompressobj().decompress(head, _HEAD_BYTES)
            kind, inflated = struct.unpack_from(f"{order}II", head)
            inflated += _TAG_BYTES
        found = _head(head, _TAG_BYTES * bool(inflated), order) if kind == _ARRAY else None
        if isinstance(found, _Head):
            arrays[found.name] = Matrix(file, place, size, inflated, *found[1:])
        elif found is not None:
            others.append(found)
        place += size
    return arrays, others


class _Head(NamedTuple):
    """What an array says of itself; see :class:`Matrix`."""

    name: str
    content: int
    shape: tuple[int, ...]
    stored: np.dtype[Any]
    dtype: np.dtype[Any]


def _head(head: bytes, place: int, order: str) -> _Head | str:
    """Read the beginning of an array; give words where it is no array of real numbers."""
    _, begin, size, place = _element(head, place, order)
    (flags,) = struct.unpack_from(f"{order}I", head, begin)
    _, begin, size, place = _element(head, place, order)
    shape = struct.unpack_from(f"{order}{size // 4}i", head, begin)
    _, begin, size, place = _element(head, place, order)
    name = head[begin : begin + size].decode("utf-8", "replace")
    kind = flags & 0xFF
    if kind not in _CLASSES or flags & _COMPLEX or not name or min(shape) < 1:
        what = "complex" if flags & _COMPLEX else _OTHERS.get(kind, "an object")
        return f"{brief(name)} ({'empty' if kind in _CLASSES and min(shape) < 1 else what})"
    kind, begin, size, _ = _element(head, place, order)
    if kind not in _TYPES:
        raise ValueError(f"{printable(name)} has values of kind {kind}, which is not known")
    stored = np.dtype(f"{order}{_TYPES[kind]}")
    if size != math.prod(shape) * stored.itemsize:
        raise ValueError(f"{printable(name)} has {size} bytes for {'x'.join(map(str, shape))}")
    dtype = np.dtype("?" if flags & _LOGICAL else _CLASSES[flags & 0xFF])
    return _Head(name, begin, shape, stored, dtype)


def _element(head: bytes, place: int, order: str) -> tuple[int, int, int, int]:
    """Kind, begin and size of what lies in an element, and where the next one begins."""
    kind, size = struct.unpack_from(f"{order}II", head, place)
    if kind >> 16:  # up to four bytes, in the tag itself
        return kind & 0xFFFF, place + 4, kind >> 16, place + 8
    return kind, place + 8, size, place + 8 + -(-size // 8) * 8
