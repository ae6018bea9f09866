"""Values of every dtype for the contract of backends, with all that is special among them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

DTYPES = (
    "bool", "uint8", "int8", "uint16", "int16", "float16", "uint32", "int32", "uint64", "int64",
    "float32", "float64",
)  # fmt: skip


def values_of(dtype: str, shape: tuple[int, ...], seed: int = 0) -> NDArray[Any]:
    """Values around the limits of :func:`limits_of`, and all that is special of the dtype."""
    rng = np.random.default_rng((seed, *shape))
    kind = np.dtype(dtype)
    low, high = limits_of(dtype)
    if kind.kind == "b":
        return rng.random(shape) < 0.5
    if kind.kind in "iu":
        info = np.iinfo(kind)
        middle = rng.integers(int(low) - 9, int(high) + 9, shape)
        most = min(info.max, np.iinfo(np.int64).max)  # NumPy 2.0 clips by what fits
        values = np.clip(middle, info.min, most).astype(kind)
        special = [low, high, low - 1, high + 1, info.min, info.max]
        special = [int(min(max(value, info.min), info.max)) for value in special]
    else:
        values = rng.uniform(low - 0.3, high + 0.3, shape).astype(kind)
        info = np.finfo(kind)
        special = [
            low, high, np.nan, np.inf, -np.inf, -0.0, info.smallest_subnormal, info.tiny,
            info.max, info.min, *np.nextafter(kind.type([low, high, high]), kind.type([-9, 9, 0])),
        ]  # fmt: skip
    flat = values.reshape(-1)
    places = rng.permutation(flat.size)[: max(flat.size // 3, 1)]
    flat[places] = np.resize(np.array(special, kind), places.size)
    return values


def limits_of(dtype: str) -> tuple[float, float]:
    if dtype == "bool":
        return (0.0, 1.0)
    if np.dtype(dtype).kind == "f":
        return (-0.7, 1.9)
    if dtype == "int8":
        return (-100.0, 90.0)
    return {1: (11.0, 240.0), 2: (100.0, 30_000.0)}.get(np.dtype(dtype).itemsize, (9.0, 1e6))
