"""Fields for the contract: values around limits, and all that is special of a dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def numbers(dtype: str, shape: tuple[int, ...], seed: int = 0) -> NDArray[Any]:
    """Values around -0.7..1.9, or 11..240, and what is special of the dtype."""
    rng = np.random.default_rng((seed, *shape))
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return rng.random(shape) < 0.5
    if kind.kind in "iu":
        info = np.iinfo(kind)
        return rng.integers(max(info.min, -20), min(info.max, 300), shape, endpoint=True).astype(
            kind
        )
    values = rng.uniform(-1, 2.2, shape).astype(kind)
    special = [np.nan, np.inf, -np.inf, np.finfo(kind).max, np.finfo(kind).min, -0.0, 1.9]
    flat = values.reshape(-1)
    places = rng.permutation(flat.size)[: flat.size // 8]
    flat[places] = np.resize(np.array(special, kind), places.size)
    return values


def spread(dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Numbers whose whole parts are rows of a table, and a few beyond."""
    values = numbers(dtype, shape)
    if values.dtype.kind != "f":
        return values
    usual = np.abs(values) < 9
    values[usual] *= 150
    return values


def limits_of(dtype: str) -> tuple[float, float]:
    if dtype == "bool":
        return (0.0, 1.0)
    return (11.0, 240.0) if np.dtype(dtype).kind in "iu" else (-0.7, 1.9)
