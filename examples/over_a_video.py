"""Lay predictions over the video that they were made from."""

import argparse
import tempfile
from pathlib import Path

import numpy as np

import heatvid

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--output", default="overlay.mp4")
output = parser.parse_args().output

# Stands for attention maps on a coarse grid, one for each frame of the video.
y, x = np.mgrid[0:18, 0:32]
centre = np.linspace(4, 28, 40)[:, None, None]
attention = np.exp(-((x - centre) ** 2 + (y - 9) ** 2) / 20).astype(np.float32)

with tempfile.TemporaryDirectory() as folder:
    clip = Path(folder) / "clip.mp4"
    stripes = np.mgrid[0:360, 0:640][1] + 3 * np.arange(40)[:, None, None]
    heatvid.render(np.sin(stripes / 30), clip, cmap="gray", fps="24000/1001")

    # Size and frame rate are the video's; values below 0.05 let it through unchanged.
    result = heatvid.render(
        attention, output, background=clip, cmap="turbo", vmin=0.05, vmax=1,
        under="transparent", alpha=0.6, overwrite=True,
    )  # fmt: skip
print(result)
