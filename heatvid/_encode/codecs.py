"""What can be written: containers, their codecs, and what these take."""

from __future__ import annotations

import os

from heatvid._canvas import Canvas
from heatvid._errors import AnyPath, OptionError, printable

# ffmpeg's muxer, codec of a usual video, of a lossless YCbCr one, of a lossless rgb24 one
CONTAINERS = {
    ".mp4": ("mp4", "libx264", "libx264", "libx264rgb"),
    ".m4v": ("mp4", "libx264", "libx264", "libx264rgb"),
    ".mov": ("mov", "libx264", "libx264", "libx264rgb"),
    ".mkv": ("matroska", "libx264", "ffv1", "ffv1"),
    ".webm": ("webm", "libvpx-vp9", "libvpx-vp9", "libvpx-vp9"),
}
PNG = ".png"  # written without ffmpeg
GRAY_SUFFIXES = (".mkv", PNG)
# The format that each codec stores RGB in, without loss.
RGB_FORMATS = {"libx264rgb": "rgb24", "ffv1": "bgr0", "libvpx-vp9": "gbrp"}
LARGEST_SIDE = {
    "libx264": 16384,
    "libx264rgb": 16384,
    "ffv1": 65535,
    "libvpx-vp9": 65535,
    "png": 65535,
}
_SMALLEST_FFV1 = 8  # of 3 pixels or less its slices come back wrong (4.2, 7.0) or fail (9.0)


def check_suffix(output: AnyPath) -> None:
    """Refuse an output whose suffix names no container."""
    if suffix_of(output) not in (*CONTAINERS, PNG):
        name = printable(output) or "''"
        raise OptionError(
            f"output is {name}; its suffix may be {', '.join(CONTAINERS)}, or "
            ".png: numbered pictures, frames/%05d.png"
        )


def is_png(output: AnyPath) -> bool:
    """Whether PNG files are written, not a video."""
    return suffix_of(output) == PNG


def suffix_of(output: AnyPath) -> str:
    return os.path.splitext(os.fsdecode(output))[1].lower()


def is_tiny(canvas: Canvas) -> bool:
    return min(canvas.height, canvas.width) < _SMALLEST_FFV1


def encodings(codecs: set[str]) -> list[str]:
    """List what can be written with ``codecs``, for the message when one is missing."""
    found = []
    for suffix, (_, usual, lossless, _) in CONTAINERS.items():
        if usual in codecs:
            found.append(f"{suffix} ({usual})")
        elif lossless in codecs:
            found.append(f"{suffix} with lossless=True ({lossless})")
    return found
