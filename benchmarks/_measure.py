"""Time, processor time and peak memory of a function, each run in a fresh process.

A case names a *preparation*, ``"benchmarks.module:function"``, and its arguments. In the fresh
process the preparation returns what is to be measured, a callable without arguments; importing
and preparing stay out of the figures, except out of the peak of memory.

Cases run in turns, A B A B, so that a machine that slows down slows them all.
"""

from __future__ import annotations

import importlib
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks._machine import describe

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Case:
    """Something to measure.

    Attributes
    ----------
    name : str
        Its name in the results.
    preparation : str
        ``"module:function"``; returns the callable to measure.
    arguments : mapping
        Keyword arguments of the preparation, in values that JSON can hold.
    most_rounds : int or None
        Rounds after which it is left out; None for none.
    tree : Path
        Of the version that is run.
    """

    name: str
    preparation: str
    arguments: Mapping[str, object]
    most_rounds: int | None = None
    tree: Path = ROOT


@dataclass(frozen=True)
class Run:
    """One run of a case.

    Attributes
    ----------
    wall_seconds : float
        From the call to its return.
    own_cpu_seconds, children_cpu_seconds : float
        User and system time of all threads of the process, and of the children it waited for.
    peak_bytes : int
        The most memory that the process held at once, preparation included (VmHWM).
    children_peak_bytes : int
        The most memory that any one of its children held at once, or, if that is more, what the
        process itself held when it started the child: Linux counts it as the child's.
    """

    wall_seconds: float
    own_cpu_seconds: float
    children_cpu_seconds: float
    peak_bytes: int
    children_peak_bytes: int

    @property
    def cpu_seconds(self) -> float:
        """Of the process and its children."""
        return self.own_cpu_seconds + self.children_cpu_seconds


def run_in_turns(cases: Sequence[Case], rounds: int) -> dict[str, list[Run]]:
    """Run every case once a round; returns the runs of each, by its name."""
    runs: dict[str, list[Run]] = {case.name: [] for case in cases}
    for turn in range(rounds):
        for case in cases:
            if case.most_rounds is not None and turn >= case.most_rounds:
                continue
            run = run_case(case)
            runs[case.name].append(run)
            print(
                f"round {turn + 1}/{rounds}  {case.name:36} {run.wall_seconds:7.2f} s"
                f"  {run.cpu_seconds:7.2f} CPU-s  {run.peak_bytes / 2**20:7.0f} MiB",
                flush=True,
            )
    return runs


def run_case(case: Case) -> Run:
    """Measure a case once, in a fresh process."""
    command = [sys.executable, "-m", "benchmarks._measure", case.preparation]
    child = subprocess.run(
        [*command, json.dumps(dict(case.arguments))],
        cwd=case.tree,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Run(**json.loads(child.stdout.splitlines()[-1]))


def median(runs: Sequence[Run], quantity: str) -> float:
    """Median of one quantity over the runs."""
    return statistics.median(float(getattr(run, quantity)) for run in runs)


def spread(runs: Sequence[Run], quantity: str) -> float:
    """Half the distance from the least to the greatest of one quantity."""
    values = [float(getattr(run, quantity)) for run in runs]
    return (max(values) - min(values)) / 2


def save(
    name: str,
    settings: Mapping[str, object],
    runs: Mapping[str, Sequence[Run]],
    summary: Mapping[str, object],
    output: Path | None = None,
    **more: object,
) -> Path:
    """Write the results and the machine they are of as JSON; returns the file's path."""
    path = output or RESULTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "benchmark": name,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe(),
        "settings": settings,
        "summary": summary,
        **more,
        "runs": {case: [asdict(run) for run in each] for case, each in runs.items()},
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    print(f"written to {path}")
    return path


def _measure(preparation: str, arguments: dict[str, object]) -> Run:
    module, function = preparation.split(":")
    call = getattr(importlib.import_module(module), function)(**arguments)
    own, children = _cpu_seconds(resource.RUSAGE_SELF), _cpu_seconds(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    call()
    return Run(
        wall_seconds=time.perf_counter() - start,
        own_cpu_seconds=_cpu_seconds(resource.RUSAGE_SELF) - own,
        children_cpu_seconds=_cpu_seconds(resource.RUSAGE_CHILDREN) - children,
        peak_bytes=_peak_bytes(),
        children_peak_bytes=_maxrss_bytes(resource.RUSAGE_CHILDREN),
    )


def _cpu_seconds(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def _peak_bytes() -> int:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return _maxrss_bytes(resource.RUSAGE_SELF)
    # ru_maxrss would do, if a child did not inherit the peak of the process that forked it.
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def _maxrss_bytes(who: int) -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(who).ru_maxrss * unit


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(sys.argv[1], json.loads(sys.argv[2])))))
