"""Classic netCDF files (CDF-1, 2 and 5), read at their offsets as .npy files are.

The libraries give zeros for what was cut off, and read for one thread at a time. The format:
https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from heatvid._errors import SourceError, called, printable
from heatvid.sources._base import Source
from heatvid.sources._cf import NETCDF_FILL
from heatvid.sources._containers import Container, open_in
from heatvid.sources._contiguous import Contiguous
from heatvid.sources._files import RegularFile
from heatvid.sources._places import Coordinate
from heatvid.sources._stored import StoredArray

_TYPES = {1: "i1", 2: "S1", 3: ">i2", 4: ">i4", 5: ">f4", 6: ">f8", 7: "u1", 8: ">u2", 9: ">u4",
          10: ">i8", 11: ">u8"}  # fmt: skip
_DIMENSIONS, _VARIABLES, _ATTRIBUTES = 10, 11, 12
_MOST_HEADER_BYTES = 64 << 20


@dataclass(frozen=True)
class Variable:
    """What the header says of a variable, and where its values lie, all records included."""

    dims: tuple[str, ...]
    attributes: Mapping[str, Any]
    values: Contiguous


def open_netcdf3(
    path: str,
    key: str | None = None,
    layout: str | None = None,
    channel: int | str | None = None,
    select: Mapping[str, Any] | None = None,
) -> Source:
    """Open one variable of the file, or numbered ones of one frame each."""
    label = called(path)

    def begin(closing: ExitStack) -> Container:
        file = closing.enter_context(RegularFile(path))
        variables = _Header(file).variables()
        opened = partial(_opened, variables, label, file)
        return Container(label, list(variables), opened, closing.close)

    return open_in(label, begin, key, layout, channel, select)


def _opened(
    variables: Mapping[str, Variable], label: str, file: RegularFile, key: str
) -> StoredArray:
    variable = variables[key]
    name = f"{label}[{printable(key)}]"

    values = variable.values

    def demand() -> None:
        if values.end > file.size:
            raise SourceError(
                f"{name}: the data are cut: {values.end} bytes are needed, there are {file.size}; "
                "write it again"
            )

    return StoredArray(
        name=name,
        key=key,
        shape=values.shape,
        dtype=values.dtype,
        read=partial(values.read, file),
        dims=variable.dims,
        attributes=variable.attributes,
        coordinate=partial(_coordinate, variables, file),
        fill=NETCDF_FILL if values.dtype.kind == "f" else None,
        demand=demand,
        check=file.check_unchanged,
    )


def _coordinate(
    variables: Mapping[str, Variable], file: RegularFile, name: str
) -> Coordinate | None:
    if name not in variables:
        return None
    along = variables[name].values
    if len(along.shape) != 1 or along.dtype.kind == "S" or along.end > file.size:
        return None
    values = np.empty(along.shape, along.dtype.newbyteorder("="))
    along.read(file, (slice(0, along.shape[0]),), values)
    return Coordinate(values, variables[name].attributes)


@dataclass
class _Header:
    """Reads the header, piece by piece; whatever is not there is an error."""

    file: RegularFile
    version: int = 0
    raw: bytes = b""
    place: int = 0
    lengths: list[tuple[str, int]] = field(default_factory=list)

    def variables(self) -> dict[str, Variable]:
        """All variables by name."""
        self.file.seek(0)
        self.raw = self.file.read(min(self.file.size, _MOST_HEADER_BYTES)) or b""
        if self._bytes(3) != b"CDF":
            raise ValueError("it does not begin with CDF")
        self.version = self._bytes(1)[0]
        if self.version not in (1, 2, 5):
            raise ValueError(f"version {self.version} is not known")
        records = self._count()
        self.lengths = [(self._name(), self._count()) for _ in range(self._list(_DIMENSIONS))]
        self._attributes()
        found = [self._variable() for _ in range(self._list(_VARIABLES))]
        return self._with_records(found, records)

    def _variable(self) -> tuple[str, Variable]:
        name = self._name()
        which = [self._count() for _ in range(self._count())]
        dims = tuple(self.lengths[i][0] for i in which)
        shape = tuple(self.lengths[i][1] for i in which)
        attributes = self._attributes()
        dtype = np.dtype(_TYPES[self._number(4)])
        self._count()  # the size, which has too few bits for large variables
        begin = self._number(4 if self.version == 1 else 8)
        return name, Variable(dims, attributes, Contiguous(begin, shape, dtype))

    def _with_records(self, found: list[tuple[str, Variable]], records: int) -> dict[str, Variable]:
        """Give variables of records, whose first dimension is 0, their length and distance."""
        of_records = [v.values for _, v in found if v.values.shape[:1] == (0,)]
        sizes = [values.row_bytes for values in of_records]
        if len(sizes) > 1:
            sizes = [-(-size // 4) * 4 for size in sizes]
        distance = sum(sizes)
        if records == (1 << (64 if self.version == 5 else 32)) - 1:  # was streamed
            begin = min((values.begin for values in of_records), default=self.file.size)
            records = (self.file.size - begin) // max(1, distance)
        variables = dict(found)
        for name, variable in found:
            values = variable.values
            if values in of_records:
                shape = (records, *values.shape[1:])
                values = replace(values, shape=shape, record_bytes=distance)
                variables[name] = replace(variable, values=values)
        return variables

    def _attributes(self) -> dict[str, Any]:
        attributes: dict[str, Any] = {}
        for _ in range(self._list(_ATTRIBUTES)):
            name, dtype = self._name(), np.dtype(_TYPES[self._number(4)])
            count = self._count()
            raw = self._padded(count * dtype.itemsize)
            if dtype.kind == "S":
                attributes[name] = raw.rstrip(b"\0").decode("utf-8", "replace")
            else:
                attributes[name] = np.frombuffer(raw, dtype).astype(dtype.newbyteorder("="))
        return attributes

    def _list(self, tag: int) -> int:
        """How many of a list there are; 0 where it is absent."""
        found, count = self._number(4), self._count()
        if found != tag and (found, count) != (0, 0):
            raise ValueError(f"a list of kind {found} where {tag} belongs")
        return count

    def _name(self) -> str:
        return self._padded(self._count()).decode("utf-8")

    def _count(self) -> int:
        return self._number(8 if self.version == 5 else 4)

    def _number(self, size: int) -> int:
        return int.from_bytes(self._bytes(size), "big")

    def _padded(self, size: int) -> bytes:
        return self._bytes(-(-size // 4) * 4)[:size]

    def _bytes(self, size: int) -> bytes:
        self.place += size
        if self.place > len(self.raw):
            raise ValueError("its header is cut")
        return self.raw[self.place - size : self.place]
