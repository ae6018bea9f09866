"""Which dtypes are taken, and how those that NumPy lacks are widened."""

from __future__ import annotations

from typing import Any

import numpy as np

from heatvid._errors import SourceError
from heatvid._frames import AnyArray

ALLOWED = "bool, 8 to 64-bit integers, float16, float32, float64 (and bfloat16 arrays)"

_KINDS = {
    "c": "complex numbers; take np.abs or np.angle of them first",
    "O": "Python objects, which would have to be unpickled; take the array out of them",
    "U": "strings",
    "S": "byte strings",
    "M": "dates",
    "m": "time differences",
    "V": "structured or raw bytes",
    "g": "extended precision; convert to float64 first",
}


def is_real(dtype: np.dtype[Any]) -> bool:
    """Whether frames of ``dtype`` can be rendered."""
    return dtype.names is None and (
        dtype.kind in "biu" or (dtype.kind == "f" and dtype.itemsize <= 8) or is_bfloat16(dtype)
    )


def is_bfloat16(dtype: np.dtype[Any]) -> bool:
    """Whether ``dtype`` is that of ml_dtypes, known by its name so that nothing is imported."""
    return dtype.name == "bfloat16"


def delivered_dtype(dtype: np.dtype[Any], label: str) -> np.dtype[Any]:
    """Give the native dtype that frames stored as ``dtype`` are delivered in."""
    if not is_real(dtype):
        raise SourceError(f"{label}: dtype {describe(dtype)}; allowed are {ALLOWED}")
    return np.dtype(np.float32) if is_bfloat16(dtype) else dtype.newbyteorder("=")


def describe(dtype: np.dtype[Any]) -> str:
    """Name a dtype that is refused, and what it holds."""
    key = "g" if dtype.kind == "f" else dtype.kind
    kind = (
        "several fields; take one of them by its name"
        if dtype.names
        else _KINDS.get(key, f"kind {dtype.kind!r}")
    )
    if dtype.kind == "O" and dtype.metadata:  # as h5py has those of HDF5
        kind = "texts, references or lists of any length"
    if dtype.kind == "V" and dtype.type is not np.void:  # ml_dtypes' own
        kind = "what NumPy has no arithmetic for; convert to float32 first"
    return f"{dtype.name} holds {kind}"


def copy_frames(values: AnyArray, out: AnyArray) -> None:
    """Copy ``values`` into ``out``, native and of the delivered dtype, widening bfloat16."""
    if is_bfloat16(values.dtype):
        bits = values.view(np.uint16)
        np.left_shift(bits, 16, out=out.view(np.uint32), dtype=np.uint32, casting="unsafe")
    else:
        out[...] = values


def make_native(stored: AnyArray, dtype: np.dtype[Any]) -> None:
    """Turn bytes read as they lie in a file into valid values of ``dtype``, in place."""
    if dtype.kind == "b":  # a byte of 2 is neither True nor False to NumPy
        np.minimum(stored.view(np.uint8), 1, out=stored.view(np.uint8))
    elif not dtype.isnative:
        stored.byteswap(inplace=True)
