"""Show a map that was made for every fifth picture of a clip in its corner, in step with all."""

import argparse

import numpy as np

import heatvid

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--output", default="keyframes.mp4")
output = parser.parse_args().output

# A clip of 2 seconds at 30 pictures a second: a bright disc goes across.
y, x = np.mgrid[0:240, 0:320]
center = 40 + 4 * np.arange(60)
disc = np.hypot(x - center[:, None, None], y - 120) < 30
clip = np.where(disc[..., None], 255, np.stack([y, y, x], -1) // 3).astype(np.uint8)

# A model that looks at 6 pictures a second gives where it saw the disc, in few pixels.
saliency = disc[::5, ::8, ::8].astype(np.float32)

# Values between two predictions; without hold="linear" each is shown until the next.
result = heatvid.render(
    saliency, output, background=clip, fps=30, source_fps=6, hold="linear", place="68%,4%,30%,30%",
    alpha=0.9, cmap="turbo", overwrite=True,
)  # fmt: skip
print(result)
