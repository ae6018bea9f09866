"""The sinks that the contract is run on, one row an output, and what reads their files again."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from heatvid._canvas import Canvas
from heatvid._encode.opening import open_sink
from heatvid._encode.settings import OutputSettings
from heatvid._encode.sink import FileSink
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import ffmpeg_version, find_ffmpeg
from heatvid._frames import Bytes
from heatvid._video.info import probe
from heatvid._video.sound import Sound, find_sound
from tests.support.clicks import video_with_clicks
from tests.support.videos import one_to_one, stream_of


@dataclass(frozen=True)
class Kind:
    """One kind of output.

    Attributes
    ----------
    name : str
        How tests call it.
    output : str
        Its file name, or the pattern of its file names.
    canvas : Canvas
    exact : bool
        Whether frames come back as they were written.
    lossless : bool
        The setting.
    most : int or None
        Frames that it can hold.
    by_ffmpeg : bool
        Whether a process of ffmpeg writes it.
    preset : str
        Of the encoder; ``auto`` looks at the first frame before it begins.
    codec : str or None
    with_sound : bool
        Whether there is sound beside it, which is added in a second step.
    since : tuple of int
        The first version of FFmpeg that writes it, and reads it again.
    """

    name: str
    output: str
    canvas: Canvas
    exact: bool = True
    lossless: bool = False
    most: int | None = None
    by_ffmpeg: bool = True
    preset: str = "ultrafast"
    codec: str | None = None
    with_sound: bool = False
    since: tuple[int, ...] = ()

    @property
    def room(self) -> int:
        """How often the output lies on the disk before it is whole."""
        return 1 + self.with_sound

    @property
    def meanwhile(self) -> Kind | None:
        """What frames are kept in until all are known; None where they are not."""
        if self.output != "out.gif" or self.canvas.has_palette:
            return None
        return replace(self, output="frames.mkv", lossless=True, codec="h264")

    @property
    def piped_bytes(self) -> int:
        """Bytes of a frame as ffmpeg is given it."""
        return self.canvas.frame_bytes + 1024 * self.canvas.has_palette

    @property
    def palette(self) -> bytes:
        """Of a canvas that has one: grays."""
        grays = bytes(level for gray in range(256) for level in (gray, gray, gray))
        return grays if self.canvas.has_palette else b""

    @property
    def looked_at(self) -> int:
        """Frames that are looked at before ffmpeg begins."""
        return int(self.preset == "auto")

    def prepare(self) -> None:
        """Make what lies beside the frames, for which ffmpeg has to work."""
        if self.with_sound:
            _sound()

    def start(self, folder: Path | str, **options: Any) -> FileSink:
        """Begin the output in ``folder``."""
        path = os.path.join(folder, self.output)
        return open_sink(
            OutputSettings(path, self.canvas, Fraction(30), preset=self.preset,
                           lossless=self.lossless, codec=self.codec,
                           sound=_sound() if self.with_sound else None, palette=self.palette,
                           **options)
        )  # fmt: skip

    def write(self, folder: Path, count: int = 5, **options: Any) -> Bytes:
        """Write a whole output of ``count`` frames, or of as many as it holds."""
        frames = self.noise(count)
        with self.start(folder, **options) as sink:
            sink.write(frames)
        return frames

    def noise(self, count: int = 4) -> Bytes:
        """Frames of noise, at most as many as the output can hold."""
        rng = np.random.default_rng(0)
        return rng.integers(16, 235, (self.held(count), self.canvas.frame_bytes), dtype=np.uint8)

    def ramps(self, count: int = 4) -> Bytes:
        """Smooth frames, cheap to encode, every one brighter than the one before."""
        ramp = np.arange(self.canvas.frame_bytes) * 60 // self.canvas.frame_bytes + 20
        return (ramp + 20 * np.arange(self.held(count))[:, None]).astype(np.uint8)

    def held(self, count: int) -> int:
        """``count``, or less where the output cannot hold as many."""
        return min(count, self.most or count)

    def names(self, count: int) -> list[str]:
        """Names of the files of an output of ``count`` frames, sorted."""
        return sorted({self.output % i if "%" in self.output else self.output
                       for i in range(self.held(count))})  # fmt: skip

    def large(self) -> Kind:
        """The same with frames that no pipe holds."""
        return replace(self, canvas=Canvas(self.canvas.pixel_format, 1024, 1040))

    def decode(self, folder: Path) -> Bytes:
        """Read the output again, shape (n, frame_bytes), with ffmpeg."""
        pixel_format = "gray" if self.canvas.has_palette else self.canvas.pixel_format
        done = run(
            [find_ffmpeg(), "-v", "error", "-nostdin", "-i", f"file:{folder / self.output}",
             *stream_of(self.output), *one_to_one(), "-pix_fmt", pixel_format,
             "-f", "rawvideo", "-"],
            timeout_seconds=60,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, b"")
        return np.frombuffer(done.stdout, np.uint8).reshape(-1, self.canvas.frame_bytes)


@cache
def _sound() -> Sound:
    """What is longer than any output here."""
    folder = Path(tempfile.mkdtemp(prefix="sound"))
    atexit.register(shutil.rmtree, folder)
    sound = find_sound(probe(video_with_clicks(folder / "sound.mp4", "aac", frames=30)))
    assert sound is not None
    return sound


# One row an output. Whatever is added here has to keep all promises of Sink.
_KINDS = [
    Kind("mp4", "out.mp4", Canvas("yuv420p", 96, 128), exact=False),
    Kind("mp4 looked at", "out.mp4", Canvas("yuv420p", 96, 128), exact=False, preset="auto"),
    Kind("av1", "out.mp4", Canvas("yuv420p", 96, 128), exact=False, codec="av1", since=(5,)),
    Kind("mp4 with sound", "out.mp4", Canvas("yuv420p", 96, 128), exact=False, with_sound=True),
    Kind("webm with sound", "out.webm", Canvas("yuv420p", 96, 128), exact=False, with_sound=True),
    Kind("gray mkv", "out.mkv", Canvas("gray", 91, 127)),
    Kind("webm", "out.webm", Canvas("yuv420p", 96, 128), exact=False),
    Kind("apng", "out.apng", Canvas("rgb24", 71, 93), lossless=True),
    Kind("gif", "out.gif", Canvas("pal8", 71, 93)),
    Kind("gif of RGB", "out.gif", Canvas("rgb24", 71, 93), exact=False),
    Kind("webp", "out.webp", Canvas("rgb24", 71, 93), exact=False, since=(9,)),
    Kind("lossless webp", "out.webp", Canvas("rgb24", 71, 93), lossless=True, since=(9,)),
    Kind("avif", "out.avif", Canvas("yuv420p", 96, 128), exact=False, since=(5, 1)),
    Kind("lossless mp4", "out.mp4", Canvas("rgb24", 71, 93), lossless=True),
    Kind("jpg sequence", "%03d.jpg", Canvas("rgb24", 90, 120), exact=False, by_ffmpeg=False),
    Kind("webp sequence", "%03d.webp", Canvas("rgb24", 71, 93), lossless=True, by_ffmpeg=False),
    Kind("tif sequence", "%03d.tif", Canvas("gray16le", 71, 93), by_ffmpeg=False),
    Kind("exr sequence", "%03d.exr", Canvas("grayf32le", 33, 47), by_ffmpeg=False, since=(5,)),
    Kind("single jpg", "001.jpg", Canvas("rgb24", 90, 120), exact=False, most=1, by_ffmpeg=False),
    Kind("png sequence", "%03d.png", Canvas("rgb24", 90, 120), by_ffmpeg=False),
    Kind("single png", "001.png", Canvas("rgb24", 90, 120), most=1, by_ffmpeg=False),
]
KINDS = [kind for kind in _KINDS if kind.since <= ffmpeg_version(find_ffmpeg())]

EXACT = [kind for kind in KINDS if kind.exact]
OF_ONE_FILE = [kind for kind in KINDS if "%" not in kind.output]
OF_ANY_LENGTH = [kind for kind in KINDS if kind.most is None]
BY_FFMPEG = [kind for kind in KINDS if kind.by_ffmpeg]


def name_of(kind: Kind) -> str:
    """The id of a kind's tests."""
    return kind.name


