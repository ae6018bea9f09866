"""Parts of a video, encoded apart, become one file without being encoded again.

Parts are .mp4 (or .mov), whose times are exact; those of Matroska are whole milliseconds, which add
up. How long each is told to the join as well, so that nothing is rounded twice.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import NamedTuple

from heatvid._encode.arguments import tag_options
from heatvid._encode.codecs import Codec
from heatvid._encode.containers import CONTAINERS
from heatvid._encode.muxing import add_sound
from heatvid._encode.output_file import OutputFile
from heatvid._encode.output_stream import Stream
from heatvid._encode.settings import OutputSettings
from heatvid._encode.steps import StepError, take
from heatvid._errors import EncoderError, OptionError, called
from heatvid._ffmpeg.process import Completed, run, stall_seconds
from heatvid._ffmpeg.program import file_url, usable_ffmpeg
from heatvid._reasons import DISK_WORDS
from heatvid._video.info import parse_framecrc

FEWEST = 4  # frames of a part: players lose some of those that are shorter than the order changes
_JOINED = (".mp4", ".m4v", ".mov", ".mkv", ".webm")
_BYTES_PER_SECOND = 10e6  # a slow disk
_MILLISECOND = Fraction(1, 1000)


class Part(NamedTuple):
    """A part of a video: a file's name in the folder of all, and its frames."""

    name: str
    frames: int


def demand_joinable(settings: OutputSettings) -> None:
    """Refuse outputs that are not made of parts.

    Raises
    ------
    OptionError
        It is one.
    """
    if settings.suffix not in _JOINED or isinstance(settings.output, Stream):
        what = "a file object" if isinstance(settings.output, Stream) else settings.suffix
        raise OptionError(
            f"segments: got {what} as the output; allowed are files in {', '.join(_JOINED)}"
        )
    if settings.canvas.has_alpha and settings.suffix == ".webm":
        raise OptionError(
            "segments: .webm keeps its alpha beside the frames, and parts lose it; allowed with "
            "transparent is .mov"
        )


def join(
    settings: OutputSettings,
    codec: Codec,
    parts: Sequence[Part],
    output: OutputFile,
) -> str | None:
    """Join parts, add the sound, and give the output its name.

    Parameters
    ----------
    settings : OutputSettings
        Of the whole.
    codec : Codec
        That of all parts.
    parts : sequence of Part
        In order, in the folder of the output's parts.
    output : OutputFile

    Returns
    -------
    str or None
        What became of the sound, in words.

    Raises
    ------
    EncoderError
        A part is gone, ffmpeg failed, or what it made is not whole; the output is given up.
    """
    size = sum(_size(os.path.join(output.parts, part.name)) for part in parts)
    patience = stall_seconds() + 2 * size / _BYTES_PER_SECOND
    try:
        sound = _joined(settings, codec, parts, output, patience)
    except EncoderError as error:
        output.discard()
        raise EncoderError(f"{called(settings.output)}: {error}") from error
    output.commit()
    return sound


def _joined(
    settings: OutputSettings,
    codec: Codec,
    parts: Sequence[Part],
    output: OutputFile,
    patience: float,
) -> str | None:
    """Join parts and add the sound under a hidden name; what became of the sound."""
    exe, folder = usable_ffmpeg(), output.parts
    frames = sum(part.frames for part in parts)
    pictures = output.temporary if settings.sound is None else output.scratch
    command = [exe, *_arguments(settings, codec, _listed(settings, parts, folder), pictures)]
    take("joining segments", "as segments were joined", lambda: _run(command, folder, patience))
    sound = None
    if settings.sound is not None:
        sound = take(
            "adding the sound", "as the sound was added",
            lambda: add_sound(exe, settings, pictures, frames, patience_seconds=patience,
                              out=output.temporary),
        )  # fmt: skip
    _demand_times(exe, settings, output.temporary, frames, patience)
    return sound


def _size(path: str) -> int:
    with contextlib.suppress(OSError):
        return os.stat(path).st_size
    return 0


def _listed(settings: OutputSettings, parts: Sequence[Part], folder: str) -> str:
    """Write the list that ffmpeg joins by; its name in the folder.

    Each part begins at its time rounded to microseconds, ffmpeg's unit.
    """
    ends = accumulate((part.frames for part in parts), initial=0)
    begins = [round(frames / settings.fps * 1_000_000) for frames in ends]
    lines = ["ffconcat version 1.0"]
    for part, (begin, end) in zip(parts, pairwise(begins), strict=True):
        lines += [f"file '{part.name}'", f"duration {(end - begin) / 1e6:.6f}"]
    name = "parts.ffconcat"
    with open(os.path.join(folder, name), "w", encoding="ascii") as file:
        file.write("\n".join([*lines, ""]))
    return name


def _arguments(settings: OutputSettings, codec: Codec, listed: str, out: str) -> list[str]:
    tag = codec.options[:2] if codec.options[:1] == ("-tag:v",) else ()
    return [
        *("-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-xerror"),
        *("-protocol_whitelist", "file,pipe", "-f", "concat", "-i", listed),
        *("-map", "0:v:0", "-c", "copy", *tag, *tag_options(settings.canvas)),
        *(("-metadata", f"comment={settings.comment}") if settings.comment else ()),
        *CONTAINERS[settings.suffix].options,
        *("-y", file_url(out)),
    ]


def _run(command: Sequence[str], folder: str, patience_seconds: float) -> Completed:
    done = run(command, timeout_seconds=patience_seconds, folder=folder)
    said = done.stderr.decode(errors="replace")
    if done.returncode or any(word in said for word in DISK_WORDS):
        raise StepError(done.returncode, said)
    return done


def _demand_times(
    exe: str, settings: OutputSettings, path: str, frames: int, patience_seconds: float
) -> None:
    """Refuse a file that does not show each frame at its time.

    Matroska counts from where sound begins; what an encoder of sound puts before its first sample
    moves all pictures by that, in a single run too.
    """
    command = [exe, "-v", "error", "-nostdin", "-i", file_url(path), "-map", "0:v:0"]
    done = take(
        "reading the file back", "as the file was read back",
        lambda: _run([*command, "-c", "copy", "-f", "framecrc", "-"], ".", patience_seconds),
    )  # fmt: skip
    base, packets = parse_framecrc(done.stdout)
    if len(packets) != frames:
        raise EncoderError(f"{frames} frames were joined, and {len(packets)} are in the file")
    rounding = base if base >= _MILLISECOND else 0
    times = sorted(packet.pts * base for packet in packets)
    begin = times[0] if settings.sound is not None and rounding else 0
    if any(abs(time - begin - i / settings.fps) > rounding for i, time in enumerate(times)):
        raise EncoderError("segments were joined, and frames are not at their times")
