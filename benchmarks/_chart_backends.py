"""The plot of the backends: frames a second of every job, rendering alone and end to end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks._charts import LINES, TEXT, new_figure, spread_labels
from benchmarks._job_cases import BACKENDS, ENCODER, RENDER, WHOLE

COLOURS = {"numpy": LINES[1], "numba": LINES[0], "cuda": LINES[2]}


def figure(content: Mapping[str, Any]) -> Any:
    """Draw a row for each job, a dot for each backend, on one scale of powers of ten."""
    jobs = {name: each for name, each in content["summary"].items() if name != ENCODER}
    made = new_figure(9.0, 0.3 * len(jobs) + 1.3)
    panels = made.subplots(1, 2, sharey=True, sharex=True)
    for axes, mode in zip(panels, (RENDER, WHOLE), strict=True):
        axes.set_title(f"{mode}, frames a second")
        _panel(axes, jobs, mode)
    encoder = content["summary"][ENCODER][WHOLE]["ffmpeg"]["fps"]
    panels[1].axvline(encoder, color=TEXT, linewidth=1.2, linestyle=(0, (4, 3)))
    for axes, mode in zip(panels, (RENDER, WHOLE), strict=True):
        _scale(axes, next(iter(jobs.values()))[mode])
    panels[1].text(encoder, -1.1, f" {ENCODER} {encoder:.0f}", fontsize=8, va="center")
    return made


def _panel(axes: Any, jobs: Mapping[str, Any], mode: str) -> None:
    for place, modes in enumerate(jobs.values()):
        speeds = {name: own["fps"] for name, own in modes[mode].items()}
        axes.plot([min(speeds.values()), max(speeds.values())], [place] * 2, color=TEXT,
                  linewidth=0.8, alpha=0.6, zorder=1)  # fmt: skip
        for name, fps in speeds.items():
            axes.plot(fps, place, "o", color=COLOURS[name], markersize=6)
    axes.set_yticks(range(len(jobs)), list(jobs))
    axes.set_ylim(len(jobs) - 0.4, -1.4)
    axes.grid(axis="x", linewidth=0.4, alpha=0.5)
    axes.tick_params(labelsize=8)


def _scale(axes: Any, first: Mapping[str, Any]) -> None:
    """Powers of ten in plain numbers, and the names of the backends over their first dots."""
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.minorticks_off()
    names = [name for name in BACKENDS if name in first]
    low, high = np.log10(axes.get_xlim())
    places = [float(np.log10(first[name]["fps"])) for name in names]
    for name, place in zip(names, spread_labels(places, 0.11 * (high - low)), strict=True):
        axes.text(10**place, -0.45, name, ha="center", fontsize=8, color=COLOURS[name])
