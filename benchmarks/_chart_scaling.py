"""The plot of the scaling: CPU time against frames and pixels, speed against threads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks._charts import LINES, new_figure, spread_labels

PANELS = {
    "frames": ("CPU time against frames", "frames", "CPU-s"),
    "pixels": ("CPU time against the size of a frame", "million pixels a frame", "CPU-s"),
    "threads": ("frames a second against render threads", "threads", ""),
}


def figure(content: Mapping[str, Any]) -> Any:
    """Draw a panel for each axis, a line for each kind and backend."""
    made = new_figure(10.8, 2.9)
    for axes, (axis, labels) in zip(made.subplots(1, 3), PANELS.items(), strict=True):
        _panel(axes, axis, content["summary"][axis], labels)
    return made


def _panel(axes: Any, axis: str, lines: Mapping[str, Any], labels: tuple[str, str, str]) -> None:
    ends = []
    for colour, line in zip(LINES, lines.values(), strict=False):
        x = np.asarray(line["x"], float) / (1e6 if axis == "pixels" else 1)
        y = np.asarray(line["cpu_seconds"])
        if axis == "threads":
            y = np.asarray(line["frames"]) / np.asarray(line["wall_seconds"])
        axes.plot(x, y, "o", color=colour, markersize=4)
        if straight := line.get("cpu_line"):
            scale = straight["each"] * (1e6 if axis == "pixels" else 1)
            reach = np.array([0, x.max()])
            axes.plot(reach, straight["start"] + scale * reach, color=colour, linewidth=1.3)
        else:
            axes.plot(x, y, color=colour, linewidth=1.3)
        ends.append((float(x.max()), float(y[-1])))
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    gap = 0.075 * axes.get_ylim()[1]
    places = spread_labels([y for _, y in ends], gap)
    for name, colour, (x, _), place in zip(lines, LINES, ends, places, strict=False):
        axes.annotate(
            name, (x, place), xytext=(6, 0), textcoords="offset points", color=colour,
            va="center", fontsize=8, annotation_clip=False,
        )  # fmt: skip
    title, below, beside = labels
    axes.set_title(f"{title}, {beside}" if beside else title, fontsize=9)
    axes.set_xlabel(below)
    axes.grid(axis="y", linewidth=0.4, alpha=0.5)
    axes.tick_params(labelsize=8)
    if axis == "threads":
        axes.set_xticks(sorted({x for line in lines.values() for x in line["x"]}))
