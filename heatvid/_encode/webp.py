"""The chunks of a WebP file: how many frames it holds, how they meet, and what it says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from heatvid._canvas import Canvas
from heatvid._encode.tiff import tiff_comment
from heatvid._errors import AnyPath

_STILL = (b"VP8 ", b"VP8L")
_FLAGS_AT = 15  # in an animation's frame, behind its place, size and duration
_NO_BLENDING = 2
_HEAD_BYTES = 12  # "RIFF", the size of all, and "WEBP"
_HAS_EXIF, _HAS_ALPHA = 0x08, 0x10  # of what the chunk VP8X says
_MOST_EXIF = 64 << 10


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


def webp_comment(file: BinaryIO) -> str | None:
    """What the EXIF of a file describes it as, empty without; None where it is no WebP file."""
    head = file.read(_HEAD_BYTES)
    if head[:4] != b"RIFF" or head[8:] != b"WEBP":
        return None
    for kind, at in _chunks(file):
        if kind == b"EXIF":
            file.seek(at)
            return tiff_comment(BytesIO(file.read(_MOST_EXIF))) or ""
    return ""


def end_with_exif(file: BinaryIO, exif: bytes, canvas: Canvas) -> None:
    """Add EXIF to a finished file; one that is nothing but a picture is told to have more."""
    file.seek(_HEAD_BYTES)
    chunks = file.read(4)
    if chunks != b"VP8X":
        chunks += file.read()
        sides = b"".join((side - 1).to_bytes(3, "little") for side in (canvas.width, canvas.height))
        flags = _HAS_ALPHA * canvas.has_alpha
        file.seek(_HEAD_BYTES)
        file.write(_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides) + chunks)
    file.seek(_HEAD_BYTES + 8)
    [flags] = file.read(1)
    file.seek(_HEAD_BYTES + 8)
    file.write(bytes([flags | _HAS_EXIF]))
    file.seek(0, os.SEEK_END)
    file.write(_chunk(b"EXIF", exif))
    size = file.tell() - 8
    file.seek(4)
    file.write(size.to_bytes(4, "little"))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Kinds of the chunks that are whole, and where their data begin."""
    end = file.seek(0, 2)
    at = _HEAD_BYTES
    while at + 8 <= end:
        file.seek(at)
        head = file.read(8)
        size = int.from_bytes(head[4:], "little")
        if at + 8 + size > end:
            return
        yield head[:4], at + 8
        at += 8 + size + size % 2
