"""Damaged files of every readable format, as predictions, masks and backgrounds.

By hand: ``python -m tests.harness.files --count 20000``. A seed makes a file from a valid one, at
run time, and everything that can read it does. What has to hold: errors are heatvid's own, one line
that begins with the file's name; warnings are of that kind too; nothing is written or left open; no
memory, no time without bounds. Each stretch of seeds runs in a process of its own, so that one that
ends it is found.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import heatvid
from heatvid._tools.inspect import inspect_source
from tests.support.videos import ffmpeg

STRETCH = 250  # seeds of one process
MOST_SECONDS, MOST_KIB = 60, 400 << 10  # of one way to read one file
HEIGHT, WIDTH, FRAMES = 12, 16, 3
_VIDEOS, _OF_VALUES = (".mp4", ".mkv", ".webm"), ("channels", "mask")  # which cost a process each
DATA = np.linspace(0, 1, FRAMES * HEIGHT * WIDTH, dtype=np.float32).reshape(FRAMES, HEIGHT, WIDTH)
_OF_THE_OUTPUT = ("size is ",)  # begins what the output cannot take of a file that can be read
SIZES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


# --- valid files ----------------------------------------------------------------------------------


def make_originals(folder: Path) -> dict[str, bytes]:
    """One valid file or more of each readable format, by name."""
    _save_arrays(folder)
    _save_images(folder)
    raw = folder / "frames.raw"
    raw.write_bytes(np.rint(DATA * 255).astype(np.uint8).repeat(3, -1).tobytes())
    layout = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", "10")
    ffmpeg(*layout, "-i", raw, "-c:v", "libx264", "-pix_fmt", "yuv420p", folder / "h264.mp4")
    ffmpeg(*layout, "-i", raw, "-c:v", "ffv1", folder / "ffv1.mkv")
    ffmpeg(*layout, "-i", raw, "-c:v", "libvpx-vp9", folder / "vp9.webm")
    raw.unlink()
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _save_arrays(folder: Path) -> None:
    np.save(folder / "plain.npy", DATA)
    np.save(folder / "fortran.npy", np.asarray(DATA, order="F"))
    np.save(folder / "bytes.npy", np.rint(DATA[..., None].repeat(3, -1) * 255).astype(np.uint8))
    np.savez(folder / "stored.npz", DATA)
    np.savez_compressed(folder / "deflated.npz", depth=DATA, confidence=DATA[0, 0])


def _save_images(folder: Path) -> None:
    gray = Image.fromarray(np.rint(DATA[0] * 255).astype(np.uint8))
    exif = Image.Exif()
    exif[274] = 6
    gray.save(folder / "gray.png", exif=exif)
    gray.convert("RGBA").save(folder / "clear.png")
    gray.convert("P").save(folder / "palette.png")
    Image.fromarray((DATA[0] * 60_000).astype(np.uint16)).save(folder / "deep.png")
    gray.convert("RGB").save(folder / "turned.jpg", exif=exif)
    gray.save(folder / "gray.bmp")
    gray.convert("RGB").save(folder / "lossy.webp")
    gray.convert("RGB").save(folder / "lossless.webp", lossless=True)
    Image.fromarray(DATA[0]).save(folder / "floats.tif", compression="tiff_adobe_deflate")
    gray.save(folder / "gray.tif", exif=exif)
    Image.fromarray(DATA[0]).save(folder / "floats.pfm")


# --- damage ---------------------------------------------------------------------------------------


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Change some bytes, half of the time near the front, where headers are."""
    out = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        reach = min(len(out), 256) if dice.random() < 0.5 else len(out)
        place = dice.randrange(reach) if reach else 0
        length = min(int(dice.expovariate(1 / 16)) + 1, len(out) - place)
        dice.choice(_DAMAGES)(out, place, length, dice)
    return bytes(out)


def _flip(out: bytearray, place: int, length: int, dice: random.Random) -> None:
    for i in range(place, min(place + dice.choice((1, 1, 3)), len(out))):
        out[i] ^= 1 << dice.randrange(8)


def _replace(out: bytearray, place: int, length: int, dice: random.Random) -> None:
    out[place : place + length] = dice.randbytes(length)


def _cut(out: bytearray, place: int, length: int, dice: random.Random) -> None:
    del out[place : None if dice.random() < 0.5 else place + length]


def _duplicate(out: bytearray, place: int, length: int, dice: random.Random) -> None:
    out[place:place] = out[place : place + length]


def _insert(out: bytearray, place: int, length: int, dice: random.Random) -> None:
    out[place:place] = dice.randbytes(length)


def _lie(out: bytearray, place: int, length: int, dice: random.Random) -> None:
    """Write a size, of either order of bytes, as headers have them."""
    width = dice.choice((1, 2, 4, 8))
    size = dice.choice(SIZES) & ((1 << 8 * width) - 1)
    out[place : place + width] = size.to_bytes(width, dice.choice(("little", "big")))


_DAMAGES: tuple[Callable[[bytearray, int, int, random.Random], None], ...] = (
    _flip, _replace, _cut, _duplicate, _insert, _lie, _lie,
)  # fmt: skip


# --- ways to read a file --------------------------------------------------------------------------


