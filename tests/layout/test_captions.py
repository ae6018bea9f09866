"""Texts on a frame: where they lie, what lies under them, and that nothing of them is cut."""

from __future__ import annotations

import os
from typing import Any

import matplotlib
import numpy as np
import pytest

from heatvid._canvas import Box, Canvas, PixelFormat
from heatvid._layout.caption import Caption, broken
from heatvid._layout.fonts import Label, open_font
from heatvid._layout.moving_text import MovingText
from heatvid._layout.piece import even
from heatvid._layout.template import Template
from heatvid._layout.text_box import TextBox
from heatvid._layout.texts import Extent, FrameFacts, parse_text, plain
from heatvid._values.limits import Limits

WHITE, GREY = (255, 255, 255), (60, 70, 80)
FONT = open_font(None, 14)
FORMATS: list[PixelFormat] = ["yuv420p", "nv12", "yuv444p10le", "rgb24", "yuva420p"]


def template(pixel_format: PixelFormat = "yuv420p", size: tuple[int, int] = (60, 160)) -> Template:
    return Template.filled(Canvas(pixel_format, *size), GREY)


def inked(template: Template, before: Any = None) -> Box:
    """The box around all luma that is not the ground's."""
    ground = Template.filled(template.canvas, GREY).frame if before is None else before
    here, there = (template.canvas.samples_of(frame)[0] for frame in (template.frame, ground))
    rows, columns = np.nonzero(here != there)
    top, left = int(rows.min()), int(columns.min())
    return Box(top, left, int(rows.max()) + 1 - top, int(columns.max()) + 1 - left)


@pytest.mark.parametrize("size", [0, 1, 2.0, 2.5, 3])
def test_sizes_are_made_even_upward(size: float) -> None:
    assert even(size) % 2 == 0
    assert size <= even(size) < size + 2


@pytest.mark.parametrize(("align", "place"), [("left", 0.0), ("center", 0.5), ("right", 1.0)])
def test_a_caption_lies_in_its_room_as_it_is_aligned(align: Any, place: float) -> None:
    caption = Caption(plain("Hello"), FONT, 120, WHITE, align)
    drawn = template()
    assert caption.draw(drawn, 10, 20) == ()
    assert caption.size == (even(FONT.height), 120)
    box = inked(drawn)
    assert Box(10, 20, *caption.size).contains(box)
    assert abs((box.left - 20) - place * (120 - box.width)) <= 2


def test_a_long_caption_shrinks_then_breaks_into_lines_and_stays_in_its_room() -> None:
    word = "temperature"
    sizes = [Caption(plain(" ".join([word] * n)), FONT, 150, WHITE).size[0] for n in (1, 2, 3, 12)]
    assert sizes[0] == even(FONT.height)
    assert sizes[1] < sizes[0]
    assert sizes[2] > sizes[0]
    caption = Caption(plain(" ".join([word] * 12)), FONT, 150, WHITE)
    drawn = template(size=(200, 160))
    caption.draw(drawn, 4, 10)
    assert Box(4, 10, *caption.size).contains(inked(drawn))


def test_lines_are_broken_between_words_and_long_words_are_cut() -> None:
    lines = broken("the quick brown fox jumpsoverthelazydogandmore", FONT, 100)
    assert " ".join(lines[:-1]).split() == ["the", "quick", "brown", "fox"]
    assert lines[-1].endswith("…")
    assert all(FONT.width(line) <= 100 for line in lines)
    assert broken("x", FONT, 2) == [""]


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_a_moving_caption_leaves_nothing_of_earlier_frames(pixel_format: PixelFormat) -> None:
    drawn = template(pixel_format)
    caption = Caption(parse_text("{frame}"), FONT, 100, WHITE, "left", Extent(1000))
    (moving,) = caption.draw(drawn, 20, 30)
    frame = drawn.frame.copy()
    for index in (888, 7):
        moving.draw(frame, index, FrameFacts())
    drawn.blend(20, 30, FONT.coverage("7"), WHITE)
    assert (frame == drawn.frame).all()


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_a_text_over_tiles_is_laid_on_what_they_show(pixel_format: PixelFormat) -> None:
    canvas = Canvas(pixel_format, 60, 160)
    box = TextBox(parse_text("{frame:03d} {name}"), FONT, WHITE, extent=Extent(names=("left",)))
    assert box.size == (even(box.size[0]), even(box.size[1]))
    (moving,) = box.draw(Template.filled(canvas, GREY), 20, 10)
    tiles = Template.filled(canvas, (200, 10, 10))
    before = tiles.frame.copy()
    moving.draw(tiles.frame, 5, FrameFacts(name="left"))
    assert (tiles.frame != before).any()
    assert Box(20, 10, *box.size).contains(inked(tiles, before))
    assert canvas.aligned(moving.box) == moving.box
    for drawn, old in zip(canvas.samples_of(tiles.frame), canvas.samples_of(before), strict=True):
        down, across = canvas.height // len(old), canvas.width // old.shape[1]
        rows, columns = np.nonzero(drawn != old)
        assert ((rows * down >= 20) & (rows * down < 20 + box.size[0])).all()
        assert ((columns * across >= 10) & (columns * across < 10 + box.size[1])).all()


