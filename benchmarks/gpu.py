"""The CUDA backend against what its device can do: checked first, then timed by events.

Kernels alone against a copy within the device; host memory to planes against pinned copies; end
to end against the encoder alone; each beside NumPy, Numba, and CuPy or torch step by step.
Held to: 80 % of the copies' bandwidth for heat and overlay, no error of memcheck, equal videos.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import (
    _charts,
    _gpu_check,
    _gpu_hosted,
    _gpu_kernels,
    _gpu_timing,
    _gpu_videos,
    _job_cases,
    _measure,
)
from benchmarks._demands import Demand, at_least, at_most, report
from benchmarks._jobs import JOBS, Job

DEMANDED_PERCENT = 80.0
HELD = ("heat float32", "overlay float32")  # jobs that the bounds are for
LARGER_BATCH = 8
VIDEO_FRAMES = 24


def main(arguments: Sequence[str]) -> int:
    """Check, measure, print, save and draw; 1 when something is missed, 2 without a GPU."""
    options = _parse(arguments)
    backends, missing = _job_cases.backends_here()
    if "cuda" in missing:
        print(f"python -m benchmarks gpu needs a GPU: {missing['cuda']}", file=sys.stderr)
        return 2
    from heatvid.backends._cuda.device import import_cupy
    from heatvid.backends._cuda.kernels import FusedKernels

    cupy = import_cupy()
    if wrong := _gpu_check.check("cuda"):
        print("the bytes are not the reference's; nothing was timed", *wrong, sep="\n  ")
        return 1
    print(f"{sum(1 for _ in _gpu_check.each())} plans: equal to the reference", flush=True)
    summary = measure_device(cupy, FusedKernels, "cuda", _jobs(options))
    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as name:
        folder = Path(name)
        size = _jobs(options)[0].size
        summary["differing_frames"] = _gpu_videos.differing_frames(
            ("numpy", "cuda"), folder, size, VIDEO_FRAMES
        )
        jobs = [job for job in _jobs(options) if job.name in HELD]
        cases = _job_cases.make_cases(jobs, backends, options.frames, "ultrafast", folder)
        runs = _measure.run_in_turns(cases, options.rounds)
    summary["videos"] = _job_cases.summarize(jobs, backends, options.frames, runs)
    # Saved first: memcheck may take longer than there is time for.
    summary["memcheck"] = {"ran": False, "why": "not yet"}
    _finish(summary, runs, options)
    summary["memcheck"] = _gpu_videos.sanitize()
    return _finish(summary, runs, options)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks gpu", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--frames", type=int, default=120, help="end to end")
    parser.add_argument("--rounds", type=int, default=2, help="end to end")
    parser.add_argument("--height", type=int, default=1080)
    parser.add_argument(
        "-o", "--output", type=Path, help="default $OUT/gpu.json, else benchmarks/results/gpu.json"
    )
    options = parser.parse_args(arguments)
    if options.output is None and os.environ.get("OUT"):
        options.output = Path(os.environ["OUT"]) / "gpu.json"
    return options


def _jobs(options: argparse.Namespace) -> list[Job]:
    """The jobs of one size."""
    usual = [job for job in JOBS if job.height == 1080]
    return [dataclasses.replace(job, height=options.height) for job in usual]


def measure_device(
    cupy: Any, kernels_class: Any, backend: str, jobs: Sequence[Job], scale: float = 1.0
) -> dict[str, Any]:
    """Measure all that needs no file.

    Parameters
    ----------
    cupy : module
    kernels_class : type
        :class:`heatvid.backends._cuda.kernels.FusedKernels`.
    backend : str
        Whose slots are rendered from host memory.
    scale : float
        Of the memory that is taken, for a trial.
    """
    from heatvid.backends import choose

    bandwidths = _gpu_timing.measure_bandwidths(cupy, scale)
    print({name: f"{value / 1e9:.1f} GB/s" for name, value in vars(bandwidths).items()})
    kernels: dict[str, Any] = {}
    hosted: dict[str, Any] = {}
    batch = max(2, int(_gpu_kernels.BATCH * scale))
    for job in jobs:
        own = _gpu_kernels.time_fused(job, cupy, kernels_class, batch)
        own["of_copy_percent"] = 100 * own["gb_s"] * 1e9 / bandwidths.on_device
        kernels[job.name] = {"heatvid": own}
        if job.name in HELD:
            for name, rival in _gpu_kernels.RIVALS.items():
                kernels[job.name][name] = rival(job, cupy)
        _free(cupy)
        for n in (None, LARGER_BATCH):
            took = _gpu_hosted.time_hosted(job, choose(backend).backend, bandwidths, n, scale)
            hosted.setdefault(job.name, []).append(took)
        _free(cupy)
    return {"bandwidths": dataclasses.asdict(bandwidths), "kernels": kernels, "hosted": hosted}


def _free(cupy: Any) -> None:
    cupy.get_default_memory_pool().free_all_blocks()
    cupy.get_default_pinned_memory_pool().free_all_blocks()


def _finish(
    summary: dict[str, Any], runs: Mapping[str, Sequence[_measure.Run]], options: argparse.Namespace
) -> int:
    _print(summary)
    demands = demanded(summary)
    code = report(demands)
    settings = {name: value for name, value in vars(options).items() if name != "output"}
    path = _measure.save(
        "gpu", settings, runs, summary, options.output,
        demands=[demand.as_json() for demand in demands],
    )  # fmt: skip
    _charts.draw(path)
    return code


def demanded(summary: Mapping[str, Any]) -> list[Demand]:
    """Hold the figures to what is demanded."""
    found = []
    for name in HELD:
        own = summary["kernels"].get(name, {}).get("heatvid", {}).get("of_copy_percent")
        found.append(at_least(f"{name}: kernel, % of a copy's GB/s", own, DEMANDED_PERCENT))
        tried = summary["hosted"].get(name) or [{}]
        way = tried[0].get("of_copies_percent")
        what = f"{name}: host to planes, % of the speed of pinned copies"
        found.append(at_least(what, way, DEMANDED_PERCENT))
    memcheck = summary["memcheck"]
    found.append(at_most("errors that memcheck finds", memcheck.get("errors"), 0))
    differing = float(len(summary["differing_frames"]))
    found.append(at_most("frames that differ from the CPU's video", differing, 0))
    return found


def _print(summary: Mapping[str, Any]) -> None:
    print("\nkernels alone")
    for job, rivals in summary["kernels"].items():
        for name, own in rivals.items():
            figures = (
                own if isinstance(own, str) else f"{own['gb_s']:8.1f} GB/s {own['fps']:9.0f} fps"
            )
            print(f"  {job:24} {name:20} {figures}")
    print("\nhost memory to planes in host memory")
    for job, tried in summary["hosted"].items():
        for own in tried:
            print(f"  {job:24} {own['frames_a_slot']:4} frames a slot {own['fps']:9.0f} fps"
                  f" {own['of_copies_percent']:6.1f} % of the copies' speed")  # fmt: skip
    print("\nmemcheck:", summary["memcheck"])
    _job_cases.show(summary["videos"])
