"""Whether a TIFF file is whole: its chain of pages leads to an end, and pages lie in the file.

tifffile gives the pages before a break as if they were all.
"""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np

from heatvid._errors import SourceError
from heatvid.sources._members import OpenFile

_LEAST_TAGS = 4  # width, height, and where the pixels lie
_MOST_TAGS = 4096


def demand_chain(file: OpenFile) -> None:
    """Refuse a file whose chain of pages is broken."""
    order = {b"II": "<", b"MM": ">"}.get(file.read(2) or b"", "")
    file.seek(0)
    if not order:
        raise SourceError(f"{file.label}: is no TIFF file; write it again")
    big = _number(file, 2, f"{order}H") == 43
    place = _number(file, 8 if big else 4, f"{order}{'Q' if big else 'I'}")
    count, entry, link = ("Q", 20, "Q") if big else ("H", 12, "I")
    seen = set()
    while place:
        if place in seen:
            raise SourceError(f"{file.label}: its chain of pages is a ring; write it again")
        seen.add(place)
        tags = _number(file, place, order + count)
        if not _LEAST_TAGS <= tags <= _MOST_TAGS:
            raise SourceError(
                f"{file.label}: page {len(seen) - 1} is damaged ({tags} tags); write it again"
            )
        place = _number(file, place + struct.calcsize(order + count) + tags * entry, order + link)


def demand_pixels(file: OpenFile, page: Any) -> None:
    """Refuse a page of tifffile whose pixels lie beyond the end, or are not said to lie anywhere.

    Those it would give as zeros.
    """
    pieces, said = math.prod(page.chunked), len(page.dataoffsets)
    if said != pieces or len(page.databytecounts) != said:
        raise SourceError(
            f"{file.label}: says of {said} pieces where they lie, it has {pieces}; write it again"
        )
    ends = map(sum, zip(page.dataoffsets, page.databytecounts, strict=True))
    if max(ends, default=0) > file.size:
        raise SourceError(f"{file.label}: the file is cut; write it again")


def _number(file: OpenFile, place: int, form: str) -> int:
    out = np.empty(struct.calcsize(form), np.uint8)
    if place + out.size > file.size:
        raise SourceError(f"{file.label}: the file is cut; write it again")
    file.read_exactly(out, place)
    return int(struct.unpack(form, out.tobytes())[0])
