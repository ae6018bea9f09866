"""Where the frames of an MP4 file lie, and what a decoder has to know: read from its index.

WebCodecs takes encoded frames one by one. Their places are written beside the video, so that the
page need not read the container.
"""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from heatvid._errors import EncoderError

_HOLDS_BOXES = ("moov", "trak", "mdia", "minf", "stbl")
_FULL_HEADER = 8  # version, flags and the number of entries
_VISUAL_ENTRY = 86  # bytes of a visual sample entry before its own boxes


@dataclass(frozen=True)
class Chunks:
    """The encoded frames of a file, in the order that they are decoded in.

    Attributes
    ----------
    codec : str
        As WebCodecs and ``canPlayType`` call it.
    description : bytes
        What the decoder is set up with; empty where it needs nothing.
    offsets, sizes : list of int
        Bytes of each in the file.
    frames : list of int
        Which frame each shows.
    keys : list of int
        Which of them begin anew.
    """

    codec: str
    description: bytes
    offsets: list[int]
    sizes: list[int]
    frames: list[int]
    keys: list[int]

    def as_dict(self) -> dict[str, Any]:
        """Plain texts and numbers, for JSON; only what does not follow from the rest."""
        ends = [at + size for at, size in zip(self.offsets, self.sizes, strict=True)]
        joined = self.offsets[1:] == ends[:-1]
        in_order = self.frames == list(range(len(self.frames)))
        return {
            "codec": self.codec,
            "description": base64.b64encode(self.description).decode(),
            "offsets": self.offsets[:1] if joined else self.offsets,
            "sizes": self.sizes,
            "frames": None if in_order else self.frames,
            "keys": self.keys,
        }


def chunks_of(path: str) -> Chunks:
    """Read the index of an MP4 file that ffmpeg wrote, with one track.

    Raises
    ------
    EncoderError
        It is none.
    """
    try:
        return _chunks(_boxes(_index(path)))
    except (KeyError, IndexError, ValueError, struct.error) as error:
        raise EncoderError(f"the video of a page has no index that can be read: {error}") from error


def _index(path: str) -> bytes:
    """The ``moov`` box's contents."""
    with open(path, "rb") as file:
        while len(head := file.read(8)) == 8:
            size, kind = struct.unpack(">I4s", head)
            header = 8
            if size == 1:
                (size,) = struct.unpack(">Q", file.read(8))
                header = 16
            if kind == b"moov":
                return file.read(size - header)
            file.seek(size - header, 1)
    raise ValueError("no moov box")


def _boxes(data: bytes, found: dict[str, bytes] | None = None) -> dict[str, bytes]:
    """All boxes by their names, those that hold others opened."""
    found = {} if found is None else found
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        name, inside = kind.decode("latin-1"), data[at + 8 : at + size]
        found[name] = inside
        if name in _HOLDS_BOXES:
            _boxes(inside, found)
        at += max(size, 8)
    return found


def _chunks(boxes: dict[str, bytes]) -> Chunks:
    codec, description = _codec(boxes["stsd"])
    sizes = _sizes(boxes["stsz"])
    count = len(sizes)
    keys = [n - 1 for (n,) in _entries(boxes["stss"], ">I")] if "stss" in boxes else [*range(count)]
    return Chunks(codec, description, _offsets(boxes, sizes), sizes, _shown(boxes, count), keys)


def _entries(box: bytes, form: str) -> list[tuple[int, ...]]:
    (count,) = struct.unpack_from(">I", box, 4)
    size = struct.calcsize(form)
    return list(struct.iter_unpack(form, box[_FULL_HEADER : _FULL_HEADER + count * size]))


def _sizes(box: bytes) -> list[int]:
    each, count = struct.unpack_from(">II", box, 4)
    if each:
        return [each] * count
    return list(struct.unpack_from(f">{count}I", box, 12))


def _offsets(boxes: dict[str, bytes], sizes: list[int]) -> list[int]:
    """Where each frame begins: runs of them lie together."""
    runs = _entries(boxes["co64"], ">Q") if "co64" in boxes else _entries(boxes["stco"], ">I")
    lengths = _entries(boxes["stsc"], ">III")
    offsets: list[int] = []
    for number, (at,) in enumerate(runs, 1):
        each = next(frames for first, frames, _ in reversed(lengths) if first <= number)
        for size in sizes[len(offsets) : len(offsets) + each]:
            offsets.append(at)
            at += size
    if len(offsets) != len(sizes):
        raise ValueError(f"{len(offsets)} places for {len(sizes)} frames")
    return offsets


def _shown(boxes: dict[str, bytes], count: int) -> list[int]:
    """Which frame each shows: their order in time."""
    if "ctts" not in boxes:
        return list(range(count))
    steps = [step for n, step in _entries(boxes["stts"], ">II") for _ in range(n)]
    late = [shift for n, shift in _entries(boxes["ctts"], ">Ii") for _ in range(n)]
    times = [at + shift for at, shift in zip(accumulate([0, *steps]), late, strict=False)]
    order = sorted(range(count), key=times.__getitem__)
    frames = [0] * count
    for frame, chunk in enumerate(order):
        frames[chunk] = frame
    return frames


def _codec(stsd: bytes) -> tuple[str, bytes]:
    """The codec's name, and its set-up."""
    size, kind = struct.unpack_from(">I4s", stsd, _FULL_HEADER)
    boxes = _boxes(stsd[_FULL_HEADER + _VISUAL_ENTRY : _FULL_HEADER + size])
    if kind == b"avc1":
        return f"avc1.{boxes['avcC'][1:4].hex()}", boxes["avcC"]
    if kind == b"vp09":
        profile, level, depth = boxes["vpcC"][4:7]
        return f"vp09.{profile:02d}.{level:02d}.{depth >> 4:02d}", b""
    raise ValueError(f"codec {kind.decode('latin-1')}")
