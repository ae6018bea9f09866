"""Frames of one plan and one pair of limits, rendered band by band by the numba kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray, Bytes, UnreadFrame
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import FieldLimits
from heatvid.backends._numba.channels import channels_of
from heatvid.backends._numba.front_frames import FrontFrames
from heatvid.backends._numba.memory import Scratch, View, view_of
from heatvid.backends._numba.paired import PairedPixels
from heatvid.backends._numba.pixels import TablePixels
from heatvid.backends._numba.rows import Rows, Shape
from heatvid.backends._numba.straight_frames import StraightFrames
from heatvid.backends._numba.values import RowsRead, Values
from heatvid.backends._recipe import Recipe, make_recipe


def frames_for(plan: TilePlan, shape: Shape, limits: FieldLimits) -> TableFrames | FrontFrames:
    """What renders frames of these limits; see make_recipe for what it raises."""
    recipe = make_recipe(plan, limits)
    if plan.canvas.has_alpha:
        return StraightFrames(plan, shape, recipe)
    scalar = plan.field.kind == "scalar" and plan.mask is None and plan.blend == "over"
    return (TableFrames if scalar else FrontFrames)(plan, shape, recipe)


class TableFrames:
    """Frames of one value a pixel, straight from the table into the canvas."""

    def __init__(self, plan: TilePlan, shape: Shape, recipe: Recipe) -> None:
        self._plan, self._shape = plan, shape
        self.reads_rows = plan.field.reduce is None and shape.field.in_place
        self._rows = Rows(plan, shape, recipe)
        self._direct = plan.field.tabled and plan.field.index_dtype.itemsize == 1
        self._direct = self._direct and self._rows.plain
        self._pixels = TablePixels(plan.canvas, recipe, self._direct)
        self._paired: PairedPixels | None = None
        bytewise = self._direct or (self._rows.plain and self._rows.indexer.fits_bytes)
        lasting = plan.field.limits is not None and (recipe.constant or not plan.blends)
        if lasting and bytewise and plan.canvas.subsampled and plan.canvas.bits == 8:
            indexer = None if self._direct else self._rows.indexer
            self._paired = self._pixels.paired(indexer, shape.rows)

    def render(
        self,
        frame: AnyArray | UnreadFrame,
        background: Bytes | None,
        mask: NDArray[np.float32] | None,
        out: Bytes,
        scratch: Scratch,
    ) -> None:
        """Render one frame, shape (H, W) or (H, W, C), or unread."""
        values: Values | RowsRead
        if isinstance(frame, UnreadFrame):
            values = RowsRead(frame, scratch)
        else:
            (channel,) = channels_of(frame, self._plan.field, scratch)
            values = Values(channel, self._shape.field, scratch, "0")
        if not (self._direct or self._paired):
            rows = self._rows.of(values, scratch)
            for top, bottom in self._shape.bands:
                self._pixels.write(rows.band(top, bottom), top, bottom, background, out)
            return
        # Pairs keep no more than a band, so where the values lie as they are one call does it all.
        top, last = 0, self._shape.bands[-1][1]
        whole = self._paired and values.in_place
        while top < last:
            if self._paired and isinstance(frame, UnreadFrame):
                top += self._paired.read(frame, top, last, background, out, scratch)
            bottom = last if whole else min(top + self._shape.rows, last)
            if top < bottom:
                self._band(values.band(top, bottom), top, bottom, background, out, scratch)
            top = bottom

    def _band(
        self,
        values: View,
        top: int,
        bottom: int,
        background: Bytes | None,
        out: Bytes,
        scratch: Scratch,
    ) -> None:
        """Render a band by pairs, and a part of it without where they cannot."""
        if self._direct:
            values = values._replace(dtype=np.dtype(np.uint8))
        while top < bottom:
            if self._paired is not None:
                done = self._paired.write(values, top, bottom, background, out, scratch)
                if top + done == bottom:
                    return
                values, top = values.below(done), top + done
            part = min(self._shape.rows, bottom - top)
            index = values
            if not self._direct:
                index = view_of(self._rows.computed(values, top, top + part, scratch))
            self._pixels.write(index, top, top + part, background, out)
            values, top = values.below(part), top + part
