"""Every backend places values on a bent scale as its formula says, but for rounding at edges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from heatvid.backends import Renderer
from tests.support.backends import CANDIDATES, make_backend
from tests.support.contract import Look
from tests.support.contract_ways import Ask, check, render
from tests.support.oracle import Picture
from tests.support.oracle_ways import exact_places, rows_of

CANVASES = [("yuv420p", "tv"), ("yuv420p", "pc"), ("rgb24", "tv")]
N = 256
# Row k of the table is the colour (k, k, 1); under, over and bad are told apart.
CODE = np.stack([np.arange(N), np.arange(N), np.ones(N)], 1).astype(np.uint8)
CODED = Look(CODE, under="white", over="#0a14c8", bad="transparent")
SPECIAL = {(255, 255, 255): N, (10, 20, 200): N + 1, (0, 0, 0): N + 2}

# Norms with limits and values around them.
NORMS = {
    "log of decades": ({"norm": "log"}, (1e-3, 1e3)),
    "log of an octave": ({"norm": "log"}, (1000.0, 2000.0)),
    "log of hardly anything": ({"norm": "log"}, (1000.0, 1000.5)),
    "log of all there is": ({"norm": "log"}, (1e-37, 3e38)),
    "log between others": ({"norm": "log"}, (0.1, 0.7)),
    "symlog": ({"norm": "symlog"}, (-20.0, 30.0)),
    "symlog with a threshold": ({"norm": "symlog", "linthresh": 0.3}, (-0.1, 40.0)),
    "symlog of one side": ({"norm": "symlog", "linthresh": 1.0}, (900.0, 1000.0)),
    "symlog within its threshold": ({"norm": "symlog", "linthresh": 50.0}, (-20.0, 30.0)),
    "root": ({"norm": "power", "gamma": 0.5}, (-3.0, 7.0)),
    "power": ({"norm": "power", "gamma": 2.2}, (0.1, 0.7)),
    "high power": ({"norm": "power", "gamma": 6.0}, (100.0, 101.0)),
    "sigmoid": ({"norm": "sigmoid"}, (0.0, 1.0)),
    "part of a sigmoid": ({"norm": "sigmoid"}, (0.9, 1.0)),
}


@pytest.fixture(params=CANDIDATES, ids=lambda candidate: candidate.name)
def backend(request: pytest.FixtureRequest) -> Any:
    made = make_backend(request.param)
    yield made
    made.close()


@pytest.fixture(params=CANVASES, ids="-".join)
def canvas(request: pytest.FixtureRequest) -> Any:
    """Make a picture of a size."""
    pixel_format, color_range = request.param
    return lambda height, width: Picture(pixel_format, height, width, color_range)


def shown_rows(backend: Renderer, ask: Ask, frame: NDArray[Any], limits: Any) -> NDArray[np.int64]:
    """Rows of the table that a frame is shown with."""
    got = render(backend, ask, Picture("rgb24", *frame.shape), frame[None], limits)
    rgb = got.reshape(*frame.shape, 3)
    rows = rgb[..., 0].astype(np.int64)
    for color, row in SPECIAL.items():
        rows[(rgb == color).all(axis=-1)] = row
    return rows


def values_for(name: str, dtype: str, shape: tuple[int, int], seed: int = 0) -> NDArray[Any]:
    """Values even on the scale, some beyond it, and all that is special."""
    way, (low, high) = NORMS[name]
    rng = np.random.default_rng(seed)
    if way["norm"] == "sigmoid":
        values = rng.normal(0, 3, shape)
    elif way["norm"] == "log":
        step = np.log(high / low) / 9
        values = np.exp(rng.uniform(np.log(low) - step, min(np.log(high) + step, 88), shape))
    else:
        values = rng.uniform(low - (high - low) / 9, high + (high - low) / 9, shape)
    flat = values.reshape(-1)
    near = [np.nextafter(np.float32(x), np.float32(y)) for x in (low, high) for y in (-9e37, 9e37)]
    special = [low, high, *near, np.nan, np.inf, -np.inf, 0.0, -0.0, -1.0, 1e-40, -3e38, 3e38]
    places = rng.permutation(flat.size)[: len(special) * 2]
    flat[places] = np.resize(special, places.size)
    with np.errstate(over="ignore"):
        return values.astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int16", "int32"])
@pytest.mark.parametrize("name", NORMS)
def test_bent_scales_differ_at_edges_only(backend: Renderer, name: str, dtype: str) -> None:
    way, limits = NORMS[name]
    if np.dtype(dtype).kind == "i":
        frame = np.random.default_rng(0).integers(-40, 1200, (150, 200)).astype(dtype)
    else:
        frame = values_for(name, dtype, (300, 400))
    ask = Ask(CODED, way=way)
    got, wanted = (
        shown_rows(backend, ask, frame, limits),
        rows_of(frame, ask.oracle(), limits),
    )
    other = got != wanted
    np.testing.assert_array_equal(got[other] < N, wanted[other] < N, "under, over or bad")
    assert np.abs(got - wanted)[other].max(initial=0) <= 1
    if dtype != "float16":  # of which many lie on an edge
        assert other.mean() < 1e-4
    with np.errstate(all="ignore"):
        places = exact_places(frame[other], ask.oracle(), limits)
    assert np.abs(places - np.rint(places)).max(initial=0) < 0.02


@pytest.mark.parametrize("name", NORMS)
def test_limits_are_the_first_and_the_last_colour(backend: Renderer, name: str) -> None:
    way, limits = NORMS[name]
    if way["norm"] == "sigmoid":
        return
    for dtype in ("float32", "float64"):
        low, high = (float(np.dtype(dtype).type(limit)) for limit in limits)
        frame = np.resize(np.array([low, high], dtype), (5, 8))
        got = shown_rows(backend, Ask(CODED, way=way), frame, (low, high))
        assert got[0, :2].tolist() == [0, N - 1]
        assert len(np.unique(got)) == 2


@pytest.mark.parametrize("norm", ["log", "symlog", "power"])
def test_a_single_limit_is_the_first_colour(backend: Renderer, norm: str) -> None:
    frame = np.array([[1.0, 2.0, 3.0, np.nan, np.inf]], np.float32)
    got = shown_rows(backend, Ask(CODED, way={"norm": norm}), frame, (2.0, 2.0))
    assert got.tolist() == [[N, 0, N + 1, N + 2, N + 1]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_has_no_logarithm_is_bad(backend: Renderer, dtype: str) -> None:
    frame = np.array([[0.0, -0.0, -1.0, -np.inf, np.nan, 0.5, np.inf, 1.0]], dtype)
    got = shown_rows(backend, Ask(CODED, way={"norm": "log"}), frame, (1.0, 2.0))
    assert got.tolist() == [[N + 2] * 5 + [N, N + 1, 0]]


def away_from_edges(
    name: str, dtype: str, shape: tuple[int, int, int], seed: int = 0
) -> NDArray[Any]:
    """Values whose rows no rounding changes."""
    way, limits = NORMS[name]
    ask = Ask(CODED, way=way)
    values = values_for(name, dtype, (shape[0] * shape[1], shape[2] * 2), seed).reshape(-1)
    with np.errstate(all="ignore"):
        places = exact_places(values, ask.oracle(), limits)
        keep = ~(np.abs(places - np.rint(places)) < 0.05) | (np.abs(places - 128) > 200)
    return np.resize(values[keep], shape)


@pytest.mark.parametrize("background", [None, "color", "frames"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [name for name in NORMS if "hardly" not in name])
def test_bent_scales_on_every_canvas(
    backend: Renderer, canvas: Any, name: str, dtype: str, background: str | None
) -> None:
    way, limits = NORMS[name]
    frames = away_from_edges(name, dtype, (2, 9, 13))
    look = replace(CODED, background=background, bad=(0.2, 0.4, 0.6, 0.25))
    check(backend, Ask(look, way=way), canvas(9, 13), frames, limits)
    check(backend, Ask(look, True, way={**way, "blend": "multiply"}), canvas(9, 13), frames, limits)
    fitted = Ask(replace(look, resample="nearest"), True, way={**way, "fit": "letterbox"})
    check(backend, fitted, canvas(21, 16), frames, limits)


@pytest.mark.parametrize("name", ["log of decades", "symlog", "root"])
def test_colour_channels_on_a_bent_scale(backend: Renderer, canvas: Any, name: str) -> None:
    way, limits = NORMS[name]
    frames = np.stack([away_from_edges(name, "float32", (2, 9, 13), i) for i in range(3)], -1)
    ask = Ask(replace(CODED, background="frames"), way={**way, "channel": "rgb"})
    check(backend, ask, canvas(9, 13), frames, [limits] * 3)


@pytest.mark.parametrize("norm", ["log", "symlog", "power"])
def test_opacity_rises_on_the_scale_of_the_norm(backend: Renderer, canvas: Any, norm: str) -> None:
    """Exact where the ramp's ends have places that are, at the limits."""
    frames = np.exp(np.random.default_rng(0).uniform(-3, 6, (2, 9, 13))).astype(np.float32)
    way = {"norm": norm, "ramp": (1.0, 100.0), "gamma": 2.0 if norm == "power" else 1.0}
    ask = Ask(replace(CODED, background="frames"), way=way)
    check(backend, ask, canvas(9, 13), frames, (1.0, 100.0), tolerance=1)
