"""``to_rgb`` shows every kind of field, in every layout, as the oracle has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import heatvid
from tests.support.oracle import BLACK, Color, Picture
from tests.support.oracle_ways import Way, frame_bytes

TABLE = np.random.default_rng(0).integers(0, 256, (256, 3), dtype=np.uint8)
COLORS: list[Color] = [(int(r), int(g), int(b), 1.0) for r, g, b in TABLE]
COLORS += [COLORS[0], COLORS[-1], BLACK]
SIZES = [(1, 1), (1, 9), (7, 10), (13, 6)]


def random(shape: tuple[int, ...], dtype: str = "float32", seed: int = 0) -> NDArray[Any]:
    return (np.random.default_rng(seed).random(shape) * 120).astype(dtype)


def expected(
    frames: NDArray[Any], limits: Any, size: tuple[int, int], behind: Any = None, **way: Any
) -> NDArray[np.uint8]:
    """The oracle's pictures of frames, shape (n, h, w[, c])."""
    picture, asked = Picture("rgb24", *size), Way(COLORS, **way)
    flat = [None if behind is None else b.reshape(-1) for b in (behind or [None] * len(frames))]
    made = [
        frame_bytes(frame, picture, asked, limits, b) for frame, b in zip(frames, flat, strict=True)
    ]
    return np.stack(made).reshape(len(frames), *size, 3)


# --- layouts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "order"),
    [("HWC", "HWC"), ("CHW", "CHW"), ("THWC", "THWC"), ("TCHW", "TCHW"), ("hwct", "HWCT"),
     ("CTHW", "CTHW"), ("WHC", "WHC")],
)  # fmt: skip
@pytest.mark.parametrize("channel", ["max", "rgb", 1, -1])
def test_every_layout_is_read_as_it_says(layout: str, order: str, channel: Any) -> None:
    stack = random((2, 5, 7, 3))  # THWC
    if "T" not in order:
        stack = stack[:1]
    axes = ["THWC".index(axis) for axis in order]
    array = stack.transpose(axes) if "T" in order else stack[0].transpose([a - 1 for a in axes])
    table = None if channel == "rgb" else TABLE
    got = heatvid.to_rgb(array, layout=layout, channel=channel, cmap=table, vmin=0, vmax=100)
    if isinstance(channel, int):
        wanted = expected(stack[..., channel], (0, 100), (5, 7))
    else:
        limits: Any = [(0, 100)] * 3 if channel == "rgb" else (0, 100)
        wanted = expected(stack, limits, (5, 7), channel=channel)
    np.testing.assert_array_equal(got, wanted if "T" in order else wanted[0])


@pytest.mark.parametrize(
    ("shape", "layout", "lead"),
    [((5, 7), "HW", ()), ((1, 5, 7), "THW", (1,)), ((5, 7, 1), "HWC", ()), ((5, 7), None, ()),
     ((1, 5, 7), None, (1,)), ((3, 5, 7), None, (3,)), ((1, 1, 5, 7), None, (1,))],
)  # fmt: skip
def test_only_time_stays_an_axis(shape: Any, layout: str | None, lead: tuple[int, ...]) -> None:
    got = heatvid.to_rgb(random(shape), layout=layout, channel=0)
    assert got.shape == (*lead, 5, 7, 3)


@pytest.mark.parametrize("channel", ["argmax", "rgb", "flow", "grid"])
def test_frames_without_channels_are_refused_in_one_line(channel: str) -> None:
    for shape, words in (((5, 7), r"has 1 channel \("), ((9, 5, 7), "layout")):
        with pytest.raises(heatvid.UsageError, match=words) as error:
            heatvid.to_rgb(random(shape), channel=channel)
        assert "\n" not in str(error.value)


# --- kinds --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("channel", ["max", "mean", "norm"])
def test_several_channels_become_one(channel: str, size: tuple[int, int]) -> None:
    frames = random((2, *size, 5))
    got = heatvid.to_rgb(frames, layout="THWC", channel=channel, cmap=TABLE, vmin=3, vmax=100)
    wanted = expected(frames, (3, 100), size, channel=channel)
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("scope", ["sequence", "frame"])
def test_each_channel_of_colours_spans_its_own_range(scope: str) -> None:
    frames = random((3, 5, 7, 3)) * np.float32([1, 10, 0.1])
    got = heatvid.to_rgb(frames, layout="THWC", channel="rgb", scope=scope)
    for frame, picture in zip(frames, got, strict=True):
        own = frames if scope == "sequence" else frame[None]
        limits = [(float(own[..., i].min()), float(own[..., i].max())) for i in range(3)]
        wanted = expected(frame[None], limits, (5, 7), channel="rgb")[0]
        np.testing.assert_array_equal(picture, wanted)


def test_bytes_as_colours_are_themselves() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, 9, 11, 3), dtype=np.uint8)
    got = heatvid.to_rgb(frames, layout="THWC", channel="rgb")
    np.testing.assert_array_equal(got, frames)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int32", "int64", "float32"])
