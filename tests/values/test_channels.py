"""Several channels to one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from heatvid._values.channels import reduce_channels, reduced_dtype
from tests.support.oracle_ways import reduced

MODES = ["argmax", "max", "mean", "norm"]
DTYPES = ["bool", "uint8", "int8", "uint16", "float16", "float32", "int32", "int64", "float64"]


def random(dtype: str, shape: tuple[int, ...]) -> Any:
    rng = np.random.default_rng(0)
    if np.dtype(dtype).kind == "f":
        values = rng.normal(0, 30, shape).astype(dtype)
        values[rng.random(shape) < 0.03] = np.nan
        values[rng.random(shape) < 0.03] = np.inf
        return values
    return rng.integers(0, 120, shape).astype(dtype)


@pytest.mark.parametrize("channels", [2, 3, 7, 16])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mode", MODES)
def test_each_mode_is_the_loop_over_channels(mode: str, dtype: str, channels: int) -> None:
    frames = random(dtype, (3, 5, 6, channels))
    with np.errstate(all="ignore"):
        got = reduce_channels(frames, mode)
        wanted = np.stack([reduced(frame, mode) for frame in frames])
    np.testing.assert_array_equal(got, wanted)
    assert got.dtype == wanted.dtype == reduced_dtype(frames.dtype, channels, mode)
    assert got.shape[1:] == (5, 6)


@pytest.mark.parametrize("mode", MODES)
def test_strides_and_leading_axes_do_not_matter(mode: str) -> None:
    frames = random("float32", (4, 3, 5, 6))
    wanted = reduce_channels(np.ascontiguousarray(frames.transpose(0, 2, 3, 1)), mode)
    np.testing.assert_array_equal(reduce_channels(frames.transpose(0, 2, 3, 1), mode), wanted)
    one = reduce_channels(frames[1].transpose(1, 2, 0), mode)
    np.testing.assert_array_equal(one, wanted[1])


def test_the_first_of_equals_is_the_strongest_and_nan_wins() -> None:
    frames = np.array([[[1.0, 3, 3], [np.nan, 9, 1], [0, np.nan, np.nan], [-np.inf, -np.inf, -5]]])
    assert reduce_channels(frames, "argmax").tolist() == [[1, 0, 1, 2]]
    assert np.isnan(reduce_channels(frames, "max")[0]).tolist() == [False, True, True, False]
