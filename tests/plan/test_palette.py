"""Which fields have a palette: those whose colours are few enough, and each exact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._canvas import Canvas
from heatvid._jobs.source_feed import open_feed
from heatvid._options.options import make_options
from heatvid._plan.make import palette_fits
from heatvid._plan.tile import TilePlan

DISTINCT = np.random.default_rng(0).permutation(1 << 24)[:300].astype("<u4").view(np.uint8)
COLORS = DISTINCT.reshape(-1, 4)[:, :3]
FRAMES = np.linspace(0, 1, 2 * 5 * 6, dtype=np.float32).reshape(2, 5, 6)


def fits(field: Any, *, complete: bool = False, masked: bool = False, **options: Any) -> bool:
    checked = make_options(options)
    background = None if checked.background is None else "color"
    return palette_fits(
        checked, field.shape[1:], field.dtype, background, masked=masked, complete=complete
    )


def planned(field: Any, **options: Any) -> TilePlan:
    checked = make_options(options)
    with open_feed(checked, field) as feed:
        limits, _ = feed.measure()
        return feed.plan(Canvas("pal8", *feed.size), limits)


def test_a_bad_colour_takes_a_place_only_where_values_may_be_bad() -> None:
    full = COLORS[:256]
    for dtype in ("uint8", "int32", "bool"):
        assert fits(np.zeros((1, 4, 6), dtype), cmap=full)
    assert not fits(FRAMES, cmap=full)
    assert fits(FRAMES, cmap=full, complete=True)
    assert fits(FRAMES, cmap=full, bad=tuple(map(int, full[7])))
    assert fits(FRAMES, cmap=COLORS[:255])
    assert not fits(np.zeros((1, 4, 6), np.uint8), cmap=full, norm="log")


def test_every_other_colour_takes_a_place() -> None:
    whole = np.zeros((1, 4, 6), np.uint8)
    assert fits(whole, cmap=COLORS[:254], under="red", over="blue")
    assert not fits(whole, cmap=COLORS[:255], under="red", over="blue")
    assert not fits(whole, cmap=COLORS[:257])
    assert fits(whole, cmap=np.repeat(COLORS[:3], 100, axis=0))


@pytest.mark.parametrize(
    "options",
    [{"transparent": True}, {"channel": "rgb"}, {"channel": "flow"}, {"alpha_ramp": (0, 1)}],
    ids=str,
)
def test_what_no_table_of_opaque_colours_shows_has_none(options: dict[str, Any]) -> None:
    channels = {"rgb": 3, "flow": 2}.get(options.get("channel", ""), 0)
    field = np.zeros((1, 4, 6, channels) if channels else (1, 4, 6), np.uint8)
    assert not fits(field, cmap=None if channels else COLORS[:9], **options)


def test_masks_and_blends_have_none() -> None:
    assert not fits(FRAMES, cmap=COLORS[:9], masked=True)
    assert not fits(FRAMES, cmap=COLORS[:9], background="teal", blend="screen")
    assert fits(FRAMES, cmap=COLORS[:9], background="teal", alpha=0.5)


def test_fields_that_were_measured_whole_are_known_to_have_no_bad_values() -> None:
    plan = planned(FRAMES, cmap=COLORS[:256])
    assert plan.field.complete
    assert plan.indexed.palette.tolist() == COLORS[:256].tolist()
    assert plan.indexed.slots.tolist() == [*range(256), 0, 255, 0, 0, 0]
    unknown = FRAMES.copy()
    unknown[1, 2, 3] = np.nan
    assert not planned(unknown, cmap=COLORS[:200]).field.complete
    assert not planned(FRAMES, cmap=COLORS[:200], vmin=0, vmax=1).field.complete


@pytest.mark.parametrize("cmap", ["inferno", "viridis", "gray", "turbo"])
def test_the_usual_maps_fit(cmap: str) -> None:
    plan = planned(FRAMES, cmap=cmap)
    palette = plan.indexed.palette
    colors = heatvid.to_rgb(np.arange(256, dtype=np.uint8).reshape(1, 256), cmap=cmap)[0]
    np.testing.assert_array_equal(palette[plan.indexed.slots[:256]], colors)


def test_a_palette_of_too_many_colours_is_no_plan() -> None:
    plan = planned(FRAMES, cmap=COLORS[:200])
    with pytest.raises(AssertionError, match="more colours than it has"):
        _ = replace(plan, field=planned(FRAMES, cmap=COLORS).field).indexed
