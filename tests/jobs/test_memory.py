"""Memory does not grow with the length of a sequence, nor anything with the number of renders."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest

import heatvid
from tests.support.videos import numbered

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="measures by Linux's /proc")
FEW_OF_CHUNKS = 320  # which lie in slabs, of which several are decoded ahead
FEW, MANY = 90, 1200  # the few fill what statistics read at once, and are enough for any backend
HEIGHT, WIDTH = 480, 640
ALLOWED_RATIO = 1.10
SLAB = 16  # frames that decode together
ALLOWED_SLABS = 2  # more or fewer happen to be alive at once; the longer file has 55 more


PROGRAM = """
import re, sys
import numpy as np
import heatvid

kind, count, source, out = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
limits = {}
if kind == "generator":
    def source_frames(base=np.linspace(0, 1, 480 * 640, dtype=np.float32).reshape(480, 640)):
        for i in range(count):
            yield base * np.float32(i / count)
    source, limits = source_frames(), {"vmin": 0, "vmax": 1}
else:
    limits = {"percentiles": (1, 99)}
heatvid.render(source, out, preset="ultrafast", batch_size=4, threads=2, **limits)
status = open("/proc/self/status").read()
print(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])
"""


def peak_kib(kind: str, count: int, folder: Path) -> int:
    """The most memory that a process rendering ``count`` frames had resident, ffmpeg's not."""
    source = folder / (f"{count}.h5" if kind == "hdf5" else f"{count}.npy")
    if kind == "hdf5":
        with pytest.importorskip("h5py").File(source, "w") as file:
            frames = file.create_dataset(
                "depth", (count, HEIGHT, WIDTH), "f4", chunks=(SLAB, HEIGHT, WIDTH), compression=1
            )
            ramp = np.linspace(0, 1, WIDTH, dtype=np.float32)
            frames[:32] = np.tile(ramp, (32, HEIGHT, 1))  # the rest takes no place
    elif kind != "generator" and not source.exists():
        data = np.lib.format.open_memmap(source, "w+", np.float32, (count, HEIGHT, WIDTH))
        data[::10] = np.linspace(0, 1, WIDTH, dtype=np.float32)  # the rest takes no place
        del data
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), kind, str(count), source,
         folder / f"{kind}-{count}.mp4"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("kind", ["percentiles", "generator", "hdf5"])
def test_memory_does_not_grow_with_the_length(kind: str, tmp_path: Path) -> None:
    least = FEW_OF_CHUNKS if kind == "hdf5" else FEW
    few, many = peak_kib(kind, least, tmp_path), peak_kib(kind, MANY, tmp_path)
    sys.stdout.write(f"{kind}: {few / 1024:.1f} MiB, {many / 1024:.1f} MiB, {many / few:.3f}\n")
    slab_kib = SLAB * HEIGHT * WIDTH * 4 >> 10
    assert many < (few + ALLOWED_SLABS * slab_kib if kind == "hdf5" else few * ALLOWED_RATIO)


def held() -> tuple[int, int, int]:
    """Open descriptors, threads and children of this process."""
    gc.collect()
    children = 0
    for task in Path("/proc/self/task").iterdir():
        children += len((task / "children").read_text().split())
    return len(os.listdir("/proc/self/fd")), threading.active_count(), children


def render_many(count: int, folder: Path) -> None:
    """Render over and over; every fourth fails, every other has a background video."""
    data, clip = numbered(), folder / "clip.mp4"
    heatvid.render(data, clip, overwrite=True, preset="ultrafast")
    for i in range(count):
        out = folder / "out.mp4"
        if i % 4 == 3:
            frames = [*data, np.zeros((1, 1))]
            with pytest.raises(heatvid.SourceError):
                heatvid.render(iter(frames), out, vmin=0, vmax=1, overwrite=True)
        else:
            background = clip if i % 2 else None
            heatvid.render(data, out, background=background, overwrite=True, preset="ultrafast")


def test_nothing_is_held_after_many_renders(tmp_path: Path) -> None:
    render_many(4, tmp_path)  # what is loaded or cached once
    before = held()
    render_many(int(os.environ.get("HEATVID_TEST_RENDERS", "30")), tmp_path)
    assert held() == before


GRID = """
import re, sys
import numpy as np
import heatvid

count, out = int(sys.argv[1]), sys.argv[2]
base = np.linspace(0, 1, 120 * 160, dtype=np.float32).reshape(120, 160)
sources = [(base * np.float32(i / count) for i in range(count)) for _ in range(16)]
panels = heatvid.grid([sources[i : i + 4] for i in range(0, 16, 4)])
heatvid.render(panels, out, vmin=0, vmax=1, preset="ultrafast", batch_size=4, threads=2)
status = open("/proc/self/status").read()
print(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])
"""


def test_memory_of_sixteen_sources_does_not_grow_with_their_length(tmp_path: Path) -> None:
    peaks = []
    for count in (FEW, MANY):
        done = subprocess.run(
            [sys.executable, "-c", GRID, str(count), tmp_path / f"{count}.mp4"],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout))
    few, many = peaks
    sys.stdout.write(f"grid: {few / 1024:.1f} MiB, {many / 1024:.1f} MiB, {many / few:.3f}\n")
    assert many < few * ALLOWED_RATIO
