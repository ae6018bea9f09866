"""Whatever is asked for together: every backend renders the oracle's bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.backends import Backends
from tests.support.contract import CANVASES, SHADES, Look, picture_of, random_cmap
from tests.support.contract_ways import Ask, check

DTYPES = [np.dtype(code) for code in "?bBhHiIlLefd"]
SHADE = st.none() | st.sampled_from(list(SHADES))
SIDES = st.integers(1, 13)


@st.composite
def fields(draw: Any, channels: int | None) -> Any:
    """Two frames of small numbers; of floats, some are missing or infinite."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = (2, draw(SIDES), draw(SIDES), *([] if channels is None else [channels]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind in "iu":
        return rng.integers(-20 if dtype.kind == "i" else 0, 120, shape).astype(dtype)
    values = rng.uniform(-20, 120, shape)
    whole = rng.random(shape) < 0.3
    values = np.where(whole, np.rint(values), values).astype(dtype)
    for special in (np.nan, np.inf, -np.inf):
        if draw(st.booleans()):
            values[rng.random(shape) < 0.04] = special
    return values


@st.composite
def asks(draw: Any) -> tuple[Ask, int | None]:
    """Options that mean something together, and how many channels they are for."""
    channel = draw(st.sampled_from([None, None, None, "argmax", "max", "mean", "norm", "rgb"]))
    entries = draw(st.sampled_from([1, 2, 7, 255, 256, 257]))
    way: dict[str, Any] = {
        "blend": draw(st.sampled_from(["over", "over", "multiply", "screen", "darken", "add"])),
        "fit": draw(st.sampled_from(["stretch", "letterbox", "crop"])),
    }
    norms = ["linear", "centered", "identity"] + ["labels"] * (channel is None)
    norm = draw(st.sampled_from(norms)) if channel != "argmax" else "labels"
    if channel is not None:
        way["channel"] = channel
    if channel != "argmax" and norm != "linear":
        way["norm"] = norm
    labels = norm == "labels"
    if labels:
        way["outlines"] = draw(st.sampled_from([0, 0, 1, 2, 5]))
    elif draw(st.integers(0, 3)) == 0:
        way["smooth"] = draw(st.sampled_from([0.4, 1.0, 2.0]))
    one_value = channel != "rgb"
    look = Look(
        random_cmap(entries, draw(st.sampled_from([3, 4])), draw(st.integers(0, 9))),
        under=draw(SHADE) if one_value else None,
        over=draw(SHADE) if one_value else None,
        bad=draw(SHADE),
        alpha=draw(st.none() | st.floats(0, 1)),
        background=draw(st.sampled_from([None, "color", "frames"])),
        resample=draw(st.sampled_from(["nearest", "bilinear", "bicubic"])),
    )
    chosen = {0: draw(st.sampled_from(list(SHADES))), 9: "white"} if labels else {}
    count = None if channel is None else draw(st.integers(3, 5))
    return Ask(look, draw(st.booleans()), chosen, way), count


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_anything_that_means_something_together(backends: Backends, data: Any) -> None:
    ask, channels = data.draw(asks())
    frames = data.draw(fields(channels))
    canvas = data.draw(st.sampled_from(CANVASES))
    picture = picture_of(canvas, data.draw(SIDES), data.draw(SIDES))
    pairs = [(-5.0, 90.0), (0.0, 64.0), (3.3, 77.7), (7.0, 7.0)]
    pair = data.draw(st.sampled_from(pairs))
    if ask.way.get("channel") == "rgb":
        limits: Any = [pair, data.draw(st.sampled_from(pairs)), pair]
        if "norm" in ask.way:
            ask.way.pop("norm")
    elif ask.way.get("norm") in ("identity", "labels") or ask.way.get("channel") == "argmax":
        limits = (0.0, 0.0)
    else:
        limits = pair
    mask_size = data.draw(st.none() | st.tuples(SIDES, SIDES))
    check(backends, ask, picture, frames, limits, mask_size)
