"""Options and what is known of the sequence become one frozen plan, before any pixel moves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colormaps import ColorTable, color_table, label_colors, parse_color
from heatvid._color.colorspace import CanvasTable, canvas_table, to_canvas_colors
from heatvid._cores import available_cores
from heatvid._errors import OptionError
from heatvid._frames import Canvas
from heatvid._options.options import Options
from heatvid._values.channels import KEPT, reduced_dtype, reduced_shape
from heatvid._values.index import FieldIndex, field_index
from heatvid._values.limits import Limits, is_tabled, resampled_dtype
from heatvid._values.norms import Norm
from heatvid._values.sampling import AxisSamples, Resample, axis_samples, gaussian_kernel, place

BATCH_BYTES = 16 << 20  # of a slot: large enough to outweigh the hand-over, small enough for cache
MAX_THREADS = 8
OUTLINE, OUTSIDE = 0, 1  # rows of the table after under, over and bad
EXTRA_ROWS = 2

FrameLimits = Limits | tuple[Limits, ...]  # one pair, or one a channel


@dataclass(frozen=True, eq=False)
class FieldPlan:
    """How a field becomes colours.

    Attributes
    ----------
    kind : {"scalar", "rgb", "flow"}
        One value a pixel through the table; three channels as red, green and blue; two as the
        colour wheel.
    reduce : str or None
        What makes one channel of several; see :func:`heatvid._values.channels.reduce_channels`.
    dtype : numpy.dtype
        Of the batches.
    value_dtype : numpy.dtype
        Of the values after ``reduce``.
    height, width : int
        Of the frames after ``reduce``.
    smooth : ndarray, shape (2 r + 1,), float32, or None
        Gaussian weights, along rows and then along columns.
    rows, columns : AxisSamples
        Sample positions for the canvas that is composed on.
    norm : Norm
    limits : Limits, tuple of three Limits for rgb, or None
        None where each frame brings its own.
    colors : ColorTable
        The table in RGB: N colours, under, over, bad.
    levels : int
        Of a gray canvas, which shows values and no colours; 0 for the others.
    alpha : float
        Opacity of all.
    ramp : (float, float) or None
        Values at which the field is transparent, and full.
    outlines : int
        Width of the lines between labels.
    outline_rgb : (int, int, int)
    """

    kind: Literal["scalar", "rgb", "flow"]
    reduce: str | None
    dtype: np.dtype[Any]
    value_dtype: np.dtype[Any]
    height: int
    width: int
    smooth: NDArray[np.float32] | None
    rows: AxisSamples
    columns: AxisSamples
    norm: Norm
    limits: FrameLimits | None
    colors: ColorTable
    levels: int
    alpha: float
    ramp: tuple[float, float] | None
    outlines: int
    outline_rgb: tuple[int, int, int]

    @cached_property
    def interpolates(self) -> bool:
        """Whether new values arise between the field's own."""
        return self.rows.interpolates or self.columns.interpolates or self.smooth is not None

    @cached_property
    def index_dtype(self) -> np.dtype[Any]:
        """The dtype that the table is indexed with: the field's, or that of interpolated values."""
        return resampled_dtype(self.value_dtype) if self.interpolates else self.value_dtype

    @cached_property
    def tabled(self) -> bool:
        """Whether every possible value has its own row of a composed table."""
        return is_tabled(self.index_dtype)

    @cached_property
    def entries(self) -> int:
        """Places between the limits: colours of the table, or levels of a channel."""
        return self.levels or (256 if self.kind == "rgb" else self.colors.entries)

    @cached_property
    def clamps(self) -> bool:
        """Whether under and over look as the first and the last place do."""
        if self.levels or self.kind == "rgb":
            return True
        return self.colors.clamps and self.ramp is None

    def index(self, limits: Limits) -> FieldIndex:
        """Values to rows of the table, or to bytes of a channel."""
        return field_index(self.norm, limits, self.entries, self.index_dtype)

    def rows_rgb(self) -> NDArray[np.uint8]:
        """Colours of all rows, shape (N + 5, 3): those of the table, of outlines, of outside."""
        return np.concatenate([self.colors.rgb, [self.outline_rgb, (0, 0, 0)]]).astype(np.uint8)

    def rows_alpha(self, limits: Limits) -> NDArray[np.float64]:
        """Opacity of all rows, shape (N + 5,)."""
        alpha = self.colors.alpha * self.alpha
        if self.ramp is not None:
            alpha[:-1] *= self._ramp(limits)
        return np.concatenate([alpha, [1.0, 0.0]])

    def _ramp(self, limits: Limits) -> NDArray[np.float64]:
        """0 to 1 between the ramp's ends, at the middle of each colour; under and over as ends."""
        assert self.ramp is not None
        index = self.index(limits)
        low, high = (index.place(value) for value in self.ramp)
        if np.isnan([low, high]).any():
            raise OptionError(
                f"alpha_ramp: got {self.ramp}; allowed are values that the norm has a place for"
            )
        low, high = np.nan_to_num([low, high], neginf=0.0, posinf=1.0)
        n = self.colors.entries
        ramp: NDArray[np.float64]
        places = np.concatenate([(np.arange(n) + 0.5) / n, [0.0, 1.0]])
        if high <= low:
            ramp = np.where(places >= low, 1.0, 0.0)
        else:
            ramp = np.clip((places - low) / (high - low), 0.0, 1.0)
        return np.asarray(ramp, np.float64)


