"""heatvid beside OpenCV, ffmpeg, imageio, matplotlib and mediapy: time, memory, right colours.

Every tool shows the same dump of float32 fields, alone (heat) and over a video file (overlay), as
H.264 at the same settings. What none can avoid is measured with them, the floor: for heat the
encoder with ready planes, for the overlay the transcoding of the video alone, and also decoding it
and encoding ready planes of the overlay, as that may be harder or easier to encode than the video.
First a few frames of every tool's video are compared with a picture in float64; then all run in
turns.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import _charts, _measure, _peer_figures, _reference, _scenes
from benchmarks._demands import report
from benchmarks._peer_scene import Scene
from benchmarks.tools import FLOOR, FLOORS, HEAT, OVERLAY, TOOLS, Tool, missing

CHECKED_FRAMES = (0, 5, 11)
CHECKED_LENGTH = 12
NONSENSE = 20.0  # levels of error on average; a wrong matrix gives 7


def main(arguments: Sequence[str]) -> int:
    """Check, measure, print, save and draw; the exit code is 1 when a demand is missed."""
    options = _parse(arguments)
    tools, skipped = _choose(options.only)
    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as folder:
        summary, runs = _measure_presets(options, tools, Path(folder))
    demands = _peer_figures.demands(summary)
    _print(summary)
    code = report(demands)
    settings = {name: value for name, value in vars(options).items() if name != "output"}
    path = _measure.save(
        "peers", settings, runs, summary, options.output,
        demands=[demand.as_json() for demand in demands],
        tools={tool.name: tool.note for tool in tools},
        skipped=skipped,
    )  # fmt: skip
    _charts.draw(path)
    return code


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks peers", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--frames", type=int, default=300, help="at preset ultrafast")
    parser.add_argument("--slow-frames", type=int, default=90, help="at any other preset")
    parser.add_argument("--rounds", type=int, default=9, help="at preset ultrafast")
    parser.add_argument("--slow-rounds", type=int, default=5, help="at any other preset")
    parser.add_argument("--size", type=int, nargs=2, default=[1080, 1920], metavar=("H", "W"))
    parser.add_argument("--preset", action="append", help="may be given several times")
    parser.add_argument("--crf", type=int, default=20)
    parser.add_argument("--kind", choices=(HEAT, OVERLAY), action="append", help="default both")
    parser.add_argument("--only", nargs="+", metavar="TOOL", help="beside the floor")
    parser.add_argument("-o", "--output", type=Path, help="default benchmarks/results/peers.json")
    options = parser.parse_args(arguments)
    options.preset = options.preset or ["ultrafast", "medium"]
    options.kind = options.kind or [HEAT, OVERLAY]
    if unknown := set(options.only or ()) - {tool.name for tool in TOOLS}:
        names = ", ".join(repr(tool.name) for tool in TOOLS)
        parser.error(f"--only: got {sorted(unknown)}; allowed are {names}")
    if options.frames < CHECKED_LENGTH:
        parser.error(f"--frames: got {options.frames}; allowed is {CHECKED_LENGTH} or more")
    return options


def _choose(only: Sequence[str] | None) -> tuple[list[Tool], dict[str, str]]:
    """The tools that work here, and why others do not."""
    chosen, skipped = [], {}
    for tool in TOOLS:
        if only is not None and tool.name not in (*only, *FLOORS):
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
    planes = folder / "planes.npy"
    _scenes.write_planes(planes, *options.size)
    checked = _make_scene(CHECKED_LENGTH, options, folder, planes)
    scenes: dict[int, Scene] = {}
    summary: dict[str, Any] = {}
    runs: dict[str, list[_measure.Run]] = {}
    for preset in options.preset:
        fast = preset == "ultrafast"
        frames = options.frames if fast else options.slow_frames
        rounds = options.rounds if fast else options.slow_rounds
        scene = scenes.get(frames) or _make_scene(frames, options, folder, planes)
        scenes[frames] = scene
        summary[preset] = {}
        for kind in options.kind:
            errors = _check_pictures(checked, tools, kind, preset, options.crf)
            able = [tool for tool in tools if kind in tool.kinds]
            cases = [scene.case(tool, kind, preset, options.crf) for tool in able]
            own = _measure.run_in_turns(cases, rounds)
            runs |= own
            summary[preset][kind] = _summarize(scene, able, kind, preset, own, errors)
    return summary, runs


def _make_scene(frames: int, options: argparse.Namespace, folder: Path, planes: Path) -> Scene:
    scene = Scene(frames, *options.size, folder / str(frames), planes)
    scene.make()
    return scene


def _check_pictures(
    scene: Scene, tools: Sequence[Tool], kind: str, preset: str, crf: int
) -> dict[str, dict[str, float]]:
    """Compare a short video of every tool with the reference; nonsense ends the benchmark."""
    size = (scene.height, scene.width)
    references = [_reference.heat(i, *size) for i in CHECKED_FRAMES]
    if kind == OVERLAY:
        behind = _reference.play(scene.video, *size, CHECKED_FRAMES)
        pairs = zip(CHECKED_FRAMES, behind, strict=True)
        references = [_reference.overlay(i, *size, picture) for i, picture in pairs]
    errors = {}
    for tool in tools:
        if kind not in tool.kinds or (tool.name, kind) == (FLOOR, OVERLAY):
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
    file_bytes = {}
    for tool in tools:
        written = scene.output(tool, kind, preset)
        found = _reference.count_frames(written)
        if found != frames[tool.name]:
            sys.exit(f"{tool.name}: {found} frames in its video, not {frames[tool.name]}")
        file_bytes[tool.name] = written.stat().st_size
    figures = _peer_figures.derive(by_tool, frames, file_bytes)
    for name, error in errors.items():
        figures[name]["error"] = dict(error)
    return figures


def _print(summary: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]) -> None:
    for preset, kinds in summary.items():
        for kind, tools in kinds.items():
            print(
                f"\n{preset}, {kind:22}    fps  of floor(s)  CPU-ms  above  peak MiB (child)  error"
            )
            for name, each in tools.items():
                error = each.get("error", {}).get("mean")
                same = each.get("fps_of_same_pictures_percent")
                print(
                    f"  {name:30} {each['fps']:7.1f}  {each['fps_of_floor_percent']:6.1f} %"
                    f" {'' if same is None else format(same, '.1f'):>6}"
                    f" {each['cpu_ms']:7.1f} {each['cpu_ms_above_floor']:6.1f}"
                    f"  {each['peak_mib']:8.0f} ({each['largest_child_peak_mib']:5.0f})"
                    f"  {'–' if error is None else format(error, '.2f'):>5}"
                )
