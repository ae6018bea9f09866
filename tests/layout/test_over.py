"""Pieces over tiles: the same as drawn on a template, in every frame, and nothing beside them."""

from __future__ import annotations

import numpy as np
import pytest

from heatvid._canvas import FORMATS, Box, Canvas, PixelFormat
from heatvid._layout.caption import Caption
from heatvid._layout.fonts import open_font
from heatvid._layout.over import Over
from heatvid._layout.scale_bar import ScaleBar
from heatvid._layout.template import Template
from heatvid._layout.texts import Extent, FrameFacts, parse_text

WHITE = (255, 255, 255)
FONT = open_font(None, 12)
BAR = ScaleBar(30.0, 1.0, "mm", 2.0, FONT, WHITE, 100)
COLORED: list[PixelFormat] = [
    name for name, each in FORMATS.items() if each.samples in ("yuv", "rgb")
]


def tiles(canvas: Canvas, seed: int = 0) -> Template:
    frame = np.empty(canvas.frame_bytes, np.uint8)
    for samples in canvas.samples_of(frame):
        samples[...] = np.random.default_rng(seed).integers(0, 1 << canvas.bits, samples.shape)
    return Template(canvas, frame)


@pytest.mark.parametrize("pixel_format", COLORED)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_piece_over_tiles_looks_as_if_drawn_on_them(pixel_format: PixelFormat, seed: int) -> None:
    canvas = Canvas(pixel_format, 60, 120)
    template = tiles(canvas, 7)
    before = template.frame.copy()
    (still,) = Over(BAR).draw(template, 10, 20)
    assert (template.frame == before).all()
    frame, wanted = tiles(canvas, seed), tiles(canvas, seed)
    still.draw(frame.frame, 0, FrameFacts())
    BAR.draw(wanted, 10, 20)
    assert (frame.frame == wanted.frame).all()
    assert Box(10, 20, *BAR.size) == still.box


@pytest.mark.parametrize("pixel_format", COLORED)
@pytest.mark.parametrize("opacity", [1.0, 0.5])
def test_its_shade_lies_behind_it_and_changes_nothing_beside(
    pixel_format: PixelFormat, opacity: float
) -> None:
    canvas = Canvas(pixel_format, 60, 120)
    over = Over(BAR, (9, 9, 9, opacity), 4)
    assert over.size == (BAR.size[0] + 8, BAR.size[1] + 8)
    (still,) = over.draw(tiles(canvas, 7), 10, 20)
    shown, wanted = tiles(canvas, 1), tiles(canvas, 1)
    still.draw(shown.frame, 0, FrameFacts())
    shade = np.full(over.size, round(opacity * 255), np.uint8)
    wanted.blend(10, 20, shade, (9, 9, 9))
    BAR.draw(wanted, 14, 24)
    assert (shown.frame == wanted.frame).all()


@pytest.mark.parametrize("opacity", [1.0, 0.5])
def test_what_moves_of_it_is_drawn_after_it(opacity: float) -> None:
    canvas = Canvas("yuv420p", 60, 120)
    caption = Caption(parse_text("{frame}"), FONT, 60, WHITE, extent=Extent(1000))
    moving = Over(caption, (9, 9, 9, opacity)).draw(tiles(canvas, 7), 10, 20)
    frames = []
    for indices in ([888, 1], [1]):
        frame = tiles(canvas, 3)
        for index in indices:
            np.copyto(frame.frame, tiles(canvas, 3).frame)  # as tiles are drawn anew
            for each in moving:
                each.draw(frame.frame, index, FrameFacts())
        frames.append(frame.frame)
    assert len(moving) == 2
    assert (frames[0] == frames[1]).all()
    wanted = tiles(canvas, 3)
    wanted.blend(10, 20, np.full(caption.size, round(opacity * 255), np.uint8), (9, 9, 9))
    words = FONT.coverage("1")
    wanted.blend(10, 20 + (60 - words.shape[1]) // 2, words, WHITE)
    assert (frames[0] == wanted.frame).all()
