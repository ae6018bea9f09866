"""Ink: one colour that is laid on frames of a canvas, over whole boxes or by a coverage.

Coverage is the share of each pixel, 0 to 255, that a glyph covers. For a sample ``b`` and the
ink's own ``c``

    out = (c·coverage + b·(255 − coverage)) / 255

in whole numbers, rounded once; subsampled chroma takes the sums of both over its block, in which
what lies beside the coverage has none. On canvases that keep alpha ``a`` colours are not multiplied
by it, so that ``b`` weighs ``a·(255 − coverage)`` and ``c`` as an opaque pixel does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Box, Canvas
from heatvid._color.colorspace import to_canvas_colors
from heatvid._frames import Bytes

Rgb = tuple[int, int, int]

FULL = 255  # coverage of a whole pixel
FRACTION = 8  # bits of the ink's chroma beyond a level


class Ink:
    """One colour, as a canvas has it.

    Parameters
    ----------
    canvas : Canvas
        Of colours: its samples are luma and chroma, or red, green and blue.
    rgb : (int, int, int)
        In 0..255.
    """

    def __init__(self, canvas: Canvas, rgb: Rgb) -> None:
        assert canvas.format.samples in ("yuv", "rgb"), f"{canvas.pixel_format = } has no colours"
        (colors,) = to_canvas_colors(np.array([rgb], np.uint8), canvas)
        self.canvas = canvas
        self.fixed = tuple(np.rint(colors * (1 << FRACTION)).astype(int).tolist())

    @classmethod
    def of_levels(cls, canvas: Canvas, levels: Sequence[int]) -> Ink:
        """Make the ink that has these samples: Y, Cb, Cr, or R, G, B; an opacity is not heeded."""
        ink = cls(canvas, (0, 0, 0))
        ink.fixed = tuple(level << FRACTION for level in levels[:3])
        return ink

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """Samples of a pixel that it covers: Y, Cb, Cr, or R, G, B, and the opacity."""
        half = 1 << (FRACTION - 1)
        opaque = ((1 << self.canvas.bits) - 1,) * self.canvas.has_alpha
        return tuple((color + half) >> FRACTION for color in self.fixed) + opaque

    def fill(self, frame: Bytes, box: Box) -> None:
        """Cover a box in a frame, shape (frame_bytes,) uint8, whole; what lies beyond it is cut."""
        box = box.common(Box(0, 0, self.canvas.height, self.canvas.width))
        if box.is_empty:
            return
        if self.canvas.aligned(box) != box:
            self.blend(frame, box.top, box.left, np.full(box[2:], FULL, np.uint8))
            return
        for samples, level in zip(self.canvas.samples_of(frame, box), self.levels, strict=True):
            samples[...] = level

    def blend(self, frame: Bytes, top: int, left: int, coverage: Bytes) -> None:
        """Lay the ink on a frame, shape (frame_bytes,) uint8; see :meth:`stamp`."""
        self.stamp(top, left, coverage).lay(frame)

    def stamp(self, top: int, left: int, coverage: Bytes) -> Stamp:
        """Make ready what is to be laid on frames.

        Parameters
        ----------
        top, left : int
            Of the first pixel; they may be odd, or lie beyond the frame.
        coverage : ndarray, shape (h, w), uint8
        """
        box = Box(top, left, *coverage.shape)
        inside = box.common(Box(0, 0, self.canvas.height, self.canvas.width))
        whole = Box(0, 0, 0, 0) if inside.is_empty else self.canvas.aligned(inside)
        shares = coverage
        if whole != box:
            shares = np.zeros(whole[2:], np.uint8)
            if not inside.is_empty:
                _within(shares, inside, whole)[...] = _within(coverage, inside, box)
        make = _StraightStamp if self.canvas.has_alpha else _OpaqueStamp
        return make(self, whole, shares)


class Stamp:
    """A coverage in one ink at one place, to be laid on frame after frame.

    Attributes
    ----------
    box : Box
        The pixels that it may change, aligned.
    """

    def __init__(self, ink: Ink, box: Box, shares: Bytes) -> None:
        self.ink, self.box = ink, box

    def lay(self, frame: Bytes) -> None:
        """Lay it on a frame, shape (frame_bytes,) uint8."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class _Layer:
    """What is done to one channel: ``(b·back + term) / divisor``."""

    back: NDArray[Any]
    term: NDArray[Any]
    divisor: int

    def lay(self, samples: NDArray[Any]) -> None:
        mixed = np.multiply(samples, self.back, dtype=self.term.dtype)
        mixed += self.term
        mixed //= self.divisor
        samples[...] = mixed


