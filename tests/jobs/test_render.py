"""``render`` from end to end: what is decoded from the file is what was to be shown."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid._errors import EncoderError, OptionError, SourceError
from heatvid._ffmpeg.program import find_ffmpeg
from heatvid._jobs.ring import Ring
from tests.support.browser import CHROMIUM, seen_of_video
from tests.support.oracle import Picture
from tests.support.videos import (
    canvas_bytes,
    expected,
    ffmpeg,
    fps_of,
    numbered,
    only,
    pictures,
    planes_of,
    rgb_of,
)

HEIGHT, WIDTH, COUNT = 24, 32, 6
YUV = Picture("yuv420p", HEIGHT, WIDTH)
RGB = Picture("rgb24", HEIGHT, WIDTH)
FAST: dict[str, Any] = {"preset": "ultrafast", "progress": False}
EXACT: dict[str, Any] = {**FAST, "lossless": True}


@pytest.fixture
def data() -> np.ndarray:
    return numbered(COUNT, HEIGHT, WIDTH)


def save_images(folder: Path, images: Any, pattern: str = "frame_{}.png") -> Path:
    folder.mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / pattern.format(i + 1))
    return folder


# --- sources ----------------------------------------------------------------------------------


def _folder_of_npy(data: np.ndarray, at: Path) -> Path:
    folder = at / "frames"
    folder.mkdir()
    for i, frame in enumerate(data):
        np.save(folder / f"frame_{i + 5}.npy", frame)  # 5 to 10: natural order, not alphabetical
    return folder


def _npy(data: np.ndarray, at: Path) -> Path:
    np.save(at / "data.npy", data)
    return at / "data.npy"


def _npz(data: np.ndarray, at: Path, **arrays: np.ndarray) -> Path:
    np.savez_compressed(at / "data.npz", depth=data, **arrays)
    return at / "data.npz"


def _fortran(data: np.ndarray, at: Path) -> Path:
    return _npy(np.asfortranarray(data.astype(">f8")), at)


SOURCES: dict[str, Callable[[np.ndarray, Path], Any]] = {
    "array": lambda data, at: data,
    "strided array": lambda data, at: np.repeat(data[::-1], 2, axis=2)[::-1, :, ::2],
    "list of arrays": lambda data, at: list(data),
    "generator": lambda data, at: (frame.copy() for frame in data),
    "reused buffer": lambda data, at: _reusing(data),
    "npy": _npy,
    "big-endian Fortran float64 npy": _fortran,
    "npz": _npz,
    "folder": _folder_of_npy,
    "glob": lambda data, at: str(_folder_of_npy(data, at) / "frame_*.npy"),
    "list of paths": lambda data, at: sorted(_folder_of_npy(data, at).iterdir()),
    "open source": lambda data, at: heatvid.open_source(data),
    "T1HW array": lambda data, at: data[:, None],
}


def _reusing(data: np.ndarray) -> Iterator[np.ndarray]:
    buffer = np.empty_like(data[0])
    for frame in data:
        buffer[...] = frame
        yield buffer


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("batch_size", [1, 4])
def test_every_source_gives_frame_k_of_the_data_as_frame_k_of_the_video(
    kind: str, batch_size: int, data: np.ndarray, tmp_path: Path
) -> None:
    out = tmp_path / "out.mkv"
    source = SOURCES[kind](data, tmp_path)
    result = heatvid.render(source, out, vmin=0, vmax=1, batch_size=batch_size, **EXACT)
    assert result.frames == COUNT
    got = rgb_of(out, HEIGHT, WIDTH)
    np.testing.assert_array_equal(got.reshape(COUNT, -1), expected(data, RGB, (0, 1)))
    np.testing.assert_array_equal(got, heatvid.to_rgb(data, vmin=0, vmax=1))


@pytest.mark.parametrize("kind", ["folder", "glob", "video"])
def test_images_and_videos_are_fields_too(kind: str, data: np.ndarray, tmp_path: Path) -> None:
    gray = np.rint(data * 255).astype(np.uint8)
    folder = save_images(tmp_path / "images", gray)
    source: Any = {"folder": folder, "glob": str(folder / "*.png")}.get(kind)
    if source is None:
        source = tmp_path / "in.mkv"
        ffmpeg("-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{WIDTH}x{HEIGHT}", "-r", "12",
               "-i", _raw(gray, tmp_path), "-c:v", "ffv1", source)  # fmt: skip
    result = heatvid.render(source, tmp_path / "out.mkv", **EXACT)
    assert result.limits == (0, 255)
    assert result.fps == (12 if kind == "video" else 30)
    got = rgb_of(tmp_path / "out.mkv", HEIGHT, WIDTH)
    np.testing.assert_array_equal(got.reshape(COUNT, -1), expected(gray, RGB, (0, 255)))


def _raw(frames: np.ndarray, at: Path) -> Path:
    path = at / "frames.raw"
    path.write_bytes(frames.tobytes())
    return path


def test_a_key_chooses_among_several_arrays(data: np.ndarray, tmp_path: Path) -> None:
    source = _npz(data, tmp_path, confidence=data * 0)
    heatvid.render(source, tmp_path / "out.mkv", key="depth", vmin=0, vmax=1, **EXACT)
    got = rgb_of(tmp_path / "out.mkv", HEIGHT, WIDTH)
    np.testing.assert_array_equal(got, heatvid.to_rgb(data, vmin=0, vmax=1))


# --- lossless containers ----------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("pixel_format", "stored", "samples"),
    [("nv12", "yuv420p", HEIGHT * WIDTH * 3 // 2), ("yuv444p", "yuv444p", HEIGHT * WIDTH)],
)
def test_a_video_lies_under_every_format(
    pixel_format: str, stored: str, samples: int, data: np.ndarray, clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mkv"
    heatvid.render(
        data, out, background=clip, alpha=0.0, pix_fmt=pixel_format, vmin=0, vmax=1, **EXACT
    )
    under = planes_of(clip, HEIGHT, WIDTH)[:COUNT]
    got = np.frombuffer(ffmpeg("-i", out, "-pix_fmt", stored, "-f", "rawvideo", "-"), np.uint8)
    np.testing.assert_array_equal(got.reshape(COUNT, -1)[:, :samples], under[:, :samples])


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


# --- backgrounds ------------------------------------------------------------------------------


def _png(rgb: np.ndarray, at: Path) -> Path:
    Image.fromarray(rgb[0]).save(at / "still.png")
    return at / "still.png"


def _saved(rgb: np.ndarray, at: Path) -> Path:
    np.save(at / "pictures.npy", rgb)
    return at / "pictures.npy"


def _gray(rgb: np.ndarray) -> np.ndarray:
    return rgb[..., 0]


def _thrice(gray: np.ndarray) -> np.ndarray:
    return np.repeat(gray[..., None], 3, axis=-1)


def _still(rgb: np.ndarray) -> np.ndarray:
    return np.broadcast_to(rgb[:1], rgb.shape)


# What is given, from RGB pictures and a folder; and the pictures that it stands for.
BACKGROUNDS: dict[str, tuple[Callable[[np.ndarray, Path], Any], Callable[[np.ndarray], Any]]] = {
    "image": (_png, _still),
    "still array": (lambda rgb, at: rgb[0], _still),
    "still gray array": (lambda rgb, at: _gray(rgb)[0], lambda rgb: _thrice(_still(_gray(rgb)))),
    "folder": (lambda rgb, at: save_images(at / "bg", rgb), lambda rgb: rgb),
    "glob": (lambda rgb, at: f"{save_images(at / 'bg', rgb)}/*.png", lambda rgb: rgb),
    "paths": (
        lambda rgb, at: sorted(save_images(at / "bg", rgb).iterdir()),
        lambda rgb: rgb,
    ),
    "array": (lambda rgb, at: rgb, lambda rgb: rgb),
    "list of arrays": (lambda rgb, at: list(rgb), lambda rgb: rgb),
    "float array": (lambda rgb, at: rgb / np.float32(255), lambda rgb: rgb),
    "gray array": (lambda rgb, at: _gray(rgb), lambda rgb: _thrice(_gray(rgb))),
    "gray float array": (lambda rgb, at: _gray(rgb) / 255, lambda rgb: _thrice(_gray(rgb))),
    "npy": (_saved, lambda rgb: rgb),
    "gray npy": (lambda rgb, at: _saved(_gray(rgb), at), lambda rgb: _thrice(_gray(rgb))),
    "still npy": (lambda rgb, at: _saved(rgb[0], at), _still),
    "Fortran npy": (lambda rgb, at: _saved(np.asfortranarray(rgb), at), lambda rgb: rgb),
    "big-endian npy": (lambda rgb, at: _saved((rgb / 255).astype(">f4"), at), lambda rgb: rgb),
}


@pytest.mark.parametrize("picture", [YUV, RGB], ids=["yuv420p", "rgb24"])
@pytest.mark.parametrize("kind", BACKGROUNDS)
def test_every_background_lies_under_its_frame(
    kind: str, picture: Picture, data: np.ndarray, tmp_path: Path
) -> None:
    rgb = pictures(COUNT, HEIGHT, WIDTH)
    give, stands_for = BACKGROUNDS[kind]
    given, out = give(rgb, tmp_path), tmp_path / "out.mkv"
    heatvid.render(
        data, out, background=given, pix_fmt=picture.pixel_format, vmin=0, vmax=1, batch_size=4,
        threads=3, **EXACT,
    )  # fmt: skip
    under = canvas_bytes(stands_for(rgb), picture)
    wanted = expected(data, picture, (0, 1), alpha=0.5, background=under)
    decode = rgb_of if picture is RGB else planes_of
    np.testing.assert_array_equal(decode(out, HEIGHT, WIDTH).reshape(COUNT, -1), wanted)


def test_a_colour_lies_under_every_frame(data: np.ndarray, tmp_path: Path) -> None:
    out = tmp_path / "out.mkv"
    heatvid.render(data, out, background="#204060", alpha=0.25, vmin=0, vmax=1, **EXACT)
    wanted = expected(data, RGB, (0, 1), alpha=0.25, background=(0x20, 0x40, 0x60, 1.0))
    np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH).reshape(COUNT, -1), wanted)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """An H.264 video of noise, 30000/1001 frames a second."""
    path = tmp_path / "clip.mp4"
    rgb = pictures(COUNT, HEIGHT, WIDTH)
    heatvid.render(rgb[..., 1], path, background=rgb, fps="30000/1001", crf=10, cmap="gray", **FAST)
    return path


def test_a_video_lies_under_its_frames_plane_by_plane(
    data: np.ndarray, clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    result = heatvid.render(
        data, out, background=clip, pix_fmt="yuv420p", vmin=0, vmax=1, batch_size=4, **EXACT
    )
    assert result.fps == fps_of(out) == Fraction(30000, 1001)
    under = planes_of(clip, HEIGHT, WIDTH)
    wanted = expected(data, YUV, (0, 1), alpha=0.5, background=under)
    np.testing.assert_array_equal(planes_of(out, HEIGHT, WIDTH), wanted)


def test_frames_chooses_the_same_of_a_background_as_long(
    data: np.ndarray, clip: Path, tmp_path: Path
) -> None:
    for choice, wanted_frames in [("1:4", slice(1, 4)), ("1::2", slice(1, None, 2))]:
        out = tmp_path / "out.mp4"
        result = heatvid.render(
            data, out, background=clip, frames=choice, pix_fmt="yuv420p", vmin=0, vmax=1,
            batch_size=2, overwrite=True, **EXACT,
        )  # fmt: skip
        under = planes_of(clip, HEIGHT, WIDTH)[wanted_frames]
        wanted = expected(data[wanted_frames], YUV, (0, 1), alpha=0.5, background=under)
        np.testing.assert_array_equal(planes_of(out, HEIGHT, WIDTH), wanted)
        # Time stays true: every other frame is half the rate.
        assert result.fps == Fraction(30000, 1001) / (2 if "::" in choice else 1)


def test_frames_backwards_over_pictures_and_refused_over_a_video(
    data: np.ndarray, clip: Path, tmp_path: Path
) -> None:
    rgb, out = pictures(COUNT, HEIGHT, WIDTH), tmp_path / "out.mkv"
    heatvid.render(data, out, background=rgb, frames="::-1", vmin=0, vmax=1, **EXACT)
    wanted = heatvid.to_rgb(data[::-1], background=rgb[::-1], vmin=0, vmax=1)
    np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH), wanted)
    with pytest.raises(OptionError, match=r"backwards over .*clip.mp4"):
        heatvid.render(data, out, background=clip, frames="::-1", overwrite=True, **EXACT)


def test_frames_may_have_the_length_of_the_background(data: np.ndarray, tmp_path: Path) -> None:
    rgb, out = pictures(2, HEIGHT, WIDTH), tmp_path / "out.mkv"
    heatvid.render(data, out, background=rgb, frames="3:5", vmin=0, vmax=1, **EXACT)
    wanted = heatvid.to_rgb(data[3:5], background=rgb, vmin=0, vmax=1)
    np.testing.assert_array_equal(rgb_of(out, HEIGHT, WIDTH), wanted)


def test_a_small_field_lies_where_it_belongs_on_a_large_background(tmp_path: Path) -> None:
    field = np.zeros((2, 6, 8), np.float32)
    field[:, 1, 2] = 1  # rows 4..7, columns 8..11 of the background
    rgb = np.zeros((24, 32, 3), np.uint8)
    heatvid.render(
        field, tmp_path / "out.mkv", background=rgb, resample="nearest", cmap="gray", alpha=1,
        **EXACT,
    )  # fmt: skip
    marker = np.zeros((24, 32), bool)
    marker[4:8, 8:12] = True
    got = rgb_of(tmp_path / "out.mkv", 24, 32)
    np.testing.assert_array_equal(got[1, ..., 0] == 255, marker)
    np.testing.assert_array_equal(got[1, ..., 0] == 0, ~marker)
    heatvid.render(field, tmp_path / "smooth.mkv", background=rgb, cmap="gray", alpha=1, **EXACT)
    wanted = expected(field, RGB, (0, 1), cmap="gray", background=np.zeros((2, rgb.size), np.uint8))
    smooth = rgb_of(tmp_path / "smooth.mkv", 24, 32)
    np.testing.assert_array_equal(smooth.reshape(2, -1), wanted)
    centre = np.argwhere(smooth[0, ..., 0] == smooth[0, ..., 0].max()).mean(axis=0)
    np.testing.assert_array_equal(centre, [5.5, 9.5])


# --- limits and rates -------------------------------------------------------------------------


def test_limits_are_by_default_those_of_all_finite_values(tmp_path: Path) -> None:
    data = np.random.default_rng(2).normal(size=(5, 8, 8)).astype(np.float32)
    data[0, 0, 0], data[1, 1, 1], data[2, 2, 2] = np.nan, np.inf, -np.inf
    result = heatvid.render(data, tmp_path / "out.mkv", **EXACT)
    finite = data[np.isfinite(data)]
    assert result.limits == (finite.min(), finite.max())
    assert result.limits is not None
    vmin, vmax = result.limits
    np.testing.assert_array_equal(
        rgb_of(tmp_path / "out.mkv", 8, 8), heatvid.to_rgb(data, vmin=vmin, vmax=vmax)
    )


@pytest.mark.parametrize(
    ("dtype", "limits"), [(np.uint8, (0, 255)), (np.bool_, (0, 1)), (np.uint16, (0, 2))]
)
def test_limits_of_whole_numbers(dtype: type, limits: tuple[float, float], tmp_path: Path) -> None:
    data = (np.arange(3 * 8 * 8).reshape(3, 8, 8) % 3).astype(dtype)
    assert heatvid.render(data, tmp_path / "out.mp4", **FAST).limits == limits


def test_limits_at_percentiles(tmp_path: Path) -> None:
    data = np.random.default_rng(3).normal(size=(7, 20, 20)).astype(np.float32)
    result = heatvid.render(data, tmp_path / "out.mp4", percentiles=(1, 99), **FAST)
    np.testing.assert_allclose(result.limits, np.percentile(data, [1, 99]), rtol=1e-6)


def test_one_given_limit_leaves_the_other_to_the_data(tmp_path: Path) -> None:
    data = numbered()
    assert heatvid.render(data, tmp_path / "a.mp4", vmin=-2, **FAST).limits == (-2, data.max())
    assert heatvid.render(data, tmp_path / "b.mp4", vmax=3, **FAST).limits == (data.min(), 3)


def test_scope_frame_spans_each_frame(tmp_path: Path) -> None:
    data = numbered() * np.arange(1, COUNT + 1).reshape(-1, 1, 1)
    for source in (data, iter(data)):
        result = heatvid.render(
            source, tmp_path / "out.mkv", scope="frame", overwrite=True, **EXACT
        )
        assert result.limits is None
        limits = [(frame.min(), frame.max()) for frame in data]
        got = rgb_of(tmp_path / "out.mkv", HEIGHT, WIDTH).reshape(COUNT, -1)
        np.testing.assert_array_equal(got, expected(data, RGB, limits))


def test_scope_running_begins_with_the_first_frame_and_does_not_depend_on_batches(
    tmp_path: Path,
) -> None:
    data = numbered() * np.arange(1, COUNT + 1).reshape(-1, 1, 1)
    videos = []
    for batch_size in (1, 4):
        heatvid.render(
            iter(data), tmp_path / "out.mkv", scope="running", batch_size=batch_size,
            overwrite=True, **EXACT,
        )  # fmt: skip
        videos.append(rgb_of(tmp_path / "out.mkv", HEIGHT, WIDTH))
    np.testing.assert_array_equal(*videos)
    first = expected(data[:1], RGB, (data[0].min(), data[0].max()))
    np.testing.assert_array_equal(videos[0][:1].reshape(1, -1), first)


def test_a_generator_without_limits_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"iterator: .* give vmin and vmax, or scope='frame'"):
        heatvid.render(iter(numbered()), tmp_path / "out.mp4", **FAST)
    assert only(tmp_path) == []


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
@pytest.mark.parametrize(
    ("fps", "exact"), [(None, Fraction(30)), ("24000/1001", Fraction(24000, 1001)), (12.5, None)]
)
def test_the_rate_is_exact_in_the_file(
    suffix: str, fps: Any, exact: Fraction | None, tmp_path: Path
) -> None:
    out = tmp_path / f"out{suffix}"
    exact = exact or Fraction(fps)
    result = heatvid.render(numbered(), out, fps=fps, **FAST)
    assert result.fps == exact
    found = fps_of(out)
    # Matroska counts milliseconds; what ffmpeg makes of its default duration is near enough.
    assert found == exact if suffix in (".mp4", ".mov") else abs(found / exact - 1) < 1e-4
    assert result.duration_seconds == pytest.approx(float(COUNT / exact))


# --- lengths that differ ----------------------------------------------------------------------


def test_lengths_that_differ_are_an_error_that_names_both(data: np.ndarray, tmp_path: Path) -> None:
    folder = save_images(tmp_path / "bg", pictures(COUNT - 1, HEIGHT, WIDTH))
    source = _npy(data, tmp_path)
    before = only(tmp_path)
    with pytest.raises(OptionError) as caught:
        heatvid.render(source, tmp_path / "out.mp4", background=folder, **FAST)
    assert f"{folder} has 5 frames, {source} has 6" in str(caught.value)
    assert only(tmp_path) == before


@pytest.mark.parametrize("batch_size", [1, 4, 100])
@pytest.mark.parametrize("count", [COUNT - 1, COUNT + 1])
@pytest.mark.parametrize("kind", ["array", "video"])
def test_a_generator_of_another_length_than_its_background_is_an_error(
    kind: str, count: int, batch_size: int, clip: Path, tmp_path: Path
) -> None:
    background = clip if kind == "video" else pictures(COUNT, HEIGHT, WIDTH)
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(SourceError, match=r"background: .*allowed are equal lengths"):
        heatvid.render(
            iter(numbered(count, HEIGHT, WIDTH)), folder / "out.mp4", background=background,
            vmin=0, vmax=1, batch_size=batch_size, **FAST,
        )  # fmt: skip
    assert only(folder) == []


def test_pictures_of_two_shapes_in_a_list_are_an_error(data: np.ndarray, tmp_path: Path) -> None:
    background = [np.zeros((9, 9, 3), np.uint8), np.zeros((9, 8, 3), np.uint8)]
    with pytest.raises(SourceError, match=r"shapes \(9, 8, 3\) and \(9, 9, 3\); all need one"):
        heatvid.render(data, tmp_path / "out.mp4", background=background, **FAST)


def test_pictures_of_two_sizes_in_a_folder_are_an_error(data: np.ndarray, tmp_path: Path) -> None:
    folder = save_images(tmp_path / "bg", pictures(COUNT, HEIGHT, WIDTH))
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(folder / "frame_4.png")
    with pytest.raises(SourceError, match=r"frame_4.png: a picture of 9x9, the first is 32x24"):
        heatvid.render(data, tmp_path / "out.mp4", background=folder, **FAST)
    assert only(tmp_path) == ["bg"]


# --- failures ---------------------------------------------------------------------------------


@pytest.fixture
def good(tmp_path: Path) -> Iterator[Path]:
    """An existing output that has to survive, alone in its folder."""
    folder = tmp_path / "good"
    folder.mkdir()
    (folder / "out.mp4").write_bytes(b"good")
    yield folder / "out.mp4"
    assert (folder / "out.mp4").read_bytes() == b"good"
    assert only(folder) == ["out.mp4"]


@pytest.mark.parametrize("how", ["written to", "cut"])
def test_a_file_that_changes_while_it_is_rendered_is_an_error(
    how: str, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _npy(numbered(40), tmp_path)
    acquire, taken = Ring.acquire, []

    def spoil(ring: Ring) -> Any:
        taken.append(acquire(ring))
        if len(taken) < 3:
            return taken[-1]
        if how == "cut":
            os.truncate(source, 1000)
        else:
            with open(source, "r+b") as file:
                file.seek(-4, os.SEEK_END)
                file.write(b"abcd")
            os.utime(source, (1, 1))
        return taken[-1]

    monkeypatch.setattr(Ring, "acquire", spoil)
    with pytest.raises(SourceError, match=r"data.npy: the file (changed|was cut) while"):
        heatvid.render(source, good, batch_size=4, overwrite=True, **FAST)


@pytest.mark.parametrize("shape", [(40, 24, 32, 3), (40, 24, 32)])
def test_a_background_that_is_cut_while_it_is_read_is_an_error(
    shape: tuple[int, ...], good: Path, tmp_path: Path
) -> None:
    np.save(tmp_path / "bg.npy", np.zeros(shape, np.uint8))

    def frames() -> Iterator[np.ndarray]:
        for i, frame in enumerate(numbered(40)):
            if i == 20:
                os.truncate(tmp_path / "bg.npy", 1000)
            yield frame

    with pytest.raises(SourceError, match=r"bg.npy: the file (changed|was cut) while it was read"):
        heatvid.render(
            frames(), good, background=tmp_path / "bg.npy", vmin=0, vmax=1, batch_size=1,
            overwrite=True, **FAST,
        )  # fmt: skip


@pytest.mark.parametrize("after", [0, 1, 7])
@pytest.mark.parametrize("kind", [KeyError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_an_iterator_raises_reaches_the_caller_as_it_is(
    kind: type[BaseException], after: int, good: Path
) -> None:
    failure = kind("mine")

    def frames() -> Iterator[np.ndarray]:
        yield from numbered(after)
        raise failure

    with pytest.raises(kind) as caught:
        heatvid.render(frames(), good, vmin=0, vmax=1, batch_size=2, overwrite=True, **FAST)
    assert caught.value is failure


def test_a_frame_of_another_shape_midway_is_an_error(good: Path) -> None:
    frames = [*numbered(5), np.zeros((3, 3), np.float32)]
    with pytest.raises(SourceError, match=r"iterator: frame 5"):
        heatvid.render(iter(frames), good, vmin=0, vmax=1, batch_size=2, overwrite=True, **FAST)


def test_a_picture_that_cannot_be_decoded_midway_is_an_error(
    data: np.ndarray, good: Path, tmp_path: Path
) -> None:
    folder = save_images(tmp_path / "bg", pictures(COUNT, HEIGHT, WIDTH))
    cut = (folder / "frame_5.png").read_bytes()[:-500]
    (folder / "frame_5.png").write_bytes(cut)
    with pytest.raises(SourceError, match=r"frame_5.png: cannot be decoded as an image"):
        heatvid.render(data, good, background=folder, overwrite=True, batch_size=2, **FAST)


def test_an_existing_output_is_kept_unless_overwrite_says_so(good: Path) -> None:
    with pytest.raises(OptionError, match=r"out.mp4: exists already"):
        heatvid.render(numbered(), good, **FAST)


def test_overwrite_replaces_an_existing_output(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"old")
    heatvid.render(numbered(), tmp_path / "out.mp4", overwrite=True, **FAST)
    assert len(planes_of(tmp_path / "out.mp4", HEIGHT, WIDTH)) == COUNT
    assert only(tmp_path) == ["out.mp4"]


def test_an_output_that_cannot_be_written_is_known_before_the_statistics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("statistics were computed")

    monkeypatch.setattr("heatvid._statistics.field_limits.collect", never)
    (tmp_path / "file").touch()
    with pytest.raises(OptionError, match="file"):
        heatvid.render(numbered(), tmp_path / "file" / "out.mp4", **FAST)


@pytest.mark.parametrize("output", [None, 3, [], np.zeros(3)])
def test_an_output_that_is_no_path_is_refused(output: Any) -> None:
    with pytest.raises(OptionError, match=r"output: got .*; allowed is a path"):
        heatvid.render(numbered(), output, **FAST)


def test_an_output_may_be_bytes(tmp_path: Path) -> None:
    result = heatvid.render(numbered(), os.fsencode(tmp_path / "out.mp4"), **FAST)
    assert result.path == tmp_path / "out.mp4"
    assert result.path.is_file()


def test_an_encoder_that_dies_is_an_error_in_its_words(good: Path, tmp_path: Path) -> None:
    script = tmp_path / "ffmpeg"
    script.write_text(
        f'#!/bin/sh\n[ "$1" = -version ] && exec "{find_ffmpeg()}" "$1"\n'
        "head -c 5000 >/dev/null; echo bad luck >&2; exit 7\n"
    )
    script.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGEIO_FFMPEG_EXE", str(script))
        with pytest.raises(EncoderError, match=r"exited with code 7 after .*: bad luck"):
            heatvid.render(numbered(4000), good, overwrite=True, batch_size=16, **FAST)


# --- what comes back --------------------------------------------------------------------------


def test_the_result_says_what_was_made(tmp_path: Path) -> None:
    output = str(tmp_path / "out.mp4")
    result = heatvid.render(numbered(5, 25, 32), output, fps=25, backend="numpy", **FAST)
    assert result.path == tmp_path / "out.mp4"
    assert (result.frames, result.height, result.width) == (5, 26, 32)
    assert result.duration_seconds == pytest.approx(0.2)
    assert result.limits is not None
    assert (result.backend, result.limits.vmin) == ("numpy", 0)
    assert result.reason
    stages = {"statistics", "reading", "rendering", "encoding", "total"}
    assert set(result.seconds) == stages
    assert all(seconds >= 0 for seconds in result.seconds.values())
    assert result.seconds["total"] > 0
    assert str(result).startswith(f"{tmp_path}/out.mp4: 5 frames, 32x26, 25 fps, values 0 to 1; ")


@pytest.mark.parametrize(("suffix", "media_type"), [(".mp4", "video/mp4"), (".webm", "video/webm")])
def test_a_notebook_shows_a_playing_video(suffix: str, media_type: str, tmp_path: Path) -> None:
    out = tmp_path / f"out{suffix}"
    html = heatvid.render(numbered(), out, **FAST)._repr_html_()
    match = re.search(rf'<video src="data:{media_type};base64,([^"]*)"', html)
    assert match
    assert base64.b64decode(match[1]) == out.read_bytes()
    assert all(word in html for word in ("controls", "autoplay", "loop", "muted"))


def test_a_notebook_links_to_a_large_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heatvid._jobs.result.EMBED_BYTES", 10)
    result = heatvid.render(numbered(), tmp_path / 'a "b" #1?.mp4', **FAST)
    assert f'<video src="{tmp_path}/a%20%22b%22%20%231%3F.mp4"' in result._repr_html_()


def test_a_notebook_names_a_video_that_browsers_do_not_play(tmp_path: Path) -> None:
    result = heatvid.render(numbered(), tmp_path / "a<b>.mkv", **FAST)
    assert result._repr_html_().startswith(f"<code>{tmp_path}/a&lt;b&gt;.mkv: 6 frames")
    (tmp_path / "a<b>.mkv").unlink()
    assert "<code>" in result._repr_html_()


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
@pytest.mark.parametrize(
    ("suffix", "options", "most"),
    [
        (".mp4", {}, 12),  # of limited range the browser's own conversion is as far off
        (".webm", {}, 12),
        (".mp4", {"codec": "av1"}, 12),
        pytest.param(".webm", {"codec": "av1"}, 12, marks=pytest.mark.exhaustive),
        pytest.param(".mp4", {"codec": "vp9"}, 12, marks=pytest.mark.exhaustive),
        (".mp4", {"range": "pc"}, 2),
        pytest.param(".webm", {"range": "pc", "quality": 0.5}, 2, marks=pytest.mark.exhaustive),
        pytest.param(
            ".mp4", {"codec": "av1", "range": "pc", "quality": 0.5}, 2, marks=pytest.mark.exhaustive
        ),
        (".webm", {"lossless": True}, 0),
        pytest.param(".webm", {"lossless": True, "codec": "av1"}, 0, marks=pytest.mark.exhaustive),
    ],
)
def test_a_browser_plays_the_video_in_the_colormaps_colours(
    suffix: str, options: dict[str, Any], most: int, tmp_path: Path
) -> None:
    data = np.repeat(np.array([0.0, 0.3, 0.6, 1.0]), 64)  # four bars
    frames = np.broadcast_to(data, (10, 64, 256))
    options = {"cmap": "turbo", "progress": False, **options}
    result = heatvid.render(frames, tmp_path / f"out{suffix}", **options)
    said = seen_of_video(result._repr_html_(), tmp_path)
    assert re.fullmatch(r"[\d ]+", said), said
    width, height, *pixels = map(int, said.split())
    assert (width, height) == (256, 64)
    shown = np.array(pixels).reshape(4, 4)[:, :3]
    wanted = heatvid.to_rgb(frames[0], cmap="turbo")[32, 32::64]
    assert np.abs(shown - wanted.astype(int)).max() <= most, f"{shown = }, {wanted = }"


def test_a_frame_of_nan_is_shown_in_the_bad_colour_with_one_warning(tmp_path: Path) -> None:
    frames = numbered(6)
    frames[2:4] = np.nan
    with pytest.warns(UserWarning, match=r"^frame 2: every value is NaN") as warned:
        heatvid.render(frames, tmp_path / "out.mkv", batch_size=1, **{**FAST, "lossless": True})
    assert len(warned) == 1


def test_an_existing_output_is_known_before_an_iterator_is_touched(good: Path) -> None:
    def never() -> Any:
        raise AssertionError("the iterator was started")
        yield

    with pytest.raises(OptionError, match="exists already"):
        heatvid.render(never(), good, **FAST)


def test_the_result_of_numbered_pictures_has_no_rate(tmp_path: Path) -> None:
    result = heatvid.render(numbered(2, 4, 6), tmp_path / "%03d.png")
    assert ": 2 frames, 6x4, values 0 to " in str(result)


def test_a_source_that_the_caller_opened_stays_open(tmp_path: Path) -> None:
    path = _npy(numbered(6), tmp_path)
    with heatvid.open_source(path) as source:
        before = source.read(0, 6).copy()
        for options in ({}, {"frames": "1:5"}):
            heatvid.render(source, tmp_path / "o.mkv", overwrite=True, **options, **FAST)
            np.testing.assert_array_equal(source.read(0, 6), before)
