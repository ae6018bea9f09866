"""Containers that are broken, one row a way to be so, and what has to be said of each."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.broken import Broken, holding
from tests.support.mat import element, mat, matrix, text
from tests.support.sources import VALUES


def hdf5(change: Callable[[Any], object], name: str = "x.h5") -> Callable[[Path], Path]:
    """Make an HDF5 file, by what ``change`` does with it."""

    def make(folder: Path) -> Path:
        import h5py

        with h5py.File(folder / name, "w") as file:
            change(file)
        return folder / name

    return make


def cut(make: Callable[[Path], Path], part: float) -> Callable[[Path], Path]:
    """Cut what another has made."""

    def cutting(folder: Path) -> Path:
        path = make(folder)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * part)])
        return path

    return cutting


def overwritten(make: Callable[[Path], Path], part: float, size: int) -> Callable[[Path], Path]:
    """Write zeros over a part of what another has made."""

    def overwriting(folder: Path) -> Path:
        path = make(folder)
        content = bytearray(path.read_bytes())
        begin = int(len(content) * part)
        content[begin : begin + size] = bytes(size)
        path.write_bytes(content)
        return path

    return overwriting


NOISE = np.random.default_rng(0).normal(size=(9, 40, 50)).astype("f4")
DEFLATED = hdf5(lambda f: f.create_dataset("x", data=NOISE, chunks=(9, 40, 50), compression="gzip"))


def series(file: Any) -> None:
    for i in range(12):
        file[f"f{i}"] = VALUES[0, :4] if i == 7 else VALUES[0]


def virtual(file: Any) -> None:
    import h5py

    layout = h5py.VirtualLayout((9, 5, 6), "f4")
    layout[:] = h5py.VirtualSource("absent.h5", "depth", (9, 5, 6))
    file.create_virtual_dataset("x", layout)


def unknown_filter(file: Any) -> None:
    import h5py

    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((9, 5, 6))
    plist.set_filter(305, h5py.h5z.FLAG_OPTIONAL, (1,))
    space = h5py.h5s.create_simple((9, 5, 6))
    h5py.h5d.create(file.id, b"x", h5py.h5t.NATIVE_FLOAT, space, plist)


def external(file: Any) -> None:
    file.create_dataset("x", (9, 5, 6), "f4", external=[("raw.bin", 0, 9 * 5 * 6 * 4)])


def empty_cells(file: Any) -> None:
    import h5py

    file.create_dataset("frames", (3, 1), h5py.ref_dtype)
    file["frames"].attrs["MATLAB_class"] = np.bytes_("cell")


def linked(file: Any) -> None:
    import h5py

    file["x"] = h5py.ExternalLink("other.h5", "/depth")


HDF5 = [
    *(Broken(f"HDF5: {what}", holding("x.h5", content), r"x\.h5: cannot be read")
      for what, content in {"empty": b"", "text": b"text", "magic only": b"\x89HDF\r\n\x1a\n",
                            "a zip": b"PK\3\4"}.items()),
    Broken("HDF5: cut", cut(DEFLATED, 0.5), "cannot be read .*truncated"),
    Broken("HDF5: overwritten", overwritten(DEFLATED, 0.4, 3000), r"x\.h5\[x\]: cannot be read",
           late=True),
    Broken("HDF5: no arrays", hdf5(lambda f: f.create_group("a")), "holds no arrays"),
    Broken("HDF5: no such key", hdf5(lambda f: f.update(depth=VALUES)),
           "has no key 'dept'; allowed are 'depth'", options={"key": "dept"}),
    Broken("HDF5: several", hdf5(lambda f: f.update(a=VALUES, b=VALUES, c=VALUES[0])),
           r"say which one with key= .--key.: 'a' \(9, 5, 6\) float32, 'b'"),
    Broken("HDF5: nothing in it", hdf5(lambda f: f.update(x=np.zeros((0, 5, 6)))),
           "is empty; every axis"),
    Broken("HDF5: texts", hdf5(lambda f: f.update(x=np.array([[b"a", b"b"]]))), "byte strings"),
    Broken("HDF5: complex", hdf5(lambda f: f.update(x=VALUES * 1j)), "complex numbers"),
    Broken("HDF5: structured", hdf5(lambda f: f.update(x=np.zeros((3, 4), "f4,f4"))), "fields"),
    Broken("HDF5: five axes", hdf5(lambda f: f.update(x=np.zeros((2, 3, 2, 5, 6)))), "has 5 axes"),
    Broken("HDF5: frames that differ", hdf5(series),
           r"x\.h5\[f7\]: is \(4, 6\) float32, the first is \(5, 6\) float32"),
    Broken("HDF5: an absent source", hdf5(virtual),
           r"x\.h5\[x\]: its source absent\.h5\[depth\] is not there"),
    Broken("HDF5: an unknown filter", hdf5(unknown_filter),
           r"x\.h5\[x\]: is compressed by unknown \(filter 305\), which is not there"),
    Broken("HDF5: values elsewhere", hdf5(external), "its values lie in 1 other files"),
    Broken("HDF5: a link elsewhere", hdf5(linked), "holds no arrays"),
    Broken("HDF5: places without names", hdf5(lambda f: f.update(x=VALUES)),
           "its dimensions have no names", options={"select": {"level": 1}}),
    Broken("HDF5: missing", lambda folder: folder / "none.h5", "no such file"),
]  # fmt: skip


def zarr(change: Callable[[Any], object]) -> Callable[[Path], Path]:
    """Make a Zarr store, by what ``change`` does with its group."""

    def make(folder: Path) -> Path:
        import zarr

        change(zarr.open_group(folder / "x.zarr", mode="w"))
        return folder / "x.zarr"

    return make


def netcdf3(folder: Path) -> Path:
    import netCDF4

    with netCDF4.Dataset(folder / "x.nc", "w", format="NETCDF3_CLASSIC") as file:
        for name, size in zip("tyx", NOISE.shape, strict=True):
            file.createDimension(name, size)
        file.createVariable("depth", "f4", tuple("tyx"))[:] = NOISE
    return folder / "x.nc"


def folder_of(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).mkdir()
        return folder / name

    return make


def described(**said: str) -> Callable[[Path], Path]:
    """Make a Zarr store that says something else of an array of (9, 5, 6) than is there."""

    def make(folder: Path) -> Path:
        path = zarr(lambda group: group.create_array("x", data=VALUES, chunks=(9, 5, 6)))(folder)
        description = path / "x" / "zarr.json"
        parts = json.loads(description.read_text())
        parts |= {name: json.loads(text) for name, text in said.items()}
        description.write_text(json.dumps(parts))
        return path

    return make


ZARR = [
    Broken("Zarr: huge frames", described(shape=f"[9, {1 << 40}, {1 << 40}]"),
           r"x\.zarr\[x\]: a frame takes \d{19} MiB, memory has \d+ free"),
    Broken("Zarr: huge chunks", described(chunk_grid=json.dumps(
        {"name": "regular", "configuration": {"chunk_shape": [9, 5, 1 << 50]}})),
        "memory has no room for it .*; free some|a chunk holds", late=True),
    Broken("Zarr: many frames", described(shape=f"[{1 << 100}, 5, 6]"), "declares 126765.* frames"),
    Broken("Zarr: an empty folder", folder_of("x.zarr"), "there is no Zarr store"),
    Broken("Zarr: a broken description", lambda folder: zarr(
        lambda group: (folder / "x.zarr" / "zarr.json").write_text("{"))(folder), "cannot be read"),
    Broken("Zarr: no arrays", zarr(lambda group: group.create_group("a")), "holds no arrays"),
    Broken("Zarr: several", zarr(lambda group: [group.create_array(k, data=VALUES) for k in "ab"]),
           r"say which one with key= .--key.: 'a' \(9, 5, 6\) float32, 'b'"),
    Broken("Zarr: no such key", zarr(lambda group: group.create_array("depth", data=VALUES)),
           "has no key 'dept'; allowed are 'depth'", options={"key": "dept"}),
    Broken("Zarr: a file", holding("x.zarr", b"text"), "is neither a folder nor a zip"),
]  # fmt: skip
NETCDF = [
    *(Broken(f"netCDF: {what}", holding("x.nc", content), r"x\.nc: (cannot be read|is no netCDF)")
      for what, content in {"empty": b"", "text": b"text", "magic only": b"CDF\1"}.items()),
    Broken("netCDF: cut", cut(netcdf3, 0.6), r"x\.nc\[depth\]: the data are cut"),
    Broken("netCDF: header cut", cut(netcdf3, 0.001), r"x\.nc: cannot be read .its header is cut"),
    Broken("netCDF: no such key", netcdf3, "has no key 'x'; allowed are", options={"key": "x"}),
]  # fmt: skip

WHOLE, PACKED = mat(matrix("depth", NOISE)), mat(matrix("depth", NOISE), packed=True)
LENGTHS, OTHERS = struct.pack("<3i", *NOISE.shape), struct.pack("<3i", 9, 9, 9)
HUGE = struct.pack("<3i", 1 << 30, 1 << 30, 1 << 30)
BOMB = mat(element(15, zlib.compress(matrix("depth", NOISE[:1]) + bytes(2_000_000))))
MAT = {
    "header cut": (WHOLE[:160], r"x\.mat: cannot be read .what it says of an array is cut"),
    "unknown values": (WHOLE.replace(struct.pack("<II", 7, 72000), struct.pack("<II", 77, 72000)),
                       "depth has values of kind 77, which is not known"),
    "cut": (WHOLE[:-99], r"x\.mat\[depth\]: the data are cut"),
    "compressed, cut": (PACKED[:-99], r"x\.mat\[depth\]: the data are cut"),
    "lying": (WHOLE.replace(LENGTHS, OTHERS), "depth has 72000 bytes for 9x9x9"),
    "huge": (WHOLE.replace(LENGTHS, HUGE), "has 72000 bytes for 1073741824x1073741824x"),
    "zeros": (mat(bytes(999)), "an element of it is empty"),
    "a text alone": (mat(text("depth", "none")), "holds no arrays"),
    "nothing in it": (mat(), "holds no arrays"),
    "no stream": (mat(element(15, bytes(99))), r"x\.mat: cannot be read"),
    "level 4": (struct.pack("<5i", 0, 5, 6, 0, 6) + b"depth\0" + bytes(240), "is no HDF5 or"),
}  # fmt: skip
MATLAB = [
    *(Broken(f"MATLAB 5: {name}", holding("x.mat", content), message)
      for name, (content, message) in MAT.items()),
    Broken("MATLAB 5: overwritten", holding("x.mat", PACKED[:9000] + bytes(99) + PACKED[9099:]),
           r"x\.mat\[depth\]: cannot be read", late=True),
    Broken("MATLAB 5: a bomb", holding("x.mat", BOMB), "its 8072 bytes are not there",
           late=True),
    Broken("MATLAB 5: no such key", holding("x.mat", WHOLE), "has no key 'x'; allowed are 'depth'",
           options={"key": "x"}),
    Broken("MATLAB 7.3: empty cells", hdf5(empty_cells, "x.mat"), "holds no arrays"),
]  # fmt: skip

BROKEN_STORED = [*HDF5, *ZARR, *NETCDF, *MATLAB]
