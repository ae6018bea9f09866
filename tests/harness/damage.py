"""Damage to the bytes of files: anywhere, and within what is compressed or has checksums."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable

SIZES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_MAT_BYTES, _MAT_PACKED = 128, 15  # before the elements, and the kind of those compressed
_PNG = b"\x89PNG\r\n\x1a\n"


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Change some bytes; half of the time those that a checksum is of, which is then right."""
    if dice.random() < 0.5:
        if data.startswith(b"PK\3\4"):
            return _within_zip(data, dice)
        if data.startswith(_PNG):
            return _within_png(data, dice)
        if data.startswith(b"MATLAB 5.0"):
            return _within_mat(data, dice)
    return _changed(data, dice)


def _within_zip(data: bytes, dice: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as valid, zipfile.ZipFile(out, "w") as archive:
        chosen = dice.choice(valid.infolist())
        for member in valid.infolist():
            content = valid.read(member)
            archive.writestr(member, damaged(content, dice) if member is chosen else content)
    return out.getvalue()


def _within_png(data: bytes, dice: random.Random) -> bytes:
    chunks, place = [], len(_PNG)
    while place < len(data):
        (size,) = struct.unpack_from(">I", data, place)
        chunks.append(data[place + 4 : place + 8 + size])
        place += size + 12
    which = dice.randrange(len(chunks))
    chunks[which] = chunks[which][:4] + _changed(chunks[which][4:], dice)
    return _PNG + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )


def _within_mat(data: bytes, dice: random.Random) -> bytes:
    """Damage what elements hold, which are compressed or not."""
    elements, place = [], _MAT_BYTES
    order = "<" if data[_MAT_BYTES - 2 : _MAT_BYTES] == b"IM" else ">"
    while place < len(data):
        kind, size = struct.unpack_from(f"{order}II", data, place)
        elements.append((kind, data[place + 8 : place + 8 + size]))
        place += 8 + size
    out, which = data[:_MAT_BYTES], dice.randrange(len(elements))
    for i, (kind, content) in enumerate(elements):
        if i == which:
            packed = kind == _MAT_PACKED
            content = _changed(zlib.decompress(content) if packed else content, dice)
            content = zlib.compress(content) if packed else content
        out += struct.pack(f"{order}II", kind, len(content)) + content
    return out


def _changed(data: bytes, dice: random.Random) -> bytes:
    """Change some bytes, half of the time near the front, where headers are."""
    out = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        reach = min(len(out), 256) if dice.random() < 0.5 else len(out)
        place = dice.randrange(reach) if reach else 0
        length = min(int(dice.expovariate(1 / 16)) + 1, len(out) - place)
        dice.choice(_DAMAGES)(out, place, length, dice)
    return bytes(out)


def _flip(out: bytearray, place: int, length: int, dice: random.Random) -> None:
    for i in range(place, min(place + dice.choice((1, 1, 3)), len(out))):
        out[i] ^= 1 << dice.randrange(8)


def _replace(out: bytearray, place: int, length: int, dice: random.Random) -> None:
    out[place : place + length] = dice.randbytes(length)


def _cut(out: bytearray, place: int, length: int, dice: random.Random) -> None:
    del out[place : None if dice.random() < 0.5 else place + length]


def _duplicate(out: bytearray, place: int, length: int, dice: random.Random) -> None:
    out[place:place] = out[place : place + length]


def _insert(out: bytearray, place: int, length: int, dice: random.Random) -> None:
    out[place:place] = dice.randbytes(length)


def _lie(out: bytearray, place: int, length: int, dice: random.Random) -> None:
    """Write a size, of either order of bytes, as headers have them."""
    width = dice.choice((1, 2, 4, 8))
    size = dice.choice(SIZES) & ((1 << 8 * width) - 1)
    out[place : place + width] = size.to_bytes(width, dice.choice(("little", "big")))


def _miscount(out: bytearray, place: int, length: int, dice: random.Random) -> None:
    """Write another number, perhaps a huge one, where a text has its next."""
    found = re.search(rb"-?[0-9]+", out[place : place + 1000])
    if found is not None:
        number = dice.choice((*SIZES, -1, 1 << 63, 1 << 100, dice.randrange(100)))
        out[place + found.start() : place + found.end()] = str(number).encode()


_DAMAGES: tuple[Callable[[bytearray, int, int, random.Random], None], ...] = (
    _flip, _replace, _cut, _duplicate, _insert, _lie, _lie, _miscount,
)  # fmt: skip
