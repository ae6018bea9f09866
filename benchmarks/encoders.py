"""Encoder settings on eight kinds of pictures: processor time, bytes, and every error, in one run.

Heatvid's defaults stand beside x264's medium at crf 18, what they have to equal, and beside each
codec at some speeds and qualities. Of every kind of pictures the settings that nothing beats, in
time, bytes and error at once, are the frontier. ``heatvid/_encode/tuning.py`` and the qualities in
``codecs.py`` hold what was found here. Held to, at 1080p, against medium: no less PSNR (0.05 dB),
no worse blocks, at most 1.05 of the bytes, and at most 0.22 of the processor time for smooth
fields, 0.30 for textured ones and 0.60 over pictures.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from benchmarks import _measure
from benchmarks._encoder_runs import Outcome, encode
from benchmarks._encoder_scenes import CONTENT, KINDS, planes
from benchmarks._scenes import Bytes

DEFAULT, USUAL = "heatvid", "x264 medium"
MOST_CPU = {"smooth": 0.22, "textured": 0.30, "pictures": 0.60}
MOST_BYTES, LEAST_PSNR, WORSE_BLOCKS = 1.05, -0.05, 0.1


@dataclass(frozen=True)
class Setting:
    """A way to encode: its name, ffmpeg's options, the suffix, and what decodes it."""

    name: str
    options: tuple[str, ...]
    suffix: str = ".mp4"


def main(arguments: Sequence[str]) -> int:
    """Measure, print and save; the exit code is 1 when a demand is missed."""
    options = _parse(arguments)
    results: dict[str, dict[str, list[Outcome]]] = {}
    for kind in options.kind or KINDS:
        print(f"\n{kind}: making the pictures", flush=True)
        pictures = planes(kind, options.frames, *options.size)
        settings = _settings(kind, pictures, options)
        results[kind] = _measure_in_turns(settings, pictures, options)
    missed = [line for kind, found in results.items() for line in _missed(kind, found)]
    for line in missed:
        print(f"missed: {line}")
    given = {name: value for name, value in vars(options).items() if name != "output"}
    summary = {
        kind: {name: _row(outcomes, found[USUAL]) for name, outcomes in found.items()}
        for kind, found in results.items()
    }
    _measure.save("encoders", given, {}, summary, options.output, missed=missed)
    return int(bool(missed))


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks encoders", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3, help="of the two that are compared")
    parser.add_argument("--size", type=int, nargs=2, default=[1080, 1920], metavar=("H", "W"))
    parser.add_argument("--kind", choices=tuple(KINDS), action="append", help="default all")
    parser.add_argument("--preset", nargs="*", default=["ultrafast", "veryfast", "faster", "slow"],
                        help="of x264, measured beside the default")  # fmt: skip
    parser.add_argument("--codec", nargs="*", default=["hevc", "av1", "vp9"],
                        help="measured beside x264 at two qualities and speeds")  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, help="default benchmarks/results/encoders.json"
    )
    return parser.parse_args(arguments)


def _settings(kind: str, pictures: Bytes, options: argparse.Namespace) -> list[Setting]:
    """What is measured: the default, what it replaces, and the others' speeds and qualities."""
    found = [
        Setting(DEFAULT, _heatvid(kind, pictures, options.size)),
        Setting(USUAL, _heatvid(kind, pictures, options.size, preset="medium")),
    ]
    found += [
        Setting(f"x264 {preset}", _heatvid(kind, pictures, options.size, preset=preset))
        for preset in options.preset
    ]
    for codec in options.codec:
        suffix = ".webm" if codec == "vp9" else ".mp4"
        for preset in ("auto", "medium"):
            for quality in (1.0, 2.0):
                words = _heatvid(
                    kind, pictures, options.size, codec=codec, preset=preset, quality=quality
                )
                found.append(Setting(f"{codec} {preset} quality {quality:g}", words, suffix))
    return found


