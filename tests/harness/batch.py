"""Batches that are killed at random moments, and continued: their outputs are an undisturbed run's.

``python -m tests.harness.batch --rounds 20``: each time SIGKILL takes the command, a worker, or an
ffmpeg of one, once or twice; then the command is run again with ``--continue`` until it ends well.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np

from heatvid._batch import marks
from tests.harness.processes import processes

TARGETS = ("command", "worker", "ffmpeg")
PATIENCE_SECONDS = 120.0


class Batches:
    """The same batch into one folder after another.

    Parameters
    ----------
    root : path
        Where all lies.
    dumps, frames : int
    """

    def __init__(self, root: Path, dumps: int, frames: int) -> None:
        self.root = root
        generator = np.random.default_rng(0)
        for i in range(dumps):
            data = generator.integers(0, 256, (frames, 128, 128), np.uint8)
            np.save(root / f"{i}.npy", data)

    def start(self, folder: str) -> subprocess.Popen[bytes]:
        """Start the command, or go on where it stopped."""
        given = ["-o", str(self.root / folder), "--jobs", "2", "--continue", "-q"]
        return subprocess.Popen(
            [sys.executable, "-m", "heatvid", "batch", f"{self.root}/*.npy", *given],
            stderr=subprocess.DEVNULL,
        )

    def contents(self, folder: str) -> dict[str, bytes]:
        """All that stands in a folder, but for what tells of the batch."""
        path = self.root / folder
        return {each.name: each.read_bytes() for each in path.iterdir() if each.is_file()
                and each.name not in ("batch.json", "index.html")}  # fmt: skip


def victims(target: str, command: int) -> list[int]:
    """The processes of a kind that a command has at this moment."""
    if target == "command":
        return [command]
    workers = [pid for pid in children(command) if b"spawn_main" in words_of(pid)]
    if target == "worker":
        return workers
    return [pid for worker in workers for pid in children(worker) if b"ffmpeg" in words_of(pid)]


def children(pid: int) -> list[int]:
    with suppress(OSError):
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return []


def words_of(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def disturbed(
    batches: Batches, folder: str, seconds: float, random_: random.Random
) -> Counter[str]:
    """Run a batch that is killed once or twice, and continue it to its end; tell what died."""
    killed: Counter[str] = Counter()
    wanted = random_.choice((1, 2))
    since = time.monotonic()
    while time.monotonic() - since < PATIENCE_SECONDS:
        command = batches.start(folder)
        if killed.total() < wanted:
            target = random_.choice(TARGETS)
            killed[target] += kill(command, target, random_.uniform(0, seconds), random_)
        if command.wait() == 0:
            if killed.total():
                return killed
            shutil.rmtree(batches.root / folder)  # it was over before
    raise TimeoutError(f"{folder}: did not end within {PATIENCE_SECONDS:g} s")


def kill(
    command: subprocess.Popen[bytes], target: str, delay: float, random_: random.Random
) -> bool:
    """Kill one process of a kind, the first that there is after ``delay`` seconds, if any."""
    with suppress(subprocess.TimeoutExpired):
        command.wait(delay)
    while command.poll() is None:
        if found := victims(target, command.pid):
            with suppress(ProcessLookupError):
                os.kill(random_.choice(found), signal.SIGKILL)
                return True
        time.sleep(0.002)
    return False


def differs(batches: Batches, folder: str, expected: dict[str, bytes]) -> str:
    """What is wrong in a folder once all processes are gone; empty where nothing is."""
    deadline = time.monotonic() + 30
    while left := processes(batches.root / folder):
        if time.monotonic() > deadline:
            return f"still runs: {left[0]}"
        time.sleep(0.1)
    found = batches.contents(folder)
    if found != expected:
        same = {name for name in found if found[name] == expected.get(name)}
        return f"not as undisturbed: {sorted((found.keys() | expected.keys()) - same)}"
    torn = [path.name for path in (batches.root / folder / marks.FOLDER).iterdir()
            if path.suffix == ".new"]  # fmt: skip
    return f"torn marks: {torn}" if torn else ""


def run(rounds: int, dumps: int, frames: int, seed: int) -> int:
    """Run all rounds; give how many ended otherwise than undisturbed."""
    random_ = random.Random(seed)
    wrong, killed = 0, Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        batches = Batches(Path(name), dumps, frames)
        since = time.monotonic()
        assert batches.start("alone").wait() == 0
        seconds = time.monotonic() - since
        expected = batches.contents("alone")
        assert len(expected) == dumps
        for i in range(rounds):
            now = disturbed(batches, f"round{i}", seconds, random_)
            killed += now
            if words := differs(batches, f"round{i}", expected):
                wrong += 1
                sys.stdout.write(f"round {i}, killed {dict(now)}: {words}\n")
            shutil.rmtree(batches.root / f"round{i}")
    sys.stdout.write(f"{rounds} rounds, killed {dict(killed)}: {wrong} wrong\n")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--dumps", type=int, default=12)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    return 1 if run(given.rounds, given.dumps, given.frames, given.seed) else 0


if __name__ == "__main__":
    raise SystemExit(main())
