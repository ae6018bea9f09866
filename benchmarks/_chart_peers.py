"""The plot of the peers: frames a second of every tool, and of every tool at its own defaults.

At a preset of x264 they stand beside what the encoder alone reaches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks._charts import OWN, OWN_PALE, PEER, TEXT, new_figure
from benchmarks.tools import BEFORE, DEFAULT, DEFAULTS, FLOOR, FLOORS, SAME_PICTURES

TITLES = {"heat": "heat", "textured": "textured heat", "overlay": "overlay over a video"}
FLOOR_LABELS = {"heat": "encoder alone", "overlay": "transcode alone"}


def figure(content: Mapping[str, Any]) -> Any:
    """Draw the first preset that was measured and the defaults, a panel for each kind."""
    summary = content["summary"]
    presets = [preset for preset in summary if preset != DEFAULTS][:1]
    shown = [*presets, *(preset for preset in summary if preset == DEFAULTS)]
    heights = [0.32 * max(map(len, summary[preset].values())) + 1.0 for preset in shown]
    made = new_figure(8.6, sum(heights))
    parts = made.subfigures(len(shown), 1, squeeze=False, height_ratios=heights)[:, 0]
    for part, preset in zip(parts, shown, strict=True):
        part.set_facecolor("none")
        _row(part, preset, summary[preset], content["settings"]["size"])
    return made


def _row(part: Any, preset: str, kinds: Mapping[str, Any], size: tuple[int, int]) -> None:
    panels = part.subplots(1, len(kinds), squeeze=False)[0]
    draw = _panel_of_defaults if preset == DEFAULTS else _panel
    for axes, (kind, tools) in zip(panels, kinds.items(), strict=True):
        draw(axes, kind, tools)
    said = f"frames a second, {size[1]}×{size[0]} float32 "
    if preset == DEFAULTS:
        said += "at each tool's own defaults; in brackets those whose file no browser plays"
    else:
        said += f"to H.264, preset {preset}; in brackets the CPU time of a frame above the "
        said += "dashed line's"
    part.supxlabel(said, fontsize=8, color=TEXT)


def _panel_of_defaults(axes: Any, kind: str, tools: Mapping[str, Mapping[str, Any]]) -> None:
    shown = sorted((each["fps"], name) for name, each in tools.items())
    colours = {DEFAULT: OWN, BEFORE: OWN_PALE}
    most = shown[-1][0]
    for place, (fps, name) in enumerate(shown):
        plays = tools[name]["plays"]
        colour = colours.get(name, PEER)
        axes.barh(place, fps, height=0.68, color=colour, alpha=1 if plays else 0.35)
        label = f"{fps:.0f}" if fps >= 10 else f"{fps:.1f}"
        inside = fps > 0.5 * most
        axes.text(
            fps, place, f" {label if plays else f'({label})'} ", va="center",
            ha="right" if inside else "left", fontsize=8,
            color="#10151a" if inside and plays else TEXT,
        )  # fmt: skip
    _name_tools(axes, [name for _, name in shown])
    axes.set_title(TITLES[kind])
    axes.set_xlim(0, 1.02 * most)
    axes.set_xticks([])


def _name_tools(axes: Any, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    for label, name in zip(axes.get_yticklabels(), names, strict=True):
        label.set_fontweight("bold" if name.startswith("heatvid") else "normal")


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
    _name_tools(axes, [name for _, name in shown])
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
