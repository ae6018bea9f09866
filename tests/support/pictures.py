"""Writers of pictures that Pillow does not write."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

_COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}  # channels to the number that the format has for them


def save_png(path: Path, pixels: Any, bits: int = 0, level: int = -1) -> None:
    """Save (H, W) or (H, W, C), of uint8 or uint16; of greys the lowest ``bits`` alone."""
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    depth = bits or pixels.dtype.itemsize * 8
    rows = pixels.astype(">u2" if depth == 16 else "u1").reshape(height, -1)
    raw = rows.view("u1") if depth >= 8 else packed(rows, depth)
    header = struct.pack(">IIBBBBB", width, height, depth, _COLOURS[channels], 0, 0, 0)
    scanlines = b"".join(b"\0" + row.tobytes() for row in raw)
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in (
        (b"IHDR", header),
        (b"IDAT", zlib.compress(scanlines, level)),
        (b"IEND", b""),
    ):
        crc = zlib.crc32(kind + data)
        content += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)
    path.write_bytes(content)


def packed(rows: Any, depth: int) -> Any:
    """Lay values of few bits together, the first in the highest bits of a byte."""
    bits = np.unpackbits(rows[..., None], axis=-1)[..., 8 - depth :]
    return np.packbits(bits.reshape(len(rows), -1), axis=-1)


def save_pfm(path: Path, pixels: Any, scale: float = -1.0) -> None:
    """Save (H, W) or (H, W, 3); a positive scale is big-endian."""
    height, width = pixels.shape[:2]
    magic = "Pf" if pixels.ndim == 2 else "PF"
    head = f"{magic}\n{width} {height}\n{scale}\n".encode()
    path.write_bytes(head + pixels[::-1].astype("<f4" if scale < 0 else ">f4").tobytes())


def save_float(path: Path, maps: Any) -> None:
    """Save (C, H, W) as OpenPose does."""
    head = np.array([maps.ndim, *maps.shape], "<f4")
    path.write_bytes(head.tobytes() + maps.astype("<f4").tobytes())


def save_ros(
    path: Path, codes: Any, scale: float = 0.0, shift: float = 0.0, *, level: int = -1
) -> None:
    """Save (H, W) uint16 as ROS's compressed depth, with how inverse depths were quantised."""
    save_png(path, codes, level=level)
    path.write_bytes(struct.pack("<iff", 0, scale, shift) + path.read_bytes())


def save_moge(path: Path, codes: Any, near: object, far: object) -> None:
    """Save (H, W) uint16 as MoGe's write_depth does, by Pillow."""
    texts = PngInfo()
    texts.add_text("near", str(near))
    texts.add_text("far", str(far))
    Image.fromarray(codes).save(path, pnginfo=texts)


def save_flo(path: Path, flow: Any) -> None:
    """Save (H, W, 2)."""
    head = b"PIEH" + struct.pack("<ii", flow.shape[1], flow.shape[0])
    path.write_bytes(head + flow.astype("<f4").tobytes())
