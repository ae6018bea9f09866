"""Broken .npy and .npz files, one row a way to be so."""

from __future__ import annotations

import io
import os
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.broken import Broken, holding, saved
from tests.support.sources import VALUES

# --- .npy ------------------------------------------------------------------------------------


def npy(header: str | bytes, data: bytes = b"", version: int = 1) -> bytes:
    """A file of any header, as the format packs it."""
    header = header.encode() if isinstance(header, str) else header
    packed = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + packed + header + data


def plain(
    descr: str = "'<f4'", order: str = "False", shape: str = "(7, 5, 6)", more: str = ""
) -> str:
    """A header as NumPy writes it, of any values."""
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {more}}}\n"


DATA = bytes(7 * 5 * 6 * 4)
WHOLE = npy(plain(), DATA)

NPY_CONTENTS = {
    "empty": (b"", "the file is empty"),
    "text": (b"hello, world\n", "is not an .npy file .it begins with b'hello"),
    "magic only": (b"\x93NUMPY", "the header is cut"),
    "magic and version": (b"\x93NUMPY\1\0", "the header is cut"),
    "version 9": (b"\x93NUMPY\x09\0" + WHOLE[8:], "version 9.0 .*allowed are 1.0"),
    "header cut": (WHOLE[:40], "the header is cut"),
    "header over 10 kB": (npy(plain() + " " * 10_000, DATA), "allowed are 10000"),
    "header of 4 GB": (b"\x93NUMPY\2\0\xff\xff\xff\xff{", "allowed are 10000"),
    "code": (npy(plain(shape="__import__('os').system('true')"), DATA), "not a plain description"),
    "not a dict": (npy("[1, 2]\n", DATA), "not a plain description"),
    "not UTF-8": (npy(b"{'\xff'}\n", DATA, 3), "not UTF-8"),
    "nested deeply": (npy("(" * 9000, DATA), "not a plain description"),
    "object": (npy(plain("'|O'"), DATA), "be unpickled; save the array in them"),
    "pickle": (b"\x80\4\x95\0\0\0\0\0", "a pickle, which could run code"),
    "data cut": (WHOLE[:-1], "the data are cut: .* needs 840 bytes, there are 839"),
    "terabytes": (npy(plain(shape="(1000000, 1000, 1000)"), DATA), "the data are cut"),
    "overflow": (npy(plain(shape=f"({2**62}, {2**62}, 4)"), DATA), "shape .* in the header"),
    "overflowing product": (npy(plain(shape=f"({10**17}, {10**17}, 5)"), DATA), "data are cut"),
    "negative": (npy(plain(shape="(-1, 5, 6)"), DATA), "shape .* in the header; allowed"),
    "boolean": (npy(plain(shape="(True, 5, 6)"), DATA), "shape .* in the header; allowed"),
    "float": (npy(plain(shape="(7.0, 5, 6)"), DATA), "shape .* in the header; allowed"),
    "bad descr": (npy(plain("'<f5'"), DATA), "dtype .*allowed are bool"),
    "nonsense descr": (npy(plain("'float32; x'"), DATA), "dtype .* in the header"),
    "descr without quotes": (npy(plain("True"), DATA), "dtype 'True' in the header"),
    "bad order": (npy(plain(order="'False'"), DATA), "fortran_order"),
    "extra key": (npy(plain(more="'x': True"), DATA), "'x'; allowed are descr"),
    "key missing": (npy("{'descr': '<f4', 'shape': (7, 5, 6)}\n", DATA), "allowed are descr"),
    "key twice": (npy(plain(more="'shape': (1, 1, 1)"), DATA), "not a plain description"),
    "structured": (npy(plain("[('a', '<f4'), ('b', '<i4', (2,))]"), DATA), "a structured dtype"),
    "datetime": (npy(plain("'<M8[ns]'"), DATA), "dates or time differences"),
    "string": (npy(plain("'<U3'"), DATA), "strings"),
    "complex": (npy(plain("'<c8'"), DATA), "complex numbers; save np.abs"),
    "longdouble": (npy(plain("'<f16'"), DATA), "extended precision; save as float64"),
    "raw bytes": (npy(plain("'|V2'"), DATA), "bfloat16, perhaps"),
    "0-d": (npy(plain(shape="()"), DATA), "has 0 axes"),
    "1-d": (npy(plain(shape="(210,)"), DATA), "has 1 axes"),
    "5-d": (npy(plain(shape="(1, 1, 7, 5, 6)"), DATA), "has 5 axes"),
    "zero frames": (npy(plain(shape="(0, 5, 6)"), DATA), "is empty"),
    "zero width": (npy(plain(shape="(7, 5, 0)"), DATA), "is empty"),
    "a zip": (b"PK\3\4" + bytes(40), "a zip archive; if it is an .npz"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(40), "an HDF5 file"),
}


