"""What a rendered frame has to be, computed slowly from the documented arithmetic alone.

Nothing of heatvid is used: colours and positions are exact fractions, pixels plain NumPy in
float32, float64 and int64, one operation at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support.oracle_shrinking import Stretched, averaged

Color = tuple[int, int, int, float]  # R, G, B in 0..255, alpha in 0..1
BLACK: Color = (0, 0, 0, 1.0)


@dataclass(frozen=True)
class Picture:
    """A canvas: its format, the size of its content, and luma's range."""

    pixel_format: str
    height: int
    width: int
    color_range: str = "tv"

    @property
    def halves_chroma(self) -> bool:
        return self.pixel_format in ("yuv420p", "nv12", "yuv420p10le", "yuva420p")

    @property
    def padded(self) -> tuple[int, int]:
        height, width = self.height, self.width
        if self.halves_chroma:
            height = (height + 1) // 2 * 2
        if self.halves_chroma or self.pixel_format == "yuv422p10le":
            width = (width + 1) // 2 * 2
        return height, width

    @property
    def frame_bytes(self) -> int:
        height, width = self.padded
        return height * width * 3 // 2 if self.halves_chroma else height * width * 3

    def split(self, frame: NDArray[Any]) -> list[NDArray[Any]]:
        """The three samples of a frame's bytes: Y, Cb, Cr, or R, G, B."""
        height, width = self.padded
        if self.pixel_format == "rgb24":
            return [frame[i::3].reshape(height, width) for i in range(3)]
        luma, rest = frame[: height * width].reshape(height, width), frame[height * width :]
        if self.halves_chroma:
            height, width = height // 2, width // 2
        parts = [rest[0::2], rest[1::2]]
        if self.pixel_format != "nv12":
            parts = [rest[: height * width], rest[height * width :]]
        return [luma, *(part.reshape(height, width) for part in parts)]

    def join(self, samples: Sequence[NDArray[Any]]) -> NDArray[np.uint8]:
        """The bytes of a frame with these samples."""
        first, second, third = (part.reshape(-1).astype(np.uint8) for part in samples)
        if self.pixel_format == "rgb24":
            return np.stack([first, second, third], axis=1).reshape(-1)
        if self.pixel_format == "nv12":
            return np.concatenate([first, np.stack([second, third], axis=1).reshape(-1)])
        return np.concatenate([first, second, third])


# --- values -----------------------------------------------------------------------------------


def positions(field: int, content: int, size: int) -> list[Fraction]:
    """Exact places of canvas samples on the field's axis, half-pixel centres, not yet clamped."""
    places = [min(i, content - 1) + Fraction(1, 2) for i in range(size)]
    return [place * Fraction(field, content) for place in places]


def nearest(field: int, content: int, size: int) -> list[int]:
    return [int(place) for place in positions(field, content, size)]


@lru_cache(1000)
def neighbours(field: int, content: int, size: int) -> list[tuple[int, int, np.float32]]:
    """The two samples around each place, clamped at the edges, and the weight of the second."""
    result = []
    for place in positions(field, content, size):
        centre = min(max(place - Fraction(1, 2), Fraction(0)), Fraction(field - 1))
        first = int(centre)
        weight = np.float32(float(centre - first))
        result.append((first, first + 1 if weight else first, weight))
    return result


def is_wide(dtype: np.dtype[Any]) -> bool:
    return dtype.itemsize > 4 or (dtype.kind in "iu" and dtype.itemsize == 4)


def resampled(frame: NDArray[Any], picture: Picture, bilinear: bool) -> NDArray[Any]:
    """Values of all canvas pixels; those that arise by interpolation are float32 or float64."""
    height, width = picture.padded
    same = frame.shape == (picture.height, picture.width)
    if same or not bilinear:
        rows = nearest(frame.shape[0], picture.height, height)
        columns = nearest(frame.shape[1], picture.width, width)
        return frame[np.ix_(rows, columns)]
    working = np.float64 if is_wide(frame.dtype) else np.float32
    values = frame.astype(working)
    if frame.dtype.kind == "f":  # infinities, so that Inf - Inf does not arise
        bound = np.finfo(working).max / 4
        values = np.where(values > bound, bound, np.where(values < -bound, -bound, values))
        values = values.astype(working)
    along = _along(values, picture.width, width)
    return _along(along.T, picture.height, height).T


def _along(values: NDArray[Any], content: int, size: int) -> NDArray[Any]:
    """Resample the last axis, and repeat the last sample where the canvas is padded."""
    field = values.shape[-1]
    if field > content:
        within = averaged(values, Stretched(field, content))
        return within[..., np.minimum(np.arange(size), content - 1)]
    out = np.empty((*values.shape[:-1], size), values.dtype)
    for i, (first, second, weight) in enumerate(neighbours(field, content, size)):
        a, b = values[..., first], values[..., second]
        out[..., i] = a + (b - a) * values.dtype.type(weight)
    return out


# --- rows of the table ------------------------------------------------------------------------


