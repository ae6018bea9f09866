"""From host memory to planes in host memory, through several slots of a backend at once."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks._gpu_timing import Bandwidths
from benchmarks._jobs import DISTINCT, Job
from benchmarks._sink import Nothing


def time_hosted(
    job: Job, backend: Any, bandwidths: Bandwidths, batch: int | None, seconds: float = 1.0
) -> dict[str, float]:
    """Send batch after batch round the ring, which ends in nothing, for ``seconds``.

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
    from heatvid._jobs.ring import Ring

    plan = job.plan(batch)
    few = [job.frame(i) for i in range(min(DISTINCT, plan.batch_size))]
    backend.prepare(plan)
    threads, slots = backend.ring()
    with Ring(backend, Nothing(), few[0].shape, threads, slots) as ring:
        _go_round(ring, plan, few, slots, 0.0)  # fills every slot, compiles, allocates
        frames, took = _go_round(ring, plan, few, slots, seconds)
    fps = frames / took
    bytes_in = job.input_bytes + job.canvas_bytes * job.over
    bound = max(bytes_in / bandwidths.to_device, job.canvas_bytes / bandwidths.to_host)
    return {
        "frames_a_slot": plan.batch_size,
        "slots": slots,
        "fps": fps,
        "to_device_gb_s": fps * bytes_in / 1e9,
        "to_host_gb_s": fps * job.canvas_bytes / 1e9,
        "of_copies_percent": 100 * fps * bound,
    }


def _go_round(
    ring: Any, plan: Any, few: list[NDArray[Any]], slots: int, seconds: float
) -> tuple[int, float]:
    """Submit slots, each twice at least; the frames that came out, and in how many seconds."""
    before, since, turn = ring.written, time.perf_counter(), 0
    while turn < 2 * slots or time.perf_counter() - since < seconds:
        slot = ring.acquire()
        if len(slot.data) == 0:
            _fill(slot, plan, few)
        ring.submit(slot)
        turn += 1
    return ring.written - before, time.perf_counter() - since


def _fill(slot: Any, plan: Any, few: list[NDArray[Any]]) -> None:
    for i in range(plan.batch_size):
        slot.input[i] = few[i % len(few)]
    slot.data = slot.input
    if plan.blends:
        rng = np.random.default_rng(0)
        slot.background[:] = rng.integers(16, 236, slot.background.shape, dtype=np.uint8)
