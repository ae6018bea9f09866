"""PNG sequences whose process dies at a step of their exchange, at each step there is, and again.

``python -m tests.harness.deaths --files 6``: a process that changes a folder is killed by SIGKILL
before each of its steps in turn; one that brings that to its end is killed likewise, before each
of its own. Then the next start has to find one sequence or the other as a whole, and nothing else.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np

from heatvid._canvas import Canvas
from heatvid._encode.output_sequence import OutputSequence, check_sequence
from heatvid._encode.png import png_chunks
from tests.harness.processes import contents

# What Python tells of before it happens; the rest of what is done changes no folder.
STEPS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir"}
USERS = {"007.png": b"the user's", "0.txt": b"and this"}


def dies(step: int, work: Callable[[], object]) -> bool:
    """Do some work in a process that is killed before its step of that number, if it has so many.

    Returns
    -------
    bool
        Whether it was killed.
    """
    if pid := os.fork():
        _, status = os.waitpid(pid, 0)
        return os.WIFSIGNALED(status)
    left = step

    def kill(event: str, arguments: object) -> None:
        nonlocal left
        if event in STEPS:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(kill)
    try:
        work()
    finally:
        os._exit(0)


def begin(folder: Path, files: int, gray: int, *, overwrite: bool) -> OutputSequence:
    """Write the hidden files of a sequence."""
    sequence = OutputSequence(folder / "%d.png", overwrite=overwrite)
    frame, canvas = np.full(1, gray, np.uint8), Canvas("gray", 1, 1)
    for i in range(files):
        Path(sequence.path_of(i)).write_bytes(b"".join(png_chunks(frame, canvas, i)))
    return sequence


def write(folder: Path, files: int, gray: int, *, overwrite: bool) -> None:
    """Write a sequence."""
    sequence = begin(folder, files, gray, overwrite=overwrite)
    try:
        sequence.commit(files)
    finally:
        sequence.discard()


def check(folder: Path) -> None:
    """Look whether a sequence could be written, as a start of the command does."""
    check_sequence(folder / "%d.png", overwrite=True)


def claim(folder: Path) -> None:
    """Begin another sequence, and give it up."""
    OutputSequence(folder / "%d.png", overwrite=True).discard()


Start = Callable[[Path], None]
STARTS = (check, claim)


def deaths(old: int, new: int) -> Iterator[tuple[str, str]]:
    """Let ``new`` files take the place of ``old`` ones; yield each case and its outcome."""
    with tempfile.TemporaryDirectory() as root:
        before, after = Path(root, "before"), Path(root, "after")
        for folder in (before, after):
            folder.mkdir()
            for name, text in USERS.items():
                (folder / name).write_bytes(text)
        if old:
            write(before, old, 1, overwrite=True)
        write(after, new, 2, overwrite=True)
        wanted = {"old": contents(before), "new": contents(after)}
        for step in count(1):
            died = Path(root, "died")
            shutil.copytree(before, died)
            killed = dies(step, partial(write, died, new, 2, overwrite=old > 0))
            starts = STARTS[:: -1 if step % 2 else 1]
            for case, found in settled(died, starts) if killed else [("", contents(died))]:
                outcome = next((name for name in wanted if wanted[name] == found), None)
                outcome = outcome or f"damaged: {sorted(found)}"
                yield f"{new} for {old}, dead at {step}{case}", outcome
            shutil.rmtree(died)
            if not killed:
                return


def settled(died: Path, starts: Sequence[Start]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """What stands in copies of a folder after the next two starts; the first of them dies, too."""
    first, second = starts
    for step in count(1):
        copy = died.with_name("settled")
        shutil.copytree(died, copy, copy_function=os.link)  # what is linked stays linked
        killed = dies(step, partial(first, copy))
        if killed:
            second(copy)
        yield f", then at {step} of {first.__name__}", contents(copy)
        shutil.rmtree(copy)
        if not killed:
            return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=3)
    given = parser.parse_args()
    os.fsync = lambda fd: None  # a SIGKILL takes nothing from the system's own cache
    outcomes: Counter[str] = Counter()
    for old, new in ((given.files, given.files - 1), (given.files - 1, given.files), (0, 2)):
        for case, outcome in deaths(old, new):
            outcomes[outcome.partition(":")[0]] += 1
            if outcome.startswith("damaged"):
                sys.stdout.write(f"{case}: {outcome}\n")
    sys.stdout.write(f"{outcomes.total()} deaths: {dict(sorted(outcomes.items()))}\n")
    return 1 if outcomes["damaged"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
