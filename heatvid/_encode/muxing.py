"""Sound beside finished pictures: copied where that keeps its times, else encoded anew.

It is a step of its own, once the pictures are whole. The encoder then has one input, which ends
when it ends, and how long the sound has to be is known; and what fails here is told apart.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from fractions import Fraction

from heatvid._encode.containers import CONTAINERS
from heatvid._encode.settings import OutputSettings
from heatvid._encode.steps import StepError
from heatvid._errors import SourceError
from heatvid._ffmpeg.process import Completed, run
from heatvid._ffmpeg.program import ffmpeg_version, file_url
from heatvid._reasons import DISK_WORDS
from heatvid._video.info import input_arguments
from heatvid._video.sound import Sound, first_picture, first_sound

_MILLISECOND = Fraction(1, 1000)  # the unit of Matroska and WebM
_LOSSLESS = ("pcm", "flac", "alac")
_ENCODERS = {
    "aac": ("aac", "-b:a", "192k"),
    "opus": ("libopus", "-b:a", "160k"),
}
# libopus refuses others, that of AC-3 among them; each is mixed to the nearest.
_LAYOUTS = "aformat=channel_layouts=7.1|6.1|5.1|5.0|quad|3.0|stereo|mono"
_SLOW = 10  # seconds of sound that are encoded in one


def add_sound(
    exe: str, settings: OutputSettings, pictures: str, frames: int, *, patience_seconds: float,
    out: str,
) -> str:  # fmt: skip
    """Write pictures and their sound to ``out``; return what became of the sound, in words.

    Where sound is shorter than the pictures it ends before them, where it is longer it ends with
    them.

    Raises
    ------
    StepError
        ffmpeg failed.
    TimeoutError
        It did not end in time.
    """
    sound = settings.sound
    assert sound is not None
    seconds = frames / settings.fps
    allowed = patience_seconds + float(seconds + sound.at) / _SLOW
    for words, arguments in _ways(exe, settings, sound, seconds):
        copied = "copy" in arguments
        done = run(
            [exe, *_inputs(exe, pictures, sound, copied), *arguments, *_muxer(settings, out)],
            timeout_seconds=allowed,
        )
        if not _failed(done) and (not copied or _keeps_time(out, sound)):
            return words
    raise StepError(done.returncode, _said(done))


def _ways(
    exe: str, settings: OutputSettings, sound: Sound, seconds: Fraction
) -> Iterator[tuple[str, Sequence[str]]]:
    """What can be done with the sound, by preference: in words, and ffmpeg's arguments."""
    container = CONTAINERS[settings.suffix]
    family = sound.codec.partition("_")[0]  # pcm_s16le and the like
    taken = family in container.sounds
    cut = sound.starts < -_tolerance(sound) or seconds < sound.seconds
    if taken and not cut:
        yield sound.codec, ("-c:a", "copy", "-t", f"{float(seconds):.6f}")
    filters = ["-af", _exactly(sound, seconds)]
    if taken and family in _LOSSLESS:
        yield sound.codec, [*filters, "-c:a", sound.codec]
    codec = container.sounds[0]
    if codec == "opus":
        filters[1] += f",{_LAYOUTS}"
    yield f"{codec}, encoded anew", [*filters, "-c:a", *_ENCODERS[codec]]


def _exactly(sound: Sound, seconds: Fraction) -> str:
    """Filters that begin with the picture and end with the last, to the sample.

    Silence stands where there is no sound; gaps of the file's times are kept.
    """
    begin, count = round(sound.at * sound.rate), round(seconds * sound.rate)
    return (
        f"aresample=async=1:min_comp=0.000001:first_pts={begin},asetpts=N/SR/TB,"
        f"apad=whole_len={count},atrim=end_sample={count}"
    )


def _inputs(exe: str, pictures: str, sound: Sound, copied: bool) -> list[str]:
    """Read both by their files' own clocks, that of copied sound set by the picture's."""
    shift = ["-itsoffset", f"{-float(sound.at):.6f}"] if copied and sound.at else []
    return [
        *("-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-copyts"),
        *("-i", file_url(pictures), *shift, *input_arguments(sound.path, ffmpeg_version(exe))),
        *("-map", "0:v:0", "-map", "1:a:0", "-map_metadata", "0", "-map_chapters", "-1"),
        *("-c:v", "copy"),
    ]


def _muxer(settings: OutputSettings, out: str) -> list[str]:
    return [*CONTAINERS[settings.suffix].options, "-y", file_url(out)]


def _keeps_time(out: str, sound: Sound) -> bool:
    """Whether copied sound is heard when it was, which depends on containers and versions."""
    with contextlib.suppress(SourceError):
        begin, heard = first_picture(out), first_sound(out)
        if heard is None or begin.seconds != 0:
            return False
        late, most = heard.seconds - sound.starts, _tolerance(sound, begin.base)
        return abs(late) <= most and abs(heard.duration - sound.frame) <= most * sound.rate
    return False


def _tolerance(sound: Sound, clock: Fraction = Fraction(0)) -> Fraction:
    """Seconds that times may be off by: half a sample, or the milliseconds of a container."""
    coarse = max(sound.clock, clock) >= _MILLISECOND
    return _MILLISECOND if coarse else Fraction(1, 2 * sound.rate)


def _failed(done: Completed) -> bool:
    """Whether it says so; 4.2 exits with 0 where the disk is full."""
    return done.returncode != 0 or any(word in _said(done) for word in DISK_WORDS)


def _said(done: Completed) -> str:
    return done.stderr.decode(errors="replace")
