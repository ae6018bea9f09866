"""What goes wrong while encoding ends in one clear line, with nothing left behind."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import stat
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
from heatvid._encode.output_file import temporary_name
from heatvid._encode.settings import OutputSettings
from heatvid._encode.video import VideoSink
from heatvid._errors import EncoderError, MissingDependencyError, OptionError
from heatvid._ffmpeg.program import find_ffmpeg
from heatvid._frames import Bytes

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX's signals, limits or scripts")
CANVAS = Canvas("yuv420p", 96, 128)
LARGE = Canvas("yuv420p", 720, 1280)


def settings(path: Path | str, canvas: Canvas = CANVAS, overwrite: bool = False) -> OutputSettings:
    return OutputSettings(path, canvas, Fraction(30), 20, "ultrafast", overwrite=overwrite)


def noise(canvas: Canvas = CANVAS, count: int = 4) -> Bytes:
    random = np.random.default_rng(0)
    return random.integers(16, 235, (count, canvas.frame_bytes), dtype=np.uint8)


def write_until_it_fails(encoder: VideoSink, frames: Bytes, writes: int = 400) -> None:
    for _ in range(writes):
        encoder.write(frames)
    encoder.finish()


@pytest.fixture
def good(tmp_path: Path) -> Iterator[Path]:
    """An existing output that has to survive, alone in its folder."""
    folder = tmp_path / "good"
    folder.mkdir()
    path = folder / "out.mp4"
    path.write_bytes(b"good")
    yield path
    assert path.read_bytes() == b"good"
    assert os.listdir(folder) == ["out.mp4"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATVID_STALL_SECONDS", "0.7")


def fake(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Put a shell script in ffmpeg's place; ``$REAL`` is the real one."""
    script = folder / "ffmpeg"
    real = find_ffmpeg()
    script.write_text(
        f'#!/bin/sh\nREAL="{real}"\n[ "$1" = -version ] && exec "$REAL" "$1"\n{body}\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(script))


def one_line(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    assert not text.endswith(".")
    return text


# --- ffmpeg misbehaves -----------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("exit 0", "ffmpeg exited with code 0 after"),
        ("cat >/dev/null; exit 0", r"frames were written, and 0 are in the file"),
        ("exit 1", "ffmpeg exited with code 1 after .*: it gave no reason"),
        ("cat >/dev/null; exit 1", "ffmpeg exited with code 1 after 1600 frames"),
        ("echo bad luck >&2; exit 7", "ffmpeg exited with code 7 after .*: bad luck"),
        ("head -c 40000 >/dev/null; kill -9 $$", "ffmpeg was killed by SIGKILL after"),
        ("head -c 40000 >/dev/null; kill -TERM $$", "ffmpeg was killed by SIGTERM after"),
        ("sleep 60", "ffmpeg made no progress for 0.7 seconds .HEATVID_STALL_SECONDS allows more"),
        ("kill -STOP $$", "ffmpeg made no progress for 0.7 seconds"),
        ("cat >/dev/null; sleep 60", "ffmpeg did not end within 0.7 seconds after 1600 frames"),
        ("cat >/dev/null; kill -STOP $$", "ffmpeg did not end within 0.7 seconds"),
    ],
)
def test_ffmpeg_fails(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, impatient: None, body: str,
    message: str,
) -> None:  # fmt: skip
    fake(tmp_path, monkeypatch, body)
    encoder = VideoSink(settings(good, overwrite=True))
    with pytest.raises(EncoderError, match=message) as caught:
        write_until_it_fails(encoder, noise())
    assert one_line(caught.value).startswith(str(good))


@posix
def test_a_megabyte_on_standard_error_does_not_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path, monkeypatch, 'head -c 1000000 /dev/zero | tr "\\0" x >&2; exec "$REAL" "$@"')
    with VideoSink(settings(tmp_path / "out.mp4")) as encoder:
        encoder.write(noise())
    assert (tmp_path / "out.mp4").exists()


@posix
def test_ffmpeg_loses_the_last_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, monkeypatch,
         f'case "$*" in *pipe:0*) head -c {CANVAS.frame_bytes * 3} | "$REAL" "$@";;'
         ' *) exec "$REAL" "$@";; esac')  # fmt: skip
    encoder = VideoSink(settings(tmp_path / "out.mp4"))
    encoder.write(noise())
    with pytest.raises(EncoderError, match="4 frames were written, and 3 are in the file"):
        encoder.finish()
    assert os.listdir(tmp_path) == ["ffmpeg"]


