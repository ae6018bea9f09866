"""The same jobs with every backend that works here: rendering alone, and with the encoder."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import _charts, _job_cases, _measure
from benchmarks._jobs import JOBS


def main(arguments: Sequence[str]) -> int:
    """Measure, print, save and draw."""
    options = _parse(arguments)
    backends, missing = _job_cases.backends_here()
    for name, lacking in missing.items():
        print(f"without {name}: {lacking}")
    if "cuda" in missing:
        print("no GPU is used here: these are the backends of the CPU")
    jobs = [job for job in JOBS if options.job is None or job.name in options.job]
    if options.height is not None:
        jobs = [replace(job, height=options.height) for job in jobs]
    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as name:
        cases = _job_cases.make_cases(jobs, backends, options.frames, options.preset, Path(name))
        runs = _measure.run_in_turns(cases, options.rounds)
    summary = _job_cases.summarize(jobs, backends, options.frames, runs)
    _job_cases.show(summary)
    settings = {name: value for name, value in vars(options).items() if name != "output"}
    path = _measure.save(
        "cpu-vs-gpu", settings, runs, summary, options.output, missing_backends=missing
    )
    _charts.draw(path)
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks cpu-vs-gpu", description=(__doc__ or "").splitlines()[0]
    )
    names = [job.name for job in JOBS]
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--height", type=int, help="lines of every video, for a quick look")
    parser.add_argument("--job", action="append", choices=names, help="default all")
    parser.add_argument("--preset", default="ultrafast")
    parser.add_argument("-o", "--output", type=Path, help="default benchmarks/results/NAME.json")
    return parser.parse_args(arguments)
