"""The mark in a numbered picture, by which a later render knows it for one of its own."""

from __future__ import annotations

import os
import re

_END_BYTES = 4096  # at both ends of a file; a mark lies in one of them
# It has an end of its own, as what follows in the file may look like digits.
_MARK = re.compile(rb"heatvid, frame (\d+);")
_SIGNATURES = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"II*\0", b"v/1\x01",
)  # fmt: skip


def mark_of(number: int) -> bytes:
    """What a picture of that number says."""
    return b"heatvid, frame %d;" % number


def frame_number(path: str) -> int | None:
    """The number that a picture says; None of what others made."""
    try:
        with open(path, "rb") as file:
            begin = file.read(_END_BYTES)
            file.seek(-min(_END_BYTES, os.fstat(file.fileno()).st_size), os.SEEK_END)
            end = file.read()
    except OSError:
        return None
    if not begin.startswith(_SIGNATURES):
        return None
    found = _MARK.search(begin) or _MARK.search(end)
    return int(found[1]) if found else None
