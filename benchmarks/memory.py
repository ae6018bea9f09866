"""Peak memory of a short and of a twenty times longer rendering.

Held to: the longer one takes at most 10 % more.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import _measure, _scenes

ALLOWED_RATIO = 1.1


def main(arguments: Sequence[str]) -> int:
    """Measure, print and save; the exit code is 1 when the demand is not met."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks memory", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--frames", type=int, default=30, help="of the shorter one")
    parser.add_argument("--factor", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, nargs=2, default=[540, 960], metavar=("H", "W"))
    parser.add_argument("--backend", default="numpy")
    parser.add_argument("-o", "--output", type=Path, help="default benchmarks/results/NAME.json")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as folder:
        cases = _make_cases(options, Path(folder))
        runs = _measure.run_in_turns(cases, options.rounds)
    short, long = (_measure.median(each, "peak_bytes") for each in runs.values())
    summary = {"short_bytes": short, "long_bytes": long, "ratio": long / short}
    settings = {name: value for name, value in vars(options).items() if name != "output"}
    _measure.save("memory", settings, runs, summary, options.output)
    for name, peak in zip(runs, (short, long), strict=True):
        print(f"{name:14} {peak / 2**20:8.1f} MiB")
    print(f"ratio {long / short:.3f}; demanded at most {ALLOWED_RATIO}")
    return int(long / short > ALLOWED_RATIO)


def _make_cases(options: argparse.Namespace, folder: Path) -> list[_measure.Case]:
    cases = []
    warm_up = folder / "few.npy"
    _scenes.write_fields(warm_up, 2, *options.size)
    for frames in (options.frames, options.frames * options.factor):
        source = folder / f"{frames}.npy"
        _scenes.write_fields(source, frames, *options.size)
        given = {
            "source": str(source),
            "warm_up": str(warm_up),
            "output": str(folder / f"{frames}.mp4"),
            "frames": frames,
            "height": options.size[0],
            "width": options.size[1],
            "preset": "ultrafast",
            "crf": 20,
            "backend": options.backend,
        }
        preparation = "benchmarks.tools.heatvid:prepare"
        cases.append(_measure.Case(f"{frames} frames", preparation, given))
    return cases