def _heatvid(kind: str, pictures: Bytes, size: Sequence[int], **options: Any) -> tuple[str, ...]:
    """Heatvid's own options of the encoder, for these pictures."""
    from heatvid._canvas import Canvas
    from heatvid._encode.arguments import codec_options
    from heatvid._encode.settings import OutputSettings
    from heatvid._encode.tuning import detail

    canvas = Canvas("yuv420p", *size)
    content: Any = CONTENT[kind] if CONTENT[kind] in ("labels", "pictures") else "field"
    settings = OutputSettings("x.mp4", canvas, Fraction(30), content=content, **options)
    row = settings.encoders[0]
    seen = detail(pictures[0], canvas) if settings.looks(row) else None
    return ("-c:v", row.encoder, *codec_options(settings, row, seen))


def _measure_in_turns(
    settings: Sequence[Setting], pictures: Bytes, options: argparse.Namespace
) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {setting.name: [] for setting in settings}
    for turn in range(options.rounds):
        for setting in settings if turn == 0 else settings[:2]:
            outcome = encode(pictures, *options.size, setting.options, suffix=setting.suffix)
            found[setting.name].append(outcome)
    usual = found[USUAL]
    for name, outcomes in found.items():
        row = _row(outcomes, usual)
        print(
            f"  {name:26} {row['cpu']:5.2f} of the time, {row['bytes']:5.2f} of the bytes, "
            f"{row['psnr']:+6.2f} dB, worst {row['worst_luma']:4.1f} / {row['worst_chroma']:4.1f},"
            f" shown {row['shown']:4.2f}{'  frontier' if _unbeaten(name, found) else ''}",
            flush=True,
        )
    return found


def _row(outcomes: Sequence[Outcome], usual: Sequence[Outcome]) -> dict[str, float]:
    """Medians; time and bytes as parts of the usual setting's, and PSNR above it."""
    one, base = (_median(each) for each in (outcomes, usual))
    return {
        "cpu": one.cpu_ms / base.cpu_ms,
        "bytes": one.kilobytes / base.kilobytes,
        "psnr": one.psnr - base.psnr,
        "worst_luma": one.worst_luma,
        "worst_chroma": one.worst_chroma,
        "shown": one.shown,
        "cpu_ms": one.cpu_ms,
        "kilobytes": one.kilobytes,
    }


def _median(outcomes: Sequence[Outcome]) -> Outcome:
    rows = [asdict(each) for each in outcomes]
    return Outcome(**{name: statistics.median(row[name] for row in rows) for name in rows[0]})


def _unbeaten(name: str, found: dict[str, list[Outcome]]) -> bool:
    """Whether no other setting takes less time and fewer bytes for less error."""
    own = _median(found[name])
    others = [_median(each) for other, each in found.items() if other != name]
    return not any(
        other.cpu_ms <= own.cpu_ms and other.kilobytes <= own.kilobytes and other.psnr >= own.psnr
        for other in others
    )


def _missed(kind: str, found: dict[str, list[Outcome]]) -> list[str]:
    """What the default does worse than it is held to."""
    own, usual = _row(found[DEFAULT], found[USUAL]), _row(found[USUAL], found[USUAL])
    most = MOST_CPU.get(CONTENT[kind])
    if most is None:
        return []
    lines = [
        (own["cpu"] > most, f"{own['cpu']:.2f} of the time, allowed {most}"),
        (own["bytes"] > MOST_BYTES, f"{own['bytes']:.2f} of the bytes, allowed {MOST_BYTES}"),
        (own["psnr"] < LEAST_PSNR, f"{own['psnr']:+.2f} dB, allowed {LEAST_PSNR}"),
        *(
            (own[name] > usual[name] + WORSE_BLOCKS, f"{name} {own[name]:.1f} of {usual[name]:.1f}")
            for name in ("worst_luma", "worst_chroma")
        ),
    ]
    return [f"{kind}: {line}" for bad, line in lines if bad]
