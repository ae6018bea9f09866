"""Signals and dead processes end a render at once, with one line and nothing left."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from heatvid._encode.output_file import temporary_name
from tests.support.running import (
    FIXED,
    INTERRUPTED,
    PATIENCE_SECONDS,
    Recorder,
    Running,
    long_npy,
    processes,
    stop,
)
from tests.support.videos import ffmpeg, only

pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="finds processes by Linux's /proc"
)


@pytest.mark.parametrize("stage", ["statistics", "rendering", "encoder stopped"])
def test_an_interrupt_ends_it(stage: str, good: Path, tmp_path: Path, record: Recorder) -> None:
    encodes = stage != "statistics"
    running = Running(good, long_npy(tmp_path), *(FIXED if encodes else ()), encodes=encodes)
    assert bool(processes(good.parent)) == encodes
    if stage == "encoder stopped":
        stop(*processes(good.parent))
    since = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    assert running.ended(since, record) == INTERRUPTED


def test_an_interrupt_of_the_whole_group_ends_it_as_in_a_terminal(
    good: Path, tmp_path: Path, record: Recorder
) -> None:
    program = "import os, sys; os.setpgid(0, 0); from heatvid.cli import main; sys.exit(main())"
    arguments = ["render", long_npy(tmp_path), *FIXED, "--overwrite", "-o"]
    running = Running(good, *arguments, program=program)
    since = time.monotonic()
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.ended(since, record) == INTERRUPTED


def test_two_interrupts_leave_nothing_either(good: Path, tmp_path: Path, record: Recorder) -> None:
    running = Running(good, long_npy(tmp_path), *FIXED)
    since = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    time.sleep(0.005)
    running.process.send_signal(signal.SIGINT)
    code, _ = running.ended(since, record)
    assert code != 0


@pytest.fixture
def overlay(tmp_path: Path) -> tuple[Path, Path]:
    """A background video of 3000 frames, and predictions for it."""
    clip, data = tmp_path / "clip.mp4", tmp_path / "data.npy"
    ffmpeg("-f", "lavfi", "-i", "color=red:s=640x360:r=30", "-frames:v", "3000",
           "-c:v", "libx264", "-preset", "ultrafast", clip)  # fmt: skip
    np.save(data, np.zeros((3000, 9, 16), np.uint8))
    return data, clip


def test_an_interrupt_ends_it_while_a_background_is_waited_for(
    good: Path, overlay: tuple[Path, Path], record: Recorder
) -> None:
    data, clip = overlay
    running = Running(good, data, "-b", clip, "--preset", "veryslow")
    stop(running.decoder(clip))
    since = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    assert running.ended(since, record) == INTERRUPTED
    assert processes(clip) == []


def test_a_decoder_that_is_killed_is_an_error_about_the_background(
    good: Path, overlay: tuple[Path, Path], record: Recorder
) -> None:
    data, clip = overlay
    running = Running(good, data, "-b", clip, "--preset", "veryslow")
    since = time.monotonic()
    os.kill(running.decoder(clip), signal.SIGKILL)
    code, said = running.ended(since, record)
    assert code == 2
    assert re.fullmatch(r"heatvid: error: [^\n]*clip.mp4: [^\n]*SIGKILL\n", said)
    assert processes(clip) == []


def test_sigterm_ends_it(good: Path, tmp_path: Path, record: Recorder) -> None:
    running = Running(good, long_npy(tmp_path), *FIXED)
    since = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    assert running.ended(since, record) == (
        143,
        "heatvid: terminated; no file was written\n",
    )


def test_an_encoder_that_is_killed_is_an_error_that_says_so(
    good: Path, tmp_path: Path, record: Recorder
) -> None:
    running = Running(good, long_npy(tmp_path), *FIXED)
    since = time.monotonic()
    os.kill(*processes(good.parent), signal.SIGKILL)
    code, said = running.ended(since, record)
    assert code == 1
    assert re.fullmatch(
        rf"heatvid: error: {good}: ffmpeg was killed by SIGKILL after \d+ frames were written: "
        r"somebody ended it, or the system did, for want of memory\n",
        said,
    )


def run_python(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program), *map(str, arguments)],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip


def test_an_iterator_that_raises_ends_the_program_with_its_error(
    good: Path, record: Recorder
) -> None:
    since = time.monotonic()
    done = run_python(
        """
        import sys, numpy as np, heatvid
        def frames():
            for i in range(50):
                yield np.full((64, 64), i / 50)
            raise LookupError("mine")
        heatvid.render(frames(), sys.argv[1], vmin=0, vmax=1, overwrite=True, batch_size=4)
        """,
        good,
    )
    record(time.monotonic() - since)
    assert done.returncode == 1
    assert done.stderr.endswith("LookupError: mine\n")
    assert "During handling" not in done.stderr


def test_a_writer_that_is_never_closed_leaves_nothing_when_the_program_ends(good: Path) -> None:
    done = run_python(
        """
        import sys, numpy as np, heatvid
        video = heatvid.VideoWriter(sys.argv[1], vmin=0, vmax=1, overwrite=True, batch_size=2)
        for i in range(50):
            video.write(np.full((64, 64), i / 50))
        """,
        good,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_a_killed_program_leaves_is_replaced_by_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "out.mp4").write_bytes(b"good")
    running = Running(folder / "out.mp4", long_npy(tmp_path), *FIXED)
    running.process.kill()
    running.process.communicate()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while processes(folder) and time.monotonic() < deadline:  # ffmpeg sees the end of its input
        time.sleep(0.02)
    assert processes(folder) == []
    assert (folder / "out.mp4").read_bytes() == b"good"
    assert only(folder) == [temporary_name("out.mp4"), "out.mp4"]
    np.save(tmp_path / "short.npy", np.zeros((3, 8, 8)))
    done = subprocess.run(
        [sys.executable, "-m", "heatvid", "render", tmp_path / "short.npy", "-o",
         folder / "out.mp4", "--overwrite"],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert only(folder) == ["out.mp4"]
    assert (folder / "out.mp4").stat().st_size > 500


def test_two_renders_to_one_output_do_not_meet(good: Path, tmp_path: Path) -> None:
    running = Running(good, long_npy(tmp_path), *FIXED)
    np.save(tmp_path / "short.npy", np.zeros((3, 8, 8)))
    done = subprocess.run(
        [sys.executable, "-m", "heatvid", "render", tmp_path / "short.npy", "-o", good,
         "--overwrite"],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    running.process.send_signal(signal.SIGINT)
    running.process.communicate()
    assert done.returncode == 2
    assert "is being written by another job" in done.stderr
