"""Fields that no table holds (RGB, flow, masked), and blend modes other than ``over``, in NumPy.

A *front* is what lies in front of the background in one band: its premultiplied channels in the
canvas's numbers with 16 bits of fraction, shape (rows, W, 3) int64, and what it lets through,
shape (rows, W) int64 in 0..65536. For the blend modes it is plain RGB and its opacity.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatvid._colorspace import HALF, OPAQUE, CanvasTable, rgb_fixed
from heatvid._frames import Bytes, Canvas


class Front(NamedTuple):
    """Premultiplied channels and transmission of a band."""

    premultiplied: NDArray[np.int64]
    transmission: NDArray[np.int64]


def table_front(table: CanvasTable, index: NDArray[np.intp]) -> Front:
    """Gather a band from the table."""
    return Front(table.premultiplied[index], table.transmission[index])


def rgb_front(rgb: NDArray[np.uint8], opacity: NDArray[np.int64], canvas: Canvas) -> Front:
    """Bring RGB, shape (rows, W, 3), to the canvas's numbers by the integer matrix."""
    channels = rgb_fixed(rgb, canvas)
    return Front((channels * opacity[..., None] + HALF) >> 16, OPAQUE - opacity)


def masked(front: Front, mask: NDArray[np.int64]) -> Front:
    """Weaken a front by a mask, shape (rows, W) int64 in 0..65536."""
    opacity = ((OPAQUE - front.transmission) * mask + HALF) >> 16
    return Front((front.premultiplied * mask[..., None] + HALF) >> 16, OPAQUE - opacity)


def write_over(
    front: Front,
    canvas: Canvas,
    top: int,
    background: Bytes | None,
    under: NDArray[np.float64],
    out: Bytes,
) -> None:
    """Write a band at row ``top`` over a background's frame, or over the colour ``under``."""
    premultiplied, transmission = front
    if background is None:
        through = np.rint(under * transmission[..., None]).astype(np.int64)
        premultiplied = premultiplied + through
        transmission = np.zeros_like(transmission)
    band = slice(top, top + len(transmission))
    under_samples = None if background is None else canvas.samples_of(background)
    for i, plane in enumerate(canvas.samples_of(out)):
        total, through, shift, rows = premultiplied[..., i], transmission, 16, band
        if i > 0 and canvas.subsampled:
            total, through, shift = _blocks(total), _blocks(through), 18
            rows = slice(band.start // 2, band.stop // 2)
        total = total + (1 << (shift - 1))
        if under_samples is not None:
            total += under_samples[i][rows] * through
        plane[rows] = total >> shift


def _blocks(samples: NDArray[np.int64]) -> NDArray[np.int64]:
    pairs = samples[0::2] + samples[1::2]
    return pairs[:, 0::2] + pairs[:, 1::2]


def blend_rgb(
    rgb: NDArray[np.uint8], opacity: NDArray[np.int64], under: NDArray[np.uint8], mode: str
) -> NDArray[np.uint8]:
    """Blend RGB over RGB, both (rows, W, 3): ``(m A + b (65536 - A) + 32768) >> 16``.

    ``m`` is, of the front's level c and the background's b: multiply ``(c b + 127) // 255``,
    screen ``255 - ((255 - c)(255 - b) + 127) // 255``, lighten and darken the larger and the
    smaller, add ``min(c + b, 255)``.
    """
    c, b = rgb.astype(np.int64), under.astype(np.int64)
    if mode == "multiply":
        mixed = (c * b + 127) // 255
    elif mode == "screen":
        mixed = 255 - ((255 - c) * (255 - b) + 127) // 255
    elif mode == "lighten":
        mixed = np.maximum(c, b)
    elif mode == "darken":
        mixed = np.minimum(c, b)
    else:
        assert mode == "add", f"{mode = }"
        mixed = np.minimum(c + b, 255)
    opacity = opacity[..., None]
    return ((mixed * opacity + b * (OPAQUE - opacity) + HALF) >> 16).astype(np.uint8)
