"""What a composed frame costs: above its plain panels, beside other tools, and of one panel alone.

Three panels of a field over a video with colourbar, title and clock. Held to: 1.0 CPU-ms a frame
with numba, and 2.5 with NumPy, above what the same planes take as plain videos; 25 times as fast as
matplotlib's FuncAnimation, 8 times as parallel-matplotlib-animation, 3 times as OpenCV with
hconcat and putText. The plain videos are those of heat and overlay, without an encoder, as
is the figure then: that the third panel is shown comes on top. With ``--before TREE`` a plain video
is rendered by another version too, in turns.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import _measure
from benchmarks._composition_scene import SIZE, WARM_UP, Clip
from benchmarks._demands import Demand, at_least, at_most, report

ABOVE = {"numba": 1.0, "numpy": 2.5}
TIMES = {"FuncAnimation": 25.0, "parallel": 8.0, "OpenCV": 3.0}
NEEDS = {"FuncAnimation": "matplotlib", "parallel": "parallel_animate", "OpenCV": "cv2"}
SAME = 1.02  # of the time before, that one panel alone may take

Runs = Mapping[str, Sequence[_measure.Run]]


def main(arguments: Sequence[str]) -> int:
    """Measure, print and save; the exit code is 1 when a demand is missed."""
    options = _parse(arguments)
    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as name:
        print("making the pictures", flush=True)
        lengths = {options.frames, options.slow_frames, WARM_UP}
        clips = {n: Clip(Path(name), n, tuple(options.size)) for n in lengths}
        for clip in clips.values():
            clip.make()
        runs = _measure.run_in_turns(_cases(options, name), options.rounds)
    summary = {case: _figures(each, _frames(case, options)) for case, each in runs.items()}
    summary["above, CPU-ms a frame"] = _above(runs, options.frames)
    _print(summary)
    demands = _demands(summary, runs, options)
    code = report(demands)
    left_out = ("output", "before")  # paths, which say nothing elsewhere
    settings = {name: str(own) for name, own in vars(options).items() if name not in left_out}
    _measure.save(
        "composition", settings | {"load": round(os.getloadavg()[0], 1)}, runs, summary,
        options.output, demands=[demand.as_json() for demand in demands],
    )  # fmt: skip
    return code


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks composition", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--slow-frames", type=int, default=24, help="of matplotlib")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, nargs=2, default=list(SIZE), metavar=("H", "W"),
                        help="of a panel")  # fmt: skip
    parser.add_argument("--preset", default="ultrafast")
    parser.add_argument("--before", type=Path, help="the tree of another version")
    parser.add_argument("--only", nargs="+", metavar="CASE", help="that begin so")
    parser.add_argument("-o", "--output", type=Path, help="default benchmarks/results/NAME.json")
    return parser.parse_args(arguments)


def _frames(case: str, options: argparse.Namespace) -> int:
    slow = case in ("FuncAnimation", "parallel")
    return int(options.slow_frames if slow else options.frames)


def _cases(options: argparse.Namespace, folder: str) -> list[_measure.Case]:
    """All of them, those that are compared beside each other."""
    shared = {"folder": folder, "size": options.size, "preset": options.preset}
    cases = []
    for name, tool, own in _compared():
        needed = NEEDS.get(name)
        if needed is not None and importlib.util.find_spec(needed) is None:
            print(f"without {name}: {needed} is not installed")
            continue
        given = shared | own | {"frames": _frames(name, options)}
        cases.append(_measure.Case(name, f"benchmarks.tools.composed_{tool}:prepare", given))
    if options.before is not None:
        cases += _cases_of_one(options, folder)
    return [each for each in cases if not options.only or each.name.startswith(tuple(options.only))]


def _compared() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give each case, its tool, and what it is told beyond the others."""
    for backend in ABOVE:
        for kind in ("figure", "heat", "overlay"):
            own = {"backend": backend, "kind": kind, "discard": True}
            yield f"{backend} {kind}, discarded", "heatvid", own
        yield backend, "heatvid", {"backend": backend}
    yield "OpenCV", "opencv", {}
    yield "FuncAnimation", "matplotlib", {}
    yield "parallel", "matplotlib", {"parallel": True}


def _cases_of_one(options: argparse.Namespace, folder: str) -> list[_measure.Case]:
    """A plain video by this version and by the one before."""
    cases = []
    for backend in ABOVE:
        clip, short = (Clip(Path(folder), n, options.size) for n in (options.frames, WARM_UP))
        given = {"source": clip.source, "warm_up": short.source, "output": f"{folder}/one.mp4",
                 "backend": backend, "options": clip.options("heat"), "discard": True}  # fmt: skip
        preparation = "benchmarks.tools.backend:prepare"
        for name, tree in (
            (f"{backend} one", _measure.ROOT),
            (f"{backend} one, before", options.before),
        ):
            cases.append(_measure.Case(name, preparation, given, tree=tree))
    return cases


def _figures(runs: Sequence[_measure.Run], frames: int) -> dict[str, float]:
    return {
        "fps": frames / _measure.median(runs, "wall_seconds"),
        "cpu_ms": 1000 * _measure.median(runs, "cpu_seconds") / frames,
        "peak_mib": _measure.median(runs, "peak_bytes") / 2**20,
    }


def _above(runs: Runs, frames: int) -> dict[str, float]:
    """CPU time of the figure above its panels, of neighbours in time, by backend."""
    above = {}
    for backend in ABOVE:
        each = [runs.get(f"{backend} {kind}, discarded", ()) for kind in
                ("figure", "heat", "overlay")]  # fmt: skip
        differences = [
            whole.cpu_seconds - heat.cpu_seconds - over.cpu_seconds
            for whole, heat, over in zip(*each, strict=True)
        ]
        if differences:
            above[backend] = 1000 * statistics.median(differences) / frames
    return above


def _print(summary: Mapping[str, Mapping[str, float]]) -> None:
    for case, figures in summary.items():
        shown = "  ".join(f"{name} {value:8.2f}" for name, value in figures.items())
        print(f"  {case:26} {shown}")


def _demands(
    summary: Mapping[str, Mapping[str, float]], runs: Runs, options: argparse.Namespace
) -> list[Demand]:
    above = summary["above, CPU-ms a frame"]
    demands = [
        at_most(f"{backend}, CPU-ms a frame above plain panels", above.get(backend), bound)
        for backend, bound in ABOVE.items()
    ]
    for tool, bound in TIMES.items():
        own, other = (summary.get(name, {}).get("fps") for name in ("numba", tool))
        times = own / other if own and other else None
        demands.append(at_least(f"times as fast as {tool}", times, bound))
    for backend in ABOVE if options.before is not None else ():
        each = (runs.get(f"{backend} one{which}", ()) for which in ("", ", before"))
        shares = [now.cpu_seconds / then.cpu_seconds for now, then in zip(*each, strict=True)]
        share = statistics.median(shares) if shares else None
        demands.append(at_most(f"{backend}, one panel, of the CPU time before", share, SAME))
    return demands
