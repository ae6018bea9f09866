"""What can be written, by its suffix: a muxer, the codecs that play in it, and its usual ones."""

from __future__ import annotations

import os
from dataclasses import dataclass

from heatvid._encode.codecs import CODECS
from heatvid._encode.picture_kinds import PICTURES
from heatvid._errors import AnyPath, OptionError, called


@dataclass(frozen=True)
class Container:
    """A kind of file.

    Attributes
    ----------
    muxer : str
        ffmpeg's name of it.
    codecs : tuple of str
        What players find in it, the usual one first.
    lossless : tuple of str
        The same for frames that have to decode to their bytes, by preference: the first that
        takes them. None where players would show others.
    sounds : tuple of str
        Codecs of sound that players find in it; other sound is encoded as the first. None where
        there is no sound in it.
    index_first : bool
        Whether its index is moved to the front, so that it plays while it is loading.
    rgb : bool
        Whether frames come as RGB, whatever is stored.
    alpha : bool
        Whether an alpha stays in it; others drop it in silence.
    loop : str
        ffmpeg's option of how often it plays, 0 for ever; empty where that is the player's affair.
    most_fps : int
        Frames a second that players show.
    since : tuple of int
        The version of ffmpeg from which on it has the muxer.
    """

    muxer: str
    codecs: tuple[str, ...]
    lossless: tuple[str, ...]
    sounds: tuple[str, ...] = ()
    index_first: bool = False
    rgb: bool = False
    alpha: bool = True
    loop: str = ""
    most_fps: int = 1000
    since: tuple[int, ...] = ()

    @property
    def options(self) -> list[str]:
        """What chooses it, as options of ffmpeg."""
        index_first = ["-movflags", "+faststart+write_colr"] if self.index_first else []
        # Without it Matroska has a random number, and the same frames give other bytes.
        fixed = ["-fflags", "+bitexact"] if self.muxer in ("matroska", "webm") else []
        return [*index_first, *fixed, "-f", self.muxer]


_MP4 = Container(
    "mp4",
    ("h264", "hevc", "av1", "vp9"),
    ("h264", "hevc", "av1", "vp9"),
    ("aac", "mp3", "opus", "flac", "alac", "ac3", "eac3"),
    True,
    alpha=False,
)
CONTAINERS = {
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".mov": Container(
        "mov",
        ("h264", "hevc", "prores"),
        ("h264", "hevc"),
        ("aac", "mp3", "alac", "pcm", "ac3", "eac3"),
        True,
    ),
    ".mkv": Container(
        "matroska",
        ("h264", "hevc", "av1", "vp9", "ffv1", "prores"),
        ("ffv1", "h264", "hevc", "av1", "vp9"),
        ("opus", "aac", "mp3", "vorbis", "flac", "alac", "pcm", "ac3", "eac3", "dts", "truehd"),
    ),
    ".webm": Container("webm", ("vp9", "av1"), ("vp9", "av1"), ("opus", "vorbis")),
    ".gif": Container("gif", ("gif",), ("gif",), rgb=True, alpha=False, loop="-loop", most_fps=50),
    # Browsers show pictures of 10 ms and less for 100 ms, and take every AVIF that moves for one of
    # limited range, which those without loss are not.
    ".apng": Container("apng", ("apng",), ("apng",), rgb=True, loop="-plays", most_fps=90),
    ".webp": Container("webp", ("webp",), ("webp",), rgb=True, loop="-loop", most_fps=90),
    ".avif": Container("avif", ("av1",), (), loop="-loop", most_fps=90, since=(5, 1)),
}


PAGE = ".html"


def suffix_of(output: AnyPath) -> str:
    """The suffix in lower case."""
    return os.path.splitext(os.fsdecode(output))[1].lower()


def are_pictures(output: AnyPath) -> bool:
    """Whether files of one picture each are written, not a video."""
    suffix = suffix_of(output)
    if suffix in CONTAINERS:  # .webp, where it is numbered
        return suffix in PICTURES and _is_numbered(output)
    return suffix in PICTURES


def _is_numbered(output: AnyPath) -> bool:
    return "%" in os.path.basename(os.fsdecode(output)).replace("%%", "")


def in_rgb(output: AnyPath) -> bool:
    """Whether frames come as RGB, whatever is stored."""
    return are_pictures(output) or CONTAINERS[suffix_of(output)].rgb


def always_exact(output: AnyPath, codec: str | None) -> bool:
    """Whether an output knows no loss; of a codec that is asked for, or the usual one."""
    if are_pictures(output):
        return not PICTURES[suffix_of(output)].lossy
    name = codec or CONTAINERS[suffix_of(output)].codecs[0]
    return not any(row.lossy for row in CODECS if row.name == name)


def is_page(output: AnyPath) -> bool:
    """Whether a page is written, that carries values and colours them itself."""
    return suffix_of(output) == PAGE


def check_suffix(output: AnyPath) -> None:
    """Refuse an output whose suffix names no container."""
    if suffix_of(output) not in (*CONTAINERS, *PICTURES, PAGE):
        name = called(output) or "''"
        pictures = [suffix for suffix in PICTURES if suffix not in CONTAINERS]
        raise OptionError(
            f"output is {name}; its suffix may be {', '.join(CONTAINERS)}, {PAGE}, or "
            f"{', '.join(pictures)}: numbered pictures, frames/%05d.png"
        )


def encodings(encoders: set[str]) -> list[str]:
    """List what can be written with ``encoders``, for the message when one is missing."""
    found = []
    for suffix, container in CONTAINERS.items():
        for lossless in (False, True):
            names = container.lossless if lossless else container.codecs[:1]
            able = [
                codec.encoder
                for name in names
                for codec in CODECS
                if codec.name == name and codec.formats(lossless) and codec.encoder in encoders
            ]
            if able:
                how = " with lossless=True" if lossless else ""
                found.append(f"{suffix}{how} ({able[0]})")
                break
    return found
