"""Files of each container, written frame by frame or chunk by chunk: what the measurements read."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNKED = ("zarr", "hdf5", "netcdf")
PICTURES = ("tiff", "exr")
CONTAINERS = (*CHUNKED, "npz", "stored npz", *PICTURES)
_SUFFIXES = {
    "zarr": ".zarr", "hdf5": ".h5", "netcdf": ".nc", "npz": ".npz", "stored npz": ".npz",
    "tiff": ".tif", "exr": "", "npy": ".npy",
}  # fmt: skip

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Dump:
    """Smooth values with a little noise, as depth has; they compress to about a half.

    Attributes
    ----------
    frames, height, width : int
    chunk : int
        Frames of a chunk, where there are chunks.
    """

    frames: int
    height: int
    width: int
    chunk: int = 16

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the array of all frames."""
        return self.frames, self.height, self.width

    @property
    def chunks(self) -> tuple[int, int, int]:
        """Of the array of one chunk."""
        return min(self.chunk, self.frames), self.height, self.width

    def fields(self) -> Iterator[Floats]:
        """Each frame, (height, width)."""
        rng = np.random.default_rng(0)
        height, width = self.height, self.width
        base = np.add.outer(np.linspace(1, 9, height), np.sin(np.linspace(0, 9, width)))
        for i in range(self.frames):
            noise = rng.integers(0, 64, (height, width)) / np.float32(4096)
            yield (np.float16(base + i / 16) + noise).astype(np.float32)

    def blocks(self) -> Iterator[tuple[slice, Floats]]:
        """What lies in each chunk, and where."""
        fields = self.fields()
        for start in range(0, self.frames, self.chunk):
            stop = min(start + self.chunk, self.frames)
            yield slice(start, stop), np.stack([next(fields) for _ in range(start, stop)])


def write(kind: str, folder: Path, name: str, dump: Dump) -> Path:
    """Write a dump as a container's kind; its array, if it has a name, is ``depth``."""
    path = folder / f"{name}{_SUFFIXES[kind]}"
    _WRITERS[kind](path, dump)
    return path


def _write_npy(path: Path, dump: Dump) -> None:
    array = np.lib.format.open_memmap(path, "w+", np.float32, dump.shape)
    for i, field in enumerate(dump.fields()):
        array[i] = field


def _write_zarr(path: Path, dump: Dump) -> None:
    import zarr

    group = zarr.open_group(path, mode="w")
    depth = group.create_array("depth", shape=dump.shape, chunks=dump.chunks, dtype="float32")
    for where, block in dump.blocks():
        depth[where] = block


def _write_hdf5(path: Path, dump: Dump) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        depth = file.create_dataset(
            "depth", dump.shape, "f4", chunks=dump.chunks, compression="gzip",
            compression_opts=4, shuffle=True,
        )  # fmt: skip
        for where, block in dump.blocks():
            depth[where] = block


def _write_netcdf(path: Path, dump: Dump) -> None:
    import netCDF4

    with netCDF4.Dataset(path, "w") as file:
        for name, size in zip(("time", "y", "x"), dump.shape, strict=True):
            file.createDimension(name, size)
        depth = file.createVariable(
            "depth", "f4", ("time", "y", "x"), zlib=True, chunksizes=dump.chunks
        )
        for where, block in dump.blocks():
            depth[where] = block


def _write_npz(path: Path, dump: Dump, compression: int) -> None:
    """As ``np.savez`` and ``np.savez_compressed`` do, without holding all frames."""
    header: Any = {"descr": "<f4", "fortran_order": False, "shape": dump.shape}
    with (
        zipfile.ZipFile(path, "w", compression) as file,
        file.open("depth.npy", "w", force_zip64=True) as member,
    ):
        np.lib.format.write_array_header_1_0(member, header)
        for field in dump.fields():
            member.write(field.data)


def _write_tiff(path: Path, dump: Dump) -> None:
    import tifffile

    tifffile.imwrite(
        path, dump.fields(), shape=dump.shape, dtype=np.float32, compression="zlib",
        photometric="minisblack",
    )  # fmt: skip


def _write_exr(path: Path, dump: Dump) -> None:
    import OpenEXR

    path.mkdir()
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    for i, field in enumerate(dump.fields()):
        OpenEXR.File(header, {"Z": field}).write(str(path / f"{i:05d}.exr"))


_WRITERS: dict[str, Callable[[Path, Dump], object]] = {
    "npy": _write_npy,
    "zarr": _write_zarr,
    "hdf5": _write_hdf5,
    "netcdf": _write_netcdf,
    "npz": partial(_write_npz, compression=zipfile.ZIP_DEFLATED),
    "stored npz": partial(_write_npz, compression=zipfile.ZIP_STORED),
    "tiff": _write_tiff,
    "exr": _write_exr,
}