def test_identity_with_gray_is_the_level_itself(dtype: str) -> None:
    levels = np.arange(128 if dtype == "int8" else 256).astype(dtype)[None]
    for cmap in ("gray", "grey", "matlab:gray"):
        got = heatvid.to_rgb(levels, norm="identity", cmap=cmap)
        np.testing.assert_array_equal(got, np.stack([levels] * 3, -1))


def test_fractions_of_a_level_are_cut() -> None:
    got = heatvid.to_rgb(np.array([[0.999, 1.0, 254.99, 255.99]]), norm="identity", cmap="gray")
    assert got[0, :, 0].tolist() == [0, 1, 254, 255]


@pytest.mark.parametrize("norm", ["labels", "identity"])
def test_a_list_of_colours_is_the_palette(norm: str) -> None:
    got = heatvid.to_rgb(np.array([[0, 1, 2]]), norm=norm, cmap=["#010203", "lime", (9, 8, 7)])
    assert got.tolist() == [[[1, 2, 3], [0, 255, 0], [9, 8, 7]]]


def test_one_colour_is_a_palette() -> None:
    got = heatvid.to_rgb(np.array([[0, 1, 2]]), norm="labels", cmap=["#010203"])
    assert got.tolist() == [[[1, 2, 3]] * 3]


def test_colours_of_a_named_palette_are_the_published_ones() -> None:
    got = heatvid.to_rgb(np.arange(12)[None], norm="labels", cmap="tab10")
    tab10 = ["1f77b4", "ff7f0e", "2ca02c", "d62728", "9467bd", "8c564b", "e377c2", "7f7f7f",
             "bcbd22", "17becf"]  # fmt: skip
    assert ["".join(f"{c:02x}" for c in color) for color in got[0]] == [*tab10, *tab10[1:3]]


def test_the_strongest_class_has_its_label() -> None:
    scores = random((4, 6, 7))
    got = heatvid.to_rgb(scores, layout="CHW", channel="argmax", cmap="tab10")
    wanted = heatvid.to_rgb(scores.argmax(0), norm="labels", cmap="tab10")
    np.testing.assert_array_equal(got, wanted)


# --- blending -----------------------------------------------------------------------------------


@pytest.mark.parametrize("blend", ["over", "multiply", "screen", "lighten", "darken", "add"])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("fit", ["stretch", "letterbox", "crop"])
def test_every_blend_and_fit(fit: str, size: tuple[int, int], blend: str) -> None:
    frames = random((2, 5, 8))
    behind = np.random.default_rng(1).integers(0, 256, (2, *size, 3), dtype=np.uint8)
    for resample in ("nearest", "bicubic"):
        way = {"blend": blend, "fit": fit, "resample": resample}
        got = heatvid.to_rgb(frames, cmap=TABLE, vmin=3, vmax=100, background=behind, **way)
        wanted = expected(frames, (3, 100), size, list(behind), alpha=0.5, **way)
        np.testing.assert_array_equal(got, wanted)


RAMP_FROM_ZERO: dict[str, Any] = {
    "alpha_ramp": (0, 50), "vmin": 1, "vmax": 100, "background": np.zeros((5, 7, 3), np.uint8)
}  # fmt: skip


def test_a_ramp_that_a_logarithm_has_no_place_for_is_refused() -> None:
    with pytest.raises(heatvid.OptionError, match=r"^alpha_ramp: ") as error:
        heatvid.to_rgb(random((5, 7)), norm="log", **RAMP_FROM_ZERO)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("norm", ["centered", "symlog", "power"])
def test_other_norms_have_a_place_for_that_ramp(norm: str) -> None:
    assert heatvid.to_rgb(random((5, 7)), norm=norm, **RAMP_FROM_ZERO).any()


def test_what_a_ramp_hides_shows_the_background() -> None:
    values = np.linspace(0, 1, 256, dtype=np.float32)[None]
    behind = np.full((1, 256, 3), 77, np.uint8)
    gray = np.stack([np.arange(256, dtype=np.uint8)] * 3, 1)
    got = heatvid.to_rgb(values, cmap=gray, background=behind, alpha=1, alpha_ramp=(0.25, 0.75))
    assert (got[0, :64] == 77).all()
    np.testing.assert_array_equal(got[0, 192:, 0], np.arange(192, 256))
    opacity = np.clip((np.arange(256) + 0.5) / 256 * 2 - 0.5, 0, 1)
    exact = np.arange(256) * opacity + 77 * (1 - opacity)
    assert np.abs(got[0, :, 0] - exact).max() <= 0.51


@pytest.mark.parametrize("center", [0.0, 273.0, -1e300])
@pytest.mark.parametrize("options", [{}, {"scope": "frame"}])
def test_what_equals_the_center_everywhere_has_the_middle_colour(
    options: dict[str, Any], center: float
) -> None:
    looks: dict[str, Any] = {"norm": "centered", "cmap": "coolwarm"}
    middle = heatvid.to_rgb(np.array([[-1.0, 0.0, 1.0]]), **looks)[0, 1]
    got = heatvid.to_rgb(np.full((2, 3, 4), center), center=center, **looks, **options)
    np.testing.assert_array_equal(got, np.broadcast_to(middle, got.shape))
