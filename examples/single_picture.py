"""Colour one prediction over its image and save it as PNG, for a paper or a web page."""

import argparse

import imageio.v3 as iio
import numpy as np

import heatvid

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--output", default="picture.png")
output = parser.parse_args().output

y, x = np.mgrid[0:240, 0:320]
image = np.stack([x * 255 // 320, y * 255 // 240, 128 + 0 * x], -1).astype(np.uint8)
prediction = np.sin(x[::8, ::8] / 40) * np.cos(y[::8, ::8] / 30)
prediction[:5, :5] = np.nan  # unknown: shows the image

rgb = heatvid.to_rgb(
    prediction, cmap="viridis", vmin=-1, vmax=1, bad="transparent", background=image, alpha=0.6
)
iio.imwrite(output, rgb)
print(f"{output}: {rgb.shape[1]}x{rgb.shape[0]}")
