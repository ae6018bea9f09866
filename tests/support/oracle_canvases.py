"""What frames of 10 bits, of an alpha and of a palette have to be, from their formulas alone.

As in :mod:`tests.support.oracle`, nothing of heatvid is used: colours are exact fractions, and
pixels are numbers of Python and NumPy in int64.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support.oracle import Picture
from tests.support.oracle_ways import Way, shown

Exact = tuple[Fraction, Fraction, Fraction]
ALPHA = ("yuva420p", "yuva444p10le", "rgba")
DEEP = ("yuv420p10le", "yuv422p10le", "yuv444p10le")


def bits_of(picture: Picture) -> int:
    return 10 if picture.pixel_format.endswith("10le") else 8


def ycc(color: tuple[float, ...], bits: int, color_range: str) -> Exact:
    """Y rounded, Cb and Cr not, of colours in 0..255, as BT.709 has them for so many bits."""
    r, g, b = (Fraction(channel) / 255 for channel in color)
    luma = Fraction("0.2126") * r + Fraction("0.7152") * g + Fraction("0.0722") * b
    cb, cr = (b - luma) / Fraction("1.8556"), (r - luma) / Fraction("1.5748")
    step, most = 2 ** (bits - 8), 2**bits - 1
    if color_range == "pc":
        y, c = most * luma, most
    else:
        y, c = 16 * step + 219 * step * luma, 224 * step
    middle, top = Fraction(128 * step), Fraction(most)
    return Fraction(round(y)), min(middle + c * cb, top), min(middle + c * cr, top)


def by_matrix(color: tuple[float, ...], bits: int, color_range: str) -> Exact:
    """The same by the integer matrix, by which computed colours are converted."""
    units = [ycc(unit, bits, color_range) for unit in ((0, 0, 0),)]
    scale = 2 ** (28 - bits)
    black = [int(part * scale) for part in units[0]]
    luma = [Fraction(own) for own in ("0.2126", "0.7152", "0.0722")]
    rows = [
        luma,
        [(Fraction(i == 2) - own) / Fraction("1.8556") for i, own in enumerate(luma)],
        [(Fraction(i == 0) - own) / Fraction("1.5748") for i, own in enumerate(luma)],
    ]
    step, most = 2 ** (bits - 8), 2**bits - 1
    spans = [most] * 3 if color_range == "pc" else [219 * step, 224 * step, 224 * step]
    totals = []
    for row, span, start in zip(rows, spans, black, strict=True):
        weights = [round(own * span / 255 * scale) for own in row]
        totals.append(sum(w * int(c) for w, c in zip(weights, color, strict=True)) + start)
    y = Fraction((totals[0] + scale // 2) // scale)
    one = 2 ** (24 - bits)  # of chroma, which keeps 24 bits
    cb, cr = (min(Fraction((total + 8) // 16, one), Fraction(most)) for total in totals[1:])
    return y, cb, cr


def frame_bytes(
    frame: NDArray[Any],
    picture: Picture,
    way: Way,
    limits: Any,
    mask: NDArray[np.float32] | None = None,
) -> NDArray[np.uint8]:
    """One frame of any of ``ALPHA`` and ``DEEP``."""
    rgb, opacity = shown(frame, picture, way, limits, mask)
    convert = by_matrix if way.channel in ("rgb", "flow") else ycc
    if picture.pixel_format in DEEP:
        return _deep(rgb, opacity, picture, way)
    bits = bits_of(picture)
    alpha = (opacity * (2**bits - 1) + 32_768) >> 16
    if picture.pixel_format == "rgba":
        return np.concatenate([rgb, alpha[..., None]], axis=-1).astype(np.uint8).reshape(-1)
    one = 2 ** (24 - bits)
    exact = _each(rgb, lambda color: convert(color, bits, picture.color_range))
    y, cb, cr = (
        np.array([[round(part[i] * scale) for part in row] for row in exact], np.int64)
        for i, scale in enumerate((1, one, one))
    )
    if picture.pixel_format == "yuva420p":
        planes = [y, _weighted(cb, alpha), _weighted(cr, alpha), alpha]
    else:
        planes = [y, *((c + one // 2) // one for c in (cb, cr)), alpha]
    return _joined(planes, bits)


def _each(rgb: NDArray[np.int64], function: Callable[[tuple[int, ...]], Any]) -> list[list[Any]]:
    known = {color: function(color) for color in {tuple(p) for p in rgb.reshape(-1, 3).tolist()}}
    return [[known[tuple(pixel)] for pixel in row] for row in rgb.tolist()]


def _weighted(chroma: NDArray[np.int64], alpha: NDArray[np.int64]) -> NDArray[np.int64]:
    """The mean of each block, pixel by pixel, as Python has whole numbers."""
    height, width = chroma.shape
    out = np.empty((height // 2, width // 2), np.int64)
    for y in range(height // 2):
        for x in range(width // 2):
            block = (slice(2 * y, 2 * y + 2), slice(2 * x, 2 * x + 2))
            weights, values = alpha[block].reshape(-1).tolist(), chroma[block].reshape(-1).tolist()
            if not sum(weights):
                weights = [1, 1, 1, 1]
            mean = Fraction(sum(w * v for w, v in zip(weights, values, strict=True)), sum(weights))
            out[y, x] = (mean / 65_536 + Fraction(1, 2)).__floor__()
    return out


def _deep(
    rgb: NDArray[np.int64], opacity: NDArray[np.int64], picture: Picture, way: Way
) -> NDArray[np.uint8]:
    """Opaque samples of 10 bits: 14 bits of fraction, over the colour that lies under all."""
    under = ycc(way.under[:3], 10, picture.color_range)

    def over(pixel: tuple[int, ...]) -> tuple[int, ...]:
        *color, own = pixel
        front = ycc(tuple(color), 10, picture.color_range)
        return tuple(
            round(c * own / 4) + round(b * (65_536 - own) / 4)
            for c, b in zip(front, under, strict=True)
        )

    pixels = np.concatenate([rgb, opacity[..., None]], axis=-1)
    known = {p: over(p) for p in {tuple(p) for p in pixels.reshape(-1, 4).tolist()}}
    fixed = np.array([[known[tuple(p)] for p in row] for row in pixels.tolist()], np.int64)
    y, cb, cr = np.moveaxis(fixed, -1, 0)
    shift = 14
    if picture.pixel_format != "yuv444p10le":
        cb, cr = (c[:, 0::2] + c[:, 1::2] for c in (cb, cr))
        shift += 1
    if picture.pixel_format == "yuv420p10le":
        cb, cr = (c[0::2] + c[1::2] for c in (cb, cr))
        shift += 1
    planes = [(y + 8192) >> 14, *((c + (1 << (shift - 1))) >> shift for c in (cb, cr))]
    return _joined(planes, 10)


def _joined(planes: list[NDArray[np.int64]], bits: int) -> NDArray[np.uint8]:
    kind = "<u2" if bits == 10 else "u1"
    return np.concatenate([plane.astype(kind).reshape(-1).view(np.uint8) for plane in planes])
