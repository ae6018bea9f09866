"""Swatches: pixels of values as a tile shows them, made by the reference backend itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Box, Canvas
from heatvid._color.ink import Ink
from heatvid._layout.template import Patch
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import Limits
from heatvid._values.sampling import AxisSamples, axis_samples
from heatvid.backends._numpy.backend import make

PICTURE_GREY = (118, 118, 118)  # a picture's mean, as what lies under swatches of overlays
_DTYPE = np.dtype(np.float64)  # in which values have the places that they were made for


def swatch_plan(plan: TilePlan, height: int, width: int, limits: Limits) -> TilePlan:
    """The plan of a tile, for values of its field alone in a rectangle of even size."""
    canvas = _sized(plan.canvas, height, width)
    field = replace(
        plan.field,
        kind="scalar",
        reduce=None,
        dtype=_DTYPE,
        value_dtype=_DTYPE,
        height=height,
        width=width,
        smooth=None,
        rows=_own_samples(height),
        columns=_own_samples(width),
        limits=limits,
        ramp=None if plan.field.limits is None else plan.field.ramp,  # as its values would move
        outlines=0,
        complete=False,
    )
    return replace(
        plan,
        canvas=canvas,
        composed_on=_sized(plan.composed_on, height, width),
        field=field,
        under_rgb=PICTURE_GREY if plan.blends else plan.under_rgb,
        blends=False,
        mask=None,
        mask_shape=(0, 0),
        batch_size=1,
        threads=1,
    )


def swatch(plan: TilePlan, values: NDArray[np.float64], limits: Limits) -> Patch:
    """Values, shape (h, w), both even, as the tile shows them."""
    height, width = values.shape
    own = swatch_plan(plan, height, width, limits)
    backend = make()
    backend.prepare(own)
    slot = backend.slot((height, width))
    slot.input[0] = values
    slot.data = slot.input
    backend.render(slot)
    return Patch(Box(0, 0, height, width), own.canvas, slot.output[0].copy())


def ink_of(plan: TilePlan, value: float, limits: Limits, canvas: Canvas) -> Ink:
    """The colour of one value, as ink for a canvas with the same pixels as the tile's."""
    patch = swatch(plan, np.full((2, 2), value, np.float64), limits)
    levels = [int(samples[0, 0]) for samples in patch.canvas.samples_of(patch.frame)]
    return Ink.of_levels(canvas, levels)


def _sized(canvas: Canvas, height: int, width: int) -> Canvas:
    return replace(canvas, content_height=height, content_width=width)


def _own_samples(size: int) -> AxisSamples:
    return axis_samples(size, size, size, "nearest")
