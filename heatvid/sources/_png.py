"""What Pillow does to PNG files: their checksums, channels of 16 bits, greys of 2 and 4."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from heatvid._errors import SourceError
from heatvid._frames import AnyArray
from heatvid.sources._inflate import crc32
from heatvid.sources._members import OpenFile

ImageFile = Any  # of Pillow, whose types know nothing of the tiles that it decodes
Again = Callable[[], AbstractContextManager[ImageFile]]
_SIGNATURE_BYTES, _AROUND_CHUNK = 8, 12
_CHECKED = (b"IHDR", b"PLTE", b"IDAT", b"tRNS")  # what pixels come of


def demand_checksums(file: OpenFile, begin: int) -> None:
    """Refuse a file whose pixels are damaged: of those Pillow compares no checksum.

    Parameters
    ----------
    file : RegularFile or MemberFile
    begin : int
        Bytes before its signature.
    """
    content = np.empty(file.size - begin, np.uint8)
    file.read_exactly(content, begin)
    rest = content.data[_SIGNATURE_BYTES:]
    while len(rest) >= _AROUND_CHUNK:
        end = _AROUND_CHUNK + int.from_bytes(rest[:4], "big")
        kind, said = bytes(rest[4:8]), int.from_bytes(rest[end - 4 : end], "big")
        cut = end > len(rest)  # which Pillow says
        if kind in _CHECKED and not cut and crc32(rest[4 : end - 4]) != said:
            raise SourceError(
                f"{file.label}: the checksum (CRC-32) of its {kind.decode()} is wrong; write the "
                "file again"
            )
        rest = rest[end:]


@dataclass(frozen=True)
class Changed:
    """Pixels that Pillow gives otherwise than they are stored.

    Attributes
    ----------
    channels : int
    dtype : str
        As they are stored.
    undone : callable
        Of the image, and of what opens it anew: the pixels as they are stored.
    white : int or None
        The value of full brightness.
    """

    channels: int
    dtype: str
    undone: Callable[[ImageFile, Again], AnyArray]
    white: int | None = None


def changed_by_pillow(image: ImageFile) -> Changed | None:
    """Say how the pixels of an open image are restored; None where they are right."""
    tiles = getattr(image, "tile", None)
    if image.format != "PNG" or not tiles:
        return None
    raw = tiles[0][3]
    return _CHANGED.get(raw if isinstance(raw, str) else "")


def _both_bytes(image: ImageFile, again: Again) -> AnyArray:
    """Pillow keeps the high bytes; asked for the other byte order, it keeps the low ones."""
    with again() as other:
        _read_as(other, image.tile[0][3].replace("16B", "16L"))
        low = np.asarray(other)
    values = np.asarray(image).astype(np.uint16)
    values <<= 8
    values |= low
    return values


def _grey_and_alpha(image: ImageFile, again: Again) -> AnyArray:
    """Two channels of 16 bits are as many bytes a pixel as four of 8."""
    _read_as(image, "RGBA")
    pixels: AnyArray = np.asarray(image).view(">u2").astype(np.uint16)
    return pixels


def _read_as(image: ImageFile, raw: str) -> None:
    codec, box, offset, _ = image.tile[0]
    image.tile = [type(image.tile[0])._make((codec, box, offset, raw))]


def _small(levels: int) -> Changed:
    """Greys of few bits, which are spread over 0..255."""
    step = 255 // levels
    return Changed(1, "u1", lambda image, again: np.asarray(image) // step, levels)


_CHANGED = {
    "RGB;16B": Changed(3, "u2", _both_bytes),
    "RGBA;16B": Changed(4, "u2", _both_bytes),
    "LA;16B": Changed(2, "u2", _grey_and_alpha),
    "L;2": _small(3),
    "L;4": _small(15),
}