def pid_of(sink: FileSink) -> int:
    """The ffmpeg process of a sink that has one."""
    pid: int = sink._process._popen.pid  # type: ignore[attr-defined]  # of a VideoSink
    return pid


# --- what lies in a folder -------------------------------------------------------------------


@contextmanager
def kept_output(kind: Kind, folder: Path) -> Iterator[Path]:
    """Make a folder of an earlier output, and demand in the end that it has nothing else."""
    put_earlier_output(kind, folder)
    yield folder
    demand_earlier_output(kind, folder)


def put_earlier_output(kind: Kind, folder: Path) -> None:
    """Make an output that a sink may replace, and a file that is none of its business."""
    folder.mkdir(parents=True)
    for name, content in _earlier(kind).items():
        (folder / name).write_bytes(content)


def demand_earlier_output(kind: Kind, folder: Path) -> None:
    """Demand that a folder is as :func:`put_earlier_output` made it."""
    assert contents(folder) == _earlier(kind)


def _earlier(kind: Kind) -> dict[str, bytes]:
    return {name: f"good {name}".encode() for name in [*kind.names(3), "other.txt"]}


def contents(folder: Path) -> dict[str, bytes | None]:
    """All that lies in a folder, hidden files included; None for folders."""
    return {path.name: None if path.is_dir() else path.read_bytes() for path in folder.iterdir()}


