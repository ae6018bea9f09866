"""One image file as values: grey levels, palette indices or channels, upright, never converted."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from heatvid._errors import SourceError, called, one_line, printable
from heatvid._frames import AnyArray
from heatvid.sources._files import FrameFile
from heatvid.sources._members import MemberPath, OpenFile, open_file
from heatvid.sources._png import changed_by_pillow, demand_checksums
from heatvid.sources._reading import demand_plausible, no_room, silenced

if TYPE_CHECKING:
    from PIL import Image

# PGM and PPM are left out: Pillow stretches their values to the full range.
SUFFIXES = (".png", ".jpg", ".tif", ".bmp", ".webp")

# Pillow's modes: channels and dtype. Palette images ("P") give their indices.
_MODES: dict[str, tuple[int, str]] = {
    "1": (1, "bool"), "L": (1, "u1"), "P": (1, "u1"), "I;16": (1, "u2"), "I;16B": (1, "u2"),
    "I": (1, "i4"), "F": (1, "f4"), "LA": (2, "u1"), "RGB": (3, "u1"), "RGBA": (4, "u1"),
}  # fmt: skip
_MAGICS = (
    (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"), (b"\x89PNG", "PNG"), (b"\xff\xd8", "JPEG"),
    (b"RIFF", "WebP"), (b"BM", "BMP"),
)  # fmt: skip
_ORIENTATION, _SHORT = 274, 3  # the tag of EXIF, and the kind of its value
# What each of its values asks for, of pixels (H, W) or (H, W, C).
_TURNS: dict[int, Callable[[AnyArray], AnyArray]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
    8: lambda a: a.swapaxes(0, 1)[::-1],
}
_PNG = b"\x89PNG\r\n\x1a\n"
_ROS_BYTES = 12  # of how depth was compressed, before a PNG
_SIDEWAYS = (5, 6, 7, 8)
_MOST_RATIOS = {"PNG": 8 * 1032}  # of bytes to those of pixels, which may be of a bit: zlib's


@contextmanager
def open_image(path: str) -> Iterator[FrameFile]:
    """Open an image of shape (H, W) or (H, W, C); it is decoded by ``load``."""
    with opened(path) as image:
        _demand_plain(image, called(path))
        turn = orientation_of(image)
        changed = changed_by_pillow(image)

        def load(out: AnyArray) -> None:
            demand_sound(path, image)
            pixels = np.asarray(image) if changed is None else changed.undone(image, again)
            out[...] = upright(pixels, turn)

        def again() -> AbstractContextManager[Image.Image]:
            return opened(path)

        if changed is None:
            shape, dtype = _shape_and_dtype(image, turn, *_kind_of(image))
            yield FrameFile(shape, dtype, load, palette=_palette_of(image))
        else:
            kind = changed.channels, changed.dtype
            yield FrameFile(*_shape_and_dtype(image, turn, *kind), load, changed.white)


def demand_sound(path: str, image: Image.Image) -> None:
    """Refuse an image whose file has checksums that are wrong; an archive's own are compared."""
    if image.format == "PNG" and not isinstance(path, MemberPath):
        with open_file(path) as file:
            demand_checksums(file, len(_header(file)))


def orientation_of(image: Image.Image) -> int:
    """How the camera was held, 1 to 8, as EXIF has it; 1 where nothing is to be turned.

    TIFF files are turned by Pillow. EXIF behind the pixels, where no writer puts it, is not
    looked for: that would decode every file twice.
    """
    exif = image.info.get("exif", b"")
    return 1 if image.format == "TIFF" else _orientation(exif.removeprefix(b"Exif\0\0"))


