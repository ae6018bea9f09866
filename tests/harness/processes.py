"""Signals for child processes at random times, and what folders and processes look like then."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

PATIENCE_SECONDS = 60.0
WAYS = {
    "INT": [signal.SIGINT],
    "TERM": [signal.SIGTERM],
    "INT+INT": [signal.SIGINT] * 2,
    "TERM+TERM": [signal.SIGTERM] * 2,
    "INT+TERM": [signal.SIGINT, signal.SIGTERM],
    "TERM+INT": [signal.SIGTERM, signal.SIGINT],
    "HUP": [signal.SIGHUP],
    "HUP+TERM": [signal.SIGHUP, signal.SIGTERM],
    "KILL": [signal.SIGKILL],
}


class Ended(NamedTuple):
    """How a child ended: exit code, standard error, and seconds from its mark on."""

    code: int
    said: str
    seconds: float


def heed_interrupts() -> None:
    """Let children heed SIGINT, which a shell's background ignores, and SIGHUP, which nohup has."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)  # what is not ignored is not passed on


def run(
    program: str, arguments: list[str], signums: list[int], delay: float, gap: float = 0.0
) -> Ended:
    """Start a Python program, and send it signals ``delay`` seconds after its first byte."""
    child = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with child:
        assert child.stdout is not None
        child.stdout.read(1)
        since = time.monotonic()
        try:
            for i, signum in enumerate(signums):
                _wait(child, gap if i else delay)
                child.send_signal(signum)
            _, said = child.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGABRT)
            _, said = child.communicate()
            said = f"still ran after {PATIENCE_SECONDS:g} s\n{said}"
        return Ended(child.returncode, said, time.monotonic() - since)


def _wait(child: subprocess.Popen[str], seconds: float) -> None:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def contents(folder: Path) -> dict[str, bytes]:
    """All that is in a folder, hidden folders by their names."""
    with os.scandir(folder) as entries:
        return {
            entry.name: b"folder" if entry.is_dir() else Path(entry.path).read_bytes()
            for entry in entries
        }


def processes(folder: Path) -> list[str]:
    """Command lines of the living processes that name something in the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(folder) in words:
                found.append(words.replace(b"\0", b" ").decode(errors="replace"))
    return found


def shortest(random_: random.Random, seconds: float) -> float:
    """A time within ``seconds``, or soon after."""
    return random_.uniform(0, seconds * 1.05)