def table_rows(
    values: NDArray[Any], limits: tuple[float, float], entries: int
) -> NDArray[np.int64]:
    """0..N-1 within the limits, N under, N + 1 over, N + 2 for NaN."""
    vmin, vmax = (float(limit) for limit in limits)
    with np.errstate(all="ignore"):
        if is_wide(values.dtype) or not _float32_holds(vmin, vmax, entries):
            compared = values.astype(np.float64)
            low, high = np.float64(vmin), np.float64(vmax)
            place = _in_double(compared, low, high, entries)
        elif values.dtype.kind in "biu":
            compared = values.astype(np.float64)
            low, high = np.float64(vmin), np.float64(vmax)
            place = _as_matplotlib(compared, vmin, vmax, entries)
        else:
            compared = values.astype(np.float32)
            low, high = np.float32(vmin), np.float32(vmax)
            scale = np.float32(entries / (float(high) - float(low))) if low != high else 0
            place = (compared - low) * np.float32(scale)
        rows = np.zeros(values.shape, np.int64)
        within = (compared >= low) & (compared <= high)
        rows[within] = np.minimum(np.floor(place[within]), entries - 1).astype(np.int64)
    if vmin == vmax:
        rows[within] = 0
    rows[compared < low] = entries
    rows[compared > high] = entries + 1
    rows[np.isnan(compared)] = entries + 2
    return rows


def _as_matplotlib(
    values: NDArray[np.float64], vmin: float, vmax: float, entries: int
) -> NDArray[np.float32]:
    """Values of 8 and 16 bits: Normalize rounds each of its steps to float32."""
    offsets = (values - vmin).astype(np.float32)
    fractions = (offsets.astype(np.float64) / np.float64(vmax - vmin)).astype(np.float32)
    return fractions * np.float32(entries)


def _in_double(
    values: NDArray[np.float64], low: np.float64, high: np.float64, entries: int
) -> NDArray[np.float64]:
    if np.isinf(high - low):  # a range that no double holds
        values, low, high = values / 2, low / 2, high / 2
    return (values - low) / (high - low) * entries


def _float32_holds(vmin: float, vmax: float, entries: int) -> bool:
    low, high = np.float32(vmin), np.float32(vmax)
    if vmin == vmax:
        return float(low) == vmin
    if low == high or not np.isfinite(high - low):
        return False
    scale = np.float32(entries / (float(high) - float(low)))
    return bool(np.finfo(np.float32).tiny <= scale < np.inf)


# --- colours ----------------------------------------------------------------------------------


@lru_cache(100_000)
def canvas_color(color: Color, pixel_format: str, color_range: str) -> tuple[Fraction, ...]:
    """Y rounded, Cb and Cr not; or R, G, B."""
    r, g, b = map(Fraction, color[:3])
    if pixel_format == "rgb24":
        return r, g, b
    luma = (2126 * r + 7152 * g + 722 * b) / 10_000
    cb, cr = (b - luma) / Fraction("1.8556"), (r - luma) / Fraction("1.5748")
    if color_range == "pc":
        y, scale = luma, Fraction(1)
    else:
        y, scale = 16 + luma * Fraction(219, 255), Fraction(224, 255)
    ceiling = Fraction(255)
    return (
        Fraction(round(y)),
        min(128 + cb * scale, ceiling),
        min(128 + cr * scale, ceiling),
    )


@lru_cache(1000)
def canvas_rows(
    colors: tuple[Color, ...],
    pixel_format: str,
    color_range: str,
    alpha: float,
    under: Color | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Channel times alpha, and what of the background shows, both in 16 bits of fraction.

    ``under`` is a background of one colour, which is blended here; None where frames will come.
    """
    premultiplied, transmission = [], []
    for color in colors:
        opacity = round(color[3] * alpha * 65_536)
        through = 65_536 - opacity
        front = [round(c * opacity) for c in canvas_color(color, pixel_format, color_range)]
        if under is not None:
            behind = [round(c * through) for c in canvas_color(under, pixel_format, color_range)]
            front, through = [f + b for f, b in zip(front, behind, strict=True)], 0
        premultiplied.append(front)
        transmission.append(through)
    return np.array(premultiplied, np.int64), np.array(transmission, np.int64)


# --- pixels -----------------------------------------------------------------------------------


def _block_sum(plane: NDArray[np.int64]) -> NDArray[np.int64]:
    return plane[0::2, 0::2] + plane[0::2, 1::2] + plane[1::2, 0::2] + plane[1::2, 1::2]


def frame_bytes(
    frame: NDArray[Any],
    picture: Picture,
    colors: Sequence[Color],
    limits: tuple[float, float],
    *,
    alpha: float = 1.0,
    background: NDArray[np.uint8] | Color = BLACK,
    bilinear: bool = True,
) -> NDArray[np.uint8]:
    """One rendered frame; ``colors`` are the N, then under, over and bad."""
    with np.errstate(all="ignore"):  # NaN may signal
        values = resampled(frame, picture, bilinear)
    rows = table_rows(values, limits, len(colors) - 3)
    frames = isinstance(background, np.ndarray)
    front, through = canvas_rows(
        tuple(colors),
        picture.pixel_format,
        picture.color_range,
        alpha,
        None if frames else background,
    )
    behind = background.astype(np.int64) if frames else np.zeros(picture.frame_bytes, np.int64)
    return blended(front[rows], through[rows], behind, picture)


def blended(
    front: NDArray[np.int64], through: NDArray[np.int64], behind: NDArray[Any], picture: Picture
) -> NDArray[np.uint8]:
    """A frame of premultiplied pixels, shape (h, w, 3), over the bytes of another."""
    samples = []
    for i, below in enumerate(picture.split(behind.astype(np.int64))):
        if i > 0 and picture.halves_chroma:
            total = _block_sum(front[..., i]) + below * _block_sum(through)
            samples.append((total + 131_072) >> 18)
        else:
            samples.append((front[..., i] + below * through + 32_768) >> 16)
    return picture.join(samples)
