"""A plan in numbers, as fused kernels take it: one place that flattens it, for all of them.

What the NumPy backend does by calling methods of the plan, a kernel does with constants and small
tables. They are made here, and only here: of the index (:class:`IndexRecipe`), and of what lies
in front of the background (:class:`Recipe`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colorspace import FIXED_BITS, OPAQUE, fixed_point
from heatvid._color.flow_wheel import full_length
from heatvid._color.palette import Palette
from heatvid._frames import AnyArray
from heatvid._plan.tile import EXTRA_ROWS, FieldPlan, TilePlan
from heatvid._values.index import FieldIndex, LabelIndex, LinearIndex, halving
from heatvid._values.limits import FieldLimits, Limits
from heatvid.backends._breaks import find_breaks

CHROMA_LANE = 26  # bits of a chroma lane in a packed word: 24 with its fraction, 2 for a sum
LEVEL_SHIFT = 2 * CHROMA_LANE  # of the luma level in a packed word


NO_LABELS = Palette(0, 1)

_NONE: Any = partial(np.zeros, 0)  # makes the table of what a plan has no use for
_NO_COLORS: Any = partial(np.zeros, (0, 3))


class NotFusedError(Exception):
    """What no fused kernel can do; the reference renders it."""


@dataclass(frozen=True, eq=False)
class IndexRecipe:
    """How values become rows of the table: in one of four ways, with the constants of each.

    ``tabled``
        ``rows[bits of the value as an unsigned number]``.
    ``linear``
        NaN has row N + 2, a value below ``vmin`` row N, one above ``vmax`` row N + 1; all others
        ``int(clip(p, 0, N - 1))``, where in float32 ``p = (x - offset) * scale``, and in float64
        ``p = (x * factor - offset) / divisor * scale``.
    ``labels``
        ``x`` below ``named``; from there on ``named + (x mod cycle + shift) mod cycle``; of the
        numbers -1 to -``negative`` row ``named + cycle - 1 - x``; N + 2 of lesser ones, and of all
        that is no whole number. Integers are taken as they are, and not to ``working``.
    ``breaks``
        NaN has row N + 2; others the row of the last break that is not above the value: see
        :class:`heatvid.backends._breaks.Breaks`.

    Attributes
    ----------
    way : str
    working : numpy.dtype
        float32 or float64: values are taken to it, and compared and placed in it.
    entries : int
        N.
    vmin, vmax : float
        Exact in ``working``.
    offset, scale, factor, divisor : float
        Exact in ``working``.
    rows : ndarray, int32
        Of every value (tabled), or between breaks.
    starts : ndarray, in ``working``
        The breaks.
    palette : Palette
        Of labels: see :class:`heatvid._color.palette.Palette`.
    """

    way: Literal["tabled", "linear", "labels", "breaks"]
    working: np.dtype[Any]
    entries: int
    vmin: float = 0.0
    vmax: float = 0.0
    offset: float = 0.0
    scale: float = 0.0
    factor: float = 1.0
    divisor: float = 1.0
    rows: NDArray[np.int32] = field(default_factory=partial(_NONE, np.int32))
    starts: AnyArray = field(default_factory=partial(_NONE, np.float32))
    palette: Palette = NO_LABELS


def index_recipe(plan: FieldPlan, limits: Limits) -> IndexRecipe:
    """Flatten the index of one field, or of one channel of it.

    Raises
    ------
    NotFusedError
        The norm is a function whose rows do not rise with the values.
    """
    index = plan.index(limits)
    linear, entries = index.linear, index.linear.entries
    if plan.tabled:
        rows = index.of_every_value().astype(np.int32)
        return IndexRecipe("tabled", np.dtype(np.float32), entries, rows=rows)
    if index.bend is not None:
        return _broken(index)
    if isinstance(linear, LabelIndex):
        return IndexRecipe("labels", linear.own_dtype, entries, palette=linear.palette)
    working, ends = np.dtype(linear.working), (float(linear.vmin), float(linear.vmax))
    if type(linear) is not LinearIndex:  # identity: places are the values themselves
        return IndexRecipe("linear", working, entries, *ends, scale=1.0)
    return IndexRecipe("linear", working, entries, *ends, **_places(linear))


def _broken(index: FieldIndex) -> IndexRecipe:
    breaks = find_breaks(index)
    if breaks is None:
        raise NotFusedError("rows of this norm do not rise with the values")
    starts, rows = breaks
    return IndexRecipe("breaks", starts.dtype, index.linear.entries, rows=rows, starts=starts)


def _places(linear: LinearIndex) -> dict[str, Any]:
    """Constants of :meth:`LinearIndex.positions`."""
    low, high = float(linear.vmin), float(linear.vmax)
    if linear.working is np.float32:
        return {"offset": low, "scale": float(linear.scale)}
    half = halving(low, high)
    span = high * half - low * half
    return {
        "factor": half,
        "offset": low * half,
        "divisor": span or np.inf,
        "scale": float(linear.entries),
    }


def every_row(index: IndexRecipe) -> NDArray[np.int32]:
    """Rows of every value of a tabled index, then those of outlines and of outside."""
    extra = np.arange(EXTRA_ROWS, dtype=np.int32) + index.entries + 3
    return np.concatenate([index.rows, extra])


@dataclass(frozen=True, eq=False)
class Recipe:
    """All numbers of one pair of limits; rows are the table's, outlines and outside included.

    A canvas sample is, of the level ``v`` of its row, the transmission ``t`` and what lies
    behind, ``b``: ``(v * (65536 - t) + b * t + 32768) >> 16``; one of chroma is
    ``(premultiplied + b * t + 32768) >> 16``, or sums over its 2×2 block where it is subsampled.
    Levels of more than 8 bits have as many bits of ``fraction`` less, and nothing behind them.

    Attributes
    ----------
    indexes : tuple of IndexRecipe
        One, or three of an RGB field; none of a flow.
    levels : ndarray, shape (rows, 3), uint16
        Y (Cb and Cr are whole levels in opaque rows only), or R, G, B: levels of a row, not
        premultiplied.
    premultiplied : ndarray, shape (rows, 3), int32
        As of :class:`heatvid._color.colorspace.CanvasTable`.
    transmission : ndarray, shape (rows,), int32
        In 0..65536.
    fraction : int
        Bits of it in what is premultiplied.
    straight : ndarray, shape (rows, 3), int32
        As of :attr:`heatvid._plan.tile.TilePlan.straight`, where the canvas keeps alpha.
    constant : bool
        Whether all rows that occur let the same through.
    grays : ndarray, shape (rows,), uint16
        Samples of a canvas that has one a pixel: values, or places in a palette.
    rgb : ndarray, shape (rows, 3), uint8
        For the blend modes.
    opacity : ndarray, shape (rows,), int32
        In 0..65536, for the blend modes and masks. An RGB field or a flow has two rows, of a
        pixel with a colour and of a bad one.
    bad_rgb : (int, int, int)
        Of an RGB field or a flow.
    longest : float
        Magnitude of full saturation of a flow, as it is divided by.
    """

    indexes: tuple[IndexRecipe, ...] = ()
    levels: NDArray[np.uint16] = field(default_factory=partial(_NO_COLORS, np.uint16))
    premultiplied: NDArray[np.int32] = field(default_factory=partial(_NO_COLORS, np.int32))
    transmission: NDArray[np.int32] = field(default_factory=partial(_NONE, np.int32))
    fraction: int = 16
    straight: NDArray[np.int32] = field(default_factory=partial(_NO_COLORS, np.int32))
    constant: bool = False
    grays: NDArray[np.uint16] = field(default_factory=partial(_NONE, np.uint16))
    rgb: NDArray[np.uint8] = field(default_factory=partial(_NO_COLORS, np.uint8))
    opacity: NDArray[np.int32] = field(default_factory=partial(_NONE, np.int32))
    bad_rgb: tuple[int, int, int] = (0, 0, 0)
    longest: float = 0.0

    def words(self) -> NDArray[np.uint64]:
        """Rows for YCbCr packed in one word each, shape (rows,).

        The word ``cb | cr << 26 | level << 52`` holds the premultiplied chroma, each with a
        rounding half, and the luma level. Of four words the sum has the sums of the chroma lanes.
        """
        half = 1 << (self.fraction - 1)
        return _packed(self.levels[:, 0], self.premultiplied[:, 1:] + half)

    def straight_words(self) -> NDArray[np.uint64]:
        """Rows for YCbCr of a canvas that keeps alpha, packed as well, without a half."""
        return _packed(self.straight[:, 0], self.straight[:, 1:])


def _packed(levels: AnyArray, chroma: AnyArray) -> NDArray[np.uint64]:
    cb, cr = chroma.T.astype(np.uint64)
    words: NDArray[np.uint64] = cb | (cr << np.uint64(CHROMA_LANE))
    words |= levels.astype(np.uint64) << np.uint64(LEVEL_SHIFT)
    return words


def make_recipe(plan: TilePlan, limits: FieldLimits) -> Recipe:
    """Flatten a plan for one pair of limits; see :func:`index_recipe` for what it raises."""
    each = (limits,) if isinstance(limits, Limits) else limits
    if plan.field.kind != "scalar":
        return _color_recipe(plan.field, each)
    if plan.canvas.is_gray or plan.canvas.has_palette:
        grays = plan.samples_of_rows.astype(np.uint16)
        return Recipe(indexes=(index_recipe(plan.field, each[0]),), grays=grays)
    if plan.canvas.has_alpha:
        return Recipe(
            indexes=(index_recipe(plan.field, each[0]),),
            straight=plan.straight,
            opacity=fixed_point(plan.field.rows_alpha(each[0])).astype(np.int32),
        )
    return _table_recipe(plan, each[0])


def _table_recipe(plan: TilePlan, limits: Limits) -> Recipe:
    own, table = plan.field, plan.table(limits)
    premultiplied, transmission = table.premultiplied, table.transmission
    occurring = transmission if _marks(own) else transmission[:-EXTRA_ROWS]
    blended = premultiplied // np.maximum(OPAQUE - transmission, 1)[:, None]
    most = (1 << (FIXED_BITS - table.fraction)) - 1
    half = 1 << (table.fraction - 1)
    opaque = np.minimum((premultiplied + half) >> table.fraction, most)
    return Recipe(
        indexes=(index_recipe(own, limits),),
        levels=np.where(transmission[:, None] == 0, opaque, blended).astype(np.uint16),
        premultiplied=premultiplied.astype(np.int32),
        transmission=transmission.astype(np.int32),
        fraction=table.fraction,
        constant=bool((occurring == occurring[0]).all()),
        rgb=own.rows_rgb(),
        opacity=fixed_point(own.rows_alpha(limits)).astype(np.int32),
    )


def _marks(plan: FieldPlan) -> bool:
    """Whether rows of outlines or of outside occur."""
    return bool(plan.outlines) or not (plan.rows.whole and plan.columns.whole)


def _color_recipe(plan: FieldPlan, limits: tuple[Limits, ...]) -> Recipe:
    alpha = np.array([plan.alpha, plan.colors.alpha[-1] * plan.alpha])
    r, g, b = (int(level) for level in plan.colors.rgb[-1])
    is_flow = plan.kind == "flow"
    kind = np.float64 if plan.index_dtype == np.float64 else np.float32
    return Recipe(
        indexes=() if is_flow else tuple(index_recipe(plan, own) for own in limits),
        opacity=fixed_point(alpha).astype(np.int32),
        bad_rgb=(r, g, b),
        longest=float(full_length(limits[0].vmax, kind)) if is_flow else 0.0,
    )
