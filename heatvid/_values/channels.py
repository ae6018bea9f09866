"""Several channels to one: the strongest class, its probability, the mean, the magnitude.

Sums run over the channels in their order, in float32 (float64 for wide types), one operation at
a time, so that every backend agrees.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from heatvid._frames import AnyArray
from heatvid._values.index import resampled_dtype

KEPT = ("rgb", "flow")  # modes whose channels are coloured together
NOT_REDUCED = (*KEPT, "grid")  # the same, and that which shows each channel by itself


def reduce_channels(frames: AnyArray, mode: str) -> AnyArray:
    """Reduce channels.

    Parameters
    ----------
    frames : ndarray, shape (..., H, W, C)
    mode : {"argmax", "max", "mean", "norm"}
        Index of the largest (the first of equals), the largest, the mean, or the root of the sum
        of squares.

    Returns
    -------
    ndarray, shape (..., H, W)
        argmax is uint8 (uint16 above 256 channels); NaN in any channel wins, as in NumPy.
    """
    with np.errstate(all="ignore"):  # inf - inf is NaN, and squares may be infinite
        return _REDUCERS[mode](frames)


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


_REDUCERS: dict[str, Callable[[AnyArray], AnyArray]] = {
    "argmax": _argmax, "max": _max, "mean": _mean, "norm": _norm,
}  # fmt: skip
