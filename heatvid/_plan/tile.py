"""The frozen plan of one tile: how a field becomes colours, and how these become pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._color.colormaps import ColorTable
from heatvid._color.colorspace import (
    HALF,
    CanvasTable,
    canvas_table,
    straight_colors,
    to_canvas_colors,
)
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
PALETTE_COLORS = 256
STRAIGHT = ("linear", "centered", "identity")  # norms that only scale and shift


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
    complete : bool
        Whether it is known that no value is NaN.
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
    complete: bool = False

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

    def rows_deep(self) -> NDArray[np.float64]:
        """The same before they were cut to bytes, in 0..255."""
        return np.concatenate([self.colors.deep, [self.outline_rgb, (0, 0, 0)]])

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
        table = canvas_table(self._rows(), self.field.rows_alpha(limits), self.composed_on)
        return table if self.blends or self.mask is not None else table.over(self.under)

    @cached_property
    def straight(self) -> NDArray[np.int32]:
        """Rows of the field's colours, shape (rows, 3), as a canvas has them that keeps alpha."""
        return straight_colors(self._rows(), self.canvas)

    def _rows(self) -> NDArray[Any]:
        """Colours of all rows, as fine as the canvas shows them."""
        return self.field.rows_deep() if self.composed_on.bits > 8 else self.field.rows_rgb()

    @cached_property
    def indexed(self) -> IndexedColors:
        """The palette of a canvas that has one, and which of its colours each row has."""
        colors = indexed_colors(self.field, self.under_rgb)
        assert colors is not None, "a canvas with a palette for more colours than it has"
        return colors

    @cached_property
    def samples_of_rows(self) -> NDArray[np.intp]:
        """Sample of each row, of a canvas that has one a pixel: a value, or a place in a palette.

        Of values it is 0 under the limits, the last over them, else 0.
        """
        if self.canvas.has_palette:
            return self.indexed.slots.astype(np.intp)
        return levels_of_rows(self.field.levels)

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


class IndexedColors(NamedTuple):
    """The colours of a table as a palette.

    Attributes
    ----------
    palette : ndarray, shape (up to 256, 3), uint8
        Different colours, in the order of the rows.
    slots : ndarray, shape (N + 5,), uint8
        Which of them each row has; 0 for rows that do not occur.
    """

    palette: NDArray[np.uint8]
    slots: NDArray[np.uint8]


def indexed_colors(field: FieldPlan, under_rgb: tuple[int, int, int]) -> IndexedColors | None:
    """The palette of a field alone, over a colour; None of more than 256 colours.

    Rows of one colour share a place of it. Those that do not occur take none: the bad one where no
    value is NaN and all have a place on the scale, that of outlines that are not drawn, and of
    outside where the field reaches everywhere.
    """
    if field.kind != "scalar" or field.ramp is not None or field.levels:
        return None
    alpha = np.concatenate([field.colors.alpha * field.alpha, [1.0, 0.0]])
    canvas = Canvas("rgb24", 1, 1)
    table = canvas_table(field.rows_rgb(), alpha, canvas).over(np.array(under_rgb, np.float64))
    levels = ((table.premultiplied + HALF) >> table.fraction).astype(np.uint8)
    known = field.norm.kind in STRAIGHT and (field.complete or field.value_dtype.kind != "f")
    whole = field.rows.whole and field.columns.whole
    occurs = np.array([True] * (len(levels) - 3) + [not known, field.outlines > 0, not whole])
    palette, first, slots = np.unique(
        levels[occurs], axis=0, return_index=True, return_inverse=True
    )
    if len(palette) > PALETTE_COLORS:
        return None
    order = np.argsort(first)
    places = np.zeros(len(levels), np.uint8)
    places[occurs] = np.argsort(order)[slots.reshape(-1)]
    return IndexedColors(palette[order], places)


def levels_of_rows(levels: int) -> NDArray[np.intp]:
    """Sample of each row where rows are levels: 0 under the limits, the last over them, else 0."""
    return np.concatenate([np.arange(levels), [0, levels - 1, 0], np.zeros(EXTRA_ROWS, np.intp)])


def pairs_of_rows(rows: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Both rows of every pair of bytes, ``first + 256 * second``; the last for bytes beyond it."""
    second, first = np.divmod(np.arange(65_536), 256)
    return np.minimum(first, rows - 1), np.minimum(second, rows - 1)
