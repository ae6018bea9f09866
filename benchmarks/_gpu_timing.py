"""Time on a CUDA device: of launches by its own events, and the bandwidths that bound them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

REPEATS = 20
COPIED_BYTES = 512 << 20
PINNED_BYTES = 256 << 20


def seconds_each(cupy: Any, launch: Callable[[int], None], sets: int) -> float:
    """Time ``launch(0) .. launch(sets - 1)`` by events; the median, divided by ``sets``.

    Launches queue up behind each other, so that what starting one costs the host is hidden as
    long as it is less than what the device takes. The first turn, which may compile, is not timed.
    """
    start, stop = cupy.cuda.Event(), cupy.cuda.Event()
    times = []
    for turn in range(REPEATS + 1):
        start.record()
        for i in range(sets):
            launch(i)
        stop.record()
        stop.synchronize()
        if turn:
            times.append(cupy.cuda.get_elapsed_time(start, stop) / 1000 / sets)
    return statistics.median(times)


def pinned(cupy: Any, size: int) -> NDArray[np.uint8]:
    """Host memory that the device copies from and to by itself."""
    return np.frombuffer(cupy.cuda.alloc_pinned_memory(size), np.uint8, size)


@dataclass(frozen=True)
class Bandwidths:
    """What copies reach here, in bytes a second.

    Attributes
    ----------
    on_device : float
        From device memory to device memory, read and written bytes counted.
    to_device, to_host : float
        From and to pinned memory, one way at a time.
    both_ways : float
        Both directions at once, together.
    """

    on_device: float
    to_device: float
    to_host: float
    both_ways: float


def measure_bandwidths(cupy: Any, scale: float = 1.0) -> Bandwidths:
    """Measure copies of half a GiB, or ``scale`` of that."""
    copied, size = int(COPIED_BYTES * scale), int(PINNED_BYTES * scale)
    runtime, empty = cupy.cuda.runtime, cupy.empty
    current = cupy.cuda.get_current_stream()
    # Two pairs in turn: the L2 cache does not hold what is read next.
    pairs = [(empty(copied, np.uint8), empty(copied, np.uint8)) for _ in range(2)]

    def copy(i: int) -> None:
        source, target = pairs[i]
        kind = runtime.memcpyDeviceToDevice
        runtime.memcpyAsync(target.data.ptr, source.data.ptr, copied, kind, current.ptr)

    on_device = 2 * copied / seconds_each(cupy, copy, 2)
    host_in, host_out = pinned(cupy, size), pinned(cupy, size)
    device_in, device_out = empty(size, np.uint8), empty(size, np.uint8)

    def bring(stream: Any) -> None:
        kind = runtime.memcpyHostToDevice
        runtime.memcpyAsync(device_in.data.ptr, host_in.ctypes.data, size, kind, stream.ptr)

    def fetch(stream: Any) -> None:
        kind = runtime.memcpyDeviceToHost
        runtime.memcpyAsync(host_out.ctypes.data, device_out.data.ptr, size, kind, stream.ptr)

    one, other = (cupy.cuda.Stream(non_blocking=True) for _ in range(2))

    def both() -> None:
        bring(one)
        fetch(other)

    return Bandwidths(
        on_device=on_device,
        to_device=size / host_seconds(cupy, lambda: bring(one)),
        to_host=size / host_seconds(cupy, lambda: fetch(one)),
        both_ways=2 * size / host_seconds(cupy, both),
    )


def host_seconds(cupy: Any, enqueue: Callable[[], None], repeats: int = 5) -> float:
    """Time by the host's clock, from enqueueing to the end of all work; the median."""
    times = []
    for turn in range(repeats + 1):
        since = time.perf_counter()
        enqueue()
        cupy.cuda.runtime.deviceSynchronize()
        if turn:
            times.append(time.perf_counter() - since)
    return statistics.median(times)
