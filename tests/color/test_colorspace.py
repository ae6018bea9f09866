"""Colours follow BT.709 to the level, in tables and in pictures."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from heatvid._canvas import Canvas, ColorRange
from heatvid._color.colormaps import color_table
from heatvid._color.colorspace import (
    canvas_table,
    integer_matrix,
    rgb_to_canvas,
    rgb_to_yuv,
    to_canvas_colors,
)

RANGES = ["tv", "pc"]


def every_color(step: int = 1) -> NDArray[np.uint8]:
    """Colours whose red is a multiple of ``step``, green and blue all; shape (n, 3)."""
    axes = np.arange(0, 256, step), np.arange(256), np.arange(256)
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3).astype(np.uint8)


def exact(
    colors: NDArray[np.uint8], color_range: str
) -> list[tuple[NDArray[np.int64], int, NDArray[np.int64]]]:
    """Y, Cb and Cr as fractions of integers: numerators, and the denominator of each."""
    r, g, b = (colors[:, i].astype(np.int64) for i in range(3))
    luma = 2126 * r + 7152 * g + 722 * b  # times 10,000
    if color_range == "tv":
        luma_part = (16 * 2_550_000 + 219 * luma, 2_550_000)
        scale, wide = 224, 255
    else:
        luma_part = (luma, 10_000)
        scale, wide = 1, 1
    chroma = [
        (128 * divisor * wide + scale * (10_000 * channel - luma), divisor * wide)
        for channel, divisor in ((b, 18_556), (r, 15_748))
    ]
    return [luma_part, *chroma]  # type: ignore[list-item]


def rounded(numerator: NDArray[np.int64], denominator: int) -> tuple[NDArray[np.int64], ...]:
    """The nearest whole numbers, at most 255, and where two are equally near."""
    doubled = 2 * numerator + denominator
    levels = np.minimum(doubled // (2 * denominator), 255)
    return levels, doubled % (2 * denominator) == 0


@pytest.mark.parametrize("color_range", RANGES)
def test_every_colour_has_the_levels_of_the_formula(color_range: str) -> None:
    for chunk in np.array_split(every_color(5), 8):
        got = np.rint(rgb_to_yuv(chunk, color_range))  # type: ignore[arg-type]
        for i, (numerator, denominator) in enumerate(exact(chunk, color_range)):
            levels, tied = rounded(numerator, denominator)
            assert tied.mean() < 0.003  # full range: Cr is 128 + (R - G) / 2 where G = B
            np.testing.assert_array_equal(got[~tied, i], levels[~tied])
            assert np.abs(got[tied, i] - levels[tied]).max(initial=0) <= 1


def test_levels_fill_their_range() -> None:
    corners = np.array(np.meshgrid([0, 255], [0, 255], [0, 255])).T.reshape(-1, 3)
    limited, full = (np.rint(rgb_to_yuv(corners, color_range)) for color_range in ("tv", "pc"))
    assert limited.min(axis=0).tolist() == [16, 16, 16]
    assert limited.max(axis=0).tolist() == [235, 240, 240]
    assert (full.min(axis=0) <= [0, 1, 1]).all()
    assert full.min() >= 0
    assert full.max(axis=0).tolist() == [255, 255, 255]


@pytest.mark.parametrize("color_range", RANGES)
def test_grays_have_no_colour(color_range: str) -> None:
    grays = np.repeat(np.arange(256)[:, None], 3, axis=1)
    levels = np.rint(rgb_to_yuv(grays, color_range))  # type: ignore[arg-type]
    assert (levels[:, 1:] == 128).all()
    assert (np.diff(levels[:, 0]) >= 0).all()


def test_known_colours() -> None:
    colors = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)])
    expected = [(63, 102, 240), (173, 42, 26), (32, 240, 118), (235, 128, 128), (16, 128, 128)]
    assert np.rint(rgb_to_yuv(colors, "tv")).astype(int).tolist() == [list(c) for c in expected]


@pytest.mark.parametrize(("color_range", "bounds"), [("tv", (1, 1, 2)), ("pc", (1, 1, 1))])
def test_a_decoder_gets_every_colour_back(color_range: str, bounds: tuple[int, int, int]) -> None:
    for chunk in np.array_split(every_color(5), 8):
        y, cb, cr = np.rint(rgb_to_yuv(chunk, color_range)).T  # type: ignore[arg-type]
        if color_range == "tv":
            y, cb, cr = (y - 16) * 255 / 219, (cb - 128) * 255 / 224, (cr - 128) * 255 / 224
        else:
            cb, cr = cb - 128, cr - 128
        red, blue = y + 1.5748 * cr, y + 1.8556 * cb
        green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
        for i, channel in enumerate((red, green, blue)):
            decoded = np.clip(np.rint(channel), 0, 255)
            assert np.abs(decoded - chunk[:, i]).max() <= bounds[i]


@pytest.mark.parametrize("color_range", RANGES)
def test_pictures_have_the_levels_of_the_formula_but_for_one_in_a_thousand(
    color_range: str,
) -> None:
    colors = every_color(5).reshape(-1, 256, 3)
    picture = colors.repeat(2, axis=0).repeat(2, axis=1)  # so that each block has one colour
    canvas = Canvas("yuv420p", *picture.shape[:2], color_range)  # type: ignore[arg-type]
    frame = np.empty(canvas.frame_bytes, np.uint8)
    rgb_to_canvas(picture, canvas, frame)
    planes = [plane.of(frame) for plane in canvas.planes]
    got = [planes[0][::2, ::2], planes[1], planes[2]]
    for plane, (numerator, denominator) in zip(
        got, exact(colors.reshape(-1, 3), color_range), strict=True
    ):
        levels, _ = rounded(numerator, denominator)
        off = np.abs(plane.reshape(-1).astype(int) - levels)
        assert off.max() <= 1
        assert off.mean() < 1e-3


@pytest.mark.parametrize("color_range", RANGES)
def test_each_pixel_of_444_has_the_levels_of_the_formula_but_for_one_in_a_thousand(
    color_range: ColorRange,
) -> None:
    colors = every_color(5).reshape(-1, 13, 3)
    canvas = Canvas("yuv444p", *colors.shape[:2], color_range)
    frame = np.full(canvas.frame_bytes, 0xAA, np.uint8)
    rgb_to_canvas(colors, canvas, frame)
    exactly = exact(colors.reshape(-1, 3), color_range)
    for samples, fraction in zip(canvas.samples_of(frame), exactly, strict=True):
        levels, _ = rounded(*fraction)
        off = np.abs(samples.reshape(-1).astype(int) - levels)
        assert off.max() <= 1
        assert off.mean() < 1e-3


@pytest.mark.parametrize("color_range", RANGES)
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (7, 1), (6, 8), (65, 67), (130, 64)], ids=str)
def test_chroma_of_pictures_is_the_mean_of_four_and_odd_sizes_repeat_their_edge(
    size: tuple[int, int], color_range: str
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    canvas = Canvas("yuv420p", *size, color_range)  # type: ignore[arg-type]
    frame = np.full(canvas.frame_bytes, 0xAA, np.uint8)
    rgb_to_canvas(picture, canvas, frame)
    rows = np.minimum(np.arange(canvas.height), size[0] - 1)
    columns = np.minimum(np.arange(canvas.width), size[1] - 1)
    yuv = rgb_to_yuv(picture[np.ix_(rows, columns)], color_range)  # type: ignore[arg-type]
    luma, *chroma = (plane.of(frame).astype(float) for plane in canvas.planes)
    assert np.abs(luma - yuv[..., 0]).max() <= 0.501
    for plane, channel in zip(chroma, (yuv[..., 1], yuv[..., 2]), strict=True):
        blocks = channel.reshape(canvas.height // 2, 2, canvas.width // 2, 2).mean(axis=(1, 3))
        assert np.abs(plane - blocks).max() <= 0.501 + (0.5 if color_range == "pc" else 0)


@pytest.mark.parametrize("size", [(1, 1), (7, 1), (6, 8), (65, 67)], ids=str)
def test_nv12_has_the_samples_of_yuv420p(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    planes, pairs = Canvas("yuv420p", *size), Canvas("nv12", *size)
    frames = [np.full(canvas.frame_bytes, 0xAA, np.uint8) for canvas in (planes, pairs)]
    rgb_to_canvas(picture, planes, frames[0])
    rgb_to_canvas(picture, pairs, frames[1])
    both = planes.samples_of(frames[0]), pairs.samples_of(frames[1])
    for plane, samples in zip(*both, strict=True):
        np.testing.assert_array_equal(samples, plane)


def test_rgb_canvases_take_pictures_as_they_are() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    canvas = Canvas("rgb24", 5, 7)
    frame = np.empty(canvas.frame_bytes, np.uint8)
    rgb_to_canvas(picture[:, ::-1], canvas, frame)
    np.testing.assert_array_equal(frame.reshape(5, 7, 3), picture[:, ::-1])


def test_luma_of_tables_is_rounded_and_chroma_is_not() -> None:
    colors = to_canvas_colors(every_color(85), Canvas("yuv420p", 2, 2))
    assert (colors[:, 0] % 1 == 0).all()
    assert (colors[:, 1] % 1 != 0).any()


def test_tables_are_premultiplied_by_their_alpha() -> None:
    colors = np.array([[200, 100, 50, 255], [200, 100, 50, 51], [9, 9, 9, 0]], np.uint8)
    made = color_table(colors, bad="transparent")
    table = canvas_table(made.rgb, made.alpha * 0.5, Canvas("rgb24", 1, 1))
    assert not table.opaque
    assert table.transmission.tolist() == [32768, 58982, 65536, 32768, 65536, 65536]
    assert table.premultiplied[:3].tolist() == [
        [200 * 32768, 100 * 32768, 50 * 32768],
        [200 * 6554, 100 * 6554, 50 * 6554],
        [0, 0, 0],
    ]


def test_a_table_over_a_colour_is_opaque() -> None:
    colors = np.array([[200, 100, 50, 0], [200, 100, 50, 255]], np.uint8)
    made = color_table(colors)
    table = canvas_table(made.rgb, made.alpha, Canvas("rgb24", 1, 1))
    blended = table.over(np.array([10.0, 20.0, 30.0]))
    assert blended.opaque
    assert (blended.premultiplied[:2] >> 16).tolist() == [[10, 20, 30], [200, 100, 50]]
    assert blended.take(np.array([1, 0])).premultiplied.shape == (2, 3)


@pytest.mark.parametrize("color_range", ["tv", "pc"])
def test_ten_bits_of_every_gray_and_corner(color_range: ColorRange) -> None:
    """Levels of BT.709, item 5 and BT.2100: four times those of 8 bits in the limited range."""
    corners = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]])
    got = np.rint(rgb_to_yuv(corners, color_range, 10)).astype(int)
    if color_range == "tv":
        assert got[:2].tolist() == [[64, 512, 512], [940, 512, 512]]
        np.testing.assert_allclose(
            rgb_to_yuv(corners, "tv", 10), 4 * rgb_to_yuv(corners, "tv"), atol=1e-9
        )
    else:
        assert got[:2].tolist() == [[0, 512, 512], [1023, 512, 512]]
        assert got[2, 2] == got[4, 1] == 1023


def test_the_integer_matrix_has_the_same_levels_in_ten_bits() -> None:
    colors = np.random.default_rng(0).integers(0, 256, (4000, 3))
    for color_range in ("tv", "pc"):
        matrix, offset = integer_matrix(color_range, 10)  # type: ignore[arg-type]
        got = (colors @ matrix.T.astype(np.int64) + offset) / (1 << 18)
        exact = rgb_to_yuv(colors, color_range, 10)  # type: ignore[arg-type]
        np.testing.assert_allclose(np.minimum(got, 1023), exact, atol=2e-3)