def test_a_shade_lies_behind_the_whole_room_however_short_the_text() -> None:
    canvas = Canvas("rgb24", 60, 160)
    box = TextBox(plain("1"), FONT, WHITE, (0, 0, 0, 1.0), extent=Extent(100))
    (moving,) = box.draw(Template.filled(canvas, GREY), 21, 11)
    tiles = Template.filled(canvas, (200, 10, 10))
    moving.draw(tiles.frame, 0, FrameFacts())
    pixels = canvas.planes[0].of(tiles.frame)[21 : 21 + box.size[0], 11 : 11 + box.size[1]]
    assert (pixels[[0, -1]] == 0).all()
    assert pixels.max() == 255


def test_a_half_open_shade_lets_pictures_through() -> None:
    canvas = Canvas("rgb24", 60, 160)
    box = TextBox(plain(""), FONT, WHITE, (0, 0, 0, 0.5))
    (moving,) = box.draw(Template.filled(canvas, GREY), 20, 10)
    tiles = Template.filled(canvas, (200, 10, 10))
    moving.draw(tiles.frame, 0, FrameFacts())
    assert canvas.planes[0].of(tiles.frame)[22, 12].tolist() == [100, 5, 5]


def test_a_text_wider_than_was_foreseen_shrinks_and_is_not_cut() -> None:
    canvas = Canvas("rgb24", 60, 160)
    room = Box(20, 10, FONT.height, 60)
    said = {0: "1.25", 1: "-1.234567e+05"}
    moving = MovingText(canvas, lambda index, facts: said[index], FONT, WHITE, room)
    boxes = []
    for index in said:
        drawn = Template.filled(canvas, GREY)
        moving.draw(drawn.frame, index, FrameFacts())
        boxes.append(inked(drawn))
    assert all(room.contains(box) for box in boxes)
    assert boxes[1].height < boxes[0].height
    assert abs(boxes[1].bottom - boxes[0].bottom) <= 1


def test_a_text_that_has_less_room_than_it_needs_takes_that() -> None:
    box = TextBox(parse_text("{value:mean:.3f}"), FONT, WHITE, extent=Extent(), most=51)
    assert box.size[1] == 50


def test_powers_are_small_and_raised() -> None:
    whole, base = FONT.coverage(Label("10", "−2")), FONT.coverage("10")
    assert (whole[:, : base.shape[1]] == base).all()
    power = whole[:, base.shape[1] :]
    assert power.max() > 128
    rows = np.nonzero(power.max(1))[0]
    assert rows.max() < FONT.ascent - 2
    assert rows.min() <= np.nonzero(base.max(1))[0].min() + 1


def test_all_texts_of_a_font_have_one_baseline_and_all_digits_one_width() -> None:
    assert len({FONT.width(digit) for digit in "0123456789"}) == 1
    assert {FONT.coverage(text).shape[0] for text in ("x", "gÅ", "10", "")} == {FONT.height}
    for text in ("x", "HI", "10"):
        assert np.nonzero(FONT.coverage(text).max(1))[0].max() + 1 == FONT.ascent


def test_limits_of_a_frame_are_among_what_texts_are_given() -> None:
    canvas = Canvas("rgb24", 40, 100)
    moving = MovingText(
        canvas,
        lambda index, facts: f"{facts.limits.vmax:g}" if facts.limits else "",
        FONT,
        WHITE,
        Box(10, 10, FONT.height, 60),
    )
    drawn = Template.filled(canvas, GREY)
    moving.draw(drawn.frame, 0, FrameFacts(limits=Limits(0, 25)))
    wanted = Template.filled(canvas, GREY)
    wanted.blend(10, 10, FONT.coverage("25"), WHITE)
    assert (drawn.frame == wanted.frame).all()


FILES = ["DejaVuSerif-BoldItalic.ttf", "DejaVuSansMono.ttf", "STIXGeneral.ttf", "cmr10.ttf"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("size", [7, 14, 41])
def test_other_fonts_are_drawn_whole(file: str, size: int) -> None:
    font = open_font(os.path.join(matplotlib.get_data_path(), "fonts", "ttf", file), size)
    assert len({font.width(digit) for digit in "0123456789"}) == 1
    for text in ("f", "Wolf j", "0", "24 fps"):
        around = np.pad(font.coverage(text), 4)
        wider = np.pad(font.coverage(f"{text}   "), 4)[:, : around.shape[1] - 4]
        assert (around[:, :-4] == wider).all()
        assert around.max() > 100


def test_letters_are_kerned() -> None:
    large = open_font(None, 60)
    assert large.width("AV") < large.width("A") + large.width("V")
