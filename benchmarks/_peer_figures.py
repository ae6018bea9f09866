"""The figures of the comparison with other tools, derived from its runs, and what they must be."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks._demands import Demand, at_least, at_most
from benchmarks._measure import Run, median, spread
from benchmarks.tools import FLOOR, FLOORS, HEAT, OVERLAY, SAME_PICTURES

MIB = 2**20
# Of the CPU time above the floor, as a part of OpenCV's; at ultrafast.
ALLOWED_OF_OPENCV = {
    ("heatvid numba", HEAT): 0.35,
    ("heatvid numba", OVERLAY): 0.6,
    ("heatvid numpy", HEAT): 1.0,
    ("heatvid numpy", OVERLAY): 1.0,
}
# Of the floor's frames a second, in percent, by preset and kind.
DEMANDED_SPEED = {
    ("ultrafast", HEAT): 85.0,
    ("ultrafast", OVERLAY): 72.0,
    ("medium", HEAT): 97.0,
    ("medium", OVERLAY): 97.0,
}
FASTEST = "heatvid numba"
ALLOWED_ERROR = 0.5  # levels on average, above what the encoder itself does to the picture

Figures = dict[str, Any]


def derive(
    runs: Mapping[str, Sequence[Run]], frames: Mapping[str, int], file_bytes: Mapping[str, int]
) -> dict[str, Figures]:
    """Derive the figures of every tool that made one kind of video at one preset.

    Parameters
    ----------
    runs : mapping of str to runs
        By tool, the floor among them, in the order of the rounds.
    frames, file_bytes : mapping of str to int
        By tool.
    """
    floor, floor_frames = runs[FLOOR], frames[FLOOR]
    summary = {}
    for tool, own in runs.items():
        n = frames[tool]
        # Neighbours in time, so that what else the machine does is in both.
        pairs = list(zip(floor, own, strict=False))  # slow tools leave after some rounds
        above = [a.cpu_seconds / n - b.cpu_seconds / floor_frames for b, a in pairs]
        speed = [n / a.wall_seconds * b.wall_seconds / floor_frames for b, a in pairs]
        summary[tool] = {
            **of_one(own, n, file_bytes[tool]),
            "fps_of_floor_percent": 100 * statistics.median(speed),
            "cpu_ms_above_floor": 1000 * statistics.median(above),
        }
    if SAME_PICTURES in runs:
        for tool, own in runs.items():
            summary[tool] |= _above_same_pictures(own, frames[tool], runs, frames[SAME_PICTURES])
    for tool, figures in summary.items():
        figures["above_floor_of_opencv"] = above_ratio(summary, tool)
    return summary


def of_one(own: Sequence[Run], frames: int, file_bytes: int) -> Figures:
    """Derive what the runs of one tool say by themselves."""
    return {
        "frames": frames,
        "fps": frames / median(own, "wall_seconds"),
        "cpu_ms": 1000 * median(own, "cpu_seconds") / frames,
        "cpu_ms_spread": 1000 * spread(own, "cpu_seconds") / frames,
        "peak_mib": median(own, "peak_bytes") / MIB,
        "largest_child_peak_mib": median(own, "children_peak_bytes") / MIB,
        "file_kib_a_frame": file_bytes / frames / 1024,
    }


def _above_same_pictures(
    own: Sequence[Run], count: int, runs: Mapping[str, Sequence[Run]], floor_count: int
) -> Figures:
    pairs = list(zip(runs[SAME_PICTURES], own, strict=False))
    above = [a.cpu_seconds / count - b.cpu_seconds / floor_count for b, a in pairs]
    speed = [count / a.wall_seconds * b.wall_seconds / floor_count for b, a in pairs]
    return {
        "fps_of_same_pictures_percent": 100 * statistics.median(speed),
        "cpu_ms_above_same_pictures": 1000 * statistics.median(above),
    }


def demands(summary: Mapping[str, Mapping[str, Mapping[str, Figures]]]) -> list[Demand]:
    """Hold a summary of x264's presets, by preset, kind and tool, to what is demanded."""
    found = []
    for preset, kinds in summary.items():
        for kind, tools in kinds.items():
            where = f"{kind}, {preset}"
            if preset == "ultrafast":
                found += _cpu_demands(tools, kind, where)
            if (preset, kind) in DEMANDED_SPEED:
                speed = tools.get(FASTEST, {}).get("fps_of_floor_percent")
                what = f"{where}: {FASTEST}, % of the floor's frames a second"
                found.append(at_least(what, speed, DEMANDED_SPEED[preset, kind]))
                if SAME_PICTURES in tools:
                    speed = tools.get(FASTEST, {}).get("fps_of_same_pictures_percent")
                    what = (
                        f"{where}: {FASTEST}, % of the speed of decoding, and encoding ready planes"
                    )
                    found.append(at_least(what, speed, DEMANDED_SPEED[preset, kind]))
            found.append(_ahead(tools, where))
            found += _error_demands(tools, where)
    return found


def _cpu_demands(tools: Mapping[str, Figures], kind: str, where: str) -> list[Demand]:
    found = []
    for (tool, its_kind), bound in ALLOWED_OF_OPENCV.items():
        if its_kind == kind:
            what = f"{where}: {tool}, CPU time above the floor as a part of OpenCV's"
            found.append(at_most(what, _ratio(tools, tool), bound))
    return found


def above_ratio(tools: Mapping[str, Figures], tool: str) -> float | None:
    """CPU time above the floor as a part of OpenCV's; None where one was not measured."""
    if tool not in tools or "OpenCV" not in tools:
        return None
    theirs = float(tools["OpenCV"]["cpu_ms_above_floor"])
    return float(tools[tool]["cpu_ms_above_floor"]) / theirs if theirs > 0 else None


def _ratio(tools: Mapping[str, Figures], tool: str) -> float | None:
    return tools[tool]["above_floor_of_opencv"] if tool in tools else None


def _ahead(tools: Mapping[str, Figures], where: str) -> Demand:
    peers = {
        n: f["fps"] for n, f in tools.items() if n not in FLOORS and not n.startswith("heatvid")
    }
    own = tools.get(FASTEST, {}).get("fps")
    if own is None or not peers:
        return at_least(f"{where}: {FASTEST}, speed over the fastest peer's", None, 1.0)
    best = max(peers, key=lambda name: peers[name])
    return at_least(
        f"{where}: {FASTEST}, speed over the fastest peer's, {best}", own / peers[best], 1.0
    )


def _error_demands(tools: Mapping[str, Figures], where: str) -> list[Demand]:
    """A floor of the same pictures shows what the encoder alone does to them."""
    floors = [tools[name]["error"]["mean"] for name in FLOORS if "error" in tools.get(name, {})]
    if not floors:
        return []
    return [
        at_most(
            f"{where}: {tool}, mean error above the encoder's own, levels",
            figures["error"]["mean"] - floors[0],
            ALLOWED_ERROR,
        )
        for tool, figures in tools.items()
        if tool.startswith("heatvid")
    ]
