"""Pictures have the bytes of matplotlib's ``cmap(norm(x), bytes=True)``."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import Colormap, LinearSegmentedColormap, ListedColormap, Normalize
from numpy.typing import NDArray

import heatvid

NAMES = sorted(mpl.colormaps)
EVERY_BYTE = np.arange(256, dtype=np.uint8).reshape(16, 16)
EVERY_UINT16 = np.arange(65_536, dtype=np.uint16).reshape(256, 256)
LIMITS = [(0, 255), (11, 240), (0.1, 200.7), (-3.3, 77.1)]
WIDE_LIMITS = [(0, 65_535), (1000, 30_000), (0.1, 20_000.7), (-5000.3, 100.1)]


def theirs(values: NDArray[Any], cmap: Any, vmin: float, vmax: float) -> NDArray[np.uint8]:
    colormap = mpl.colormaps[cmap] if isinstance(cmap, str) else cmap
    with np.errstate(all="ignore"):
        rgba = colormap(Normalize(vmin, vmax)(values), bytes=True)
    return np.asarray(rgba)[..., :3]


def ours(values: NDArray[Any], cmap: Any, vmin: float, vmax: float) -> NDArray[np.uint8]:
    return heatvid.to_rgb(values, cmap=cmap, vmin=vmin, vmax=vmax)


def assert_same(values: NDArray[Any], cmap: Any, vmin: float, vmax: float) -> None:
    rounded = any(float(np.float32(number)) != number for number in (vmin, vmax, vmax - vmin))
    if rounded and np.lib.NumpyVersion(np.__version__) < "2.0.0":
        return  # NumPy 1 rounds the limits to float32 in matplotlib's arithmetic
    np.testing.assert_array_equal(
        ours(values, cmap, vmin, vmax), theirs(values, cmap, vmin, vmax), str((vmin, vmax))
    )


def assert_same_but_for_bin_edges(
    values: NDArray[Any], cmap: Any, vmin: float, vmax: float
) -> None:
    """Equal but for one pixel in 10,000, which has the colour of the row beside."""
    got, expected = ours(values, cmap, vmin, vmax), theirs(values, cmap, vmin, vmax)
    other = (got != expected).any(axis=-1)
    assert other.sum() < values.size / 10_000
    colormap = mpl.colormaps[cmap] if isinstance(cmap, str) else cmap
    table = colormap(np.arange(colormap.N), bytes=True)[:, :3].astype(int)
    for mine, reference in zip(got[other], expected[other], strict=True):
        places = np.flatnonzero((table == mine).all(axis=1))
        expected_places = np.flatnonzero((table == reference).all(axis=1))
        assert np.abs(places[:, None] - expected_places).min() == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_colormap_on_integers(name: str) -> None:
    for vmin, vmax in LIMITS:
        assert_same(EVERY_BYTE, name, vmin, vmax)
    for vmin, vmax in WIDE_LIMITS[:2]:
        assert_same(EVERY_UINT16, name, vmin, vmax)
    signed = np.random.default_rng(0).integers(-2000, 2000, (40, 50))
    for dtype in (np.int16, np.int32, np.int64):
        assert_same(signed.astype(dtype), name, -1001, 1234)


@pytest.mark.parametrize("name", NAMES)
def test_every_colormap_on_floats(name: str) -> None:
    values = np.random.default_rng(0).uniform(-0.2, 1.2, (101, 100))
    values[0, :5] = [np.nan, np.inf, -np.inf, 0, 1]
    assert_same_but_for_bin_edges(values.astype(np.float32), name, 0, 1)
    assert_same_but_for_bin_edges(values, name, 0, 1)


@pytest.mark.parametrize("name", ["viridis", "tab10", "gray"])
@pytest.mark.parametrize("limits", WIDE_LIMITS, ids=str)
@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
)
def test_integers_under_and_over_the_limits(
    dtype: str, limits: tuple[float, float], name: str
) -> None:
    info = np.iinfo(dtype)
    near = np.arange(max(info.min, -40_000), min(info.max, 70_000) + 1).astype(dtype)
    values = np.concatenate([near, np.array([info.min, info.max], dtype)])
    assert_same(values[None], name, *limits)


@pytest.mark.parametrize("seed", range(40))
def test_integers_within_any_limits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vmin, vmax = np.sort(rng.normal(0, rng.choice([0.5, 10, 300, 1e5]), 2)).tolist()
    for dtype in (np.int8, np.int16, np.uint16, np.int32):
        values = np.arange(-128, 128) if dtype is np.int8 else np.arange(0, 32_768)
        assert_same(values.astype(dtype).reshape(2, -1), "twilight", vmin, vmax)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("limits", [(0, 1), (-1.3, 2.9), (1e-30, 3e-30), (5e5, 5e5 + 64)], ids=str)
def test_floats_differ_at_bin_edges_only(dtype: str, limits: tuple[float, float]) -> None:
    low, high = limits
    span = high - low
    values = np.random.default_rng(1).uniform(low - span / 9, high + span / 9, (700, 900))
    assert_same_but_for_bin_edges(values.astype(dtype), "inferno", low, high)


def test_doubles_have_the_very_bytes() -> None:
    values = np.random.default_rng(2).normal(0, 1, (500, 500))
    assert_same(values, "inferno", -1.1, 1.7)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nan_and_infinity(dtype: str) -> None:
    colormap = mpl.colormaps["viridis"].with_extremes(under="red", over="lime", bad="blue")
    values = np.array([[np.nan, np.inf, -np.inf, 0, 1, -0.5, 1.5, 0.5]], dtype)
    assert_same(values, "viridis", 0, 1)
    assert_same(values, colormap, 0, 1)
    assert ours(values, colormap, 0, 1)[0, 0].tolist() == [0, 0, 255]


@pytest.mark.parametrize(
    "colormap",
    [
        mpl.colormaps["viridis"],
        mpl.colormaps["tab20"],
        mpl.colormaps["plasma"].resampled(7),
        mpl.colormaps["plasma"].with_extremes(under="#123456", over="white", bad="0.3"),
        ListedColormap(["red", "#00ff80", (0.1, 0.2, 0.3)]),
        ListedColormap(["red", "blue"]).with_extremes(over="white"),
        ListedColormap(["green"]),
        LinearSegmentedColormap.from_list("few", ["navy", "white", "firebrick"], N=5),
        LinearSegmentedColormap.from_list("many", ["navy", "white", "firebrick"], N=1000),
        LinearSegmentedColormap.from_list("gamma", ["black", "white"], N=64, gamma=2.2),
    ],
    ids=lambda colormap: f"{colormap.name}-{colormap.N}",
)
def test_colormap_objects(colormap: Colormap) -> None:
    assert_same(EVERY_BYTE, colormap, 11, 240)
    assert_same(EVERY_UINT16, colormap, 1000, 50_000)
    values = np.random.default_rng(0).uniform(-0.2, 1.2, (101, 100)).astype(np.float32)
    values[0, :3] = [np.nan, np.inf, -np.inf]
    assert_same_but_for_bin_edges(values, colormap, 0, 1)


def test_options_replace_the_extremes_of_an_object() -> None:
    colormap = mpl.colormaps["viridis"].with_extremes(under="red", over="lime", bad="blue")
    values = np.array([[-1.0, 2.0, np.nan]])
    got = heatvid.to_rgb(values, cmap=colormap, vmin=0, vmax=1, under="white", over="#010203")
    assert got.tolist() == [[[255, 255, 255], [1, 2, 3], [0, 0, 255]]]


def test_an_object_with_alpha_lies_over_black() -> None:
    colormap = ListedColormap([(1.0, 0.0, 0.0, 0.5), (0.0, 1.0, 0.0, 1.0)])
    got = heatvid.to_rgb(np.array([[0.0, 1.0]]), cmap=colormap)
    assert got.tolist() == [[[128, 0, 0], [0, 255, 0]]]


def test_at_equal_limits_only_that_value_has_the_first_colour() -> None:
    """Unlike matplotlib's, which gives every value the first colour."""
    colormap = mpl.colormaps["viridis"].with_extremes(under="red", over="lime")
    got = ours(np.array([[1.0, 2.0, 3.0]]), colormap, 2, 2)
    assert got.tolist() == [[[255, 0, 0], list(colormap(0, bytes=True)[:3]), [0, 255, 0]]]
