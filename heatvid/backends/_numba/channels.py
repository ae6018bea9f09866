"""Several channels to what is coloured, with numba: reductions, and marks of unknown flow."""

from __future__ import annotations

import numpy as np

from heatvid._color.flow_wheel import UNKNOWN
from heatvid._frames import AnyArray, address_of
from heatvid._plan.tile import FieldPlan
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.jit.primitives import array_at, load
from heatvid.backends._numba.memory import Scratch, View, plain, view_of
from heatvid.backends._numba.values import read

BLOCK = 256  # pixels, all channels of which stay in L1


def channels_of(frame: AnyArray, plan: FieldPlan, scratch: Scratch) -> list[View]:
    """Split a frame, shape (H, W) or (H, W, C), into what is coloured: one picture, or several."""
    if plan.reduce is not None:
        return [_reduced(frame, plan, scratch)]
    if plan.kind == "scalar":
        return [view_of(frame)]
    if plan.kind == "flow" and frame.dtype.kind == "f":
        return _known(frame, scratch)
    return [view_of(frame[..., i]) for i in range(3 if plan.kind == "rgb" else 2)]


def _reduced(frame: AnyArray, plan: FieldPlan, scratch: Scratch) -> View:
    if frame.dtype == np.float16:
        frame = _single(frame, scratch)
    height, width, channels = frame.shape
    assert plan.reduce is not None
    of_halves = plan.value_dtype == np.float16
    kind = np.dtype(np.float32) if of_halves else plain(plan.value_dtype)
    out = scratch.part("reduced", kind, height, width)
    box = scratch.part("box", plain(frame.dtype), BLOCK)
    place = (address_of(frame), *frame.strides, channels, box)
    if plan.reduce == "argmax":
        argmax(*place, scratch.part("largest", box.dtype, BLOCK), out)
    elif plan.reduce == "max":
        largest(*place, out)
    else:
        total(*place, plan.reduce == "norm", out)
    return view_of(out.astype(np.float16)) if of_halves else view_of(out, plan.value_dtype)


def _single(frame: AnyArray, scratch: Scratch) -> AnyArray:
    """Numbers in half precision as float32, shape (H, W, C), each channel by itself in memory."""
    height, width, channels = frame.shape
    out = scratch.part("single", np.float32, channels, height, width)
    for channel in range(channels):
        read(view_of(frame[..., channel]), np.arange(height), np.inf, out[channel])
    return out.transpose(1, 2, 0)


def _known(frame: AnyArray, scratch: Scratch) -> list[View]:
    """Motion to the right and down, NaN for both where either is unknown."""
    height, width = frame.shape[:2]
    kind = np.dtype(np.float32) if frame.dtype == np.float16 else frame.dtype
    both = [scratch.part(name, kind, height, width) for name in ("right", "down")]
    for i, out in enumerate(both):
        read(view_of(frame[..., i]), np.arange(height), np.inf, out)
    mark_unknown(both[0].reshape(-1), both[1].reshape(-1), UNKNOWN)
    return [view_of(out) for out in both]


@kernel
def mark_unknown(u: AnyArray, v: AnyArray, unknown: float) -> None:
    """Set both to NaN where either is NaN or as large as ``unknown``."""
    for i in range(len(u)):
        if not (abs(np.float64(u[i])) < unknown and abs(np.float64(v[i])) < unknown):
            u[i] = v[i] = np.nan


@kernel
def beside_each_other(address: int, column: int, count: int, box: AnyArray) -> AnyArray:
    """Values of a column stride, beside each other: as they lie, or copied to ``box``."""
    if column != box.itemsize or address % box.itemsize:
        for i in range(count):
            box[i] = load(address + i * column, box.dtype)
        address = box.ctypes.data
    values: AnyArray = array_at(address, count, box.dtype)
    return values


@kernel
def argmax(
    address: int,
    row: int,
    column: int,
    channel: int,
    channels: int,
    box: AnyArray,
    best: AnyArray,
    out: AnyArray,
) -> None:
    """Fill ``out``, shape (H, W), with the first largest channel; the first NaN wins."""
    for r in range(out.shape[0]):
        for left in range(0, out.shape[1], BLOCK):
            line = out[r, left : left + BLOCK]
            start = address + r * row + left * column
            for c in range(channels):
                values = beside_each_other(start + c * channel, column, len(line), box)
                number, first = out.dtype.type(c), c == 0
                for i in range(len(line)):
                    value, known = values[i], best[i]
                    taken = first | (value > known) | ((value != value) & (known == known))
                    best[i] = value if taken else known
                    line[i] = number if taken else line[i]


@kernel
def largest(
    address: int, row: int, column: int, channel: int, channels: int, box: AnyArray, out: AnyArray
) -> None:
    """Fill ``out``, shape (H, W), with the largest channel; NaN where there is one."""
    for r in range(out.shape[0]):
        for left in range(0, out.shape[1], BLOCK):
            line = out[r, left : left + BLOCK]
            start = address + r * row + left * column
            for c in range(channels):
                values, first = (
                    beside_each_other(start + c * channel, column, len(line), box),
                    c == 0,
                )
                for i in range(len(line)):
                    value, known = values[i], line[i]
                    line[i] = value if first | (value > known) | (value != value) else known


@kernel
def total(
    address: int,
    row: int,
    column: int,
    channel: int,
    channels: int,
    box: AnyArray,
    squared: bool,
    out: AnyArray,
) -> None:
    """Fill ``out``, shape (H, W), with the mean, or with the root of the sum of squares."""
    for r in range(out.shape[0]):
        for left in range(0, out.shape[1], BLOCK):
            line = out[r, left : left + BLOCK]
            start = address + r * row + left * column
            for c in range(channels):
                values, first = (
                    beside_each_other(start + c * channel, column, len(line), box),
                    c == 0,
                )
                for i in range(len(line)):
                    value = out.dtype.type(values[i])
                    value = value * value if squared else value
                    line[i] = value if first else line[i] + value
            for i in range(len(line)):
                line[i] = np.sqrt(line[i]) if squared else line[i] / out.dtype.type(channels)
