"""Odd values and limits: the same bytes or the same refusal on every backend, and no warning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import heatvid
from tests.support.agreement import outcomes

FAR = 1e308
ODD: dict[str, tuple[Any, dict[str, Any]]] = {
    "flow far beyond": ([[[1.0, 0.0], [0.0, 0.0]]], {"channel": "flow", "vmax": 1e-50}),
    "flow of subnormal length": ([[[1.0, 0.0], [1e-40, 0.0]]], {"channel": "flow", "vmax": 1e-40}),
    "flow far within": ([[[1.0, 0.0], [9e8, -9e8]]], {"channel": "flow", "vmax": FAR}),
    "flow without motion": ([[[0.0, 0.0], [-0.0, -0.0]]], {"channel": "flow"}),
    "mean of both infinities": ([[[np.inf, -np.inf], [1.0, 2.0]]], {"channel": "mean"}),
    "mean beyond the largest": ([[[1.7e308, 1.7e308], [1.0, 2.0]]], {"channel": "mean"}),
    "norm of large numbers": ([[[1e200, 1e200], [1.0, 2.0]]], {"channel": "norm"}),
    "argmax of infinities": ([[[np.inf, -np.inf, np.nan], [1, 2, 0]]], {"channel": "argmax"}),
    "symlog so thin": ([[-1e100, 0.0, 1e-299, 1e100]], {"norm": "symlog", "linthresh": 1e-300}),
    "symlog so wide": ([[-FAR, 0.0, 1e-299, FAR]], {"norm": "symlog", "linthresh": FAR}),
    "symlog beyond all quotients": ([[-9e18, -1.0, 0.0, 1.0]], {
        "norm": "symlog", "linthresh": 1e-300, "vmax": -12.0,
    }),
    "a ramp as steep as can be": ([[0.0, 1e308, 1.7e308]], {"alpha_ramp": (-0.35, 1e-320)}),
    "log of everything": ([[5e-324, -1.0, 1.0, FAR]], {"norm": "log"}),
    "log of one value": ([[3.0, 3.0]], {"norm": "log"}),
    "power of everything": ([[-FAR, 0.0, 1.0, FAR]], {"norm": "power", "gamma": 0.01}),
    "power of much": ([[-FAR, 0.0, 1.0, FAR]], {"norm": "power", "gamma": 50}),
    "sigmoid of much": ([[-FAR, -800.0, 800.0, FAR]], {"norm": "sigmoid"}),
    "centered far off": ([[-FAR, 0.0, FAR]], {"norm": "centered", "center": FAR}),
    "centered about a number far below": ([[1.0, 2.0]], {"norm": "centered", "center": -FAR}),
    "centered about the largest": ([[1.0, 2.0]], {"norm": "centered", "center": 1.79e308}),
    "a ramp beyond all": ([[0.0, 0.5, 1.0]], {"alpha_ramp": (-FAR, FAR)}),
    "a ramp of everything": ([[-FAR, 0.5, FAR]], {"alpha_ramp": (-FAR, FAR)}),
    "a ramp over subnormals": ([[0.0, 5e-324, 1e-320]], {"alpha_ramp": (0, 1e-320)}),
    "a log ramp without a place": ([[3.0, 3.0]], {"norm": "log", "alpha_ramp": (-1, 1)}),
    "limits of everything": ([[-FAR, 0.0, FAR]], {"vmin": -FAR, "vmax": FAR}),
    "smoothed infinities": ([[np.inf, -np.inf, 1.0, FAR]], {"smooth": 1.0}),
}  # fmt: skip


@pytest.mark.parametrize("scope", ["sequence", "frame", "running"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ODD)
def test_odd_values_are_one_picture_or_one_refusal(name: str, dtype: str, scope: str) -> None:
    values, options = ODD[name]
    with np.errstate(all="ignore"):
        frames = np.array([values, values], dtype)
    if scope != "sequence" and not {"vmin", "vmax"} & set(options):
        options = {**options, "scope": scope}
    options = {**options, "layout": "THWC" if frames.ndim == 4 else "THW"}
    first, *others = outcomes(frames, options)
    for other in others:
        np.testing.assert_equal(other, first)


def test_motion_beyond_a_tiny_limit_is_saturated_and_none_is_white() -> None:
    flow = np.array([[[1, 0], [0, 0]]], "f4")
    got = heatvid.to_rgb(flow, channel="flow", layout="HWC", vmax=1e-50, backend="numpy")
    assert got.tolist() == [[[191, 0, 0], [255, 255, 255]]]


@pytest.mark.parametrize("scope", ["sequence", "frame"])
def test_a_ramp_where_a_norm_has_no_place_is_refused_whatever_the_limits(scope: str) -> None:
    for message in outcomes(
        np.array([[[3.0, 3.0]]]), {"norm": "log", "scope": scope, "alpha_ramp": (-1, 1)}
    ):
        assert "alpha_ramp: got (-1.0, 1.0); allowed are values that the norm" in message


def test_a_ramp_from_below_to_above_everything_is_half_way() -> None:
    options: dict[str, Any] = {"alpha_ramp": (-FAR, FAR), "background": "white", "cmap": "gray"}
    got = heatvid.to_rgb(np.array([[0.0, 1.0]]), backend="numpy", **options)
    assert got.tolist() == [[[255 - 64] * 3, [255] * 3]]