@dataclass(frozen=True, eq=False)
class RenderPlan:
    """Everything decided before the first pixel; rendering is a function of it and a batch.

    Attributes
    ----------
    canvas : Canvas
        Of the output.
    composed_on : Canvas
        Where field and background meet: the canvas itself, or RGB for the blend modes that are
        not linear.
    field : FieldPlan
    blend : str
    under_rgb : (int, int, int)
        What lies under the field where no frames do.
    blends : bool
        Whether frames of a background come with each batch, as frames of ``composed_on``.
    mask : (AxisSamples, AxisSamples) or None
        Sample positions of the opacity mask that comes with each batch.
    mask_shape : (int, int)
    batch_size : int
        Frames in a batch.
    threads : int
        Batches rendered at once on the CPU.
    threads_given : bool
        Whether the caller asked for so many.
    """

    canvas: Canvas
    composed_on: Canvas
    field: FieldPlan
    blend: str
    under_rgb: tuple[int, int, int]
    blends: bool
    mask: tuple[AxisSamples, AxisSamples] | None
    mask_shape: tuple[int, int]
    batch_size: int
    threads: int
    threads_given: bool = False

    def table(self, limits: Limits) -> CanvasTable:
        """Rows of the field's colours as ``composed_on`` has them, over the colour under it."""
        rows = self.field.rows_rgb(), self.field.rows_alpha(limits)
        table = canvas_table(*rows, self.composed_on)
        return table if self.blends or self.mask is not None else table.over(self.under)

    @cached_property
    def light(self) -> bool:
        """Whether a pixel takes but a lookup, so that the encoder has far more to do."""
        field = self.field
        looked_up = field.kind == "scalar" and self.mask is None and self.blend == "over"
        plain = field.reduce is None and field.smooth is None and not field.outlines
        return looked_up and plain

    @cached_property
    def under(self) -> NDArray[np.float64]:
        """What lies under the field where no frames do, shape (3,), in the canvas's numbers."""
        under: NDArray[np.float64]
        (under,) = to_canvas_colors(np.array([self.under_rgb], np.uint8), self.composed_on)
        return under


def levels_of_rows(levels: int) -> NDArray[np.intp]:
    """Sample of each row where rows are levels: 0 under the limits, the last over them, else 0."""
    return np.concatenate([np.arange(levels), [0, levels - 1, 0], np.zeros(EXTRA_ROWS, np.intp)])


