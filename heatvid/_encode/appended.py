"""What a moving picture says of itself: appended once it is finished, as ffmpeg keeps no comment.

GIF takes a comment extension, PNG a text chunk, WebP EXIF, and AVIF a box of our own.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from heatvid._canvas import Canvas
from heatvid._encode.png import end_with_comment
from heatvid._encode.tiff import exif_of
from heatvid._encode.webp import end_with_exif
from heatvid._errors import AnyPath

_MOST_END = 64 << 10  # of a file, in which its comment lies
_GIF_COMMENT, _GIF_END = b"!\xfe", b"\0;"
_GIF_BLOCK = 255
_BOX = b"uuid" + bytes.fromhex("8f3d2c6ae0b54f57a4f6b3b0a9b1c7d2")
_AVIF = (b"avif", b"avis")


def append_comment(path: AnyPath, muxer: str, canvas: Canvas, comment: str) -> None:
    """Let a finished file of ``muxer`` say ``comment``, in ASCII; others said it already."""
    append = {"gif": _end_gif, "apng": end_with_comment, "avif": _end_avif}.get(muxer)
    with open(path, "r+b") as file:
        if muxer == "webp":
            end_with_exif(file, exif_of(comment), canvas)
        elif append is not None:
            append(file, comment.encode("ascii"))


def gif_comment(file: BinaryIO) -> str | None:
    """The comment that a GIF ends with, empty without one; None where it is no GIF."""
    if not file.read(6).startswith(b"GIF8"):
        return None
    end = _end_of(file)
    at = end.find(_GIF_COMMENT)
    while at >= 0:
        text, after = _joined(end, at + len(_GIF_COMMENT))
        if end[after:] == _GIF_END:
            return text.decode("latin-1")
        at = end.find(_GIF_COMMENT, at + 1)
    return ""


def avif_comment(file: BinaryIO) -> str | None:
    """What the last box of an AVIF file says, empty without one of ours; None of other files."""
    head = file.read(12)
    if head[4:8] != b"ftyp" or head[8:] not in _AVIF:
        return None
    end = _end_of(file)
    at = end.rfind(_BOX)
    size = int.from_bytes(end[max(at - 4, 0) : max(at, 0)], "big")
    return end[at + len(_BOX) :].decode("latin-1") if size == len(end) - at + 4 else ""


def _end_of(file: BinaryIO) -> bytes:
    file.seek(-min(_MOST_END, file.seek(0, os.SEEK_END)), os.SEEK_END)
    return file.read()


def _end_gif(file: BinaryIO, text: bytes) -> None:
    file.seek(-1, os.SEEK_END)
    file.write(_GIF_COMMENT)
    for at in range(0, len(text), _GIF_BLOCK):
        block = text[at : at + _GIF_BLOCK]
        file.write(bytes([len(block)]) + block)
    file.write(_GIF_END)


def _joined(end: bytes, at: int) -> tuple[bytes, int]:
    """The text of blocks from a place on, and where the empty one behind them lies."""
    text = b""
    while at < len(end) and end[at]:
        text += end[at + 1 : at + 1 + end[at]]
        at += 1 + end[at]
    return text, at


def _end_avif(file: BinaryIO, text: bytes) -> None:
    file.seek(0, os.SEEK_END)
    file.write((4 + len(_BOX) + len(text)).to_bytes(4, "big") + _BOX + text)
