"""Image files as pictures to be seen, which is not the same as their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from heatvid._color.pictures import as_rgb
from heatvid._errors import called
from heatvid._frames import AnyArray
from heatvid.sources._files import kind_of
from heatvid.sources._images import SUFFIXES, demand_sound, opened, orientation_of, upright

if TYPE_CHECKING:
    from PIL import Image

PICTURES = tuple(suffix for suffix in SUFFIXES if suffix != ".pfm")


def is_picture_file(path: str) -> bool:
    """Whether a path is named like a picture."""
    return kind_of(path) in PICTURES


def read_picture(path: str) -> NDArray[np.uint8]:
    """Read an image file as it is meant to be seen, upright and over black, (H, W, 3) uint8."""
    with opened(path) as image:
        demand_sound(path, image)
        turn = orientation_of(image)
        return as_rgb(upright(_pixels(image), turn), called(path))


def _pixels(image: Image.Image) -> AnyArray:
    """Levels of gray, or RGB(A), of any mode of Pillow's; floats stay what they are."""
    if image.mode == "F":
        return np.asarray(image)
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip to 8
        return np.asarray(image).astype(np.float32) / 65_535
    clear = "A" in image.mode.upper() or "transparency" in image.info
    return np.asarray(image.convert("RGBA" if clear else "RGB"))
