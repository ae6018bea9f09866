"""A colourbar shows the tile's own colours, the right way up, with ticks where they belong."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest

from heatvid._canvas import Box, Canvas, PixelFormat
from heatvid._color.colormaps import BAD, OVER, UNDER
from heatvid._errors import OptionError
from heatvid._layout.bars import bar_of
from heatvid._layout.colorbar import Colorbar
from heatvid._layout.fonts import open_font
from heatvid._layout.label_bar import LabelBar
from heatvid._layout.sides import Side, Strip, arrow
from heatvid._layout.swatches import swatch
from heatvid._layout.template import Template
from heatvid._layout.texts import FrameFacts
from heatvid._options.options import make_options
from heatvid._plan.make import make_plan
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import Limits
from heatvid.backends import choose

SIDES = get_args(Side)
FORMATS: list[PixelFormat] = ["yuv420p", "nv12", "yuv444p", "yuv420p10le", "rgb24", "rgba"]
FONT = open_font(None, 12)
GROUND, WHITE = (40, 40, 40), (255, 255, 255)
LENGTH = 200
USUAL = Limits(2.0, 6.0)


def planned(
    pixel_format: PixelFormat = "rgb24",
    limits: Limits | None = USUAL,
    *,
    complete: bool = True,
    channels: int = 0,
    **options: Any,
) -> TilePlan:
    return make_plan(
        make_options(options),
        canvas=Canvas(pixel_format, 100, 120),
        field_size=(100, 120, channels) if channels else (100, 120),
        field_dtype=np.dtype(np.float32),
        limits=limits,
        background=None,
        complete=complete,
    )


def drawn(bar: Colorbar, pixel_format: PixelFormat = "rgb24") -> tuple[Template, Any]:
    template = Template.filled(Canvas(pixel_format, 260, 260), GROUND)
    return template, bar.draw(template, 20, 30)


def pixels(template: Template, box: Box) -> Any:
    whole = template.canvas.planes[0].of(template.frame)
    return whole[box.top : box.bottom, box.left : box.right]


def ramp_box(bar: Colorbar) -> Box:
    m = bar.measures
    strip = Strip(bar.side, Box(20, 30, *bar.size))
    return strip.part(m.ends[0], m.first_across, m.ramp_length, m.thickness)


def ramp(bar: Colorbar, template: Template) -> Any:
    """Pixels from the low end to the high end, along the middle of the bar, shape (n, 3)."""
    shown = pixels(template, ramp_box(bar))
    if bar.side in ("right", "left"):
        return shown[::-1, shown.shape[1] // 2]
    return shown[shown.shape[0] // 2]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("norm", ["linear", "log", "inverse", "symlog", "power", "sigmoid"])
def test_a_bar_has_the_colors_of_the_table_from_its_low_end_to_its_high_end(
    side: Side, norm: str
) -> None:
    limits = Limits(0.1, 0.9) if norm == "sigmoid" else Limits(2.0, 600.0)
    plan = planned(limits=limits, norm=norm, gamma=0.5 if norm == "power" else 1.0)
    bar = Colorbar(plan, side, LENGTH, FONT, WHITE)
    template, _ = drawn(bar)
    shown = ramp(bar, template)
    places = (np.arange(len(shown)) + 0.5) / len(shown)
    table = plan.field.colors.rgb
    exact = (places * 256).astype(int)
    near = [table[np.clip(exact + step, 0, 255)] for step in (-1, 0, 1)]
    assert np.any([(shown == colors).all(1) for colors in near], axis=0).all()
    assert (shown[0] == table[0]).all()
    assert (shown[-1] == table[255]).all()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("pixel_format", FORMATS)
def test_a_bar_stays_in_its_place(side: Side, pixel_format: PixelFormat) -> None:
    plan = planned(pixel_format, Limits(1e6, 1e6 + 20), complete=False, under="red", over="blue")
    bar = Colorbar(plan, side, LENGTH, FONT, WHITE, "temperature (K)")
    assert all(size % 2 == 0 for size in bar.size)
    assert (bar.size[0] if side in ("right", "left") else bar.size[1]) == LENGTH
    template, _ = drawn(bar, pixel_format)
    assert (template.frame != Template.filled(template.canvas, GROUND).frame).any()
    template.fill(Box(20, 30, *bar.size), GROUND)
    assert (template.frame == Template.filled(template.canvas, GROUND).frame).all()


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_swatches_are_what_the_tile_shows_of_these_values(pixel_format: PixelFormat) -> None:
    values = np.random.default_rng(0).uniform(0, 8, (100, 120)).astype(np.float32)
    values[::7, ::5] = np.nan
    plan = planned(pixel_format, under="red", bad="green", alpha=0.7)
    backend = choose("numpy").backend
    backend.prepare(plan)
    slot = backend.slot((100, 120))
    slot.input[0] = values
    slot.data = slot.input[:1]
    backend.render(slot)
    patch = swatch(plan, values.astype(np.float64), Limits(2.0, 6.0))
    assert (patch.frame == slot.output[0]).mean() > 0.999  # doubles lie on the other side of few


@pytest.mark.parametrize("side", SIDES)
def test_ticks_lie_at_the_places_of_their_values(side: Side) -> None:
    bar = Colorbar(planned(limits=Limits(0.3, 5.2)), side, LENGTH, FONT, WHITE)
    template, _ = drawn(bar)
    m, box = bar.measures, ramp_box(bar)
    outside = {
        "right": Box(box.top - 2, box.right + 2, box.height + 4, 1),
        "left": Box(box.top - 2, box.left - 3, box.height + 4, 1),
        "bottom": Box(box.bottom + 2, box.left - 2, 1, box.width + 4),
        "top": Box(box.top - 3, box.left - 2, 1, box.width + 4),
    }[side]
    line = pixels(template, outside)[..., 0].ravel() == 255
    marks = np.flatnonzero(line) + 0.5 - 2
    upward = marks if side in ("bottom", "top") else m.ramp_length - marks
    labels = [tick.label.text for tick in m.ticks.ticks if tick.label]
    assert labels in (list("12345"), list("24"))
    wanted = [(int(label) - 0.3) / 4.9 * m.ramp_length for label in labels]
    assert np.abs(np.sort(upward) - wanted).max() <= 0.5


@pytest.mark.parametrize("side", SIDES)
def test_under_over_and_nan_are_shown_where_they_have_colors(side: Side) -> None:
    plan = planned(complete=False, under="red", over="lime", bad="blue")
    bar = Colorbar(plan, side, LENGTH, FONT, WHITE)
    template, _ = drawn(bar)
    m, strip = bar.measures, Strip(side, Box(20, 30, *bar.size))
    colors = plan.field.colors.rgb
    middle = m.first_across + m.thickness // 2
    for along, row in (
        (m.ends[0] - 3, UNDER),
        (m.ends[0] + m.ramp_length + 2, OVER),
        (m.bad_start + m.thickness // 2, BAD),
    ):
        (pixel,) = pixels(template, strip.part(along, middle, 1, 1)).reshape(-1, 3)
        assert (pixel == colors[row]).all()


def test_what_is_clamped_has_no_ends_and_what_has_no_nan_no_box() -> None:
    bar = Colorbar(planned(), "right", LENGTH, FONT, WHITE)
    m = bar.measures
    assert (m.under, m.over, m.shows_bad) == (None, None, False)
    assert sum(m.ends) + m.ramp_length == LENGTH
    asked = Colorbar(planned(), "right", LENGTH, FONT, WHITE, extend=(True, False), bad=True)
    assert asked.measures.under is not None
    assert asked.measures.over is None
    assert asked.measures.shows_bad


@pytest.mark.parametrize("norm", ["linear", "log", "inverse", "symlog", "power", "centered"])
def test_ends_have_the_colors_beyond_whatever_the_norm(norm: str) -> None:
    plan = planned(norm=norm, under="red", over="lime")
    bar = Colorbar(plan, "right", LENGTH, FONT, WHITE)
    for value, row in ((bar.measures.under, UNDER), (bar.measures.over, OVER)):
        assert value is not None
        patch = swatch(plan, np.full((2, 2), value), Limits(2.0, 6.0))
        assert (patch.frame.reshape(-1, 3) == plan.field.colors.rgb[row]).all()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("pixel_format", FORMATS)
def test_moving_limits_change_the_texts_alone(side: Side, pixel_format: PixelFormat) -> None:
    bar = Colorbar(planned(pixel_format, None), side, LENGTH, FONT, WHITE)
    template, moving = drawn(bar, pixel_format)
    assert 2 <= len(moving) <= 5
    frames = []
    for limits in (Limits(0, 1), Limits(-25, 3.5), Limits(0, 1)):
        frame = template.frame.copy()
        for text in moving:
            text.draw(frame, 0, FrameFacts(limits=limits))
        frames.append(frame)
    assert (frames[0] == frames[2]).all()
    assert (frames[0] != frames[1]).any()
    still = Template(template.canvas, frames[1].copy())
    for text in moving:
        assert Box(20, 30, *bar.size).contains(text.box)
        assert not text.box.meets(ramp_box(bar))
        assert text.ground is not None
        text.ground.lay(still.canvas, still.frame)
    assert (still.frame == template.frame).all()


def test_bars_of_fields_over_pictures_lie_on_grey_with_their_opacity() -> None:
    plan = make_plan(
        make_options({"cmap": "gray", "background": "clip.mp4"}),
        canvas=Canvas("rgb24", 100, 120),
        field_size=(100, 120),
        field_dtype=np.dtype(np.float32),
        limits=Limits(0, 1),
        background="frames",
        complete=True,
    )
    shown = ramp(bar := Colorbar(plan, "right", LENGTH, FONT, WHITE), drawn(bar)[0])
    assert shown[0].tolist() == [59, 59, 59]
    assert (np.abs(shown[-1].astype(int) - (255 + 118) / 2) <= 1).all()


@pytest.mark.parametrize("channel", ["rgb", "flow"])
def test_colors_of_several_values_have_no_bar(channel: str) -> None:
    limits: Any = None
    plan = planned(limits=limits, channels=3 if channel == "rgb" else 2, channel=channel)
    with pytest.raises(OptionError, match=r"^colorbar: got channel"):
        Colorbar(plan, "right", LENGTH, FONT, WHITE)


def test_an_arrow_narrows_to_its_point() -> None:
    shares = arrow(12, 8) / 255
    assert (np.diff(shares.sum(1)) < 0).all()
    assert shares[0].sum() == pytest.approx(8 * (1 - 0.5 / 12), abs=0.3)
    assert (shares == shares[:, ::-1]).all()
    assert (arrow(12, 7) == arrow(12, 7)[:, ::-1]).all()


def test_labels_have_a_bar_of_cells_and_values_one_with_ticks() -> None:
    labels = {"norm": "labels", "limits": Limits(0, 0)}
    bar = bar_of(planned(), "right", LENGTH, FONT, WHITE, "metres")
    assert isinstance(bar, Colorbar)
    assert bar.label == "metres"
    named = bar_of(planned(**labels), "right", LENGTH, FONT, WHITE, names={2: "car"})
    assert isinstance(named, LabelBar)
    assert named.names == {2: "car"}
    for colors, shown in ((None, range(10)), ({3: "red", -1: "blue"}, range(-1, 4))):
        numbered = bar_of(planned(**labels, label_colors=colors), "top", LENGTH, FONT, WHITE)
        assert isinstance(numbered, LabelBar)
        assert sorted(numbered.names) == list(shown)


def test_a_bar_that_has_no_room_says_how_much_it_needs() -> None:
    with pytest.raises(OptionError, match=r"a side of 40 pixels has no room .* allowed are \d+"):
        Colorbar(planned(complete=False), "right", 40, open_font(None, 24), WHITE)
