"""Norms of matplotlib: as objects they have their own output, and ours are the same scales."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import colors as mcolors
from numpy.typing import NDArray

import heatvid

CMAP = mpl.colormaps["viridis"].with_extremes(under="red", over="lime", bad="blue")
EDGES = [-2.0, -1.0, 0.0, 0.25, 4.0]
OBJECTS: dict[str, Any] = {
    "Normalize": lambda: mcolors.Normalize(-1, 3),
    "Normalize that clips": lambda: mcolors.Normalize(-1, 3, clip=True),
    "LogNorm": lambda: mcolors.LogNorm(0.05, 3),
    "LogNorm that clips": lambda: mcolors.LogNorm(0.05, 3, clip=True),
    "SymLogNorm": lambda: mcolors.SymLogNorm(0.1, vmin=-2, vmax=5),
    "SymLogNorm of base 2": lambda: mcolors.SymLogNorm(0.1, linscale=0.3, vmin=-2, vmax=5, base=2),
    "PowerNorm": lambda: mcolors.PowerNorm(0.4, -1, 3),
    "TwoSlopeNorm": lambda: mcolors.TwoSlopeNorm(0.2, -2, 4),
    "CenteredNorm": lambda: mcolors.CenteredNorm(0.5, 2),
    "AsinhNorm": lambda: mcolors.AsinhNorm(0.3, -2, 5),
    "FuncNorm": lambda: mcolors.FuncNorm((np.cbrt, lambda y: y**3), -2, 5),
    "BoundaryNorm": lambda: mcolors.BoundaryNorm(EDGES, 256),
    "BoundaryNorm that extends": lambda: mcolors.BoundaryNorm(EDGES, 256, extend="both"),
    "BoundaryNorm that clips": lambda: mcolors.BoundaryNorm(EDGES, 256, clip=True),
    "BoundaryNorm of few": lambda: mcolors.BoundaryNorm(EDGES, 4),
}
UNSCALED: dict[str, Any] = {
    "Normalize": mcolors.Normalize,
    "LogNorm": mcolors.LogNorm,
    "LogNorm with vmax": lambda: mcolors.LogNorm(vmax=2),
    "SymLogNorm": lambda: mcolors.SymLogNorm(0.1),
    "PowerNorm": lambda: mcolors.PowerNorm(2),
    "TwoSlopeNorm": lambda: mcolors.TwoSlopeNorm(0.2),
    "TwoSlopeNorm of one side": lambda: mcolors.TwoSlopeNorm(-1e3),
    "CenteredNorm": mcolors.CenteredNorm,
    "CenteredNorm off zero": lambda: mcolors.CenteredNorm(20),
    "AsinhNorm": mcolors.AsinhNorm,
}


def values(dtype: str, special: bool = True) -> NDArray[Any]:
    made = np.random.default_rng(0).normal(0.5, 3, (101, 99))
    made = np.where(made > 8, -made, made)
    if special and np.dtype(dtype).kind == "f":
        made[0, :7] = [np.nan, np.inf, -np.inf, 0, -0.0, 3, -1]
    return (made if np.dtype(dtype).kind == "f" else made * 9).astype(dtype)


def theirs(array: NDArray[Any], norm: Any, cmap: Any = CMAP) -> NDArray[np.uint8]:
    with np.errstate(all="ignore"):
        places = norm(np.ma.masked_where(np.isnan(array), array))
        if array.dtype == np.float32 and places.dtype.kind == "f":
            places = places.astype(np.float32)  # in double, SymLogNorm puts vmax over itself
        rgba = cmap(places, bytes=True)
    return np.asarray(rgba)[..., :3]


def assert_same_but_for_bin_edges(
    got: NDArray[np.uint8], expected: NDArray[np.uint8], share: float = 1e-4
) -> None:
    """Equal but for one pixel in 10,000, which has the colour of the row beside."""
    other = (got != expected).any(axis=-1)
    assert other.mean() <= share
    table = CMAP(np.arange(CMAP.N), bytes=True)[:, :3].astype(int)
    for mine, reference in zip(got[other], expected[other], strict=True):
        places = np.flatnonzero((table == mine).all(axis=1))
        expected_places = np.flatnonzero((table == reference).all(axis=1))
        assert np.abs(places[:, None] - expected_places).min() == 1


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "int32", "int64"])
@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_has_its_own_output(name: str, dtype: str) -> None:
    norm, array = OBJECTS[name](), values(dtype)
    working = array.astype(np.float32) if dtype == "int16" else array
    got = heatvid.to_rgb(array, norm=norm, cmap=CMAP)
    np.testing.assert_array_equal(got, theirs(working, norm))


def test_an_object_for_integers_gives_rows() -> None:
    array = np.random.default_rng(0).integers(-9, 300, (40, 50)).astype(np.int32)
    got = heatvid.to_rgb(array, norm=mcolors.NoNorm(), cmap=CMAP)
    np.testing.assert_array_equal(got, theirs(array, mcolors.NoNorm()))


@pytest.mark.parametrize("scope", ["sequence", "frame"])
@pytest.mark.parametrize("name", UNSCALED)
def test_an_object_without_limits_takes_them_from_the_data(name: str, scope: str) -> None:
    array = np.stack([values("float64", special=False), values("float64", special=False) * 3])
    got = heatvid.to_rgb(array, norm=UNSCALED[name](), cmap=CMAP, scope=scope)
    shared = UNSCALED[name]()
    shared.autoscale_None(array.ravel())
    for picture, frame in zip(got, array, strict=True):
        norm = shared if scope == "sequence" else UNSCALED[name]()
        norm.autoscale_None(frame.ravel())
        np.testing.assert_array_equal(picture, theirs(frame, norm))


def test_an_object_is_not_changed() -> None:
    norm, changes = mcolors.Normalize(), []
    norm.callbacks.connect("changed", lambda: changes.append(1))
    heatvid.to_rgb(values("float32"), norm=norm, scope="frame")
    assert (norm.vmin, norm.vmax, changes) == (None, None, [])


def test_limits_that_an_object_refuses_are_an_error_in_one_line() -> None:
    for norm in (mcolors.LogNorm(-1, 3), mcolors.LogNorm(0)):
        with pytest.raises(heatvid.OptionError, match=r"^norm: \w+ refuses limits") as error:
            heatvid.to_rgb(values("float32"), norm=norm)
        assert "\n" not in str(error.value)


def test_nothing_to_scale_an_object_by_is_all_bad() -> None:
    for norm in (mcolors.LogNorm(), mcolors.Normalize(), mcolors.TwoSlopeNorm(0)):
        array = np.full((3, 4), -1.0 if isinstance(norm, mcolors.LogNorm) else np.nan)
        assert (heatvid.to_rgb(array, norm=norm, bad="white") == 255).all()


OWN: dict[str, Any] = {
    "linear": ({}, lambda low, high: mcolors.Normalize(low, high), (-2.0, 5.0)),
    "log": ({"norm": "log"}, lambda low, high: mcolors.LogNorm(low, high), (0.01, 7.0)),
    "symlog": (
        {"norm": "symlog", "linthresh": 0.2},
        lambda low, high: mcolors.SymLogNorm(0.2, vmin=low, vmax=high),
        (-4.0, 7.0),
    ),
    "power": (
        {"norm": "power", "gamma": 0.7},
        lambda low, high: mcolors.PowerNorm(0.7, low, high),
        (-2.0, 5.0),
    ),
    "centered": (
        {"norm": "centered", "center": 0.5},
        lambda low, high: mcolors.CenteredNorm(0.5, max(0.5 - low, high - 0.5)),
        (-2.0, 5.0),
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OWN)
def test_norms_by_name_are_the_same_scales(name: str, dtype: str) -> None:
    options, make, (low, high) = OWN[name]
    array = np.random.default_rng(1).uniform(-3, 8, (301, 300)).astype(dtype)
    array[0, 0] = np.nan
    got = heatvid.to_rgb(array, cmap=CMAP, vmin=low, vmax=high, **options)
    assert_same_but_for_bin_edges(got, theirs(array, make(low, high)))


WITHIN = mpl.colormaps["viridis"]
DECADES = [(0.01, 7.0), (1.0, 10.0), (1e-30, 1e30), (0.2, 0.9), (2.0, 2000.0)]


@pytest.mark.parametrize("ends", DECADES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "int32"])
def test_the_log_norm_is_matplotlibs_in_every_value(dtype: str, ends: tuple[float, float]) -> None:
    array = np.geomspace(*ends, 4001).clip(max=30_000 if "int" in dtype else np.inf).astype(dtype)
    got = heatvid.to_rgb(array[None], norm="log", vmin=ends[0], vmax=ends[1], cmap=WITHIN)
    with np.errstate(all="ignore"):
        places = mcolors.LogNorm(*ends)(np.ma.masked_less_equal(array, 0))
    wanted = WITHIN(places.clip(max=1), bytes=True)[None, :, :3]  # rounding puts vmax over itself
    inside = (array >= np.array(ends[0], places.dtype)) & (array > 0)
    np.testing.assert_array_equal(got[0, inside], wanted[0, inside])


def test_half_precision_is_finer_than_matplotlibs() -> None:
    """Its norm computes in half precision, ours in single: some pixels are levels apart."""
    array = np.linspace(0, 1, 2001, dtype=np.float16)[None]
    norm = mcolors.Normalize(0, 0.9)
    got = heatvid.to_rgb(array, cmap=WITHIN, vmin=0, vmax=0.9)
    exact = WITHIN(norm(array.astype(np.float32)), bytes=True)[..., :3]
    np.testing.assert_array_equal(got, exact)
    difference = np.abs(got.astype(int) - WITHIN(norm(array), bytes=True)[..., :3])
    assert 0.01 < (difference.max(-1) > 0).mean() < 0.1
    assert difference.max() <= 3


@pytest.mark.parametrize("name", [name for name in OWN if name != "linear"])
def test_norms_by_name_find_the_same_limits(name: str) -> None:
    options, make, _ = OWN[name]
    array = np.random.default_rng(1).uniform(-3, 8, (301, 300))
    found = array[array > 0] if name == "log" else array
    got = heatvid.to_rgb(array, cmap=CMAP, **options)
    assert_same_but_for_bin_edges(got, theirs(array, make(found.min(), found.max())))


@pytest.mark.parametrize("norm", [mcolors.LogNorm(0.05, 3), mcolors.BoundaryNorm(EDGES, 256)])
def test_objects_for_channels(norm: Any) -> None:
    array = np.stack([values("float32", special=False)] * 2, axis=-1)
    one = heatvid.to_rgb(array[..., 0], norm=norm, cmap=CMAP)
    got = heatvid.to_rgb(array, norm=norm, cmap=CMAP, channel="max", layout="HWC")
    np.testing.assert_array_equal(got, one)


class _Reshaping(mcolors.Normalize):
    def __call__(self, value: Any, clip: Any = None) -> Any:
        return np.zeros(3)


@pytest.mark.parametrize("limit", [np.nan, np.inf, "x"])
def test_objects_with_limits_that_are_no_numbers_are_refused(limit: Any) -> None:
    norm = mcolors.Normalize()
    norm._vmin = limit  # type: ignore[attr-defined]  # past its own check
    with pytest.raises(heatvid.OptionError, match=f"norm: Normalize has vmin {limit}; allowed"):
        heatvid.to_rgb(np.zeros((2, 2)), norm=norm)


def test_objects_that_change_the_shape_are_refused() -> None:
    with pytest.raises(heatvid.OptionError, match=r"_Reshaping refuses .* makes shape \(3,\)"):
        heatvid.to_rgb(np.zeros((2, 2)), norm=_Reshaping())
