"""Sizes of the field that tests of ``render`` show, its files, and options of quick videos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.oracle import Picture

HEIGHT, WIDTH, COUNT = 24, 32, 6
YUV = Picture("yuv420p", HEIGHT, WIDTH)
RGB = Picture("rgb24", HEIGHT, WIDTH)
FAST: dict[str, Any] = {"preset": "ultrafast", "progress": False}
EXACT: dict[str, Any] = {**FAST, "lossless": True}


def saved(data: np.ndarray, at: Path) -> Path:
    """A field in a file."""
    np.save(at / "data.npy", data)
    return at / "data.npy"


def save_images(folder: Path, images: Any, pattern: str = "frame_{}.png") -> Path:
    """Pictures in a folder, numbered from 1 on."""
    folder.mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / pattern.format(i + 1))
    return folder
