"""Bands of one frame's values at the canvas's size: channels, smoothing, resampling, with numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray, UnreadFrame
from heatvid._values.sampling import AxisSamples
from heatvid.backends._numba.areas import count_labels
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.jit.primitives import bitcast, load
from heatvid.backends._numba.memory import BAND_PIXELS, Scratch, View, gather, view_of
from heatvid.backends._numba.resampling import along, between


class Geometry:
    """Where the canvas's samples lie on fields of one plan; shared by all slots.

    Parameters
    ----------
    rows, columns : AxisSamples
    size : (int, int)
        Height and width of the field.
    smooth : ndarray, float32, or None
        Weights of a Gaussian.
    working : numpy.dtype
        float32 or float64, of interpolated values.
    bound : float
        Magnitude that values are clipped to before they are interpolated.
    """

    def __init__(
        self,
        rows: AxisSamples,
        columns: AxisSamples,
        size: tuple[int, int],
        smooth: NDArray[np.float32] | None,
        working: np.dtype[Any],
        bound: float,
    ) -> None:
        self.rows, self.columns, self.size, self.smooth = rows, columns, size, smooth
        self.working, self.bound = working, bound
        self.interpolates = rows.interpolates or columns.interpolates or smooth is not None
        self.identity = rows.identity and columns.identity
        self.counts = rows.last is not None or columns.last is not None
        self.in_place = self.identity and not self.interpolates
        self.gaps = bool(np.isfinite(bound))  # numbers may be missing
        self.width = len(columns.first)
        self.every_row = np.arange(size[0])


class Values:
    """The values of one frame, or of one channel of it, where the canvas has its pixels.

    Parameters
    ----------
    frame : View
        Of shape (h, w).
    geometry : Geometry
    scratch : Scratch
    name : str
        Of the channel, for its scratch.

    Attributes
    ----------
    in_place : bool
        Whether bands are views of the frame.
    """

    def __init__(self, frame: View, geometry: Geometry, scratch: Scratch, name: str) -> None:
        self._frame, self._geometry, self._scratch, self._name = frame, geometry, scratch, name
        self.in_place = geometry.in_place and frame.in_rows
        if geometry.smooth is not None:
            self._smoothed = self._smooth(geometry.smooth)
        elif not geometry.interpolates:
            self._columns = geometry.columns.first * frame.column

    def band(self, top: int, bottom: int) -> View:
        """Values of canvas rows ``top`` to ``bottom``, beside each other in rows."""
        if self._geometry.interpolates:
            return self._interpolated(top, bottom)
        frame = self._frame
        if self.in_place:
            return frame.below(top)
        if self._geometry.counts:
            out = self._part("counted", frame.bits, bottom - top, self._geometry.width)
            count_labels(frame, self._geometry.rows, self._geometry.columns, top, out)
            return view_of(out, frame.dtype)
        rows = self._geometry.rows.first[top:bottom] * frame.row
        out = self._part("gathered", frame.bits, bottom - top, self._geometry.width)
        gather(frame.address, rows, self._columns, frame.bits, out)
        return view_of(out, frame.dtype)

    def _part(self, use: str, dtype: Any, *shape: int) -> AnyArray:
        return self._scratch.part(f"{use} {self._name}", dtype, *shape)

    def _floats(self, rows: NDArray[np.intp]) -> AnyArray:
        """Rows of the field in the precision of interpolation, finite."""
        geometry = self._geometry
        out = self._part("floats", geometry.working, len(rows), geometry.size[1])
        read(self._frame, rows, geometry.bound, out)
        return out

    def _smooth(self, weights: NDArray[np.float32]) -> AnyArray:
        height, width = self._geometry.size
        frame = self._floats(self._geometry.every_row)
        along = self._part("smoothed", self._geometry.working, height, width)
        padded = self._part("padded", self._geometry.working, width + len(weights) - 1)
        smooth_rows(frame, weights, padded, along)
        smooth_columns(along, weights, frame)
        return frame

    def _wide(self, rows: NDArray[np.intp]) -> AnyArray:
        """Rows of the field at the canvas's width; few at a time are in floats."""
        geometry = self._geometry
        if geometry.columns.identity:
            return self._floats(rows) if geometry.smooth is None else self._smoothed[rows]
        out = self._part("wide", geometry.working, len(rows), geometry.width)
        step = max(1, BAND_PIXELS // geometry.size[1])
        for top in range(0, len(rows), step):
            few = rows[top : top + step]
            floats = self._floats(few) if geometry.smooth is None else self._smoothed[few]
            along(floats, geometry.columns, out[top : top + step], geometry.gaps)
        return out

    def _interpolated(self, top: int, bottom: int) -> View:
        geometry = self._geometry
        used, rows = geometry.rows.part(top, bottom)
        wide = self._wide(geometry.every_row[used])
        if geometry.rows.identity:
            return view_of(wide)
        out = self._part("values", wide.dtype, bottom - top, geometry.width)
        between(wide, rows, out, geometry.gaps)
        return view_of(out)


class RowsRead:
    """The values of a frame that lies in a file, read band by band, so little that it stays in L2.

    Each thread reads over and over into the same memory, which the kernels then find in its cache.
    """

    in_place = False

    def __init__(self, frame: UnreadFrame, scratch: Scratch) -> None:
        self._frame, self._scratch = frame, scratch

    def band(self, top: int, bottom: int) -> View:
        """Values of rows ``top`` to ``bottom``."""
        shape = (bottom - top, self._frame.shape[1])
        out = self._scratch.part("rows read", self._frame.dtype, *shape)
        self._frame.read_rows(top, out)
        return view_of(out)


def read(frame: View, rows: NDArray[np.intp], bound: float, out: AnyArray) -> None:
    """Read rows of a picture in the precision of ``out``, clipped to ``bound``; NaN stays."""
    convert = convert_half if frame.dtype == np.float16 else convert_plain
    convert(frame.address, rows * frame.row, frame.column, frame.plain, bound, out)


@kernel
def convert_plain(
    address: int,
    rows: NDArray[np.intp],
    column: int,
    dtype: np.dtype[Any],
    bound: float,
    out: AnyArray,
) -> None:
    """Read rows, of which the offsets in bytes are given, in the precision of ``out``, (h, w)."""
    limit = out.dtype.type(bound)
    for r in range(out.shape[0]):
        line, place = out[r], address + rows[r]
        for i in range(out.shape[1]):
            value = out.dtype.type(load(place + i * column, dtype))
            value = limit if value > limit else value
            line[i] = -limit if value < -limit else value


@kernel
def half(bits: Any) -> Any:
    """A number in half precision, by its bits, in float32."""
    magnitude = np.uint32(bits) & np.uint32(0x7FFF)
    value = bitcast(np.uint32(magnitude << np.uint32(13)), np.float32)
    value *= np.float32(2.0**112)  # exact, of subnormal numbers too
    if magnitude >= np.uint32(0x7C00):
        value = np.float32(np.inf) if magnitude == np.uint32(0x7C00) else np.float32(np.nan)
    return -value if np.uint32(bits) & np.uint32(0x8000) else value


@kernel
def convert_half(
    address: int,
    rows: NDArray[np.intp],
    column: int,
    dtype: np.dtype[Any],
    bound: float,
    out: AnyArray,
) -> None:
    """As :func:`convert_plain`, of numbers in half precision."""
    limit = np.float32(bound)
    for r in range(out.shape[0]):
        line, place = out[r], address + rows[r]
        for i in range(out.shape[1]):
            value = half(load(place + i * column, dtype))
            value = limit if value > limit else value
            line[i] = -limit if value < -limit else value


@kernel
def smooth_rows(
    frame: AnyArray, weights: NDArray[np.float32], padded: AnyArray, out: AnyArray
) -> None:
    """Convolve each row, edges repeated: ``a + sum((b - a) * w)``, in the order of the terms."""
    width, radius = frame.shape[1], len(weights) // 2
    for r in range(frame.shape[0]):
        line, result = frame[r], out[r]
        for i in range(len(padded)):
            padded[i] = line[min(max(i - radius, 0), width - 1)]
        for i in range(width):
            result[i] = line[i]
        for tap in range(len(weights)):
            if tap != radius:
                weight, moved = weights[tap], padded[tap : tap + width]
                for i in range(width):
                    result[i] += (moved[i] - line[i]) * weight


@kernel
def smooth_columns(frame: AnyArray, weights: NDArray[np.float32], out: AnyArray) -> None:
    """As :func:`smooth_rows`, along columns."""
    height, radius = frame.shape[0], len(weights) // 2
    for r in range(height):
        line, result = frame[r], out[r]
        for i in range(frame.shape[1]):
            result[i] = line[i]
        for tap in range(len(weights)):
            if tap != radius:
                weight, moved = weights[tap], frame[min(max(r + tap - radius, 0), height - 1)]
                for i in range(frame.shape[1]):
                    result[i] += (moved[i] - line[i]) * weight
