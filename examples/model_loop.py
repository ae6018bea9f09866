"""Write saliency over images from inside an inference loop, batch by batch."""

import argparse
from collections.abc import Iterator

import numpy as np

import heatvid

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--output", default="saliency.mp4")
output = parser.parse_args().output


def loader(batches: int = 6, size: int = 8) -> Iterator[np.ndarray]:
    """Stands for a data loader: (size, H, W, 3) uint8 images."""
    y, x = np.mgrid[0:240, 0:320]
    for first in range(0, batches * size, size):
        shift = np.arange(first, first + size)[:, None, None]
        yield np.stack([(x + 4 * shift) % 256, y + 0 * shift, 255 - y + 0 * shift], -1).astype("u1")


def model(images: np.ndarray) -> np.ndarray:
    """Stands for a saliency model: coarse (size, 60, 80) float32 predictions in 0..1."""
    red = images[:, ::4, ::4, 0].astype(np.float32)
    return np.exp(-(((red - 128) / 30) ** 2))


with heatvid.VideoWriter(output, vmin=0, vmax=1, cmap="inferno", overwrite=True) as video:
    for images in loader():
        video.write(model(images), background=images)
print(video.result)
