"""Which panels a colourbar tells of: one for all of one scale, and whose limits it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import heatvid
from heatvid import Panel, grid
from tests.support.videos import rgb_of

HEIGHT, WIDTH, GAP = 180, 240, 8  # of a panel
LOOK: dict[str, Any] = {
    "zoom": 3, "lossless": True, "preset": "ultrafast", "progress": False, "overwrite": True
}  # fmt: skip


def field(seed: int, most: float = 1) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((3, 60, 80), np.float32) * np.float32(most)


def both(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """A field whose limits are those of two, in each frame."""
    whole = b.copy()
    for i, frame in enumerate(whole):
        frame[0, :2] = min(a[i].min(), b[i].min()), max(a[i].max(), b[i].max())
    return whole


def shown(source: Any, tmp_path: Path, **options: Any) -> NDArray[np.uint8]:
    """All frames, shape (n, H, W, 3)."""
    out = tmp_path / "out.mp4"
    result = heatvid.render(source, out, **LOOK, **options)
    return rgb_of(out, result.height, result.width)


def pictures(seed: int = 0) -> Panel:
    values = np.random.default_rng(seed).random((3, 60, 80, 3), np.float32)
    return Panel(values * np.float32(1 + seed), channel="rgb")


@pytest.mark.parametrize("scope", ["frame", "running"])
def test_panels_whose_limits_move_together_have_one_bar(scope: str, tmp_path: Path) -> None:
    a, b = field(0), field(1, 3)
    frames = shown(grid([[a, b]]), tmp_path, scope=scope, colorbar="right")
    assert (frames[:, :, WIDTH : WIDTH + GAP] == 0).all()
    alone = shown(both(a, b), tmp_path, scope=scope, colorbar="right")
    np.testing.assert_array_equal(frames[:, :, 2 * WIDTH + GAP :], alone[:, :, WIDTH:])


def test_rows_whose_limits_move_together_have_one_bar(tmp_path: Path) -> None:
    a, b = field(0), field(1, 3)
    frames = shown(grid([[a], [b]]), tmp_path, scope="frame", colorbar="bottom")
    alone = shown(both(a, b), tmp_path, scope="frame", colorbar="bottom")
    assert (frames[:, HEIGHT : HEIGHT + GAP, :WIDTH] == 0).all()
    np.testing.assert_array_equal(frames[:, 2 * HEIGHT + GAP :], alone[:, HEIGHT:])


@pytest.mark.parametrize("options", [{"own_limits": True}, {}])
def test_panels_whose_limits_move_apart_have_a_bar_each(
    options: dict[str, Any], tmp_path: Path
) -> None:
    norm = {} if options else {"norm": "centered"}
    panels = [Panel(field(0)), Panel(field(1, 3), **norm)]
    look = {"scope": "frame", "colorbar": "right", **options}
    frames = shown(grid([panels]), tmp_path, **look)
    alone = shown(panels[0], tmp_path, scope="frame", colorbar="right")
    width = WIDTH + (frames.shape[2] - 2 * WIDTH - GAP) // 2 // 2 * 2
    np.testing.assert_array_equal(frames[:, :, : min(width, alone.shape[2])], alone[:, :, :width])


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("side", ["right", "left"])
def test_a_bar_beside_colors_tells_of_the_values(side: str, first: bool, tmp_path: Path) -> None:
    values = field(1, 3)
    panels = [values, pictures()] if first else [pictures(), values]
    frames = shown(grid([panels]), tmp_path, scope="frame", colorbar=side)
    alone = shown(values, tmp_path, scope="frame", colorbar=side)
    bar = alone.shape[2] - WIDTH
    part = np.s_[:, :, -bar:] if side == "right" else np.s_[:, :, :bar]
    np.testing.assert_array_equal(frames[part], alone[part])


@pytest.mark.parametrize("first", [True, False])
def test_a_bar_below_colors_tells_of_the_values(first: bool, tmp_path: Path) -> None:
    values = field(1, 3)
    rows = [[values], [pictures()]] if first else [[pictures()], [values]]
    frames = shown(grid(rows), tmp_path, scope="frame", colorbar="bottom")
    alone = shown(values, tmp_path, scope="frame", colorbar="bottom")
    bar = alone.shape[1] - HEIGHT
    np.testing.assert_array_equal(frames[:, -bar:], alone[:, -bar:])


def test_colors_whose_limits_move_together_have_those_of_each_channel(tmp_path: Path) -> None:
    panels = [pictures(0), pictures(1)]
    frames = shown(grid([panels]), tmp_path, scope="frame")
    for i, frame in enumerate(frames):
        each = [panel.source[i] for panel in panels]
        a, b = (np.moveaxis(own, -1, 0) for own in each)
        low, high = (np.minimum(a, b), np.maximum(a, b))
        limits = [(x.min(), y.max()) for x, y in zip(low, high, strict=True)]
        for own, left in zip(each, (0, WIDTH + GAP), strict=True):
            wanted = heatvid.to_rgb(own, channel="rgb", limits=limits, zoom=3)
            np.testing.assert_array_equal(frame[:, left : left + WIDTH], wanted)
