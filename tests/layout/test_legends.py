"""Legends, bars of labels and scale bars: each colour beside its name, lengths to the pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatvid._canvas import Box, Canvas, PixelFormat
from heatvid._errors import OptionError, SourceError
from heatvid._layout.fonts import open_font
from heatvid._layout.label_bar import LabelBar
from heatvid._layout.legend import Legend
from heatvid._layout.piece import Piece
from heatvid._layout.scale_bar import ScaleBar, round_below, spacing
from heatvid._layout.sides import Side, Strip
from heatvid._layout.template import Template
from heatvid._options.options import make_options
from heatvid._plan.make import make_plan
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import Limits
from heatvid.sources._label_names import names_of

FONT = open_font(None, 12)
GROUND, WHITE = (40, 40, 40), (255, 255, 255)
NAMES = {0: "road", 3: "car", 7: "person", 300: "sky", -1: "nothing"}
COLORS = {0: "red", 3: "lime", 7: "blue", 300: "yellow", -1: "cyan"}
RGB = {
    0: (255, 0, 0), 3: (0, 255, 0), 7: (0, 0, 255), 300: (255, 255, 0), -1: (0, 255, 255)
}  # fmt: skip
FORMATS: list[PixelFormat] = ["yuv420p", "rgb24", "yuv444p10le", "rgba"]


def planned(pixel_format: PixelFormat = "rgb24", **options: Any) -> TilePlan:
    options = {"norm": "labels", "label_colors": COLORS, **options}
    return make_plan(
        make_options(options),
        canvas=Canvas(pixel_format, 60, 80),
        field_size=(60, 80),
        field_dtype=np.dtype(np.int16),
        limits=Limits(0, 0),
        background=None,
    )


def drawn(piece: Piece, pixel_format: PixelFormat = "rgb24") -> Template:
    template = Template.filled(Canvas(pixel_format, 200, 320), GROUND)
    assert piece.draw(template, 20, 30) == ()
    return template


def pixels(template: Template) -> Any:
    return template.canvas.planes[0].of(template.frame)


def places_of(template: Template, rgb: tuple[int, int, int]) -> Any:
    return np.argwhere((pixels(template) == rgb).all(2))


@pytest.mark.parametrize("columns", [None, 1, 2, 5])
def test_a_legend_has_a_box_of_each_color_in_columns(columns: int | None) -> None:
    legend = Legend(planned(), NAMES, FONT, WHITE, 280, columns)
    template = drawn(legend)
    corners = {}
    for label, rgb in RGB.items():
        places = places_of(template, rgb)
        assert len(places) == 12 * 12
        corners[label] = tuple(places.min(0).tolist())
    ordered = [corners[label] for label in sorted(NAMES)]
    assert ordered == sorted(ordered, key=lambda corner: (corner[1], corner[0]))
    assert len({left for _, left in ordered}) <= (columns or 5)


@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("width", [60, 140, 280])
def test_a_legend_stays_in_its_place(pixel_format: PixelFormat, width: int) -> None:
    legend = Legend(planned(pixel_format), NAMES, FONT, WHITE, width)
    assert legend.size[1] <= width
    assert all(size % 2 == 0 for size in legend.size)
    template = drawn(legend, pixel_format)
    template.fill(Box(20, 30, *legend.size), GROUND)
    assert (template.frame == Template.filled(template.canvas, GROUND).frame).all()


@pytest.mark.parametrize("columns", [1, 3, 50])
def test_columns_are_as_many_as_have_room_for_a_name(columns: int) -> None:
    legend = Legend(planned(), NAMES, FONT, WHITE, 90, columns)
    assert legend.size[1] <= 90
    drawn(legend)
    with pytest.raises(OptionError, match=r"^legend: 30 pixels have no room for it"):
        Legend(planned(), NAMES, FONT, WHITE, 30, columns)


@pytest.mark.parametrize("side", get_args(Side))
def test_a_bar_of_labels_has_one_cell_each_from_its_low_end(side: Side) -> None:
    bar = LabelBar(planned(), side, 150, NAMES, FONT, WHITE)
    template = drawn(bar)
    strip = Strip(side, Box(20, 30, *bar.size))
    cell = (150 - 4) // 5 // 2 * 2
    start = (150 - 5 * cell) // 4 * 2
    for i, label in enumerate(sorted(NAMES)):
        box = strip.part(start + i * cell, 2, cell, 14)
        shown = pixels(template)[box.top : box.bottom, box.left : box.right]
        assert (shown == RGB[label]).all()


@pytest.mark.parametrize("side", get_args(Side))
@pytest.mark.parametrize("pixel_format", FORMATS)
def test_a_bar_of_labels_stays_in_its_place(side: Side, pixel_format: PixelFormat) -> None:
    names = dict.fromkeys(range(20), "")
    bar = LabelBar(planned(pixel_format), side, 150, names, FONT, WHITE)
    template = drawn(bar, pixel_format)
    template.fill(Box(20, 30, *bar.size), GROUND)
    assert (template.frame == Template.filled(template.canvas, GROUND).frame).all()


def test_what_has_no_labels_or_too_many_is_refused() -> None:
    with pytest.raises(OptionError, match=r"^legend: got norm='linear'"):
        Legend(planned(norm="linear", label_colors=None), NAMES, FONT, WHITE, 100)
    with pytest.raises(OptionError, match="no names of labels are known"):
        Legend(planned(), {}, FONT, WHITE, 100)
    with pytest.raises(OptionError, match=r"^colorbar: got norm='linear'"):
        LabelBar(planned(norm="linear", label_colors=None), "right", 100, NAMES, FONT, WHITE)
    with pytest.raises(OptionError, match="got 60 labels for 100 pixels"):
        LabelBar(planned(), "right", 100, dict.fromkeys(range(60), ""), FONT, WHITE)


def test_names_are_read_from_a_text_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("0: road\n7: a red car\n")
    assert names_of(str(path)) == {0: "road", 7: "a red car"}
    path.write_text("road\n")
    with pytest.raises(SourceError, match=r"names.txt: no names of labels"):
        names_of(str(path))


@pytest.mark.parametrize(
    ("length", "pixel_size", "scale", "columns"),
    [(50.0, 0.65, 1.0, 77), (50.0, 0.65, 2.0, 154), (None, 0.65, 2.0, 62), (1.0, 0.01, 1.0, 100)],
)
def test_a_scale_bar_is_as_long_as_it_says(
    length: float | None, pixel_size: float, scale: float, columns: int
) -> None:
    bar = ScaleBar(length, pixel_size, "µm", scale, FONT, WHITE, 280)
    template = drawn(bar)
    line = pixels(template)[20 + bar.size[0] - 1, :, 0]
    assert np.count_nonzero(line == 255) == columns
    assert abs(columns - bar.shown_length / pixel_size * scale) <= 0.5


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_a_scale_bar_stays_in_its_place(pixel_format: PixelFormat) -> None:
    bar = ScaleBar(7.0, 1.0, "a long unit", 3.0, FONT, WHITE, 280)
    template = drawn(bar, pixel_format)
    template.fill(Box(20, 30, *bar.size), GROUND)
    assert (template.frame == Template.filled(template.canvas, GROUND).frame).all()


@pytest.mark.parametrize("length", [1000.0, 1e-9, 1e300])
def test_a_scale_bar_that_does_not_fit_is_refused(length: float) -> None:
    with pytest.raises(OptionError, match=r"scale_bar: got .* columns of the video; allowed are"):
        ScaleBar(length, 0.65, "µm", 1.0, FONT, WHITE, 280)


@given(st.floats(1e-9, 1e9))
def test_round_lengths_are_at_most_half_again_and_more_too_short(length: float) -> None:
    chosen = round_below(length)
    assert chosen <= length * (1 + 1e-9)
    assert length <= 2.5 * chosen * (1 + 1e-9)
    assert f"{chosen:e}"[0] in "125"


@pytest.mark.parametrize(
    ("coordinates", "apart"),
    [
        (np.linspace(0, 9, 10), 1.0),
        (np.linspace(50, -50, 401, dtype=np.float32), 0.25),
        (np.array([0.0, 1.0, 4.0]), None),
        (np.array([3.0]), None),
        (np.array(["a", "b"]), None),
        (np.array([2.0, 2.0]), None),
        (None, None),
    ],
)
def test_coordinates_have_a_spacing_where_they_are_even(coordinates: Any, apart: Any) -> None:
    assert spacing(coordinates) == (None if apart is None else pytest.approx(apart))
