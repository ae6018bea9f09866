"""PNG sequences that are interrupted or killed while their files are exchanged, and the next start.

``python -m tests.harness.commits --count 200``: a child has written thousands of files and begins
to give them their names, in place of as many; signals or a SIGKILL come at random times within
that. After the next start one sequence or the other stands there as a whole, the user's own files
are untouched, and nothing else is left.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from heatvid._encode.output_sequence import OutputSequence, check_sequence
from tests.harness.processes import WAYS, Ended, contents, heed_interrupts, run, shortest

PROGRAM = """
import os, struct, sys, time
import numpy as np
from heatvid._canvas import Canvas
from heatvid._encode.output_sequence import OutputSequence
from heatvid._encode.png import png_chunks
from heatvid._signals import until_signalled

path, count, gray, mode = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]

def command():
    sequence = OutputSequence(path, overwrite=True)
    frame, canvas = np.full(1, gray, np.uint8), Canvas("gray", 1, 1)
    for i in range(count):
        with open(sequence.path_of(i), "wb") as file:
            file.write(b"".join(png_chunks(frame, canvas, i)))
    os.write(1, b".")
    since = time.perf_counter()
    try:
        sequence.commit(count)
    finally:
        sequence.discard()
    print(time.perf_counter() - since)
    return 0

sys.exit(command() if mode == "library" else until_signalled(command, for_good=True))
"""
USERS = {"99999.png": b"the user's", "00000.txt": b"and this"}


class Commits:
    """Two sequences, in turn, under one pattern, among files of the user's.

    Parameters
    ----------
    folder : Path
        Empty.
    count : int
        Files of the longer one.
    seed : int
    """

    def __init__(self, folder: Path, count: int, seed: int) -> None:
        self.folder, self.random = folder, random.Random(seed)
        self.counts = (count, count - count // 6)
        for name, text in USERS.items():
            (folder / name).write_bytes(text)
        self.wanted = []
        self.seconds = 0.0
        for turn in (0, 1):
            ended = self._commit(turn, "command", [], 0.0)
            assert (ended.code, ended.said) == (0, ""), ended
            self.seconds = max(self.seconds, ended.seconds)
            self.wanted.append(contents(folder))
            assert len(self.wanted[turn]) == self.counts[turn] + len(USERS)
        self.stands = 1

    def _commit(
        self, turn: int, mode: str, signums: list[int], delay: float, gap: float = 0.0
    ) -> Ended:
        arguments = [str(self.folder / "%05d.png"), str(self.counts[turn]), str(turn), mode]
        return run(PROGRAM, arguments, signums, delay, gap)

    def trial(self, way: str, mode: str) -> tuple[str, list[str]]:
        """Cut one commit short; what stands there after the next start, and what is wrong."""
        turn = 1 - self.stands
        delay, gap = shortest(self.random, self.seconds), self.random.choice([0, 0.002, 0.02])
        ended = self._commit(turn, mode, WAYS[way], delay, gap)
        if ended.code < 0:  # at once: by SIGKILL, or by SIGTERM where nothing handles it
            self._start_next()
        found = contents(self.folder)
        stands = next((i for i, wanted in enumerate(self.wanted) if wanted == found), None)
        faults = []
        if stands is None:
            short = [len(set(wanted.items()) - set(found.items())) for wanted in self.wanted]
            more = sorted(set(found) - set(self.wanted[0]))[:4]
            faults.append(f"of the two sequences {short} files are missing; left is {more}")
        if "still ran" in ended.said:
            faults.append(ended.said)
        outcome = "damaged" if stands is None else "new" if stands == turn else "old"
        self.stands = self.stands if stands is None else stands
        at = f"{mode}, {way} after {delay:.4f} s and {gap:g} s, exit code {ended.code}: "
        return f"{way} {outcome}", [at + fault for fault in faults]

    def _start_next(self) -> None:
        path = self.folder / "%05d.png"
        if self.random.random() < 0.5:
            check_sequence(path, overwrite=True)
        else:
            OutputSequence(path, overwrite=True).discard()


def cut_short(count: int, files: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Run ``count`` trials of so many files; outcomes, and all that was wrong."""
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    ways = [*WAYS, "KILL", "KILL", "KILL"]
    with tempfile.TemporaryDirectory() as folder:
        commits = Commits(Path(folder), files, seed)
        for i in range(count):
            mode = "library" if i // len(ways) % 2 else "command"
            outcome, wrong = commits.trial(ways[i % len(ways)], mode)
            outcomes[outcome] += 1
            faults += wrong
            if wrong:
                sys.stdout.write("\n".join(wrong) + "\n")
                sys.stdout.flush()
    return outcomes, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    heed_interrupts()
    outcomes, faults = cut_short(given.count, given.files, given.seed)
    said = dict(sorted(outcomes.items()))
    sys.stdout.write(f"{given.count} trials of {given.files} files: {said}; {len(faults)} faults\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
