"""What many short jobs take: a batch on two processes, a loop in one, and a loop of commands.

Held to: a batch on two processes 0.62 of the wall time of as many renders in one warm process; a
loop of commands 6 times as long as the batch; two workers 1.8 times as many jobs a minute as one
that has one core, at preset ultrafast with one thread each; descriptors, children and memory flat
on the way. One worker that may use all cores stands beside it: there its encoder runs on another.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import _long_video, _measure, _scenes
from benchmarks._demands import at_least, at_most, report

CLIP = (30, 128, 128)
ONE_THREAD = {"preset": "ultrafast", "threads": 1, "encoder_threads": 1}
_ONE, _ON_ONE_CORE, _TWO = (
    "batch of 1, one thread", "batch of 1, one core", "batch of 2, one thread",
)  # fmt: skip
_GROWTH = 1.15  # of memory from a quarter of the jobs to all of them, at most

# Each in a process of its own, which begins with what the other has loaded, too.
_BEGIN = """
import glob, json, os, resource, sys, time
import heatvid._batch.batch, heatvid._jobs.render, heatvid
folder, options = sys.argv[1], json.loads(sys.argv[2])
dumps = sorted(glob.glob(folder + "/*.npy"))

def cpu(*whose):
    each = map(resource.getrusage, whose or (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in each)
"""
_LOOP = (
    _BEGIN
    + """
heatvid.render(dumps[0], folder + "/warm.mp4", progress=False, **options)
before, since = cpu(), time.perf_counter()
for dump in dumps:
    name = os.path.basename(dump).replace(".npy", ".mp4")
    heatvid.render(dump, folder + "/out/" + name, progress=False, **options)
print(json.dumps({"seconds": time.perf_counter() - since, "cpu": cpu() - before}))
"""
)
_BATCH = (
    _BEGIN
    + """
def tree(pid):
    found = [pid]
    for listed in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(listed) as file:
                children = file.read().split()
        except OSError:
            continue  # a thread that has ended since
        found += [each for child in children for each in tree(child)]
    return found

def look():
    alive = []
    for pid in tree(str(os.getpid())):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if b"ffmpeg" in file.read().split(b"\\0")[0]:
                    continue
            with open(f"/proc/{pid}/statm") as file:
                alive.append((len(os.listdir(f"/proc/{pid}/fd")), int(file.read().split()[1])))
        except OSError:
            pass
    return {"processes": len(alive), "descriptors": sum(own for own, _ in alive),
            "bytes": sum(pages for _, pages in alive) * os.sysconf("SC_PAGE_SIZE")}

def settled():
    looks = [look() for _ in range(3)]  # a process that is about to become ffmpeg is none of ours
    return {name: min(each[name] for each in looks) for name in looks[0]}

workers = options.pop("workers")
if options.pop("one_core", False):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
seen, before, own, since = [], cpu(), cpu(resource.RUSAGE_SELF), time.perf_counter()
states = []
for result in heatvid.batch(dumps, folder=folder + "/out", workers=workers, **options):
    states.append(result.state)
    if len(states) in (len(dumps) // 4, len(dumps) - 2 * workers):
        seen.append(settled())
print(json.dumps({"seconds": time.perf_counter() - since, "cpu": cpu() - before, "seen": seen,
                  "own": cpu(resource.RUSAGE_SELF) - own, "done": states.count("done")}))
"""
)


def main(arguments: Sequence[str]) -> int:
    """Measure, print and save; the exit code is 1 when a demand is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks batch", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--dumps", type=int, default=500)
    parser.add_argument("--commands", type=int, default=20, help="of the loop, which is projected")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, help="default benchmarks/results/NAME.json")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as name:
        for i in range(options.dumps):
            _scenes.write_fields(Path(name, f"{i:05d}.npy"), *CLIP)
        figures = _measured(Path(name), options.commands, options.rounds)
    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as name:
        long = _long_video.measured(Path(name))
    print(_table(figures, options.dumps))
    demands = _demands(figures, options.dumps)
    print(projected(figures, options.dumps))
    print(_long_video.projected(long, _long_video.CLIP[0]))
    code = report(demands)
    settings = {"dumps": options.dumps, "commands": options.commands, "clip": CLIP,
                "rounds": options.rounds}  # fmt: skip
    _measure.save(
        "batch", settings, {}, {**figures, "long video": long}, options.output,
        demands=[demand.as_json() for demand in demands],
    )  # fmt: skip
    return code


