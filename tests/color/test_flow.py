"""The colours of optical flow are those of the published programs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import heatvid
from heatvid._color.flow_wheel import color_wheel, known_flow
from heatvid.backends._numpy.flows import Wheel
from heatvid.backends._numpy.pixels import Scratch
from tests.support.oracle_ways import flow_colors, wheel


def random(shape: tuple[int, ...], dtype: str = "float32", seed: int = 0) -> NDArray[Any]:
    return np.random.default_rng(seed).normal(0, 4, (*shape, 2)).astype(dtype)


def painted(flow: NDArray[Any], longest: float) -> NDArray[np.uint8]:
    """What the NumPy backend's wheel shows of a flow, shape (h, w, 2)."""
    height, width = flow.shape[:2]
    levels = np.empty((3, height, width), np.uint8)
    x, y = flow[..., 0].copy(), flow[..., 1].copy()
    Wheel(longest, flow.dtype.type).paint(x, y, levels, Scratch(width, height))
    return np.moveaxis(levels, 0, -1)


def placed(u: NDArray[Any], v: NDArray[Any]) -> NDArray[Any]:
    """Where the NumPy backend's wheel has directions, shape (h, w)."""
    height, width = u.shape
    return Wheel(1.0, u.dtype.type).place(u, v, Scratch(width, height))


def colorcode(fx: float, fy: float) -> list[int]:
    """``computeColor`` of the program colorcode, line by line; ``fx`` and ``fy`` are scaled."""
    ncols, cwheel = 55, wheel()
    rad = math.sqrt(fx * fx + fy * fy)
    a = math.atan2(-fy, -fx) / math.pi
    fk = (a + 1.0) / 2.0 * (ncols - 1)
    k0 = int(fk)
    k1 = (k0 + 1) % ncols
    f = fk - k0
    pix = []
    for b in range(3):
        col0, col1 = cwheel[k0][b] / 255.0, cwheel[k1][b] / 255.0
        col = (1 - f) * col0 + f * col1
        col = 1 - rad * (1 - col) if rad <= 1 else col * 0.75
        pix.append(int(255.0 * col))
    return pix


def torchvision(flow: NDArray[Any]) -> NDArray[np.uint8]:
    """``torchvision.utils.flow_to_image`` written out; ``flow`` is (2, H, W)."""
    u, v = flow / np.sqrt((flow**2).sum(axis=0)).max()
    norm = np.sqrt(u**2 + v**2)
    a = np.arctan2(-v, -u) / np.pi
    fk = (a + 1) / 2 * 54
    k0 = np.floor(fk).astype(int)
    k1 = np.where(k0 + 1 == 55, 0, k0 + 1)
    f = fk - k0
    image = []
    for c in range(3):
        tmp = wheel()[:, c]
        col = (1 - f) * (tmp[k0] / 255.0) + f * (tmp[k1] / 255.0)
        image.append(np.floor(255 * (1 - norm * (1 - col))))
    return np.stack(image, -1).astype(np.uint8)


def test_the_wheel_is_the_published_one() -> None:
    np.testing.assert_array_equal(color_wheel(), wheel())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("longest", [3.0, 8.0, 40.0])
def test_colours_are_within_a_level_of_the_program(dtype: str, longest: float) -> None:
    flow = random((20, 30), dtype)
    got = painted(flow, longest)
    wanted = [[colorcode(*(pixel / longest)) for pixel in row.astype(float)] for row in flow]
    assert np.abs(got.astype(int) - np.array(wanted)).max() <= 1


@pytest.mark.parametrize(("dtype", "error"), [("float32", 5e-6), ("float64", 5e-7)])
def test_places_on_the_wheel_are_those_of_the_arctangent(dtype: str, error: float) -> None:
    flow = random((300, 300), dtype)
    flow[0] = np.rint(flow[0])
    flow[1] *= np.finfo(dtype).smallest_subnormal
    flow[2] *= 1e8
    u, v = flow[..., 0], flow[..., 1]
    exact = (np.arctan2(-v.astype(float), -u.astype(float)) / np.pi + 1) / 2 * 54
    places = placed(u, v)
    away = np.abs(places - exact)
    assert np.minimum(away, 54 - away).max() < error
    assert places.dtype == dtype


