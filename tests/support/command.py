"""The command, in a process of its own or in this one, and the line that it fails with."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from heatvid.cli import main

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX's names, pipes or terminals")


@contextmanager
def main_undone() -> Iterator[None]:
    """Undo what main() does to the process."""
    handler, shown = signal.getsignal(signal.SIGTERM), warnings.showwarning
    yield
    signal.signal(signal.SIGTERM, handler)
    warnings.showwarning = shown


def heatvid_process(*arguments: Any, **settings: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "heatvid", *arguments],
        capture_output=True, text=True, timeout=60, **settings,
    )  # fmt: skip


def refused(capsys: pytest.CaptureFixture[str], arguments: Sequence[Any], code: int = 2) -> str:
    """The one line that is said when a command fails."""
    assert main(list(arguments)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"heatvid: error: [^\n]*[^.\n]\n", err), err
    return err.removeprefix("heatvid: error: ").rstrip("\n")
