"""One long video in segments: what its one common process does, and what its workers share."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import _measure, _scenes

CLIP = (3000, 180, 320)
FEW, MANY = 2, 16  # segments, by which what each of them costs is known
OPTIONS = {"preset": "ultrafast", "threads": 1, "encoder_threads": 1, "percentiles": [1, 99]}

_RENDER = """
import json, resource, sys, time
import heatvid._jobs.render, heatvid
source, output, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])

def cpu(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime

own, since = cpu(resource.RUSAGE_SELF), time.perf_counter()
made = heatvid.render(source, output, overwrite=True, progress=False, **options)
seconds = time.perf_counter() - since
own, workers = cpu(resource.RUSAGE_SELF) - own, cpu(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "seconds": seconds, "own": own, "workers": workers,
    "measuring": made.seconds["statistics"], "joining": made.seconds.get("joining", 0.0)}))
"""


def measured(folder: Path, clip: tuple[int, int, int] = CLIP) -> dict[str, dict[str, float]]:
    """Render one video whole, in a few segments and in many, on as many workers as cores."""
    source = folder / "long.npy"
    _scenes.write_fields(source, *clip)
    found = {"whole": _run(source, {})}
    for count in (FEW, MANY):
        found[f"{count} segments"] = _run(source, {"segments": count})
    source.unlink()
    return found


def _run(source: Path, more: dict[str, Any]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _RENDER, str(source), str(source.with_suffix(".mp4")),
         json.dumps({**OPTIONS, **more})],
        cwd=_measure.ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def projected(figures: dict[str, dict[str, float]], frames: int, workers: int = 64) -> str:
    """What as many workers as segments would take: what is common, and each one's share."""
    whole, few, many = (figures[name] for name in ("whole", f"{FEW} segments", f"{MANY} segments"))
    common, more = (max(0.0, many[name] - few[name]) / (MANY - FEW) for name in ("own", "workers"))
    serial = few["own"] + common * (workers - FEW)
    share = (whole["own"] + whole["workers"]) / workers + more
    one = whole["own"] + whole["workers"]
    return (
        f"{workers} workers of a core each, a segment for each: {frames} frames in "
        f"{serial + share:.2f} s, of which {serial:.2f} s in one process for all (opening, merging "
        f"limits, handing out, joining), where one core takes {one:.1f} s; a segment costs "
        f"{common * 1000:.0f} ms there and {more * 1000:.0f} ms of its worker"
    )