def ways(path: Path, out: Path) -> dict[str, Callable[[], Any]]:
    """Everything that a file may be given to; all of it in this process, but for decoders."""
    pictures = out / "%03d.png"
    return {
        "inspect": partial(inspect_source, path, progress=False),
        "render": partial(heatvid.render, path, pictures, progress=False),
        "channels": partial(heatvid.render, path, pictures, progress=False, channel="mean"),
        "mask": partial(heatvid.to_rgb, DATA, alpha_mask=path, background="white"),
        "background": partial(heatvid.to_rgb, DATA, background=path),
        "pictures": partial(heatvid.render, DATA, pictures, background=path, progress=False),
    }


def faults_of(path: Path, original: str, out: Path) -> Iterator[str]:
    """Say what does not hold of one damaged file."""
    for way, run in ways(path, out).items():
        if original.endswith(_VIDEOS) and way in _OF_VALUES:
            continue
        before, since = _open_descriptors(), time.monotonic()
        _forget_peak()
        least = _peak_kib()
        yield from (f"{way}: {fault}" for fault in _outcome(run, path, out))
        shutil.rmtree(out, ignore_errors=True)
        if (left := _open_descriptors() - before) > 0:
            yield f"{way}: {left} descriptors are left open"
        if (more := _peak_kib() - least) > MOST_KIB:
            yield f"{way}: {more >> 10} MiB"
        if (seconds := time.monotonic() - since) > MOST_SECONDS / 2:
            yield f"{way}: {seconds:.0f} s"


def _outcome(run: Callable[[], Any], path: Path, out: Path) -> Iterator[str]:
    with warnings.catch_warnings(record=True) as caught, _patience():
        warnings.simplefilter("always")
        try:
            run()
        except heatvid.HeatvidError as error:
            text = str(error)
            begins = text.removeprefix("alpha_mask: ").removeprefix("background: ")
            if not begins.startswith((str(path), *_OF_THE_OUTPUT)) or "\n" in text:
                yield f"says {text!r}"
            if out.exists() and any(out.iterdir()):
                yield f"leaves {sorted(each.name for each in out.iterdir())}"
        except Exception as error:
            yield f"raises {type(error).__name__}: {error}"
    for each in caught:
        if not str(each.message).startswith((str(path), "frame ")):
            yield f"warns {each.category.__name__}: {each.message} ({each.filename})"


@contextmanager
def _patience() -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise TimeoutError(f"it takes more than {MOST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _open_descriptors() -> int:
    gc.collect()  # of what an error's traceback holds
    return len(os.listdir("/proc/self/fd"))


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak_kib() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


# --- many of them ---------------------------------------------------------------------------------


def read_damaged(seed: int, originals: dict[str, bytes], folder: Path) -> Iterator[str]:
    """Damage a file by a seed, and say what does not hold of it."""
    dice = random.Random(seed)
    name = sorted(originals)[seed % len(originals)]
    path = folder / f"{seed}-{name}"
    path.write_bytes(damaged(originals[name], dice))
    yield from faults_of(path, name, folder / "out")
    path.unlink()


def _run_stretch(first: int, count: int, folder: Path) -> None:
    """Say of each seed that it begins, and what does not hold of it."""
    made = folder / "originals"
    made.mkdir()
    originals = make_originals(made)
    for seed in range(first, first + count):
        print(f"seed {seed}", flush=True)  # noqa: T201 (the parent reads it)
        for fault in read_damaged(seed, originals, folder):
            print(f"FAULT seed {seed} {fault}", flush=True)  # noqa: T201


def read_many(first: int, count: int) -> list[str]:
    """Read damaged files in processes of their own; give what did not hold."""
    faults: list[str] = []
    at, end = first, first + count
    while at < end:
        with tempfile.TemporaryDirectory(prefix="heatvid-files-") as folder:
            some = min(STRETCH, end - at)
            command = [sys.executable, "-m", __spec__.name if __name__ == "__main__" else __name__]
            command += ["--stretch", str(at), "--count", str(some), "--folder", folder]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
            done = subprocess.run(command, capture_output=True, text=True, env=environment)
        lines = done.stdout.splitlines()
        faults += [line.removeprefix("FAULT ") for line in lines if line.startswith("FAULT ")]
        at += some
        if done.returncode:
            begun = [line for line in lines if line.startswith("seed ")]
            last = begun[-1] if begun else "no seed"
            faults.append(f"{last} ends the process ({done.returncode}): {done.stderr[-2000:]}")
            at = int(last.split()[1]) + 1 if begun else end
    return faults


def main() -> int:
    """Run by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--stretch", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stretch is not None:
        _run_stretch(arguments.stretch, arguments.count, arguments.folder)
        return 0
    kinds: Counter[str] = Counter()
    for at in range(arguments.first, arguments.first + arguments.count, STRETCH):
        some = min(STRETCH, arguments.first + arguments.count - at)
        for fault in read_many(at, some):
            kinds[fault.split(": ")[0].split()[-1]] += 1
            print(fault, flush=True)  # noqa: T201
        print(f"{at + some - arguments.first} files", file=sys.stderr, flush=True)  # noqa: T201
    print(f"{arguments.count} files, {sum(kinds.values())} faults {dict(kinds)}")  # noqa: T201
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
