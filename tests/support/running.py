"""``heatvid render`` in a process of its own, for tests of how it ends; and what it leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.support.videos import only

PATIENCE_SECONDS = 5.0  # the aim is one second; this is for busy machines
START_SECONDS = 30.0
Recorder = Callable[[float], None]


def processes(path: Path) -> list[int]:
    """Ids of the ffmpeg processes whose command line names ``path``."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        named = any(os.fsencode(path) in word for word in words[1:])
        if named and b"ffmpeg" in os.path.basename(words[0]):
            found.append(int(entry.name))
    return found


def long_npy(folder: Path) -> Path:
    """Frames of zeros, 26 GB of them, that take no place on the disk."""
    path = folder / "long.npy"
    header = np.lib.format.open_memmap(path, "w+", np.float32, (1, 256, 256))
    del header
    with open(path, "r+b") as file:
        start = file.read(128).replace(b"(1, 256, 256), }     ", b"(100000, 256, 256), }")
        file.seek(0)
        file.write(start)
        file.truncate(128 + 100_000 * 256 * 256 * 4)
    return path


class Running:
    """``heatvid render`` in a process of its own, past its start."""

    def __init__(
        self,
        output: Path,
        *arguments: object,
        program: str | None = None,
        encodes: bool = True,  # else its name is claimed, and there is no encoder yet
    ) -> None:
        command = ["-m", "heatvid", "render"] if program is None else ["-c", program]
        end = ["-o", output, "--overwrite"] if program is None else [output]
        words = [sys.executable, *command, *arguments, *end]
        self.process = subprocess.Popen(
            [str(word) for word in words], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.output = output
        self._await(lambda: processes(output.parent) if encodes else len(only(output.parent)) > 1)

    def _await(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.3)  # well into it

    def decoder(self, background: Path) -> int:
        """The process that decodes the background (others only measured it)."""
        self._await(lambda: any(_decodes(pid) for pid in processes(background)))
        return next(pid for pid in processes(background) if _decodes(pid))

    def ended(self, since: float, record: Recorder) -> tuple[int, str]:
        """Exit code and standard error, if it ends in time."""
        try:
            _, said = self.process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        record(time.monotonic() - since)
        return self.process.returncode, said


def _decodes(pid: int) -> bool:
    try:
        return b"rawvideo" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.2)


FIXED = ("--vmin", "0", "--vmax", "1")
INTERRUPTED = (130, "heatvid: interrupted; no file was written\n")
