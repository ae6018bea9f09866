"""Draws the plot of a result beside its JSON, where matplotlib is installed."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import json
from pathlib import Path
from typing import Any

# By the name of the benchmark: the module that draws it.
_MODULES = {
    "peers": "benchmarks._chart_peers",
    "scaling": "benchmarks._chart_scaling",
    "cpu-vs-gpu": "benchmarks._chart_backends",
    "gpu": "benchmarks._chart_gpu",
}

TEXT = "#7d8590"  # legible on white and on black
OWN, OWN_PALE, PEER = "#e07b39", "#e8b08a", "#8fa3b8"
LINES = ("#e07b39", "#3f8fd2", "#5aa469", "#a77bc4")
DPI = 130


def draw(path: Path) -> Path | None:
    """Draw a result; returns the picture's path, None where matplotlib is missing."""
    if importlib.util.find_spec("matplotlib") is None:
        print("no plot without matplotlib: pip install 'heatvid[benchmarks]'")
        return None
    content = json.loads(path.read_text())
    picture = path.with_suffix(".png")
    with _style():
        figure = importlib.import_module(_MODULES[content["benchmark"]]).figure(content)
        figure.savefig(picture, dpi=DPI, transparent=True, bbox_inches="tight", pad_inches=0.08)
    print(f"drawn in {picture}")
    return picture


def _style() -> Any:
    import matplotlib

    sides = {f"axes.spines.{side}": False for side in ("top", "right", "left", "bottom")}
    colours = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.titlecolor")
    return matplotlib.rc_context(
        {
            **sides,
            **dict.fromkeys(colours, TEXT),
            "font.size": 9,
            "axes.titlesize": 10,
            "axes.titlelocation": "left",
            "xtick.major.size": 0,
            "ytick.major.size": 0,
            "svg.fonttype": "none",
        }
    )


def new_figure(width: float, height: float) -> Any:
    """A figure of inches, without a window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(made)
    return made


def spread_labels(places: list[float], gap: float) -> list[float]:
    """Move labels apart that would overlap, as little as that takes, in their order."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = list(places)
    for _ in range(100):
        done = True
        for low, high in itertools.pairwise(order):
            lacking = gap - (moved[high] - moved[low])
            if lacking > 1e-9 * gap:
                moved[low] -= lacking / 2
                moved[high] += lacking / 2
                done = False
        if done:
            break
    return moved
