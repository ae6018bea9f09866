"""Peak memory of a short and of a many times longer rendering, of a .npy file or of any container.

Held to: the longer one takes at most a twentieth more. ``--container zarr --frames 400 --size 540
960 --factor 10 --cores 1`` compares files of 0.4 and of 4 GB on one core, say.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import _measure
from benchmarks._containers import CONTAINERS, Dump, write

ALLOWED_RATIO = 1.05


def main(arguments: Sequence[str]) -> int:
    """Measure, print and save; the exit code is 1 when the demand is not met."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks memory", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--frames", type=int, default=30, help="of the shorter one")
    parser.add_argument("--factor", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, nargs=2, default=[540, 960], metavar=("H", "W"))
    parser.add_argument("--container", choices=("npy", *CONTAINERS), action="append",
                        help="default npy; may be given several times")  # fmt: skip
    parser.add_argument("--cores", type=int, action="append",
                        help="to be used, default all; may be given several times")  # fmt: skip
    parser.add_argument("--backend", default="numpy")
    parser.add_argument("-o", "--output", type=Path, help="default benchmarks/results/NAME.json")
    options = parser.parse_args(arguments)
    runs: dict[str, list[_measure.Run]] = {}
    summary: dict[str, dict[str, float]] = {}
    for kind in options.container or ["npy"]:
        with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as folder:
            paths = _write_both(kind, Path(folder), options)
            for cores in options.cores or [None]:
                name = kind if cores is None else f"{kind}, cores {cores}"
                cases = [
                    _measure.Case(f"{name}, {each}", "benchmarks.memory:prepare", {
                        "path": str(path), "backend": options.backend, "cores": cores,
                    })
                    for each, path in paths.items()
                ]  # fmt: skip
                own = _measure.run_in_turns(cases, options.rounds)
                runs |= own
                summary[name] = _compare(name, own)
    settings = {name: value for name, value in vars(options).items() if name != "output"}
    _measure.save("memory", settings, runs, summary, options.output)
    return int(any(figures["ratio"] > ALLOWED_RATIO for figures in summary.values()))


def _write_both(kind: str, folder: Path, options: argparse.Namespace) -> dict[str, Path]:
    lengths = {"short": options.frames, "long": options.frames * options.factor}
    return {
        name: write(kind, folder, name, Dump(frames, *options.size))
        for name, frames in lengths.items()
    }


def _compare(name: str, runs: dict[str, list[_measure.Run]]) -> dict[str, float]:
    short, long = (_measure.median(each, "peak_bytes") for each in runs.values())
    print(
        f"{name}: {short / 2**20:.1f} and {long / 2**20:.1f} MiB, ratio {long / short:.3f}; "
        f"demanded at most {ALLOWED_RATIO}",
        flush=True,
    )
    return {"short_bytes": short, "long_bytes": long, "ratio": long / short}


def prepare(path: str, backend: str, cores: int | None) -> Callable[[], object]:
    """Import; the call renders the dump, with limits from all of it."""
    if cores is not None:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    import heatvid

    return lambda: heatvid.render(
        path, f"{path}.mp4", preset="ultrafast", backend=backend, overwrite=True, progress=False
    )
