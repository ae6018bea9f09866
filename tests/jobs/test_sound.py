"""The background's sound is in the output where it was beside the pictures, to the sample."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._errors import OptionError, SourceError
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import ffmpeg_version, find_ffmpeg
from heatvid._video.info import probe
from heatvid._video.sound import first_picture, first_sound
from tests.support.clicks import FPS, clicks, heard, video_with_clicks, without_its_beginning
from tests.support.lines import clear_line
from tests.support.videos import ffmpeg, fps_of, one_to_one, only

QUICK: dict[str, Any] = {"vmin": 0, "vmax": 1, "preset": "ultrafast", "audio": True}
SOURCES = {
    "aac": (".mp4", "aac"),
    "mp3": (".mp4", "libmp3lame"),
    "opus": (".mp4", "libopus"),
    "pcm": (".mov", "pcm_s16le"),
}
RATES = {"opus": 48000}
MOVED = "FFmpeg 4.2 moves pictures beside Opus in Matroska by its delay, 7 ms"


def is_moved(suffix: str, codec: str) -> bool:
    """Whether this ffmpeg begins the pictures late."""
    sounds = {".webm": SOURCES, ".mkv": {"aac", "mp3", "opus"}}
    return ffmpeg_version(find_ffmpeg()) < (5,) and codec in sounds.get(suffix, ())


def source(folder: Path, codec: str, **options: Any) -> Path:
    suffix, encoder = SOURCES[codec]
    return video_with_clicks(folder / f"source{suffix}", encoder, **options)


def render(background: Path, output: Path, count: int, **options: Any) -> heatvid.RenderResult:
    field = np.zeros((count, 24, 32), np.float32)
    return heatvid.render(field, output, background=background, **{**QUICK, **options})


def codec_of(path: Path) -> str:
    start = first_sound(path)
    assert start is not None
    return start.codec


def demand_in_step(background: Path, first: int, output: Path, count: int, rate: int) -> None:
    """Demand the clicks of ``count`` pictures from ``first`` on, each at its sample."""
    at = first_picture(background).seconds + Fraction(first, FPS)
    end = round(Fraction(count, FPS) * rate)
    wanted = [place for place in clicks(heard(background, at, rate=rate)) if place < end - 40]
    assert len(wanted) >= 2
    assert clicks(heard(output, rate=rate))[: len(wanted)] == wanted
    assert first_picture(output).seconds == 0
    assert probe(output).frames == count


# --- times -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("codec", SOURCES)
def test_whole_sound_is_where_it_was(tmp_path: Path, codec: str, suffix: str) -> None:
    if is_moved(suffix, codec):
        pytest.skip(MOVED)
    background = source(tmp_path, codec)
    result = render(background, tmp_path / f"out{suffix}", 120)
    demand_in_step(background, 0, result.path, 120, RATES.get(codec, 44100))


@pytest.mark.parametrize("codec", SOURCES)
def test_a_cut_of_the_pictures_cuts_the_sound_at_the_same_sample(
    tmp_path: Path, codec: str
) -> None:
    background = source(tmp_path, codec)
    out = tmp_path / "out.mp4"
    render(background, out, 70, background_frames="10:80")
    rate = RATES.get(codec, 44100)
    demand_in_step(background, 10, out, 70, rate)
    assert heard(out, rate=rate).size == pytest.approx(70 * rate // FPS, abs=1024)


@pytest.mark.parametrize("codec", SOURCES)
@pytest.mark.parametrize("late", [{"late": 0.517}, {"picture_late": 0.31}], ids=str)
def test_what_begins_late_stays_late(tmp_path: Path, codec: str, late: dict[str, float]) -> None:
    background = source(tmp_path, codec, **late)
    out = tmp_path / "out.mp4"
    render(background, out, 120)
    demand_in_step(background, 0, out, 120, RATES.get(codec, 44100))


@pytest.mark.parametrize("codec", SOURCES)
def test_what_an_edit_list_hides_is_not_heard(tmp_path: Path, codec: str) -> None:
    background = without_its_beginning(source(tmp_path, codec), 1.2345)
    count = probe(background).frames
    out = tmp_path / "out.mp4"
    render(background, out, count)
    demand_in_step(background, 0, out, count, RATES.get(codec, 44100))
    render(background, out, count - 20, background_frames="12:-8", overwrite=True)
    demand_in_step(background, 12, out, count - 20, RATES.get(codec, 44100))


def test_pcm_in_mov_is_the_same_bytes_cut_or_not(tmp_path: Path) -> None:
    background = source(tmp_path, "pcm")
    out = tmp_path / "out.mov"
    whole = heard(background)
    assert render(background, out, 120).sound == "pcm_s16le"
    np.testing.assert_array_equal(heard(out), whole)
    assert render(background, out, 60, background_frames="30:90", overwrite=True).sound
    assert codec_of(out) == "pcm_s16le"
    np.testing.assert_array_equal(heard(out), whole[44100 : 3 * 44100])


def test_frames_of_both_cut_the_sound_with_the_field(tmp_path: Path) -> None:
    background = source(tmp_path, "aac")
    out = tmp_path / "out.mp4"
    render(background, out, 120, frames="10:80")
    demand_in_step(background, 10, out, 70, 44100)


@pytest.mark.filterwarnings("ignore:.*variable frame rate")
def test_of_a_variable_rate_the_sound_begins_with_the_first_picture_that_is_taken(
    tmp_path: Path,
) -> None:
    whole, background = source(tmp_path, "aac"), tmp_path / "varies.mp4"
    late = "setpts='if(lt(N,30),N/30,(N+15)/30)/TB'"  # half a second is missing
    ffmpeg("-i", whole, "-vf", late, *one_to_one(), "-video_track_timescale", 15360, "-c:a", "copy",
           background)  # fmt: skip
    out = tmp_path / "out.mp4"
    render(background, out, 60, background_frames="40:100", preset="ultrafast")
    begin = 55 * 44100 // 30
    wanted = [place - begin for place in clicks(heard(background)) if place >= begin]
    assert clicks(heard(out))[0] == wanted[0]


def test_every_second_picture_at_half_the_rate_keeps_the_sound(tmp_path: Path) -> None:
    background = source(tmp_path, "aac")
    out = tmp_path / "out.mp4"
    assert render(background, out, 120, frames="::2").frames == 60
    assert fps_of(out) == 15
    assert clicks(heard(out)) == clicks(heard(background))


# --- lengths -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [1, 9])
def test_sound_of_another_length_leaves_the_pictures_whole(tmp_path: Path, seconds: float) -> None:
    background = source(tmp_path, "aac", frames=60, seconds=seconds)
    out = tmp_path / "out.mp4"
    render(background, out, 60)
    assert probe(out).frames == 60
    assert heard(out).size / 44100 == pytest.approx(min(seconds, 2), abs=0.05)


def test_a_cut_that_has_no_sound_is_silent(tmp_path: Path) -> None:
    background = source(tmp_path, "aac", seconds=1)
    out = tmp_path / "out.mp4"
    render(background, out, 30, background_frames="60:90")
    samples = heard(out)
    assert samples.size >= 44100
    assert np.abs(samples).max() < 100


def test_the_writer_keeps_the_sound_of_what_was_written(tmp_path: Path) -> None:
    background = source(tmp_path, "aac")
    out = tmp_path / "out.mp4"
    with heatvid.VideoWriter(out, background=background, background_frames=":45", **QUICK) as video:
        for _ in range(45):
            video.write(np.zeros((24, 32), np.float32))
    demand_in_step(background, 0, out, 45, 44100)


# --- codecs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "suffix", "options", "sound"),
    [
        ("aac", ".mp4", {}, "aac"),
        ("aac", ".webm", {}, "opus, encoded anew"),
        ("aac", ".mp4", {"background_frames": ":60"}, "aac, encoded anew"),
        ("opus", ".webm", {}, "opus"),
        ("opus", ".mov", {}, "aac, encoded anew"),
        ("mp3", ".mp4", {}, "mp3"),
        ("pcm", ".mp4", {}, "aac, encoded anew"),
        ("pcm", ".mkv", {"background_frames": ":60"}, "pcm_s16le"),
    ],
)
def test_sound_is_copied_where_the_container_takes_it_whole(
    tmp_path: Path, codec: str, suffix: str, options: dict[str, Any], sound: str
) -> None:
    if sound == "opus" and is_moved(suffix, codec):
        pytest.skip(MOVED)
    background = source(tmp_path, codec)
    count = 60 if options else 120
    result = render(background, tmp_path / f"out{suffix}", count, **options)
    assert result.sound == sound
    assert f"; sound {sound}" in str(result).replace(", sound", "; sound")
    assert codec_of(result.path) == sound.split(",")[0]


def test_the_pictures_are_those_without_sound(tmp_path: Path) -> None:
    background = source(tmp_path, "aac")
    for suffix, codec in ((".mp4", "hevc"), (".mkv", None), (".webm", None)):
        described = []
        for name in ("silent", "heard"):
            out = tmp_path / f"{name}{suffix}"
            render(background, out, 120, codec=codec, audio=name == "heard")
            log = run([find_ffmpeg(), "-i", str(out)], timeout_seconds=60).stderr.decode()
            video = re.search(r"Video: ([^\n]*?), (?:\d+ kb/s, )?([\d.]+ fps)", log)
            assert video is not None
            frames = ffmpeg("-i", out, "-map", "0:v", "-f", "framemd5", "-").decode()
            described.append((video.groups(), re.findall(r"^0,.*", frames, re.MULTILINE)))
        assert described[0] == described[1]


# --- what there is no sound for ----------------------------------------------------------------


def test_another_rate_leaves_the_sound_out_with_a_word(tmp_path: Path) -> None:
    background = source(tmp_path, "aac")
    with pytest.warns(UserWarning, match="audio: .*shown at 60 frames a second instead of 30"):
        result = render(background, tmp_path / "out.mp4", 120, fps=60)
    assert result.sound is None
    assert first_sound(result.path) is None


def test_a_video_without_sound_is_told_once(tmp_path: Path) -> None:
    background = tmp_path / "silent.mp4"
    ffmpeg("-i", source(tmp_path, "aac"), "-an", "-c", "copy", background)
    with pytest.warns(UserWarning, match="audio: .*silent.mp4 has no sound") as told:
        result = render(background, tmp_path / "out.mp4", 120)
    assert len(told) == 1
    assert first_sound(result.path) is None


def test_what_has_no_sound_at_all_is_refused(tmp_path: Path) -> None:
    field = np.zeros((3, 24, 32), np.float32)
    for options, words in (
        ({}, "with background="),
        ({"background": "red"}, "over a colour; allowed over a video"),
        ({"background": np.zeros((3, 24, 32, 3), np.uint8)}, "allowed over a video"),
    ):
        with pytest.raises(OptionError, match=words) as error:
            heatvid.render(field, tmp_path / "out.mp4", **{**QUICK, **options})
        clear_line(error.value, "audio: got True")
    background = source(tmp_path, "aac")
    with pytest.raises(OptionError, match=r"audio: got True in \.png; allowed in \.mp4"):
        render(background, tmp_path / "%d.png", 120)
    assert only(tmp_path) == ["source.mp4"]


@pytest.mark.filterwarnings("ignore:.*variable frame rate")  # of milliseconds, to FFmpeg 4.2
def test_sound_that_cannot_be_decoded_is_told_before_anything_is_written(tmp_path: Path) -> None:
    background = video_with_clicks(tmp_path / "source.mkv", "aac")
    background.write_bytes(background.read_bytes().replace(b"A_AAC", b"A_XYZ"))
    with pytest.raises(SourceError, match="its sound cannot be decoded") as error:
        render(background, tmp_path / "out.mp4", 120)
    clear_line(error.value, str(background))
    assert only(tmp_path) == ["source.mkv"]
