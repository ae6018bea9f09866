"""Bytes as text of a page: one character a byte, but for the few that HTML does not keep.

A page in windows-1252 has a character for each of the 256 bytes, so that a video takes its own size
there, where base64 takes a third more. What a parser of HTML changes or takes for its own is
escaped: NUL, which becomes U+FFFD, CR, which becomes LF, and ``<``, which could end the element;
and the escape itself. Each of these four is an escape and the byte 64 further on, as yEnc has it:
1.6 % more for bytes that are evenly spread. ``carried.mjs`` reads them again.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator
from typing import BinaryIO

ESCAPE = b"="
_ESCAPED = (ESCAPE, b"\x00", b"\r", b"<")  # the escape first: the others bring it in
_MOVED = 64
BLOCK_BYTES = 1 << 20  # that are decoded at once


def _letter(byte: int) -> str:
    """What the standard's windows-1252 makes of a byte; Python's leaves five of them out."""
    return bytes([byte]).decode("cp1252", "ignore") or chr(byte)


_LETTERS = "".join(map(_letter, range(256)))


def as_read(page: bytes) -> str:
    """A page as a browser reads it."""
    return codecs.charmap_decode(page, "strict", _LETTERS)[0]


def as_text(data: bytes) -> bytes:
    """Escape what a page does not keep; the result is text in windows-1252."""
    for byte in _ESCAPED:
        data = data.replace(byte, ESCAPE + bytes([(byte[0] + _MOVED) % 256]))
    return data


def blocks(file: BinaryIO, size: int = BLOCK_BYTES) -> Iterator[tuple[bytes, int, int]]:
    """Read a file as blocks of text.

    Yields
    ------
    bytes, int, int
        The text, how many bytes it stands for, and their CRC-32.
    """
    while data := file.read(size):
        yield as_text(data), len(data), zlib.crc32(data)