@posix
def test_an_absent_encoder_is_named_with_what_can_be_written_instead(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path, monkeypatch,
         'case "$*" in *-encoders*) echo " V..... libvpx-vp9 x"; echo " V..... ffv1 x"; exit 0;; '
         "esac; echo \"Unknown encoder 'libx264'\" >&2; exit 1")  # fmt: skip
    encoder = VideoSink(settings(good, overwrite=True))
    with pytest.raises(EncoderError, match="no encoder libx264; it can write") as caught:
        write_until_it_fails(encoder, noise())
    text = one_line(caught.value)
    assert ".mkv with lossless=True (ffv1), .webm (libvpx-vp9); pip install imageio-ffmpeg" in text


def test_without_ffmpeg_nothing_is_begun(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(good.with_name("none")))
    with pytest.raises(MissingDependencyError, match="does not exist; pip install imageio-ffmpeg"):
        VideoSink(settings(good, overwrite=True))


@posix
@pytest.mark.parametrize("after", [0, 1, 5, 40])
def test_ffmpeg_is_killed_at_a_frame(good: Path, after: int) -> None:
    encoder = VideoSink(settings(good, overwrite=True))
    for _ in range(after):
        encoder.write(noise(count=1))
    os.kill(encoder._process._popen.pid, signal.SIGKILL)
    with pytest.raises(EncoderError, match=r"ffmpeg was killed by SIGKILL after \d+ frames"):
        write_until_it_fails(encoder, noise())
    assert encoder.frames >= after


@posix
def test_ffmpeg_is_stopped_in_the_middle(good: Path, impatient: None) -> None:
    encoder = VideoSink(settings(good, overwrite=True))
    encoder.write(noise())
    os.kill(encoder._process._popen.pid, signal.SIGSTOP)
    with pytest.raises(EncoderError, match="made no progress"):
        write_until_it_fails(encoder, noise())


@posix
def test_ffmpeg_ends_by_a_signal_that_leaves_a_playable_file(good: Path) -> None:
    encoder = VideoSink(settings(good, overwrite=True))
    encoder.write(noise(count=40))
    os.kill(encoder._process._popen.pid, signal.SIGTERM)
    with pytest.raises(EncoderError, match="frames were written"):
        write_until_it_fails(encoder, noise())


def test_no_frames_at_all_are_an_error(good: Path) -> None:
    with (
        pytest.raises(EncoderError, match="no frames were written"),
        VideoSink(settings(good, overwrite=True)),
    ):
        pass


# --- the disk --------------------------------------------------------------------------------


LIMITED = """
    import resource, signal, sys
    import numpy as np
    from fractions import Fraction
    from heatvid._encode.video import VideoSink
    from heatvid._encode.settings import OutputSettings
    from heatvid._errors import EncoderError
    from heatvid._canvas import Canvas
    path, limit, suffix = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    canvas = Canvas("yuv420p", 96, 128)
    frames = np.random.default_rng(0).integers(16, 235, (20, canvas.frame_bytes), dtype=np.uint8)
    encoder = VideoSink(OutputSettings(path, canvas, Fraction(30), 20, "ultrafast", overwrite=True))
    if limit:  # as another thread would: ffmpeg has started without it
        resource.prlimit(encoder._process._popen.pid, resource.RLIMIT_FSIZE, (limit, limit))
    try:
        encoder.write(frames)
        encoder.finish()
    except EncoderError as error:
        print(error)
        sys.exit(3)
"""


def in_a_child(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *arguments],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
@pytest.mark.parametrize("part", [0.1, 0.9, 0.999])
def test_a_file_size_limit_is_hit(tmp_path: Path, suffix: str, part: float) -> None:
    path = tmp_path / f"out{suffix}"
    assert in_a_child(LIMITED, str(path), "0", suffix).returncode == 0
    limit, good = int(path.stat().st_size * part), path.read_bytes()
    done = in_a_child(LIMITED, str(path), str(limit), suffix)
    assert done.returncode == 3, done.stderr
    assert "SIGXFSZ" in done.stdout or "refuses a file this large" in done.stdout
    assert path.read_bytes() == good
    assert os.listdir(tmp_path) == [path.name]


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


