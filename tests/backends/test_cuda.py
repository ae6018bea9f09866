"""The CUDA backend's ring overlaps, and its troubles end in the same bytes or in one clear line."""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._frames import Bytes
from heatvid._jobs.ring import Ring
from heatvid._plan.tile import TilePlan
from heatvid.backends._cuda.backend import CudaBackend
from heatvid.cli import main
from tests.support.cuda import forget, install, needs_compiler, on_the_host
from tests.support.standin_cupy import CUDARuntimeError, OutOfMemoryError, World
from tests.support.videos import encoded, numbered, only, pictures

pytestmark = needs_compiler
EXACT: dict[str, Any] = {"lossless": True, "preset": "ultrafast"}
ILLEGAL = "cudaErrorIllegalAddress: an illegal memory access was encountered"


def reference(path: Path, frames: Any, **options: Any) -> bytes:
    heatvid.render(frames, path, backend="numpy", **EXACT, **options)
    return encoded(path)


# --- the ring -------------------------------------------------------------------------------------


def prepared(cupy: Any, batch_size: int = 2) -> tuple[CudaBackend, TilePlan]:
    from tests.support.contract import INFERNAL, plan_for
    from tests.support.oracle import Picture

    backend = CudaBackend(cupy)
    plan = plan_for(Picture("yuv420p", 24, 32), INFERNAL, numbered()[0], (0.0, 1.0), batch_size)
    backend.prepare(plan)
    return backend, plan


def test_rendering_only_enqueues_and_waiting_is_for_one_slot(cupy: Any, world: World) -> None:
    backend, _ = prepared(cupy)
    slots = [backend.slot((24, 32)) for _ in range(2)]
    for i, slot in enumerate(slots):
        slot.output[:] = 0xAA
        slot.input[:] = numbered()[2 * i : 2 * i + 2]
        slot.data = slot.input
        backend.render(slot)
        assert (slot.output == 0xAA).all(), "something was waited for"
    backend.wait(slots[1])
    assert (slots[0].output == 0xAA).all(), "another slot was waited for"
    assert (slots[1].output != 0xAA).any()
    backend.wait(slots[0])
    one, other = (slot.backend.stream.ptr for slot in slots)
    names = [(name, ptr) for name, ptr in world.log if ptr in (one, other)]
    assert names == [
        *((name, ptr) for ptr in (one, other) for name in ("follow", "in", "heat_render", "out")),
        ("wait", other), ("wait", one),
    ]  # fmt: skip


class HeldSink:
    """Takes the first batch only when the next one is on its way to the device."""

    def __init__(self, world: World) -> None:
        self.world, self.frames, self.unread = world, 0, 0
        self.overlapped = threading.Event()

    def write(self, frames: Bytes, *, lend: bool = False) -> None:
        for _ in range(2000):
            if len({ptr for name, ptr in self.world.log if name == "in" and ptr}) > 2:
                self.overlapped.set()
                break
            self.overlapped.wait(0.005)
        self.frames += len(frames)

    def finish(self) -> None: ...
    def kill(self) -> None: ...
    def abort(self) -> None: ...


