"""The chunks of a WebP file: how many frames it holds, and how they meet each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from heatvid._errors import AnyPath

_STILL = (b"VP8 ", b"VP8L")
_FLAGS_AT = 15  # in an animation's frame, behind its place, size and duration
_NO_BLENDING = 2


def frame_count(path: AnyPath) -> int:
    """How many whole frames stand in a file."""
    with open(path, "rb") as file:
        kinds = [kind for kind, _ in _chunks(file)]
    return kinds.count(b"ANMF") or sum(map(kinds.count, _STILL))


def never_blend(path: AnyPath) -> None:
    """Let each frame of an animation take the place of the one before, see-through pixels too.

    As ffmpeg writes them, what lay there before shows through.
    """
    with open(path, "r+b") as file:
        for kind, at in _chunks(file):
            if kind == b"ANMF":
                file.seek(at + _FLAGS_AT)
                [flags] = file.read(1)
                file.seek(at + _FLAGS_AT)
                file.write(bytes([flags | _NO_BLENDING]))


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Kinds of the chunks that are whole, and where their data begin."""
    end = file.seek(0, 2)
    at = 12  # behind "RIFF", the size of all, and "WEBP"
    while at + 8 <= end:
        file.seek(at)
        head = file.read(8)
        size = int.from_bytes(head[4:], "little")
        if at + 8 + size > end:
            return
        yield head[:4], at + 8
        at += 8 + size + size % 2
