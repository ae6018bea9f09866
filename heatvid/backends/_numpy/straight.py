"""Frames that keep what is see-through: each pixel's own colour, and its opacity beside it.

Colours are straight, not multiplied by the opacity: a pixel that is not seen has its row's colour
all the same, so that no edge darkens where players blend. An alpha sample is
``(opacity * most + 32768) >> 16`` of the opacity in 0..65536 and the largest level. Chroma of a
2×2 block is the mean of its pixels weighted by their alpha samples a,
``(sum(c a) + sum(a) / 2) // sum(a)`` of the unrounded chroma c, rounded once; where all four are
transparent it is their plain mean.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._color.colorspace import (
    FIXED_BITS,
    HALF,
    MATRIX_BITS,
    fixed_point,
    integer_matrix,
    weighted,
)
from heatvid._frames import AnyArray, Bytes
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import FieldLimits, Limits
from heatvid.backends._numpy.colors import ChannelColors, opacity_of
from heatvid.backends._numpy.deep import write_mean
from heatvid.backends._numpy.fronts import Weight, masked
from heatvid.backends._numpy.pixels import Scratch
from heatvid.backends._numpy.rows import TableRows
from heatvid.backends._numpy.values import Values, banded


class _Seen(Protocol):
    """What a band shows."""

    opacity: Weight

    def channel(self, i: int) -> NDArray[np.int32]:
        """Levels of channel 0, or of any of RGB; chroma with its fraction: scratch."""


class _TableSeen:
    """Rows of a table."""

    def __init__(self, table: NDArray[np.int32], index: AnyArray, alpha: Any, s: Scratch) -> None:
        self._table, self._index, self._scratch = table, index, s
        self.opacity: Weight = opacity_of(alpha, index, s)

    def channel(self, i: int) -> NDArray[np.int32]:
        out = self._scratch.part("channel", np.int32, len(self._index))
        np.take(self._table[i], self._index, mode="clip", out=out)
        return out


class _ColorsSeen:
    """Red, green and blue, shape (3, rows, W) uint8."""

    def __init__(self, levels: Bytes, opacity: Weight, canvas: Canvas) -> None:
        self._levels, self.opacity, self._canvas = levels, opacity, canvas

    def channel(self, i: int) -> NDArray[np.int32]:
        if self._canvas.is_rgb:
            return np.asarray(self._levels[i], np.int32)
        bits = self._canvas.bits
        matrix, offset = integer_matrix(self._canvas.color_range, bits)
        if i == 0:
            return weighted(self._levels, matrix[0], offset[0], MATRIX_BITS + 8 - bits)
        shift = MATRIX_BITS + 8 - FIXED_BITS
        chroma = weighted(self._levels, matrix[i], offset[i], shift)
        most = (1 << FIXED_BITS) - (1 << (FIXED_BITS - bits))
        np.minimum(chroma, most, out=chroma)
        return chroma


class StraightFrames:
    """Frames of a canvas that has an alpha."""

    def __init__(self, plan: TilePlan, limits: FieldLimits, *, lasting: bool) -> None:
        self._plan, self._rows = plan, None
        if isinstance(limits, Limits) and plan.field.kind == "scalar":
            self._rows = TableRows(plan, limits)
            rows = slice(None) if self._rows.composed is None else self._rows.composed
            alpha = fixed_point(plan.field.rows_alpha(limits))
            self._table = np.ascontiguousarray(plan.straight[rows].T)
            self._alpha = alpha[rows].astype(np.int32)
        else:
            self._colors = ChannelColors(plan, limits)

    def render(
        self,
        frame: AnyArray,
        background: Bytes | None,
        mask: NDArray[np.float32] | None,
        out: Bytes,
        s: Scratch,
    ) -> None:
        """Render one frame, shape (H, W) or (H, W, C)."""
        for channels, weights, rows in banded(frame, mask, self._plan, s):
            seen = self._seen(channels, rows, s)
            if weights is not None:
                seen.opacity = masked(seen.opacity, weights, s)
            write_straight(seen, self._plan.canvas, rows, out, s)

    def _seen(self, channels: list[Values], rows: slice, s: Scratch) -> _Seen:
        if self._rows is not None:
            return _TableSeen(self._table, self._rows.band(channels[0], rows, s), self._alpha, s)
        return _ColorsSeen(*self._colors.levels(channels, rows, s), self._plan.canvas)


def write_straight(seen: _Seen, canvas: Canvas, band: slice, out: Bytes, s: Scratch) -> None:
    """Write a band of rows."""
    *samples, alpha = canvas.samples_of(out)
    own = s.part("alpha", np.int32, band.stop - band.start)
    own[...] = seen.opacity
    own *= (1 << canvas.bits) - 1
    own += HALF
    own >>= 16
    np.copyto(alpha[band], own, casting="unsafe")
    for i, plane in enumerate(samples):
        channel = seen.channel(i)
        if i == 0 or canvas.is_rgb:
            np.copyto(plane[band], channel, casting="unsafe")
        elif canvas.subsampled:
            half = slice(band.start // 2, band.stop // 2)
            np.copyto(plane[half], _weighted_mean(channel, own), casting="unsafe")
        else:
            write_mean(channel, canvas, FIXED_BITS - canvas.bits, plane[band])


def _weighted_mean(chroma: NDArray[np.int32], alpha: NDArray[np.int32]) -> NDArray[np.int64]:
    """Chroma of 8 bits and its fraction over 2×2 blocks, each pixel as much as it is seen."""
    weights = _blocks(alpha.astype(np.int64))
    totals = _blocks(chroma.astype(np.int64) * alpha)
    unseen = weights == 0
    weights[unseen] = 4
    totals[unseen] = _blocks(chroma.astype(np.int64))[unseen]
    mean: NDArray[np.int64] = (totals + (weights << 15)) // (weights << 16)
    return mean


def _blocks(plane: NDArray[np.int64]) -> NDArray[np.int64]:
    rows = plane[0::2] + plane[1::2]
    return rows[:, 0::2] + rows[:, 1::2]
