"""Moving pictures, APNG, WebP and AVIF: colours in a browser, rates, how often they play."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from heatvid import MissingDependencyError, OptionError, render
from heatvid._canvas import Canvas
from heatvid._encode.settings import OutputSettings
from heatvid._encode.webp import frame_count
from heatvid._ffmpeg.program import ffmpeg_version, find_ffmpeg
from tests.support.lines import clear_line
from tests.support.videos import ffmpeg, numbered

needs_avif = pytest.mark.skipif(
    ffmpeg_version(find_ffmpeg()) < (5, 1), reason="this ffmpeg writes no AVIF"
)
MOVING = [".apng", ".webp", pytest.param(".avif", marks=needs_avif)]


def moving(folder: Path, suffix: str, count: int = 6, **options: Any) -> Path:
    path = folder / f"out{suffix}"
    render(numbered(count), path, vmin=0, vmax=1, lossless=suffix != ".avif", **options)
    return path


def played(path: Path) -> int:
    """How often a file says that it plays; 0 for ever."""
    data = path.read_bytes()
    if path.suffix == ".apng":
        return int.from_bytes(data[data.index(b"acTL") + 8 :][:4], "big")
    return int.from_bytes(data[data.index(b"ANIM") + 12 :][:2], "little")


@pytest.mark.parametrize("suffix", [".apng", ".webp"])
@pytest.mark.parametrize("times", [0, 1, 3])
def test_it_plays_as_often_as_is_asked_for(tmp_path: Path, suffix: str, times: int) -> None:
    assert played(moving(tmp_path, suffix, loop=times)) == times


def test_it_plays_for_ever_by_default(tmp_path: Path) -> None:
    assert played(moving(tmp_path, ".apng")) == played(moving(tmp_path, ".webp")) == 0


def test_times_are_those_of_an_exact_rate(tmp_path: Path) -> None:
    path = moving(tmp_path, ".apng", fps="24000/1001")
    assert re.search(rb"fcTL.{20}\x03\xe9\x5d\xc0", path.read_bytes(), re.DOTALL)  # 1001/24000
    with Image.open(moving(tmp_path, ".webp", count=30, fps=30)) as image:
        lasts = []
        for i in range(30):
            image.seek(i)
            image.load()
            lasts.append(image.info["duration"])
    assert sum(lasts) == 1000
    assert set(lasts) == {33, 34}


@needs_avif
def test_an_avif_keeps_an_exact_rate(tmp_path: Path) -> None:
    path = moving(tmp_path, ".avif", fps="24000/1001")
    assert b"avis" in path.read_bytes()[:40]  # the brand of those that move
    listed = ffmpeg("-i", f"file:{path}", "-map", "0:v:1", "-c", "copy", "-f", "framecrc", "-")
    [base] = re.findall(rb"#tb 0: 1/(\d+)", listed)
    lasts = re.findall(rb"^0, +\d+, +\d+, +(\d+),", listed, re.MULTILINE)
    assert {Fraction(int(base), int(each)) for each in lasts} == {Fraction(24000, 1001)}


def test_an_ffmpeg_that_writes_no_avif_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heatvid._encode.video.ffmpeg_version", lambda exe: (4, 2, 2))
    with pytest.raises(MissingDependencyError, match=r"cannot write \.avif \(from ffmpeg 5\.1 on"):
        moving(tmp_path, ".avif")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", MOVING)
@pytest.mark.parametrize("count", [1, 5])
def test_frames_that_are_alike_are_all_there(tmp_path: Path, suffix: str, count: int) -> None:
    path = tmp_path / f"still{suffix}"
    result = render(np.zeros((count, 64, 64), np.uint8), path)
    assert result.frames == count


def test_frames_of_a_webp_are_counted_where_it_is_cut(tmp_path: Path) -> None:
    path = moving(tmp_path, ".webp", count=5)
    data = path.read_bytes()
    assert frame_count(path) == 5
    path.write_bytes(data[: data.rindex(b"EXIF") - 1])  # what it says of itself is behind
    assert frame_count(path) == 4
    path.write_bytes(data[:20])
    assert frame_count(path) == 0
    path.write_bytes(b"")
    assert frame_count(path) == 0


@pytest.mark.parametrize("suffix", MOVING)
def test_a_rate_that_browsers_do_not_show_is_refused(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(OptionError, match=f"up to 90 in {suffix}") as caught:
        moving(tmp_path, suffix, fps=100)
    clear_line(caught.value)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("x.apng", {"crf": 20}, "crf: got 20; allowed is none for .apng, which has one"),
        ("x.apng", {"quality": 2}, "quality: got 2; allowed is none for .apng"),
        ("x.webp", {"crf": 20}, "crf is 20; allowed is none for webp, but quality"),
        ("x.mp4", {"loop": 2}, "loop is 2; allowed is that in .*.apng, .webp, .avif"),
        ("x.apng", {"pix_fmt": "yuv420p"}, "allowed are gray, gray16le, rgb24|allowed are rgb24"),
        ("x.webp", {"pix_fmt": "gray"}, "pixel format is gray in .webp; allowed for it are"),
        ("x.avif", {"lossless": True}, "lossless: .avif does not show every level; allowed are"),
        ("x.avif", {"lossless": True, "codec": "av1"}, "lossless: .avif does not show every"),
        ("x.avif", {"range": "pc"}, "range is 'pc' in .avif; allowed is 'tv'"),
        ("x.avif", {"codec": "h264"}, "codec is h264 in .avif; allowed there are av1"),
    ],
)
def test_what_a_moving_picture_cannot_be_is_refused(
    tmp_path: Path, name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message) as caught:
        render(numbered(), tmp_path / name, **options)
    clear_line(caught.value)


def test_a_webp_has_no_more_pixels_than_it_can() -> None:
    with pytest.raises(OptionError, match="libwebp takes up to 16383"):
        OutputSettings("x.webp", Canvas("rgb24", 8, 16384), Fraction(30))


def test_the_better_a_webp_is_to_be_the_larger_it_is(tmp_path: Path) -> None:
    field = np.random.default_rng(0).random((3, 64, 64), np.float32)
    sizes = []
    for levels in (0.5, 2, 8, 32):
        path = tmp_path / f"{levels}.webp"
        render(field, path, quality=levels)
        sizes.append(path.stat().st_size)
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 4


@pytest.mark.parametrize("deep", [False, True])
def test_an_apng_keeps_values(tmp_path: Path, deep: bool) -> None:
    values = np.random.default_rng(0).integers(0, 65536 if deep else 256, (1, 9, 7))
    field = values.astype(np.uint16 if deep else np.uint8)
    path = tmp_path / "out.apng"
    render(field, path, norm="identity", pix_fmt="gray16le" if deep else "gray")
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), field[0])