def object_array(folder: Path) -> Path:
    np.save(folder / "o.npy", np.array([[object]]), allow_pickle=True)
    return folder / "o.npy"


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "fifo.npy")
    return folder / "fifo.npy"


def linked(target: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / "link.npy").symlink_to(target)
        return folder / "link.npy"

    return make


def in_folder(name: str) -> Callable[[Path], Path]:
    """Make a folder of that name."""

    def make(folder: Path) -> Path:
        (folder / name).mkdir()
        return folder / name

    return make


BROKEN_NPY = [
    *(Broken(f"npy: {name}", holding("x.npy", content), message)
      for name, (content, message) in NPY_CONTENTS.items()),
    Broken("npy: array of objects", object_array, "unpickled"),
    Broken("npy: pipe", fifo, "is a pipe"),
    Broken("npy: device", linked("/dev/zero"), "is a character device"),
    Broken("npy: folder", in_folder("folder.npy"), "the folder holds no frames"),
    Broken("npy: dangling link", linked("nowhere"), "no such file"),
    Broken("npy: missing", lambda folder: folder / "missing.npy", "no such file"),
    Broken("npy: a .npz", holding("x.npy", b"PK\3\4"), "is not an .npy file but a zip archive"),
    Broken("npy: channel that is not there", lambda folder: saved(folder, VALUES),
           "channel is 3, there are 1", options={"channel": 3}),
    Broken("npy: layout of other axes", lambda folder: saved(folder, VALUES), "names 2 axes",
           options={"layout": "HW"}),
    Broken("npy: key", lambda folder: saved(folder, VALUES), r"allowed with \.npz",
           options={"key": "x"}),
    Broken("no name", lambda _: "", "no such file"),
    Broken("impossible name", lambda _: "a\0.npy", "null", r"a\x00.npy: "),
    Broken("unknown kind", holding("x.docx", b""), r"\*\.docx are not known; .*--raw int16"),
]  # fmt: skip


# --- .npz ------------------------------------------------------------------------------------

STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
NOISE = np.random.default_rng(0).normal(size=(9, 20, 30)).astype("f4")


