"""What rendering costs above the encoder alone, heat and overlay, processor time and speed.

The encoder alone gets ready planes of the same pictures through heatvid's own encoder process;
both run in turns, each in a fresh process. Held to: heat with the NumPy backend spends at most
7 CPU-ms a 1080p frame above the encoder alone (float32 file, preset ultrafast, crf 20).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

import imageio.v3 as iio

from benchmarks import _measure, _scenes
from benchmarks.tools._task import ALPHA

ALLOWED_CPU_MS = 7.0


def main(arguments: Sequence[str]) -> int:
    """Measure, print and save; the exit code is 1 when the demand is not met."""
    options = _parse(arguments)
    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as folder:
        cases = _make_cases(options, Path(folder))
        runs = _measure.run_in_turns(cases, options.rounds)
    summary = {kind: _compare(runs, kind, options.frames) for kind in ("heat", "overlay")}
    for kind, figures in summary.items():
        print(f"\n{kind}")
        for name, value in figures.items():
            print(f"  {name:34} {value:8.2f}")
    _measure.save("encoder_overhead", _settings(options), runs, summary, options.output)
    above = summary["heat"]["CPU-ms above the encoder"]
    print(
        f"\nheat: {above:.2f} CPU-ms a frame above the encoder; demanded at most {ALLOWED_CPU_MS}"
    )
    return int(above > ALLOWED_CPU_MS)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks encoder_overhead", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, nargs=2, default=[1080, 1920], metavar=("H", "W"))
    parser.add_argument("--preset", default="ultrafast")
    parser.add_argument("--crf", type=int, default=20)
    parser.add_argument("--backend", default="numpy")
    parser.add_argument("-o", "--output", type=Path, help="default benchmarks/results/NAME.json")
    return parser.parse_args(arguments)


def _settings(options: argparse.Namespace) -> dict[str, object]:
    return {name: value for name, value in vars(options).items() if name != "output"}


def _make_cases(options: argparse.Namespace, folder: Path) -> list[_measure.Case]:
    print("making the pictures", flush=True)
    height, width = options.size
    source, warm_up, image = folder / "fields.npy", folder / "few.npy", folder / "picture.png"
    _scenes.write_fields(source, options.frames, height, width)
    _scenes.write_fields(warm_up, 2, height, width)
    picture = _scenes.picture(height, width)
    iio.imwrite(image, picture)
    shared = {"source": source, "warm_up": warm_up, "frames": options.frames, "height": height,
              "width": width, "preset": options.preset, "crf": options.crf}  # fmt: skip
    cases = []
    for kind, background in (("heat", None), ("overlay", image)):
        planes = folder / f"{kind}-planes.npy"
        under = None if background is None else picture
        _scenes.write_planes(planes, height, width, under, ALPHA)
        render = {"backend": options.backend, "video": background, "warm_up_video": background}
        for name, module, own in (
            ("encoder", "floor", {"planes": planes}), ("render", "heatvid", render)
        ):  # fmt: skip
            given = {**shared, **own, "output": folder / f"{kind}-{name}.mp4"}
            plain = {k: str(v) if isinstance(v, Path) else v for k, v in given.items()}
            preparation = f"benchmarks.tools.{module}:prepare"
            cases.append(_measure.Case(f"{kind} {name}", preparation, plain))
    return cases


def _compare(runs: dict[str, list[_measure.Run]], kind: str, frames: int) -> dict[str, float]:
    encoder, render = runs[f"{kind} encoder"], runs[f"{kind} render"]

    def cpu_ms(of: list[_measure.Run]) -> float:
        return 1000 * _measure.median(of, "cpu_seconds") / frames

    def fps(of: list[_measure.Run]) -> float:
        return frames / _measure.median(of, "wall_seconds")

    def own_ms(of: list[_measure.Run]) -> float:
        return 1000 * _measure.median(of, "own_cpu_seconds") / frames

    # Neighbours in time, so that what else the machine does is in both.
    pairs = zip(encoder, render, strict=True)
    above = statistics.median(after.cpu_seconds - before.cpu_seconds for before, after in pairs)
    return {
        "encoder alone, CPU-ms a frame": cpu_ms(encoder),
        "encoder alone, ± CPU-ms": 1000 * _measure.spread(encoder, "cpu_seconds") / frames,
        "heatvid, CPU-ms a frame": cpu_ms(render),
        "heatvid, ± CPU-ms": 1000 * _measure.spread(render, "cpu_seconds") / frames,
        "CPU-ms above the encoder": 1000 * above / frames,
        "of it outside ffmpeg, CPU-ms": own_ms(render) - own_ms(encoder),
        "encoder alone, fps": fps(encoder),
        "heatvid, fps": fps(render),
        "fps of the encoder's, %": 100 * fps(render) / fps(encoder),
    }
