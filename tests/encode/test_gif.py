"""GIF: exact where 256 colours are enough, else one palette for all frames."""

from __future__ import annotations

import re
import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from heatvid import OptionError, RenderError, VideoWriter, render, to_rgb
from heatvid._canvas import Canvas
from heatvid._encode.gif import plays_as_loop, too_large, uneven
from heatvid._encode.gif_colors import Colors
from heatvid._encode.settings import OutputSettings
from heatvid._frames import Bytes
from tests.support.lines import clear_line
from tests.support.videos import numbered, pictures

SCALED: dict[str, Any] = {"vmin": 0, "vmax": 1, "fps": 25}


def frames_of(path: Path) -> Bytes:
    """All frames as Pillow shows them, shape (n, H, W, 3)."""
    with Image.open(path) as image:
        found = []
        for i in range(getattr(image, "n_frames", 1)):
            image.seek(i)
            found.append(np.asarray(image.convert("RGB")))
    return np.stack(found)


def lasts(path: Path) -> list[int]:
    """Milliseconds of each frame."""
    with Image.open(path) as image:
        found = []
        for i in range(getattr(image, "n_frames", 1)):
            image.seek(i)
            found.append(int(image.info["duration"]))
    return found


@pytest.mark.parametrize("cmap", ["viridis", "inferno", "tab10"])
def test_a_field_alone_has_exactly_the_colours_of_its_colormap(tmp_path: Path, cmap: str) -> None:
    field = numbered(6, 48, 64)
    render(field, tmp_path / "out.gif", **SCALED, cmap=cmap)
    np.testing.assert_array_equal(
        frames_of(tmp_path / "out.gif"), to_rgb(field, vmin=0, vmax=1, cmap=cmap)
    )


def test_values_that_may_be_nan_are_exact_while_256_colours_are_shown(tmp_path: Path) -> None:
    field = numbered(6, 48, 64)
    with VideoWriter(tmp_path / "out.gif", **SCALED) as video:  # it cannot know what will come
        video.write(field)
    np.testing.assert_array_equal(frames_of(tmp_path / "out.gif"), to_rgb(field, vmin=0, vmax=1))


def test_labels_and_nan_are_exact(tmp_path: Path) -> None:
    labels = np.random.default_rng(0).integers(0, 9, (4, 20, 30)).astype(np.uint8)
    render(labels, tmp_path / "labels.gif", norm="labels", fps=10, lossless=True)
    np.testing.assert_array_equal(frames_of(tmp_path / "labels.gif"), to_rgb(labels, norm="labels"))
    field = numbered(3)
    field[1, 3:9, 4:8] = np.nan
    render(field, tmp_path / "nan.gif", **SCALED, cmap="tab20", bad="white")
    shown = to_rgb(field, vmin=0, vmax=1, cmap="tab20", bad="white")
    np.testing.assert_array_equal(frames_of(tmp_path / "nan.gif"), shown)


@pytest.mark.parametrize("dither", ["none", "bayer", "floyd_steinberg", "sierra2_4a"])
def test_a_field_over_pictures_is_close(tmp_path: Path, dither: str) -> None:
    field, under = numbered(4, 48, 64), smooth_pictures()
    render(field, tmp_path / "out.gif", **SCALED, background=under, dither=dither)
    shown = to_rgb(field, vmin=0, vmax=1, background=under).astype(int)
    error = frames_of(tmp_path / "out.gif") - shown
    assert np.abs(error.mean((1, 2))).max() < 4
    assert 0 < np.sqrt(np.mean(error**2)) < 12


def smooth_pictures() -> Bytes:
    rows, columns = np.mgrid[:48, :64]
    picture = np.stack([5 * rows, 4 * columns, 255 - 2 * (rows + columns)], -1)
    return np.broadcast_to(picture.clip(0, 255).astype(np.uint8), (4, 48, 64, 3))


def test_dithering_is_another_picture(tmp_path: Path) -> None:
    files = []
    for dither in ("none", "bayer"):
        path = tmp_path / f"{dither}.gif"
        render(numbered(4, 48, 64), path, **SCALED, background=smooth_pictures(), dither=dither)
        files.append(path.read_bytes())
    assert files[0] != files[1]


def test_one_palette_serves_all_frames(tmp_path: Path) -> None:
    render(numbered(), tmp_path / "out.gif", **SCALED, background=pictures())
    with Image.open(tmp_path / "out.gif") as image:
        for i in range(image.n_frames):  # type: ignore[attr-defined]  # of a GIF
            image.seek(i)
            assert not image.tile or image.tile[0].args is not None
    shown = frames_of(tmp_path / "out.gif").reshape(-1, 3)
    assert len(np.unique(shown, axis=0)) <= 256