class _OpaqueStamp(Stamp):
    """On a canvas without alpha: all but one product is known beforehand."""

    def __init__(self, ink: Ink, box: Box, shares: Bytes) -> None:
        super().__init__(ink, box, shares)
        steps = [_step(ink.canvas, i) for i in range(len(ink.fixed))]
        kinds = list(zip(steps, ink.fixed, strict=True))
        layers = {kind: self._layer(*kind, shares) for kind in dict.fromkeys(kinds)}
        self._layers = [layers[kind] for kind in kinds]  # those of a grey have chroma in common

    def _layer(self, step: tuple[int, int], color: int, shares: Bytes) -> _Layer:
        """Of whole colours of 8 bits in 16 bits, else in 32."""
        divisor, level = FULL * step[0] * step[1], color >> FRACTION
        if level << FRACTION == color and divisor == FULL and self.ink.canvas.bits == 8:
            front = shares.astype(np.uint16)
            return _Layer(FULL - front, front * np.uint16(level) + np.uint16(FULL // 2), divisor)
        front = _sums(shares.astype(np.uint32), step)
        back = (np.uint32(divisor) - front) << np.uint32(FRACTION)
        divisor <<= FRACTION
        return _Layer(back, front * np.uint32(color) + np.uint32(divisor // 2), divisor)

    def lay(self, frame: Bytes) -> None:
        """Lay it on a frame."""
        views = self.ink.canvas.samples_of(frame, self.box)
        for samples, layer in zip(views, self._layers, strict=True):
            layer.lay(samples)


class _StraightStamp(Stamp):
    """On a canvas with alpha, whose opacity weighs what lies below."""

    def __init__(self, ink: Ink, box: Box, shares: Bytes) -> None:
        super().__init__(ink, box, shares)
        self._shares = shares.astype(np.int64)

    def lay(self, frame: Bytes) -> None:
        """Lay it on a frame."""
        *colors, opacity = self.ink.canvas.samples_of(frame, self.box)
        front = self._shares * ((1 << self.ink.canvas.bits) - 1)
        back = (FULL - self._shares) * opacity
        for i, (samples, color) in enumerate(zip(colors, self.ink.fixed, strict=True)):
            step = _step(self.ink.canvas, i)
            _mix(samples, color, _sums(front, step), _sums(back, step))
        opacity[...] = (front + back + FULL // 2) // FULL


def _mix(samples: NDArray[Any], color: int, front: NDArray[Any], back: NDArray[Any]) -> None:
    """Mean of what is seen of the ink and of the samples; beside the ink they stay as they are."""
    total = (front + back) << FRACTION
    mixed = (front * color + ((samples * back) << FRACTION) + total // 2) // np.maximum(total, 1)
    np.copyto(samples, mixed, where=front > 0, casting="unsafe")


def _within(pixels: NDArray[Any], part: Box, whole: Box) -> NDArray[Any]:
    """View a part of what a box holds."""
    top, left = part.top - whole.top, part.left - whole.left
    return pixels[top : top + part.height, left : left + part.width]


def _step(canvas: Canvas, channel: int) -> tuple[int, int]:
    """Rows and columns of pixels that share a sample."""
    down, across = canvas.format.halved if channel in (1, 2) else (False, False)
    return 1 + down, 1 + across


def _sums(shares: NDArray[Any], step: tuple[int, int]) -> NDArray[Any]:
    """Sums over blocks of so many rows and columns."""
    for axis, size in enumerate(step):
        if size == 2:
            even = shares[0::2] if axis == 0 else shares[:, 0::2]
            shares = even + (shares[1::2] if axis == 0 else shares[:, 1::2])
    return shares
