"""The frozen plan of one tile: how a field becomes colours, and how these become pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._color.colormaps import ColorTable
from heatvid._color.colorspace import CanvasTable, canvas_table, to_canvas_colors
from heatvid._color.palette import Palette
from heatvid._errors import OptionError
from heatvid._values.index import (
    FieldIndex,
    field_index,
    halving,
    is_tabled,
    resampled_dtype,
)
from heatvid._values.limits import FieldLimits, Limits
from heatvid._values.norms import Norm
from heatvid._values.sampling import AxisSamples

OUTLINE, OUTSIDE = 0, 1  # rows of the table after under, over and bad
EXTRA_ROWS = 2


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
    limits: FieldLimits | None
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
    def counts(self) -> bool:
        """Whether labels shrink, and the most frequent one of each area is shown."""
        return self.rows.last is not None or self.columns.last is not None

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
    def palette(self) -> Palette | None:
        """Which rows labels have, where values are labels."""
        return Palette(1, self.levels - 1) if self.levels else self.colors.palette

    @cached_property
    def clamps(self) -> bool:
        """Whether under and over look as the first and the last place do."""
        if self.levels or self.kind == "rgb":
            return True
        return self.colors.clamps and self.ramp is None

    def index(self, limits: Limits) -> FieldIndex:
        """Values to rows of the table, or to bytes of a channel."""
        return field_index(self.norm, limits, self.entries, self.index_dtype, self.palette)

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
        low, high = np.nan_to_num([low, high], neginf=0.0, posinf=1.0).tolist()
        n = self.colors.entries
        ramp: NDArray[np.float64]
        places = np.concatenate([(np.arange(n) + 0.5) / n, [0.0, 1.0]])
        if high <= low:
            ramp = np.where(places >= low, 1.0, 0.0)
        else:
            half = halving(low, high)
            with np.errstate(over="ignore"):  # of a ramp as steep as can be
                ramp = (places * half - low * half) / (high * half - low * half)
            ramp = np.clip(ramp, 0.0, 1.0)
        return np.asarray(ramp, np.float64)


@dataclass(frozen=True, eq=False)
class TilePlan:
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
