"""What lies beyond the limits of a bar: a value that has the colour under, or over, them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from heatvid._color.colormaps import OVER, UNDER
from heatvid._layout.scale import Scale
from heatvid._plan.tile import FieldPlan


def beyond(field: FieldPlan, scale: Scale, row: int) -> float | None:
    """A value with the colour of ``UNDER`` or ``OVER``; None where the norm has none such."""
    assert row in (UNDER, OVER), f"{row = }"
    wide = np.dtype(np.float64)
    index = replace(field, value_dtype=wide, dtype=wide).index(scale.limits)
    first, last = scale.values(np.array([0.0, 1.0])).tolist()
    span = last - first
    tried = [first - span, math.nextafter(first, -math.inf), first / 2, -1.0]
    if row == OVER:
        tried = [last + span, math.nextafter(last, math.inf), last * 2, float(field.entries)]
    wanted = field.entries + 3 + row
    rows = [int(index(np.array([value]))[0]) for value in tried if np.isfinite(value)]
    finite = [float(value) for value in tried if np.isfinite(value)]
    return next((value for value, own in zip(finite, rows, strict=True) if own == wanted), None)