def test_frames_that_are_alike_are_all_there(tmp_path: Path) -> None:
    still = np.zeros((5, 8, 8), np.uint8)
    assert render(still, tmp_path / "out.gif", fps=20).frames == 5
    assert lasts(tmp_path / "out.gif") in ([250], [50] * 5)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3), (33, 17)])
@pytest.mark.parametrize("over", [False, True])
def test_small_and_odd_sizes(tmp_path: Path, size: tuple[int, int], over: bool) -> None:
    field = np.random.default_rng(0).random((3, *size))
    under = {"background": np.zeros((*size, 3), np.uint8)} if over else {}
    render(field, tmp_path / "out.gif", **SCALED, **under)
    shown = frames_of(tmp_path / "out.gif")
    np.testing.assert_allclose(shown, to_rgb(field, vmin=0, vmax=1, **under), atol=25 * over)


# --- rates ------------------------------------------------------------------------------------


def test_an_even_rate_is_kept(tmp_path: Path) -> None:
    for fps, each in ((50, 20), (25, 40), (1, 1000)):
        render(numbered(3), tmp_path / f"{fps}.gif", vmin=0, vmax=1, fps=fps)
        assert lasts(tmp_path / f"{fps}.gif") == [each] * 3


def test_a_rate_that_gif_cannot_say_is_said(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=r"fps is 30; GIF counts .* last 30 or 40 ms"):
        render(numbered(), tmp_path / "out.gif", vmin=0, vmax=1, fps=30)
    assert lasts(tmp_path / "out.gif")[:5] == [30, 40, 30, 30, 40]


def test_a_rate_that_nobody_asked_for_becomes_an_even_one(tmp_path: Path) -> None:
    result = render(numbered(), tmp_path / "out.gif", vmin=0, vmax=1)
    assert result.fps == Fraction(100, 3)
    assert ", 100/3 fps, " in str(result)
    assert lasts(tmp_path / "out.gif") == [30] * len(numbered())
    with VideoWriter(tmp_path / "w.gif", vmin=0, vmax=1) as video:
        video.write(numbered())
    assert lasts(tmp_path / "w.gif") == [30] * len(numbered())


def test_a_rate_that_a_background_has_is_kept_and_that_is_noted(tmp_path: Path) -> None:
    render(numbered(), tmp_path / "under.mp4", vmin=0, vmax=1, fps=30)
    result = render(numbered(), tmp_path / "out.gif", background=tmp_path / "under.mp4")
    assert result.fps == 30
    assert re.match(r"fps is 30; GIF counts .* last 30 or 40 ms", result.about.note)


def test_a_single_picture_has_no_rate(tmp_path: Path) -> None:
    render(numbered(1), tmp_path / "out.gif", vmin=0, vmax=1, fps=30)
    assert frames_of(tmp_path / "out.gif").shape == (1, 24, 32, 3)


def test_even_rates_divide_a_hundred() -> None:
    assert all(uneven(Fraction(fps)) is None for fps in (1, 4, 20, 25, 50))
    assert uneven(Fraction(24000, 1001)) is not None
    assert uneven(Fraction(1, 2)) is None


def test_a_rate_that_players_slow_down_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"fps is 60; allowed is more than 0, up to 50 in .gif"):
        render(numbered(), tmp_path / "out.gif", vmin=0, vmax=1, fps=60)


# --- how often it plays -----------------------------------------------------------------------


@pytest.mark.parametrize(("plays", "again"), [(0, 0), (2, 1), (5, 4)])
@pytest.mark.parametrize("over", [False, True])
def test_it_plays_as_often_as_is_asked_for(
    tmp_path: Path, plays: int, again: int, over: bool
) -> None:
    under = {"background": pictures()} if over else {}
    render(numbered(), tmp_path / "out.gif", **SCALED, **under, loop=plays)
    with Image.open(tmp_path / "out.gif") as image:
        assert image.info["loop"] == again


def test_what_plays_once_says_nothing_of_loops(tmp_path: Path) -> None:
    render(numbered(), tmp_path / "out.gif", **SCALED, loop=1)
    assert b"NETSCAPE" not in (tmp_path / "out.gif").read_bytes()
    assert plays_as_loop(1) == -1


# --- sizes ------------------------------------------------------------------------------------


