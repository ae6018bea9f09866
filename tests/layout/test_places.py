"""What is drawn around and over panels lies where it is asked for, with space around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._layout.arrange import Around, Margins
from heatvid._options.composed import CORNERS

FIELD = np.linspace(1, 9, 64 * 96, dtype=np.float32).reshape(64, 96)


class Stub:
    """A piece of a size."""

    size = (20, 30)


def test_what_lies_around_has_a_rim_behind_the_outmost_alone() -> None:
    around = Around(8)
    assert around.margins == Margins()
    stub: Any = Stub()
    around.add("top", stub, stub)
    assert around.margins == Margins(top=8 + 20 + 4)
    around.add("top", stub, stub)
    around.add("right", stub, stub)
    around.add("bottom-left", stub, stub)
    assert around.margins == Margins(top=2 * (8 + 20) + 4, right=8 + 30 + 4)


@pytest.mark.parametrize("place", CORNERS)
def test_a_text_lies_over_the_panels_at_its_place(place: str) -> None:
    plain = heatvid.to_rgb(FIELD)
    shown = heatvid.to_rgb(FIELD, text="{frame}", text_place=place, text_size=10)
    assert shown.shape == plain.shape
    rows, columns = np.nonzero((shown != plain).any(-1))
    assert (rows.mean() < 32) == ("top" in place)
    side = "left" if columns.mean() < 32 else "right" if columns.mean() > 64 else ""
    assert place.removeprefix("top").removeprefix("bottom").removeprefix("-") == side


def test_a_scale_bar_of_a_length_that_suits_takes_up_to_a_quarter_of_the_width() -> None:
    field = np.zeros((100, 400), np.float32)
    shown = heatvid.to_rgb(
        field, cmap=["black", "black"], scale_bar="auto", pixel_size=1, unit="m",
        text_box="transparent",
    )  # fmt: skip
    whole = (shown == 255).all(-1)
    assert whole.sum(1).max() == 50  # of 50, 100 would leave no space beside it


@pytest.mark.parametrize("norm", ["linear", "log", "inverse", "symlog", "power", "centered"])
def test_a_colorbar_needs_no_limits_that_are_given(norm: str, tmp_path: Path) -> None:
    made = heatvid.render(
        FIELD[None], tmp_path / "%d.png", norm=norm, colorbar="right", gamma=0.5
        if norm == "power" else None,
    )  # fmt: skip
    assert made.frames == 1
    assert made.width > 96


@pytest.mark.parametrize("sized", [{"zoom": 3}, {"size": "288x192"}, {"panel_size": "288x192"}])
def test_a_field_alone_that_is_enlarged_is_resampled_as_it_is_asked_for(sized: Any) -> None:
    nearest = heatvid.to_rgb(FIELD, resample="nearest", **sized)
    assert (nearest == heatvid.to_rgb(FIELD).repeat(3, 0).repeat(3, 1)).all()
    with pytest.raises(heatvid.OptionError, match=r"resample: .*or with zoom, size or panel_size"):
        heatvid.to_rgb(FIELD, resample="nearest")


@pytest.mark.parametrize("side", ["right", "bottom"])
def test_a_field_too_small_for_a_bar_has_one_in_a_size_that_holds_both(side: str) -> None:
    field = FIELD[:14, :14]
    with pytest.raises(heatvid.OptionError, match="colorbar: a side of 14 pixels has no room"):
        heatvid.to_rgb(field, colorbar=side)
    shown = heatvid.to_rgb(field, colorbar=side, size=(480, 640))
    drawn = (shown != 0).any(-1)
    assert shown.shape == (480, 640, 3)
    assert drawn.any(1).sum() > 440  # as high as there is space, with what lies around it
    with pytest.raises(heatvid.OptionError, match=r"(colorbar|size): .*pixels"):
        heatvid.to_rgb(field, colorbar=side, size=(40, 40))