@pytest.mark.parametrize("count", [20, *range(25, 32), 60])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_disk_is_full(small_disk: Path, suffix: str, count: int) -> None:
    path = small_disk / f"out{suffix}"
    encoder = VideoSink(settings(path))
    try:
        encoder.write(noise(count=count))
        encoder.finish()
    except EncoderError as error:
        assert count > 20
        assert "no space left on device; free some" in one_line(error)  # noqa: PT017
        assert os.listdir(small_disk) == []
    else:
        assert count < 60
        assert path.stat().st_size > count * 8_000  # noise does not compress
        assert os.listdir(small_disk) == [path.name]


# --- the destination -------------------------------------------------------------------------


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"out\.mp4: there is no folder .*none; create it first"):
        VideoSink(settings(tmp_path / "none" / "out.mp4"))


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OptionError, match="there is no folder"):
        VideoSink(settings(tmp_path / "file" / "out.mp4"))


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_is_no_output(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "out.mp4").mkdir()
    with pytest.raises(OptionError, match="is a folder; name a file in it"):
        VideoSink(settings(tmp_path / "out.mp4", overwrite=overwrite))


@posix
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OptionError, match="cannot be written: Permission denied"):
            VideoSink(settings(tmp_path / "out.mp4"))
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is read-only for everyone")
def test_a_folder_where_nothing_can_be_made_is_named() -> None:
    with pytest.raises(OptionError, match="the folder /proc cannot be written"):
        VideoSink(settings("/proc/out.mp4"))


@posix
@pytest.mark.parametrize("device", ["/dev/full", "/dev/null", "FIFO"])
def test_a_device_or_pipe_is_no_output(tmp_path: Path, device: str) -> None:
    path = tmp_path / "out.mp4"
    if device == "FIFO":
        os.mkfifo(path)
    elif os.path.exists(device):
        path.symlink_to(device)
    else:
        pytest.skip(f"no {device} here")
    with pytest.raises(OptionError, match="is a device, a pipe or a socket"):
        VideoSink(settings(path, overwrite=True))


@posix
@pytest.mark.parametrize("name", ["n" * 252 + ".mp4", "a\0b.mp4", "a\ud800b.mp4"])
def test_an_impossible_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match="choose another output") as caught:
        VideoSink(settings(tmp_path / name))
    one_line(caught.value)


# --- two jobs, dead jobs ---------------------------------------------------------------------


def test_two_jobs_with_one_output_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    first = VideoSink(settings(path))
    for overwrite in (False, True):
        with pytest.raises(OptionError, match="is being written by another job"):
            VideoSink(settings(path, overwrite=overwrite))
    first.write(noise())
    first.finish()
    assert os.listdir(tmp_path) == ["out.mp4"]


def test_of_many_jobs_that_start_at_once_one_wins(tmp_path: Path) -> None:
    (tmp_path / temporary_name("out.mp4")).write_bytes(b"stale")
    won, refused = [], []

    def start() -> None:
        try:
            won.append(VideoSink(settings(tmp_path / "out.mp4")))
        except OptionError as error:
            refused.append(error)

    threads = [threading.Thread(target=start) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(refused)) == (1, 11)
    won[0].abort()
    assert os.listdir(tmp_path) == []


KILLED = """
    import os, signal, sys
    import numpy as np
    from fractions import Fraction
    from heatvid._encode.video import VideoSink
    from heatvid._encode.settings import OutputSettings
    from heatvid._canvas import Canvas
    canvas = Canvas("yuv420p", 96, 128)
    encoder = VideoSink(OutputSettings(sys.argv[1], canvas, Fraction(30), overwrite=True))
    encoder.write(np.zeros((20, canvas.frame_bytes), np.uint8))
    print(encoder._process._popen.pid, flush=True)
    os.kill(os.getpid(), int(sys.argv[2]))
"""


@posix
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_killed_job_left_is_replaced_by_the_next(good: Path, number: int) -> None:
    done = in_a_child(KILLED, str(good), str(int(number)))
    assert done.returncode == -number
    assert len(os.listdir(good.parent)) == 2
    wait_until_gone(int(done.stdout))
    VideoSink(settings(good, overwrite=True)).abort()


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat")
            if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
                return  # orphaned, ended, and not yet collected by its new parent
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} is still there")


# --- ends that are not finish() --------------------------------------------------------------


def test_an_exception_in_the_block_leaves_nothing(good: Path) -> None:
    def fail() -> None:
        with VideoSink(settings(good, overwrite=True)) as encoder:
            encoder.write(noise())
            raise ValueError("the caller's")

    with pytest.raises(ValueError, match="the caller's"):
        fail()


