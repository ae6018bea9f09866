"""Pages in a browser: what memory a long one takes, and how many frames a second are drawn.

By hand: ``python -m tests.harness.pages``. A page of many frames and one of few are opened and
scrubbed through alike, each in a browser of its own, whose processes' memory is added up; then
fields of 1280 by 720, alone and over a video, play at 60 frames a second with software rendering.
Held to: 1.25 times the memory.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import heatvid
from tests.support.tabs import SOFTWARE, Browser, Tab

FEW, MANY, MOST_RATIO = 200, 10_000, 1.25
_STOPS, _SECONDS = 60, 8.0
_COUNT = """new Promise((resolve) => {
  const begin = performance.now();
  let turns = 0, last = heatvid.frame;
  const look = () => {
    if (heatvid.frame !== last) turns++;
    last = heatvid.frame;
    if (performance.now() - begin > 1000 * SECONDS) resolve(turns / SECONDS);
    else requestAnimationFrame(look);
  };
  look();
})"""


def main() -> int:
    """Measure and print; the exit code is 1 where a bound is passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness.pages")
    parser.add_argument("--many", type=int, default=MANY, help="frames of the long page")
    many = parser.parse_args().many
    with tempfile.TemporaryDirectory(prefix="heatvid-pages-") as name:
        folder = Path(name)
        used = {count: memory_of(page(folder, count, 180, 320), folder) for count in (FEW, many)}
        ratio = used[many] / used[FEW]
        for count, mib in used.items():
            print(f"{count:6} frames of 320x180, scrubbed: {mib:.0f} MiB")
        print(f"{ratio:.2f} times as much, at most {MOST_RATIO}")
        clip = folder / "clip.mp4"
        heatvid.render(fields(150, 720, 1280), clip, vmin=-1, vmax=1, fps=60, progress=False)
        for what, under in (("alone", None), ("over a video", clip)):
            rate = rate_of(page(folder, 150, 720, 1280, background=under, fps=60), folder)
            print(f"1280x720 {what}: {rate:.1f} of 60 frames a second are drawn")
    return int(ratio > MOST_RATIO)


def fields(count: int, height: int, width: int) -> Iterator[np.ndarray]:
    """Smooth fields that move."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    for k in range(count):
        yield np.sin((x + 2 * k) / (width / 9)) * np.cos((y - k) / (height / 7))


def page(folder: Path, count: int, height: int, width: int, **options: object) -> Path:
    """Write a page of so many fields."""
    path = folder / "page.html"
    frames = fields(count, height, width)
    heatvid.render(frames, path, vmin=-1, vmax=1, overwrite=True, progress=False, **options)  # type: ignore[arg-type]
    return path


def opened(browser: Browser, path: Path) -> Tab:
    """Open a page, and wait until it shows its first frame."""
    tab = browser.open(path.resolve().as_uri())
    tab.run("heatvid.ready")
    return tab


def memory_of(path: Path, folder: Path) -> float:
    """What a browser has in memory, in MiB, once it was scrubbed through a page there and back."""
    with Browser(folder, *SOFTWARE) as browser:
        tab = opened(browser, path)
        last = tab.run("heatvid.frames") - 1
        for k in [*range(_STOPS), *reversed(range(_STOPS))]:
            tab.run(f"heatvid.seek({round(k * last / (_STOPS - 1))})")
        return sum(map(_own_memory, _tree(os.getpid()))) / 2**10


def _tree(pid: int) -> Iterator[int]:
    """The processes that a process began, and theirs."""
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, listed.read_text().split()):
            yield child
            yield from _tree(child)


def _own_memory(pid: int) -> int:
    """Its share of memory, in KiB; 0 of one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def rate_of(path: Path, folder: Path) -> float:
    """Frames a second that are drawn while a page plays."""
    with Browser(folder, *SOFTWARE) as browser:
        tab = opened(browser, path)
        tab.click("#play")
        time.sleep(1)  # into it
        rate: float = tab.run(_COUNT.replace("SECONDS", str(_SECONDS)))
        return rate


if __name__ == "__main__":
    sys.exit(main())
