"""What goes wrong with PNG files leaves the earlier ones, and nothing else."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from heatvid._canvas import Canvas
from heatvid._encode import output_sequence
from heatvid._encode.opening import open_sink
from heatvid._encode.settings import OutputSettings
from heatvid._encode.sink import Sink
from heatvid._errors import EncoderError, OptionError
from heatvid._frames import Bytes

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX's signals or limits")
CANVAS = Canvas("rgb24", 90, 120)
LARGE = Canvas("gray16le", 2160, 3840)


def start(path: Path | str, canvas: Canvas = CANVAS, overwrite: bool = True) -> Sink:
    return open_sink(OutputSettings(path, canvas, Fraction(30), overwrite=overwrite))


def noise(canvas: Canvas = CANVAS, count: int = 4) -> Bytes:
    random = np.random.default_rng(0)
    return random.integers(0, 256, (count, canvas.frame_bytes), dtype=np.uint8)


def write_often(encoder: Sink, frames: Bytes) -> None:
    for _ in range(1000):
        encoder.write(frames)


def one_line(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    assert not text.endswith(".")
    return text


def existing_pictures(folder: Path, name: str) -> Iterator[Path]:
    folder.mkdir()
    names = ["000.png", "001.png", "002.png"]
    for each in names:
        (folder / each).write_bytes(each.encode())
    yield folder / name
    assert sorted(os.listdir(folder)) == names
    assert [(folder / each).read_bytes() for each in names] == [each.encode() for each in names]


@pytest.fixture
def sequence(tmp_path: Path) -> Iterator[Path]:
    """Existing pictures that have to survive, alone in their folder."""
    yield from existing_pictures(tmp_path / "good", "%03d.png")


@pytest.fixture(params=["%03d.png", "001.png"], ids=["sequence", "single"])
def good(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The same, for an output of a sequence or of one of them."""
    yield from existing_pictures(tmp_path / "good", request.param)


# --- the disk --------------------------------------------------------------------------------


LIMITED = """
    import resource, sys
    import numpy as np
    from fractions import Fraction
    from heatvid._encode.settings import OutputSettings
    from heatvid._encode.opening import open_sink
    from heatvid._errors import EncoderError
    from heatvid._canvas import Canvas
    canvas = Canvas("rgb24", 90, 120)
    frames = np.zeros((30, canvas.frame_bytes), np.uint8)
    frames[20:] = np.random.default_rng(0).integers(0, 256, frames[20:].shape)
    frames = frames[-1:] if sys.argv[1].endswith("001.png") else frames
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    try:
        with open_sink(
            OutputSettings(sys.argv[1], canvas, Fraction(30), overwrite=True)
        ) as encoder:
            encoder.write(frames)
    except EncoderError as error:
        print(error)
        sys.exit(3)
"""


def in_a_child(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *arguments],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@posix
def test_a_file_size_limit_is_hit(good: Path) -> None:
    done = in_a_child(LIMITED, str(good))
    assert done.returncode == 3, done.stderr
    assert done.stdout.startswith(f"{good}: cannot be written: ")
    assert "refuses a file this large" in done.stdout


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_the_disk_is_full(small_disk: Path) -> None:
    with pytest.raises(EncoderError) as caught, start(small_disk / "new" / "%d.png") as encoder:
        encoder.write(noise(count=20))
    assert "no space left on device; free some" in one_line(caught.value)
    assert os.listdir(small_disk) == []


