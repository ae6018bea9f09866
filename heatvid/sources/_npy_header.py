"""The header of the .npy format, read without evaluating anything in it.

Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from heatvid._errors import SourceError
from heatvid.sources._dtypes import ALLOWED

MAGIC = b"\x93NUMPY"
_MOST_HEADER_BYTES = 10_000
_KEYS = {"descr", "fortran_order", "shape"}

# A Python dict display of exactly the values that the format knows. The list is a structured
# dtype's description: recognised, so that it can be refused by its name.
_ENTRY = re.compile(
    r"""\s* (?P<quote>['"]) (?P<key>[^'"]*) (?P=quote) \s* : \s*
    (?P<value> '[^']*' | "[^"]*" | True | False | \([^()]*\) | \[.*\] ) \s* (?: , | (?=\}) )""",
    re.VERBOSE | re.DOTALL,
)
_SHAPE = re.compile(r"\(\s*(?:[0-9]{1,18}L?\s*,\s*)*(?:[0-9]{1,18}L?\s*)?\)")
_REAL = re.compile(r"[<>=|]?(?:b1|[iu][1248]|f[248])")
_NAMED_KINDS = (  # what a descr that is refused holds
    (re.compile(r"\[.*\]", re.DOTALL), "a structured dtype"),
    (
        re.compile(r"[<>=|]?O[48]?"),
        "Python objects, which would have to be unpickled; save the array in them by itself",
    ),
    (re.compile(r"[<>=|]?c[0-9]+"), "complex numbers; save np.abs or np.angle of them"),
    (re.compile(r"[<>=|]?f[0-9]+"), "extended precision; save as float64"),
    (re.compile(r"[<>=|]?[Mm]8(\[.*\])?"), "dates or time differences"),
    (re.compile(r"[<>=|]?[USa][0-9]+"), "strings"),
    (re.compile(r"[<>=|]?V[0-9]+"), "raw bytes (bfloat16, perhaps; save as float32)"),
)
_OTHER_FORMATS = (
    (b"PK", "a zip archive; if it is an .npz, give it that name"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x80", "a pickle, which could run code; save with np.save"),
    (b"\x89PNG", "a PNG image"),
)


@dataclass(frozen=True)
class NpyHeader:
    """What the header says.

    Attributes
    ----------
    shape : tuple of int
    fortran_order : bool
    dtype : numpy.dtype
        As stored, real, of any byte order.
    raw : bytes
        The header itself; the data begin behind it.
    """

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]
    raw: bytes

    @property
    def data_bytes(self) -> int:
        """Bytes of the array."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(read: Callable[[int], bytes | None], label: str) -> NpyHeader:
    """Read a header by ``read(n)``, which gives fewer than n bytes only at the end.

    Raises
    ------
    SourceError
        It is not an .npy header, or its dtype is not real; the message begins with ``label``.
    """
    start = read(8) or b""
    _demand_magic(start, label)
    width = 2 if start[6] == 1 else 4
    packed = read(width) or b""
    if len(packed) < width:
        raise SourceError(f"{label}: the header is cut; save the array again")
    (length,) = struct.unpack("<H" if width == 2 else "<I", packed)
    if length > _MOST_HEADER_BYTES:
        raise SourceError(
            f"{label}: the header has {length} bytes; allowed are {_MOST_HEADER_BYTES}"
        )
    header = read(length) or b""
    if len(header) < length:
        raise SourceError(f"{label}: the header is cut; save the array again")
    try:
        text = header.decode("utf-8" if start[6] == 3 else "latin-1")
    except UnicodeDecodeError as error:
        raise SourceError(f"{label}: the header is not UTF-8; save the array again") from error
    entries = _entries(text, label)
    shape, dtype = _shape(entries["shape"], label), _dtype(entries["descr"], label)
    if entries["fortran_order"] not in ("True", "False"):
        raise SourceError(f"{label}: fortran_order in the header; allowed are True and False")
    return NpyHeader(shape, entries["fortran_order"] == "True", dtype, start + packed + header)


def _demand_magic(start: bytes, label: str) -> None:
    if not start:
        raise SourceError(f"{label}: the file is empty; allowed is an array saved by np.save")
    if not start.startswith(MAGIC):
        for magic, what in _OTHER_FORMATS:
            if start.startswith(magic):
                raise SourceError(f"{label}: is not an .npy file but {what}")
        raise SourceError(
            f"{label}: is not an .npy file (it begins with {start!r}); "
            "allowed is an array saved by np.save"
        )
    if len(start) < 8:
        raise SourceError(f"{label}: the header is cut; save the array again")
    if (start[6], start[7]) not in ((1, 0), (2, 0), (3, 0)):
        raise SourceError(
            f"{label}: version {start[6]}.{start[7]} of the .npy format; allowed are 1.0, 2.0, 3.0"
        )


def _entries(text: str, label: str) -> dict[str, str]:
    damaged = SourceError(
        f"{label}: the header is not a plain description of an array ({_brief(text)}); "
        "save the array again"
    )
    text = text.rstrip(" \n\0")
    if not (text.startswith("{") and text.endswith("}")):
        raise damaged
    entries: dict[str, str] = {}
    position = 1
    while position < len(text) - 1 and text[position:-1].strip():
        entry = _ENTRY.match(text, position)
        if entry is None or entry["key"] in entries:
            raise damaged
        entries[entry["key"]] = entry["value"]
        position = entry.end()
    if set(entries) != _KEYS:
        keys = ", ".join(_brief(key) for key in entries) or "nothing"
        raise SourceError(
            f"{label}: the header names {keys}; allowed are descr, fortran_order and shape"
        )
    return entries


def _shape(value: str, label: str) -> tuple[int, ...]:
    if not _SHAPE.fullmatch(value):
        raise SourceError(
            f"{label}: shape {_brief(value)} in the header; allowed are whole numbers from 1 on"
        )
    return tuple(int(size) for size in re.findall(r"[0-9]+", value))


def _dtype(value: str, label: str) -> np.dtype[Any]:
    descr = value[1:-1] if value[0] in "'\"" else value
    if _REAL.fullmatch(descr) and value[0] in "'\"":
        return np.dtype(descr)
    for pattern, what in _NAMED_KINDS:
        if pattern.fullmatch(descr):
            raise SourceError(f"{label}: dtype {_brief(descr)} holds {what}; allowed are {ALLOWED}")
    raise SourceError(f"{label}: dtype {_brief(descr)} in the header; allowed are {ALLOWED}")


def _brief(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= 80 else f"{shown[:76]}...'"
