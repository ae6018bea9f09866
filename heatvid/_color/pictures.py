"""Any picture to RGB: gray or colours, bytes or floats, opaque or not; and which axes it has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import SourceError
from heatvid._frames import AnyArray

_CHANNELS = (1, 3, 4)  # gray, RGB, RGBA


def order_of(shape: tuple[int, ...]) -> str | None:
    """What the axes of pictures are, letters of T, H, W and C; None for what is none.

    Channels are last, or, where there is time, second, as torch has them.
    """
    if 0 in shape or not 2 <= len(shape) <= 4:
        return None
    if len(shape) == 2:
        return "HW"
    last = shape[-1] in _CHANNELS
    if len(shape) == 3:
        return "HWC" if last else "THW"
    return "THWC" if last else "TCHW" if shape[1] in _CHANNELS else None


def as_rgb(picture: AnyArray, name: str) -> NDArray[np.uint8]:
    """Bring a picture to (H, W, 3) uint8; what is not opaque lies over black.

    Parameters
    ----------
    picture : ndarray, shape (H, W) or (H, W, 1, 3 or 4), uint8, bool or float in 0..1
        Gray, RGB or RGBA.
    name : str
        For messages.
    """
    if picture.dtype == np.bool_:
        picture = picture * np.uint8(255)
    if picture.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            low, high = picture.min(), picture.max()
        if not (low >= 0 and high <= 1):
            raise SourceError(
                f"{name}: floats in {low:g}..{high:g}; allowed are floats in 0..1 and uint8"
            )
        picture = np.rint(picture.astype(np.float32) * 255).astype(np.uint8)
    if picture.dtype != np.uint8:
        raise SourceError(f"{name}: pictures of {picture.dtype}; allowed are uint8, floats in 0..1")
    if picture.ndim == 2:
        picture = picture[..., None]
    if picture.shape[-1] == 1:
        return np.broadcast_to(picture, (*picture.shape[:2], 3))
    return picture if picture.shape[-1] == 3 else _over_black(picture)


def _over_black(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay RGBA, its colours not premultiplied, over black; products are rounded."""
    alpha = rgba[..., 3:]
    if (alpha == 255).all():
        return rgba[..., :3]
    product = rgba[..., :3].astype(np.uint16)
    product *= alpha
    product += 127
    product //= 255
    return product.astype(np.uint8)
