"""A small picture in three bands of rows, for tests of how the numba backend goes through them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from heatvid.backends._numba import backend as _numba
from tests.support.oracle import Picture

PICTURE = Picture("yuv420p", 24, 32)
BAND_ROWS = 8


def values(dtype: str = "float32", shape: tuple[int, ...] = (2, 24, 32)) -> NDArray[Any]:
    return np.random.default_rng(0).uniform(0.01, 1, shape).astype(dtype)


def forget_warm_up(records: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out of records what a backend does before it renders."""
    meet = _numba.NumbaBackend._meet_kernels

    def forgotten(self: _numba.NumbaBackend) -> None:
        before = list(records)
        meet(self)
        records[:] = before

    monkeypatch.setattr(_numba.NumbaBackend, "_meet_kernels", forgotten)
