"""Blend modes other than ``over``, of one band of RGB over another, in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colorspace import HALF, OPAQUE
from heatvid._frames import Bytes
from heatvid.backends._numpy.fronts import Weight
from heatvid.backends._numpy.pixels import Scratch


def blend_levels(levels: Bytes, opacity: Weight, under: Any, mode: str, s: Scratch) -> None:
    """Blend levels over others in place: ``(m A + b (65536 - A) + 32768) >> 16``.

    Parameters
    ----------
    levels : ndarray, shape (3, rows, W), uint8
        Red, green and blue of the front.
    opacity : Weight
        A.
    under : ndarray, shape (rows, W, 3) or (3,), uint8
        What lies under it.
    mode : {"multiply", "screen", "lighten", "darken", "add"}
        What ``m`` is of the front's level c and the background's b: ``(c b + 127) // 255``,
        ``255 - ((255 - c)(255 - b) + 127) // 255``, the larger, the smaller, ``min(c + b, 255)``.
    s : Scratch
    """
    rows = levels.shape[1]
    for i, front in enumerate(levels):
        behind = under[..., i]
        if behind.ndim:
            behind = s.part("behind", np.uint8, rows)
            np.copyto(behind, under[..., i])
        mixed = s.part("mixed", np.uint16, rows)
        _mix(front, behind, mode, mixed)
        _lay(mixed, opacity, behind, front, s)


def _mix(front: Bytes, behind: Any, mode: str, out: NDArray[np.uint16]) -> None:
    if mode == "multiply":
        _multiply(front, behind, out)
    elif mode == "screen":
        _multiply(255 - front, 255 - behind, out)
        np.subtract(255, out, out=out)
    elif mode == "lighten":
        np.maximum(front, behind, out=out)
    elif mode == "darken":
        np.minimum(front, behind, out=out)
    else:
        assert mode == "add", f"{mode = }"
        np.minimum(np.add(front, behind, out=out, dtype=np.uint16), 255, out=out)


def _multiply(one: Bytes, other: Any, out: NDArray[np.uint16]) -> None:
    np.multiply(one, other, out=out, dtype=np.uint16)
    out += 127
    out //= 255


def _lay(mixed: NDArray[np.uint16], opacity: Weight, behind: Any, out: Bytes, s: Scratch) -> None:
    """Write what is mixed, as far as its opacity goes: ``b + ((m - b) A + 32768 >> 16)``."""
    if isinstance(opacity, int) and opacity == OPAQUE:
        np.copyto(out, mixed, casting="unsafe")
        return
    total = s.part("total", np.int32, len(mixed))
    np.subtract(mixed, behind, out=total, dtype=np.int32)
    total *= opacity
    total += HALF
    total >>= 16
    total += behind
    np.copyto(out, total, casting="unsafe")
