"""What can be written, by its suffix: a muxer, the codecs that play in it, and its usual ones."""

from __future__ import annotations

import os
from dataclasses import dataclass

from heatvid._encode.codecs import CODECS
from heatvid._errors import AnyPath, OptionError, printable


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
        takes them.
    sounds : tuple of str
        Codecs of sound that players find in it; other sound is encoded as the first.
    index_first : bool
        Whether its index is moved to the front, so that it plays while it is loading.
    """

    muxer: str
    codecs: tuple[str, ...]
    lossless: tuple[str, ...]
    sounds: tuple[str, ...]
    index_first: bool = False

    @property
    def options(self) -> list[str]:
        """What chooses it, as options of ffmpeg."""
        index_first = ["-movflags", "+faststart+write_colr"] if self.index_first else []
        return [*index_first, "-f", self.muxer]


_MP4 = Container(
    "mp4",
    ("h264", "hevc", "av1", "vp9"),
    ("h264", "hevc", "av1", "vp9"),
    ("aac", "mp3", "opus", "flac", "alac", "ac3", "eac3"),
    True,
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
}
PNG = ".png"  # written without ffmpeg


def suffix_of(output: AnyPath) -> str:
    """The suffix in lower case."""
    return os.path.splitext(os.fsdecode(output))[1].lower()


def is_png(output: AnyPath) -> bool:
    """Whether PNG files are written, not a video."""
    return suffix_of(output) == PNG


def check_suffix(output: AnyPath) -> None:
    """Refuse an output whose suffix names no container."""
    if suffix_of(output) not in (*CONTAINERS, PNG):
        name = printable(output) or "''"
        raise OptionError(
            f"output is {name}; its suffix may be {', '.join(CONTAINERS)}, or "
            ".png: numbered pictures, frames/%05d.png"
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
