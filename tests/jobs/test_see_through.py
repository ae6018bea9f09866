"""What is see-through stays so, from predictions to files; levels of 10 bits arrive as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import heatvid
from tests.support.browser import CHROMIUM, seen_of_video
from tests.support.fields import numbers
from tests.support.oracle import Picture
from tests.support.oracle_canvases import frame_bytes
from tests.support.oracle_ways import Way
from tests.support.videos import ffmpeg

SIZE = (20, 36)


def field() -> NDArray[np.float32]:
    """Two frames of a slope whose left third is unknown."""
    frames = np.linspace(0, 1, 2 * 20 * 36, dtype=np.float32).reshape(2, *SIZE)
    frames[:, :, :12] = np.nan
    return frames


def of_webm(path: Path) -> NDArray[np.uint8]:
    """Frames of yuva420p; only libvpx reads the alpha."""
    raw = ffmpeg(
        "-c:v", "libvpx-vp9", "-i", path, "-pix_fmt", "yuva420p", "-f", "rawvideo", "-"
    )  # fmt: skip
    return np.frombuffer(raw, np.uint8).reshape(-1, SIZE[0] * SIZE[1] * 5 // 2)


# --- alpha ----------------------------------------------------------------------------------------


def test_to_rgb_gives_opacity_beside_the_colours() -> None:
    frames = field()
    got = heatvid.to_rgb(frames, cmap="viridis", transparent=True)
    assert got.shape == (2, *SIZE, 4)
    assert (got[..., 3] == np.where(np.isnan(frames), 0, 255)).all()
    plain = heatvid.to_rgb(frames, cmap="viridis")
    np.testing.assert_array_equal(got[:, :, 12:, :3], plain[:, :, 12:])
    assert heatvid.to_rgb(frames, transparent=True, bad="red")[0, 0, 0].tolist() == [255, 0, 0, 255]
    one = heatvid.to_rgb(frames[0], transparent=True, alpha=0.5, alpha_mask=np.full((4, 5), 0.5))
    assert one.shape == (*SIZE, 4)
    assert set(np.unique(one[..., 3])) == {0, 64}


def test_colours_that_are_hidden_by_a_ramp_are_still_there() -> None:
    frames = np.linspace(0, 1, 256, dtype=np.float32).reshape(1, 16, 16)
    got = heatvid.to_rgb(frames, cmap="gray", transparent=True, alpha_ramp=(0.5, 0.5))
    np.testing.assert_array_equal(got[..., :3], heatvid.to_rgb(frames, cmap="gray"))
    assert (got[..., 3] == np.where(np.arange(256).reshape(1, 16, 16) < 128, 0, 255)).all()


@pytest.mark.parametrize("channel", [None, "rgb", "flow"])
def test_png_files_hold_what_to_rgb_gives(tmp_path: Path, channel: str | None) -> None:
    frames = field()
    options: dict[str, Any] = {"transparent": True, "vmin": 0, "vmax": 1}
    if channel:
        options["channel"] = channel
        frames = np.stack([frames] * (3 if channel == "rgb" else 2), axis=-1)
    heatvid.render(frames, tmp_path / "%d.png", **options)
    with heatvid.VideoWriter(tmp_path / "w%d.png", **options) as writer:
        writer.write(frames)
    wanted = heatvid.to_rgb(frames, **options)
    for i in range(2):
        for name in (f"{i}.png", f"w{i}.png"):
            with Image.open(tmp_path / name) as picture:
                assert picture.mode == "RGBA"
                np.testing.assert_array_equal(np.asarray(picture), wanted[i])


@pytest.mark.parametrize("name", ["o.apng", "o.webp"])
def test_moving_pictures_hold_what_to_rgb_gives(tmp_path: Path, name: str) -> None:
    options: dict[str, Any] = {"transparent": True, "alpha_ramp": (0.2, 0.8)}
    heatvid.render(field(), tmp_path / name, lossless=True, **options)
    wanted = heatvid.to_rgb(field(), **options)
    with Image.open(tmp_path / name) as pictures:
        for i in range(2):
            pictures.seek(i)
            got = np.asarray(pictures.convert("RGBA"))
            np.testing.assert_array_equal(got[..., 3], wanted[i, ..., 3])
            seen = wanted[i, ..., 3] > 0
            np.testing.assert_array_equal(got[seen], wanted[i][seen])


def test_a_webm_keeps_what_is_see_through(tmp_path: Path) -> None:
    frames = np.where(np.isnan(field()), 0, 1 + np.arange(36) // 12).astype(np.uint8)
    path = tmp_path / "labels.webm"
    heatvid.render(
        frames, path, norm="labels", label_colors={0: "transparent"}, transparent=True, crf=4
    )
    got = of_webm(path)
    alpha = got[:, -SIZE[0] * SIZE[1] :].reshape(2, *SIZE)
    assert (alpha[:, :, :8] < 16).all()
    assert (alpha[:, :, 16:] > 239).all()


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_shows_what_lies_behind_a_webm(tmp_path: Path) -> None:
    bars = np.repeat(np.array([0.1, 0.4, np.nan, 0.9]), 64)
    frames = np.broadcast_to(bars, (10, 64, 256)).astype(np.float32)
    options: dict[str, Any] = {"cmap": "turbo", "transparent": True, "vmin": 0, "vmax": 1}
    mask = np.where(np.arange(256) < 128, np.float32(0.5), np.float32(1))[None].repeat(64, 0)
    result = heatvid.render(frames, tmp_path / "o.webm", alpha_mask=mask, crf=4, **options)
    said = seen_of_video(result._repr_html_(), tmp_path)
    assert not said.startswith("error"), said
    shown = np.array(said.split(), int)[2:].reshape(4, 4)
    wanted = heatvid.to_rgb(frames[0], alpha_mask=mask, **options)[32, 32::64].astype(int)
    assert np.abs(shown[:, 3] - wanted[:, 3]).max() <= 3, said
    seen = wanted[:, 3] > 0
    assert seen.tolist() == [True, True, False, True]
    assert np.abs(shown - wanted)[seen].max() <= 14, said  # of limited range, half seen


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.m4v"])
def test_an_output_that_would_drop_alpha_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(heatvid.OptionError, match=r"would drop it in silence; allowed are \.webm"):
        heatvid.render(field(), tmp_path / name, transparent=True)
    assert not list(tmp_path.iterdir())


def test_nothing_lies_under_what_is_see_through(tmp_path: Path) -> None:
    pictures = np.zeros((2, *SIZE, 3), np.uint8)
    for under in ("teal", pictures):
        with pytest.raises(heatvid.OptionError, match=r"transparent: .*without background="):
            heatvid.to_rgb(field(), transparent=True, background=under)
    with (
        pytest.raises(heatvid.OptionError, match=r"transparent: .*not over pictures"),
        heatvid.VideoWriter(tmp_path / "o.webm", vmin=0, vmax=1, transparent=True) as writer,
    ):
        writer.write(field(), background=pictures)


# --- 10 bits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p"])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_levels_of_ten_bits_are_stored_as_they_are(
    tmp_path: Path, suffix: str, pixel_format: str
) -> None:
    colors = np.random.default_rng(0).integers(0, 256, (700, 3), dtype=np.uint8)
    frames = numbers("float32", (3, *SIZE))
    path = tmp_path / f"deep.{suffix}"
    heatvid.render(
        frames, path, cmap=colors, vmin=-0.7, vmax=1.9, bits=10, pix_fmt=pixel_format,
        lossless=True,
    )  # fmt: skip
    stored = f"{pixel_format}10le"
    got = np.frombuffer(ffmpeg("-i", path, "-pix_fmt", stored, "-f", "rawvideo", "-"), np.uint8)
    rows = [(*row, 1.0) for row in colors.tolist()]
    way = Way([*rows, rows[0], rows[-1], (0, 0, 0, 1.0)])
    picture = Picture(stored, *SIZE)
    wanted = [frame_bytes(frame, picture, way, (-0.7, 1.9)) for frame in frames]
    np.testing.assert_array_equal(got, np.concatenate(wanted))


def test_a_smooth_field_has_a_thousand_colours(tmp_path: Path) -> None:
    frames = np.linspace(0, 1, 4096, dtype=np.float32).reshape(1, 64, 64)
    path = tmp_path / "smooth.mkv"
    heatvid.render(frames, path, cmap="gray", bits=10, pix_fmt="yuv444p", lossless=True)
    raw = ffmpeg("-i", path, "-pix_fmt", "yuv444p10le", "-f", "rawvideo", "-")
    luma = np.frombuffer(raw, "<u2")[:4096].astype(int)
    steps = np.arange(4096) * 1024 // 4095
    wanted = np.rint(64 + 876 * np.minimum(steps, 1023) / 1023)
    assert np.abs(luma - wanted).max() <= 1  # on the edge of two colours
    assert len(np.unique(luma)) == 877


def test_prores_has_ten_bits_alone(tmp_path: Path) -> None:
    frames = np.linspace(0, 1, 2 * 64 * 96, dtype=np.float32).reshape(2, 64, 96)
    path = tmp_path / "graded.mov"
    heatvid.render(frames, path, cmap="gray", codec="prores")
    raw = ffmpeg("-i", path, "-pix_fmt", "yuv422p10le", "-f", "rawvideo", "-")
    luma = np.frombuffer(raw, "<u2").reshape(2, -1)[:, : 64 * 96].reshape(frames.shape)
    assert np.abs(luma - (64 + 876 * frames)).max() < 6
    pictures = np.zeros((2, 64, 96, 3), np.uint8)
    for options in ({"background": pictures}, {"alpha_mask": np.ones((64, 96), np.float32)}):
        with pytest.raises(heatvid.OptionError, match=r"yuv422p10le, of 10 bits; allowed for it"):
            heatvid.render(frames, tmp_path / "o.mov", codec="prores", **options)
    assert [each.name for each in tmp_path.iterdir()] == ["graded.mov"]


def test_a_mov_keeps_what_is_see_through(tmp_path: Path) -> None:
    path = tmp_path / "seen.mov"
    heatvid.render(field(), path, cmap="viridis", transparent=True)
    raw = ffmpeg("-i", path, "-pix_fmt", "yuva444p10le", "-f", "rawvideo", "-")
    planes = np.frombuffer(raw, "<u2").reshape(2, 4, *SIZE)
    np.testing.assert_array_equal(planes[:, 3], np.where(np.isnan(field()), 0, 1023))