def test_a_batch_goes_to_the_device_while_the_one_before_is_written(
    cupy: Any, world: World
) -> None:
    backend, _ = prepared(cupy)
    sink = HeldSink(world)
    with Ring(backend, sink, (24, 32), 1, 4) as pipeline:
        start = len(world.log)
        for _ in range(6):
            slot = pipeline.acquire()
            slot.input[:] = numbered()[:2]
            slot.data = slot.input
            pipeline.submit(slot)
        pipeline.finish()
        steady = [name for name, _ in world.log[start:]]
    assert sink.overlapped.is_set()
    assert sink.frames == 12
    assert "synchronize" not in steady[: steady.index("wait")]
    assert steady.count("wait") == 6


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_device_does_first_the_video_is_the_same(
    seed: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(monkeypatch, World(seed=seed))
    frames, under = numbered(17), pictures(17)
    mask = np.random.default_rng(seed).random((17, 12, 16)).astype(np.float32)
    options: dict[str, Any] = {
        "background": under, "alpha_mask": mask, "scope": "frame", "batch_size": 3, "threads": 2
    }  # fmt: skip
    np.save(tmp_path / "f.npy", frames)
    for source in (frames, tmp_path / "f.npy", iter(frames), frames[:, ::-1]):
        heatvid.render(source, tmp_path / "o.mp4", overwrite=True, **EXACT, **options)
    expected = reference(tmp_path / "n.mp4", frames[:, ::-1], **options)
    assert encoded(tmp_path / "o.mp4") == expected
    forget()


# --- memory that runs out -------------------------------------------------------------------------


def too_large(most: int) -> Callable[[int], None]:
    def allocate(size: int) -> None:
        if size > most:
            raise OutOfMemoryError(f"Out of memory allocating {size:,} bytes")

    return allocate


def at(number: int, error: Exception) -> Callable[..., None]:
    """Fail once."""
    calls = iter(range(1 << 30))

    def call(*_: object) -> None:
        if next(calls) == number:
            raise error

    return call


@pytest.mark.parametrize("most", [50_000, 13_000, 100])
@pytest.mark.parametrize("where", ["host", "device", "writer"])
def test_out_of_memory_renders_fewer_frames_and_then_with_the_cpu(
    most: int, where: str, cupy: Any, world: World, tmp_path: Path
) -> None:
    size, options = (24, 48, 64), {"vmin": 0, "vmax": 1, "batch_size": 8}
    frames, under = numbered(*size), pictures(*size)
    expected = reference(tmp_path / "n.mp4", frames, background=under, **options)
    world.faults["device"] = too_large(most)
    path = tmp_path / "o.mp4"
    given = frames
    if where != "host":
        world.faults.clear()
        given, pictured = cupy.asarray(frames), cupy.asarray(under)
        world.faults["device"] = too_large(most)

    def render() -> None:
        if where != "writer":
            heatvid.render(given, path, background=under, **options, **EXACT)
            return
        with heatvid.VideoWriter(path, **options, **EXACT) as video:
            for i in range(0, 24, 3):
                video.write(given[i : i + 3], background=pictured[i : i + 3])

    with pytest.warns(RuntimeWarning, match="memory of the GPU has run out") as warned:
        render()
    assert len(warned) == 1
    assert encoded(path) == expected
    names = [name for name, _ in world.log]
    assert ("heat_render" in names) == (most > 100)


@pytest.mark.parametrize("number", range(9))
def test_memory_that_is_short_once_changes_nothing(
    number: int, cupy: Any, world: World, tmp_path: Path
) -> None:
    expected = reference(tmp_path / "n.mp4", numbered(8), vmin=0, vmax=1)
    error: Exception = OutOfMemoryError("Out of memory")
    if number % 2:
        error = CUDARuntimeError(2, "cudaErrorMemoryAllocation: out of memory")
    world.faults["device"] = at(number, error)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        heatvid.render(numbered(8), tmp_path / "o.mp4", vmin=0, vmax=1, batch_size=2, **EXACT)
    assert encoded(tmp_path / "o.mp4") == expected


@pytest.mark.parametrize("always", [True, False])
def test_without_pinned_memory_copies_take_plain_memory(
    always: bool, cupy: Any, world: World, tmp_path: Path
) -> None:
    expected = reference(tmp_path / "n.mp4", numbered(8), vmin=0, vmax=1)
    error = CUDARuntimeError(2, "cudaErrorMemoryAllocation: out of memory")

    def fail(size: int) -> None:
        raise error

    world.faults["pinned"] = fail if always else at(1, error)
    heatvid.render(numbered(8), tmp_path / "o.mp4", vmin=0, vmax=1, batch_size=2, **EXACT)
    assert encoded(tmp_path / "o.mp4") == expected
    assert "heat_render" in [name for name, _ in world.log]


def test_pictures_survive_memory_that_runs_out(
    cupy: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = numbered(6)
    expected = on_the_host(monkeypatch, heatvid.to_rgb, values)
    array = cupy.asarray(values)
    out_bytes = 6 * 24 * 32 * 3

    def only_results(size: int) -> None:
        if size not in (out_bytes, 240, 6 * 5 * 8):
            raise OutOfMemoryError("Out of memory")

    world.faults["device"] = only_results
    with pytest.warns(RuntimeWarning, match="the CPU renders the rest"):
        got = heatvid.to_rgb(array)
    np.testing.assert_array_equal(got.get(), expected)


# --- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["launch", "wait"])
def test_a_failure_of_cuda_is_one_line_in_its_own_words(
    place: str, cupy: Any, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "f.npy", numbered())
    before = only(tmp_path)
    world.faults[place] = at(1, CUDARuntimeError(700, ILLEGAL))
    command = ["render", str(tmp_path / "f.npy"), "-o", str(tmp_path / "o.mp4"), "-q"]
    assert main([*command, "--batch-size", "1", "--backend", "cuda"]) == 1
    err = capsys.readouterr().err
    assert err == f"heatvid: error: cuda: {ILLEGAL}; backend='numpy' renders the same bytes " \
        "without the GPU\n"  # fmt: skip
    assert only(tmp_path) == before


@pytest.mark.parametrize("value", [1.5, np.nan])
def test_pictures_beyond_their_range_are_refused(value: float, cupy: Any, tmp_path: Path) -> None:
    under = np.full((1, 24, 32, 3), 0.5, np.float32)
    under[0, 5, 5, 1] = value
    with (
        pytest.raises(heatvid.SourceError, match=r"background: floats beyond 0\.\.1"),
        heatvid.VideoWriter(tmp_path / "o.mp4", vmin=0, vmax=1) as video,
    ):
        video.write(numbered(1), background=cupy.asarray(under))
    assert only(tmp_path) == []
    with (
        pytest.raises(heatvid.SourceError, match="pictures of int32; allowed are uint8"),
        heatvid.VideoWriter(tmp_path / "o.mp4", vmin=0, vmax=1) as video,
    ):
        video.write(numbered(1), background=cupy.asarray(np.zeros(under.shape, np.int32)))


def test_five_hundred_jobs_leave_nothing_behind(cupy: Any, world: World, tmp_path: Path) -> None:
    values = numbered(2, 8, 8)
    for i in range(500):
        if i % 50 == 0:
            heatvid.render(values, tmp_path / "o.mp4", overwrite=True, preset="ultrafast")
        elif i % 50 == 1:
            with pytest.raises(heatvid.SourceError), heatvid.VideoWriter(tmp_path / "e.mp4") as v:
                v.write([values.astype(np.uint8), values])
        else:
            heatvid.to_rgb(values, vmin=0, vmax=1)
        if i % 50 < 3:
            gc.collect()
    gc.collect()
    assert (world.used, world.pooled) == (0, 0)
    assert (world.pinned_used, world.pinned_pooled) == (0, 0)
