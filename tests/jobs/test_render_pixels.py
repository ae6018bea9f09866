"""What is decoded from a video of any pixel format is what was rendered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import heatvid
from tests.support.oracle import Picture
from tests.support.quick import COUNT, EXACT, FAST, HEIGHT, WIDTH, YUV
from tests.support.videos import (
    expected,
    ffmpeg,
    planes_of,
    rgb_of,
)


@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".mp4", ".mov"])
def test_lossless_rgb_decodes_to_the_bytes_of_to_rgb(
    suffix: str, data: np.ndarray, tmp_path: Path
) -> None:
    out = tmp_path / f"out{suffix}"
    heatvid.render(data, out, cmap="turbo", **EXACT)
    np.testing.assert_array_equal(
        rgb_of(out, HEIGHT, WIDTH), heatvid.to_rgb(data, cmap="turbo", vmin=0, vmax=data.max())
    )


@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".mp4"])
def test_lossless_yuv420p_decodes_to_the_planes_rendered(
    suffix: str, data: np.ndarray, tmp_path: Path
) -> None:
    out = tmp_path / f"out{suffix}"
    heatvid.render(data, out, vmin=0.1, vmax=0.9, pix_fmt="yuv420p", **EXACT)
    np.testing.assert_array_equal(planes_of(out, HEIGHT, WIDTH), expected(data, YUV, (0.1, 0.9)))


@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".mp4"])
@pytest.mark.parametrize("color_range", ["tv", "pc"])
def test_lossless_yuv444p_decodes_to_the_planes_rendered(
    suffix: str, color_range: str, data: np.ndarray, tmp_path: Path
) -> None:
    out, picture = tmp_path / f"out{suffix}", Picture("yuv444p", 23, 31, color_range)
    odd = data[:, :23, :31]
    heatvid.render(odd, out, vmin=0.1, vmax=0.9, pix_fmt="yuv444p", range=color_range, **EXACT)
    stored = "yuvj444p" if color_range == "pc" and suffix == ".mp4" else "yuv444p"
    got = np.frombuffer(ffmpeg("-i", out, "-pix_fmt", stored, "-f", "rawvideo", "-"), np.uint8)
    np.testing.assert_array_equal(got.reshape(COUNT, -1), expected(odd, picture, (0.1, 0.9)))


@pytest.mark.parametrize("threads", [1, 3])
def test_frames_larger_than_the_pipe_reach_a_slow_encoder_whole(
    threads: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)  # noise: the encoder is slower than the rendering
    noise = rng.integers(0, 256, (24, 900, 1000), np.uint8)
    out = tmp_path / "out.mkv"
    heatvid.render(noise, out, vmin=0, vmax=255, pix_fmt="yuv420p", threads=threads, **EXACT)
    rendered = expected(noise, Picture("yuv420p", 900, 1000), (0, 255))
    np.testing.assert_array_equal(planes_of(out, 900, 1000), rendered)


@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".mp4"])
def test_nv12_is_stored_as_yuv420p_is(suffix: str, data: np.ndarray, tmp_path: Path) -> None:
    out = tmp_path / f"out{suffix}"
    heatvid.render(data, out, vmin=0.1, vmax=0.9, pix_fmt="nv12", **EXACT)
    np.testing.assert_array_equal(planes_of(out, HEIGHT, WIDTH), expected(data, YUV, (0.1, 0.9)))


def test_full_range_is_full_in_the_file(data: np.ndarray, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    heatvid.render(data, out, pix_fmt="yuv420p", range="pc", vmin=0, vmax=1, **EXACT)
    listed = ffmpeg("-i", out, "-vf", "format=yuvj420p", "-f", "rawvideo", "-")
    got = np.frombuffer(listed, np.uint8).reshape(COUNT, -1)
    full = Picture("yuv420p", HEIGHT, WIDTH, "pc")
    np.testing.assert_array_equal(got, expected(data, full, (0, 1)))


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mkv"])
def test_lossy_video_is_near_the_planes_rendered(suffix: str, tmp_path: Path) -> None:
    data = np.linspace(0, 1, 8 * 64 * 96).reshape(8, 64, 96)
    out = tmp_path / f"out{suffix}"
    heatvid.render(data, out, **FAST)
    wanted = expected(data, Picture("yuv420p", 64, 96), (0, 1)).astype(int)
    error = np.abs(planes_of(out, 64, 96) - wanted)
    assert error.mean() < 1.5
    assert error.max() <= 24


@pytest.mark.parametrize("size", [(25, 32), (24, 33), (25, 33), (1, 1), (3, 5)])
def test_odd_sizes_are_padded_by_one_edge_row_or_column(
    size: tuple[int, int], tmp_path: Path
) -> None:
    height, width = size
    data = np.random.default_rng(1).random((3, *size), np.float32)
    result = heatvid.render(data, tmp_path / "out.mp4", pix_fmt="yuv420p", vmin=0, vmax=1, **EXACT)
    padded = (height + height % 2, width + width % 2)
    assert (result.height, result.width) == padded
    got = planes_of(tmp_path / "out.mp4", *padded)
    wanted = expected(data, Picture("yuv420p", height, width), (0, 1))
    np.testing.assert_array_equal(got, wanted)
    edged = np.pad(data, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    np.testing.assert_array_equal(wanted, expected(edged, Picture("yuv420p", *padded), (0, 1)))


def test_odd_sizes_are_kept_in_rgb(tmp_path: Path) -> None:
    data = np.random.default_rng(1).random((3, 25, 33))
    heatvid.render(data, tmp_path / "out.mkv", vmin=0, vmax=1, **EXACT)
    got = rgb_of(tmp_path / "out.mkv", 25, 33)
    np.testing.assert_array_equal(got, heatvid.to_rgb(data, vmin=0, vmax=1))
