"""Jobs as cases to measure: with each backend, with and without the encoder."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import _measure, _scenes
from benchmarks._jobs import Job

RENDER, WHOLE = "render only", "end to end"
ENCODER = "encoder alone"
BACKENDS = ("numpy", "numba", "cuda")


def backends_here() -> tuple[list[str], dict[str, str]]:
    """The backends that work here, and what the others lack."""
    from heatvid._options.output import BACKENDS as OFFERED
    from heatvid.backends import why_not

    lacking = {
        name: why_not(name) if name in OFFERED else "this heatvid does not have it"
        for name in BACKENDS
    }
    missing = {name: reason for name, reason in lacking.items() if reason is not None}
    return [name for name in BACKENDS if name not in missing], missing


def make_cases(
    jobs: Sequence[Job], backends: Sequence[str], frames: int, preset: str, folder: Path
) -> list[_measure.Case]:
    """Write the files of the jobs and describe their runs; of the encoder alone, at one size."""
    print("making the pictures", flush=True)
    cases = []
    for i, job in enumerate(jobs):
        options = {**_options(job, folder / f"{i}.png"), "preset": preset}
        for count in (frames, 2):
            job.write(folder / f"{i}-{count}.npy", count)
        for backend, mode in itertools.product(backends, (RENDER, WHOLE)):
            given = {
                "source": str(folder / f"{i}-{frames}.npy"),
                "warm_up": str(folder / f"{i}-2.npy"),
                "output": str(folder / "out.mp4"),
                "backend": backend,
                "options": options,
                "discard": mode == RENDER,
            }
            name = f"{job.name}, {mode}, {backend}"
            cases.append(_measure.Case(name, "benchmarks.tools.backend:prepare", given))
    planes = folder / "planes.npy"
    _scenes.write_planes(planes, *jobs[0].size)
    given = {"source": "", "warm_up": "", "output": str(folder / "out.mp4"), "frames": frames,
             "height": jobs[0].size[0], "width": jobs[0].size[1], "preset": preset,
             "crf": 18, "planes": str(planes)}  # fmt: skip
    return [*cases, _measure.Case(ENCODER, "benchmarks.tools.floor:prepare", given)]


def _options(job: Job, picture: Path) -> dict[str, Any]:
    import imageio.v3 as iio

    low, high = job.limits()
    options: dict[str, Any] = {"vmin": low, "vmax": high, **job.options}
    if job.channels == 1:
        options["cmap"] = _scenes.CMAP
    # A picture gives the size, which would be that of a small field otherwise.
    if job.over or job.field is not None:
        iio.imwrite(picture, _scenes.picture(*job.size))
        options |= {"background": str(picture), "alpha": 0.5 if job.over else 1.0}
    return options


def summarize(
    jobs: Sequence[Job], backends: Sequence[str], frames: int,
    runs: Mapping[str, Sequence[_measure.Run]],
) -> dict[str, Any]:  # fmt: skip
    """Figures by job, mode and backend."""
    summary: dict[str, Any] = {}
    for job, mode, backend in itertools.product(jobs, (RENDER, WHOLE), backends):
        own = runs[f"{job.name}, {mode}, {backend}"]
        figures = summary.setdefault(job.name, {}).setdefault(mode, {})
        figures[backend] = _figures(own, frames)
    summary[ENCODER] = {WHOLE: {"ffmpeg": _figures(runs[ENCODER], frames)}}
    return summary


def _figures(runs: Sequence[_measure.Run], frames: int) -> dict[str, float]:
    return {
        "fps": frames / _measure.median(runs, "wall_seconds"),
        "cpu_ms": 1000 * _measure.median(runs, "cpu_seconds") / frames,
        "peak_mib": _measure.median(runs, "peak_bytes") / 2**20,
    }


def show(summary: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]]) -> None:
    """Print the figures."""
    for job, modes in summary.items():
        print(f"\n{job}")
        for mode, backends in modes.items():
            for backend, figures in backends.items():
                print(
                    f"  {mode:12} {backend:6} {figures['fps']:9.1f} fps"
                    f" {figures['cpu_ms']:8.2f} CPU-ms a frame {figures['peak_mib']:7.0f} MiB"
                )