def pairs_of_rows(rows: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Both rows of every pair of bytes, ``first + 256 * second``; the last for bytes beyond it."""
    second, first = np.divmod(np.arange(65_536), 256)
    return np.minimum(first, rows - 1), np.minimum(second, rows - 1)


def make_plan(
    options: Options,
    *,
    canvas: Canvas,
    field_size: tuple[int, ...],
    field_dtype: np.dtype[Any],
    limits: FrameLimits | None,
    background: str | None,
    mask_shape: tuple[int, int] | None = None,
    length: int | None = None,
) -> RenderPlan:
    """Decide everything.

    Parameters
    ----------
    options : Options
    canvas : Canvas
    field_size : (int, int) or (int, int, int)
        Height and width of the field's frames, and channels where there are.
    field_dtype : numpy.dtype
    limits : Limits, tuple of Limits or None
        None where each frame brings its own.
    background : {"frames", "color", None}
        What lies under the field: frames that come with each batch, the colour of the options,
        or nothing, which is black.
    mask_shape : (int, int), optional
        Height and width of the opacity masks that come with each batch.
    length : int, optional
        Frames in all, more than which no batch has.
    """
    composed_on = canvas
    if options.blend != "over":
        composed_on = Canvas("rgb24", canvas.content_height, canvas.content_width)
    color = options.background if background == "color" else "black"
    blends = background == "frames"
    field = _field_plan(options, composed_on, field_size, field_dtype, limits, background)
    mask = None if mask_shape is None else _samples(options, mask_shape, composed_on, "bilinear")
    frame_bytes = int(np.prod(field_size)) * field_dtype.itemsize + canvas.frame_bytes
    frame_bytes += composed_on.frame_bytes * blends
    if mask_shape is not None:
        frame_bytes += int(np.prod(mask_shape)) * np.dtype(np.float32).itemsize
    batch_size = options.batch_size or max(1, min(256, BATCH_BYTES // frame_bytes))
    return RenderPlan(
        canvas=canvas,
        composed_on=composed_on,
        field=field,
        blend=options.blend,
        under_rgb=parse_color(color, "background")[:3],
        blends=blends,
        mask=mask,
        mask_shape=mask_shape or (0, 0),
        batch_size=batch_size if length is None else min(batch_size, length),
        threads=options.threads or min(MAX_THREADS, available_cores()),
        threads_given=options.threads is not None,
    )


def _field_plan(
    options: Options,
    canvas: Canvas,
    size: tuple[int, ...],
    dtype: np.dtype[Any],
    limits: FrameLimits | None,
    background: str | None,
) -> FieldPlan:
    norm = norm_of(options)
    channels = len(size) == 3
    mode = options.channel if channels else None
    kind: Any = mode if mode in KEPT else "scalar"
    reduce = str(mode) if channels and kind == "scalar" else None
    height, width = reduced_shape(size, reduce) if reduce else size[:2]
    labels = norm.kind == "labels"
    colors = color_table(
        options.cmap if options.cmap is not None else (label_colors() if labels else "inferno"),
        under=options.under,
        over=options.over,
        bad=options.bad,
        exact=norm.kind in ("identity", "labels"),
        entries=options.label_colors,
    )
    resample: Any = options.resample or ("nearest" if labels else "bilinear")
    rows, columns = _samples(options, (height, width), canvas, resample)
    default_alpha = 1.0 if background is None else 0.5
    return FieldPlan(
        kind=kind,
        reduce=reduce,
        dtype=dtype,
        value_dtype=reduced_dtype(dtype, size[-1], reduce) if reduce else dtype,
        height=height,
        width=width,
        smooth=gaussian_kernel(options.smooth) if options.smooth else None,
        rows=rows,
        columns=columns,
        norm=norm,
        limits=limits,
        colors=colors,
        levels={"gray": 256, "gray16le": 65_536}.get(canvas.pixel_format, 0),
        alpha=options.alpha if options.alpha is not None else default_alpha,
        ramp=options.alpha_ramp,
        outlines=options.outlines,
        outline_rgb=parse_color(options.outline_color, "outline_color")[:3],
    )


def norm_of(options: Options) -> Norm:
    """The norm that the options ask for; labels where the strongest class is shown."""
    if callable(options.norm):
        return Norm("matplotlib", function=options.norm)
    kind = "labels" if options.channel == "argmax" else options.norm
    return Norm(kind, options.center, options.gamma, options.linthresh)


def _samples(
    options: Options, size: tuple[int, int], canvas: Canvas, resample: Resample
) -> tuple[AxisSamples, AxisSamples]:
    content = (canvas.content_height, canvas.content_width)
    fit: Any = options.fit
    placed = place(size, content, fit)
    made = [
        axis_samples(field, inside, padded, resample, axis.window, axis.covered)
        for field, inside, padded, axis in zip(
            size, content, (canvas.height, canvas.width), placed, strict=True
        )
    ]
    return made[0], made[1]
