"""Exact statistics of values in device memory, by the kernels of ``statistics.cu``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from heatvid._frames import AnyArray
from heatvid.backends._cuda.memory import Home

_BLOCKS, _THREADS = 64, 256  # a frame; more contend for the same counters
_KINDS = {"b": "UNSIGNED", "u": "UNSIGNED", "i": "SIGNED", "f": "FLOAT"}
_SIZES = ("frames", "height", "width", "channels")
_STRIDES = ("frame_stride", "row_stride", "column_stride", "channel_stride")
_BITS = ("sign", "exponent", "positive", "prefix", "shift", "digit_bits", "is_first")
_VALUES = np.dtype(
    [
        ("values", "u8"),
        *((name, "i8") for name in (*_SIZES, *_STRIDES)),
        *((name, "u8") for name in _BITS),
        ("result", "u8"),
    ]
)


class FrameValues(NamedTuple):
    """An array (n, H, W[, C]) or (H, W) on a device, and the dtype its bits are read as.

    Where ``positive``, values of a float dtype that are not above 0 count as NaN.
    """

    array: Any
    dtype: np.dtype[Any]
    positive: bool = False

    @property
    def defines(self) -> dict[str, int | str]:
        """What the kernels are specialised by."""
        stored = self.array.dtype.itemsize
        return {
            "STORED_BYTES": stored,
            "WIDENED": 8 * (self.dtype.itemsize - stored),
            "KIND": _KINDS[self.dtype.kind],
        }

    def job(self) -> AnyArray:
        """What the kernels take, ``struct Values``, shape ()."""
        job = np.zeros((), _VALUES)
        job["values"] = self.array.data.ptr
        shape, strides = self.four
        for names, numbers in ((_SIZES, shape), (_STRIDES, strides)):
            for name, number in zip(names, numbers, strict=True):
                job[name] = number
        job["sign"] = 1 << (8 * self.dtype.itemsize - 1)
        job["positive"] = self.positive
        if self.dtype.kind == "f":
            job["exponent"] = np.array(np.inf, self.dtype).view(f"u{self.dtype.itemsize}")
        return job

    @property
    def four(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shape and strides, in bytes, as (n, H, W, C)."""
        shape, strides = tuple(self.array.shape), tuple(self.array.strides)
        if len(shape) == 2:
            shape, strides = (1, *shape), (0, *strides)
        if len(shape) == 3:
            shape, strides = (*shape, 1), (*strides, 0)
        return shape, strides


class ValueCounts(NamedTuple):
    """Of one frame: values seen, how many are not finite, and the range of the finite ones."""

    values: int
    nan_count: int
    posinf_count: int
    neginf_count: int
    minimum: int | float | None
    maximum: int | float | None


def value_counts(home: Home, values: FrameValues) -> list[ValueCounts]:
    """Count each frame."""
    shape, _ = values.four
    start = np.tile(np.array([~np.uint64(0), 0, 0, 0, 0], np.uint64), (shape[0], 1))
    found = _run(home, "extremes", values, start)
    count = int(np.prod(shape[1:]))
    return [_counted(count, row, values.dtype) for row in found]


def _counted(count: int, row: AnyArray, dtype: np.dtype[Any]) -> ValueCounts:
    low, high, nans, above, below = (int(number) for number in row)
    if low > high:
        return ValueCounts(count, nans, above, below, None, None)
    ends = (_value(key, dtype) for key in (low, high))
    return ValueCounts(count, nans, above, below, *ends)


def _value(key: int, dtype: np.dtype[Any]) -> int | float:
    """The value at a place in the order; 0 has no sign."""
    sign = 1 << (8 * dtype.itemsize - 1)
    if dtype.kind == "i":
        key ^= sign
    elif dtype.kind == "f":
        key = key ^ sign if key & sign else key ^ (2 * sign - 1)
    number: int | float = np.array(key, f"u{dtype.itemsize}").view(dtype).item()
    return number + 0


def digit_counts(
    home: Home, values: FrameValues, prefix: int, shift: int, bits: int, first: bool
) -> AnyArray:
    """Count a digit of all frames together, shape (1 << bits,) int64."""
    counts = np.zeros(1 << bits, np.uint64)
    digit = {"prefix": prefix, "shift": shift, "digit_bits": bits, "is_first": first}
    return _run(home, "digits", values, counts, **digit).astype(np.int64)


def first_blank(home: Home, values: FrameValues) -> int | None:
    """The first frame without a value other than NaN."""
    if values.dtype.kind != "f":
        return None
    found = _run(home, "shown", values, np.zeros(values.four[0][0], np.uint8))
    blank = np.flatnonzero(found == 0)
    return int(blank[0]) if len(blank) else None


def _run(home: Home, name: str, values: FrameValues, start: AnyArray, **digit: int) -> AnyArray:
    """Run a kernel over all frames and wait for what it made of ``start``."""
    job = values.job()
    for field, number in digit.items():
        job[field] = number
    with home.on(home.stream):
        kernel = home.kernel("statistics.cu", name, values.defines)
        result = home.array(start.shape, start.dtype)
        home.to_device(start, result, home.stream)
        job["result"] = result.data.ptr
        grid = (int(job["frames"]), min(int(job["height"]), _BLOCKS), 1)
        kernel(grid, (_THREADS, 1, 1), (job.reshape(1),))
        found = np.empty_like(start)
        home.to_host(result, found, home.stream)
        home.stream.synchronize()
    return found
