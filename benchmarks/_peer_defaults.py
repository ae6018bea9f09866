"""Every tool at its own defaults: how fast heatvid's are beside the others', and what is demanded.

A peer counts where a browser plays its file: others take less time for what fewer can see.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import _peer_figures
from benchmarks._demands import Demand, at_least, at_most
from benchmarks._measure import Run
from benchmarks.tools import BEFORE, DEFAULT, DEFAULTS, HEAT, OVERLAY, TEXTURED

Figures = dict[str, Any]

# How many times as fast as preset medium at crf 18, and as each peer.
OVER_BEFORE = {HEAT: 4.0, TEXTURED: 3.0, OVERLAY: 1.6}
OVER_PEERS = {HEAT: 4.0, TEXTURED: 4.0, OVERLAY: 2.0}
MOST_BYTES = 1.05  # of what preset medium at crf 18 takes
WORSE = 0.1  # levels on average, beyond it
PLAYED = ("h264 yuv420p", "h264 yuvj420p", "vp9 yuv420p", "av1 yuv420p")  # by every browser


def derive(
    runs: Mapping[str, Sequence[Run]],
    frames: Mapping[str, int],
    file_bytes: Mapping[str, int],
    stored: Mapping[str, str],
) -> dict[str, Figures]:
    """Derive the figures of every tool that made one kind of video at its defaults.

    Parameters
    ----------
    runs : mapping of str to runs
        By tool, in the order of the rounds.
    frames, file_bytes : mapping of str to int
        By tool.
    stored : mapping of str to str
        By tool, its codec and pixel format.
    """
    summary = {}
    for tool, own in runs.items():
        summary[tool] = _peer_figures.of_one(own, frames[tool], file_bytes[tool])
        summary[tool] |= {"stored": stored[tool], "plays": stored[tool] in PLAYED}
        if DEFAULT in runs:
            # Neighbours in time, so that what else the machine does is in both.
            pairs = zip(runs[DEFAULT], own, strict=False)
            speed = [
                b.wall_seconds / frames[tool] * frames[DEFAULT] / a.wall_seconds for a, b in pairs
            ]
            summary[tool]["times_as_fast"] = statistics.median(speed)
    return summary


def demands(kinds: Mapping[str, Mapping[str, Figures]]) -> list[Demand]:
    """Hold a summary of the defaults, by kind and tool, to what is demanded."""
    found = []
    for kind, tools in kinds.items():
        where = f"{kind}, {DEFAULTS}: {DEFAULT}"
        before = tools.get(BEFORE, {})
        what = f"{where}, times as fast as preset medium"
        found.append(at_least(what, before.get("times_as_fast"), OVER_BEFORE[kind]))
        found += _equal_demands(tools.get(DEFAULT, {}), before, where)
        found += [
            at_least(
                f"{where}, times as fast as {name}", own.get("times_as_fast"), OVER_PEERS[kind]
            )
            for name, own in tools.items()
            if own["plays"] and name not in (DEFAULT, BEFORE)
        ]
    return found


def _equal_demands(own: Figures, before: Figures, where: str) -> list[Demand]:
    """Speed counts at no more bytes and no more error than before."""
    if not own or not before:
        return []
    found = [
        at_most(
            f"{where}, its bytes as a part of preset medium's",
            own["file_kib_a_frame"] / before["file_kib_a_frame"],
            MOST_BYTES,
        )
    ]
    if "error" in own and "error" in before:
        worse = own["error"]["mean"] - before["error"]["mean"]
        what = f"{where}, mean error above preset medium's, levels"
        found.append(at_most(what, worse, WORSE))
    return found