def _measured(folder: Path, commands: int, rounds: int) -> dict[str, dict[str, Any]]:
    """All in turns, each into an empty folder; of each the run whose time is the middle one."""
    cases: dict[str, tuple[str, dict[str, Any]]] = {
        "loop": (_LOOP, {}),
        "batch of 2": (_BATCH, {"workers": 2}),
        _ONE: (_BATCH, {"workers": 1, **ONE_THREAD}),
        _TWO: (_BATCH, {"workers": 2, **ONE_THREAD}),
    }
    if hasattr(os, "sched_setaffinity"):
        cases[_ON_ONE_CORE] = (_BATCH, {"workers": 1, "one_core": True, **ONE_THREAD})
    runs = [
        {name: _run(folder, program, options) for name, (program, options) in cases.items()}
        for _ in range(rounds)
    ]
    figures = {
        name: sorted((run[name] for run in runs), key=lambda each: each["seconds"])[rounds // 2]
        for name in cases
    }
    return {**figures, "commands": _commands(folder, commands)}


def _run(folder: Path, program: str, options: dict[str, Any]) -> dict[str, Any]:
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "warm.mp4").unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), json.dumps(options)],
        cwd=_measure.ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _commands(folder: Path, count: int) -> dict[str, Any]:
    """Commands one after the other; their time for all dumps is projected from ``count``."""
    dumps = sorted(folder.glob("*.npy"))
    since = time.perf_counter()
    for dump in dumps[:count]:
        _render(dump, folder)
    seconds = (time.perf_counter() - since) / min(count, len(dumps)) * len(dumps)
    return {"seconds": seconds}


def _render(dump: Path, folder: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "heatvid", "render", str(dump), "-o", str(folder / "command.mp4"),
         "--overwrite", "--quiet"],
        cwd=_measure.ROOT, stdin=subprocess.DEVNULL, check=True,
    )  # fmt: skip


def _table(figures: dict[str, dict[str, Any]], dumps: int) -> str:
    rows = [f"{'':26}{'seconds':>9}{'CPU-ms a job':>14}{'jobs a minute':>15}"]
    for name, each in figures.items():
        cpu = f"{each['cpu'] / dumps * 1000:.0f}" if "cpu" in each else ""
        rows.append(f"{name:26}{each['seconds']:9.1f}{cpu:>14}{60 * dumps / each['seconds']:15.0f}")
    return "\n".join(rows)


def projected(figures: dict[str, dict[str, Any]], dumps: int, workers: int = 64) -> str:
    """What many workers would do, were the one that hands out jobs the only thing they share."""
    one = _one(figures)
    serial, whole = one["own"] / dumps, one["seconds"] / dumps
    a_minute = 60 / max(serial, whole / workers)
    return (
        f"{workers} workers of a core each: {a_minute:.0f} jobs a minute, by {whole * 1000:.0f} ms "
        f"a job, of which planning, handing out and noting results take {serial * 1000:.1f} ms in "
        "one process for all"
    )


def _one(figures: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """One worker on one core; where none can be kept to one, with one thread."""
    return figures.get(_ON_ONE_CORE, figures[_ONE])


def _demands(figures: dict[str, dict[str, Any]], dumps: int) -> list[Any]:
    seconds = {name: each["seconds"] for name, each in figures.items()}
    both = seconds["batch of 2"]
    early, late = figures["batch of 2"]["seen"]
    ratio = _one(figures)["seconds"] / seconds[_TWO]
    return [
        at_most("a batch on two processes, of a loop in one", both / seconds["loop"], 0.62),
        at_least("a loop of commands, of the batch", seconds["commands"] / both, 6),
        at_least("jobs a minute of two workers, of one on one core", ratio, 1.8),
        at_least("jobs done, of all", figures["batch of 2"]["done"] / dumps, 1),
        at_most("memory late, of early", late["bytes"] / early["bytes"], _GROWTH),
        at_most("descriptors late, more than early",
                late["descriptors"] - early["descriptors"], 8),
        at_most("processes late, more than early", late["processes"] - early["processes"], 0),
    ]  # fmt: skip
