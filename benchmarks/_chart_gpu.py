"""The plot of the GPU: bandwidth of the kernels beside a copy's, and the speed from host memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks._charts import OWN, OWN_PALE, PEER, TEXT, new_figure


def figure(content: Mapping[str, Any]) -> Any:
    """Draw the kernels in GB/s on the left, host to planes in percent on the right."""
    summary = content["summary"]
    bars = [
        (f"{job}" if name == "heatvid" else f"{job}, {name}", each["gb_s"], name == "heatvid")
        for job, rivals in summary["kernels"].items()
        for name, each in rivals.items()
        if not isinstance(each, str)
    ]
    hosted = summary["hosted"]
    made = new_figure(10.4, 0.27 * max(len(bars), len(hosted)) + 1.1)
    left, right = made.subplots(1, 2)
    copy = summary["bandwidths"]["on_device"] / 1e9
    for place, (_, value, own) in enumerate(bars):
        left.barh(place, value, height=0.7, color=OWN if own else PEER)
        _write(left, value, place, f"{value:.0f}", copy)
    _finish(left, [name for name, _, _ in bars], copy, f"a copy, {copy:.0f} GB/s")
    left.set_title("kernels alone, GB/s")
    for place, tried in enumerate(hosted.values()):
        for i, each in enumerate(tried):
            value, y = each["of_copies_percent"], place + (i - 0.5) * 0.38
            right.barh(y, value, height=0.34, color=OWN_PALE if i else OWN)
            _write(right, value, y, f"{value:.0f} %, {each['frames_a_slot']} a slot", 100)
    _finish(right, list(hosted), 100, "the copies alone")
    right.set_title("host memory to planes, % of the copies' speed, by frames a slot")
    return made


def _write(axes: Any, value: float, place: float, text: str, bound: float) -> None:
    inside = value > 0.6 * bound
    axes.text(value, place, f"{text} " if inside else f" {text}", va="center",
              ha="right" if inside else "left", fontsize=7,
              color="#10151a" if inside else TEXT)  # fmt: skip


def _finish(axes: Any, names: list[str], bound: float, label: str) -> None:
    axes.axvline(bound, color=TEXT, linewidth=1.2, linestyle=(0, (4, 3)))
    axes.text(bound, -0.75, f"{label} ", ha="right", va="center", fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.4, -1.1)
    axes.set_xlim(0, 1.03 * max(bound, *(bar.get_width() for bar in axes.patches)))
    axes.set_xticks([])