def test_aborting_is_idempotent_and_final(good: Path) -> None:
    encoder = VideoSink(settings(good, overwrite=True))
    encoder.write(noise())
    encoder.abort()
    encoder.abort()
    for action in (lambda: encoder.write(noise()), encoder.finish):
        with pytest.raises(EncoderError, match="the encoder is closed"):
            action()


def test_a_forgotten_encoder_leaves_nothing(good: Path) -> None:
    encoder = VideoSink(settings(good, overwrite=True))
    encoder.write(noise())
    popen = encoder._process._popen
    del encoder
    gc.collect()
    assert popen.returncode is not None


def test_aborting_from_another_thread_ends_a_blocked_write(good: Path) -> None:
    encoder = VideoSink(settings(good, LARGE, overwrite=True))
    other = threading.Timer(0.3, encoder.abort)
    other.start()
    start = time.monotonic()
    with pytest.raises(EncoderError, match="the encoder is closed"):
        write_until_it_fails(encoder, noise(LARGE, 1), 100_000)
    other.join()
    assert time.monotonic() - start < 5


UNFINISHED = KILLED.replace("os.kill(os.getpid(), int(sys.argv[2]))", "sys.exit(5)")


@posix
def test_the_end_of_the_interpreter_leaves_nothing(good: Path) -> None:
    done = in_a_child(UNFINISHED, str(good))
    assert (done.returncode, done.stderr) == (5, "")
    wait_until_gone(int(done.stdout))


INTERRUPTED = """
    import sys
    import numpy as np
    from fractions import Fraction
    from heatvid._encode.video import VideoSink
    from heatvid._encode.settings import OutputSettings
    from heatvid._canvas import Canvas
    canvas = Canvas("yuv420p", 720, 1280)
    frames = np.zeros((1, canvas.frame_bytes), np.uint8)
    with VideoSink(OutputSettings(sys.argv[1], canvas, Fraction(30), overwrite=True)) as encoder:
        print(encoder._process._popen.pid, flush=True)
        while True:
            encoder.write(frames)
"""


@posix
def test_ctrl_c_is_over_within_a_second(good: Path) -> None:
    code = textwrap.dedent(INTERRUPTED)
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(good)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    with child:
        assert child.stdout is not None
        pid = int(child.stdout.readline())
        time.sleep(0.3)
        start = time.monotonic()
        os.killpg(child.pid, signal.SIGINT)  # to the whole group, as a terminal does
        child.wait(10)
        assert time.monotonic() - start < 1.5
    wait_until_gone(pid)


# --- siblings and repetition -----------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_while_writing_neither_hangs_nor_aborts(tmp_path: Path) -> None:
    encoder = VideoSink(settings(tmp_path / "out.mp4"))
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
        start = time.monotonic()
        encoder.finish()
        assert time.monotonic() - start < 10
        assert child.is_alive()
    finally:
        release.set()
        child.join()
    assert encoder.frames == 8
    assert os.listdir(tmp_path) == ["out.mp4"]


def _footprint() -> tuple[int, int, str]:
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    return (
        len(os.listdir("/proc/self/fd")),
        threading.active_count(),
        children.read_text() if children.exists() else "",
    )


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counted in /proc")
def test_many_encoders_in_a_row_use_constant_resources(tmp_path: Path) -> None:
    canvas = Canvas("yuv420p", 16, 16)
    frames = np.full((2, canvas.frame_bytes), 90, np.uint8)
    with VideoSink(settings(tmp_path / "first.mp4", canvas)) as encoder:
        encoder.write(frames)
    before = _footprint()
    for i in range(int(os.environ.get("HEATVID_TEST_ENCODERS", "60"))):
        encoder = VideoSink(settings(tmp_path / f"{i}.mp4", canvas))
        encoder.write(frames)
        if i % 3:
            encoder.finish()
        else:
            encoder.abort()
    assert _footprint() == before


@pytest.mark.parametrize("name", ["out.mp4", "n" * 255, "火" * 85, "🔥" * 63, "a\udcff" * 127])
def test_the_hidden_name_fits_in_a_file_name(name: str) -> None:
    hidden = temporary_name(name)
    assert hidden.startswith(".")
    assert ".heatvid-" in hidden
    assert len(os.fsencode(hidden)) <= 255
    assert temporary_name(name) == hidden
