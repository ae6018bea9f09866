"""The plot of the peers: frames a second of every tool, beside what the encoder alone reaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks._charts import OWN, PEER, TEXT, new_figure
from benchmarks.tools import FLOOR, FLOORS, SAME_PICTURES

TITLES = {"heat": "heat", "overlay": "overlay over a video"}
FLOOR_LABELS = {"heat": "encoder alone", "overlay": "transcode alone"}


def figure(content: Mapping[str, Any]) -> Any:
    """Draw the first preset that was measured, a panel for each kind."""
    preset, kinds = next(iter(content["summary"].items()))
    made = new_figure(8.6, 0.32 * max(map(len, kinds.values())) + 1.0)
    panels = made.subplots(1, len(kinds), squeeze=False)[0]
    for axes, (kind, tools) in zip(panels, kinds.items(), strict=True):
        _panel(axes, kind, tools)
    height, width = content["settings"]["size"]
    made.supxlabel(
        f"frames a second, {width}×{height} float32 to H.264, preset {preset}; in brackets the "
        "CPU time of a frame above the dashed line's",
        fontsize=8,
        color=TEXT,
    )
    return made


def _panel(axes: Any, kind: str, tools: Mapping[str, Mapping[str, Any]]) -> None:
    floor = tools[FLOOR]["fps"]
    shown = sorted((each["fps"], name) for name, each in tools.items() if name not in FLOORS)
    for place, (fps, name) in enumerate(shown):
        own = name.startswith("heatvid")
        axes.barh(place, fps, height=0.68, color=OWN if own else PEER)
        above = tools[name]["cpu_ms_above_floor"]
        label = f"{fps:.0f}" if fps >= 10 else f"{fps:.1f}"
        text = f" {label}  ({above:+.1f} ms)" if abs(above) < 20 else f" {label}  ({above:+.0f} ms)"
        inside = fps > 0.5 * floor
        axes.text(
            fps, place, text.strip() + " " if inside else text, va="center",
            ha="right" if inside else "left", fontsize=8, color="#10151a" if inside else TEXT,
        )  # fmt: skip
    axes.set_yticks(range(len(shown)), [name for _, name in shown])
    for label, (_, name) in zip(axes.get_yticklabels(), shown, strict=True):
        label.set_fontweight("bold" if name.startswith("heatvid") else "normal")
    same = tools.get(SAME_PICTURES, {}).get("fps", 0)
    axes.axvline(floor, ymin=0.08 if same else 0, color=TEXT, linewidth=1.2, linestyle=(0, (4, 3)))
    axes.set_title(TITLES[kind])
    axes.text(
        floor, len(shown) - 0.35, f"{FLOOR_LABELS[kind]}, {floor:.0f} ", ha="right", va="bottom",
        fontsize=8,
    )  # fmt: skip
    if same:
        axes.axvline(same, ymax=0.93, color=TEXT, linewidth=1.2, linestyle=(0, (1, 2)))
        axes.text(
            same, -0.75, f"decode, and encode ready planes, {same:.0f} ", ha="right", va="center",
            fontsize=8,
        )  # fmt: skip
    axes.set_xlim(0, 1.02 * max(floor, same, shown[-1][0] if shown else 0))
    axes.set_ylim(-1.0 if same else -0.5, len(shown) + 0.2)
    axes.set_xticks([])
