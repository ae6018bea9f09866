"""What a short job takes from the start of the process: import, help, and a clip of 30 frames.

Held to: ``import heatvid`` 0.15 s, ``heatvid --help`` 0.3 s, and 1.5 s for 30 frames of 256×256
with whatever is compiled in its cache on disk already; the last two with Python's own start.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import _measure, _scenes
from benchmarks._demands import at_most, report

ALLOWED_SECONDS = {"import heatvid": 0.15, "heatvid --help": 0.3, "a clip": 1.5}
CLIP = (30, 256, 256)
_IMPORT = "import time; t = time.perf_counter(); import heatvid; print(time.perf_counter() - t)"


def main(arguments: Sequence[str]) -> int:
    """Measure, print and save; the exit code is 1 when a demand is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks startup", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("-o", "--output", type=Path, help="default benchmarks/results/NAME.json")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as name:
        seconds = _measure_all(Path(name), options.rounds, options.backend)
    medians = {what: statistics.median(each) for what, each in seconds.items()}
    demands = [
        at_most(f"{what}, s", medians[what], bound) for what, bound in ALLOWED_SECONDS.items()
    ]
    code = report(demands)
    settings = {"rounds": options.rounds, "backend": options.backend, "clip": CLIP}
    _measure.save(
        "startup", settings, {}, {"median_seconds": medians, "seconds": seconds}, options.output,
        demands=[demand.as_json() for demand in demands],
    )  # fmt: skip
    return code


def _measure_all(folder: Path, rounds: int, backend: str) -> dict[str, list[float]]:
    """All three in turns; the first turn fills caches, and is not counted."""
    source = folder / "clip.npy"
    _scenes.write_fields(source, *CLIP)
    clip = ["render", str(source), "-o", str(folder / "clip.mp4"), "--overwrite", "--quiet"]
    commands = {"heatvid --help": ["--help"], "a clip": [*clip, "--backend", backend]}
    seconds: dict[str, list[float]] = {what: [] for what in ALLOWED_SECONDS}
    for turn in range(rounds + 1):
        took = {"import heatvid": float(_run(["-c", _IMPORT])[0])}
        took |= {what: _run(["-m", "heatvid", *each])[1] for what, each in commands.items()}
        for what, each in took.items():
            if turn:
                seconds[what].append(each)
    return seconds


def _run(arguments: Sequence[str]) -> tuple[str, float]:
    """What a fresh Python printed, and how long it took in all."""
    since = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=_measure.ROOT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return done.stdout, time.perf_counter() - since
