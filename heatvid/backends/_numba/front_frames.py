"""Frames of RGB, flow and masked fields, and of the blend modes, rendered by the numba kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._color.colorspace import integer_matrix
from heatvid._color.flow_wheel import color_wheel
from heatvid._frames import AnyArray, Bytes, address_of
from heatvid._plan.tile import FieldPlan, TilePlan
from heatvid.backends._numba import blends, colors, fronts
from heatvid.backends._numba.channels import channels_of
from heatvid.backends._numba.index import Indexer
from heatvid.backends._numba.memory import Scratch, view_of
from heatvid.backends._numba.pixels import layout_of
from heatvid.backends._numba.rows import Bands, Rows, Shape
from heatvid.backends._numba.values import Values
from heatvid.backends._numpy.index import mark_outside
from heatvid.backends._recipe import Recipe


class FrontFrames:
    """Frames whose front is computed pixel by pixel, and blended in the canvas or in RGB."""

    reads_rows = False

    def __init__(self, plan: TilePlan, shape: Shape, recipe: Recipe) -> None:
        self._plan, self._shape, self._recipe = plan, shape, recipe
        self._alpha, own = recipe.opacity, plan.field
        self._front = np.ascontiguousarray(recipe.premultiplied)
        if own.kind == "scalar":
            self._rows = Rows(plan, shape, recipe)
        elif own.kind == "rgb":
            self._channels = [
                Indexer(index, own.index_dtype, colors.RGB_NAN) for index in recipe.indexes
            ]
        else:
            kind: Any = np.float64 if own.index_dtype == np.float64 else np.float32
            wheel = np.concatenate([color_wheel(), color_wheel()[:1]]).T
            self._wheel = np.ascontiguousarray(wheel.astype(kind) / kind(255))
        self._bad = np.array(recipe.bad_rgb, np.int32)
        self._matrix = [_matrix(plan.composed_on), _matrix(plan.canvas)]

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

    def _taken(
        self,
        rows: Bands,
        top: int,
        bottom: int,
        colors: AnyArray,
        opacities: AnyArray,
        scratch: Scratch,
    ) -> tuple[AnyArray, AnyArray]:
        """Take colours, and what goes with them, from their tables."""
        index = rows.band(top, bottom)
        front = self._planes("front", np.int32, top, bottom, scratch)
        through = self._part("through", np.int32, top, bottom, scratch)
        place = (index.address, index.row, index.dtype)
        fronts.take_front(*place, colors, opacities, front, through)
        return front, through

    def _blend(
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
        """Blend RGB over RGB."""
        plan = self._plan
        rgb, opacity = self._colors(channels, rows, top, bottom, scratch)
        if weights is not None:
            blends.mask_opacity(opacity, weights)
        plane = plan.composed_on.planes[0]
        if background is None:
            size = (bottom - top, plan.composed_on.width, 3)
            under = scratch.part("under", np.uint8, *size)
            under[:] = plan.under_rgb
        else:
            under = plane.of(background)[top:bottom]
        mode = blends.MODES.index(plan.blend)
        blends.blend_rgb(rgb, opacity, mode, under, plane.of(out)[top:bottom])

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
        """Blend the canvas's numbers."""
        plan = self._plan
        if rows is not None:
            tables = self._front, self._recipe.transmission
            front, through = self._taken(rows, top, bottom, *tables, scratch)
        else:
            front = self._planes("front", np.int32, top, bottom, scratch)
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
        self, channels: list[Values], rows: Bands | None, top: int, bottom: int, scratch: Scratch
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
            blends.convert_blocks(rgb, matrix, offset, *size, *offsets[1:], row, step, out)
        else:
            blends.convert_samples(rgb, matrix, offset, row, offsets[1], out)


def _matrix(canvas: Canvas) -> tuple[AnyArray, AnyArray]:
    """The integer matrix of a canvas and its offsets; empty where it is RGB."""
    if canvas.is_rgb:
        return np.empty((0, 3), np.int32), np.empty(0, np.int32)
    return integer_matrix(canvas.color_range, canvas.bits)
