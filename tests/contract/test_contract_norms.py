"""Every backend places values on a bent scale as its formula says, but for rounding at edges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid.backends import Renderer
from tests.support.backends import Backends
from tests.support.bent import CODED, NORMS, N, away_from_edges, shown_rows, values_for
from tests.support.contract import picture_of
from tests.support.contract_ways import Ask, check
from tests.support.oracle_ways import exact_places, rows_of
from tests.support.pairwise import cases

CANVASES = ["yuv420p-tv", "yuv420p-pc", "rgb24-tv"]
MOST_AT_EDGES = {"float16": 0.05}  # of which many lie on an edge


@cases(dtype=["float32", "float64", "float16", "int16", "int32"], name=NORMS)
def test_bent_scales_differ_at_edges_only(backends: Backends, name: str, dtype: str) -> None:
    way, limits = NORMS[name]
    if np.dtype(dtype).kind == "i":
        frame = np.random.default_rng(0).integers(-40, 1200, (150, 200)).astype(dtype)
    else:
        frame = values_for(name, dtype, (300, 400))
    ask = Ask(CODED, way=way)
    wanted = rows_of(frame, ask.oracle(), limits)

    def compare(backend: Renderer) -> None:
        got = shown_rows(backend, ask, frame, limits)
        other = got != wanted
        np.testing.assert_array_equal(got[other] < N, wanted[other] < N, "under, over or bad")
        assert np.abs(got - wanted)[other].max(initial=0) <= 1
        assert other.mean() < MOST_AT_EDGES.get(dtype, 1e-4)
        with np.errstate(all="ignore"):
            places = exact_places(frame[other], ask.oracle(), limits)
        assert np.abs(places - np.rint(places)).max(initial=0) < 0.02

    backends.each(compare)


def demand_rows(
    backends: Backends, way: dict[str, Any], frame: NDArray[Any], limits: Any, rows: Any
) -> None:
    def compare(backend: Renderer) -> None:
        shown = shown_rows(backend, Ask(CODED, way=way), frame, limits)
        np.testing.assert_array_equal(shown, rows)

    backends.each(compare)


@cases(
    name=[name for name in NORMS if "sigmoid" not in name],  # whose limits are of what it makes
    dtype=["float32", "float64"],
)
def test_limits_are_the_first_and_the_last_colour(
    backends: Backends, name: str, dtype: str
) -> None:
    way, limits = NORMS[name]
    low, high = (float(np.dtype(dtype).type(limit)) for limit in limits)
    frame = np.resize(np.array([low, high], dtype), (5, 8))
    demand_rows(backends, way, frame, (low, high), np.resize([0, N - 1], (5, 8)))


@cases(norm=["log", "symlog", "power"])
def test_a_single_limit_is_the_first_colour(backends: Backends, norm: str) -> None:
    frame = np.array([[1.0, 2.0, 3.0, np.nan, np.inf]], np.float32)
    demand_rows(backends, {"norm": norm}, frame, (2.0, 2.0), [[N, 0, N + 1, N + 2, N + 1]])


@cases(dtype=["float32", "float64"])
def test_what_has_no_logarithm_is_bad(backends: Backends, dtype: str) -> None:
    frame = np.array([[0.0, -0.0, -1.0, -np.inf, np.nan, 0.5, np.inf, 1.0]], dtype)
    demand_rows(backends, {"norm": "log"}, frame, (1.0, 2.0), [[N + 2] * 5 + [N, N + 1, 0]])


@cases(
    canvas=CANVASES,
    background=[None, "color", "frames"],
    dtype=["float32", "float64"],
    name=[name for name in NORMS if "hardly" not in name],
)
def test_bent_scales_on_every_canvas(
    backends: Backends, canvas: str, name: str, dtype: str, background: str | None
) -> None:
    way, limits = NORMS[name]
    frames = away_from_edges(name, dtype, (2, 9, 13))
    look = replace(CODED, background=background, bad=(0.2, 0.4, 0.6, 0.25))
    check(backends, Ask(look, way=way), picture_of(canvas, 9, 13), frames, limits)
    multiplied = Ask(look, True, way={**way, "blend": "multiply"})
    check(backends, multiplied, picture_of(canvas, 9, 13), frames, limits)
    fitted = Ask(replace(look, resample="nearest"), True, way={**way, "fit": "letterbox"})
    check(backends, fitted, picture_of(canvas, 21, 16), frames, limits)


@cases(canvas=CANVASES, name=["log of decades", "symlog", "root"])
def test_colour_channels_on_a_bent_scale(backends: Backends, canvas: str, name: str) -> None:
    way, limits = NORMS[name]
    frames = np.stack([away_from_edges(name, "float32", (2, 9, 13), i) for i in range(3)], -1)
    ask = Ask(replace(CODED, background="frames"), way={**way, "channel": "rgb"})
    check(backends, ask, picture_of(canvas, 9, 13), frames, [limits] * 3)


@cases(canvas=CANVASES, norm=["log", "symlog", "power"])
def test_opacity_rises_on_the_scale_of_the_norm(backends: Backends, canvas: str, norm: str) -> None:
    """Exact where the ramp's ends have places that are, at the limits."""
    frames = np.exp(np.random.default_rng(0).uniform(-3, 6, (2, 9, 13))).astype(np.float32)
    way = {"norm": norm, "ramp": (1.0, 100.0), "gamma": 2.0 if norm == "power" else 1.0}
    ask = Ask(replace(CODED, background="frames"), way=way)
    check(backends, ask, picture_of(canvas, 9, 13), frames, (1.0, 100.0), tolerance=1)
