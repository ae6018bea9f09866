"""Render a dump of depth maps, near in red, with limits that ignore outliers.

Depth dumps hold a few wild values; exact percentiles over the whole sequence keep them from
stretching the colours, and one range for all frames keeps the video from flickering.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

import heatvid

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--output", default="depth.mp4")
output = parser.parse_args().output

# Stands for a file that a depth model wrote: (T, H, W) float32, metres.
y, x = np.mgrid[0:120, 0:160].astype(np.float32) / 120
camera = np.linspace(0, 2, 48, dtype=np.float32)[:, None, None]
depth = 4 + 3 * np.cos(3 * x - camera) * np.cos(4 * y) + 2 * (1 - y)
depth[:, 5, 5] = 900  # sky

with tempfile.TemporaryDirectory() as folder:
    dump = Path(folder) / "clip_depths.npy"
    np.save(dump, depth.astype(np.float32))
    result = heatvid.render(
        dump, output, cmap="Spectral", percentiles=(1, 99), fps=24, overwrite=True
    )
print(result)