@cache
def sizes_of_whole(kind: Kind, count: int = 20) -> tuple[int, ...]:
    """Bytes of each file of a whole output of noise."""
    with tempfile.TemporaryDirectory() as name:
        kind.write(Path(name), count)
        return tuple(path.stat().st_size for path in Path(name).iterdir())


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Limit the files that this process, and those that it starts, may write."""
    import resource  # of POSIX

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# --- a job in a process of its own -----------------------------------------------------------


def start_job(program: str, folder: Path, *arguments: object) -> subprocess.Popen[str]:
    """Call a function of this module, ``leave_unfinished`` say, in another Python."""
    code = f"import sys; sys.path[:0] = {sys.path!r}; from {__name__} import {program} as job; "
    code += f"job({str(folder)!r}, *{arguments!r})"
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def leave_unfinished(folder: str, number: int) -> None:
    """Write to every kind of sink, print the ids of ffmpeg, and die of a signal, or exit with 5."""
    sinks = [kind.start(folder_of(kind, folder), overwrite=True) for kind in KINDS]
    for kind, sink in zip(KINDS, sinks, strict=True):
        sink.write(kind.noise(20))
    _print_pids(sinks)
    if number:
        os.kill(os.getpid(), number)
    sys.exit(5)


def write_for_ever(folder: str) -> None:
    """Write to every kind of sink, until interrupted."""
    kinds = [kind.large() for kind in KINDS]
    with ExitStack() as stack:
        sinks = [
            stack.enter_context(kind.start(folder_of(kind, folder), overwrite=True))
            for kind in kinds
        ]
        frames = [kind.noise(1) for kind in kinds]
        for sink, frame in zip(sinks, frames, strict=True):
            sink.write(frame)
        _print_pids(sinks)
        while True:
            for kind, sink, frame in zip(kinds, sinks, frames, strict=True):
                if sink.frames < (kind.most or sys.maxsize):
                    sink.write(frame)


def folder_of(kind: Kind, folder: Path | str) -> Path:
    """Where a job that writes to all kinds writes this one."""
    return Path(folder) / kind.name


def _print_pids(sinks: list[FileSink]) -> None:
    found = [pid_of(sink) for sink in sinks if hasattr(sink, "_process")]
    sys.stdout.write(" ".join(map(str, found)) + "\n")
    sys.stdout.flush()


def wait_until_gone(pid: int) -> None:
    """Wait for the end of a process that is not ours to wait for."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat")
            if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
                return  # orphaned, ended, and not yet collected by its new parent
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} is still there")
