"""The output frame: its pixel format, its size, its planes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from heatvid._frames import Bytes, Words

PixelFormat = Literal["yuv420p", "nv12", "yuv444p", "rgb24", "gray", "gray16le"]
ColorRange = Literal["tv", "pc"]


@dataclass(frozen=True)
class Plane:
    """Where one plane of a canvas lies in the frame's bytes.

    Attributes
    ----------
    offset : int
        First byte.
    shape : tuple of int
        ``(H, W)``; interleaved ``(H, W, 3)`` for RGB and ``(H, W, 2)`` for the chroma of nv12.
    sample_bytes : int
        Of one sample: 1, or 2 for 16 bits, little endian.
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


@dataclass(frozen=True)
class Canvas:
    """The output frame: its pixel format and its size.

    ``yuv420p`` is I420: a luma plane, then Cb and Cr at half the size each way; in ``nv12`` these
    two are one plane of pairs. An odd content size is padded there by one edge row or column, and
    nowhere else. ``yuv444p`` has three planes of full size, ``rgb24`` one of triples. ``gray`` and
    ``gray16le`` hold one plane of values, 8 or 16 bits each.

    Attributes
    ----------
    pixel_format : {"yuv420p", "nv12", "yuv444p", "rgb24", "gray", "gray16le"}
        ffmpeg's name of the format.
    content_height, content_width : int
        Size of the picture, before padding.
    color_range : {"tv", "pc"}
        Limited (16..235) or full (0..255) luma; RGB and gray are full whatever it says.
    """

    pixel_format: PixelFormat
    content_height: int
    content_width: int
    color_range: ColorRange = "tv"

    @property
    def is_gray(self) -> bool:
        """Whether the samples are values rather than colours."""
        return self.pixel_format in ("gray", "gray16le")

    @property
    def is_rgb(self) -> bool:
        """Whether the samples are red, green and blue."""
        return self.pixel_format == "rgb24"

    @property
    def subsampled(self) -> bool:
        """Whether chroma has half the size each way (4:2:0)."""
        return self.pixel_format in ("yuv420p", "nv12")

    @cached_property
    def height(self) -> int:
        """Rows of the padded frame."""
        return self._padded(self.content_height)

    @cached_property
    def width(self) -> int:
        """Columns of the padded frame."""
        return self._padded(self.content_width)

    def _padded(self, size: int) -> int:
        return size + size % 2 if self.subsampled else size

    @cached_property
    def planes(self) -> tuple[Plane, ...]:
        """The planes in the order of their bytes."""
        h, w = self.height, self.width
        if self.pixel_format == "rgb24":
            return (Plane(0, (h, w, 3)),)
        if self.is_gray:
            return (Plane(0, (h, w), 2 if self.pixel_format == "gray16le" else 1),)
        chroma = (h // 2, w // 2) if self.subsampled else (h, w)
        if self.pixel_format == "nv12":
            return (Plane(0, (h, w)), Plane(h * w, (*chroma, 2)))
        return (
            Plane(0, (h, w)),
            Plane(h * w, chroma),
            Plane(h * w + chroma[0] * chroma[1], chroma),
        )

    def samples_of(self, frame: Bytes) -> tuple[Bytes, Bytes, Bytes]:
        """View the samples of Y, Cb and Cr, or of R, G and B, in ``frame``, (frame_bytes,) uint8.

        Each view has two axes; those of interleaved samples are strided.
        """
        assert not self.is_gray, f"{self.pixel_format = } has one kind of samples"
        planes = [plane.of(frame) for plane in self.planes]
        if self.pixel_format == "rgb24":
            return planes[0][..., 0], planes[0][..., 1], planes[0][..., 2]
        if self.pixel_format == "nv12":
            return planes[0], planes[1][..., 0], planes[1][..., 1]
        return planes[0], planes[1], planes[2]

    @cached_property
    def frame_bytes(self) -> int:
        """Bytes of one frame."""
        return sum(plane.size for plane in self.planes)
