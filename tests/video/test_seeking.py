"""A video is entered anywhere, from the key frame before, at exactly the picture asked for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from heatvid._canvas import Canvas
from heatvid._ffmpeg.program import find_ffmpeg
from heatvid._under.background import SelectedBackground
from heatvid._under.videos import VideoBackground
from heatvid._video.in_process_decoder import InProcessDecoder, Pictures
from heatvid._video.info import VideoInfo, probe
from heatvid._video.process_decoder import ProcessDecoder
from heatvid._video.seeking import REORDERED, jump_to, way_to
from tests.support.videos import Bytes, ffmpeg, one_to_one

FRAMES = 45
HEIGHT, WIDTH = 32, 48
SIZE = HEIGHT * WIDTH * 3 // 2
EVEN = ("-f", "lavfi", "-i", f"testsrc2=s={WIDTH}x{HEIGHT}:r=24000/1001")
# How they are encoded; whether decoding can begin at any key frame.
CLIPS: dict[str, tuple[tuple[str, ...], bool]] = {
    "reordered.mp4": (("libx264", "-bf", "3", "-g", "13"), True),
    "pyramid.mkv": (("libx264", "-bf", "8", "-g", "37", "-x264-params", "scenecut=0"), True),
    "late.mkv": (("libx264", "-bf", "2", "-g", "11", "-output_ts_offset", "7.3"), True),
    "one-group.mp4": (("libx264", "-g", "999"), True),
    "hevc.mp4": (("libx265", "-g", "11", "-x265-params", "log-level=none"), True),
    "hidden.webm": (("libvpx-vp9", "-cpu-used", "5", "-lag-in-frames", "16", "-g", "23"), True),
    "uneven.mp4": (("libx264", "-bf", "3", "-g", "7"), True),
    "open.mp4": (("libx264", "-bf", "5", "-g", "9", "-x264-params", "open-gop=1"), False),
    "refreshed.mp4": (
        ("libx264", "-frames:v", "75", "-g", "30", "-x264-params", "intra-refresh=1"),
        False,
    ),
    "no-index.avi": (("mpeg4", "-g", "9"), False),
}


@cache
def written(name: str) -> bytes:
    codec, _ = CLIPS[name]
    uneven = "select=not(between(mod(n\\,9)\\,3\\,5))," if name.startswith("uneven") else ""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        ffmpeg(*EVEN, "-vf", f"{uneven}format=yuv420p", *one_to_one(), "-frames:v", FRAMES,
               "-c:v", *codec, path)  # fmt: skip
        return path.read_bytes()


@pytest.fixture
def clip(request: pytest.FixtureRequest, tmp_path: Path) -> VideoInfo:
    path = tmp_path / request.param
    path.write_bytes(written(request.param))
    return probe(path)


every_clip = pytest.mark.parametrize("clip", CLIPS, indirect=True)
every_in_groups = pytest.mark.parametrize(
    "clip", [name for name, (_, in_groups) in CLIPS.items() if in_groups], indirect=True
)
varies = pytest.mark.filterwarnings("ignore:.*variable frame rate")


def decoded(decoder: ProcessDecoder | InProcessDecoder, count: int) -> Bytes:
    out = np.zeros((count, SIZE), np.uint8)
    try:
        assert decoder.read(out) == count
    finally:
        decoder.close()
    return out


def all_of(info: VideoInfo) -> Bytes:
    return decoded(ProcessDecoder(info, (), "yuv420p", SIZE, 0), info.frames)


@varies
@every_clip
def test_every_picture_is_found_in_this_process(clip: VideoInfo) -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    wanted = all_of(clip)
    for start in range(clip.frames):
        count = min(4, clip.frames - start)
        got = decoded(InProcessDecoder(clip, SIZE, start), count)
        np.testing.assert_array_equal(got, wanted[start : start + count], err_msg=str(start))


@varies
@every_clip
@pytest.mark.parametrize("start", [REORDERED + 1, 30, 56])
def test_pictures_are_found_by_a_process(clip: VideoInfo, start: int) -> None:
    start = min(start, clip.frames - 1)
    got = decoded(ProcessDecoder(clip, (), "yuv420p", SIZE, start), clip.frames - start)
    np.testing.assert_array_equal(got, all_of(clip)[start:])


@varies
@every_in_groups
def test_what_comes_before_the_key_frame_is_left_out_by_a_process(clip: VideoInfo) -> None:
    ways = [way_to(find_ffmpeg(), clip, at) for at in (0, REORDERED, clip.frames - 1)]
    assert [way.options for way in ways[:2]] == [(), ()], "nothing is won so near the beginning"
    assert "-ss" in ways[2].options


@varies
@every_in_groups
def test_what_comes_before_the_key_frame_is_left_out_in_this_process(clip: VideoInfo) -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    jump = jump_to(clip, clip.frames - 1)
    assert jump is not None
    pictures = Pictures(clip.path)
    found = pictures.go_to(jump)
    pictures.close()
    assert found


@pytest.mark.parametrize("clip", ["reordered.mp4"], indirect=True)
@pytest.mark.parametrize("decoder", ["any", "ffmpeg"])
def test_a_part_of_a_background_begins_at_its_first_picture(
    clip: VideoInfo, decoder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATVID_DECODER", decoder)
    canvas = Canvas("rgb24", HEIGHT, WIDTH)
    whole, part = VideoBackground(clip.path), VideoBackground(clip.path)
    selected = SelectedBackground(SelectedBackground(part, range(1, FRAMES, 2)), range(13, 20))
    wanted = np.empty((FRAMES, canvas.frame_bytes), np.uint8)
    got = np.empty((7, canvas.frame_bytes), np.uint8)
    backgrounds: Any = (whole, wanted), (selected, got)
    for background, out in backgrounds:
        background.start(canvas)
        background.read(0, out)
        background.close()
    np.testing.assert_array_equal(got, wanted[27:41:2])