@posix
@pytest.mark.parametrize("at", range(7))
def test_a_move_that_fails_is_undone(
    sequence: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Three files are moved away, and four into their place."""
    replace, calls = os.replace, 0

    def fail_once(source: str, target: str) -> None:
        nonlocal calls
        calls += 1
        if calls == at + 1:
            raise OSError(28, "No space left on device")
        replace(source, target)

    encoder = start(sequence)
    encoder.write(noise())
    monkeypatch.setattr(output_sequence.os, "replace", fail_once)
    with pytest.raises(EncoderError, match="cannot be written: No space left on device"):
        encoder.finish()
    assert calls > at


def test_a_file_that_is_lost_meanwhile_is_missed(sequence: Path) -> None:
    encoder = start(sequence)
    encoder.write(noise())
    deadline = time.monotonic() + 10
    [hidden] = [path for path in sequence.parent.iterdir() if path.is_dir()]
    while not (hidden / "002.png").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    encoder._pending[2].result()
    (hidden / "002.png").unlink()
    with pytest.raises(EncoderError, match="4 frames were written, and 1 are missing"):
        encoder.finish()


# --- the destination -------------------------------------------------------------------------


def test_a_folder_under_a_frames_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "7.png").mkdir()
    with pytest.raises(OptionError, match=r"7\.png is a folder; choose another output"):
        start(tmp_path / "%d.png")
    assert os.listdir(tmp_path) == ["7.png"]


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OptionError, match="file is not a folder; choose another"):
        start(tmp_path / "file" / "%d.png")
    with pytest.raises(OptionError, match=r"there is no folder .*file; create it first"):
        start(tmp_path / "file" / "frames" / "%d.png")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is read-only for everyone")
@pytest.mark.parametrize("path", ["/proc/%d.png", "/proc/heatvid/%d.png"])
def test_a_folder_where_nothing_can_be_made_is_named(path: str) -> None:
    with pytest.raises(OptionError, match="the folder /proc cannot be written") as caught:
        start(path)
    one_line(caught.value)


@posix
@pytest.mark.parametrize("name", ["n" * 251 + "%d.png", "a\0%d.png", "a\ud800%d.png"])
def test_an_impossible_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match="choose another output") as caught:
        start(tmp_path / name)
    one_line(caught.value)
    assert os.listdir(tmp_path) == []


# --- two jobs, dead jobs ---------------------------------------------------------------------


@pytest.mark.parametrize("folder", [".", "new"])
def test_two_jobs_with_one_output_are_refused(tmp_path: Path, folder: str) -> None:
    path = tmp_path / folder / "%d.png"
    first = start(path)
    with pytest.raises(OptionError, match="is being written by another job") as caught:
        start(path)
    one_line(caught.value)
    first.write(noise())
    first.finish()
    assert sorted(os.listdir(path.parent)) == [f"{i}.png" for i in range(4)]


def test_two_sequences_in_one_folder_do_not_meet(tmp_path: Path) -> None:
    first, second = start(tmp_path / "new" / "a%d.png"), start(tmp_path / "new" / "b%d.png")
    second.write(noise())
    first.abort()
    second.finish()
    assert sorted(os.listdir(tmp_path / "new")) == [f"b{i}.png" for i in range(4)]


def test_of_many_jobs_that_start_at_once_one_wins(tmp_path: Path) -> None:
    won, refused = [], []

    def begin() -> None:
        try:
            won.append(start(tmp_path / "%d.png"))
        except OptionError as error:
            refused.append(error)

    threads = [threading.Thread(target=begin) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(refused)) == (1, 11)
    won[0].abort()
    assert os.listdir(tmp_path) == []


KILLED = """
    import os, sys
    import numpy as np
    from fractions import Fraction
    from heatvid._encode.settings import OutputSettings
    from heatvid._encode.opening import open_sink
    from heatvid._canvas import Canvas
    canvas = Canvas("rgb24", 90, 120)
    encoder = open_sink(OutputSettings(sys.argv[1], canvas, Fraction(30), overwrite=True))
    encoder.write(np.zeros((int(sys.argv[3]), canvas.frame_bytes), np.uint8))
    os.kill(os.getpid(), int(sys.argv[2]))
"""


def count(good: Path) -> int:
    return 1 if good.name == "001.png" else 40


@posix
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_killed_job_left_is_replaced_by_the_next(good: Path, number: int) -> None:
    done = in_a_child(KILLED, str(good), str(int(number)), str(count(good)))
    assert done.returncode == -number
    assert len(os.listdir(good.parent)) > 3
    start(good).abort()


@posix
def test_the_end_of_the_interpreter_leaves_nothing(good: Path) -> None:
    code = KILLED.replace("os.kill(os.getpid(), int(sys.argv[2]))", "sys.exit(5)")
    done = in_a_child(code, str(good), "0", str(count(good)))
    assert (done.returncode, done.stderr) == (5, "")


# --- ends that are not finish() --------------------------------------------------------------


def test_no_frames_at_all_are_an_error(good: Path) -> None:
    with pytest.raises(EncoderError, match="no frames were written"), start(good):
        pass


def test_an_exception_in_the_block_leaves_nothing(good: Path) -> None:
    def fail() -> None:
        with start(good) as encoder:
            encoder.write(noise(count=1))
            raise ValueError("the caller's")

    with pytest.raises(ValueError, match="the caller's"):
        fail()


def test_a_folder_that_was_made_for_frames_goes_with_them(tmp_path: Path) -> None:
    encoder = start(tmp_path / "new" / "%d.png")
    encoder.write(noise())
    encoder.abort()
    assert os.listdir(tmp_path) == []


def test_aborting_is_idempotent_and_final(good: Path) -> None:
    encoder = start(good)
    encoder.write(noise(count=1))
    encoder.abort()
    encoder.abort()
    for action in (lambda: encoder.write(noise()), encoder.finish):
        with pytest.raises(EncoderError, match="the encoder is closed"):
            action()


def test_finishing_twice_is_harmless_and_writing_afterwards_an_error(tmp_path: Path) -> None:
    encoder = start(tmp_path / "%d.png")
    encoder.write(noise())
    encoder.finish()
    encoder.finish()
    encoder.abort()
    with pytest.raises(EncoderError, match="the encoder is closed"):
        encoder.write(noise())
    assert len(os.listdir(tmp_path)) == 4


@pytest.mark.parametrize("cycle", [False, True])
def test_a_forgotten_encoder_leaves_nothing(good: Path, cycle: bool) -> None:
    encoder = start(good)
    encoder.write(noise(count=1))
    if cycle:
        encoder.itself = encoder  # type: ignore[attr-defined]
    del encoder
    gc.collect()


@pytest.mark.parametrize("how", ["abort", "kill"])
def test_ending_it_from_another_thread_ends_a_write(tmp_path: Path, how: str) -> None:
    encoder = start(tmp_path / "%d.png", LARGE)
    frames = noise(LARGE, 1)
    other = threading.Timer(0.3, getattr(encoder, how))
    other.start()
    since = time.monotonic()
    with pytest.raises(EncoderError, match=r"the encoder is closed|stopped after \d+ frames"):
        write_often(encoder, frames)
    assert time.monotonic() - since < 5
    other.join()
    encoder.abort()
    assert os.listdir(tmp_path) == []


INTERRUPTED = """
    import sys
    import numpy as np
    from fractions import Fraction
    from heatvid._encode.settings import OutputSettings
    from heatvid._encode.opening import open_sink
    from heatvid._canvas import Canvas
    canvas = Canvas("gray16le", 2160, 3840)
    frames = np.random.default_rng(0).integers(0, 9, (1, canvas.frame_bytes), dtype=np.uint8)
    settings = OutputSettings(sys.argv[1], canvas, Fraction(30), overwrite=True)
    with open_sink(settings) as encoder:
        print(flush=True)
        while True:
            encoder.write(frames)
"""


@posix
def test_ctrl_c_is_over_within_a_second(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED), str(tmp_path / "new" / "%d.png")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.3)
        since = time.monotonic()
        child.send_signal(signal.SIGINT)
        child.wait(10)
        assert time.monotonic() - since < 1.5
    assert os.listdir(tmp_path) == []


# --- siblings and repetition -----------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_while_writing_neither_hangs_nor_aborts(tmp_path: Path) -> None:
    encoder = start(tmp_path / "%d.png")
    encoder.write(noise())
    release = multiprocessing.get_context("fork").Event()
    child = multiprocessing.get_context("fork").Process(target=release.wait, args=(60,))
    child.start()
    pid = os.fork()
    if pid == 0:
        encoder.abort()  # not this process's to end
        os._exit(0)
    os.waitpid(pid, 0)
    try:
        encoder.write(noise())
        encoder.finish()
    finally:
        release.set()
        child.join()
    assert sorted(os.listdir(tmp_path)) == [f"{i}.png" for i in range(8)]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counted in /proc")
def test_many_encoders_in_a_row_use_constant_resources(tmp_path: Path) -> None:
    def footprint() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    before = footprint()
    for i in range(60):
        encoder = start(tmp_path / f"{i}" / "%d.png")
        encoder.write(noise())
        if i % 3:
            encoder.finish()
        else:
            encoder.abort()
    assert footprint() == before
    assert len(os.listdir(tmp_path)) == 40
