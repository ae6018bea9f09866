"""Any bar of any norm, limits, length and letters is drawn, and stays in its place."""

from __future__ import annotations

from typing import get_args

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from heatvid._canvas import Box, Canvas, PixelFormat
from heatvid._errors import OptionError
from heatvid._layout.colorbar import Colorbar
from heatvid._layout.fonts import open_font
from heatvid._layout.sides import Side
from heatvid._layout.template import Template
from heatvid._layout.texts import FrameFacts
from heatvid._options.options import make_options
from heatvid._plan.make import make_plan
from heatvid._values.limits import Limits

GROUND, WHITE = (40, 40, 40), (255, 255, 255)
POSITIVE = ("log", "inverse")

sides: st.SearchStrategy[Side] = st.sampled_from(get_args(Side))
formats: st.SearchStrategy[PixelFormat] = st.sampled_from(["yuv420p", "nv12", "rgb24", "yuva420p"])
norms = st.sampled_from(["linear", "centered", "log", "inverse", "symlog", "power", "sigmoid"])
wide = st.floats(-1.7e308, 1.7e308)
usual = st.floats(-1e6, 1e6)
numbers = wide | usual | st.integers(-5, 5).map(float)


def limits_for(norm: str, first: float, second: float) -> Limits:
    low, high = min(first, second), max(first, second)
    if norm in POSITIVE:
        low, high = max(abs(low), 1e-30), max(abs(low), abs(high), 1e-30)
    if norm == "sigmoid":
        low, high = 0.0, 1.0
    return Limits(low, high)


@settings(max_examples=60)
@given(
    sides, formats, norms, numbers, numbers, st.integers(30, 150), st.integers(6, 16),
    st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip
def test_any_bar_is_drawn_in_its_place(
    side: Side,
    pixel_format: PixelFormat,
    norm: str,
    first: float,
    second: float,
    half_length: int,
    size: int,
    labelled: bool,
    colored: bool,
    moves: bool,
) -> None:
    limits = limits_for(norm, first, second)
    ends = {"under": "red", "over": "blue"} if colored else {}
    plan = make_plan(
        make_options({"norm": norm, "gamma": 0.5 if norm == "power" else 1.0, **ends}),
        canvas=Canvas(pixel_format, 20, 20),
        field_size=(20, 20),
        field_dtype=np.dtype(np.float64),
        limits=None if moves else limits,
        background=None,
    )
    label = "a quantity (unit)" if labelled else ""
    try:
        bar = Colorbar(plan, side, 2 * half_length, open_font(None, size), WHITE, label)
    except OptionError as error:
        assume("has no room for it" not in str(error))
        raise
    height, width = bar.size
    assert (height % 2, width % 2) == (0, 0)
    template = Template.filled(Canvas(pixel_format, height + 80, width + 80), GROUND)
    before = template.frame.copy()
    for text in bar.draw(template, 40, 40):
        text.draw(template.frame, 0, FrameFacts(limits=limits))
    assert (template.frame != before).any()
    template.fill(Box(40, 40, height, width), GROUND)
    assert (template.frame == before).all()
