"""The output frame: its pixel format, its size, its planes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from heatvid._frames import Bytes, Words

PixelFormat = Literal[
    "yuv420p", "nv12", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le", "yuva420p",
    "yuva444p10le", "rgb24", "rgba", "pal8", "gray", "gray12le", "gray16le", "grayf32le",
]  # fmt: skip
ColorRange = Literal["tv", "pc"]


class Format(NamedTuple):
    """What a pixel format holds.

    Attributes
    ----------
    samples : {"yuv", "rgb", "rows", "values"}
        Luma and chroma; red, green and blue; numbers of colours in a palette; or the field's own
        values, which are no colours.
    bits : int
        Of a sample; those of more than 8 take two bytes, floats four, little endian.
    halved : (bool, bool)
        Whether chroma has half the rows, and half the columns.
    alpha : bool
        Whether each pixel has an opacity, of as many bits.
    """

    samples: Literal["yuv", "rgb", "rows", "values"]
    bits: int = 8
    halved: tuple[bool, bool] = (False, False)
    alpha: bool = False


_BOTH, _ACROSS = (True, True), (False, True)
FORMATS: dict[PixelFormat, Format] = {
    "yuv420p": Format("yuv", halved=_BOTH),
    "nv12": Format("yuv", halved=_BOTH),
    "yuv444p": Format("yuv"),
    "yuv420p10le": Format("yuv", 10, _BOTH),
    "yuv422p10le": Format("yuv", 10, _ACROSS),
    "yuv444p10le": Format("yuv", 10),
    "yuva420p": Format("yuv", halved=_BOTH, alpha=True),
    "yuva444p10le": Format("yuv", 10, alpha=True),
    "rgb24": Format("rgb"),
    "rgba": Format("rgb", alpha=True),
    "pal8": Format("rows"),
    "gray": Format("values"),
    "gray12le": Format("values", 12),
    "gray16le": Format("values", 16),
    "grayf32le": Format("values", 32),
}


class Box(NamedTuple):
    """A rectangle of pixels."""

    top: int
    left: int
    height: int
    width: int

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.top + self.height

    @property
    def right(self) -> int:
        """The first column beside it."""
        return self.left + self.width

    def moved(self, down: int, right: int) -> Box:
        """The rectangle elsewhere."""
        return Box(self.top + down, self.left + right, self.height, self.width)

    def meets(self, other: Box) -> bool:
        """Whether any pixel lies in both."""
        return not self.common(other).is_empty

    def contains(self, other: Box) -> bool:
        """Whether every pixel of another lies in this one."""
        return self.common(other) == other

    def common(self, other: Box) -> Box:
        """The pixels of both; an empty box where they do not meet."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        bottom, right = min(self.bottom, other.bottom), min(self.right, other.right)
        return Box(top, left, max(0, bottom - top), max(0, right - left))

    @property
    def is_empty(self) -> bool:
        """Whether it has no pixel."""
        return not (self.height and self.width)


@dataclass(frozen=True)
class Plane:
    """Where one plane of a canvas lies in the frame's bytes.

    Attributes
    ----------
    offset : int
        First byte.
    shape : tuple of int
        ``(H, W)``; interleaved ``(H, W, 3)`` for RGB, ``(H, W, 4)`` with an alpha, and
        ``(H, W, 2)`` for the chroma of nv12.
    sample_bytes : int
        Of one sample: 1, 2 for more than 8 bits, or 4 of a float, little endian.
    """

    offset: int
    shape: tuple[int, ...]
    sample_bytes: int = 1

    @property
    def size(self) -> int:
        """Bytes of the plane."""
        return math.prod(self.shape) * self.sample_bytes

    def of(self, frame: Bytes) -> Bytes:
        """View an 8-bit plane in ``frame``, shape (frame_bytes,) uint8."""
        assert self.sample_bytes == 1, f"{self.sample_bytes = }; words_of views 16 bits"
        return frame[self.offset : self.offset + self.size].reshape(self.shape)

    def words_of(self, frame: Bytes) -> Words:
        """View a 16-bit plane in ``frame``, shape (frame_bytes,) uint8, as little-endian words."""
        assert self.sample_bytes == 2, f"{self.sample_bytes = }; of views 8 bits"
        return frame[self.offset : self.offset + self.size].view("<u2").reshape(self.shape)

    def samples_of(self, frame: Bytes) -> Bytes | Words:
        """View the plane's samples, of as many bits as they have."""
        return self.of(frame) if self.sample_bytes == 1 else self.words_of(frame)


