"""Renders that are interrupted at random times, and what is left of them.

``python -m tests.harness.signals --count 2000``: videos, videos over a background and PNG files are
rendered by child processes with ``--overwrite``; single, doubled and mixed signals come at random
times over the whole life of each. Afterwards the old output is intact or the new one whole, no
process and no other file is left, exit code and words are right, and the next render works, for it
is the next trial.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import heatvid
from tests.harness.processes import WAYS, Ended, contents, heed_interrupts, processes, run, shortest

PROGRAM = """
import os, sys
from heatvid._signals import until_signalled

def command():
    os.write(1, b".")
    from heatvid.cli import run
    return run(sys.argv[1:])

sys.exit(until_signalled(command, for_good=True))
"""
SIDE, FRAMES = 64, 160
KINDS = ("video", "overlay", "png")
LINES = {
    (code, ended): f"heatvid: {how}; {what}\n"
    for code, how in (
        (130, "interrupted"),
        (143, "terminated"),
        (129, "terminated, as its terminal was closed"),
    )
    for ended, what in (("old", "no file was written"), ("new", "the output had been written"))
}


class Renders:
    """Two renders, in turn, to one output; each has its own frames and its own length.

    Parameters
    ----------
    folder : Path
        Empty.
    kind : {"video", "overlay", "png"}
    seed : int
    """

    def __init__(self, folder: Path, kind: str, seed: int) -> None:
        self.random = random.Random(seed)
        self.kind, self.out, self._inputs = kind, folder / "out", folder / "in"
        self.out.mkdir()
        self._inputs.mkdir()
        rng = np.random.default_rng(seed)
        self.wanted: list[dict[str, bytes]] = []
        self.seconds = 0.0
        for turn in (0, 1):
            frames = rng.random((FRAMES - 40 * turn, SIDE, SIDE), np.float32)
            np.save(self._inputs / f"{turn}.npy", frames)
            if kind == "overlay":
                heatvid.render(frames, self._inputs / f"{turn}.mp4", vmin=0, vmax=1)
            ended = self._render(turn, [], 0.0)
            assert (ended.code, ended.said) == (0, ""), ended
            self.seconds = max(self.seconds, ended.seconds)
            self.wanted.append(contents(self.out))
        self.stands, self.turn = 1, 0

    def _render(self, turn: int, signums: list[int], delay: float, gap: float = 0.0) -> Ended:
        name = "%05d.png" if self.kind == "png" else "out.mp4"
        arguments = ["render", str(self._inputs / f"{turn}.npy"), "-o", str(self.out / name)]
        arguments += ["--overwrite", "-q", "--preset", "ultrafast"]
        if self.kind == "overlay":  # with a pass for statistics
            arguments += ["-b", str(self._inputs / f"{turn}.mp4")]
        else:
            arguments += ["--vmin", "0", "--vmax", "1"]
        return run(PROGRAM, arguments, signums, delay, gap)

    def trial(self, way: str) -> tuple[str, list[str]]:
        """Interrupt one render; how it ended, and what is wrong with that."""
        turn = 1 - self.stands
        delay, gap = shortest(self.random, self.seconds), self.random.choice([0, 0.002, 0.02])
        ended = self._render(turn, WAYS[way], delay, gap)
        found = contents(self.out)
        stands = next((i for i, wanted in enumerate(self.wanted) if wanted == found), None)
        outcome = "damaged" if stands is None else "new" if stands == turn else "old"
        faults = []
        if stands is None:
            names = set(found) ^ set(self.wanted[0])
            faults.append(f"neither output is whole; names of one only: {sorted(names)[:5]}")
        else:
            self.stands = stands
        if left := processes(self.out.parent):
            faults.append(f"processes are left: {left}")
        right = ended.code == 0 and ended.said == "" and outcome == "new"
        if not right and LINES.get((ended.code, outcome)) != ended.said:
            faults.append(f"exit code {ended.code}, {outcome} output, said {ended.said!r}")
        elif ended.code and not {ended.code - 128} & set(WAYS[way]):
            faults.append(f"exit code {ended.code}")
        at = f"{self.kind}, {way} after {delay:.4f} s and {gap:g} s: "
        return f"{ended.code} {outcome}", [at + fault for fault in faults]


def interrupt(count: int, seed: int, jobs: int = 2) -> tuple[Counter[str], list[str]]:
    """Run ``count`` trials over all kinds and ways; outcomes, and all that was wrong."""
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    ways = [way for way in WAYS if way != "KILL"]

    def interrupt_kind(kind: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            renders = Renders(Path(folder), kind, seed)
            for i in range(-(-count // len(KINDS))):
                outcome, wrong = renders.trial(ways[i % len(ways)])
                outcomes[outcome] += 1
                faults.extend(wrong)
                sys.stdout.writelines(f"{fault}\n" for fault in wrong)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(interrupt_kind, KINDS))
    return outcomes, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    heed_interrupts()
    outcomes, faults = interrupt(given.count, given.seed, given.jobs)
    sys.stdout.write(f"{outcomes.total()} trials: {dict(outcomes)}; {len(faults)} faults\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