def _orientation(exif: bytes) -> int:
    """Find the tag among those of the first directory; Pillow warns of what is damaged."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None or len(exif) < 8:
        return 1
    (begin,) = struct.unpack_from(f"{order}I", exif, 4)
    if begin + 2 > len(exif):
        return 1
    (count,) = struct.unpack_from(f"{order}H", exif, begin)
    for place in range(begin + 2, min(begin + 2 + 12 * count, len(exif) - 11), 12):
        tag, kind, values, value = struct.unpack_from(f"{order}HHIH", exif, place)
        if (tag, kind, values) == (_ORIENTATION, _SHORT, 1):
            return int(value) if value in _TURNS else 1
    return 1


def upright(pixels: AnyArray, orientation: int) -> AnyArray:
    """Turn the pixels of an image as :func:`orientation_of` says."""
    return _TURNS[orientation](pixels) if orientation in _TURNS else pixels


def _palette_of(image: Image.Image) -> AnyArray | None:
    """Colours of indices, (N, 3) uint8."""
    levels = image.getpalette() if image.mode == "P" else None
    return np.array(levels, np.uint8).reshape(-1, 3) if levels else None


def _kind_of(image: Image.Image) -> tuple[int, str]:
    channels, kind = _MODES[image.mode]
    if image.mode == "I" and image.format == "PNG":  # older Pillow: 16 bits as int32
        kind = "u2"
    return channels, kind


def _shape_and_dtype(
    image: Image.Image, turn: int, channels: int, kind: str
) -> tuple[tuple[int, ...], np.dtype[Any]]:
    size = (image.height, image.width)
    size = size[::-1] if turn in _SIDEWAYS else size
    return (size if channels == 1 else (*size, channels)), np.dtype(kind)


@contextmanager
def opened(path: str) -> Iterator[Image.Image]:
    """Open an image file by Pillow; what that raises becomes SourceError."""
    from PIL import Image

    label = called(path)
    with open_file(path) as file:
        try:
            with silenced("PIL"):
                image = Image.open(_behind_header(file))
                pictures = getattr(image, "n_frames", 1)
                if image.format == "TIFF":
                    image.getexif()  # kept for when it is decoded
            with image:
                declared = image.width * image.height * len(image.getbands())
                demand_plausible(label, declared, file.size, _MOST_RATIOS.get(image.format or ""))
                if pictures > 1 and image.format != "MPO":
                    raise SourceError(
                        f"{label}: holds {pictures} pictures; allowed is one; split it, or pass an "
                        "array"
                    )
                yield image
        except SourceError:
            raise
        except MemoryError as error:
            raise no_room(label, error) from error
        except (
            OSError, ValueError, SyntaxError, TypeError, LookupError, EOFError, OverflowError,
            RuntimeError, Image.DecompressionBombError,
        ) as error:  # fmt: skip
            raise SourceError(
                f"{label}: cannot be decoded as an image ({_why(error, file)}); write the file "
                "again"
            ) from error


def ros_header_of(path: str) -> bytes:
    """The header that ROS's compressed depth has before its PNG; empty where there is none."""
    with open_file(path) as file:
        return _header(file)


def _header(file: OpenFile) -> bytes:
    head = file.read(_ROS_BYTES + len(_PNG)) or b""
    file.seek(0)
    return head[:_ROS_BYTES] if head[_ROS_BYTES:] == _PNG else b""


def _behind_header(file: OpenFile) -> OpenFile | io.BytesIO:
    """A file without the header of ROS's compressed depth, which is in memory then."""
    if not _header(file):
        return file
    content = np.empty(file.size - _ROS_BYTES, np.uint8)
    file.read_exactly(content, _ROS_BYTES)
    return io.BytesIO(content.tobytes())


def _why(error: Exception, file: OpenFile) -> str:
    from PIL import UnidentifiedImageError

    if not isinstance(error, UnidentifiedImageError):
        return printable(one_line(error))
    file.seek(0)  # Pillow's words show the object that was read
    start = file.read(4) or b""
    for magic, name in _MAGICS:
        if start.startswith(magic):
            return (
                f"a {name} that is damaged, or of a kind that Pillow does not read, as of five "
                "channels or of float16; .npy takes any"
            )
    return "its content is of no known format"


def _demand_plain(image: Image.Image, label: str) -> None:
    if image.mode not in _MODES:
        raise SourceError(
            f"{label}: an image of mode {image.mode}; allowed are grey, palette, RGB and RGBA"
        )
    codecs = getattr(image, "tile", None) or [("", (), 0, "")]
    deep = image.mode in ("RGB", "RGBA", "LA") and ";16" in str(codecs[0][3])
    if deep and image.format != "PNG":
        raise SourceError(
            f"{label}: has channels of 16 bits, which would be cut to 8; "
            "save the channel as a grey image, or as .npy"
        )