@dataclass(frozen=True)
class Canvas:
    """The output frame: its pixel format and its size.

    ``yuv420p`` is I420: a luma plane, then Cb and Cr at half the size each way; in ``nv12`` these
    two are one plane of pairs. An odd content size is padded there by one edge row or column, and
    nowhere else but for the columns of 4:2:2. ``yuv444p`` has three planes of full size, ``rgb24``
    one of triples. What ends in ``10le`` has 10 bits in two bytes. ``yuva`` has a plane of
    opacities behind the others, ``rgba`` an opacity behind each triple, and colours beside them as
    they are, not multiplied by it. ``pal8`` holds the number of each pixel's colour in a palette,
    ``gray`` values of 8 bits, ``gray12le`` and ``gray16le`` such of 12 and 16 in two bytes.

    Attributes
    ----------
    pixel_format : PixelFormat
        ffmpeg's name of the format.
    content_height, content_width : int
        Size of the picture, before padding.
    color_range : {"tv", "pc"}
        Limited (16..235) or full (0..255) luma; all others are full whatever it says.
    """

    pixel_format: PixelFormat
    content_height: int
    content_width: int
    color_range: ColorRange = "tv"

    @property
    def format(self) -> Format:
        """What the pixels hold."""
        return FORMATS[self.pixel_format]

    @property
    def bits(self) -> int:
        """Of a level."""
        return self.format.bits

    @property
    def is_gray(self) -> bool:
        """Whether the samples are values rather than colours."""
        return self.format.samples == "values"

    @property
    def is_rgb(self) -> bool:
        """Whether the colours are red, green and blue."""
        return self.format.samples == "rgb"

    @property
    def has_palette(self) -> bool:
        """Whether the samples number the colours of a palette."""
        return self.format.samples == "rows"

    @property
    def has_alpha(self) -> bool:
        """Whether what is see-through stays so."""
        return self.format.alpha

    @property
    def subsampled(self) -> bool:
        """Whether chroma has half the size each way (4:2:0)."""
        return all(self.format.halved)

    @cached_property
    def height(self) -> int:
        """Rows of the padded frame."""
        return self._padded(self.content_height, 0)

    @cached_property
    def width(self) -> int:
        """Columns of the padded frame."""
        return self._padded(self.content_width, 1)

    def _padded(self, size: int, axis: int) -> int:
        return size + size % 2 if self.format.halved[axis] else size

    @cached_property
    def planes(self) -> tuple[Plane, ...]:
        """The planes in the order of their bytes."""
        h, w = self.height, self.width
        down, across = (1 + halves for halves in self.format.halved)
        if self.is_rgb:
            shapes: list[tuple[int, ...]] = [(h, w, 3 + self.has_alpha)]
        elif self.format.samples != "yuv":
            shapes = [(h, w)]
        elif self.pixel_format == "nv12":
            shapes = [(h, w), (h // 2, w // 2, 2)]
        else:
            shapes = [(h, w), *[(h // down, w // across)] * 2, *[(h, w)] * self.has_alpha]
        planes: list[Plane] = []
        for shape in shapes:
            offset = planes[-1].offset + planes[-1].size if planes else 0
            planes.append(Plane(offset, shape, (self.bits + 7) // 8))
        return tuple(planes)

    def aligned(self, box: Box) -> Box:
        """The smallest box around another that takes whole samples of chroma."""
        down, across = (1 + halves for halves in self.format.halved)
        top, left = box.top // down * down, box.left // across * across
        height = -(-box.bottom // down) * down - top
        return Box(top, left, height, -(-box.right // across) * across - left)

    def parts_of(self, frame: Bytes, box: Box) -> tuple[Bytes | Words, ...]:
        """View an aligned box of each plane of ``frame``, shape (frame_bytes,) uint8."""
        parts = []
        for plane in self.planes:
            down, across = self.height // plane.shape[0], self.width // plane.shape[1]
            rows = slice(box.top // down, box.bottom // down)
            columns = slice(box.left // across, box.right // across)
            parts.append(plane.samples_of(frame)[rows, columns])
        return tuple(parts)

    def samples_of(self, frame: Bytes, box: Box | None = None) -> tuple[Any, ...]:
        """View the samples in ``frame``, (frame_bytes,) uint8: Y, Cb and Cr, or R, G and B, and A.

        Each view has two axes, of all pixels or of an aligned box; those of interleaved samples are
        strided.
        """
        views: list[Any] = []
        for samples in self.parts_of(frame, box or Box(0, 0, self.height, self.width)):
            channels = range(samples.shape[2]) if samples.ndim == 3 else ()
            views += [samples[..., i] for i in channels] or [samples]
        return tuple(views)

    @cached_property
    def frame_bytes(self) -> int:
        """Bytes of one frame."""
        return sum(plane.size for plane in self.planes)
