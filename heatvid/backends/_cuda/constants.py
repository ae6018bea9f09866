"""What a plan is to the CUDA kernels at compile time: the constants they are specialised by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from heatvid._plan.tile import STRAIGHT, TilePlan
from heatvid._values.sampling import AxisSamples
from heatvid.backends._cuda.tables import (
    constant_through,
    has_long_rows,
    is_composed,
    table_rows,
)
from heatvid.backends._recipe import NotFusedError, Recipe, make_recipe

SHARED_BYTES = 48 << 10  # of a block, without asking for more


def computed(plan: TilePlan) -> TilePlan:
    """Take halves as the numbers that they are, where arithmetic places them.

    The rows are the same, and cost less than to look up each of 65,536 values in memory.
    """
    field = plan.field
    if field.value_dtype != np.float16 or field.norm.kind not in STRAIGHT:
        return plan
    single = np.dtype(np.float32)
    return replace(plan, field=replace(field, dtype=single, value_dtype=single))


def is_staged(plan: TilePlan) -> bool:
    """Whether values are put down as numbers before they are rendered."""
    field = plan.field
    return field.smooth is not None or (field.reduce is not None and field.interpolates)


def uses_double(plan: TilePlan) -> bool:
    """Whether values are computed with in float64."""
    field = plan.field
    if field.kind == "flow":  # in float32 unless it is float64, even of integers
        return bool(field.index_dtype == np.float64)
    wide = field.index_dtype.itemsize > 4
    return wide or (field.index_dtype.kind in "iu" and field.index_dtype.itemsize == 4)


def shared_bytes(plan: TilePlan) -> int:
    """Shared memory for the words of all rows and what they let through; 0 where they stay out."""
    if plan.field.kind != "scalar" or plan.canvas.is_gray:
        return 0
    size = table_rows(plan) * (12 if _through(plan) == "VARYING" else 8)
    return size if size <= SHARED_BYTES else 0


def constants(plan: TilePlan, *, bfloat16: bool) -> dict[str, str]:
    """Names and values of the kernels' constants, each as job.cu has them."""
    stored = "bfloat16" if bfloat16 else plan.field.dtype.name
    plan = computed(plan)
    field, recipe = plan.field, _known_recipe(plan)
    numbers: dict[str, str | int] = {
        "REAL": "double" if uses_double(plan) else "float",
        "DTYPE": stored.upper(),
        "KIND": field.kind.upper(),
        "REDUCE": (field.reduce or "keep").upper(),
        "REALS": field.interpolates,
        "STAGED": is_staged(plan),
        "FINITE": field.interpolates and field.value_dtype.kind == "f",
        "COMPOSED": is_composed(plan),
        "LONG_ROWS": has_long_rows(plan),
        "WAY": _way(plan),
        "WIDE": _precision(plan, recipe),
        "CLAMPS": _clamps(plan, recipe),
        "ROWS": _sampling(field.rows),
        "COLUMNS": _sampling(field.columns),
        "COUNTS": field.counts,
        "WHOLE": field.rows.whole and field.columns.whole,
        "PADDED": _is_padded(plan),
        "OUTLINES": bool(field.outlines),
        "FORMAT": plan.canvas.pixel_format.upper(),
        "BLEND": plan.blend.upper(),
        "MASK": plan.mask is not None,
        "BEHIND": plan.blends,
        "THROUGH": _through(plan),
        "SHARED": shared_bytes(plan) > 0,
        "BLOCKS": _blocks(plan),
    }
    return {
        f"HEAT_{name}": value if isinstance(value, str) else str(int(value))
        for name, value in numbers.items()
    }


def _known_recipe(plan: TilePlan) -> Recipe | None:
    """The recipe of a plan whose limits are fixed; None where each frame brings its own."""
    if plan.field.limits is None:
        return None
    try:
        return make_recipe(plan, plan.field.limits)
    except NotFusedError:  # said where the tables are asked for
        return None


def _blocks(plan: TilePlan) -> int:
    """Blocks that a multiprocessor has room for: as many as no register has to be spilled for."""
    field = plan.field
    if field.kind != "scalar" or plan.mask is not None or plan.blend != "over" or field.reduce:
        return 1
    if plan.canvas.has_alpha:
        return 1
    if uses_double(plan) and field.interpolates:
        return 1
    if uses_double(plan) or field.interpolates:
        return 2
    if _through(plan) == "VARYING":
        return 3
    light = plan.canvas.pixel_format in ("yuv420p", "rgb24") and not plan.blends
    return 5 if light and _way(plan) in ("LINEAR", "TABLED") else 4


def _is_padded(plan: TilePlan) -> bool:
    """Whether the canvas has rows below the picture; columns beside it are looked up anyway."""
    return plan.canvas.height > plan.canvas.content_height


def _way(plan: TilePlan) -> str:
    """How values become rows; the limits do not change it."""
    field = plan.field
    if field.kind == "flow" or field.norm.kind in STRAIGHT:
        return "TABLED" if field.tabled and field.kind != "flow" else "LINEAR"
    if field.tabled:
        return "TABLED"
    return "LABELS" if field.norm.kind == "labels" else "BREAKS"


def _precision(plan: TilePlan, recipe: Recipe | None) -> str:
    if recipe is None:
        return "EITHER"
    wide = {index.working == np.float64 for index in recipe.indexes}
    return "EITHER" if len(wide) > 1 else "WIDE" if True in wide else "NARROW"


def _clamps(plan: TilePlan, recipe: Recipe | None) -> bool:
    """Whether values beyond the limits need no look at them: clipping gives the same colours."""
    if recipe is None or plan.field.kind != "scalar" or not plan.field.clamps:
        return False
    (index,) = recipe.indexes
    return index.way == "linear" and index.vmin < index.vmax


def _through(plan: TilePlan) -> str:
    if plan.field.kind != "scalar" or plan.canvas.is_gray:
        return "OPAQUE"
    if plan.mask is not None or plan.blend != "over" or plan.canvas.has_alpha:
        return "VARYING"
    if not plan.blends:
        return "OPAQUE"
    return "CONSTANT" if constant_through(plan) else "VARYING"


def _sampling(axis: AxisSamples) -> str:
    if axis.own_weight is not None:
        return "AREA"
    if axis.taps is not None:
        return "BICUBIC"
    if axis.weight is not None:
        return "BILINEAR"
    own = np.arange(len(axis.first))
    return "IDENTITY" if axis.whole and bool((axis.first == own).all()) else "NEAREST"
