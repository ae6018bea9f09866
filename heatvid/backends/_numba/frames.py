"""Frames of one plan and one pair of limits, rendered band by band by the numba kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._colorspace import integer_matrix
from heatvid._flow import color_wheel
from heatvid._frames import AnyArray, Bytes, UnreadFrame, address_of
from heatvid._plan import OUTLINE, OUTSIDE, FieldPlan, FrameLimits, RenderPlan
from heatvid.backends._numba import colors, fronts, modes
from heatvid.backends._numba.channels import channels_of
from heatvid.backends._numba.index import Indexer
from heatvid.backends._numba.memory import (
    BAND_PIXELS,
    WIDE_BAND_PIXELS,
    Scratch,
    View,
    gather,
    view_of,
)
from heatvid.backends._numba.outlines import mark_outlines
from heatvid.backends._numba.paired import PairedPixels
from heatvid.backends._numba.pixels import TablePixels, layout_of
from heatvid.backends._numba.values import Geometry, RowsRead, Values
from heatvid.backends._numpy.index import mark_outside
from heatvid.backends._recipe import Recipe, make_recipe


class Shape:
    """What of a plan does not depend on limits: geometry and bands.

    Attributes
    ----------
    field : Geometry
    mask : Geometry or None
    rows : int
        Of a band.
    bands : list of (int, int)
        First and last canvas row, the last one excluded, of each band.
    """

    def __init__(self, plan: RenderPlan) -> None:
        own = plan.field
        bound = np.inf
        if own.value_dtype.kind == "f":
            bound = float(np.finfo(own.index_dtype).max / 4)
        self.field = Geometry(
            own.rows, own.columns, (own.height, own.width), own.smooth, own.index_dtype, bound
        )
        self.mask: Geometry | None = None
        if plan.mask is not None:
            self.mask = Geometry(*plan.mask, plan.mask_shape, None, np.dtype(np.float32), np.inf)
        height, width = plan.composed_on.height, plan.composed_on.width
        table = own.kind == "scalar" and plan.mask is None and plan.blend == "over"
        pixels = WIDE_BAND_PIXELS if table and self.field.identity else BAND_PIXELS
        self.rows = rows = max(2, pixels // width // 2 * 2)
        self.bands = [(top, min(top + rows, height)) for top in range(0, height, rows)]


def frames_for(plan: RenderPlan, shape: Shape, limits: FrameLimits) -> TableFrames | FrontFrames:
    """What renders frames of these limits; see make_recipe for what it raises."""
    recipe = make_recipe(plan, limits)
    scalar = plan.field.kind == "scalar" and plan.mask is None and plan.blend == "over"
    return (TableFrames if scalar else FrontFrames)(plan, shape, recipe)


class _Rows:
    """Bands of rows of the table of a scalar field, outlines and outside included.

    Attributes
    ----------
    indexer : Indexer
    plain : bool
        Whether rows are what the indexer says, everywhere.
    """

    def __init__(self, plan: RenderPlan, shape: Shape, recipe: Recipe) -> None:
        self._plan, self._shape = plan, shape
        index, own = recipe.indexes[0], plan.field
        self.indexer = Indexer(index, own.index_dtype, clamps=own.clamps)
        self._extra = index.entries + 3
        self._covered = own.rows.covered, own.columns.covered
        self._whole = own.rows.whole and own.columns.whole
        self.plain = self._whole and not own.outlines

    def of(self, values: Values | RowsRead, scratch: Scratch) -> _Bands:
        """Bands of one frame."""
        if not self._plan.field.outlines:
            return _Bands(self, values, None, scratch)
        return _Bands(self, values, self._outlined(values, scratch), scratch)

    def computed(self, values: View, top: int, bottom: int, scratch: Scratch) -> AnyArray:
        """Rows of a band, marked where the field does not reach."""
        index = self.indexer(values, bottom - top, self._plan.composed_on.width, scratch, "0")
        if not self._whole:
            mark_outside(index, top, self._covered, self._extra + OUTSIDE)
        return index

    def _outlined(self, values: Values | RowsRead, scratch: Scratch) -> AnyArray:
        """Rows of the whole frame, lines between labels included."""
        canvas, own = self._plan.composed_on, self._plan.field
        size = (canvas.height, canvas.width)
        index = scratch.part("outlined", self.indexer.row_dtype, *size)
        labels = scratch.part("labels", own.index_dtype, *size)
        columns = np.arange(canvas.width) * own.index_dtype.itemsize
        for top, bottom in self._shape.bands:
            view = values.band(top, bottom)
            rows = np.arange(bottom - top) * view.row
            gather(view.address, rows, columns, view.bits, labels[top:bottom].view(view.bits))
            index[top:bottom] = self.computed(view, top, bottom, scratch)
        row = self._extra + OUTLINE
        mark_outlines(index, labels, self._covered, own.outlines, row, scratch)
        height, width = canvas.content_height, canvas.content_width
        index[height:], index[:, width:] = index[height - 1], index[:, width - 1 : width]
        return index


class _Bands:
    """Rows of the table of one frame."""

    def __init__(
        self,
        rows: _Rows,
        values: Values | RowsRead,
        outlined: AnyArray | None,
        scratch: Scratch,
    ) -> None:
        self._rows, self._values, self._outlined = rows, values, outlined
        self._scratch = scratch

    def band(self, top: int, bottom: int) -> View:
        """Rows of a band."""
        if self._outlined is not None:
            return view_of(self._outlined[top:bottom])
        values = self._values.band(top, bottom)
        return view_of(self._rows.computed(values, top, bottom, self._scratch))


class TableFrames:
    """Frames of one value a pixel, straight from the table into the canvas."""

    def __init__(self, plan: RenderPlan, shape: Shape, recipe: Recipe) -> None:
        self._plan, self._shape = plan, shape
        self.reads_rows = plan.field.reduce is None and shape.field.in_place
        self._rows = _Rows(plan, shape, recipe)
        self._direct = plan.field.tabled and plan.field.index_dtype.itemsize == 1
        self._direct = self._direct and self._rows.plain
        self._pixels = TablePixels(plan.canvas, recipe, self._direct)
        self._paired: PairedPixels | None = None
        bytewise = self._direct or (self._rows.plain and self._rows.indexer.fits_bytes)
        lasting = plan.field.limits is not None and (recipe.constant or not plan.blends)
        if lasting and bytewise and plan.canvas.subsampled:
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


class FrontFrames:
    """Frames whose front is computed pixel by pixel, and blended in the canvas or in RGB."""

    reads_rows = False

    def __init__(self, plan: RenderPlan, shape: Shape, recipe: Recipe) -> None:
        self._plan, self._shape, self._recipe = plan, shape, recipe
        self._alpha, own = recipe.opacity, plan.field
        self._front = np.ascontiguousarray(recipe.premultiplied)
        if own.kind == "scalar":
            self._rows = _Rows(plan, shape, recipe)
        elif own.kind == "rgb":
            self._channels = [
                Indexer(index, own.index_dtype, colors.RGB_NAN) for index in recipe.indexes
            ]
        else:
            kind: Any = np.float64 if own.index_dtype == np.float64 else np.float32
            wheel = np.concatenate([color_wheel(), color_wheel()[:1]]).T
            self._wheel = np.ascontiguousarray(wheel.astype(kind) / kind(255))
        self._bad = np.array(recipe.bad_rgb, np.int32)
        self._matrix = [
            _matrix(plan.composed_on.pixel_format, plan.canvas.color_range),
            _matrix(plan.canvas.pixel_format, plan.canvas.color_range),
        ]

    def render(
        self,
        frame: AnyArray,
        background: Bytes | None,
        mask: NDArray[np.float32] | None,
        out: Bytes,
        scratch: Scratch,
    ) -> None:
        """Render one frame, shape (H, W) or (H, W, C)."""
        plan = self._plan
        pictures = channels_of(frame, plan.field, scratch)
        channels = [
            Values(picture, self._shape.field, scratch, str(i))
            for i, picture in enumerate(pictures)
        ]
        rows = self._rows.of(channels[0], scratch) if plan.field.kind == "scalar" else None
        masks = None if mask is None else self._mask(mask, scratch)
        composed = out
        if plan.composed_on is not plan.canvas:
            composed = scratch.part("RGB frame", np.uint8, plan.composed_on.frame_bytes)
        for top, bottom in self._shape.bands:
            weights = None if masks is None else self._weights(masks, top, bottom, scratch)
            if plan.blend != "over":
                self._blend(channels, rows, top, bottom, weights, background, composed, scratch)
            else:
                self._over(channels, rows, top, bottom, weights, background, out, scratch)
        if plan.composed_on is not plan.canvas:
            self._convert(composed, out)

    def _mask(self, mask: NDArray[np.float32], scratch: Scratch) -> Values:
        assert self._shape.mask is not None
        if not self._shape.mask.in_place:
            known = scratch.part("known mask", np.float32, *mask.shape)
            fronts.known_mask(address_of(mask), *mask.strides, known)
            mask = known
        return Values(view_of(mask), self._shape.mask, scratch, "mask")

    def _weights(self, masks: Values, top: int, bottom: int, scratch: Scratch) -> AnyArray:
        view = masks.band(top, bottom)
        out = self._part("weights", np.int32, top, bottom, scratch)
        fronts.fixed_mask(view.address, view.row, out)
        return out

    def _part(self, name: str, dtype: Any, top: int, bottom: int, scratch: Scratch) -> AnyArray:
        return scratch.part(name, dtype, bottom - top, self._plan.composed_on.width)

    def _planes(self, name: str, dtype: Any, top: int, bottom: int, scratch: Scratch) -> AnyArray:
        return scratch.part(name, dtype, 3, bottom - top, self._plan.composed_on.width)

    def _blend(
        self,
        channels: list[Values],
        rows: _Bands | None,
        top: int,
        bottom: int,
        weights: AnyArray | None,
        background: Bytes | None,
        out: Bytes,
        scratch: Scratch,
    ) -> None:
        """Blend RGB over RGB."""
        plan = self._plan
        rgb, opacity = self._colors(channels, rows, top, bottom, scratch)
        if weights is not None:
            modes.mask_opacity(opacity, weights)
        plane = plan.composed_on.planes[0]
        if background is None:
            size = (bottom - top, plan.composed_on.width, 3)
            under = scratch.part("under", np.uint8, *size)
            under[:] = plan.under_rgb
        else:
            under = plane.of(background)[top:bottom]
        mode = modes.MODES.index(plan.blend)
        modes.blend_rgb(rgb, opacity, mode, under, plane.of(out)[top:bottom])

    def _over(
        self,
        channels: list[Values],
        rows: _Bands | None,
        top: int,
        bottom: int,
        weights: AnyArray | None,
        background: Bytes | None,
        out: Bytes,
        scratch: Scratch,
    ) -> None:
        """Blend the canvas's numbers."""
        plan = self._plan
        front = self._planes("front", np.int32, top, bottom, scratch)
        if rows is not None:
            index = rows.band(top, bottom)
            through = self._part("through", np.int32, top, bottom, scratch)
            place = (index.address, index.row, index.dtype)
            fronts.take_front(*place, self._front, self._recipe.transmission, front, through)
        else:
            rgb, through = self._colors(channels, rows, top, bottom, scratch)
            fronts.rgb_front(rgb, through, *self._matrix[0], front)
        if weights is not None:
            fronts.mask_front(front, through, weights)
        if background is None:
            fronts.put_under(front, through, plan.under)
            background = np.empty(0, np.uint8)
        offsets, row, step, halved = layout_of(plan.canvas)
        write = fronts.write_front_blocks if halved else fronts.write_front
        write(front, through, top, *offsets, row, step, background, out)

    def _colors(
        self, channels: list[Values], rows: _Bands | None, top: int, bottom: int, scratch: Scratch
    ) -> tuple[AnyArray, AnyArray]:
        """RGB and opacity of a band; NaN has the bad colour."""
        rgb = self._planes("rgb", np.uint8, top, bottom, scratch)
        out = self._part("opacity", np.int32, top, bottom, scratch)
        if rows is not None:
            index = rows.band(top, bottom)
            place = (index.address, index.row, index.dtype)
            colors.take_colors(*place, self._recipe.rgb, self._alpha, rgb, out)
            return rgb, out
        views = [channel.band(top, bottom) for channel in channels]
        if self._plan.field.kind == "rgb":
            size = (bottom - top, self._plan.composed_on.width, scratch)
            three = [
                own(view, *size, str(i))
                for i, (own, view) in enumerate(zip(self._channels, views, strict=True))
            ]
            colors.join_channels(*three, self._bad, self._alpha, rgb, out)
        else:
            u, v = views
            places = (u.address, u.row, v.address, v.row, u.plain)
            look = (self._recipe.longest, self._wheel, self._bad, self._alpha)
            parts = (
                scratch.part(name, self._wheel.dtype, out.shape[1]) for name in ("places", "radii")
            )
            colors.color_flow(*places, *look, *parts, rgb, out)
        own_field: FieldPlan = self._plan.field
        mark_outside(out, top, (own_field.rows.covered, own_field.columns.covered), 0)
        return rgb, out

    def _convert(self, composed: Bytes, out: Bytes) -> None:
        """Bring an RGB frame to the canvas."""
        canvas = self._plan.canvas
        rgb = self._plan.composed_on.planes[0].of(composed)
        matrix, offset = self._matrix[1]
        if canvas.pixel_format == "rgb24":
            out[:] = composed
            return
        offsets, row, step, halved = layout_of(canvas)
        if halved:
            size = (canvas.height, canvas.width)
            modes.convert_blocks(rgb, matrix, offset, *size, *offsets[1:], row, step, out)
        else:
            modes.convert_samples(rgb, matrix, offset, row, offsets[1], out)


def _matrix(pixel_format: str, color_range: Any) -> tuple[AnyArray, AnyArray]:
    """The integer matrix of a canvas and its offsets; empty where it is RGB."""
    if pixel_format == "rgb24":
        return np.empty((0, 3), np.int32), np.empty(0, np.int32)
    return integer_matrix(color_range)
