"""Values in device memory have the statistics that the same values have on the host, exactly."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import heatvid
from heatvid._canvas import Canvas
from heatvid._statistics.counts import Statistics, first_blank, limits_of_frames
from heatvid._under.stills import ArrayBackground
from heatvid.backends._cuda.arrays import DeviceFrames
from heatvid.backends._cuda.backend import CudaBackend
from heatvid.backends._cuda.pictures import to_canvas
from tests.support.cuda import needs_compiler
from tests.support.standin_cupy import World, make_cupy

pytestmark = needs_compiler
DTYPES = (
    "bool", "uint8", "int8", "uint16", "int16", "float16", "int32", "uint32", "float32", "int64",
    "uint64", "float64",
)  # fmt: skip
CUTS = (np.s_[:], np.s_[::-1, 1:, ::2], np.s_[:, :, ::-1], np.s_[..., None], np.s_[:1])


def adopted(host: np.ndarray[Any, Any], backend: CudaBackend | None = None) -> DeviceFrames:
    backend = backend or CudaBackend(make_cupy(World()))
    frames = backend.adopt(backend._cupy.asarray(host), "array")
    assert frames is not None
    return frames


def seen(statistics: Statistics) -> tuple[Any, ...]:
    return (
        statistics.count, statistics.nan_count, statistics.posinf_count, statistics.neginf_count,
        repr(statistics.minimum), repr(statistics.maximum),
        *(statistics.percentile(q) for q in statistics.percentiles),
    )  # fmt: skip


def special(dtype: str, shape: tuple[int, ...] = (3, 5, 8), seed: int = 0) -> np.ndarray[Any, Any]:
    """Values of every kind that a dtype has: of all bits."""
    rng = np.random.default_rng(seed)
    if dtype == "bool":
        return rng.random(shape) < 0.5
    kind = np.dtype(dtype)
    bits = rng.integers(0, 256, (*shape, kind.itemsize), dtype=np.uint8)
    values = bits.view(kind).reshape(shape).copy()
    if kind.kind == "f":
        values.flat[:6] = [np.nan, np.inf, -np.inf, -0.0, 0.0, np.finfo(kind).max]
    return values


@pytest.mark.parametrize("dtype", DTYPES)
def test_statistics_of_every_dtype_are_those_of_the_host(dtype: str) -> None:
    values, percentiles = special(dtype), (0.0, 12.5, 50.0, 99.0)
    backend = CudaBackend(make_cupy(World()))
    for cut in CUTS:
        frames = adopted(values, backend)[cut]
        host = values[cut]
        assert seen(Statistics.of(frames, percentiles)) == seen(Statistics.of(host, percentiles))
        for pair in ((0.0, 100.0), (10.0, 90.0)):
            assert limits_of_frames(frames, pair) == limits_of_frames(host, pair)
        assert first_blank(frames) == (first_blank(host) if host.dtype.kind == "f" else None)


@pytest.mark.parametrize("shape", [(2, 3, 600), (1, 70, 5, 3), (300, 1, 1)])
def test_whole_blocks_count_each_value_once(shape: tuple[int, ...]) -> None:
    world = World()
    world.whole_blocks = True
    values, percentiles = special("float16", shape), (1.0, 99.0)
    frames = adopted(values, CudaBackend(make_cupy(world)))
    assert seen(Statistics.of(frames, percentiles)) == seen(Statistics.of(values, percentiles))
    assert first_blank(frames) == first_blank(values)


def test_a_sequence_of_many_parts_is_counted_as_one() -> None:
    values = special("float32", (9, 6, 7))
    backend = CudaBackend(make_cupy(World()))
    whole, percentiles = adopted(values, backend), (1.0, 50.0, 99.0)
    statistics = Statistics(np.float32, percentiles)
    again = True
    while again:
        for start in range(0, 9, 4):
            statistics.update(whole[start : start + 4])
        again = statistics.refine()
    assert seen(statistics) == seen(Statistics.of(values, percentiles))


@settings(max_examples=60)
@given(
    values=arrays(
        np.float32,
        st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 6)),
        elements=st.floats(width=32),
    ),
    q=st.floats(0, 100),
)
def test_any_floats_have_the_limits_of_the_host(values: np.ndarray[Any, Any], q: float) -> None:
    pair = (q / 2, 50 + q / 2)
    with np.errstate(all="ignore"):
        expected = limits_of_frames(values, pair)
    assert limits_of_frames(adopted(values), pair) == expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_not_above_0_counts_as_nan_for_a_logarithm(dtype: str) -> None:
    values, percentiles = special(dtype), (0.0, 30.0, 99.0)
    frames, host = adopted(values).only_positive(), values.copy()
    host[~(host > 0)] = np.nan
    assert seen(Statistics.of(frames, percentiles)) == seen(Statistics.of(host, percentiles))
    for pair in ((0.0, 100.0), (10.0, 90.0)):
        assert limits_of_frames(frames[1:], pair) == limits_of_frames(host[1:], pair)


def test_frames_without_a_value_are_found() -> None:
    frames = np.full((4, 5, 6), np.nan, np.float32)
    frames[0, 0, 0], frames[1, 4, 5] = 1, np.inf
    assert first_blank(adopted(frames)) == 2
    assert first_blank(adopted(frames[:2])) is None
    assert limits_of_frames(adopted(frames), (0.0, 100.0))[1:] == [None] * 3


@pytest.mark.parametrize("pixel_format", ["yuv420p", "nv12", "yuv444p", "rgb24"])
@pytest.mark.parametrize("color_range", ["tv", "pc"])
@pytest.mark.parametrize("size", [(6, 8), (5, 7), (1, 1), (2, 131)])
@pytest.mark.parametrize("dtype", ["uint8", "bool", "float16", "float32", "float64"])
def test_pictures_become_the_frames_that_they_become_on_the_host(
    pixel_format: Any, color_range: Any, size: tuple[int, int], dtype: str
) -> None:
    canvas = Canvas(pixel_format, *size, color_range)
    backend = CudaBackend(make_cupy(World()))
    rng = np.random.default_rng(3)
    for channels in ((3,), (4,), ()):
        pictures = rng.random((2, *size, *channels))
        pictures.flat[0], pictures.flat[-1] = 0, 1
        pictures = (pictures * (255 if dtype == "uint8" else 1)).astype(dtype)
        pictures = pictures[:, ::-1, ::-1] if channels != (4,) else pictures
        under = ArrayBackground("background", pictures)
        under.start(canvas)
        expected = np.empty((2, canvas.frame_bytes), np.uint8)
        under.read(0, expected)
        frames = adopted(pictures, backend)
        home = backend.home
        with home.on(home.stream):
            made = home.cupy.asarray(np.zeros((2, canvas.frame_bytes), np.uint8))
            beyond = home.cupy.asarray(np.zeros(1, np.int32))
            for i in range(2):
                frames.follow(home.stream)
                to_canvas(home, frames[i], canvas, made[i], beyond)
            np.testing.assert_array_equal(made.get(), expected)
            assert not beyond.get()


NVCC = shutil.which("nvcc")
DEFINES = {
    "statistics.cu": ({"STORED_BYTES": 2, "WIDENED": 16, "KIND": "FLOAT"},
                      {"STORED_BYTES": 8, "WIDENED": 0, "KIND": "SIGNED"}),
    "pictures.cu": ({"PIXEL": "HALFS", "LAYOUT": "PLANAR_420"},
                    {"PIXEL": "DOUBLES", "LAYOUT": "RGB"}),
}  # fmt: skip


@pytest.mark.skipif(NVCC is None, reason="no nvcc")
@pytest.mark.parametrize("target", ["sm_80", "sm_90", "sm_100", "sm_120"])
@pytest.mark.parametrize("file", DEFINES)
def test_kernels_compile_for_the_device_without_spills(
    file: str, target: str, tmp_path: Path
) -> None:
    source = Path(heatvid.__file__).parent / "backends" / "_cuda" / file
    for defines in DEFINES[file]:
        command = [
            str(NVCC), "-std=c++17", "--fmad=false", f"-arch={target}", "-Xptxas", "-v",
            "-Werror", "all-warnings", "-cubin", "-o", str(tmp_path / "o.cubin"),
            *(f"-D{name}={value}" for name, value in defines.items()), str(source),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert set(re.findall(r"(\d+) bytes spill", done.stderr)) == {"0"}


@pytest.mark.parametrize("value", [-0.001, 1.0000001, np.nan, np.inf])
def test_floats_beyond_0_to_1_are_noticed(value: float) -> None:
    canvas, picture = Canvas("rgb24", 4, 6), np.full((4, 6, 4), 0.5)
    picture[2, 3, 3] = value
    frames = adopted(picture[None])
    home = frames.home
    with home.on(home.stream):
        frame = home.cupy.asarray(np.zeros(canvas.frame_bytes, np.uint8))
        beyond = home.cupy.asarray(np.zeros(1, np.int32))
        frames.follow(home.stream)
        to_canvas(home, frames[0], canvas, frame, beyond)
        assert beyond.get()[0] == 1
