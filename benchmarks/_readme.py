"""README's figures, written from the results: blocks between two markers, each of one benchmark."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks._measure import RESULTS, ROOT
from benchmarks.tools import DEFAULT, DEFAULTS, FLOOR, FLOORS, SAME_PICTURES

README = ROOT / "README.md"
BUSY = 2  # load a core: a benchmark alone makes about one
_BLOCK = re.compile(r"(<!-- benchmark: ([\w-]+) -->\n).*?(<!-- end of benchmark -->)", re.DOTALL)

Content = Mapping[str, Any]


def filled(text: str, results: Path = RESULTS) -> str:
    """Write the figures of every marked benchmark into a text, README's."""

    def block(found: re.Match[str]) -> str:
        content = json.loads((results / f"{found[2]}.json").read_text())
        return f"{found[1]}{BLOCKS[found[2]](content)}\n{found[3]}"

    return _BLOCK.sub(block, text)


def marked(text: str) -> list[str]:
    """The benchmarks that a text has a block for."""
    return [found[2] for found in _BLOCK.finditer(text)]


def peers(content: Content) -> str:
    """The tables of the peers: at the presets that were measured, and by default."""
    presets = {name: kinds for name, kinds in content["summary"].items() if name != DEFAULTS}
    parts = [_at_presets(content, presets)] if presets else []
    if DEFAULTS in content["summary"]:
        parts.append(_by_default(content, content["summary"][DEFAULTS]))
    return "\n\n".join(parts)


def _at_presets(content: Content, summary: Content) -> str:
    settings, lengths = content["settings"], content["lengths"]
    (first, kinds), *others = summary.items()
    found = dict.fromkeys(name for tools in kinds.values() for name in tools)
    names = sorted(found, key=lambda name: name not in FLOORS)
    head = [f"{kind}, {unit}" for kind in kinds for unit in ("fps", "CPU-ms above")]
    head += [f"{kind} {preset}, fps" for preset, each in others for kind in each]
    rows = []
    for name in names:
        own = [_peer_cells(tools.get(name), name) for tools in kinds.values()]
        speeds = [_speed(tools.get(name)) for _, each in others for tools in each.values()]
        rows.append([
            _FLOOR_NAMES.get(name, f"**{name}**" if name.startswith("heatvid") else name),
            *(cell for pair in own for cell in pair), *speeds,
            "" if name in FLOORS else _memory(list(kinds.values())[-1].get(name)),
            _error(kinds, name),
        ])  # fmt: skip
    said = f"{lengths[first]['rounds']} rounds of {lengths[first]['frames']} frames"
    for preset, _ in others:
        said += f" ({lengths[preset]['rounds']} of {lengths[preset]['frames']} at {preset})"
    height, width = settings["size"]
    return (
        f"{width}×{height} float32 to H.264, crf {settings['crf']}, preset {first}"
        f"{''.join(f' and {preset}' for preset, _ in others)}, on {machine(content)}; medians of "
        f"{said}, fewer of both for slow tools, all in turns.\n\n"
        + table(["", *head, "memory, MiB", "colours off by"], rows)
    )


def _by_default(content: Content, kinds: Content) -> str:
    """Frames a second of every tool as its users run it, and how many times as fast heatvid is."""
    names = dict.fromkeys(name for tools in kinds.values() for name in tools)
    rows = []
    for name in names:
        own = [tools.get(name) for tools in kinds.values()]
        found = next(figures for figures in own if figures is not None)
        sizes = ["" if each is None else f"{each['file_kib_a_frame']:.0f}" for each in own]
        rows.append([
            f"**{name}**" if name == DEFAULT else name,
            *(_times(figures, name) for figures in own), " / ".join(filter(None, sizes)),
            found["stored"].split()[0] + ("" if found["plays"] else ", in no browser"),
            _error(kinds, name),
        ])  # fmt: skip
    length, (height, width) = content["lengths"][DEFAULTS], content["settings"]["size"]
    rounds = length["rounds"]
    said = "one round" if rounds == 1 else f"medians of {rounds} rounds"
    busy = length.get("load", 0) > BUSY * content["machine"]["cores"]
    beside = f", beside other work (load {length['load']:.0f})" if busy else ""
    return (
        f"Each at its own defaults, {width}×{height}, {said} of "
        f"{length['frames']} frames, fewer of both for slow tools{beside}; in brackets how "
        "many times as fast heatvid's default is.\n\n"
        + table(
            ["", *(f"{kind}, fps" for kind in kinds), "KiB a frame", "file", "colours off by"], rows
        )
    )


def _times(own: Content | None, name: str) -> str:
    if own is None or name == DEFAULT or "times_as_fast" not in own:
        return _speed(own)
    return f"{_speed(own)} ({own['times_as_fast']:.1f}×)"


_FLOOR_NAMES = {
    FLOOR: "(encoder alone; transcode alone)",
    SAME_PICTURES: "(decode, and encode ready planes)",
}


def _peer_cells(own: Content | None, name: str) -> tuple[str, str]:
    if own is None or name in FLOORS:
        return _speed(own), ""
    return _speed(own), f"{own['cpu_ms_above_floor']:.1f}"


def _speed(own: Content | None) -> str:
    if own is None:
        return ""
    return f"{own['fps']:.0f}" if own["fps"] >= 30 else f"{own['fps']:.1f}"


def _memory(own: Content | None) -> str:
    return "" if own is None else f"{own['peak_mib'] + own['largest_child_peak_mib']:.0f}"


def _error(kinds: Content, name: str) -> str:
    error = next(iter(kinds.values())).get(name, {}).get("error")
    return "" if error is None else f"{error['mean']:.1f}, {error['worst_area']:.0f} at worst"


def gpu(content: Content) -> str:
    """The table of the kernels, and of the way from host memory."""
    summary = content["summary"]
    rows = []
    for job, rivals in summary["kernels"].items():
        own, hosted = rivals["heatvid"], summary["hosted"][job][0]
        rows.append([
            job, f"{own['gb_s']:.0f}", f"{own['of_copy_percent']:.0f} %",
            f"{own['fps']:,.0f}", f"{hosted['fps']:,.0f}", f"{hosted['of_copies_percent']:.0f} %",
        ])  # fmt: skip
    head = ["", "kernel, GB/s", "of a copy's", "kernel, fps", "host to planes, fps",
            "of the copies' speed"]  # fmt: skip
    bandwidths = summary["bandwidths"]
    return (
        f"{content['settings']['height']} lines, on {machine(content)}. A copy within the device "
        f"reaches {bandwidths['on_device'] / 1e9:.0f} GB/s, one from pinned memory "
        f"{bandwidths['to_device'] / 1e9:.1f}.\n\n" + table(head, rows)
    )


def machine(content: Content) -> str:
    """Name the machine of a result, and what its figures depend on."""
    found = content["machine"]
    processor = f"{found['gpu']} and " if found.get("gpu") else ""
    versions = [f"Python {found['python']}", f"NumPy {found['numpy']}"]
    if found.get("numba"):
        versions.append(f"Numba {found['numba']}")
    return (
        f"{processor}{found['cores']} cores of {found['cpu']} ({found['memory_gib']:.0f} GiB), "
        f"{', '.join(versions)}, FFmpeg {found['ffmpeg'].removeprefix('n').split('-')[0]}"
    )


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown, numbers to the right."""
    rules = ["---", *("---:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rules, *rows])


BLOCKS: dict[str, Callable[[Content], str]] = {"peers": peers, "gpu": gpu}
