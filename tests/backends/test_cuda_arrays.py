"""Arrays on the device are rendered there, after their maker is done, and results stay there."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid.backends._cuda.arrays import DeviceFrames
from heatvid.backends._cuda.lane import Lane
from tests.support.cuda import (
    Interface,
    Jax,
    install_torch,
    needs_compiler,
    on_device,
    on_the_host,
)
from tests.support.standin_cupy import World
from tests.support.videos import encoded, numbered, pictures

pytestmark = needs_compiler
EXACT: dict[str, Any] = {"lossless": True, "preset": "ultrafast"}


def bfloat16(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)


def assert_same(one: Path, other: Path) -> None:
    assert encoded(one) == encoded(other)


ALL = 1 << 60
LIBRARIES = (
    "cupy",
    "torch",
    "torch that learns",
    "torch on the default stream",
    "jax",
    "interface",
    "interface without stream",
)


def array_of(
    library: str, cupy: Any, host: np.ndarray[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> Any:
    """An array whose values are not there yet."""
    stream = cupy.cuda.Stream(non_blocking=True)
    if library == "cupy":
        return cupy.asarray(host)
    if library == "interface without stream":  # then the default one
        return Interface(cupy.asarray(host), None)
    if library == "torch on the default stream":
        torch = install_torch(monkeypatch, SimpleNamespace(ptr=0))
        return torch.Tensor(cupy.asarray(host))
    array = on_device(cupy, host, stream)
    if library.startswith("torch"):
        torch = install_torch(monkeypatch, stream)
        return torch.Tensor(array, requires_grad=library != "torch")
    if library == "jax":
        return Jax(array, stream)
    if library == "interface":
        return Interface(array, stream.ptr)
    raise AssertionError(library)


@pytest.mark.parametrize("library", LIBRARIES)
def test_frames_of_any_library_are_rendered_when_they_are_there(
    library: str, cupy: Any, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = numbered()
    array = array_of(library, cupy, frames, monkeypatch)
    if library == "cupy":  # whose stream is the current one, as a rule
        maker = cupy.cuda.Stream(non_blocking=True)
        with maker:
            array = cupy.asarray(frames)
            result = heatvid.render(array, tmp_path / "o.mp4", **EXACT, batch_size=2)
    else:
        result = heatvid.render(array, tmp_path / "o.mp4", **EXACT, batch_size=2)
    assert result.backend == "cuda"
    expected = heatvid.render(frames, tmp_path / "n.mp4", **EXACT, backend="numpy")
    assert result.limits == expected.limits
    assert_same(tmp_path / "o.mp4", tmp_path / "n.mp4")


@pytest.mark.parametrize(
    ("count", "options"),
    [
        (1, {}), (6, {"source_fps": 6, "fps": 25}), (6, {"speed": 2}),
        (3, {"source_fps": 15, "fps": 30, "hold": "linear"}),
    ],
)  # fmt: skip
def test_frames_are_shown_at_other_times_than_they_come(
    count: int, options: dict[str, Any], cupy: Any, tmp_path: Path
) -> None:
    frames, under = numbered(count), None if count == 6 else pictures(6)
    given = {**EXACT, **options, "vmin": 0, "vmax": 1, "background": under}
    result = heatvid.render(on_device(cupy, frames), tmp_path / "o.mp4", **given, backend="cuda")
    assert result.backend == "cuda"
    expected = heatvid.render(frames, tmp_path / "n.mp4", **given, backend="numpy")
    assert result.frames == expected.frames != count
    assert_same(tmp_path / "o.mp4", tmp_path / "n.mp4")


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_a_loop_overwrites_at_once_was_copied_before(
    library: str, cupy: Any, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if library == "jax":
        pytest.skip("never writes twice to one memory")
    frames, under = numbered(8), pictures(8)
    by_default = library in ("torch on the default stream", "interface without stream")
    stream = nullcontext() if by_default else cupy.cuda.Stream(non_blocking=True)
    ptr = 0 if by_default else stream.ptr
    with stream:
        buffer, picture = cupy.asarray(frames[:2]), cupy.asarray(under[:2])
    torch = install_torch(monkeypatch, SimpleNamespace(ptr=ptr))

    def wrapped(array: Any) -> Any:
        if library.startswith("torch"):
            return torch.Tensor(array, requires_grad="learns" in library)
        if library.startswith("interface"):
            return Interface(array, ptr or None)
        return array

    with heatvid.VideoWriter(tmp_path / "o.mp4", vmin=0, vmax=1, **EXACT) as video:
        for i in range(0, 8, 2):
            with stream:
                buffer[:] = cupy.asarray(frames[i : i + 2])
                picture[:] = cupy.asarray(under[i : i + 2])
                video.write(wrapped(buffer), background=wrapped(picture))
                world.run(world.queue(ptr), ALL)  # its maker is ahead
    with heatvid.VideoWriter(tmp_path / "n.mp4", vmin=0, vmax=1, backend="numpy", **EXACT) as video:
        for i in range(8):
            video.write(frames[i], background=under[i])
    assert_same(tmp_path / "o.mp4", tmp_path / "n.mp4")


def test_the_writer_brings_nothing_but_rendered_frames_to_the_host(
    cupy: Any, world: World, tmp_path: Path
) -> None:
    frames, under = on_device(cupy, numbered(8)), on_device(cupy, pictures(8))
    brought = dict(world.brought)
    with heatvid.VideoWriter(tmp_path / "o.mp4", vmin=0, vmax=1, preset="ultrafast") as video:
        for i in range(0, 8, 2):
            video.write(frames[i : i + 2], background=under[i : i + 2])
    height, width = pictures().shape[1:3]
    planes = 8 * height * width * 3 // 2
    assert planes <= world.brought["to host"] - brought["to host"] <= planes + 64
    tables = world.brought["to device"] - brought["to device"]
    assert tables < 200_000
    assert world.brought["between"] == numbered(8).nbytes


# --- waits that are missing -----------------------------------------------------------------------


def written_in_a_loop(cupy: Any, world: World, path: Path, ahead: bool) -> bytes:
    """A video of predictions whose memory is written to again, by a maker that may be ahead."""
    frames, stream = numbered(8), cupy.cuda.Stream(non_blocking=True)
    with stream:
        buffer = cupy.asarray(frames[:2])
    with heatvid.VideoWriter(path, vmin=0, vmax=1, batch_size=4, **EXACT) as video, stream:
        for i in range(0, 8, 2):
            buffer[:] = cupy.asarray(frames[i : i + 2])
            if ahead:
                world.run(world.queue(stream.ptr), ALL)
            video.write(buffer)
    return encoded(path)


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("missing", [None, "DeviceFrames.follow", "DeviceFrames.lead", "Lane.wait"])
def test_a_missing_wait_shows(
    missing: str | None,
    ahead: bool,
    cupy: Any,
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heatvid.render(numbered(8), tmp_path / "n.mp4", vmin=0, vmax=1, backend="numpy", **EXACT)
    if missing is not None:
        owner, name = missing.split(".")
        monkeypatch.setattr({"DeviceFrames": DeviceFrames, "Lane": Lane}[owner], name, _no_wait)
    written = written_in_a_loop(cupy, world, tmp_path / "o.mp4", ahead)
    harmless = {"DeviceFrames.follow": ahead, "DeviceFrames.lead": not ahead, "Lane.wait": False}
    same = written == encoded(tmp_path / "n.mp4")
    assert same == harmless.get(str(missing), True)


def _no_wait(*_: object) -> None:
    pass


# --- kinds of arrays ------------------------------------------------------------------------------


@pytest.mark.parametrize("library", LIBRARIES)
def test_colours_come_where_the_values_are(
    library: str, cupy: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = numbered(5).reshape(5, 1, 24, 32)
    array = array_of(library, cupy, values, monkeypatch)
    brought = world.brought["to host"]
    got = heatvid.to_rgb(array, vmin=0, vmax=1, cmap="turbo")
    assert world.brought["to host"] == brought
    if library.startswith("torch"):
        assert type(got).__module__ == "standin_torch"
        got = got._array
    assert isinstance(got, cupy.ndarray)
    expected = on_the_host(monkeypatch, heatvid.to_rgb, values, vmin=0, vmax=1, cmap="turbo")
    np.testing.assert_array_equal(got.get(), expected)


def test_strided_and_reordered_arrays_are_read_as_they_are(
    cupy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.random.default_rng(1).normal(size=(7, 20, 30, 3)).astype(np.float32)
    for cut, options in (
        (np.s_[::2, ::-1, 5:25, 1], {}),
        (np.s_[..., 2], {"frames": "1:6:2"}),
        (np.s_[::-1], {"layout": "THWC", "channel": 1}),
        (np.s_[:], {"layout": "THWC", "channel": "rgb"}),
        (np.s_[:], {"layout": "THWC", "channel": "mean"}),
        (np.s_[:], {"layout": "THWC", "channel": "grid"}),
        (np.s_[:, 0], {"layout": "WTH"}),
        (np.s_[..., 0], {"norm": "log", "percentiles": (1, 99)}),
        (np.s_[..., 0], {"smooth": 1.5, "scope": "frame"}),
        (np.s_[..., :2], {"layout": "THWC", "channel": "flow"}),
    ):
        array = cupy.asarray(values)[cut]
        heatvid.render(array, tmp_path / "o.mp4", overwrite=True, **EXACT, **options)
        heatvid.render(
            values[cut], tmp_path / "n.mp4", overwrite=True, backend="numpy", **EXACT, **options
        )
        assert_same(tmp_path / "o.mp4", tmp_path / "n.mp4")
        one, stacked = cupy.asarray(values)[:, ::2, :, 0], values[:, ::2, :, 0]
        np.testing.assert_array_equal(
            heatvid.to_rgb(one).get(), on_the_host(monkeypatch, heatvid.to_rgb, stacked)
        )


@pytest.mark.parametrize("options", [{}, {"scope": "running"}, {"percentiles": (5, 95)}])
def test_bfloat16_is_read_as_it_is(
    options: dict[str, Any], cupy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bits = bfloat16(np.random.default_rng(2).normal(size=(6, 24, 32)))
    stream = cupy.cuda.Stream(non_blocking=True)
    torch = install_torch(monkeypatch, stream)
    tensor = torch.Tensor(on_device(cupy, bits, stream), "torch.bfloat16")
    heatvid.render(tensor, tmp_path / "o.mp4", **EXACT, **options)
    values = (bits.astype(np.uint32) << 16).view(np.float32)
    heatvid.render(values, tmp_path / "n.mp4", backend="numpy", **EXACT, **options)
    assert_same(tmp_path / "o.mp4", tmp_path / "n.mp4")


def test_frames_from_both_sides_go_into_one_video(
    cupy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bits, under = bfloat16(numbered(8)), pictures(8)
    frames = (bits.astype(np.uint32) << 16).view(np.float32)
    stream = cupy.cuda.Stream(non_blocking=True)
    torch = install_torch(monkeypatch, stream)

    def as_kind(kind: str, i: int) -> Any:
        if kind == "bfloat16":
            return torch.Tensor(on_device(cupy, bits[i], stream), "torch.bfloat16")
        return frames[i] if kind == "host" else on_device(cupy, frames[i])

    for kinds in (["host", "device"] * 4, ["bfloat16", "host"] * 4, ["device", "bfloat16"] * 4):
        options = {"vmin": 0, "vmax": 1, "overwrite": True, **EXACT}
        with heatvid.VideoWriter(tmp_path / "o.mp4", batch_size=3, **options) as video:
            for i, kind in enumerate(kinds):
                picture = under[i] if i % 3 else on_device(cupy, under[i])
                video.write(as_kind(kind, i), background=picture)
        with heatvid.VideoWriter(tmp_path / "n.mp4", backend="numpy", **options) as video:
            video.write(frames, background=under)
        assert_same(tmp_path / "o.mp4", tmp_path / "n.mp4")


def test_with_another_backend_they_come_over_the_host(cupy: Any, tmp_path: Path) -> None:
    heatvid.render(cupy.asarray(numbered()), tmp_path / "o.mp4", backend="numpy", **EXACT)
    heatvid.render(numbered(), tmp_path / "n.mp4", backend="numpy", **EXACT)
    assert_same(tmp_path / "o.mp4", tmp_path / "n.mp4")


def test_an_array_on_a_device_that_does_not_render_is_refused(
    cupy: Any, world: World, tmp_path: Path
) -> None:
    world.devices = 2
    with cupy.cuda.Device(1):
        array = cupy.asarray(numbered())
        with pytest.raises(heatvid.SourceError, match="lies on device 1, and device 0 renders"):
            heatvid.render(array, tmp_path / "o.mp4", device=0)
    result = heatvid.render(array, tmp_path / "o.mp4", **EXACT)  # there, where nothing else is said
    assert result.backend == "cuda"
    masked = Interface(cupy.asarray(numbered()), None, mask=object())
    with pytest.raises(heatvid.SourceError, match="is masked on the device"):
        heatvid.render(masked, tmp_path / "m.mp4")


@pytest.mark.parametrize("scope", ["frame", "running"])
def test_limits_that_move_are_found_on_the_device(
    scope: str, cupy: Any, world: World, tmp_path: Path
) -> None:
    frames = numbered(8) * np.arange(1, 9, dtype=np.float32).reshape(-1, 1, 1)
    frames[2, 3, 4], frames[3, 0, 0], frames[5] = np.nan, np.inf, -np.inf
    for percentiles in (None, (2, 97)):
        options: dict[str, Any] = {"scope": scope, "percentiles": percentiles, "overwrite": True}
        brought = world.brought["to host"]
        with heatvid.VideoWriter(tmp_path / "o.mp4", **options, preset="ultrafast") as video:
            for frame in frames:
                video.write(cupy.asarray(frame))
        counts = (1 << 16) * 8 * 2 * 8 * bool(percentiles) + 4096
        assert world.brought["to host"] - brought <= 8 * 24 * 32 * 3 // 2 + 2 * counts
        with heatvid.VideoWriter(
            tmp_path / "n.mp4", backend="numpy", **options, preset="ultrafast"
        ) as video:
            video.write(frames)
        assert_same(tmp_path / "o.mp4", tmp_path / "n.mp4")


def test_a_blank_frame_is_announced_as_on_the_host(cupy: Any, tmp_path: Path) -> None:
    frames = numbered(8)
    frames[:, 0, 0], frames[5] = np.nan, np.nan
    with pytest.warns(UserWarning, match="frame 5: every value is NaN"):
        heatvid.render(cupy.asarray(frames), tmp_path / "o.mp4", batch_size=2, **EXACT)
    with pytest.warns(UserWarning, match="frame 5: every value is NaN"):
        heatvid.render(frames, tmp_path / "n.mp4", backend="numpy", **EXACT)
    assert_same(tmp_path / "o.mp4", tmp_path / "n.mp4")
