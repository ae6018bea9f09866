"""Options and what is known of the sequence become one frozen plan, before any pixel moves."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from heatvid._colormaps import ColorTable, color_table, parse_color
from heatvid._colorspace import CanvasTable, canvas_table, to_canvas_colors
from heatvid._frames import Canvas
from heatvid._norms import Limits, is_tabled, resampled_dtype
from heatvid._options import Options

Resample = Literal["nearest", "bilinear"]

BATCH_BYTES = 16 << 20  # of a slot: large enough to outweigh the hand-over, small enough for cache
MAX_THREADS = 8


@dataclass(frozen=True, eq=False)
class AxisSamples:
    """Where the samples of one canvas axis lie on the field's axis.

    Attributes
    ----------
    first, second : ndarray, shape (n,), intp
        The two field samples around each canvas sample; the same where ``weight`` is 0.
    weight : ndarray, shape (n,), float32 in 0..1, or None
        Of the second; None for nearest.
    """

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    weight: NDArray[np.float32] | None

    @cached_property
    def identity(self) -> bool:
        """Whether every canvas sample is the field's own, one to one."""
        return self.weight is None and bool((self.first == np.arange(len(self.first))).all())

    @cached_property
    def runs(self) -> NDArray[np.intp]:
        """Where runs of canvas samples between the same two field samples begin, without 0."""
        changes = (np.diff(self.first) != 0) | (np.diff(self.second) != 0)
        return np.flatnonzero(changes) + 1


def axis_samples(field_size: int, content_size: int, size: int, mode: Resample) -> AxisSamples:
    """Sample positions with half-pixel centres, clamped at the edges.

    Canvas sample ``i`` of ``content_size`` lies at ``(i + 0.5) * field_size / content_size - 0.5``;
    those of the padding, up to ``size``, repeat the last.
    """
    places = np.minimum(np.arange(size), content_size - 1) + 0.5
    if mode == "nearest" or field_size == content_size:
        first = np.floor(places * field_size / content_size).astype(np.intp)
        return AxisSamples(first, first, None)
    centres = np.clip(places * field_size / content_size - 0.5, 0, field_size - 1)
    first = np.floor(centres).astype(np.intp)
    weight = (centres - first).astype(np.float32)
    # A weight of 0 must not let a NaN or Inf beyond through.
    second = np.where(weight > 0, np.minimum(first + 1, field_size - 1), first)
    return AxisSamples(first, second, weight)


@dataclass(frozen=True, eq=False)
class FieldPlan:
    """How a scalar field becomes rows of the table.

    Attributes
    ----------
    dtype : numpy.dtype
        Of the batches.
    height, width : int
        Of the batches' frames.
    rows, columns : AxisSamples
        Sample positions for the padded canvas.
    limits : Limits or None
        None where each frame brings its own.
    colors : ColorTable
        The table in RGB.
    table : CanvasTable
        The same in the canvas's numbers, alpha included.
    """

    dtype: np.dtype[Any]
    height: int
    width: int
    rows: AxisSamples
    columns: AxisSamples
    limits: Limits | None
    colors: ColorTable
    table: CanvasTable

    @cached_property
    def interpolates(self) -> bool:
        """Whether new values arise between the field's own."""
        return self.rows.weight is not None or self.columns.weight is not None

    @cached_property
    def index_dtype(self) -> np.dtype[Any]:
        """The dtype that the table is indexed with: the field's, or that of interpolated values."""
        return resampled_dtype(self.dtype) if self.interpolates else self.dtype

    @cached_property
    def tabled(self) -> bool:
        """Whether every possible value has its own row of a composed table."""
        return is_tabled(self.index_dtype)


@dataclass(frozen=True, eq=False)
class RenderPlan:
    """Everything decided before the first pixel; rendering is a function of it and a batch.

    Attributes
    ----------
    canvas : Canvas
    field : FieldPlan
    blends : bool
        Whether frames of a background come with each batch.
    batch_size : int
        Frames in a batch.
    threads : int
        Batches rendered at once on the CPU.
    """

    canvas: Canvas
    field: FieldPlan
    blends: bool
    batch_size: int
    threads: int


def make_plan(
    options: Options,
    *,
    canvas: Canvas,
    field_size: tuple[int, int],
    field_dtype: np.dtype[Any],
    limits: Limits | None,
    background: str | None,
) -> RenderPlan:
    """Decide everything.

    Parameters
    ----------
    options : Options
    canvas : Canvas
    field_size : (int, int)
        Height and width of the field's frames.
    field_dtype : numpy.dtype
    limits : Limits or None
        None where each frame brings its own.
    background : {"frames", "color", None}
        What lies under the field: frames that come with each batch, the colour of the options,
        or nothing, which is black.
    """
    height, width = field_size
    mode: Resample = "nearest" if options.resample == "nearest" else "bilinear"
    colors = color_table(options.cmap, under=options.under, over=options.over, bad=options.bad)
    alpha = options.alpha if options.alpha is not None else (1.0 if background is None else 0.5)
    table = canvas_table(colors, canvas, alpha)
    if background != "frames":
        color = options.background if background == "color" else "black"
        under = np.array([parse_color(color, "background")[:3]], np.uint8)
        table = table.over(to_canvas_colors(under, canvas)[0])
    field = FieldPlan(
        dtype=field_dtype,
        height=height,
        width=width,
        rows=axis_samples(height, canvas.content_height, canvas.height, mode),
        columns=axis_samples(width, canvas.content_width, canvas.width, mode),
        limits=limits,
        colors=colors,
        table=table,
    )
    blends = background == "frames"
    frame_bytes = height * width * field_dtype.itemsize + canvas.frame_bytes * (1 + blends)
    return RenderPlan(
        canvas=canvas,
        field=field,
        blends=blends,
        batch_size=options.batch_size or max(1, min(256, BATCH_BYTES // frame_bytes)),
        threads=options.threads or min(MAX_THREADS, available_cores()),
    )


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
