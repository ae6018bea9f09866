"""Files of a library of their own that are broken, one row a way to be so."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.broken import Broken, holding
from tests.support.exr import save_exr
from tests.support.pictures import save_moge, save_png, save_ros
from tests.support.sources import VALUES


def written(name: str, save: Callable[..., object], *given: Any, **more: Any) -> Any:
    """Make a file by what saves it."""

    def make(folder: Path) -> Path:
        save(folder / name, *given, **more)
        return folder / name

    return make


def changed(make: Callable[[Path], Path], change: Callable[[bytes], bytes]) -> Any:
    """Change the bytes of what another has made."""

    def changing(folder: Path) -> Path:
        path = make(folder)
        path.write_bytes(change(path.read_bytes()))
        return path

    return changing


def mixed(folder: Path) -> Path:
    save_png(folder / "0.png", np.zeros((5, 6, 3), np.uint16))
    save_png(folder / "1.png", np.zeros((5, 6, 3), np.uint8))
    return folder


PFM = {
    "empty": (b"", "is no PFM file"),
    "text": (b"hello", "is no PFM file"),
    "header cut": (b"Pf\n6 5", "is no PFM file"),
    "cut": (b"Pf\n6 5\n-1\n" + bytes(100), "6x5 pixels take 130 bytes, it has 110"),
    "too long": (b"Pf\n6 5\n-1\n" + bytes(121), "6x5 pixels take 130 bytes, it has 131"),
    "no pixels": (b"Pf\n6 0\n-1\n", "is of 6x0 pixels"),
    "lying": (b"Pf\n999999999 999999999\n-1\n" + bytes(100), r"take 399999999200000\d+ bytes"),
}  # fmt: skip
FLO = {
    "empty": (b"", r"is no \.flo file"),
    "text": (b"hello, hello", r"is no \.flo file"),
    "cut": (b"PIEH" + struct.pack("<ii", 6, 5) + bytes(200), "6x5 pixels take 252 bytes"),
    "negative": (b"PIEH" + struct.pack("<ii", -6, 5), "is of 0x5 pixels"),
}
FLOATS = {
    "empty": (b"", r"is no \.float file"),
    "text": (b"hello, hello", r"is no \.float file .it begins with b'hello, hello'"),
    "of one axis": (struct.pack("<4f", 1, 2, 8, 9), r"is no \.float file"),
    "header cut": (struct.pack("<3f", 3, 5, 6), r"is no \.float file"),
    "of half a pixel": (struct.pack("<4f", 3, 2, 5, 6.5), r"is no \.float file"),
    "NaN": (struct.pack("<4f", 3, 2, 5, np.nan), r"is no \.float file"),
    "cut": (struct.pack("<4f", 3, 2, 5, 6) + bytes(200), "6x5 pixels take 256 bytes, it has 216"),
    "no pixels": (struct.pack("<4f", 3, 2, 0, 6), "is of 6x0 pixels"),
    "lying": (struct.pack("<4f", 3, 9e6, 9e6, 9e6) + bytes(99), r"take 2916\d+ bytes"),
}
CODES = np.arange(30, dtype=np.uint16).reshape(5, 6)


def one_of_another_kind(save: Any, *given: Any) -> Any:
    """Make a folder of coded depth, one of which is none."""

    def make(folder: Path) -> Path:
        save(folder / "0.png", CODES, *given)
        save_png(folder / "1.png", CODES)
        return folder

    return make


NOISE = np.random.default_rng(0).integers(0, 99, (40, 50)).astype("f4")  # which is compressed
EXR = written("x.exr", save_exr, NOISE)


def tiff(array: Any = VALUES, **how: Any) -> Any:
    def save(path: Path) -> None:
        import tifffile

        tifffile.imwrite(path, array, **how)

    return written("x.tif", save)


RAMP = np.arange(9 * 40 * 50, dtype="f4").reshape(9, 40, 50) % 99
DEFLATED = tiff(RAMP, compression="zlib", metadata=None)


def zeros(content: bytes, begin: int, size: int) -> bytes:
    return content[:begin] + bytes(size) + content[begin + size :]


def last_page(content: bytes) -> int:
    """Where the tags of the last page lie."""
    place = struct.unpack("<I", content[4:8])[0]
    while True:
        link = place + 2 + 12 * struct.unpack("<H", content[place : place + 2])[0]
        (following,) = struct.unpack("<I", content[link : link + 4])
        if not following:
            return int(place)
        place = following


def pages(folder: Path) -> Path:
    first, *rest = (Image.fromarray(frame) for frame in VALUES)
    first.save(folder / "x.tif", save_all=True, append_images=rest)
    return folder / "x.tif"


TIFF = [
    *(Broken(f"TIFF: {name}", holding("x.tif", content), f"x.tif: {message}")
      for name, (content, message) in {
          "empty": (b"", "is no TIFF file"), "text": (b"text", "is no TIFF file"),
          "magic only": (b"II*\0", "the file is cut"),
          "no pages": (b"II*\0" + bytes(12), "holds no pages|cannot be read"),
          "a ring": (b"II*\0\x08\0\0\0\x04\0" + bytes(48) + b"\x08\0\0\0",
                     "its chain of pages is a ring")}.items()),
    Broken("TIFF: cut", changed(tiff(), lambda content: content[:800]),
           r"the file is cut|takes \d+ bytes, it has 800"),
    Broken("TIFF: cut, compressed", changed(DEFLATED, lambda content: content[:-300]),
           "the file is cut", late=True),
    Broken("TIFF: tags overwritten", changed(
        DEFLATED, lambda content: zeros(content, last_page(content), 9)), "page 8 is damaged"),
    Broken("TIFF: overwritten", changed(DEFLATED, lambda content: zeros(
        content, content.index(b"\x78\x9c") + 20, 90)), r"x\.tif: cannot be read", late=True),
    Broken("TIFF: cut pages", changed(pages, lambda content: content[:-20]), "the file is cut",
           late=True),
    Broken("TIFF: a plane of several", tiff(np.zeros((3, 2, 2, 5, 6), "f4"), imagej=True,
           metadata={"axes": "TZCYX"}), r"z .0 to 1. is left over; .*\(--select z=0\)"),
    Broken("TIFF: no such axis", tiff(imagej=True), "has no dimension 'level'; allowed are time",
           options={"select": {"level": 1}}),
    Broken("TIFF: complex", tiff(VALUES * 1j), "complex numbers"),
    Broken("TIFF: key", tiff(), r"allowed with \.npz", options={"key": "x"}),
]  # fmt: skip


def zipped(change: Callable[[bytes], bytes] = bytes, *, name: str = "{}.exr",
           compression: int = zipfile.ZIP_STORED) -> Any:  # fmt: skip
    """Make a zip of three files."""

    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "x.zip", "w", compression) as archive:
            for i in range(3):
                archive.writestr(name.format(i), EXR(folder).read_bytes())
        path = folder / "x.zip"
        path.write_bytes(change(path.read_bytes()))
        return path

    return make


def later(content: bytes) -> bytes:
    """Say of the first member that it takes a version of the format that there is not."""
    place = content.index(b"PK\1\2") + 6
    return content[:place] + b"\xff" + content[place + 1 :]


ZIP = [
    *(Broken(f"zip: {name}", holding("x.zip", content), message)
      for name, (content, message) in {
          "empty": (b"", r"is no zip .* file \(it is empty\)"),
          "text": (b"text", "begins with b'text'"),
          "magic only": (b"PK\3\4", "the archive is damaged"),
          "nothing in it": (b"PK\5\6" + bytes(18), "holds no frames; allowed are")}.items()),
    Broken("zip: no frames", zipped(name="{}.txt"), r"holds no frames; allowed are \.npy"),
    Broken("zip: of a later version", zipped(later), r"x\.zip: the archive is damaged .*version"),
    Broken("zip: cut", zipped(lambda content: content[:-30]), "the archive is damaged"),
    Broken("zip: overwritten", zipped(lambda content: zeros(content, 500, 100)),
           r"x\.zip/0\.exr: the archive is damaged .*CRC"),
    *(Broken(f"zip: overwritten, by method {method}",
             zipped(lambda content: zeros(content, 100, 300), compression=method),
             r"x\.zip/0\.exr: the archive is damaged")
      for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)),
    Broken("zip: two kinds", lambda folder: with_another(zipped()(folder)),
           r"holds 3 \.exr files and 1 \.png files; allowed is one kind"),
]  # fmt: skip


def with_another(path: Path) -> Path:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x.png", b"")
    return path


def huge_png(folder: Path) -> Path:
    save_png(folder / "x.png", np.zeros((5, 6, 3), np.uint8))
    content = (folder / "x.png").read_bytes()
    chunk = b"IHDR" + struct.pack(">II", 3_000, 3_000) + content[24:29]
    crc = struct.pack(">I", zlib.crc32(chunk))
    (folder / "x.png").write_bytes(content[:12] + chunk + crc + content[33:])
    return folder / "x.png"


def huge_tiff(content: bytes) -> bytes:
    """Write other lengths into the tags of the first page."""
    place = struct.unpack("<I", content[4:8])[0] + 2
    for at in range(place, place + 240, 12):
        if struct.unpack("<H", content[at : at + 2])[0] in (256, 257):
            tag = content[at : at + 2] + struct.pack("<HII", 4, 1, 30_000)
            content = content[:at] + tag + content[at + 12 :]
    return content


def of_fewer_pieces(content: bytes) -> bytes:
    """Say of three pieces of pixels where they lie, where there are four."""
    place = struct.unpack("<I", content[4:8])[0] + 2
    for at in range(place, place + 240, 12):
        if struct.unpack("<H", content[at : at + 2])[0] in (273, 279):
            content = content[: at + 4] + struct.pack("<I", 3) + content[at + 8 :]
    return content


IN_PIECES = tiff(RAMP[0], compression="zlib", metadata=None, rowsperstrip=10)
WIDE = ((0, 0), (5, 4)), ((0, 0), (29_999, 29_999))
LYING = [
    Broken("PNG: huge", huge_png, "declares a frame of 27000000 bytes, more than its"),
    Broken("TIFF: huge", changed(DEFLATED, huge_tiff), "declares a frame of 3600000000 bytes"),
    Broken("TIFF: of fewer pieces", changed(IN_PIECES, of_fewer_pieces),
           r"x\.tif: says of 3 pieces where they lie, it has 4", late=True),
    Broken("EXR: shown huge", written("x.exr", save_exr, VALUES[0], windows=WIDE),
           "declares a frame of 3600000000 bytes"),
]  # fmt: skip
BROKEN_FILES = [
    *LYING,
    *ZIP,
    *TIFF,
    *(Broken(f"PFM: {name}", holding("x.pfm", content), message)
      for name, (content, message) in PFM.items()),
    *(Broken(f".flo: {name}", holding("x.flo", content), message)
      for name, (content, message) in FLO.items()),
    *(Broken(f".float: {name}", holding("x.float", content), message)
      for name, (content, message) in FLOATS.items()),
    Broken("ROS: header alone", holding("x.png", bytes(12)), "cannot be decoded as an image"),
    Broken("ROS: cut", changed(written("x.png", save_ros, CODES), lambda content: content[:-30]),
           "cannot be decoded as an image", late=True),
    Broken("ROS: of bytes", written("x.png", save_ros, CODES.astype("u1")),
           r"x\.png: is \(5, 6\) uint8, coded depth; allowed are greys of 16 bits"),
    Broken("ROS: another kind", one_of_another_kind(save_ros),
           r"1\.png: is \(5, 6\) uint16, not coded depth; allowed are"),
    Broken("MoGe: another kind", one_of_another_kind(save_moge, 1, 2),
           r"1\.png: is \(5, 6\) uint16, not coded depth; allowed are"),
    Broken(".flo: no choice", holding("x.flo", b"PIEH" + struct.pack("<ii", 6, 5) + bytes(240)),
           "has 2 channels .* here perhaps channel='flow'"),
    Broken("KITTI: another kind", mixed, r"1\.png: is \(5, 6, 3\) uint8, the first file is flow",
           options={"channel": "flow"}),
    *(Broken(f"EXR: {name}", holding("x.exr", content), message)
      for name, (content, message) in {
          "empty": (b"", "is no OpenEXR file .it is empty"),
          "text": (b"text", "is no OpenEXR file .it begins with b'text'"),
          "magic only": (b"v/1\x01\x02\0\0\0", "the OpenEXR file is damaged .its header is cut")}
      .items()),
    *(Broken(f"EXR: cut {part}", changed(EXR, lambda content, part=part: content[:part]),
             "the OpenEXR file is damaged .its header is cut|it is cut")
      for part in (100, 330, 360, 3000, -1)),
    Broken("EXR: unfinished", changed(EXR, lambda content: content.replace(
        content[content.index(b"scanlineimage\0") + 15:][:16], bytes(16))), "never finished"),
    Broken("EXR: overwritten", changed(EXR, lambda content: content[:600] + bytes(900)
           + content[1500:]), r"x\.exr: cannot be read", late=True),
    Broken("EXR: huge", changed(EXR, lambda content: content.replace(
        struct.pack("<ii", 49, 39), struct.pack("<ii", 1 << 30, 1 << 30))), "pixels; write"),
    Broken("EXR: no such channel", EXR, "has no key 'depth'; allowed are 'Z'",
           options={"key": "depth"}),
    Broken("EXR: several", written("x.exr", save_exr, VALUES[0], "a", b=VALUES[0]),
           r"say which one with key= .--key.: 'a' \(5, 6\) float32, 'b'"),
]  # fmt: skip