def test_a_large_gif_is_said_beforehand() -> None:
    rng = np.random.default_rng(0)
    for pixel_format in ("pal8", "rgb24"):
        canvas = Canvas(pixel_format, 1080, 1920)  # type: ignore[arg-type]
        noise = rng.integers(0, 256, canvas.frame_bytes, dtype=np.uint8)
        said = too_large(noise, canvas, 300)
        assert said is not None
        assert said.startswith("300 frames of 1920x1080 will be a GIF of about")
        assert too_large(np.zeros_like(noise), canvas, 300) is None
        assert too_large(noise, canvas, 10) is None
        assert too_large(noise, canvas, None) is None


def test_the_size_that_is_said_is_about_right(tmp_path: Path) -> None:
    y, x = np.mgrid[:180, :320]
    rng = np.random.default_rng(0)
    waves = [np.sin(x / 30 + i / 5) * np.cos(y / 40 - i / 7) for i in range(8)]
    field = np.stack(waves) + 0.02 * rng.normal(size=(8, 180, 320))
    render(field, tmp_path / "out.gif", fps=25)
    with Image.open(tmp_path / "out.gif") as image:
        first = np.asarray(image).reshape(-1)
    canvas = Canvas("pal8", 180, 320)
    said = too_large(first, canvas, 100_000)
    assert said is not None
    expected = float(said.split(" about ")[1].split(" MB")[0]) * 1e6 / 100_000
    assert 0.6 < expected / ((tmp_path / "out.gif").stat().st_size / 8) < 1.6


def test_the_warning_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heatvid._encode.gif._LARGE_BYTES", 1000)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        render(np.random.default_rng(0).random((4, 64, 64)), tmp_path / "out.gif", fps=25)
    assert [str(tmp_path / "out.gif") in str(each.message) for each in caught] == [True]


# --- colours ----------------------------------------------------------------------------------


def test_colours_are_counted_up_to_256() -> None:
    colors = Colors()
    levels = np.arange(256, dtype=np.uint8)
    colors.add(np.stack([levels, levels, levels[::-1]], 1).reshape(-1))
    colors.add(np.array([0, 0, 255, 255, 255, 0], np.uint8))
    palette = colors.palette()
    assert (len(palette), colors.too_many) == (3 * 256, False)
    for _ in range(2):
        colors.add(np.array([1, 2, 3], np.uint8))
        assert colors.too_many


def test_colours_that_are_too_many_share_those_that_suit_them() -> None:
    rng, colors = np.random.default_rng(0), Colors()
    many = np.clip(rng.normal((60, 120, 200), 20, (20_000, 3)), 0, 255).astype(np.uint8)
    rare = np.full((40, 3), 250, np.uint8)
    for part in (many, rare):
        colors.add(part.reshape(-1))
    palette = np.frombuffer(colors.palette(), np.uint8).reshape(-1, 3).astype(int)
    assert len(palette) == 256
    off = np.abs(palette[:, np.newaxis] - many[:2000].astype(int)).max(-1).min(0)
    assert off.mean() < 6
    assert np.abs(palette - 250).max(-1).min() <= 2


def test_colours_that_are_alike_do_not_fill_a_palette() -> None:
    colors = Colors()
    shades = np.mgrid[:7, :8, :8].reshape(3, -1).T.astype(np.uint8)
    colors.add(shades.reshape(-1))
    assert len(colors.palette()) == 3 * 8


# --- what it cannot be ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quality": 2}, "quality: got 2; allowed is none for .gif"),
        ({"pix_fmt": "yuv420p"}, "pixel format is yuv420p for gif in .gif; allowed are rgb24"),
        ({"transparent": True}, "transparent: .gif would drop it"),
        ({"codec": "vp9"}, "codec is vp9 in .gif; allowed there are gif"),
        ({"loop": 65536}, "loop: got 65536; allowed is a whole number in 0..65535"),
        ({"dither": "random"}, "dither: got 'random'; allowed is 'none' or"),
    ],
)
def test_what_a_gif_cannot_be_is_refused(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message) as caught:
        render(numbered(), tmp_path / "out.gif", **SCALED, **options)
    clear_line(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_more_colours_than_it_keeps_without_loss_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="more than 256 colours by frame 0, which a GIF") as said:
        render(numbered(), tmp_path / "out.gif", **SCALED, background=pictures(), lossless=True)
    clear_line(said.value)
    assert list(tmp_path.iterdir()) == []


def test_dithering_is_for_gif() -> None:
    with pytest.raises(OptionError, match=r"dither is 'bayer'; allowed is that in \.gif"):
        OutputSettings("x.mp4", Canvas("yuv420p", 8, 8), Fraction(30), dither="bayer")
