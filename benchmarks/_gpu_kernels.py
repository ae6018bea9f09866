"""Kernels alone, on frames that are on the device: heatvid's, CuPy's step by step, torch's.

Counted are the bytes that a frame takes at least (:attr:`benchmarks._jobs.Job.moved_bytes`), also
for those that move more. Inputs rotate, so that the device's L2 cache does not hold them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import _gpu_timing
from benchmarks._jobs import DISTINCT, Job
from benchmarks._scenes import exact_colours, to_yuv
from benchmarks.tools._task import ALPHA

BATCH = 64  # frames a launch
STEPWISE_BATCH = 8  # of those that make temporaries of every step
ROUNDING = 0.5  # levels on average that those may be off
CACHES = 4  # times the L2 cache that the rotating sets take


@dataclass
class Sets:
    """Fields, backgrounds and outputs on the device, several of each."""

    fields: list[Any]
    backgrounds: list[Any]
    outputs: list[Any]

    def __len__(self) -> int:
        return len(self.fields)


def make_sets(job: Job, cupy: Any, batch: int) -> Sets:
    """Fill as many sets of ``batch`` frames as outgrow the L2 cache, two at least."""
    cache = int(cupy.cuda.runtime.getDeviceProperties(0)["l2CacheSize"])
    count = max(2, -(-CACHES * cache // (batch * job.moved_bytes)))
    few = [job.frame(i) for i in range(min(DISTINCT, batch))]
    rng = np.random.default_rng(0)
    behind = rng.integers(16, 236, (1, job.canvas_bytes), dtype=np.uint8)
    sets = Sets([], [], [])
    for turn in range(count):
        host = np.stack([few[(i + turn) % len(few)] for i in range(batch)])
        sets.fields.append(cupy.asarray(host))
        under = cupy.asarray(np.repeat(behind, batch, 0)) if job.over else None
        sets.backgrounds.append(under)
        sets.outputs.append(cupy.empty((batch, job.canvas_bytes), np.uint8))
    return sets


def time_fused(job: Job, cupy: Any, kernels_class: Any, batch: int = BATCH) -> dict[str, float]:
    """Check heatvid's kernel against the reference, then time it."""
    plan = job.plan(batch)
    kernels, sets = kernels_class(plan, cupy), make_sets(job, cupy, batch)
    tables = kernels.tables(plan.field.limits)
    size = kernels.scratch_bytes(batch)
    scratch = cupy.empty(size, np.uint8) if size else None

    def launch(i: int) -> None:
        kernels.launch(sets.fields[i], sets.backgrounds[i], None, sets.outputs[i], tables, scratch)

    launch(0)
    _demand_picture(job, sets, cupy, 0)
    return _figures(job, batch, _gpu_timing.seconds_each(cupy, launch, len(sets)))


def _demand_picture(job: Job, sets: Sets, cupy: Any, allowed_mean: float) -> None:
    """Raise unless the first and the last frame of the first batch are as the reference has them.

    Parameters
    ----------
    allowed_mean : float
        Levels off on average: 0 for equal bytes.
    """
    from heatvid.backends import choose

    backend = choose("numpy").backend
    backend.prepare(job.plan(1))
    slot = backend.slot(())
    for i in (0, -1):
        slot.data = cupy.asnumpy(sets.fields[0][i])[None]
        if job.over:
            slot.background[0] = cupy.asnumpy(sets.backgrounds[0][i])
        backend.render(slot)
        frame = cupy.asnumpy(sets.outputs[0][i])
        off = float(np.abs(slot.frames[0].astype(np.int16) - frame.astype(np.int16)).mean())
        if off > allowed_mean:
            raise AssertionError(f"{job.name}: a picture {off:.3g} levels off the reference's")


def time_stepwise(job: Job, cupy: Any, batch: int = STEPWISE_BATCH) -> dict[str, float]:
    """Time the same picture as one CuPy operation after the other."""
    sets = make_sets(job, cupy, batch)
    table = cupy.asarray(to_yuv(exact_colours()))

    def launch(i: int) -> None:
        index = cupy.clip((sets.fields[i] * 256).astype(np.int32), 0, 255)
        yuv = table[index]
        n, height, width = index.shape
        chroma = yuv[..., 1:].reshape(n, height // 2, 2, width // 2, 2, 2).mean((2, 4))
        planes = [yuv[..., 0], chroma[..., 0], chroma[..., 1]]
        frame = cupy.concatenate([plane.reshape(n, -1) for plane in planes], 1)
        if sets.backgrounds[i] is not None:
            half = np.float32(ALPHA)  # keeps to float32
            frame = half * frame + (1 - half) * sets.backgrounds[i]
        sets.outputs[i][...] = cupy.rint(frame).astype(np.uint8)

    launch(0)
    _demand_picture(job, sets, cupy, ROUNDING)
    return _figures(job, batch, _gpu_timing.seconds_each(cupy, launch, len(sets)))


def time_torch(job: Job, cupy: Any, batch: int = STEPWISE_BATCH) -> dict[str, float] | str:
    """Time the same with torch, an index into the table; or say why not."""
    if importlib.util.find_spec("torch") is None:
        return "torch is not installed: pip install torch"
    import torch

    if not torch.cuda.is_available():
        return "torch sees no GPU"
    sets = make_sets(job, cupy, batch)
    table = torch.as_tensor(to_yuv(exact_colours()), device="cuda")
    fields = [torch.from_dlpack(each) for each in sets.fields]
    behind = [None if each is None else torch.from_dlpack(each) for each in sets.backgrounds]
    outputs = [torch.from_dlpack(each) for each in sets.outputs]

    def launch(i: int) -> None:
        index = (fields[i] * 256).to(torch.int64).clamp_(0, 255)
        yuv = table[index]
        n, height, width = index.shape
        chroma = yuv[..., 1:].reshape(n, height // 2, 2, width // 2, 2, 2).mean((2, 4))
        planes = [yuv[..., 0], chroma[..., 0], chroma[..., 1]]
        frame = torch.cat([plane.reshape(n, -1) for plane in planes], 1)
        under = behind[i]
        if under is not None:
            frame = ALPHA * frame + (1 - ALPHA) * under
        outputs[i].copy_(frame.round_().to(torch.uint8))

    # Both queue on the default stream, where the events are.
    launch(0)
    _demand_picture(job, sets, cupy, ROUNDING)
    return _figures(job, batch, _gpu_timing.seconds_each(cupy, launch, len(sets)))


def _figures(job: Job, batch: int, seconds: float) -> dict[str, float]:
    return {
        "seconds_a_launch": seconds,
        "frames_a_launch": batch,
        "fps": batch / seconds,
        "gb_s": batch * job.moved_bytes / seconds / 1e9,
    }


Rival = Callable[[Job, Any], dict[str, float] | str]
RIVALS: dict[str, Rival] = {"CuPy, step by step": time_stepwise, "torch, index": time_torch}
