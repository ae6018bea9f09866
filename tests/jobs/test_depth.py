"""Depth as LeRobot stores it: 12-bit codes in HEVC, and metres again."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._jobs.made import made_of
from heatvid._values.depth_codes import LAST_CODE, DepthCodes
from tests.support.lines import clear_line
from tests.support.videos import ffmpeg

HEIGHT, WIDTH = 24, 32
KEY = "observation.images.depth"


def metres(count: int = 5) -> np.ndarray:
    """Depths within the default scale, and some beyond it."""
    rng = np.random.default_rng(0)
    depth = rng.uniform(0.005, 11, (count, HEIGHT, WIDTH)).astype(np.float32)
    depth[0, 0, :3] = np.nan, 0.0, 100.0
    return depth


def published(depth: float, low: float = 0.01, high: float = 10, shift: float = 3.5) -> int:
    """The code of a depth by the published formula, in double."""
    place = math.log(depth + shift) - math.log(low + shift)
    place /= math.log(high + shift) - math.log(low + shift)
    return min(max(round(place * LAST_CODE), 0), LAST_CODE)


def step_at(depth: np.ndarray, low: float = 0.01, high: float = 10) -> np.ndarray:
    """Metres between two codes."""
    return (depth + 3.5) * math.log((high + 3.5) / (low + 3.5)) / LAST_CODE


def stored(path: Path) -> np.ndarray:
    """The codes in a video, by ffmpeg."""
    raw = ffmpeg("-i", str(path), "-pix_fmt", "gray12le", "-f", "rawvideo", "-")
    return np.frombuffer(raw, "<u2").reshape(-1, HEIGHT, WIDTH)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_codes_are_those_of_the_published_formula(
    tmp_path: Path, suffix: str, backend: str
) -> None:
    if backend == "numba":
        pytest.importorskip("numba")
    depth, path = metres(), tmp_path / f"out{suffix}"
    heatvid.render(depth, path, encode_depth="lerobot", backend=backend, progress=False)
    codes = stored(path)
    wanted = [published(float(d)) for d in depth.ravel()[1:]]
    assert np.abs(codes.ravel()[1:] - np.array(wanted)).max() <= 1  # theirs is in float32
    assert np.mean(codes.ravel()[1:] != wanted) < 0.01
    assert codes[0, 0, 0] == 0  # of NaN
    assert "hevc" in ffmpeg_says(path)
    assert "gray12le" in ffmpeg_says(path)


def ffmpeg_says(path: Path) -> str:
    from heatvid._ffmpeg.process import run
    from heatvid._ffmpeg.program import find_ffmpeg

    return run([find_ffmpeg(), "-i", str(path)], timeout_seconds=30).stderr.decode()


def test_integers_are_millimetres(tmp_path: Path) -> None:
    depth = np.arange(5 * HEIGHT * WIDTH, dtype=np.uint16).reshape(5, HEIGHT, WIDTH) * 3
    heatvid.render(depth, tmp_path / "out.mp4", encode_depth="lerobot", progress=False)
    wanted = np.array([published(d / 1000) for d in depth.ravel()])
    assert np.abs(stored(tmp_path / "out.mp4").ravel() - wanted).max() <= 1


@pytest.mark.parametrize(("dtype", "unit"), [("f4", "m"), ("f2", "m"), ("u2", "mm"), ("i4", "mm")])
def test_the_unit_of_the_depths_is_told_as_lerobot_tells_it(
    tmp_path: Path, dtype: str, unit: str
) -> None:
    depth = np.ones((2, HEIGHT, WIDTH), dtype)
    options: Any = {"encode_depth": "lerobot"}
    heatvid.render(depth, tmp_path / "a.mp4", **options, progress=False)
    with heatvid.VideoWriter(tmp_path / "b.mp4", **options) as video:
        video.write(depth)
    for name in ("a.mp4", "b.mp4"):
        record = made_of(tmp_path / name, name)
        assert record is not None
        assert record["depth"]["depth_unit"] == unit


def test_a_video_says_its_scale_and_is_read_back_within_a_step(tmp_path: Path) -> None:
    depth, path = np.clip(metres(), 0.3, 4), tmp_path / "out.mp4"
    depth[0, 0, 0] = 1.0
    options: Any = {"encode_depth": "lerobot", "vmin": 0.3, "vmax": 4, "progress": False}
    assert heatvid.render(depth, path, **options).limits == (0.3, 4)
    with heatvid.open_source(path) as source:
        shown = source.read(0, 5)
        assert (source.dtype, source.about.units) == (np.float32, "m")
    with heatvid.VideoWriter(tmp_path / "b.mp4", **options) as video:
        video.write(depth)
    with heatvid.open_source(tmp_path / "b.mp4") as source:
        np.testing.assert_array_equal(source.read(0, 5), shown)
    assert (np.abs(shown - depth) <= 0.51 * step_at(depth, 0.3, 4) + 1e-6).all()


def dataset(folder: Path, depth: np.ndarray, **info: Any) -> Path:
    """A dataset as LeRobot lays it, with one video of depth, which says nothing itself."""
    path = folder / "videos" / KEY / "chunk-000" / "file-000.mp4"
    path.parent.mkdir(parents=True)
    plain = folder / "plain.mp4"
    heatvid.render(depth, plain, encode_depth="lerobot", progress=False)
    ffmpeg("-i", str(plain), "-c", "copy", "-map_metadata", "-1", str(path))
    fields = {**DepthCodes().fields(depth.dtype), **info}
    feature = {"dtype": "video", "shape": [HEIGHT, WIDTH, 1], "info": fields}
    other = {"dtype": "video", "info": {"video.depth_min": 5, "video.depth_max": 6}}
    (folder / "meta").mkdir()
    said = {"features": {"observation.images.rgb": other, KEY: feature}}
    (folder / "meta" / "info.json").write_text(json.dumps(said))
    return path


def test_a_dataset_says_the_scale_of_its_videos(tmp_path: Path) -> None:
    depth = np.clip(metres(), 0.01, 10)
    depth[0, 0, 0] = 1.0
    path = dataset(tmp_path, depth)
    with heatvid.open_source(path) as source:
        shown = source.read(0, 5)
        assert (np.abs(shown - depth) <= 0.51 * step_at(depth) + 1e-6).all()
        np.testing.assert_array_equal(source.read(3, 1), shown[3:4])


HUGE = json.dumps({"features": {KEY: {"info": {
    "video.depth_min": 0, "video.depth_max": 10**400}}}})  # fmt: skip


@pytest.mark.parametrize(
    "said",
    ["", "[]", "{", '{"features": []}', '{"features": {"x": 1}}',
     pytest.param("[" * 100_000, id="deep"), pytest.param(HUGE, id="huge")],
)  # fmt: skip
def test_without_a_scale_codes_are_values(tmp_path: Path, said: str) -> None:
    path = dataset(tmp_path, metres())
    (tmp_path / "meta" / "info.json").write_text(said)
    with heatvid.open_source(path) as source:
        assert source.dtype == np.uint16
        np.testing.assert_array_equal(source.read(0, 5), stored(path))


def test_depths_that_no_float_holds_are_infinite(tmp_path: Path) -> None:
    path = dataset(tmp_path, metres(), **{"video.depth_max": 1e300})
    with heatvid.open_source(path) as source:
        assert np.isinf(source.read(0, 5)).any()


def test_a_linear_scale_is_read_too(tmp_path: Path) -> None:
    path = dataset(tmp_path, metres(), **{"video.use_log": False, "video.depth_max": 4.095})
    with heatvid.open_source(path) as source:
        wanted = stored(path) * (4.095 - 0.01) / LAST_CODE + 0.01
        np.testing.assert_allclose(source.read(0, 5), wanted, rtol=1e-5)


def test_a_writer_stores_depth_as_a_render_does(tmp_path: Path) -> None:
    depth = metres()
    heatvid.render(depth, tmp_path / "a.mp4", encode_depth="lerobot", progress=False)
    with heatvid.VideoWriter(tmp_path / "b.mp4", encode_depth="lerobot", progress=False) as video:
        video.write(depth[0])
        video.write(depth[1:])
    np.testing.assert_array_equal(stored(tmp_path / "a.mp4"), stored(tmp_path / "b.mp4"))


@pytest.mark.parametrize(
    ("options", "output", "message"),
    [
        ({"vmin": 5, "vmax": 2}, "o.mp4", "vmin, vmax: depth: got 5 to 2 metres"),
        ({"vmin": -4}, "o.mp4", "allowed is more than -3.5"),
        ({"cmap": "turbo"}, "o.mp4", "cmap: got 'turbo'; allowed with colours"),
        ({"norm": "log"}, "o.mp4", "norm: got 'log'; allowed without encode_depth"),
        ({"background": "white"}, "o.mp4", "background: .*; allowed with colours.* encode_depth"),
        ({}, "o.webm", r"encode_depth: got 'lerobot' for \.webm; allowed are \.mp4, .*\.mkv$"),
        ({}, "%d.png", r"for \.png; allowed are \.mp4"),
    ],
)
def test_what_depth_does_not_go_with_is_refused(
    tmp_path: Path, options: dict[str, Any], output: str, message: str
) -> None:
    with pytest.raises(heatvid.OptionError, match=message) as error:
        heatvid.render(metres(), tmp_path / output, encode_depth="lerobot", **options)
    clear_line(error.value)


def test_depth_has_one_value_a_pixel(tmp_path: Path) -> None:
    frames = np.ones((4, HEIGHT, WIDTH, 3), np.float32)
    with pytest.raises(heatvid.SourceError, match="has 3 channels"):
        heatvid.render(frames, tmp_path / "o.mp4", encode_depth="lerobot", layout="THWC")
