"""A long video in segments beside that of a single run: frames, times, error, seams and memory.

By hand, from the root of the tree; some minutes, and 3 GB of the temporary folder::

    python -m tests.harness.seams [FRAMES [SEGMENTS]]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import heatvid
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import find_ffmpeg
from heatvid._jobs.segments import cut
from heatvid._video.info import parse_framecrc
from tests.support.videos import one_to_one

HEIGHT, WIDTH = 128, 192
BLOCK = 8
PID = os.getpid()
RATE = Fraction(24000, 1001)
LOOKS: dict[str, Any] = {"scope": "running", "percentiles": (2, 98), "audio": True}
CODECS = {"h264": ".mp4", "hevc": ".mp4", "vp9": ".webm", "av1": ".mp4"}
PLANES = {"lossless": True, "pix_fmt": "yuv420p", "preset": "ultrafast"}


def main(frames: int = 20_000, segments: int = 8) -> None:
    """Measure, and print a line for each codec."""
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        write_field(at / "field.npy", frames)
        write_background(at / "clip.mp4", frames)
        exact, _ = rendered(at, "exact.mp4", segments, PLANES)
        for codec, suffix in CODECS.items():
            one, several = rendered(at, f"{codec}{suffix}", segments, {"codec": codec})
            print(codec, compared(at / "exact.mp4", one, several, frames, segments), flush=True)
        print("single run and segments without loss:", exact, flush=True)


def write_field(path: Path, frames: int) -> None:
    """A field that moves and grows, with some NaN and infinities."""
    rows, columns = np.mgrid[: HEIGHT // 2, : WIDTH // 2].astype(np.float32)
    shape = (frames, HEIGHT // 2, WIDTH // 2)
    out = np.lib.format.open_memmap(path, "w+", np.float32, shape)
    noise = np.random.default_rng(0).normal(0, 0.05, shape[1:])
    for t in range(frames):
        out[t] = np.sin(columns / 9 + t / 17) * (1 + t / 4000) + np.cos(rows / 7 - t / 31)
        out[t] += np.roll(noise, t, 1)
        out[t, t % 50, t % 70] = (np.nan, np.inf)[t % 2]


def write_background(path: Path, frames: int) -> None:
    """A video with sound, of B-frames and long groups."""
    sound = ("-f", "lavfi", "-i", f"sine=d={float(frames / RATE):.3f}")
    ffmpeg_slow(
        *("-f", "lavfi", "-i", f"testsrc2=s={WIDTH}x{HEIGHT}:r={RATE}", *sound),
        *("-frames:v", frames, "-vf", "format=yuv420p", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-bf", "3", "-g", "250", "-c:a", "aac", path),
    )


def rendered(at: Path, name: str, segments: int, options: dict[str, Any]) -> tuple[Any, Path]:
    """Render in one run and in segments, say how long each took; lossless ones are compared."""
    lossless = bool(options.get("lossless"))
    paths = at / name, at / f"segments-{name}"
    for path, count in zip(paths, (None, segments), strict=True):
        since = time.perf_counter()
        with peaks() as peak:
            result = heatvid.render(
                at / "field.npy", path, background=at / "clip.mp4", segments=count,
                **{**LOOKS, **options},
            )  # fmt: skip
        seconds = time.perf_counter() - since
        print(
            f"{name}: {count or 1} segments, {result.frames} frames, {seconds:.1f} s, "
            f"{path.stat().st_size >> 10} KiB, sound {result.sound}, "
            f"MiB of processes: {sorted(value >> 10 for value in peak.values())}", flush=True
        )  # fmt: skip
    if lossless:
        return f"same bytes and times: {listed(paths[0]) == listed(paths[1])}", paths[1]
    return paths


def listed(path: Path) -> tuple[list[bytes], list[Fraction]]:
    """Checksums and times of all frames."""
    text = ffmpeg_slow("-i", path, "-map", "0:v", *one_to_one(), "-f", "framecrc", "-")
    base, packets = parse_framecrc(text)
    sums = [line.rpartition(b",")[2] for line in text.splitlines() if line.startswith(b"0,")]
    return sums, [packet.pts * base for packet in packets]


def compared(exact: Path, one: Path, several: Path, frames: int, segments: int) -> str:
    """Errors of luma: of both, and of the worst blocks at the seams and elsewhere."""
    squares, worst = np.zeros((2, frames)), np.zeros((2, frames))
    for t, (true, *both) in enumerate(zip(*map(lumas, (exact, one, several)), strict=True)):
        for i, picture in enumerate(both):
            off = picture.astype(np.float32) - true
            squares[i, t] = np.square(off).mean()
            worst[i, t] = np.abs(blocks(off)).mean((1, 3)).max()
    noise = 10 * np.log10(255**2 / squares.mean(1))
    seams = sorted(
        {t for part in cut(frames, segments)[1:] for t in range(part.start - 2, part.start + 2)}
    )
    near = 10 * np.log10(255**2 / squares[:, seams].mean(1))
    same = listed(one)[1] == listed(several)[1]
    return (
        f"same times: {same}; PSNR {noise[0]:.2f} and {noise[1]:.2f} dB, around the seams "
        f"{near[0]:.2f} and {near[1]:.2f}; worst block of the single run {worst[0].max():.1f}, of "
        f"segments {np.delete(worst[1], seams).max():.1f}, at their seams "
        f"{worst[1, seams].max():.1f} (there in the single run {worst[0, seams].max():.1f})"
    )


def blocks(picture: NDArray[Any]) -> NDArray[Any]:
    return picture.reshape(HEIGHT // BLOCK, BLOCK, WIDTH // BLOCK, BLOCK)


def lumas(path: Path) -> Iterator[NDArray[np.uint8]]:
    """The luma of frame after frame."""
    command = [find_ffmpeg(), "-v", "error", "-nostdin", "-i", str(path), *one_to_one()]
    command += ["-pix_fmt", "yuv420p", "-f", "rawvideo", "-"]
    size = HEIGHT * WIDTH
    with subprocess.Popen(command, stdout=subprocess.PIPE) as decoding:
        assert decoding.stdout is not None
        while frame := decoding.stdout.read(size * 3 // 2):
            yield np.frombuffer(frame, np.uint8)[:size].reshape(HEIGHT, WIDTH)


@contextmanager
def peaks() -> Iterator[dict[int, int]]:
    """The largest memory that each Python process below this one, and this, had, in KiB."""
    found: dict[int, int] = {}
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.2):
            for status in Path("/proc").glob("[0-9]*/status"):
                try:
                    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
                    own = int(status.parent.name)
                    ours = own == PID or int(lines["PPid"]) == PID
                    if ours and lines["Name"].strip().startswith("python"):
                        found[own] = max(found.get(own, 0), int(lines["VmRSS"].split()[0]))
                except (OSError, KeyError, ValueError):
                    continue

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def ffmpeg_slow(*arguments: Any) -> bytes:
    command = [find_ffmpeg(), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    done = run(command, timeout_seconds=3600)
    assert done.returncode == 0, done.stderr
    return done.stdout


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
