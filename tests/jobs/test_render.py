"""``render`` from end to end: every source becomes its video, and the result says what was made."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from tests.support.browser import CHROMIUM, seen_of_video
from tests.support.quick import COUNT, EXACT, FAST, HEIGHT, RGB, WIDTH, save_images, saved
from tests.support.videos import (
    expected,
    ffmpeg,
    numbered,
    rgb_of,
)

# --- sources ----------------------------------------------------------------------------------


def _folder_of_npy(data: np.ndarray, at: Path) -> Path:
    folder = at / "frames"
    folder.mkdir()
    for i, frame in enumerate(data):
        np.save(folder / f"frame_{i + 5}.npy", frame)  # 5 to 10: natural order, not alphabetical
    return folder


def _npz(data: np.ndarray, at: Path, **arrays: np.ndarray) -> Path:
    np.savez_compressed(at / "data.npz", depth=data, **arrays)
    return at / "data.npz"


def _fortran(data: np.ndarray, at: Path) -> Path:
    return saved(np.asfortranarray(data.astype(">f8")), at)


SOURCES: dict[str, Callable[[np.ndarray, Path], Any]] = {
    "array": lambda data, at: data,
    "strided array": lambda data, at: np.repeat(data[::-1], 2, axis=2)[::-1, :, ::2],
    "list of arrays": lambda data, at: list(data),
    "generator": lambda data, at: (frame.copy() for frame in data),
    "reused buffer": lambda data, at: _reusing(data),
    "npy": saved,
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


def test_a_source_that_the_caller_opened_stays_open(tmp_path: Path) -> None:
    path = saved(numbered(6), tmp_path)
    with heatvid.open_source(path) as source:
        before = source.read(0, 6).copy()
        for options in ({}, {"frames": "1:5"}):
            heatvid.render(source, tmp_path / "o.mkv", overwrite=True, **options, **FAST)
            np.testing.assert_array_equal(source.read(0, 6), before)


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


def test_the_result_of_numbered_pictures_has_no_rate(tmp_path: Path) -> None:
    result = heatvid.render(numbered(2, 4, 6), tmp_path / "%03d.png")
    assert ": 2 frames, 6x4, values 0 to " in str(result)
