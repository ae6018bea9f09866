"""Cost of heatvid against frames, pixels, render threads and the size of the field.

Held to: the peak of memory is at most the ring and 150 MB, whatever the length; a field of 64×64
over a video costs no more than one of the video's size.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import _charts, _lines, _measure, _scene_video, _scenes
from benchmarks._demands import Demand, at_most, report
from benchmarks._ring import ring_bytes
from benchmarks.tools import HEAT, OVERLAY, TOOLS, missing

ALLOWED_MB_ABOVE_RING = 150.0
ALLOWED_SMALL_FIELD = 1.0  # of what one of the video's size costs
SMALL = (64, 64)
AXES = ("frames", "pixels", "threads")


@dataclass(frozen=True)
class Point:
    """One case: where it lies on which axis, and what it renders."""

    axis: str
    x: int
    backend: str
    kind: str
    frames: int
    size: tuple[int, int]
    field: tuple[int, int]
    threads: int | None = None

    @property
    def name(self) -> str:
        """Of the case."""
        return f"{self.axis} {self.x} {self.kind} {self.backend}"

    @property
    def line(self) -> str:
        """The line that the point is of."""
        return f"{self.kind}, {self.backend}"

    def given(self, folder: Path) -> dict[str, object]:
        """Arguments of the preparation."""
        fields, video = _names(self.field), _names(self.size)
        given: dict[str, object] = {
            "source": str(folder / f"{fields}-{self.frames}.npy"),
            "warm_up": str(folder / f"{fields}-2.npy"),
            "output": str(folder / "out.mp4"),
            "frames": self.frames,
            "height": self.size[0],
            "width": self.size[1],
            "preset": "ultrafast",
            "crf": 20,
            "threads": self.threads,
            "backend": self.backend,
        }
        if self.kind == OVERLAY:
            given["video"] = str(folder / f"{video}-{self.frames}.mp4")
            given["warm_up_video"] = str(folder / f"{video}-2.mp4")
        return given


def _names(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def main(arguments: Sequence[str]) -> int:
    """Measure, print, save and draw; the exit code is 1 when a demand is missed."""
    options = _parse(arguments)
    points = list(_points(options))
    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as name:
        folder = Path(name)
        print("making the pictures", flush=True)
        _make_files(points, folder)
        preparation = "benchmarks.tools.heatvid:prepare"
        cases = [_measure.Case(p.name, preparation, p.given(folder)) for p in points]
        runs = _measure.run_in_turns(cases, options.rounds)
        rings = {p.name: ring_bytes(p.given(folder), p.size) for p in points}
    summary = _summarize(points, runs, rings)
    demands = _demands(points, runs, rings)
    _print(summary)
    code = report(demands)
    settings = {name: value for name, value in vars(options).items() if name != "output"}
    path = _measure.save(
        "scaling", settings, runs, summary, options.output,
        demands=[demand.as_json() for demand in demands],
    )  # fmt: skip
    _charts.draw(path)
    return code


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks scaling", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--frames", type=int, nargs="+", default=[60, 120, 240, 480])
    parser.add_argument("--heights", type=int, nargs="+", default=[270, 540, 810, 1080])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--height", type=int, default=540, help="where frames or threads vary")
    parser.add_argument("--video-height", type=int, default=1080, help="under a field of 64×64")
    parser.add_argument("--length", type=int, default=60, help="where frames do not vary")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kind", nargs="+", choices=(HEAT, OVERLAY), default=[HEAT, OVERLAY])
    parser.add_argument("--backend", nargs="+", default=["numba", "numpy"])
    parser.add_argument("-o", "--output", type=Path, help="default benchmarks/results/scaling.json")
    options = parser.parse_args(arguments)
    lacking = {str(t.options["backend"]): missing(t) for t in TOOLS if t.is_heatvid}
    for name in options.backend:
        if lacking.get(name):
            print(f"without {name}: {lacking[name]}")
    options.backend = [name for name in options.backend if not lacking.get(name)]
    return options


def _points(options: argparse.Namespace) -> Iterable[Point]:
    size, length = _wide(options.height), options.length
    for kind, backend in itertools.product(options.kind, options.backend):
        for n in options.frames:
            yield Point("frames", n, backend, kind, n, size, size)
        for height in options.heights:
            own = _wide(height)
            yield Point("pixels", own[0] * own[1], backend, kind, length, own, own)
        for n in options.threads:
            yield Point("threads", n, backend, kind, length, size, size, n)
    for backend in options.backend:
        video = _wide(options.video_height)
        for field in (video, SMALL):
            yield Point("field", field[0] * field[1], backend, OVERLAY, length, video, field)


def _wide(height: int) -> tuple[int, int]:
    """A size of 16:9, even both ways."""
    return height // 2 * 2, height * 16 // 18 * 2


def _make_files(points: Sequence[Point], folder: Path) -> None:
    for frames, size in {(n, p.field) for p in points for n in (p.frames, 2)}:
        _scenes.write_fields(folder / f"{_names(size)}-{frames}.npy", frames, *size)
    overlays = [p for p in points if p.kind == OVERLAY]
    for frames, size in {(n, p.size) for p in overlays for n in (p.frames, 2)}:
        _scene_video.write_video(folder / f"{_names(size)}-{frames}.mp4", frames, *size)


def _summarize(
    points: Sequence[Point],
    runs: Mapping[str, Sequence[_measure.Run]],
    rings: Mapping[str, int],
) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for axis in (*AXES, "field"):
        lines: dict[str, Any] = {}
        for point in (p for p in points if p.axis == axis):
            line = lines.setdefault(point.line, {})
            own = runs[point.name]
            row = {
                "x": point.x,
                "frames": point.frames,
                "cpu_seconds": _measure.median(own, "cpu_seconds"),
                "wall_seconds": _measure.median(own, "wall_seconds"),
                "peak_mb": _measure.median(own, "peak_bytes") / 1e6,
                "ring_mb": rings[point.name] / 1e6,
            }
            for quantity, value in row.items():
                line.setdefault(quantity, []).append(value)
        if axis in ("frames", "pixels"):
            for line in lines.values():
                line["cpu_line"] = _lines.fit(line["x"], line["cpu_seconds"])
                line["wall_line"] = _lines.fit(line["x"], line["wall_seconds"])
        summary[axis] = lines
    return summary


def _demands(
    points: Sequence[Point],
    runs: Mapping[str, Sequence[_measure.Run]],
    rings: Mapping[str, int],
) -> list[Demand]:
    found = []
    for line in dict.fromkeys(p.line for p in points):
        above = max(
            (_measure.median(runs[p.name], "peak_bytes") - rings[p.name]) / 1e6
            for p in points
            if p.line == line and p.axis == "frames"
        )
        what = f"{line}: peak of memory above the ring at any length, MB"
        found.append(at_most(what, above, ALLOWED_MB_ABOVE_RING))
    for backend in dict.fromkeys(p.backend for p in points):
        full, small = (runs[p.name] for p in points if (p.axis, p.backend) == ("field", backend))
        for quantity, word in (("cpu_seconds", "CPU time"), ("wall_seconds", "time")):
            ratio = statistics.median(
                getattr(b, quantity) / getattr(a, quantity)
                for a, b in zip(full, small, strict=True)
            )
            what = f"{backend}: {word} of a field of 64×64 over that of one of the video's size"
            found.append(at_most(what, ratio, ALLOWED_SMALL_FIELD))
    return found


def _print(summary: Mapping[str, Any]) -> None:
    for axis, lines in summary.items():
        print(f"\nagainst {axis}")
        for name, line in lines.items():
            rows = zip(line["x"], line["frames"], line["cpu_seconds"], line["wall_seconds"],
                       line["peak_mb"], strict=True)  # fmt: skip
            for x, frames, cpu, wall, peak in rows:
                print(f"  {name:18} {x:8}  {1000 * cpu / frames:7.2f} CPU-ms a frame"
                      f"  {frames / wall:7.1f} fps  {peak:6.0f} MB")  # fmt: skip
            if straight := line.get("cpu_line"):
                print(f"  {name:18} a straight line explains {100 * straight['r_squared']:.2f} %")
