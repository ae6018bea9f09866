"""Several channels to one: the strongest class, its probability, the mean, the magnitude, a grid.

Sums run over the channels in their order, in float32 (float64 for wide types), one operation at
a time, so that every backend agrees.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from heatvid._frames import AnyArray
from heatvid._values.index import resampled_dtype

KEPT = ("rgb", "flow")  # modes whose channels are coloured together


def reduce_channels(frames: AnyArray, mode: str) -> AnyArray:
    """Reduce channels.

    Parameters
    ----------
    frames : ndarray, shape (..., H, W, C)
    mode : {"argmax", "max", "mean", "norm", "grid"}
        Index of the largest (the first of equals), the largest, the mean, the root of the sum of
        squares, or all of them side by side, row after row.

    Returns
    -------
    ndarray, shape (..., H, W), or (..., rows·H, columns·W) for the grid
        argmax is uint8 (uint16 above 256 channels); NaN in any channel wins, as in NumPy. What
        the channels leave of a grid is NaN, 0 for integers.
    """
    with np.errstate(all="ignore"):  # inf - inf is NaN, and squares may be infinite
        return _REDUCERS[mode](frames)


def reduced_shape(frame_shape: tuple[int, ...], mode: str) -> tuple[int, int]:
    """Height and width of reduced frames; ``frame_shape`` is (H, W, C)."""
    height, width, channels = frame_shape
    if mode != "grid":
        return height, width
    rows, columns = grid_shape(channels)
    return rows * height, columns * width


def shown_shape(frame_shape: tuple[int, ...], mode: int | str | None) -> tuple[int, int]:
    """Height and width of frames, (H, W) or (H, W, C), as they are shown."""
    if len(frame_shape) == 3:
        return reduced_shape(frame_shape, str(mode))
    return (frame_shape[0], frame_shape[1])


def grid_shape(channels: int) -> tuple[int, int]:
    """Rows and columns of a grid, as square as can be, wider than high."""
    columns = math.isqrt(channels - 1) + 1
    return -(-channels // columns), columns


def reduced_dtype(dtype: np.dtype[np.generic], channels: int, mode: str) -> np.dtype[np.generic]:
    """Dtype of reduced frames."""
    if mode == "argmax":
        return np.dtype(np.uint8 if channels <= 256 else np.uint16)
    return resampled_dtype(dtype) if mode in ("mean", "norm") else dtype


def _argmax(frames: AnyArray) -> AnyArray:
    largest = frames[..., 0]
    classes: AnyArray = np.zeros(largest.shape, np.uint8 if frames.shape[-1] <= 256 else np.uint16)
    for channel in range(1, frames.shape[-1]):
        own = frames[..., channel]
        # The last of the channels that were larger than all before.
        np.maximum(classes, (own > largest) * classes.dtype.type(channel), out=classes)
        largest = np.maximum(largest, own)
    if largest.dtype.kind == "f" and np.isnan(largest).any():
        classes[...] = frames.argmax(-1)
    return classes


def _max(frames: AnyArray) -> AnyArray:
    largest: AnyArray = frames.max(-1)  # NaN where there is one
    return largest


def _mean(frames: AnyArray) -> AnyArray:
    total = _sum(frames, lambda channel: channel)
    total /= total.dtype.type(frames.shape[-1])
    return total


def _norm(frames: AnyArray) -> AnyArray:
    return np.sqrt(_sum(frames, lambda channel: channel * channel))


def _sum(frames: AnyArray, term: Callable[[AnyArray], AnyArray]) -> AnyArray:
    working = resampled_dtype(frames.dtype)
    total = term(frames[..., 0].astype(working))
    for channel in range(1, frames.shape[-1]):
        total += term(frames[..., channel].astype(working))
    return total


def _grid(frames: AnyArray) -> AnyArray:
    *lead, height, width, channels = frames.shape
    rows, columns = grid_shape(channels)
    empty = np.nan if frames.dtype.kind == "f" else 0
    out = np.full((*lead, rows * height, columns * width), empty, frames.dtype)
    for channel in range(channels):
        row, column = divmod(channel, columns)
        place = out[..., row * height : (row + 1) * height, column * width : (column + 1) * width]
        place[...] = frames[..., channel]
    return out


_REDUCERS: dict[str, Callable[[AnyArray], AnyArray]] = {
    "argmax": _argmax, "max": _max, "mean": _mean, "norm": _norm, "grid": _grid,
}  # fmt: skip
