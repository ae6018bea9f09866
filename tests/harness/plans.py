"""Random plans, rendered by two backends: the same bytes or the same refusal, and no warning.

A few are rendered with the tests; many by hand::

    python -m tests.harness.plans --count 20000

Each plan follows from the seed and its number, so that one that fails can be looked at alone:
``--seed 0 --first 1234 --count 1``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import OptionError
from heatvid._options.options import make_options
from tests.support.agreement import outcome
from tests.support.backends import CANDIDATES, make_backend, missing

DTYPES = [np.dtype(code) for code in "?bBhHiIlLefd"]
ODD = [0.0, -0.0, 1.0, -1.0, 0.5, 255.0, 256.0, 1e-320, 5e-324, 1e-50, 1e-38, 65_504.0, 3.4e38,
       -3.4e38, 1e200, 1e308, -1e308, 1.7e308, 1e9, np.nan, np.inf, -np.inf]  # fmt: skip
COLORS = ["red", "white", "transparent", "#0a14c880", (0.2, 0.4, 0.6, 0.25), (9, 8, 7)]
CMAPS = ["viridis", "gray", "tab10", "twilight", "cmocean:balance", ["red", "lime"], ["#010203"]]
CHANNELS = [None, None, None, None, "argmax", "max", "mean", "norm", "rgb", "flow", 1]
NORMS = ["linear", "centered", "log", "inverse", "symlog", "power", "sigmoid", "identity", "labels"]
FORMATS = ["rgb24", "yuv420p", "yuv444p", "nv12", "gray", "gray16le"]
BLENDS = ["over", "multiply", "screen", "lighten", "darken", "add"]


class Dice:
    """One random plan."""

    def __init__(self, seed: int, number: int) -> None:
        self.rng = np.random.default_rng((seed, number))
        self.options: dict[str, Any] = {}

    def once_in(self, n: int) -> bool:
        return bool(self.rng.integers(n) == 0)

    def one_of(self, choices: list[Any]) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def number(self) -> float:
        """A number as limits are, or an odd one; finite in most cases."""
        if self.once_in(3):
            return float(self.one_of(ODD))
        return float(np.round(self.rng.normal() * self.one_of([1, 10, 300]), 2))

    def pair(self) -> tuple[float, float]:
        low, high = sorted([self.number(), self.number()])
        return (low, high)

    def frames(self) -> NDArray[Any]:
        """Two or three frames, shape (n, h, w) or (n, h, w, C), some values odd."""
        channel = self.one_of(CHANNELS)
        shape = [int(self.rng.integers(1, 4)), *self.rng.integers(1, 40, 2).tolist()]
        if channel is not None:
            shape.append({"rgb": 3, "flow": 2}.get(channel) or int(self.rng.integers(2, 6)))
            self.options["channel"] = channel
        self.options["layout"] = "THW" if channel is None else "THWC"
        dtype = self.one_of(DTYPES)
        values = self.rng.normal(size=shape) * self.one_of([0.4, 3, 60, 1e6]) + self.one_of([0, 9])
        values = np.rint(values) if self.once_in(3) else values
        with np.errstate(all="ignore"):
            if dtype.kind in "iu":
                ends = np.iinfo(dtype)
                made = values.clip(max(ends.min, -1e15), min(ends.max, 1e15)).astype(dtype)
                made[self.rng.random(shape) < 0.02 * self.rng.integers(2)] = ends.max
                made[self.rng.random(shape) < 0.02 * self.rng.integers(2)] = ends.min
                return np.asarray(made)
            for _ in range(int(self.rng.integers(4))):
                share = self.one_of([0.02, 0.3, 1.0])
                values[self.rng.random(shape) < share] = self.one_of(ODD)
            return np.asarray(values.astype(dtype))

    def give(self, name: str, value: Any, once_in: int = 6) -> None:
        if self.once_in(once_in):
            self.options[name] = value

    def look(self) -> None:
        """Options of values and colours."""
        self.give("norm", self.one_of(NORMS), 2)
        norm = self.options.get("norm")
        if norm == "power":
            self.give("gamma", self.one_of([0.01, 0.5, 2, 50]), 1)
        if norm == "symlog":
            self.give("linthresh", self.one_of([1e-300, 1e-38, 0.1, 3, 1e308]), 2)
        if norm == "centered":
            self.give("center", self.number(), 2)
        if norm == "labels" or self.options.get("channel") == "argmax":
            labels = self.rng.integers(-40, 300, 3).tolist()
            self.give("label_colors", {label: self.one_of(COLORS) for label in labels}, 2)
            self.give("outlines", int(self.rng.integers(1, 4)), 3)
        else:
            self.give("vmin", self.number(), 4)
            self.give("vmax", self.number(), 4)
            self.give("scope", self.one_of(["frame", "running"]), 3)
            self.give("percentiles", (5, 90))
            self.give("smooth", self.one_of([0.4, 1.5, 6]))
            self.give("alpha_ramp", self.pair())
        self.give("cmap", self.one_of(CMAPS), 2)
        for name in ("under", "over", "bad"):
            self.give(name, self.one_of(COLORS))

    def placing(self) -> None:
        """Options of what lies under the field, and of the output."""
        self.give("pix_fmt", self.one_of(FORMATS), 2)
        self.give("range", self.one_of(["tv", "pc"]), 4)
        self.give("alpha", float(self.rng.random()), 3)
        if self.once_in(2):
            size = self.rng.integers(1, 40, 2).tolist()
            under = self.rng.integers(0, 256, (*size, 3)).astype(np.uint8)
            self.options["background"] = under
            self.give("fit", self.one_of(["stretch", "letterbox", "crop"]), 2)
            self.give("resample", self.one_of(["nearest", "bilinear", "bicubic"]), 2)
            self.give("place", self.one_of(["0,0,1,1", "50%,0,50%,50%", "20%,30%,70%,60%"]))
            self.give("blend", self.one_of(BLENDS), 2)
        elif self.once_in(4):
            self.options["background"] = "white"
        mask = self.rng.uniform(-0.1, 1.1, self.rng.integers(1, 40, 2)).astype(np.float32)
        mask = mask.clip(0, 1)
        mask[self.rng.random(mask.shape) < 0.05] = np.nan
        self.give("alpha_mask", mask, 5)

    def mend(self) -> None:
        """Drop options that mean nothing beside the others, one after the other."""
        while True:
            try:
                make_options(self.options)
            except OptionError as error:
                name = str(error).partition(":")[0]
                if self.options.pop(name, None) is None:
                    return
            else:
                return


def plan(seed: int, number: int) -> tuple[NDArray[Any], dict[str, Any]]:
    """Predictions and options, by their number."""
    dice = Dice(seed, number)
    frames = dice.frames()
    dice.look()
    dice.placing()
    if not dice.once_in(8):
        dice.mend()
    return frames, dice.options


def differs(seed: int, number: int, names: tuple[str, str]) -> tuple[str | None, str]:
    """What is wrong with a plan, or None; and what became of it."""
    frames, options = plan(seed, number)
    by_name = {candidate.name: candidate for candidate in CANDIDATES}
    try:
        one, other = (outcome(frames, dict(options), make_backend(by_name[n])) for n in names)
    except Exception as error:
        return f"{type(error).__name__}: {error}", "foreign"
    kind = "refused" if isinstance(one, str) else "rendered"
    if isinstance(one, str) or isinstance(other, str):
        same = isinstance(one, str) and isinstance(other, str) and one == other
        said = [text if isinstance(text, str) else "rendered" for text in (one, other)]
        return (None if same else " / ".join(said)), kind
    bytes_apart = int((one != other).sum())
    return (f"{bytes_apart} bytes differ" if bytes_apart else None), kind


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--backends", nargs=2, default=("numpy", "numba"))
    asked = parser.parse_args()
    for candidate in CANDIDATES:
        if candidate.name in asked.backends and missing(candidate) is not None:
            say(f"{candidate.name}: {missing(candidate)}")
            return 2
    since, kinds, wrong = time.perf_counter(), Counter[str](), 0
    for number in range(asked.first, asked.first + asked.count):
        problem, kind = differs(asked.seed, number, tuple(asked.backends))
        kinds[kind] += 1
        if problem is not None:
            wrong += 1
            frames, options = plan(asked.seed, number)
            say(f"plan {number}: {problem}\n  {frames.dtype} {frames.shape} {_short(options)}")
    seconds = time.perf_counter() - since
    say(f"{asked.count} plans, {wrong} wrong, {dict(kinds)}, {seconds:.0f} s")
    return 1 if wrong else 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _short(options: dict[str, Any]) -> dict[str, Any]:
    return {
        name: f"array {value.shape}" if isinstance(value, np.ndarray) else value
        for name, value in options.items()
    }


if __name__ == "__main__":
    sys.exit(main())
