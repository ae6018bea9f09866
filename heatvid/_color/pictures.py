"""Any picture to RGB: gray or colours, bytes or floats, arrays or image files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import SourceError, printable
from heatvid._frames import AnyArray

if TYPE_CHECKING:
    pass


def is_stack(shape: tuple[int, ...]) -> bool:
    """Whether an array holds one picture a frame."""
    return len(shape) == (4 if shape[-1:] in ((3,), (4,)) else 3)


def is_picture(shape: tuple[int, ...]) -> bool:
    """Whether an array is one picture."""
    return len(shape) == 2 or (len(shape) == 3 and shape[-1] in (3, 4))


def as_rgb(picture: AnyArray, name: str) -> NDArray[np.uint8]:
    """Bring a gray or RGB(A) picture, uint8 or float in 0..1, to (H, W, 3) uint8; alpha is cut."""
    if picture.dtype == np.bool_:
        picture = picture * np.uint8(255)
    if picture.dtype.kind == "f":
        low, high = picture.min(), picture.max()
        if not (low >= 0 and high <= 1):
            raise SourceError(
                f"{name}: floats in {low:g}..{high:g}; allowed are floats in 0..1 and uint8"
            )
        picture = np.rint(picture.astype(np.float32) * 255).astype(np.uint8)
    if picture.dtype != np.uint8:
        raise SourceError(f"{name}: pictures of {picture.dtype}; allowed are uint8, floats in 0..1")
    if picture.ndim == 2:
        return np.broadcast_to(picture[..., None], (*picture.shape, 3))
    return picture[..., :3]


def read_picture(path: str) -> NDArray[np.uint8]:
    """Read an image file as it is meant to be seen, upright, (H, W, 3) uint8."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I"):  # 16 bits, which Pillow would clip to 8
                return as_rgb(np.asarray(upright).astype(np.float32) / 65_535, path)
            return np.asarray(upright.convert("RGB"))
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise SourceError(
            f"{printable(path)}: cannot be read as a picture ({printable(str(error))})"
        ) from error
