"""One image file as values: grey levels, palette indices or channels, never converted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from heatvid._errors import SourceError, one_line, printable
from heatvid._frames import AnyArray
from heatvid.sources._files import FrameFile, RegularFile

if TYPE_CHECKING:
    from PIL import Image

# PGM and PPM are left out: Pillow stretches their values to the full range.
SUFFIXES = (".png", ".jpg", ".tif", ".bmp", ".webp", ".pfm")

# Pillow's modes: channels and dtype. Palette images ("P") give their indices.
_MODES: dict[str, tuple[int, str]] = {
    "1": (1, "bool"), "L": (1, "u1"), "P": (1, "u1"), "I;16": (1, "u2"), "I;16B": (1, "u2"),
    "I": (1, "i4"), "F": (1, "f4"), "LA": (2, "u1"), "RGB": (3, "u1"), "RGBA": (4, "u1"),
}  # fmt: skip


@contextmanager
def open_image(path: str) -> Iterator[FrameFile]:
    """Open an image of shape (H, W) or (H, W, C); it is decoded by ``load``."""
    with _opened(path) as image:

        def load(out: AnyArray) -> None:
            out[...] = np.asarray(image)

        yield FrameFile(*_shape_and_dtype(image), load)


def _shape_and_dtype(image: Image.Image) -> tuple[tuple[int, ...], np.dtype[Any]]:
    channels, kind = _MODES[image.mode]
    if image.mode == "I" and image.format == "PNG":  # older Pillow: 16 bits as int32
        kind = "u2"
    size = (image.height, image.width)
    return (size if channels == 1 else (*size, channels)), np.dtype(kind)


@contextmanager
def _opened(path: str) -> Iterator[Image.Image]:
    from PIL import Image

    label = printable(path)
    with RegularFile(path) as file:
        try:
            with Image.open(file) as image:
                _demand_plain(image, label)
                yield image
        except SourceError:
            raise
        except (
            OSError, ValueError, SyntaxError, TypeError, LookupError, EOFError, OverflowError,
            MemoryError, RuntimeError, Image.DecompressionBombError,
        ) as error:  # fmt: skip
            raise SourceError(
                f"{label}: cannot be decoded as an image ({_why(error)}); write the file again"
            ) from error


def _why(error: Exception) -> str:
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):  # its words show the object that was read
        return "its content is of no known format"
    return printable(one_line(error))


def _demand_plain(image: Image.Image, label: str) -> None:
    if image.mode not in _MODES:
        raise SourceError(
            f"{label}: an image of mode {image.mode}; allowed are grey, palette, RGB and RGBA"
        )
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        raise SourceError(
            f"{label}: holds {image.n_frames} pictures; allowed is one; split it, "  # type: ignore[attr-defined]  # has just been asked for
            "or pass an array"
        )
    codecs = getattr(image, "tile", None) or [("", (), 0, "")]
    if image.mode in ("RGB", "RGBA", "LA") and ";16" in str(codecs[0][3]):
        raise SourceError(
            f"{label}: has channels of 16 bits, which would be cut to 8; "
            "save the channel as a grey image, or as .npy"
        )