def test_quarters_of_a_turn_are_exact_and_no_zero_is_negative() -> None:
    u, v = np.array([[1, 1, 0, 0, -1, -1, 0]]), np.array([[0.0, -0.0, 1, 1, 0, -0.0, -1]])
    assert placed(u.astype(float), v).tolist() == [[0, 0, 13.5, 13.5, 27, 27, 40.5]]


def test_hardly_any_level_differs_from_the_exact_one() -> None:
    flow = random((300, 300))
    got = painted(flow, 9.0)
    exact = np.floor(flow_colors(flow[..., 0], flow[..., 1], 9.0) + 1e-9)
    assert np.abs(got - exact).max() <= 1
    assert (got != exact).mean() < 1e-3


def test_pictures_are_those_of_torchvision() -> None:
    flow = random((40, 50), "float64")
    got = heatvid.to_rgb(flow, layout="HWC", channel="flow")
    assert np.abs(got.astype(int) - torchvision(flow.transpose(2, 0, 1))).max() <= 1


def test_no_motion_is_white_and_the_longest_is_full() -> None:
    flow = np.array([[[0, 0], [2, 0], [0, 2], [-2, 0], [0, -2]]], np.float32)
    got = heatvid.to_rgb(flow, layout="HWC", channel="flow")[0].tolist()
    assert got[0] == [255, 255, 255]
    assert got[1] == wheel()[0].tolist()  # to the right: red
    assert all(min(color) <= 100 and max(color) >= 240 for color in got[1:])
    still = heatvid.to_rgb(np.zeros((3, 4, 2), np.float32), layout="HWC", channel="flow")
    assert (still == 255).all()


def test_every_direction_of_the_longest_flow_is_within_the_wheel() -> None:
    """Rounding must not put it beyond the limit, where colours are darker."""
    angles = np.linspace(0, 2 * np.pi, 3000)
    for length in (1.0, 0.1, 7.3, 1e-6, 1e6):
        flow = (np.stack([np.cos(angles), np.sin(angles)], -1) * length).astype(np.float32)[None]
        got = heatvid.to_rgb(flow, layout="HWC", channel="flow")
        assert (got.max(axis=-1) >= 250).all()


def test_unknown_flow_is_bad_and_not_measured() -> None:
    flow = random((8, 9))
    longest = float(np.sqrt((flow.astype(np.float64) ** 2).sum(axis=-1)).max())
    holes = flow.copy()
    holes[2, 3], holes[4, 5, 0], holes[6, 1, 1] = 1.666666752e9, np.nan, np.inf
    wanted = heatvid.to_rgb(flow, layout="HWC", channel="flow", vmax=longest)
    got = heatvid.to_rgb(holes, layout="HWC", channel="flow", bad="#010203")
    bad = np.zeros((8, 9), bool)
    bad[2, 3] = bad[4, 5] = bad[6, 1] = True
    np.testing.assert_array_equal((got == [1, 2, 3]).all(axis=-1), bad)
    assert np.abs(got.astype(int) - wanted)[~bad].max() <= 1
    assert np.isnan(known_flow(holes)).all(axis=-1).sum() == 3


@pytest.mark.parametrize("dtype", ["int16", "int32", "float16"])
def test_flows_of_other_dtypes(dtype: str) -> None:
    flow = np.rint(random((9, 10)) * 3)
    wanted = heatvid.to_rgb(flow, layout="HWC", channel="flow")
    got = heatvid.to_rgb(flow.astype(dtype), layout="HWC", channel="flow")
    assert np.abs(got.astype(int) - wanted).max() <= 1
