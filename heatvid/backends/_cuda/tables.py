"""What the CUDA kernels read from memory: tables of a pair of limits, axes, the flow's wheel.

Layouts mirror the structs of job.cu; all their numbers are 8 bytes wide, so that no compiler
pads them differently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colorspace import OPAQUE
from heatvid._frames import AnyArray, Bytes
from heatvid._plan.tile import TilePlan, levels_of_rows
from heatvid._values.sampling import AxisSamples
from heatvid.backends._recipe import IndexRecipe, Recipe, every_row

_INDEX = np.dtype(
    [(name, "f8") for name in ("vmin", "vmax", "offset", "scale", "factor", "divisor")]
    + [(name, "i8") for name in ("wide", "entries", "starts", "breaks", "rows")]
    + [(name, "i8") for name in ("named", "cycle", "negative", "shift")]
)
_TABLE = np.dtype(
    [("index", _INDEX, 3)]
    + [
        (name, "i8")
        for name in (
            "words", "through", "count", "transmission", "outline", "outside", "opacity",
            "bad_opacity", "bad_rgb",
        )
    ]
    + [("longest", "f8")]
)  # fmt: skip
_ALIGNMENT = 16  # of the arrays behind a table


@dataclass(frozen=True, eq=False)
class FrameTables:
    """All that kernels read of one pair of limits.

    Attributes
    ----------
    host : ndarray, shape (bytes,), uint8
    device : cupy.ndarray, the same
    """

    host: Bytes
    device: Any


class _Blob:
    """A table and the arrays behind it, as one run of bytes."""

    def __init__(self) -> None:
        self.table = np.zeros((), _TABLE)
        self._parts: list[bytes] = []
        self._size = _rounded(_TABLE.itemsize)

    def add(self, array: AnyArray) -> int:
        """Append an array; its offset from the table's start."""
        offset = self._size
        part = array.tobytes()
        self._size = _rounded(offset + len(part))
        self._parts.append(part.ljust(self._size - offset, b"\0"))
        return offset

    def bytes(self) -> Bytes:
        table = self.table.tobytes().ljust(_rounded(_TABLE.itemsize), b"\0")
        return np.frombuffer(table + b"".join(self._parts), np.uint8)


def _rounded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def is_composed(plan: TilePlan) -> bool:
    """Whether the words are those of every value, of 8 bits, rather than of every row."""
    field = plan.field
    narrow = field.tabled and field.index_dtype.itemsize == 1
    return narrow and field.kind == "scalar" and not plan.canvas.is_gray


def table_rows(plan: TilePlan) -> int:
    """Rows of the table in shared memory."""
    return 256 + 2 if is_composed(plan) else plan.field.entries + 5


def pack_tables(plan: TilePlan, recipe: Recipe) -> Bytes:
    """Lay out a recipe as the kernels read it, shape (bytes,) uint8."""
    blob = _Blob()
    for i, index in enumerate(recipe.indexes):
        _add_index(blob, i, index, plan)
    if plan.field.kind == "scalar":
        _add_rows(blob, plan, recipe)
    else:
        r, g, b = recipe.bad_rgb
        blob.table["opacity"], blob.table["bad_opacity"] = recipe.opacity
        blob.table["bad_rgb"] = r | g << 8 | b << 16
        blob.table["longest"] = recipe.longest
    return blob.bytes()


def _add_index(blob: _Blob, i: int, index: IndexRecipe, plan: TilePlan) -> None:
    own = blob.table["index"][i]
    for name in ("vmin", "vmax", "offset", "scale", "factor", "divisor", "entries"):
        own[name] = getattr(index, name)
    for name in ("named", "cycle", "negative", "shift"):
        own[name] = getattr(index.palette, name)
    own["wide"] = index.working == np.float64
    own["starts"], own["breaks"] = blob.add(index.starts), len(index.starts)
    rows = index.rows
    if index.way == "tabled":
        rows = _composed(rows, plan)
        if not has_long_rows(plan):
            rows = rows.astype(np.uint16)
    own["rows"] = blob.add(rows)


def has_long_rows(plan: TilePlan) -> bool:
    """Whether a tabled row may need more than 16 bits."""
    return plan.field.entries + 5 > 65_536 and not plan.canvas.is_gray


