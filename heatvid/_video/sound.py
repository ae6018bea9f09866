"""The sound of a video: which codec it has, and when it begins beside the pictures."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fractions import Fraction

from heatvid._errors import AnyPath, SourceError, called
from heatvid._ffmpeg.messages import last_words
from heatvid._ffmpeg.program import ffmpeg_version, find_ffmpeg, passthrough
from heatvid._video.info import VideoInfo, ask_ffmpeg, parse_framecrc, split_log


@dataclass(frozen=True)
class Sound:
    """The sound that goes with a video's pictures, from one of them on.

    Attributes
    ----------
    path : str
        The video.
    codec : str
        ffmpeg's name of it.
    rate : int
        Samples a second.
    at : Fraction
        When the picture is shown, in seconds of the file's own clock.
    starts : Fraction
        When the first sample is heard, in seconds after the picture; less than 0 before it.
    seconds : Fraction
        How long the pictures from there on are shown.
    clock : Fraction
        Seconds of a unit of the file's clock.
    frame : int
        Samples that are decoded first.
    """

    path: str
    codec: str
    rate: int
    at: Fraction
    starts: Fraction
    seconds: Fraction
    clock: Fraction
    frame: int


@dataclass(frozen=True)
class Start:
    """What is decoded first of a stream.

    Attributes
    ----------
    codec : str
        ffmpeg's name of it.
    seconds : Fraction
        When it is shown or heard, by the file's own clock.
    base : Fraction
        Seconds of a unit of time: of sound those of a sample.
    duration : int
        In these units.
    """

    codec: str
    seconds: Fraction
    base: Fraction
    duration: int


def find_sound(info: VideoInfo, picture: int = 0) -> Sound | None:
    """Find the sound of a video from a picture on; None where there is none.

    Raises
    ------
    SourceError
        It cannot be decoded.
    """
    sound = first_sound(info.path)
    if sound is None:
        return None
    first = first_picture(info.path)
    shown = first.seconds + info.seconds_to(picture)
    return Sound(
        path=info.path,
        codec=sound.codec,
        rate=round(1 / sound.base),
        at=shown,
        starts=sound.seconds - shown,
        seconds=(info.frames - picture) / info.fps,
        clock=first.base,
        frame=sound.duration,
    )


def first_picture(path: AnyPath) -> Start:
    """When the first picture is shown."""
    version = ffmpeg_version(find_ffmpeg())
    own_units = ("-enc_time_base", "demux" if version >= (7,) else "-1")
    start = _first(path, "0:V:0", [*passthrough(version), "-c:v", "wrapped_avframe", *own_units])
    if start is None:
        raise SourceError(f"{called(path)}: holds no video; a file with a video is needed")
    return start


def first_sound(path: AnyPath) -> Start | None:
    """When the first sample is heard; None where there is no sound."""
    return _first(path, "0:a:0", [])


def _first(path: AnyPath, stream: str, encoding: list[str]) -> Start | None:
    """Decode the beginning of a stream.

    By the file's own clock: without ``-copyts`` zero is where the first of all streams begins, or
    of those that are used.
    """
    name = called(path)
    done = ask_ffmpeg(path, name, os.stat(path).st_size, [
        *("-map", stream, *encoding, "-frames", "1", "-f", "framecrc", "-"),
    ], options=["-copyts"])  # fmt: skip
    log, errors = split_log(done.stderr.decode(errors="replace"))
    if "matches no streams" in errors:
        return None
    base, frames = parse_framecrc(done.stdout)
    codec = re.search(r"^  Stream #0:\d+ -> #0:0 \((\w+)", log, re.MULTILINE)
    if done.returncode or not frames or codec is None:
        words = last_words(errors) or "ffmpeg gives nothing of it"
        what = "sound" if ":a" in stream else "first picture"
        raise SourceError(f"{name}: its {what} cannot be decoded: {words}")
    return Start(codec[1], frames[0].pts * base, base, frames[0].duration)
