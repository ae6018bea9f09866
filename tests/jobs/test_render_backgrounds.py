"""``render`` over a background: each frame lies over its own picture, of whatever kind."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid._errors import OptionError
from tests.support.oracle import Picture
from tests.support.quick import COUNT, EXACT, FAST, HEIGHT, RGB, WIDTH, YUV, save_images
from tests.support.videos import (
    canvas_bytes,
    expected,
    ffmpeg,
    fps_of,
    pictures,
    planes_of,
    rgb_of,
)


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
