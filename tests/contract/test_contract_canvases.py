"""Every backend writes pixels of 10 bits, of an alpha and of a palette as their formulas say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from heatvid.backends import Renderer
from tests.support.backends import Backends
from tests.support.contract import INFERNAL, Look, picture_of, random_cmap
from tests.support.contract_ways import (
    ENDS,
    GRADED,
    LABELS,
    Ask,
    check,
    plan_for,
    render,
)
from tests.support.fields import limits_of, numbers, spread
from tests.support.oracle import Picture, frame_bytes
from tests.support.pairwise import cases

DEEP = ["yuv420p10le-tv", "yuv420p10le-pc", "yuv422p10le-tv", "yuv444p10le-pc"]
ALPHA = ["yuva420p-tv", "yuva420p-pc", "yuva444p10le-tv", "yuva444p10le-pc", "rgba-tv"]
BOTH = [*DEEP, *ALPHA]
DTYPES = ["uint8", "uint16", "int32", "float16", "float32", "float64"]
SIZES = [(1, 1), (1, 9), (9, 1), (7, 10), (12, 8)]
GRADED_ALONE = replace(GRADED, background=None)
THOUSAND = Look(random_cmap(1024, 4), **ENDS)  # type: ignore[arg-type]  # a dict of colours


# --- 10 bits, and alpha -------------------------------------------------------------------------


@cases(27, canvas=BOTH, dtype=DTYPES, size=[(9, 14), (24, 32), (23, 31)])
def test_every_dtype(backends: Backends, canvas: str, dtype: str, size: tuple[int, int]) -> None:
    frames = numbers(dtype, (2, 9, 14))
    for look in (INFERNAL, THOUSAND):
        check(backends, Ask(look), picture_of(canvas, *size), frames, limits_of(dtype))


@cases(27, canvas=BOTH, size=SIZES, field=SIZES)
def test_every_size_from_every_size(
    backends: Backends, canvas: str, field: tuple[int, int], size: tuple[int, int]
) -> None:
    frames = numbers("float32", (1, *field))
    check(backends, Ask(GRADED_ALONE), picture_of(canvas, *size), frames, (-0.7, 1.9))


@cases(27, canvas=BOTH, alpha=[0.0, 0.3, 1.0], ramp=[None, (-0.2, 1.2)], background=[None, "color"])
def test_what_is_see_through(
    backends: Backends, canvas: str, alpha: float, ramp: Any, background: str | None
) -> None:
    look = replace(THOUSAND, alpha=alpha, background=background if canvas in DEEP else None)
    way = {} if ramp is None else {"ramp": ramp}
    frames = numbers("float32", (2, 10, 14))
    check(backends, Ask(look, way=way), picture_of(canvas, 10, 14), frames, (-0.7, 1.9))


@cases(27, canvas=ALPHA, size=[(9, 14), (17, 23), (4, 5)], mask=[(9, 14), (5, 7), (30, 40)])
def test_masks_weaken_alpha_alone(
    backends: Backends, canvas: str, size: tuple[int, int], mask: tuple[int, int]
) -> None:
    frames = numbers("float32", (2, 9, 14))
    for look in (INFERNAL, GRADED_ALONE):
        ask = Ask(look, masked=True)
        check(backends, ask, picture_of(canvas, *size), frames, (-0.7, 1.9), mask)


@cases(27, canvas=ALPHA, channel=["rgb", "flow"], masked=[False, True], dtype=["uint8", "float32"])
def test_colours_that_no_table_holds(
    backends: Backends, canvas: str, channel: str, masked: bool, dtype: str
) -> None:
    frames = numbers(dtype, (2, 9, 14, 2 if channel == "flow" else 3))
    pair = limits_of(dtype)
    limits: Any = [pair] * 3 if channel == "rgb" else (0.0, pair[1])
    for bad in ("transparent", (0.2, 0.4, 0.6, 0.25)):
        ask = Ask(replace(INFERNAL, alpha=0.7, bad=bad), masked, way={"channel": channel})
        check(backends, ask, picture_of(canvas, 11, 17), frames, limits)


@cases(27, canvas=BOTH, dtype=["uint8", "int32", "float32"], outlines=[0, 3])
def test_labels_of_chosen_colours(
    backends: Backends, canvas: str, dtype: str, outlines: int
) -> None:
    frames = np.random.default_rng(0).integers(0, 20, (2, 11, 13)).astype(dtype)
    chosen = {0: "transparent", 3: "#0a14c8", 12: (0.2, 0.4, 0.6, 0.25)}
    way = {"norm": "labels", **({"outlines": outlines} if outlines else {})}
    ask = Ask(LABELS, label_colors=chosen, way=way)
    check(backends, ask, picture_of(canvas, 11, 13), frames)
    check(backends, ask, picture_of(canvas, 6, 17), frames)


@cases(27, canvas=BOTH, norm=["log", "symlog", "power", "identity"], dtype=["uint16", "float32"])
def test_scales_that_bend(backends: Backends, canvas: str, norm: str, dtype: str) -> None:
    frames = spread(dtype, (1, 9, 14))
    frames = np.abs(frames) if dtype == "float32" else frames
    limits = (0.0, 0.0) if norm == "identity" else (0.5, 200.0)
    ask = Ask(THOUSAND, way={"norm": norm})

    def bytes_of(backend: Renderer) -> NDArray[np.uint8]:
        return render(backend, ask, picture_of(canvas, 9, 14), frames, limits)

    wanted: list[NDArray[np.uint8]] = []
    backends.each(lambda backend: wanted.append(bytes_of(backend)))
    for got in wanted[1:]:
        np.testing.assert_array_equal(got, wanted[0])


@pytest.mark.parametrize("canvas", BOTH)
def test_frames_of_many_bands(backends: Backends, canvas: str) -> None:
    frames = numbers("float32", (1, 402, 601))
    wanted: list[NDArray[np.uint8]] = []
    for masked in (False, canvas in ALPHA):
        ask, masks = Ask(GRADED_ALONE, masked), None
        if masked:
            masks = np.linspace(0, 1, 402 * 601, dtype=np.float32).reshape(1, 402, 601)
        backends.each(
            lambda backend, ask=ask, masks=masks: wanted.append(
                render(backend, ask, picture_of(canvas, 402, 601), frames, (-0.7, 1.9), None, masks)
            )
        )
    half = len(wanted) // 2
    for i, got in enumerate(wanted):
        np.testing.assert_array_equal(got, wanted[i // half * half])


@pytest.mark.parametrize("canvas", DEEP)
def test_chroma_is_the_mean_rounded_once(backends: Backends, canvas: str) -> None:
    """Against the exact mean, of which fixed point may be less than a thousandth off."""
    pixel_format, color_range = canvas.split("-")
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 256, (1000, 3))
    frames = rng.integers(0, 1000, (1, 32, 32)).astype(np.uint16)
    rgb = colors[frames[0]] / 255
    luma = rgb @ [0.2126, 0.7152, 0.0722]
    cb = 512 + (896 if color_range == "tv" else 1023) * (rgb[..., 2] - luma) / 1.8556
    down, across = {"yuv420p10le": (2, 2), "yuv422p10le": (1, 2)}.get(pixel_format, (1, 1))
    mean = cb.reshape(32 // down, down, 32 // across, across).mean(axis=(1, 3)).clip(0, 1023)
    ask = Ask(Look(colors.astype(np.uint8)), way={"norm": "identity"})

    def compare(backend: Renderer) -> None:
        got = render(backend, ask, picture_of(canvas, 32, 32), frames).view("<u2")
        plane = got[0, 1024 : 1024 + mean.size].reshape(mean.shape)
        assert np.abs(plane - mean).max() < 0.501

    backends.each(compare)


def test_a_pixel_that_is_not_seen_takes_no_part_in_its_block(backends: Backends) -> None:
    """Red beside what is transparent stays red, and what is wholly transparent keeps its colour."""
    look = Look(np.array([[255, 0, 0, 255], [0, 255, 0, 0]], np.uint8))
    frames = np.array([[[0, 1, 1, 1], [1, 1, 1, 1]]], np.uint8)
    ask = Ask(look, way={"norm": "identity"})

    def compare(backend: Renderer) -> None:
        (got,) = render(backend, ask, Picture("yuva420p", 2, 4), frames)
        assert got[8:10].tolist() == [102, 42]  # Cb of red, and of green
        assert got[10:12].tolist() == [240, 26]
        assert got[12:].tolist() == [255, 0, 0, 0, 0, 0, 0, 0]

    backends.each(compare)


# --- palettes -----------------------------------------------------------------------------------


@cases(
    27,
    dtype=DTYPES,
    size=[(9, 14), (24, 32), (23, 31)],
    look=["plain", "ends", "alpha", "repeated"],
)
def test_places_in_a_palette_are_the_colours_of_rgb(
    backends: Backends, dtype: str, size: tuple[int, int], look: str
) -> None:
    looks = {
        "plain": Look(random_cmap(255)),
        "ends": Look(random_cmap(253), **ENDS),  # type: ignore[arg-type]
        "alpha": Look(random_cmap(200, 4), alpha=0.5, background="color"),
        "repeated": Look(np.repeat(random_cmap(40), 10, axis=0)),
    }
    own, frames, limits = looks[look], numbers(dtype, (2, 9, 14)), limits_of(dtype)
    behind = (128, 64, 192, 1.0) if own.background else (0, 0, 0, 1.0)
    rgb = [
        frame_bytes(
            frame, Picture("rgb24", *size), own.colors, limits, alpha=own.opacity, background=behind
        )
        for frame in frames
    ]
    _check_palette(backends, Ask(own), size, frames, limits, np.array(rgb))


def _check_palette(
    backends: Backends,
    ask: Ask,
    size: tuple[int, int],
    frames: NDArray[Any],
    limits: Any,
    rgb: NDArray[np.uint8],
) -> None:
    picture = Picture("pal8", *size)
    plan = plan_for(ask, picture, frames.shape[1:], frames.dtype, limits)
    palette = plan.indexed.palette
    assert len(np.unique(palette, axis=0)) == len(palette) <= 256

    def compare(backend: Renderer) -> None:
        got = render(backend, ask, picture, frames, limits)
        assert got.shape == (len(frames), size[0] * size[1])
        np.testing.assert_array_equal(palette[got].reshape(len(frames), -1), rgb)
        again = render(backend, ask, picture, frames, [limits] * len(frames), moving=True)
        np.testing.assert_array_equal(again, got)

    backends.each(compare)


def test_labels_and_their_lines_have_places_in_a_palette(backends: Backends) -> None:
    frames = np.random.default_rng(0).integers(-2, 300, (2, 11, 13)).astype(np.int32)
    ask = Ask(LABELS, way={"norm": "labels", "outlines": 2})
    rgb: list[NDArray[np.uint8]] = []
    backends.each(
        lambda backend: rgb.append(render(backend, ask, Picture("rgb24", 22, 17), frames))
    )
    _check_palette(backends, ask, (22, 17), frames, (0.0, 0.0), rgb[0])
