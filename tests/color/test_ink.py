"""Ink on every canvas of colours: the mean of both within the rounding, and nothing beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatvid._canvas import FORMATS, Box, Canvas, ColorRange, PixelFormat
from heatvid._color.colorspace import rgb_to_yuv
from heatvid._color.ink import Ink, Rgb

COLORED: list[PixelFormat] = [
    name for name, each in FORMATS.items() if each.samples in ("yuv", "rgb")
]
ROUNDING = 0.5 + 2.0**-9  # of a sample, and of the ink's own chroma

formats = st.sampled_from(COLORED)
ranges: st.SearchStrategy[ColorRange] = st.sampled_from(["tv", "pc"])
levels = st.integers(0, 255)
colors = st.tuples(levels, levels, levels)
places = st.tuples(st.integers(-4, 14), st.integers(-4, 14))
sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))
seeds = st.integers(0, 2**32 - 1)


def noise(canvas: Canvas, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    frame = np.empty(canvas.frame_bytes, np.uint8)
    for samples in canvas.samples_of(frame):
        samples[...] = rng.integers(0, 1 << canvas.bits, samples.shape)
    if canvas.has_alpha:  # some of it unseen
        alpha = canvas.samples_of(frame)[-1]
        alpha[rng.random(alpha.shape) < 0.3] = 0
    return frame


def exact_color(canvas: Canvas, rgb: Rgb) -> list[float]:
    if canvas.is_rgb:
        return [float(level) for level in rgb]
    y, cb, cr = rgb_to_yuv(np.array(rgb), canvas.color_range, canvas.bits).tolist()
    return [float(np.rint(y)), cb, cr]


def spread(canvas: Canvas, top: int, left: int, coverage: Any) -> Any:
    """Coverage of the whole canvas, 0 beside what is covered."""
    shares = np.zeros((canvas.height, canvas.width))
    for (row, column), share in np.ndenumerate(coverage):
        if 0 <= top + row < canvas.height and 0 <= left + column < canvas.width:
            shares[top + row, left + column] = share
    return shares


def summed(pixels: Any, step: tuple[int, int]) -> Any:
    h, w = pixels.shape
    return pixels.reshape(h // step[0], step[0], w // step[1], step[1]).sum((1, 3))


def blended(canvas: Canvas, frame: Any, shares: Any, rgb: Rgb) -> list[Any]:
    """The samples by the formula, in float64."""
    most = (1 << canvas.bits) - 1
    *below, alpha = (*canvas.samples_of(frame), np.full(shares.shape, most, np.int64))
    if canvas.has_alpha:
        alpha = below.pop()
    front, back = shares * most, (255 - shares) * alpha.astype(np.float64)
    made = []
    for i, (samples, color) in enumerate(zip(below, exact_color(canvas, rgb), strict=True)):
        halved = canvas.format.halved if i in (1, 2) else (False, False)
        step = (1 + halved[0], 1 + halved[1])
        own, other = summed(front, step), summed(back, step)
        seen = np.maximum(own + other, 1)
        made.append(np.where(own > 0, (color * own + samples * other) / seen, samples))
    return [*made, (front + back) / 255] if canvas.has_alpha else made


@given(formats, ranges, colors, places, sizes, seeds)
def test_ink_is_the_mean_by_its_coverage_within_the_rounding(
    pixel_format: PixelFormat,
    color_range: ColorRange,
    rgb: Rgb,
    place: tuple[int, int],
    size: tuple[int, int],
    seed: int,
) -> None:
    canvas = Canvas(pixel_format, 11, 13, color_range)
    coverage = np.random.default_rng(seed).choice([0, 1, 100, 254, 255], size).astype(np.uint8)
    frame = noise(canvas, seed)
    wanted = blended(canvas, frame, spread(canvas, *place, coverage), rgb)
    Ink(canvas, rgb).blend(frame, *place, coverage)
    for samples, exact in zip(canvas.samples_of(frame), wanted, strict=True):
        assert np.abs(samples - exact).max() <= ROUNDING


@given(formats, colors, places, sizes, seeds)
def test_what_is_filled_is_what_is_covered_whole(
    pixel_format: PixelFormat, rgb: Rgb, place: tuple[int, int], size: tuple[int, int], seed: int
) -> None:
    canvas = Canvas(pixel_format, 12, 12)
    filled = noise(canvas, seed)
    blended = filled.copy()
    Ink(canvas, rgb).fill(filled, Box(*place, *size))
    Ink(canvas, rgb).blend(blended, *place, np.full(size, 255, np.uint8))
    assert (filled == blended).all()


@pytest.mark.parametrize("pixel_format", COLORED)
def test_a_filled_box_has_the_color_and_nothing_beside_it_changes(
    pixel_format: PixelFormat,
) -> None:
    canvas = Canvas(pixel_format, 12, 16)
    frame = noise(canvas, 1)
    before = [samples.copy() for samples in canvas.samples_of(frame)]
    box = Box(4, 6, 4, 8)
    Ink(canvas, (200, 30, 90)).fill(frame, box)
    exact = exact_color(canvas, (200, 30, 90)) + [(1 << canvas.bits) - 1] * canvas.has_alpha
    inside = [samples.copy() for samples in canvas.samples_of(frame, box)]
    for samples, level in zip(inside, exact, strict=True):
        assert np.abs(samples - level).max() <= ROUNDING
    after = [samples.copy() for samples in canvas.samples_of(frame)]
    for samples, old in zip(after, before, strict=True):
        changed = np.argwhere(samples != old)
        down, across = (canvas.height // old.shape[0], canvas.width // old.shape[1])
        assert (changed >= [4 // down, 6 // across]).all()
        assert (changed < [8 // down, 14 // across]).all()


@pytest.mark.parametrize("pixel_format", COLORED)
def test_a_stamp_is_laid_on_any_number_of_frames(pixel_format: PixelFormat) -> None:
    canvas = Canvas(pixel_format, 12, 16)
    coverage = np.arange(35, dtype=np.uint8).reshape(5, 7) * 7
    ink = Ink(canvas, (250, 128, 3))
    stamp = ink.stamp(3, 5, coverage)
    for seed in (1, 2):
        stamped, blended = noise(canvas, seed), noise(canvas, seed)
        stamp.lay(stamped)
        ink.blend(blended, 3, 5, coverage)
        assert (stamped == blended).all()


def test_a_box_and_what_it_has_in_common_with_another() -> None:
    box = Box(2, 3, 4, 5)
    assert (box.bottom, box.right) == (6, 8)
    assert box.common(Box(0, 0, 4, 4)) == Box(2, 3, 2, 1)
    assert box.common(Box(6, 3, 4, 4)).is_empty
    assert not box.meets(Box(2, 8, 4, 4))
    assert box.contains(Box(3, 3, 1, 5))
    assert not box.contains(Box(1, 3, 2, 2))
    assert box.moved(-2, 1) == Box(0, 4, 4, 5)


def test_boxes_are_widened_to_whole_samples_of_chroma() -> None:
    odd = Box(1, 3, 2, 2)
    assert Canvas("yuv420p", 8, 8).aligned(odd) == Box(0, 2, 4, 4)
    assert Canvas("yuv422p10le", 8, 8).aligned(odd) == Box(1, 2, 2, 4)
    assert Canvas("rgb24", 8, 8).aligned(odd) == odd
