"""Files of a library of their own that are broken, one row a way to be so."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.broken import Broken, holding
from tests.support.exr import save_exr
from tests.support.pictures import save_png
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
NOISE = np.random.default_rng(0).integers(0, 99, (40, 50)).astype("f4")  # which is compressed
EXR = written("x.exr", save_exr, NOISE)

BROKEN_FILES = [
    *(Broken(f"PFM: {name}", holding("x.pfm", content), message)
      for name, (content, message) in PFM.items()),
    *(Broken(f".flo: {name}", holding("x.flo", content), message)
      for name, (content, message) in FLO.items()),
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
