"""Whatever the values, limits, sizes and colours: every backend renders the oracle's bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from tests.support.backends import Backends
from tests.support.contract import (
    CANVASES,
    SHADES,
    Batch,
    Look,
    check_batches,
    picture_of,
    random_cmap,
)
from tests.support.oracle import Picture

DTYPES = [np.dtype(code) for code in "?bBhHiIlLefd"]
EXTREMES = [
    0.0, 1.0, -1.0, 0.1, 0.5, 255.0, 65_535.0, 2.0**24 + 2, 2.0**53 + 2, 2.0**63, 2.0**64,
    5e-324, 2.2250738585072014e-308, 1.401298464324817e-45, 1.1754943508222875e-38,
    3.4028234663852886e38, 3.5e38, 65_504.0, 1e308, 1.7976931348623157e308,
]  # fmt: skip
EXTREMES += [-limit for limit in EXTREMES]
OPTIONAL_SHADE = st.none() | st.sampled_from(list(SHADES))


unhurried = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
sides = st.integers(1, 12)


@st.composite
def fields(draw: Any, dtypes: list[np.dtype[Any]] = DTYPES) -> NDArray[Any]:
    """One frame of any dtype; integers and floats of any size, with all special values."""
    dtype = draw(st.sampled_from(dtypes))
    elements = hnp.from_dtype(dtype)
    if dtype.kind == "f":
        info = np.finfo(dtype)
        special = [np.nan, np.inf, -np.inf, -0.0, info.max, info.min, info.smallest_subnormal]
        width = 8 * dtype.itemsize
        elements |= st.sampled_from([float(value) for value in special])
        elements |= st.floats(-1, 1, width=width) | st.integers(-300, 300).map(float)
    elif dtype.kind in "iu":
        info = np.iinfo(dtype)
        elements |= st.integers(max(info.min, -300), min(info.max, 300))
        elements |= st.integers(info.max - 3, info.max)
    return draw(hnp.arrays(dtype, st.tuples(sides, sides), elements=elements))


@st.composite
def limits(draw: Any) -> tuple[float, float]:
    any_limit = (
        st.sampled_from(EXTREMES)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.floats(-300, 300, width=32)
        | st.integers(-300, 300).map(float)
    )
    low, high = sorted([draw(any_limit), draw(any_limit)])
    return (low, low) if draw(st.integers(0, 7)) == 0 else (low, high)


@st.composite
def looks(draw: Any) -> Look:
    entries = draw(st.sampled_from([1, 2, 3, 8, 255, 256, 257, 300, 1000]))
    return Look(
        random_cmap(entries, draw(st.sampled_from([3, 4])), draw(st.integers(0, 9))),
        under=draw(OPTIONAL_SHADE),
        over=draw(OPTIONAL_SHADE),
        bad=draw(OPTIONAL_SHADE),
        alpha=draw(st.none() | st.floats(0, 1)),
        background=draw(st.sampled_from([None, "color", "frames"])),
        resample=draw(st.sampled_from(["bilinear", "nearest"])),
    )


@st.composite
def pictures(draw: Any) -> Picture:
    return picture_of(draw(st.sampled_from(CANVASES)), draw(sides), draw(sides))


def render_and_check(
    backends: Backends,
    frame: NDArray[Any],
    pair: tuple[float, float],
    look: Look,
    picture: Picture,
    own_limits: bool = False,
) -> None:
    behind = None
    if look.background == "frames":
        rng = np.random.default_rng(0)
        behind = rng.integers(0, 256, (1, picture.frame_bytes), dtype=np.uint8)
    batch = Batch(frame[None], behind, [pair] if own_limits else ())
    check_batches(backends, picture, look, None if own_limits else pair, [batch])


@unhurried
@given(fields(), limits(), looks(), pictures(), st.booleans())
def test_anything(
    backends: Backends,
    frame: NDArray[Any],
    pair: tuple[float, float],
    look: Look,
    picture: Picture,
    own_limits: bool,
) -> None:
    render_and_check(backends, frame, pair, look, picture, own_limits)


@unhurried
@given(fields(), limits(), looks(), st.sampled_from(["yuv420p", "nv12", "yuv444p", "rgb24"]))
@example(np.full((1, 1), 2**53 + 1), (2.0**53, 2.0**53), Look(random_cmap(8)), "rgb24")
@example(np.float32([[0.1]]), (0.1, 0.1), Look(random_cmap(8), over="white"), "rgb24")
def test_anything_at_its_own_size(
    backends: Backends,
    frame: NDArray[Any],
    pair: tuple[float, float],
    look: Look,
    pixel_format: str,
) -> None:
    render_and_check(backends, frame, pair, look, Picture(pixel_format, *frame.shape))


@unhurried
@given(fields(), st.data(), looks(), pictures())
def test_limits_that_are_values_of_the_field(
    backends: Backends, frame: NDArray[Any], data: Any, look: Look, picture: Picture
) -> None:
    finite = [float(value) for value in frame.reshape(-1) if np.isfinite(value)] or [0.0]
    pair = sorted([data.draw(st.sampled_from(finite)), data.draw(st.sampled_from(finite))])
    render_and_check(backends, frame, (pair[0], pair[1]), look, picture)
    same_size = Picture(picture.pixel_format, *frame.shape, picture.color_range)
    render_and_check(backends, frame, (pair[0], pair[1]), look, same_size)


@unhurried
@given(
    st.integers(-(2**63), 2**63 - 1),
    st.lists(st.integers(-2000, 2000), min_size=1, max_size=30),
    st.integers(0, 4000),
    looks(),
)
def test_integers_beyond_what_doubles_hold(
    backends: Backends, centre: int, offsets: list[int], span: int, look: Look
) -> None:
    frame = np.array([[min(max(centre + o, -(2**63)), 2**63 - 1) for o in offsets]])
    pair = (float(centre), float(centre + span))
    render_and_check(backends, frame, pair, look, Picture("rgb24", *frame.shape))


@unhurried
@given(
    st.lists(st.floats(0, 1, width=32), min_size=1, max_size=64),
    st.floats(-(2.0**100), 2.0**100, width=32),
    st.floats(2.0**-130, 2.0**100, width=32),
    st.sampled_from([1, 8, 256, 300]),
)
def test_float32_values_within_any_limits(
    backends: Backends, fractions: list[float], low: float, span: float, entries: int
) -> None:
    frame = (np.float64(low) + np.array([fractions]) * span).astype(np.float32)
    look = Look(random_cmap(entries), under="white", over="#0a14c8")
    render_and_check(backends, frame, (low, low + span), look, Picture("rgb24", *frame.shape))
