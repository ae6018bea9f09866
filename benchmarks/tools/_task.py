"""The one job that every tool is given, and the pipe to ffmpeg that most of them end in."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import _scenes

FPS = 30
ALPHA = 0.5
PIPE_BYTES = 1 << 20
# What BT.709 planes are, as every ffmpeg writes it, and as every ffmpeg believes it.
TAGS = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709",
         "-color_trc", "iec61966-2-1", "-movflags", "+write_colr")  # fmt: skip
BELIEVED = "setparams=range=tv:color_primaries=bt709:color_trc=iec61966-2-1:colorspace=bt709"
MAPPED_FRAMES = 8  # of a dump at once: mapped pages count as the memory of a process


@dataclass(frozen=True)
class Task:
    """Show a dump of float32 fields, over a video or alone, as an H.264 video.

    Attributes
    ----------
    source : str
        The .npy file, (frames, height, width) float32, C order.
    warm_up : str
        The same of two frames, to load and compile what is loaded and compiled once.
    output : str
        The video to write, which may exist.
    frames, height, width : int
    preset : str or None
        Of x264; None leaves the encoder and its settings to the tool.
    crf : int or None
    video : str or None
        A video of the same size and length, to lie under the fields at half opacity.
    warm_up_video : str or None
        The same of two frames.
    planes : str or None
        Ready yuv420p planes of the pictures, for the encoder alone; see
        :func:`benchmarks._scenes.write_planes`.
    threads : int or None
        Of heatvid's rendering; None leaves it to choose.
    """

    source: str
    warm_up: str
    output: str
    frames: int
    height: int
    width: int
    preset: str | None
    crf: int | None
    video: str | None = None
    warm_up_video: str | None = None
    planes: str | None = None
    threads: int | None = None

    @property
    def encoding(self) -> list[str]:
        """Ffmpeg's arguments of the encoding, which are the same for every tool.

        By default those that everyone gives: ffmpeg itself would keep all of the chroma, which
        few players show.
        """
        if self.preset is None:
            return ["-pix_fmt", "yuv420p"]
        return ["-c:v", "libx264", "-preset", self.preset, "-crf", str(self.crf),
                "-pix_fmt", "yuv420p"]  # fmt: skip


def ffmpeg() -> str:
    """The program that heatvid uses, and every tool that can be told which."""
    from heatvid._ffmpeg.program import find_ffmpeg

    return find_ffmpeg()


def read_through(path: str) -> None:
    """Bring a file into the system's cache: the disk is not what is measured."""
    buffer = bytearray(1 << 18)  # small: the peak of memory is that of the tool
    with open(path, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def read_fields(path: str, most: int) -> Iterator[NDArray[np.float32]]:
    """Read up to ``most`` frames through a memory map, cheaper than a copy; few are mapped."""
    with open(path, "rb") as file:
        shape, dtype = npy_header(file)
        begin = file.tell()
    frame_bytes = int(np.prod(shape[1:])) * dtype.itemsize
    frames = min(shape[0], most)
    for start in range(0, frames, MAPPED_FRAMES):
        count = min(MAPPED_FRAMES, frames - start)
        offset = begin + start * frame_bytes
        yield from np.memmap(path, dtype, "r", offset, (count, *shape[1:]))


def npy_header(file: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Read the header of a .npy file; what follows are the values."""
    np.lib.format.read_magic(file)
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
    assert not fortran_order
    return shape, dtype


@contextmanager
def raw_pipe(task: Task, pixel_format: str, beside: str | None = None) -> Iterator[Any]:
    """Open a pipe to ffmpeg that takes frames of ``pixel_format`` and encodes them.

    ``beside`` names a video that it decodes meanwhile, for nothing; the planes are BT.709 then.
    """
    raw = ["-f", "rawvideo", "-pix_fmt", pixel_format, "-s", f"{task.width}x{task.height}"]
    command = [ffmpeg(), "-v", "error", "-nostdin", *raw, "-r", str(FPS), "-i", "pipe:0"]
    output = [*task.encoding, "-y", task.output]
    if beside is not None:
        output = [
            "-i",
            beside,
            "-map",
            "0:v",
            "-vf",
            BELIEVED,
            *TAGS,
            *output,
            "-map",
            "1:v",
            "-f",
            "null",
            "-",
        ]
    with subprocess.Popen(
        [*command, *output],
        stdin=subprocess.PIPE, bufsize=0, pipesize=PIPE_BYTES,
    ) as process:  # fmt: skip
        yield Pipe(process.stdin)
        assert process.stdin is not None
        process.stdin.close()
        if process.wait() != 0:
            raise RuntimeError(f"ffmpeg exited with code {process.returncode}")


class Pipe:
    """Writes all of an array, however little the pipe takes at a time."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Write a C-ordered frame without copying it."""
        rest = frame.data.cast("B")
        while rest:
            rest = rest[self._stream.write(rest) :]


def run_ffmpeg(*arguments: str) -> None:
    """Run ffmpeg to its end."""
    subprocess.run([ffmpeg(), "-v", "error", "-nostdin", "-y", *arguments], check=True)


def video_frames(task: Task, path: str) -> Iterator[NDArray[np.uint8]]:
    """Read a video as RGB through imageio-ffmpeg, as imageio itself does without its wrapping."""
    import imageio_ffmpeg

    frames = imageio_ffmpeg.read_frames(path, pix_fmt="rgb24")
    next(frames)  # what the video holds
    for frame in frames:
        yield np.frombuffer(frame, np.uint8).reshape(task.height, task.width, 3)


def lut() -> NDArray[np.uint8]:
    """The colormap of the scenes, shape (256, 3) uint8 RGB."""
    return _scenes.colours()
