"""MATLAB files of level 5, as MATLAB and SciPy write them; and ones that SciPy wrote."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

_OF_MATLAB = b"MATLAB 5.0 MAT-file, Platform: GLNXA64, Created on: Mon Jan  6 10:00:00 2025"
_OF_SCIPY = b"MATLAB 5.0 MAT-file Platform: posix, Created on: Mon Jan  6 10:00:00 2025"
_TYPES = {"i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6, "f4": 7, "f8": 9, "i8": 12,
          "u8": 13}  # fmt: skip
_CLASSES = {"f8": 6, "f4": 7, "i1": 8, "u1": 9, "i2": 10, "u2": 11, "i4": 12, "u4": 13, "i8": 14,
            "u8": 15}  # fmt: skip


def element(kind: int, content: bytes, order: str = "<") -> bytes:
    """One element, in its tag where it is that short."""
    if 0 < len(content) <= 4:
        return struct.pack(f"{order}I", len(content) << 16 | kind) + content.ljust(4, b"\0")
    padding = -len(content) % 8 if kind != 15 else 0
    return struct.pack(f"{order}II", kind, len(content)) + content + bytes(padding)


def matrix(name: str, array: Any, order: str = "<", stored: str = "") -> bytes:
    """An array, in Fortran order; whole numbers perhaps ``stored`` in fewer bytes."""
    kind = "u1" if array.dtype == np.bool_ else array.dtype.str[1:]
    stored = stored or kind
    flags = _CLASSES[kind] | 0x200 * (array.dtype == np.bool_)
    values = array.astype(f"{order}{stored}").tobytes("F")
    return element(14, b"".join([
        element(6, struct.pack(f"{order}II", flags, 0), order),
        element(5, struct.pack(f"{order}{array.ndim}i", *array.shape), order),
        element(1, name.encode(), order),
        element(_TYPES[stored], values, order),
    ]), order)  # fmt: skip


def text(name: str, content: str) -> bytes:
    """A text, which is no array of numbers."""
    return element(14, b"".join([
        element(6, struct.pack("<II", 4, 0)), element(5, struct.pack("<2i", 1, len(content))),
        element(1, name.encode()), element(16, content.encode()),
    ]))  # fmt: skip


def mat(*elements: bytes, scipy: bool = False, order: str = "<", packed: bool = False) -> bytes:
    """A file of elements, each compressed perhaps."""
    head = (_OF_SCIPY if scipy else _OF_MATLAB).ljust(124) + struct.pack(f"{order}H", 0x0100)
    if packed:
        elements = tuple(element(15, zlib.compress(each), order) for each in elements)
    return head + (b"IM" if order == "<" else b"MI") + b"".join(elements)


def save_mat(path: Path, array: Any, key: str = "depth", *, scipy: bool = False, order: str = "<",
             packed: bool = False, stored: str = "") -> None:  # fmt: skip
    """Save an array of the shape (T, H, W), or (H, W), beside others that are no frames."""
    written = array if scipy else np.moveaxis(array, 0, -1) if array.ndim == 3 else array
    elements = matrix("fps", np.array([[30.0]]), order), matrix(key, written, order, stored)
    path.write_bytes(mat(*elements, scipy=scipy, order=order, packed=packed))


# scipy.io.savemat({"depth": arange(24, dtype float32).reshape(2, 3, 4), "fps": 30.0}), as it is,
# and with do_compression=True.
BY_SCIPY = zlib.decompress(base64.b64decode(
    "eNrzdQzxcXRSMNUzUPB1DNFNy8xJVQjISSxJyy/KtVIoyC/OrNBRcC5KTSxJTVHIz7NSCC7NU/DLL1MwslQwMLUy"
    "NrMyMlcwMjAyYyADMHr68gGpBUDMBsQcQMwOlWIFYh4gZgJiZiBmgWmByqWkFpRkQNUnwA10cGRgaHAAYiDNAMQL"
    "QHx7BoYAEBso3gGkBYB4BUgeyE8A0geA9AQgrQDEG4DYAcgvANIPgPQMIG0AxDscQe60QHInG5I7OaDugmBmhrSC"
    "YgZOqDgE2DkAAPU4K3Q="
))  # fmt: skip
BY_SCIPY_PACKED = base64.b64decode(
    "TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IFN1biBOb3YgMjkgMDU6MzY6"
    "MjcgMjAyNgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABSU0PAAAA"
    "bgAAAHic42NgYFgAxGxAzAHE7AwQwArEPEDMBMTMQMwCFWeEyqWkFpRkQNUnMMCAgyMDQ4MDEANpBiBeAOLbMzAE"
    "gNhA8Q4gLQDEK0DyQH4CkD4ApCcAaQUg3gDEDkB+AZB+AKRnAGkDIN7hCABR1hNPDwAAACYAAAB4nONjYGCwAGI2"
    "IOaA0iDACuUzwjEzQ1pBMQMnVBwC7BwAMXgCRg=="
)  # fmt: skip