def _composed(rows: NDArray[np.int32], plan: TilePlan) -> NDArray[np.int32]:
    """What every value becomes: a row, or the sample itself where a row is one."""
    if plan.field.kind == "rgb":
        return levels_of_rows(256)[rows].astype(np.int32)
    if plan.canvas.is_gray:
        return levels_of_rows(plan.field.levels)[rows].astype(np.int32)
    return rows


def _add_rows(blob: _Blob, plan: TilePlan, recipe: Recipe) -> None:
    """Words of all rows, and what they let through (or, for blend modes, their opacity)."""
    index = recipe.indexes[0]
    table = blob.table
    table["outline"], table["outside"] = index.entries + 3, index.entries + 4
    if plan.canvas.is_gray:
        if index.way == "tabled":
            table["outline"] = table["outside"] = 0
        return
    words, through = _words(plan, recipe)
    if is_composed(plan):
        rows = every_row(index)
        words, through = words[rows], through[rows]
        table["outline"], table["outside"] = 256, 257
    table["count"], table["transmission"] = len(words), through[0]
    table["words"] = blob.add(words)
    table["through"] = blob.add(through.astype(np.uint32))


def _words(plan: TilePlan, recipe: Recipe) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Words of all rows, and what they let through; their opacity for blend modes and alpha."""
    if plan.canvas.has_palette:
        return recipe.grays.astype(np.uint64), np.zeros(len(recipe.grays), np.int32)
    if plan.canvas.has_alpha:
        lanes = has_lanes(plan)
        return recipe.straight_words() if lanes else rgb_words(recipe.straight), recipe.opacity
    over = plan.blend == "over"
    words = recipe.words() if has_lanes(plan) else rgb_words(recipe.levels if over else recipe.rgb)
    return words, recipe.transmission if over else recipe.opacity


def has_lanes(plan: TilePlan) -> bool:
    """Whether rows are composed as luma and chroma rather than as RGB."""
    return not plan.composed_on.is_rgb


def rgb_words(rgb: NDArray[Any]) -> NDArray[np.uint64]:
    """Rows of red, green and blue in one word each, red lowest."""
    levels = rgb.astype(np.uint64)
    words: NDArray[np.uint64] = levels[:, 0] | levels[:, 1] << np.uint64(8)
    words |= levels[:, 2] << np.uint64(16)
    return words


def constant_through(plan: TilePlan) -> bool:
    """Whether all rows that occur let the same through, whatever the limits are."""
    field = plan.field
    if field.ramp is not None:
        return False
    alpha = np.rint(field.colors.alpha * field.alpha * OPAQUE)
    marks = bool(field.outlines) or not (field.rows.whole and field.columns.whole)
    return not marks and bool((alpha == alpha[0]).all())


AXIS = np.dtype(
    [
        (name, "u8")
        for name in ("first", "second", "last", "taps", "weight", "own_weight", "tap_weights")
    ]
    + [(name, "i8") for name in ("size", "start", "stop", "count")]
)


class DeviceAxis:
    """Sample positions of one axis in device memory.

    Parameters
    ----------
    axis : AxisSamples
    cupy : module
    """

    def __init__(self, axis: AxisSamples, cupy: Any) -> None:
        self._arrays = {
            "first": axis.first.astype(np.int32),
            "second": axis.second.astype(np.int32),
            "last": (axis.first if axis.last is None else axis.last).astype(np.int32),
            "weight": axis.weight,
            "own_weight": axis.own_weight,
            "taps": None if axis.taps is None else axis.taps.astype(np.int32),
            "tap_weights": axis.tap_weights,
        }
        self._kept = {
            name: cupy.asarray(np.ascontiguousarray(array), blocking=True)
            for name, array in self._arrays.items()
            if array is not None and array.size
        }
        start, stop, _ = axis.covered.indices(len(axis.first))
        count = 0 if axis.taps is None else len(axis.taps)
        self._sizes = (len(axis.first), start, stop, count)

    def struct(self) -> AnyArray:
        """The axis as kernels take it, shape () of :data:`AXIS`."""
        struct = np.zeros((), AXIS)
        for name, array in self._kept.items():
            struct[name] = array.data.ptr
        struct["size"], struct["start"], struct["stop"], struct["count"] = self._sizes
        return struct
