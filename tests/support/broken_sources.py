"""All sources that are broken, one row a way to be so, and what has to be said of each."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.broken import Broken, holding, saved
from tests.support.broken_files import BROKEN_FILES
from tests.support.broken_npy import BROKEN_NPY, BROKEN_NPZ
from tests.support.broken_stored import BROKEN_STORED
from tests.support.sources import VALUES

# --- files of one frame ----------------------------------------------------------------------


def filled(folder: Path, **others: Any) -> Path:
    """A folder of twelve frames, some of them others than the rest."""
    for i in range(12):
        saved(folder, others.get(f"frame_{i}", VALUES[i % 9]), f"frame_{i}.npy")
    return folder


def of_two_kinds(folder: Path) -> Path:
    Image.new("L", (6, 5)).save(filled(folder) / "x.png")
    return folder


def with_a_folder_between(folder: Path) -> Path:
    for i in range(3):
        Image.new("L", (6, 5), i).save(folder / f"frame_{i}.png")
    (folder / "frame_3.png").mkdir()
    (folder / "notes").mkdir()  # of no kind that is looked at
    return folder


def of_channels(folder: Path) -> Path:
    return filled(folder, **{f"frame_{i}": np.zeros((5, 6, 4)) for i in range(12)})


def videos(folder: Path) -> list[Path]:
    (folder / "x.mp4").touch()
    return [folder / "x.mp4"] * 2


DIFFERS = r"frame_7\.npy: is .* the first file is \(5, 6\) float32"
FOLDERS = [
    Broken("folder: empty", lambda folder: folder,
           r"the folder holds no frames; allowed are \.npy"),
    Broken("folder: two kinds", of_two_kinds,
           r"holds 12 \.npy files and 1 \.png files; allowed is one"),
    *(Broken(f"folder: frames that differ {i}",
             lambda folder, frame=frame: filled(folder, frame_7=frame, frame_9=frame), DIFFERS)
      for i, frame in enumerate([VALUES[0, :4], VALUES[0].astype("f8"), VALUES[:2]])),
    Broken("folder: a folder named like a frame", with_a_folder_between,
           r"frame_3\.png: is a folder; allowed here is a regular"),
    Broken("folder: frames of channels", of_channels, 'layout="THW" or layout="HWC"'),
    Broken("folder: channels without a choice", of_channels, "has 4 channels",
           options={"layout": "HWC"}),
    Broken("folder: key", filled, r"allowed with \.npz", options={"key": "x"}),
    Broken("pattern: no match", lambda folder: f"{folder}/*.npy", "matches no file"),
    Broken("list of paths: videos", videos, r"x\.mp4: cannot be one frame", begin="/"),
]  # fmt: skip


def image_bytes(image: Image.Image, suffix: str = "png", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, {"png": "PNG", "jpg": "JPEG"}[suffix], **options)
    return buffer.getvalue()


PICTURE = image_bytes(Image.fromarray(np.random.default_rng(0).integers(0, 255, (50, 60), "u1")))
IMAGES = [
    *(Broken(f"image: {content!r}", holding("x.png", content),
             r"cannot be decoded as an image \(its content is of no known format\)")
      for content in (b"", b"text")),
    Broken("image: header cut", holding("x.png", PICTURE[:20]), "cannot be decoded as an image"),
    *(Broken(f"image: {what}", holding("x.png", content), "cannot be decoded as an image",
             late=True)
      for what, content in
      {"cut": PICTURE[:1500], "overwritten": PICTURE[:200] + bytes(900)}.items()),
    Broken("image: colours without a choice",
           holding("x.png", image_bytes(Image.new("RGB", (6, 5)))), "has 3 channels"),
    Broken("image: CMYK", holding("x.jpg", image_bytes(Image.new("CMYK", (6, 5)), "jpg")),
           "mode CMYK; allowed are grey"),
]  # fmt: skip


# --- what lies in memory ---------------------------------------------------------------------

OTHER_DTYPES = {
    "c8": "complex numbers", "O": "Python objects", "U2": "strings", "M8[s]": "dates",
    "V4": "structured or raw bytes", "a:f4": "several fields",
    "g": "extended precision; convert to float64",
}  # fmt: skip


def zeros(dtype: str) -> Any:
    name, _, kind = dtype.partition(":")
    return np.zeros((3, 4, 5), [(name, kind)] if kind else name)


MEMORY = [
    *(Broken(f"{begin}: {dtype}", lambda _, wrap=wrap, dtype=dtype: wrap(zeros(dtype)),
             f"{message}.*; allowed are bool", begin)
      for dtype, message in OTHER_DTYPES.items()
      for begin, wrap in {"array:": lambda a: a, "array 0:": list, "iterator:": iter}.items()),
    *(Broken(f"array: {what!r:.20}", lambda _, what=what: what,
             r"allowed are|one frame or more", "array")
      for what in (None, 3, [], [1, 2], [[1, 2]], ["a.npy", VALUES])),
    *(Broken(f"list of arrays: frames that differ {i}",
             lambda _, other=other: [VALUES[0], VALUES[0], other],
             r"array 2: is .* the first is \(5, 6\) float32", "array 2")
      for i, other in enumerate([VALUES[0, :4], VALUES[0].astype("f8")])),
    *(Broken(f"iterator: {words}", lambda _, items=items: iter(items), message, "iterator",
             late=True)
      for words, items, message in (
          ("shapes", [VALUES[0], VALUES[0, :4]],
           r"frame 1: is \(4, 6\) float32, the first is \(5, 6\) float32"),
          ("dtypes", [VALUES[0], VALUES[0].astype("f2")], "frame 1: is .* float16"),
          ("text", [VALUES[0], "text"], "frame 1 is a str; allowed are arrays"))),
    Broken("array: dict", lambda _: {"a": VALUES}, "a dict holds several arrays by name",
           "array"),
    Broken("iterator: nothing", lambda _: iter([]), "gave no frames", "iterator"),
    Broken("iterator: None", lambda _: iter([None]), "frame 0 is a NoneType", "iterator"),
]  # fmt: skip

VIDEOS = [
    Broken("video: text", holding("x.mp4", b"hello\n" * 50), "is not a video that can be read"),
    Broken("video: empty", holding("x.mkv", b""), "is empty"),
    Broken("video: channel", holding("x.mkv", b""), "a video is read as grey",
           options={"channel": 1}),
    Broken("video: missing", lambda folder: folder / "none.mp4", "[Nn]o such file"),
]  # fmt: skip

BROKEN = [
    *BROKEN_NPY,
    *BROKEN_NPZ,
    *BROKEN_STORED,
    *FOLDERS,
    *IMAGES,
    *BROKEN_FILES,
    *MEMORY,
    *VIDEOS,
]