def npy_bytes(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def zip_of(*members: tuple[str, bytes], compression: int = STORED) -> bytes:
    """An archive of members, some of one name perhaps."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Duplicate name")
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def frames_zipped(compression: int = STORED) -> bytes:
    return zip_of(("x.npy", npy_bytes(NOISE)), compression=compression)


def changed(content: bytes, behind: bytes, offset: int, new: bytes) -> bytes:
    """Overwrite some bytes at an offset from a mark."""
    at = content.index(behind) + offset
    return content[:at] + new + content[at + len(new) :]


def with_wrong_checksum(archive: bytes) -> bytes:
    at = archive.index(b"PK\1\2") + 16
    return archive[:at] + bytes([archive[at] ^ 1]) + archive[at + 1 :]


def _npz_contents() -> dict[str, tuple[bytes, str]]:
    rows: dict[str, tuple[bytes, str]] = {}
    for words, method in (("stored", STORED), ("compressed", DEFLATED)):
        whole = frames_zipped(method)
        for keep in (0, 3, 30, 1000, -30, -1):
            rows[f"{words}, cut at {keep}"] = (whole[:keep], "damaged|not a .npz file")
        rows[f"{words}, wrong checksum"] = (with_wrong_checksum(whole), "checksum|CRC")
        size = struct.pack("<I", 2**32 - 2)
        too_large = changed(whole, b"PK\1\2", 24, size)
        rows[f"{words}, size that cannot be"] = (too_large, "more than it can hold")
        short, long = npy_bytes(NOISE)[:-4], npy_bytes(NOISE) + bytes(4)
        for more, content in (("too little", short), ("too much", long)):
            lying = zip_of(("x.npy", content), compression=method)
            rows[f"{words}, {more}"] = (lying, r"\[x\]: shape \(9, 20, 30\).* the archive holds")
    deflated = frames_zipped(DEFLATED)
    scrambled = deflated[:2000] + bytes(100) + deflated[2100:]
    rows["compressed, scrambled"] = (scrambled, "damaged|cut")
    encrypted = changed(frames_zipped(), b"PK\1\2", 8, b"\1")
    rows["encrypted"] = (encrypted, "is encrypted")
    for name, message in {
        "../../x.npy": "points out of the archive",
        "/x.npy": "points out of the archive",
        "..\\x.npy": "points out of the archive",
        "notes.txt": "allowed are .npy members only",
        "folder/": "allowed are .npy members only",
        "x.npy": "is there twice",
    }.items():
        both = zip_of(("x.npy", npy_bytes(NOISE)), (name, npy_bytes(NOISE)))
        rows[f"with {name}"] = (both, message)
    other = frames_zipped(zipfile.ZIP_BZIP2)
    rows["BZIP2"] = (other, "compressed by method 12; allowed are none and deflate")
    rows["a .npy"] = (npy_bytes(VALUES), "is a .npy file, not a .npz")
    rows["nothing in it"] = (zip_of(), "holds no arrays")
    rows["no array in it"] = (zip_of(("t.npy", b"text")), r"x\.npz\[t\]: is not an \.npy file")
    return rows


SEVERAL = zip_of(
    ("images.npy", npy_bytes(np.zeros((9, 20, 30, 3), "u1"))),
    ("mine.npy", npy_bytes(NOISE)),
    ("when.npy", npy_bytes(np.zeros(3, "M8[s]"))),
)


def numbered(compression: int = STORED, **others: Any) -> bytes:
    """Arrays of one frame each, some of them others than the rest."""
    names = [f"f_{i}" for i in range(12)]
    frames = [(f"{name}.npy", npy_bytes(others.get(name, NOISE[0]))) for name in names]
    return zip_of(*frames, compression=compression)


def _numbered_contents() -> dict[str, tuple[bytes, str]]:
    first = r"the first is \(20, 30\) float32; all frames need one shape and dtype \(--key"
    cut = npy_bytes(NOISE[0])[:-4]
    lying = [(f"f_{i}.npy", cut if i == 3 else npy_bytes(NOISE[0])) for i in range(12)]
    return {
        "shapes": (numbered(f_7=NOISE[0, :4]), rf"\[f_7\]: is \(4, 30\) float32, {first}"),
        "dtypes": (numbered(f_7=NOISE[0].astype("f8")), rf"\[f_7\]: .* float64, {first}"),
        "strings": (numbered(f_7=np.array(["a"])), r"\[f_7\]: dtype .* strings"),
        "too little": (zip_of(*lying), r"\[f_3\]: shape \(20, 30\).* the archive holds"),
        "wrong checksum": (with_wrong_checksum(numbered()), r"\[f_0\]: the checksum"),
        "compressed, wrong checksum": (with_wrong_checksum(numbered(DEFLATED)), r"\[f_0\]: .*CRC"),
    }


BROKEN_NPZ = [
    *(Broken(f"npz of a frame each: {name}", holding("x.npz", content), message,
             late=name.endswith("wrong checksum"))
      for name, (content, message) in _numbered_contents().items()),
    *(Broken(f"npz: {name}", holding("x.npz", content), message,
             late=name.endswith(("wrong checksum", "scrambled")))
      for name, (content, message) in _npz_contents().items()),
    Broken("npz: no choice", holding("x.npz", SEVERAL), "say which one with key= .--key"),
    Broken("npz: missing key", holding("x.npz", SEVERAL),
           "has no key 'min'; allowed are 'mine'", options={"key": "min"}),
    Broken("npz: dates", holding("x.npz", SEVERAL), r"\[when\]: dtype .*dates",
           options={"key": "when"}),
]  # fmt: skip
