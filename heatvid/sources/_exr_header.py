"""What an OpenEXR file says before its pixels: parts, channels, windows; and whether it is whole.

The library opens a file by decoding all of it. https://openexr.com/en/latest/OpenEXRFileLayout.html
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np

from heatvid._errors import SourceError, brief
from heatvid._frames import AnyArray
from heatvid.sources._members import OpenFile

MAGIC = b"v/1\x01"
_MULTIPART, _DEEP, _TILED = 0x1000, 0x800, 0x200
_HEAD_BYTES, _MOST_BYTES = 1 << 16, 1 << 24
_MOST_PIXELS = 1 << 30
_DTYPES = ("u4", "f2", "f4")
_LINES = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256)  # of a chunk, by the number of its compression


class Window(NamedTuple):
    """Corners of a rectangle of pixels, both in it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.bottom - self.top + 1, self.right - self.left + 1


class Part(NamedTuple):
    """One picture of a file.

    Attributes
    ----------
    name : str
    channels : dict of str to numpy.dtype
        Those of a value at each pixel, in the order of the file.
    data, display : Window
        Where there are pixels, and what is shown.
    chunks : int or None
        Pieces of the file that hold it.
    """

    name: str
    channels: dict[str, np.dtype[np.generic]]
    data: Window
    display: Window
    chunks: int | None


class _Bytes:
    """Bytes that are read on."""

    def __init__(self, content: bytes) -> None:
        self.content, self.place = content, 0

    def take(self, count: int) -> bytes:
        if not 0 <= count <= len(self.content) - self.place:
            raise EOFError("its header is cut")
        self.place += count
        return self.content[self.place - count : self.place]

    def integer(self) -> int:
        return int.from_bytes(self.take(4), "little", signed=True)

    def text(self) -> str:
        end = self.content.find(b"\0", self.place)
        if end < 0:
            raise EOFError("its header is cut")
        found = self.take(end - self.place).decode("utf-8", "replace")
        self.take(1)
        return found


def read_parts(file: OpenFile) -> list[Part]:
    """Read the headers of all parts, and see that the file holds what they say."""
    content = file.read(_HEAD_BYTES) or b""
    if not content.startswith(MAGIC):
        what = f"it begins with {brief(content[:8])}" if content else "it is empty"
        raise SourceError(f"{file.label}: is no OpenEXR file ({what}); write it again")
    try:
        try:
            return _parts(file, _Bytes(content))
        except EOFError:
            more = file.read(min(file.size, _MOST_BYTES)) or b""
            return _parts(file, _Bytes(content + more))
    except (EOFError, struct.error, LookupError, ValueError, OverflowError) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(
            f"{file.label}: the OpenEXR file is damaged ({error}); write it again"
        ) from error


def _parts(file: OpenFile, content: _Bytes) -> list[Part]:
    content.take(4)
    flags = content.integer()
    if flags & _DEEP:
        raise SourceError(f"{file.label}: holds deep pixels; allowed are flat ones")
    several = bool(flags & _MULTIPART)
    headers = [_attributes(content)]
    while several and (more := _attributes(content)):
        headers.append(more)
    parts = [_part(header, bool(flags & _TILED), file.label) for header in headers]
    counts = [part.chunks for part in parts]
    if None not in counts:
        _demand_whole(file, content.place, sum(map(int, counts)), several, headers[-1])  # type: ignore[arg-type]  # none is None
    return parts


def _attributes(content: _Bytes) -> dict[str, bytes]:
    found = {}
    while name := content.text():
        content.text()  # its type
        found[name] = content.take(content.integer())
    return found


def _part(header: dict[str, bytes], tiled: bool, label: str) -> Part:
    data, display = (Window(*struct.unpack("<4i", header[name]))
                     for name in ("dataWindow", "displayWindow"))  # fmt: skip
    for window in (data, display):
        height, width = window.shape
        if height < 1 or width < 1 or height * width > _MOST_PIXELS:
            raise SourceError(f"{label}: is of {width}x{height} pixels; write it again")
    kind = header.get("type", b"tiledimage" if tiled else b"scanlineimage")
    if kind.startswith(b"deep"):
        raise SourceError(f"{label}: holds deep pixels; allowed are flat ones")
    name = header.get("name", b"").decode("utf-8", "replace")
    chunks = _chunks(header, kind == b"tiledimage", data)
    return Part(name, _channels(header["channels"]), data, display, chunks)


def _channels(content: bytes) -> dict[str, np.dtype[np.generic]]:
    """Channels with a value at each pixel; those of every second one are no frames of this size."""
    reader, found = _Bytes(content), {}
    while name := reader.text():
        kind, _, across, down = struct.unpack("<4i", reader.take(16))
        if (across, down) == (1, 1):
            found[name] = np.dtype(_DTYPES[kind])
    return found


def _chunks(header: dict[str, bytes], tiled: bool, data: Window) -> int | None:
    """How many pieces hold a part; None where it is tiled at several levels."""
    if "chunkCount" in header:
        return int.from_bytes(header["chunkCount"], "little")
    height, width = data.shape
    if not tiled:
        return -(-height // _LINES[header["compression"][0]])
    across, down, mode = struct.unpack("<IIB", header["tiles"])
    if mode & 15 or not across or not down:
        return None
    return -(-height // int(down)) * -(-width // int(across))


def _demand_whole(
    file: OpenFile, begin: int, chunks: int, several: bool, header: dict[str, bytes]
) -> None:
    """Refuse a file that was cut: every piece lies where the table says."""
    if chunks * 8 > file.size - begin:
        raise EOFError("it is cut")
    table = np.empty(chunks, "<u8")
    file.read_exactly(table, begin)
    leader = _leader(several, b"tiled" in header.get("type", b"tiled" * ("tiles" in header)))
    if not table.all() or int(table.max()) + leader > file.size:
        raise EOFError("it is cut, or was never finished")
    last: AnyArray = np.empty(1, "<i4")
    file.read_exactly(last, int(table.max()) + leader - 4)
    if int(table.max()) + leader + int(last[0]) > file.size:
        raise EOFError("it is cut")


def _leader(several: bool, tiled: bool) -> int:
    """Bytes before a piece: its part, where it lies, how long it is."""
    return 4 * (several + (4 if tiled else 1) + 1)
