"""Signals, dead processes and full disks end a render at once, with one line and nothing left."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from heatvid._encode.output_file import temporary_name
from tests.support.videos import ffmpeg, only

pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="finds processes by Linux's /proc"
)
PATIENCE_SECONDS = 5.0  # the aim is one second; this is for busy machines
START_SECONDS = 30.0
Recorder = Callable[[float], None]


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Recorder:
    """Note the seconds until the end, which ``pytest -rP`` shows."""
    name = request.node.name

    def write(seconds: float) -> None:
        sys.stdout.write(f"{name}: {seconds:.2f} s\n")

    return write


@pytest.fixture
def good(tmp_path: Path) -> Iterator[Path]:
    """An existing output that has to survive, alone in its folder, and used by no process."""
    folder = tmp_path / "good"
    folder.mkdir()
    path = folder / "out.mp4"
    path.write_bytes(b"good")
    yield path
    assert path.read_bytes() == b"good"
    assert only(folder) == ["out.mp4"]
    assert processes(folder) == []


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


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from heatvid.cli import main
sys.exit(main())
"""


def noise(folder: Path) -> Path:
    path = folder / "noise.npy"
    np.save(path, np.random.default_rng(0).integers(0, 256, (120, 256, 256), np.uint8))
    return path


def test_a_file_that_may_grow_no_further_is_an_error_that_says_so(
    good: Path, tmp_path: Path, record: Recorder
) -> None:
    since = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, "render", noise(tmp_path), "--overwrite", "-o", good],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    record(time.monotonic() - since)
    assert done.returncode == 1
    assert re.fullmatch(r"heatvid: error: [^\n]*file system or a limit[^\n]*\n", done.stderr)


FEW_FILES = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv.pop(1)), 4096))
from heatvid.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("name", ["out.mp4", "%d.png"])
def test_too_few_descriptors_are_an_error_that_says_so(
    tmp_path: Path, name: str, record: Recorder
) -> None:
    np.save(tmp_path / "data.npy", np.zeros((4, 16, 16), np.uint8))
    outcomes = []
    for count in range(6, 20):
        done = subprocess.run(
            [sys.executable, "-c", FEW_FILES, f"{count}", "render", tmp_path / "data.npy", "-q",
             "-o", tmp_path / "out" / name],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        said = re.search("error: .*too many open files; close some", done.stderr, re.IGNORECASE)
        assert (done.returncode, done.stderr) == (0, "") or said, (count, done)
        assert (tmp_path / "out").exists() == (done.returncode == 0)
        outcomes.append(done.returncode == 0)
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
    assert set(outcomes) == {False, True}


@pytest.mark.parametrize("name", ["out.mp4", "%d.png", "0.png"])
@pytest.mark.parametrize("more", [[], ["--overwrite"]])
def test_a_current_folder_that_is_deleted_is_needed_by_no_whole_path(
    tmp_path: Path, name: str, more: list[str]
) -> None:
    np.save(tmp_path / "data.npy", np.zeros((1, 16, 16), np.uint8))
    (tmp_path / "out").mkdir()
    for output, code in ((tmp_path / "out" / name, 0), (name, 2)):
        gone = tmp_path / "gone"
        gone.mkdir()
        program = f"import os; os.chdir({os.fspath(gone)!r}); os.rmdir({os.fspath(gone)!r})"
        done = subprocess.run(
            [sys.executable, "-c", f"{program}\nfrom heatvid.__main__ import main; exit(main())",
             "render", tmp_path / "data.npy", "-q", "-o", output, *more],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
    assert done.stderr == (
        f"heatvid: error: {name}: the current directory has been deleted; change to another one\n"
    )
    assert len(only(tmp_path / "out")) == 1


def test_a_full_disk_is_an_error_that_says_so(tmp_path: Path, record: Recorder) -> None:
    disk, data = tmp_path / "disk", noise(tmp_path)
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be made: {mounted.stderr.strip()}")
    try:
        (disk / "out.mp4").write_bytes(b"good")
        since = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "heatvid", "render", data, "--overwrite", "-o",
             disk / "out.mp4"],
            capture_output=True, text=True, timeout=30,
        )  # fmt: skip
        record(time.monotonic() - since)
        assert done.returncode == 1
        assert re.fullmatch(r"heatvid: error: [^\n]*no space left on device[^\n]*\n", done.stderr)
        assert only(disk) == ["out.mp4"]
        assert (disk / "out.mp4").read_bytes() == b"good"
    finally:
        subprocess.run(["umount", disk], check=True)


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
