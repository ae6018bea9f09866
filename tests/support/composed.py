"""Compositions for tests: all frames of one as a backend makes them, and as they should be.

What should be there is put together from each tile's own plan, rendered alone by the reference,
and pasted here, by this file's own idea of where the samples of a pixel lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import heatvid
from heatvid._canvas import Box, Canvas
from heatvid._frames import Bytes
from heatvid._jobs.composed import ComposedFeed
from heatvid._jobs.composing import open_composed
from heatvid._layout.frame_labels import Told
from heatvid._options.options import Options
from heatvid._plan.frame import Facts, FramePlan, Tile
from heatvid._under.opening import open_background
from heatvid._under.resized import resized
from heatvid._values.limits import Limits
from heatvid.backends import Renderer
from heatvid.backends._composed import ComposedRenderer
from heatvid.backends._numpy.backend import NumpyBackend

POISON = 0xAA
# The planes of each pixel format: rows and columns of pixels that a sample stands for, and bytes
# of what lies side by side there.
_FULL, _QUARTER = (1, 1), (2, 2)
PLANES: dict[str, list[tuple[tuple[int, int], int]]] = {
    "yuv420p": [(_FULL, 1), (_QUARTER, 1), (_QUARTER, 1)],
    "nv12": [(_FULL, 1), (_QUARTER, 2)],
    "yuv444p": [(_FULL, 1)] * 3,
    "yuv420p10le": [(_FULL, 2), (_QUARTER, 2), (_QUARTER, 2)],
    "yuv422p10le": [(_FULL, 2), ((1, 2), 2), ((1, 2), 2)],
    "yuv444p10le": [(_FULL, 2)] * 3,
    "yuva420p": [(_FULL, 1), (_QUARTER, 1), (_QUARTER, 1), (_FULL, 1)],
    "yuva444p10le": [(_FULL, 2)] * 4,
    "rgb24": [(_FULL, 3)],
    "rgba": [(_FULL, 4)],
}


def padded(canvas: Canvas) -> tuple[int, int]:
    """Rows and columns of a frame, of whole samples everywhere."""
    down = max(halved[0] for halved, _ in PLANES[canvas.pixel_format])
    across = max(halved[1] for halved, _ in PLANES[canvas.pixel_format])
    return (-(-canvas.content_height // down) * down, -(-canvas.content_width // across) * across)


def areas(canvas: Canvas, frame: Bytes, box: Box | None = None) -> Iterator[Bytes]:
    """View a box of each plane, shape (rows, columns of bytes), of a frame; of all without one."""
    height, width = padded(canvas)
    top, left, rows, columns = box or (0, 0, height, width)
    start = 0
    for (down, across), size in PLANES[canvas.pixel_format]:
        shape = (height // down, width // across * size)
        plane = frame[start : start + shape[0] * shape[1]].reshape(shape)
        start += shape[0] * shape[1]
        assert top % down == left % across == 0, f"{box = } cuts samples of {canvas.pixel_format}"
        end = -(-(left + columns) // across) * size
        yield plane[top // down : -(-(top + rows) // down), left // across * size : end]
    assert start == len(frame)


def pasted(tile: Tile, rendered: Bytes, canvas: Canvas, frame: Bytes) -> None:
    """Put a frame of a tile into its box of a whole frame."""
    box = Box(tile.box.top, tile.box.left, *padded(tile.canvas))
    for there, here in zip(areas(canvas, frame, box), areas(tile.canvas, rendered), strict=True):
        assert there.shape == here.shape, f"{tile.box = } leaves the frame"
        there[...] = here


@dataclass
class Shown:
    """What one panel is made of: its values, pictures under them, and options of its own."""

    frames: NDArray[Any]  # shape (T, H, W)
    pictures: NDArray[np.uint8] | None = None  # shape (T, h, w, 3), or (h, w, 3) of one for all
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def panel(self) -> heatvid.Panel:
        under = {} if self.pictures is None else {"background": self.pictures}
        return heatvid.Panel(self.frames, layout="THW", **under, **self.options)


@dataclass
class Composition:
    """Panels in rows, None for empty places, and the options of the whole."""

    rows: list[list[Shown | None]]
    options: dict[str, Any]
    canvas: Canvas
    batch_size: int = 3

    @property
    def panels(self) -> list[Shown]:
        return [shown for row in self.rows for shown in row if shown is not None]

    def open(self) -> ComposedFeed:
        rows = [[shown and shown.panel for shown in row] for row in self.rows]
        options = Options(**self.options, batch_size=self.batch_size, threads=1)
        return open_composed(options, heatvid.grid(rows))


def rendered(composition: Composition, backend: Renderer) -> tuple[FramePlan, Bytes]:
    """All frames of a composition, shape (T, frame_bytes), rendered in slots that go round."""
    renderer = ComposedRenderer(backend)
    with composition.open() as feed, ExitStack() as closing:
        limits, _ = feed.measure()
        plan = feed.plan(composition.canvas, limits)
        renderer.prepare(plan)
        closing.callback(renderer.close)
        slots = [renderer.slot(feed.input_shape(renderer)) for _ in range(2)]
        frames: list[Bytes] = []
        while len(frames) < (feed.length or 0):
            slot = slots[len(frames) // plan.batch_size % 2]
            _poison(plan, slot.output)
            slot.start = len(frames)
            filled = feed.fill(slot, slot.start, renderer)
            if filled.before is not None:
                filled.before()
            renderer.render(slot)
            renderer.wait(slot)
            frames += list(slot.frames.copy())
    return plan, np.array(frames)


def _poison(plan: FramePlan, output: Bytes) -> None:
    """Overwrite what tiles and texts are to fill."""
    boxes = [Box(tile.box.top, tile.box.left, *padded(tile.canvas)) for tile in plan.tiles]
    for frame in output:
        for box in boxes:
            for area in areas(plan.canvas, frame, box):
                area[...] = POISON


def expected(composition: Composition, plan: FramePlan) -> Bytes:
    """All frames of a composition, as they should be by its plan, shape (T, frame_bytes)."""
    shown = composition.panels
    count = len(shown[0].frames)
    limits = _limits_of_frames(composition)
    frames = np.tile(plan.template, (count, 1))
    for tile in plan.tiles:
        own = _tile_alone(tile, shown[tile.feed], limits[tile.feed])
        for frame, part in zip(frames, own, strict=True):
            pasted(tile, part, plan.canvas, frame)
    for i, frame in enumerate(frames):
        for text, feed in plan.texts:
            facts = Facts(limits[feed][i], _facts(shown[feed].frames[i]))
            before = frame.copy()
            text.draw(frame, i, facts)
            _demand_within(plan.canvas, text, before, frame)
    return frames


def _demand_within(canvas: Canvas, text: Any, before: Bytes, after: Bytes) -> None:
    """Demand that a text has changed no pixel beyond its box."""
    assert isinstance(text, Told)
    changed = before.copy()
    parts = zip(areas(canvas, changed, text.moving.box), areas(canvas, after, text.moving.box),
                strict=True)  # fmt: skip
    for there, here in parts:
        there[...] = here
    np.testing.assert_array_equal(changed, after, "a text has drawn beyond its box")


def _facts(values: NDArray[Any]) -> tuple[float, float, float]:
    finite = values[np.isfinite(values)].astype(np.float64)
    return float(finite.min()), float(finite.max()), float(finite.mean())


def _tile_alone(tile: Tile, shown: Shown, limits: Sequence[Limits]) -> Bytes:
    """Frames of a tile by its own plan and the reference, shape (T, tile bytes)."""
    count = len(shown.frames)
    if tile.plan is None:
        return _pictures(shown, tile.canvas, tile.canvas)
    backend = NumpyBackend()
    backend.prepare(replace(tile.plan, batch_size=count))
    slot = backend.slot(())
    slot.data = shown.frames
    if tile.plan.field.limits is None:
        slot.limits = tuple(limits)
    else:
        assert tile.plan.field.limits == limits[0]
    if tile.plan.blends:
        slot.background[...] = _pictures(shown, tile.canvas, tile.plan.composed_on)
    backend.render(slot)
    backend.close()
    return slot.output


def _pictures(shown: Shown, canvas: Canvas, under: Canvas) -> Bytes:
    """The pictures of a panel in the size of its tile."""
    assert shown.pictures is not None
    opened = open_background(shown.pictures)
    assert opened is not None
    pictures = resized(opened, canvas)
    pictures.start(under)
    frames = np.empty((len(shown.frames), under.frame_bytes), np.uint8)
    if pictures.still:
        pictures.read(0, frames[:1])
        frames[1:] = frames[0]
    else:
        pictures.read(0, frames)
    return frames


def _limits_of_frames(composition: Composition) -> list[list[Limits]]:
    """Limits of each panel in each frame, by the rule that one quantity has one scale."""
    panels = composition.panels
    moves = composition.options.get("scope") == "frame"
    apart = composition.options.get("own_limits", False)
    keys = [(i if apart else "", *_kind(panel, moves)) for i, panel in enumerate(panels)]
    made = []
    for key, panel in zip(keys, panels, strict=True):
        group = [other.frames for own, other in zip(keys, panels, strict=True) if own == key]
        centered = panel.options.get("norm") == "centered"
        each = []
        for i in range(len(panel.frames)):
            seen = [frames[i] if moves else frames for frames in group]
            whole = (0.0, {"u": 255.0, "b": 1.0}[str(key[1])]) if key[1] else _span(seen)
            each.append(_around_zero(*whole) if centered else Limits(*whole))
        made.append(each)
    return made


def _kind(panel: Shown, moves: bool) -> tuple[Any, ...]:
    """What panels of one scale have in common: a range of their own by dtype, and the norm."""
    kind = panel.frames.dtype.kind if panel.frames.dtype.itemsize == 1 else ""
    return "" if moves or kind not in "ub" else kind, panel.options.get("norm", "linear")


def _span(arrays: Sequence[NDArray[Any]]) -> tuple[float, float]:
    finite = [array[np.isfinite(array)] for array in arrays]
    return min(float(a.min()) for a in finite), max(float(a.max()) for a in finite)


def _around_zero(low: float, high: float) -> Limits:
    far = max(abs(low), abs(high))
    return Limits(-far, far)
