"""Tiles on a device go to their places by themselves, and troubles leave the frames as they are."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import heatvid
from heatvid._canvas import Box, Canvas
from heatvid._frames import Bytes, address_of
from heatvid._plan.frame import FramePlan, Placement
from heatvid.backends._composed import ComposedRenderer
from heatvid.backends._cuda.backend import CudaBackend
from heatvid.backends._numpy.backend import NumpyBackend
from tests.support.composed import PLANES, Composition, Shown, areas, padded, rendered
from tests.support.cuda import needs_compiler, on_the_host
from tests.support.standin_cupy import CUDARuntimeError, OutOfMemoryError, World

pytestmark = needs_compiler
POISON = 0xAA
YUV = Canvas("yuv420p", 2, 2)
LOOKS: dict[str, Any] = {
    "panel_size": (121, 133), "colorbar": "right", "text": "{frame}", "title": "Both",
}  # fmt: skip


def field(seed: int = 0, frames: int = 7, height: int = 15, width: int = 21) -> NDArray[Any]:
    return np.random.default_rng(seed).random((frames, height, width), np.float32)


def composition(**options: Any) -> Composition:
    pictures = np.random.default_rng(2).integers(0, 256, (7, 33, 41, 3), np.uint8)
    rows: list[list[Shown | None]] = [
        [Shown(field(0)), Shown(field(1, 7, 9, 12))],
        [None, Shown(field(2), pictures)],
    ]
    return Composition(rows, {**LOOKS, **options}, YUV)


@pytest.mark.parametrize("pixel_format", PLANES)
def test_rows_of_a_plane_lie_where_they_are_copied_to(pixel_format: Any) -> None:
    place = Placement(Canvas(pixel_format, 9, 13), Canvas(pixel_format, 31, 45), 8, 14)
    own = np.random.default_rng(0).integers(0, 256, (3, place.canvas.frame_bytes), np.uint8)
    whole = np.full((3, place.whole.frame_bytes), POISON, np.uint8)
    wanted = whole.copy()
    place.put(own, wanted)
    for part, frame in zip(own, whole, strict=True):
        for start, there, rows, size, pitch in place.planes:
            for row in range(rows):
                frame[there + row * pitch :][:size] = part[start + row * size :][:size]
    np.testing.assert_array_equal(whole, wanted)


def test_tiles_are_copied_to_their_places_and_nothing_else_is(cupy: Any, world: World) -> None:
    scene = composition()
    plan, _ = rendered(scene, CudaBackend(cupy))
    copies = [name for name, _ in world.log if name.startswith("out")]
    assert copies == ["out in rows"] * (7 * len(plan.tiles) * len(YUV.planes))
    assert world.brought["to host"] == 7 * sum(tile.canvas.frame_bytes for tile in plan.tiles)


def in_tiles(plan: FramePlan, frames: Bytes) -> Bytes:
    """All bytes of tiles."""
    boxes = [Box(tile.box.top, tile.box.left, *padded(tile.canvas)) for tile in plan.tiles]
    parts = [area.ravel() for frame in frames for box in boxes
             for area in areas(plan.canvas, frame, box)]  # fmt: skip
    return np.concatenate(parts)


def test_rendering_only_enqueues_until_the_frames_are_waited_for(cupy: Any) -> None:
    renderer = ComposedRenderer(CudaBackend(cupy))
    with composition().open() as feed, closing(renderer):
        limits, _ = feed.measure()
        plan = feed.plan(YUV, limits)
        renderer.prepare(plan)
        slots = [renderer.slot(feed.input_shape(renderer)) for _ in range(2)]
        for i, slot in enumerate(slots):
            slot.output[:] = POISON
            slot.start = i * plan.batch_size
            feed.fill(slot, slot.start, renderer)
            renderer.render(slot)
        assert all((in_tiles(plan, slot.output) == POISON).all() for slot in slots)
        renderer.wait(slots[1])
        assert (in_tiles(plan, slots[0].output) == POISON).all(), "another slot was waited for"
        assert (in_tiles(plan, slots[1].output) != POISON).any()


def test_frames_are_copied_into_pinned_memory(cupy: Any, world: World) -> None:
    renderer = ComposedRenderer(CudaBackend(cupy))
    with composition().open() as feed, closing(renderer):
        renderer.prepare(feed.plan(YUV, feed.measure()[0]))
        for has_output in (True, False):
            slot = renderer.slot(feed.input_shape(renderer), has_output=has_output)
            frames: Bytes = slot.backend.frames
            assert world.is_pinned(address_of(frames), frames.nbytes)


def test_results_in_other_memory_are_the_same(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"panels": "heat,overlay", "text": "{frame}", "zoom": 3}
    options["background"] = np.random.default_rng(2).integers(0, 256, (7, 33, 41, 3), np.uint8)
    expected = on_the_host(monkeypatch, heatvid.to_rgb, field(), **options)
    np.testing.assert_array_equal(heatvid.to_rgb(field(), backend="cuda", **options), expected)


# --- memory that runs out -------------------------------------------------------------------------


def too_large(most: int) -> Callable[[int], None]:
    def allocate(size: int) -> None:
        if size > most:
            raise OutOfMemoryError(f"Out of memory allocating {size:,} bytes")

    return allocate


@pytest.mark.parametrize("scope", ["sequence", "frame"])
@pytest.mark.parametrize("most", [60_000, 25_000, 100])
def test_out_of_memory_places_fewer_frames_and_then_those_of_the_cpu(
    most: int, scope: str, cupy: Any, world: World
) -> None:
    scene = composition(scope=scope)
    _, expected = rendered(scene, NumpyBackend())
    world.faults["device"] = too_large(most)
    with pytest.warns(RuntimeWarning, match="memory of the GPU has run out"):
        _, frames = rendered(scene, CudaBackend(cupy))
    np.testing.assert_array_equal(frames, expected)
    names = [name for name, _ in world.log]
    assert ("heat_render" in names) == (most > 100)


def test_without_pinned_memory_tiles_are_placed_in_plain_memory(cupy: Any, world: World) -> None:
    def fail(size: int) -> None:
        raise CUDARuntimeError(2, "cudaErrorMemoryAllocation: out of memory")

    scene = composition()
    _, expected = rendered(scene, NumpyBackend())
    world.faults["pinned"] = fail
    _, frames = rendered(scene, CudaBackend(cupy))
    np.testing.assert_array_equal(frames, expected)


def test_compositions_leave_nothing_behind(cupy: Any, world: World) -> None:
    for _ in range(3):
        heatvid.to_rgb(field(), backend="cuda", panels="heat,heat", text="{frame}")
    gc.collect()
    assert (world.used, world.pooled) == (0, 0)
    assert (world.pinned_used, world.pinned_pooled) == (0, 0)
