"""Standard streams: progress on a terminal, readers that go away, streams full or closed."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import heatvid_process, posix
from tests.support.exr import save_exr


def _on_a_terminal(*arguments: str) -> tuple[int, str]:
    """Exit code, and what standard error shows on a terminal 100 columns wide."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "heatvid", *arguments], stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    shown = io.BytesIO()
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if not chunk:
            break
        shown.write(chunk)
    os.close(ours)
    return process.wait(), shown.getvalue().decode()


@posix
def test_progress_is_shown_on_a_terminal(data: np.ndarray) -> None:
    code, shown = _on_a_terminal("render", "data.npy", "-o", "out.mp4", "--batch-size", "1")
    assert code == 0
    for stage in ("statistics", "rendering"):
        last = [part for part in re.split(r"[\r\n]+", shown) if part.startswith(stage)][-1]
        assert re.match(rf"{stage}: 100%\|.*\| 6/6 \[\d\d:\d\d<\d\d:\d\d, .*frame/s\]", last), last


@posix
def test_progress_counts_every_pass_in_the_whole(data: np.ndarray) -> None:
    for command, stage in (
        (("render", "data.npy", "-o", "out.mp4", "--percentiles", "1", "99"), "statistics"),
        (("inspect", "data.npy"), "reading"),
    ):
        code, shown = _on_a_terminal(*command)
        assert code == 0
        last = [part for part in re.split(r"[\r\n]+", shown) if part.startswith(stage)][-1]
        bar = re.match(rf"{stage}: 100%\|.*\| (\d+)/(\d+) ", last)
        assert bar is not None, last
        assert bar[1] == bar[2]
        assert int(bar[1]) > len(data)
        assert int(bar[1]) % len(data) == 0


@posix
@pytest.mark.parametrize("flag", ["--quiet", "--no-progress"])
def test_progress_is_not_shown_where_it_is_not_wanted(flag: str, data: np.ndarray) -> None:
    assert _on_a_terminal("render", "data.npy", "-o", "out.mp4", flag) == (0, "")


def test_progress_is_not_shown_in_a_pipe(data: np.ndarray) -> None:
    done = heatvid_process("render", "data.npy", "-o", "out.mp4")
    assert (done.returncode, done.stderr) == (0, "")


@posix
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["cmaps"], ["cmaps", "virid"]])
def test_a_reader_that_goes_away_is_no_error(arguments: list[str], unbuffered: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "heatvid", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait() == 0


WRITING = ["render data.npy -o out.mp4", "cmaps virid -o out.png"]
SHOWING = ["inspect data.npy", "cmaps", "--version", "--help"]
full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


def printing_to(where: str, line: str, unbuffered: str = "") -> tuple[int, str]:
    """Run a command whose standard output leads elsewhere; its exit code, what it says of that."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m heatvid {line} {where}', sys.executable],
        capture_output=True, text=True, env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    assert done.stdout == ""
    return done.returncode, done.stderr


@full
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("line", SHOWING)
def test_what_was_asked_for_and_cannot_be_printed_is_an_error(
    line: str, unbuffered: str, data: np.ndarray
) -> None:
    code, said = printing_to(">/dev/full", line, unbuffered)
    assert code == 1
    assert said.startswith("heatvid: error: standard output cannot be written: no space left on")
    assert said.count("\n") == 1


@full
@pytest.mark.parametrize("line", WRITING)
def test_a_summary_that_cannot_be_printed_leaves_the_exit_code_of_a_whole_output(
    line: str, data: np.ndarray
) -> None:
    code, said = printing_to(">/dev/full", line)
    assert code == 0
    assert re.fullmatch(
        "heatvid: warning: standard output cannot be written: no space left [^\n]*; the output is "
        "whole\n",
        said,
    )
    assert {"out.mp4", "out.png"} & set(os.listdir())


@posix
@pytest.mark.parametrize("where", [">&-", "2>&- >&- <&-", "| true"])
@pytest.mark.parametrize("line", [*WRITING, *SHOWING])
def test_closed_streams_change_no_exit_code_and_no_output(
    line: str, where: str, data: np.ndarray
) -> None:
    assert printing_to(where, line) == (0, "")
    for name in {"out.mp4", "out.png"} & set(os.listdir()):
        head = Path(name).read_bytes()[:8]
        assert head in (b"\x89PNG\r\n\x1a\n", b"\0\0\0\x20ftyp"), head


@posix
@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
def test_an_error_without_a_place_keeps_its_exit_code(stderr: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m heatvid inspect missing.npy {stderr}', sys.executable],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")


def test_what_a_library_prints_of_a_damaged_file_is_left_out_but_with_debug(tmp_path: Path) -> None:
    save_exr(tmp_path / "x.exr", np.random.default_rng(0).integers(0, 99, (40, 50)).astype("f4"))
    content = bytearray((tmp_path / "x.exr").read_bytes())
    content[600:1500] = bytes(900)
    (tmp_path / "x.exr").write_bytes(content)
    done = heatvid_process("inspect", str(tmp_path / "x.exr"))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"heatvid: error: \S*x\.exr: cannot be read \([^\n]*\n", done.stderr), done
    shown = heatvid_process("inspect", str(tmp_path / "x.exr"), "--debug").stderr
    assert "Traceback" in shown
