"""From host memory to planes in host memory, through several slots of a backend at once."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

import numpy as np

from benchmarks._gpu_timing import Bandwidths
from benchmarks._jobs import DISTINCT, Job

SLOTS = 4


def time_hosted(
    job: Job, backend: Any, bandwidths: Bandwidths, batch: int | None, seconds: float = 1.0
) -> dict[str, float]:
    """Render batch after batch, from one thread, for as long as ``seconds`` or a little more.

    Parameters
    ----------
    batch : int or None
        Frames in a slot; None for what ``heatvid.render`` would take.

    Returns
    -------
    dict
        ``fps``, ``to_device_gb_s`` and ``to_host_gb_s``; ``of_copies_percent`` of the speed at
        which the copies alone would run, of which the longer way is the bound.
    """
    plan = job.plan(batch)
    backend.prepare(plan)
    try:
        slots = [_filled(job, plan, backend) for _ in range(SLOTS)]
        _turn(backend, slots, 0.2)  # compiles, allocates
        count, took = _turn(backend, slots, seconds)
    finally:
        backend.close()
    fps = count * plan.batch_size / took
    bytes_in = job.input_bytes + job.canvas_bytes * job.over
    bound = max(bytes_in / bandwidths.to_device, job.canvas_bytes / bandwidths.to_host)
    return {
        "frames_a_slot": plan.batch_size,
        "fps": fps,
        "to_device_gb_s": fps * bytes_in / 1e9,
        "to_host_gb_s": fps * job.canvas_bytes / 1e9,
        "of_copies_percent": 100 * fps * bound,
    }


def _filled(job: Job, plan: Any, backend: Any) -> Any:
    few = [job.frame(i) for i in range(min(DISTINCT, plan.batch_size))]
    slot = backend.slot(few[0].shape)
    for i in range(plan.batch_size):
        slot.input[i] = few[i % len(few)]
    slot.data = slot.input
    if plan.blends:
        rng = np.random.default_rng(0)
        slot.background[:] = rng.integers(16, 236, slot.background.shape, dtype=np.uint8)
    return slot


def _turn(backend: Any, slots: list[Any], seconds: float) -> tuple[int, float]:
    """Go round the slots; returns how many were rendered, and in how many seconds."""
    free, busy = deque(slots), deque[Any]()
    count, since = 0, time.perf_counter()
    while time.perf_counter() - since < seconds:
        if not free:
            backend.wait(busy[0])
            free.append(busy.popleft())
        slot = free.popleft()
        backend.render(slot)
        busy.append(slot)
        count += 1
    for slot in busy:
        backend.wait(slot)
    return count, time.perf_counter() - since
