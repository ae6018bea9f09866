"""Videos decoded in this process are what an ffmpeg of its own gives, in pictures and in words."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from heatvid._canvas import Canvas
from heatvid._errors import SourceError
from heatvid._under.videos import VideoBackground
from heatvid._video import in_process_decoder
from heatvid._video.in_process_decoder import InProcessDecoder, Pictures
from heatvid._video.info import VideoInfo, probe
from heatvid._video.process_decoder import ProcessDecoder
from heatvid._video.reader import VideoReader
from tests.support.videos import Bytes, ffmpeg, turned

av = pytest.importorskip("av", reason="PyAV is not installed")

FRAMES = 30
KINDS = {
    "h264.mp4": ["libx264", "-bf", "3"],
    "h264.mkv": ["libx264", "-preset", "ultrafast"],
    "vp9.webm": ["libvpx-vp9", "-deadline", "realtime"],
    "mpeg4.avi": ["mpeg4"],
}


def clip(path: Path, codec: list[str], size: str = "160x90") -> VideoInfo:
    path.write_bytes(_clip(path.suffix, *codec, size=size))
    return probe(path)


@cache
def _clip(suffix: str, *codec: str, size: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"x{suffix}"
        ffmpeg(
            *("-f", "lavfi", "-i", f"testsrc2=s={size}:r=25", "-frames:v", FRAMES),
            *("-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"),
            *("-c:v", *codec, "-colorspace", "bt709", "-color_range", "tv", path),
        )
        return path.read_bytes()


def frame_bytes(info: VideoInfo) -> int:
    return info.height * info.width + 2 * ((info.height + 1) // 2) * ((info.width + 1) // 2)


def decode(
    info: VideoInfo, in_process: bool, start: int = 0
) -> tuple[Bytes, InProcessDecoder | ProcessDecoder]:
    size = frame_bytes(info)
    decoder: InProcessDecoder | ProcessDecoder
    if in_process:
        decoder = InProcessDecoder(info, size, start)
    else:
        decoder = ProcessDecoder(info, (), info.pixel_format, size, start)
    out = np.full((info.frames + 1, size), 0xAA, np.uint8)
    try:
        got = decoder.read(out[:7])
        got += decoder.read(out[7:])
    finally:
        decoder.close()
    assert (out[got:] == 0xAA).all()
    return out[:got], decoder


@pytest.mark.parametrize("kind", KINDS)
def test_planes_are_those_of_the_process(tmp_path: Path, kind: str) -> None:
    info = clip(tmp_path / kind, KINDS[kind])
    for start in (0, 11):
        wanted, _ = decode(info, in_process=False, start=start)
        got, decoder = decode(info, in_process=True, start=start)
        assert len(wanted) == FRAMES - start
        np.testing.assert_array_equal(got, wanted)
        assert decoder._other is None, "an ordinary video was handed over"  # type: ignore[union-attr]


def test_odd_sizes_have_their_planes(tmp_path: Path) -> None:
    raw = np.random.default_rng(0).integers(0, 256, (FRAMES, 23 * 35 + 2 * 12 * 18), np.uint8)
    (tmp_path / "raw").write_bytes(raw.tobytes())
    ffmpeg(
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "35x23", "-i", tmp_path / "raw"),
        *("-c:v", "ffv1", tmp_path / "odd.mkv"),
    )
    info = probe(tmp_path / "odd.mkv")
    assert (info.height, info.width, info.frames) == (23, 35, FRAMES)
    got, decoder = decode(info, in_process=True)
    np.testing.assert_array_equal(got, raw)
    assert decoder._other is None  # type: ignore[union-attr]


def test_damage_is_told_in_the_words_of_ffmpeg(tmp_path: Path) -> None:
    path = tmp_path / "h264.mp4"
    clip(path, KINDS["h264.mp4"])
    data = path.read_bytes()
    refused = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        damaged = bytearray(data)
        place = int(rng.integers(3000, len(data) - 4000))
        damaged[place : place + 30] = rng.bytes(30)
        path.write_bytes(damaged)
        try:
            info = probe(path)
        except SourceError:
            continue
        outcomes = []
        for in_process in (False, True):
            try:
                outcomes.append(decode(info, in_process)[0].tobytes())
            except SourceError as error:
                refused += in_process
                outcomes.append(str(error).split(" after ")[0].encode())
        assert outcomes[0] == outcomes[1]
    assert refused


def test_a_file_that_shrank_is_an_error(tmp_path: Path) -> None:
    info = clip(tmp_path / "x.mkv", KINDS["h264.mkv"])
    data = (tmp_path / "x.mkv").read_bytes()
    (tmp_path / "x.mkv").write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError, match=r"x\.mkv: is damaged, or was cut after \d+ of 30 frames"):
        decode(info, in_process=True)


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    info = clip(tmp_path / "x.mp4", KINDS["h264.mp4"])
    (tmp_path / "x.mp4").unlink()
    with pytest.raises(SourceError, match="No such file"):
        decode(info, in_process=True)


def test_a_rotated_video_is_left_to_ffmpeg(tmp_path: Path) -> None:
    clip(tmp_path / "x.mp4", KINDS["h264.mp4"], size="96x96")
    info = probe(turned(tmp_path / "x.mp4"))
    wanted, _ = decode(info, in_process=False)
    got, decoder = decode(info, in_process=True)
    np.testing.assert_array_equal(got, wanted)
    upright, _ = decode(probe(tmp_path / "x.mp4"), in_process=True)
    assert (got[0] != upright[0]).any()
    assert decoder._other is not None  # type: ignore[union-attr]


def test_the_first_picture_has_the_size_unless_it_is_rotated(tmp_path: Path) -> None:
    info = clip(tmp_path / "x.mp4", KINDS["h264.mp4"])
    assert size_of(tmp_path / "x.mp4") == (info.height, info.width) == (90, 160)
    assert size_of(turned(tmp_path / "x.mp4")) is None


def size_of(path: Path) -> tuple[int, int] | None:
    pictures = Pictures(str(path))
    pictures.close()
    pictures.close()
    assert pictures.next() is None
    return pictures.size


def test_what_has_no_pictures_has_no_size(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", tmp_path / "sound.mp4")
    (tmp_path / "text.mp4").write_text("no video")
    for name in ("sound.mp4", "text.mp4", "none.mp4"):
        assert size_of(tmp_path / name) is None


@pytest.mark.parametrize("skipped", [0, 1, 5, FRAMES - 1])
def test_pictures_are_skipped_from_the_first_on(tmp_path: Path, skipped: int) -> None:
    info = clip(tmp_path / "x.mp4", KINDS["h264.mp4"])
    wanted, _ = decode(info, in_process=False)
    pictures = Pictures(info.path)
    picture = pictures.next(skipped)
    assert picture is not None
    luma = np.frombuffer(picture.planes[0], np.uint8).reshape(90, -1)[:, :160]
    np.testing.assert_array_equal(luma, wanted[skipped, : 90 * 160].reshape(90, 160))
    for _ in range(FRAMES - 1 - skipped):
        assert pictures.next() is not None
    assert pictures.next() is None
    pictures.close()


@pytest.mark.parametrize("kind", ["plain", "turned", "scaled", "damaged", "sound", "codec"])
def test_a_background_is_the_same_with_either_decoder(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.mp4"
    info = clip(path, KINDS["h264.mp4"])
    canvas = Canvas("yuv420p", info.height, info.width)
    if kind == "turned":
        path, canvas = turned(path), Canvas("yuv420p", info.width, info.height)
    elif kind == "scaled":
        canvas = Canvas("yuv420p", 72, 128)
    elif kind == "damaged":  # from the first picture on
        data = path.read_bytes()
        begin = data.index(b"mdat") + 700
        path.write_bytes(data[:begin] + bytes(3000) + data[begin + 3000 :])
    elif kind == "codec":  # of a name that no decoder has
        path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    elif kind == "sound":
        path = tmp_path / "sound.mp4"
        ffmpeg("-f", "lavfi", "-i", "sine=d=1", path)
    outcomes = []
    for decoder in ("ffmpeg", "any"):
        monkeypatch.setenv(in_process_decoder.DECODER, decoder)
        try:
            background = VideoBackground(str(path))
            background.start(canvas)
            out = np.empty((FRAMES, canvas.frame_bytes), np.uint8)
            background.read(0, out)
            background.close()
            outcomes.append(out.tobytes())
        except SourceError as error:  # ffmpeg's words come in any order, from its threads
            outcomes.append(re.split(" after | end: ", str(error))[0].encode())
    assert outcomes[0] == outcomes[1]


def test_a_background_that_is_never_read_is_closed(tmp_path: Path) -> None:
    clip(tmp_path / "x.mp4", KINDS["h264.mp4"])
    background = VideoBackground(str(tmp_path / "x.mp4"))
    pictures = background._pictures
    assert pictures is not None
    background.close()
    assert pictures.next() is None


def test_reading_after_closing_is_an_error(tmp_path: Path) -> None:
    info = clip(tmp_path / "x.mp4", KINDS["h264.mp4"])
    decoder = InProcessDecoder(info, frame_bytes(info), 0)
    out = np.empty((3, frame_bytes(info)), np.uint8)
    assert decoder.read(out) == 3
    decoder.close()
    decoder.close()
    with pytest.raises(SourceError, match="the video is closed"):
        decoder.read(out)


def test_what_is_converted_or_unwanted_is_left_to_ffmpeg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = clip(tmp_path / "x.mp4", KINDS["h264.mp4"])

    def chosen(canvas: Canvas) -> type:
        reader = VideoReader(info, canvas)
        reader.close()
        return type(reader._decoder)

    same = Canvas("yuv420p", info.height, info.width)
    assert chosen(same) is InProcessDecoder
    assert chosen(Canvas("yuv420p", info.height, info.width, "pc")) is ProcessDecoder
    assert chosen(Canvas("yuv420p", 72, 128)) is ProcessDecoder
    assert chosen(Canvas("rgb24", info.height, info.width)) is ProcessDecoder
    monkeypatch.setenv(in_process_decoder.DECODER, "ffmpeg")
    assert chosen(same) is ProcessDecoder
    monkeypatch.delenv(in_process_decoder.DECODER)
    monkeypatch.setattr(in_process_decoder, "missing", lambda: "PyAV is not installed")
    assert chosen(same) is ProcessDecoder


@pytest.mark.parametrize("text", ["raise ImportError('needs\\nNumPy 2.3')", ""])
def test_a_broken_pyav_is_done_without(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "av.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "av"]:
        monkeypatch.delitem(sys.modules, name)
    in_process_decoder.missing.cache_clear()
    try:
        lacking = in_process_decoder.missing()
        assert not in_process_decoder.can_decode()
    finally:
        in_process_decoder.missing.cache_clear()
    assert lacking is not None
    assert lacking.startswith("PyAV cannot be imported (")
    assert "\n" not in lacking
