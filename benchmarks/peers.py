"""heatvid beside OpenCV, ffmpeg, imageio, matplotlib and others: time, memory, right colours.

Every tool shows the same dump of float32 fields, alone (heat) and over a video file (overlay), as
H.264 at the same settings. What none can avoid is measured with them, the floor: for heat the
encoder with ready planes, for the overlay the transcoding of the video alone, and also decoding it
and encoding ready planes of the overlay, as that may be harder or easier to encode than the video.
Then every tool does so as its users run it, at its own defaults, and a dump of textured fields too.
First a few frames of every tool's video are compared with a picture in float64; then all run in
turns. One part alone: ``--preset defaults --kind heat --only imageio --keep``, say.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import _charts, _measure, _peer_defaults, _peer_figures, _reference
from benchmarks._demands import report
from benchmarks._peer_scene import Scene
from benchmarks.tools import (
    BEFORE,
    DEFAULT,
    DEFAULTS,
    FLOOR,
    FLOORS,
    HEAT,
    OVERLAY,
    TEXTURED,
    TOOLS,
    Tool,
    missing,
)

CHECKED_FRAMES = (0, 5, 11)
CHECKED_LENGTH = 12
NONSENSE = 20.0  # levels of error on average; a wrong matrix gives 7
KINDS = (HEAT, TEXTURED, OVERLAY)
ALWAYS = (*FLOORS, DEFAULT, BEFORE)  # what the others are compared with


def main(arguments: Sequence[str]) -> int:
    """Check, measure, print, save and draw; the exit code is 1 when a demand is missed."""
    options = _parse(arguments)
    tools, skipped = _choose(options.only)
    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as folder:
        summary, runs = _measure_presets(options, tools, Path(folder))
    _print(summary)
    lengths = {preset: _length(preset, options) | _load() for preset in summary}
    notes = {tool.name: tool.note for tool in tools}
    if options.keep:
        old = json.loads((options.output or _measure.RESULTS / "peers.json").read_text())
        summary = _joined(old["summary"], summary)
        before = {name: [_measure.Run(**run) for run in each] for name, each in old["runs"].items()}
        runs = before | runs
        lengths, notes = old["lengths"] | lengths, old["tools"] | notes
    at_presets = {name: kinds for name, kinds in summary.items() if name != DEFAULTS}
    demands = _peer_figures.demands(at_presets)
    demands += _peer_defaults.demands(summary.get(DEFAULTS, {}))
    code = report(demands)
    settings = {name: value for name, value in vars(options).items() if name != "output"}
    path = _measure.save(
        "peers", settings, runs, summary, options.output, lengths=lengths,
        demands=[demand.as_json() for demand in demands], tools=notes, skipped=skipped,
    )  # fmt: skip
    _charts.draw(path)
    return code


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks peers", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--frames", type=int, default=180, help="at preset ultrafast")
    parser.add_argument("--slow-frames", type=int, default=60, help="at any other, and by default")
    parser.add_argument("--rounds", type=int, default=5, help="at preset ultrafast")
    parser.add_argument("--slow-rounds", type=int, default=3, help="at any other, and by default")
    parser.add_argument("--size", type=int, nargs=2, default=[1080, 1920], metavar=("H", "W"))
    parser.add_argument("--preset", action="append",
                        help=f"of x264, or {DEFAULTS}; may be given several times")  # fmt: skip
    parser.add_argument("--crf", type=int, default=20)
    parser.add_argument("--kind", choices=KINDS, action="append", help="default all")
    parser.add_argument("--only", nargs="+", metavar="TOOL",
                        help="beside the floor and heatvid's defaults")  # fmt: skip
    parser.add_argument("--keep", action="store_true",
                        help="what the output has of other presets and kinds")  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, help="default benchmarks/results/peers.json")
    options = parser.parse_args(arguments)
    options.preset = options.preset or ["ultrafast", "medium", DEFAULTS]
    options.kind = options.kind or list(KINDS)
    if unknown := set(options.only or ()) - {tool.name for tool in TOOLS}:
        names = ", ".join(repr(tool.name) for tool in TOOLS)
        parser.error(f"--only: got {sorted(unknown)}; allowed are {names}")
    for name in ("frames", "slow_frames"):
        if (given := getattr(options, name)) < CHECKED_LENGTH:
            option = f"--{name.replace('_', '-')}"
            parser.error(f"{option}: got {given}; allowed is {CHECKED_LENGTH} or more")
    return options


def _choose(only: Sequence[str] | None) -> tuple[list[Tool], dict[str, str]]:
    """The tools that work here, and why others do not."""
    chosen, skipped = [], {}
    for tool in TOOLS:
        if only is not None and tool.name not in (*only, *ALWAYS):
            continue
        lacking = missing(tool)
        if lacking is None:
            chosen.append(tool)
        else:
            skipped[tool.name] = lacking
            print(f"without {tool.name}: {lacking}")
    return chosen, skipped


def _measure_presets(
    options: argparse.Namespace, tools: Sequence[Tool], folder: Path
) -> tuple[dict[str, Any], dict[str, list[_measure.Run]]]:
    print("making the pictures", flush=True)
    checked = _make_scene(CHECKED_LENGTH, options, folder)
    scenes: dict[int, Scene] = {}
    summary: dict[str, Any] = {}
    runs: dict[str, list[_measure.Run]] = {}
    for preset in options.preset:
        frames, rounds = _length(preset, options).values()
        scene = scenes.get(frames) or _make_scene(frames, options, folder)
        scenes[frames] = scene
        summary[preset] = {}
        for kind in options.kind:
            able = [tool for tool in tools if tool.makes(kind, preset)]
            if not able:
                continue
            errors = _check_pictures(checked, tools, kind, preset, options.crf)
            cases = [scene.case(tool, kind, preset, options.crf) for tool in able]
            own = _measure.run_in_turns(cases, rounds)
            runs |= own
            summary[preset][kind] = _summarize(scene, able, kind, preset, own, errors)
    return summary, runs


def _length(preset: str, options: argparse.Namespace) -> dict[str, Any]:
    if preset == "ultrafast":
        return {"frames": options.frames, "rounds": options.rounds}
    return {"frames": options.slow_frames, "rounds": options.slow_rounds}


def _load() -> dict[str, Any]:
    """What ran on the machine meanwhile, this among it; nothing where the system cannot tell."""
    return {"load": round(os.getloadavg()[0], 1)} if hasattr(os, "getloadavg") else {}


def _joined(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """A summary whose kinds, of every preset, are the new ones where there are."""
    presets = dict.fromkeys([*old, *new])
    both = {name: old.get(name, {}) | new.get(name, {}) for name in presets}
    return {
        name: {kind: kinds[kind] for kind in KINDS if kind in kinds} for name, kinds in both.items()
    }


def _make_scene(frames: int, options: argparse.Namespace, folder: Path) -> Scene:
    scene = Scene(frames, *options.size, folder / str(frames), folder / "planes.npy")
    kinds = [kind for kind in options.kind if kind != TEXTURED or DEFAULTS in options.preset]
    scene.make(kinds, floors=any(preset != DEFAULTS for preset in options.preset))
    return scene


def _check_pictures(
    scene: Scene, tools: Sequence[Tool], kind: str, preset: str, crf: int
) -> dict[str, dict[str, float]]:
    """Compare a short video of every tool with the reference; nonsense ends the benchmark."""
    size = (scene.height, scene.width)
    references = scene.references(kind, CHECKED_FRAMES)
    errors = {}
    for tool in tools:
        if not tool.makes(kind, preset) or (tool.name, kind) == (FLOOR, OVERLAY):
            continue  # the latter is the video as it is, with nothing over it
        _measure.run_case(scene.case(tool, kind, preset, crf))
        shown = _reference.play(scene.output(tool, kind, preset), *size, CHECKED_FRAMES)
        error = _reference.compare(shown, references)
        print(
            f"{preset} {kind} {tool.name:22} off by {error.mean:5.2f} levels on average, "
            f"{error.worst_area:5.1f} in the worst area",
            flush=True,
        )
        if error.mean > NONSENSE:
            sys.exit(f"{tool.name}: its picture is wrong, {error.mean:.1f} levels on average")
        errors[tool.name] = error.as_json()
    return errors


def _summarize(
    scene: Scene, tools: Sequence[Tool], kind: str, preset: str,
    runs: Mapping[str, Sequence[_measure.Run]], errors: Mapping[str, Mapping[str, float]],
) -> dict[str, Any]:  # fmt: skip
    by_tool = {tool.name: runs[f"{preset} {kind} {tool.name}"] for tool in tools}
    frames = {tool.name: scene.frames_of(tool) for tool in tools}
    file_bytes, stored = {}, {}
    for tool in tools:
        written = scene.output(tool, kind, preset)
        found = _reference.count_frames(written)
        if found != frames[tool.name]:
            sys.exit(f"{tool.name}: {found} frames in its video, not {frames[tool.name]}")
        file_bytes[tool.name] = written.stat().st_size
        stored[tool.name] = _reference.stored_as(written)
    if preset == DEFAULTS:
        figures = _peer_defaults.derive(by_tool, frames, file_bytes, stored)
    else:
        figures = _peer_figures.derive(by_tool, frames, file_bytes)
    for name, error in errors.items():
        figures[name]["error"] = dict(error)
    return figures


def _print(summary: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]) -> None:
    for preset, kinds in summary.items():
        for kind, tools in kinds.items():
            if preset == DEFAULTS:
                _print_defaults(kind, tools)
            else:
                _print_preset(preset, kind, tools)


def _print_preset(preset: str, kind: str, tools: Mapping[str, Mapping[str, Any]]) -> None:
    print(f"\n{preset}, {kind:22}    fps  of floor(s)  CPU-ms  above  peak MiB (child)  error")
    for name, each in tools.items():
        same = each.get("fps_of_same_pictures_percent")
        print(
            f"  {name:30} {each['fps']:7.1f}  {each['fps_of_floor_percent']:6.1f} %"
            f" {'' if same is None else format(same, '.1f'):>6}"
            f" {each['cpu_ms']:7.1f} {each['cpu_ms_above_floor']:6.1f}"
            f"  {each['peak_mib']:8.0f} ({each['largest_child_peak_mib']:5.0f})  {_error(each)}"
        )


def _print_defaults(kind: str, tools: Mapping[str, Mapping[str, Any]]) -> None:
    print(f"\n{DEFAULTS}, {kind:22}     fps  heatvid's  CPU-ms  KiB a frame  error  file")
    for name, each in tools.items():
        times = each.get("times_as_fast")
        print(
            f"  {name:30} {each['fps']:7.1f}  {'' if times is None else f'{times:.2f} ×':>9}"
            f" {each['cpu_ms']:7.1f}  {each['file_kib_a_frame']:11.1f}  {_error(each)}"
            f"  {each['stored']}{'' if each['plays'] else ', in no browser'}"
        )


def _error(figures: Mapping[str, Any]) -> str:
    mean = figures.get("error", {}).get("mean")
    return f"{'–' if mean is None else format(mean, '.2f'):>5}"
