"""Straight lines through measured costs: what a frame or a pixel takes, and how straight it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def fit(x: Sequence[float], y: Sequence[float]) -> dict[str, float] | None:
    """Fit ``y = start + each * x`` by least squares.

    Returns
    -------
    dict or None
        ``each``, ``start``, and ``r_squared``, the part of the variance that the line explains;
        None of fewer than three points, through which a line always passes.
    """
    if len(x) < 3:
        return None
    each, start = np.polyfit(x, y, 1)
    away = np.asarray(y) - (start + each * np.asarray(x))
    total = np.var(y)
    explained = 1 - float(np.mean(away**2) / total) if total > 0 else 1.0
    return {"each": float(each), "start": float(start), "r_squared": explained}
