"""Frames that keep what is see-through, rendered band by band by the numba kernels."""

from __future__ import annotations

import numpy as np

from heatvid._color.colorspace import FIXED_BITS
from heatvid._frames import AnyArray, Bytes
from heatvid._plan.tile import TilePlan
from heatvid.backends._numba import blends, straight
from heatvid.backends._numba.front_frames import FrontFrames
from heatvid.backends._numba.memory import Scratch
from heatvid.backends._numba.rows import Bands, Shape
from heatvid.backends._numba.values import Values
from heatvid.backends._recipe import Recipe


class StraightFrames(FrontFrames):
    """Frames of a canvas that has an alpha: see heatvid.backends._numpy.straight."""

    def __init__(self, plan: TilePlan, shape: Shape, recipe: Recipe) -> None:
        super().__init__(plan, shape, recipe)
        canvas = plan.canvas
        starts = [plane.offset // plane.sample_bytes for plane in canvas.planes]
        self._starts = np.array([0, 1, 2, 3] if canvas.is_rgb else starts, np.intp)
        self._step = 4 if canvas.is_rgb else 1
        self._fraction = 0 if canvas.is_rgb else FIXED_BITS - canvas.bits

    def _over(
        self,
        channels: list[Values],
        rows: Bands | None,
        top: int,
        bottom: int,
        weights: AnyArray | None,
        background: Bytes | None,
        out: Bytes,
        scratch: Scratch,
    ) -> None:
        """Write colours and their opacity; nothing lies behind them."""
        canvas, recipe = self._plan.canvas, self._recipe
        if rows is not None:
            tables = recipe.straight, recipe.opacity
            shown, opacity = self._taken(rows, top, bottom, *tables, scratch)
        else:
            shown = self._planes("front", np.int32, top, bottom, scratch)
            rgb, opacity = self._colors(channels, rows, top, bottom, scratch)
            straight.straight_colors(rgb, *self._matrix[1], canvas.bits, shown)
        if weights is not None:
            blends.mask_opacity(opacity, weights)
        if canvas.subsampled:
            starts = self._starts[1:].tolist()
            straight.write_straight_blocks(shown, opacity, top, *starts, out)
            return
        most, samples = (1 << canvas.bits) - 1, out if canvas.bits == 8 else out.view("<u2")
        where = (top, self._starts, self._step, most, self._fraction)
        straight.write_straight(shown, opacity, *where, samples)
