"""Sources that are files of a library of their own: OpenEXR, PFM, flow and deep PNG."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from heatvid.sources import open_source
from heatvid.sources._axes import resolve
from heatvid.sources._raw import RawStream
from tests.support.exr import save_exr
from tests.support.pictures import (
    save_flo,
    save_float,
    save_moge,
    save_pfm,
    save_png,
    save_ros,
)
from tests.support.sources import (
    CHANNELS,
    GREY,
    MANY,
    REMOVED,
    VALUES,
    WRITTEN_TO,
    Change,
    Frames,
    Given,
    Kind,
    filed,
    itself,
    stacked,
)

FLOW: Frames = CHANNELS[..., :2].copy()
DEEP: Frames = np.random.default_rng(1).integers(0, 65536, (9, 5, 6, 3), np.uint16)
STEPS: Frames = np.arange(9 * 5 * 6 * 2).reshape(9, 5, 6, 2)  # of KITTI's flow, each 1/64


def files(
    name: str,
    suffix: str,
    save: Callable[[Path, Frames], object],
    frames: Frames,
    stored: Frames | None = None,
    *,
    one: bool = False,
    changes: Mapping[str, Change] = REMOVED,
    about: Mapping[str, Any] | None = None,
    **options: Any,
) -> Kind:
    """A folder of files of one frame each, or one of them."""

    def make(folder: Path) -> Given:
        every = frames if stored is None else stored
        paths = [folder / f"frame_{i}{suffix}" for i in range(1 if one else len(every))]
        for path, frame in zip(paths, every, strict=False):
            save(path, frame)
        what = paths[0] if one else folder
        return Given(
            partial(open_source, what, **options), frames[: len(paths)], str(what),
            paths[4 % len(paths)], tuple(path.name for path in paths), about=about or {},
        )  # fmt: skip

    return Kind(name, make, concurrent=True, changes=changes)


def save_kitti(path: Path, steps: Frames) -> None:
    valid = np.where(steps[..., :1] % 7 == 0, 0, 1)
    save_png(path, np.concatenate([steps + 32768, valid], -1).astype(np.uint16))


MAPS: Frames = np.moveaxis(CHANNELS, -1, 1)
CODES: Frames = np.arange(9 * 5 * 6, dtype=np.uint16).reshape(9, 5, 6) * 7  # 0 is none
MILLIMETRES: Frames = np.where(CODES == 0, np.nan, CODES).astype(np.float32)
QUANTISED = 100.0 * 101, 1 - 100.0 * 101 / 10  # as ROS does up to 10 m
METRES: Frames = np.where(CODES == 0, np.nan, QUANTISED[0] / (CODES - QUANTISED[1]))
METRES = METRES.astype(np.float32)
NEAR, FAR = 0.5, 32.0
BETWEEN: Frames = np.where(
    CODES == 0, np.nan, NEAR * (FAR / NEAR) ** ((CODES - 1.0) / 65533)
).astype(np.float32)
KITTI: Frames = np.where(STEPS[..., :1] % 7 == 0, np.nan, STEPS / 64).astype(np.float32)
HALVES: Frames = VALUES.astype(np.float16)


def save_tiff(path: Path, array: Frames, *, plain: bool = False, **how: Any) -> None:
    import tifffile

    how.setdefault("photometric", "minisblack")
    if plain:
        how["metadata"] = None
    tifffile.imwrite(path, array, **how)


def tiff(name: str, array: Frames, frames: Frames = VALUES, *, of: Mapping[str, Any] = {},
         **how: Any) -> Kind:  # fmt: skip
    """An array in a TIFF file; ``of`` says how it is opened."""

    def make(folder: Path) -> Given:
        save_tiff(folder / "x.tif", array, **how)
        opened = partial(open_source, folder / "x.tif", **of)
        return Given(opened, frames, str(folder / "x.tif"), folder / "x.tif")

    return Kind(f"TIFF, {name}", make, concurrent=True, changes=WRITTEN_TO, watched=True)


def zipped(inner: Kind, compression: int = zipfile.ZIP_STORED) -> Kind:
    """The files of a folder, in an archive."""

    def make(folder: Path) -> Given:
        (folder / "frames").mkdir()
        given = inner.make(folder / "frames")
        path = folder / "x.zip"
        with zipfile.ZipFile(path, "w", compression) as archive:
            archive.writestr("notes.md", "of another kind")
            archive.writestr("__MACOSX/._frame_0.exr", "of another system")
            for file in sorted((folder / "frames").iterdir()):
                archive.write(file, f"frames/{file.name}")
        return replace(given, open=partial(open_source, path), name=str(path), file=path)

    return replace(inner, name=f"zip of {inner.name}", make=make, changes=WRITTEN_TO, watched=True)


def save_hdf5(path: Path, array: Frames) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file["depth"] = array


def save_netcdf(path: Path, array: Frames) -> None:
    """Save a stack with its times, which go on where those of the part before end."""
    import netCDF4

    with netCDF4.Dataset(path, "w") as file:
        for name, size in zip(("time", "y", "x"), array.shape, strict=True):
            file.createDimension(name, size)
        time = file.createVariable("time", "f8", ("time",))
        time.units, time[:] = "hours since 2020-01-01", np.arange(len(array))
        file.createVariable("depth", "f4", ("time", "y", "x"))[:] = array


PLANES: Frames = np.stack([VALUES, VALUES + 1000], axis=1)  # time, channel
DEPTHS: Frames = np.stack([PLANES, PLANES + 5000], axis=1)  # time, z, channel
NOT_ALL: Frames = np.where(VALUES == 7, np.nan, VALUES).astype(np.float32)
GDAL_NODATA = [(42113, "s", 0, "7", True)]
SQUARES: Frames = np.random.default_rng(2).normal(size=(5, 32, 48)).astype(np.float32)

EXR = files("folder of EXR", ".exr", save_exr, VALUES, about={"name": "Z"})


def bare(name: str, kind: str, *, shape: str = "9x5x6", unread: bool = False) -> Kind:
    """Values alone behind some bytes."""

    def make(folder: Path) -> Given:
        path = folder / "x.bin"
        path.write_bytes(b"head" + VALUES.astype(kind).tobytes())
        order = "big" if kind.startswith(">") else None
        opened = partial(open_source, path, raw="float32", shape=shape, skip_bytes=4,
                         byte_order=order)  # fmt: skip
        return Given(opened, VALUES, str(path), path)

    return Kind(f"raw, {name}", make, concurrent=True, unread=unread, changes=WRITTEN_TO,
                watched=True)  # fmt: skip


def streamed(shape: tuple[int, ...]) -> Kind:
    """Values from a stream, as of standard input."""

    def make(folder: Path) -> Given:
        content = b"head" + VALUES.astype("<f4").tobytes()

        def opened() -> RawStream:
            axes = resolve((1, *shape)[-3:], "-", "THW")
            return RawStream(io.BytesIO(content), np.dtype("<f4"), axes, 4, counted=len(shape) > 2)

        return Given(opened, VALUES, "-")

    return Kind(f"raw stream {shape}", make, rewindable=False, has_length=False)


TIFFS = files("folder of TIFF", ".tif", partial(save_tiff, extratags=GDAL_NODATA), NOT_ALL, VALUES)
FILES = [
    bare("little-endian", "<f4", unread=True),
    bare("big-endian", ">f4"),
    bare("of one frame's shape", "<f4", shape="5x6", unread=True),
    streamed((5, 6)),
    streamed((9, 5, 6)),
    tiff("plain", VALUES, plain=True),
    tiff("shaped", VALUES),
    tiff("big-endian", VALUES.astype("f8"), VALUES.astype("f8"), byteorder=">"),
    tiff("BigTIFF", GREY, GREY, bigtiff=True, plain=True),
    tiff("deflated", VALUES, compression="zlib"),
    tiff("float predictor", VALUES, compression="zlib", predictor=3),
    tiff("LZW", GREY, GREY, compression="lzw", predictor=2),
    tiff("tiles", SQUARES, SQUARES, tile=(16, 16), compression="zstd"),
    tiff("ImageJ", VALUES, imagej=True),
    tiff("ImageJ, a channel", PLANES, PLANES[:, 1], imagej=True, metadata={"axes": "TCYX"},
         of={"select": {"channel": 1}}),
    tiff("OME, a plane", DEPTHS, DEPTHS[:, 1, 0], ome=True, metadata={"axes": "TZCYX"},
         of={"select": {"z": 1}, "channel": 0}),
    tiff("without a value", VALUES, NOT_ALL, plain=True, extratags=GDAL_NODATA),
    tiff("of bool", VALUES % 3 == 0, VALUES % 3 == 0),
    tiff("of colours", CHANNELS, CHANNELS, photometric="rgb", of={"channel": "rgb"}),
    TIFFS,
    zipped(TIFFS),
    stacked("folder of TIFF stacks", save_tiff, ".tif", changes=REMOVED),
    stacked("folder of HDF5", save_hdf5, ".h5", changes=REMOVED),
    stacked("folder of netCDF", save_netcdf, ".nc", changes=REMOVED),
    files("folder of PFM", ".pfm", save_pfm, VALUES),
    files("PFM of colours, big-endian", ".pfm", partial(save_pfm, scale=2.5), CHANNELS, one=True,
          channel="rgb"),
    files("folder of .flo", ".flo", save_flo, FLOW, channel="flow"),
    files(".flo, across", ".flo", save_flo, FLOW[..., 0], FLOW, one=True, channel=0),
    files("folder of KITTI's flow", ".png", save_kitti, KITTI, STEPS, channel="flow"),
    files("PNG of deep colours", ".png", save_png, DEEP, one=True, channel="rgb"),
    files("folder of PNG of 4 bits", ".png", partial(save_png, bits=4), GREY % 16),
    files("folder of OpenPose's maps", ".float", save_float, CHANNELS, MAPS, channel="max"),
    files("OpenPose's maps, one of them", ".float", save_float, CHANNELS[..., 2], MAPS, one=True,
          channel=2),
    files("folder of ROS's depth", ".png", save_ros, MILLIMETRES, CODES,
          about={"name": "depth", "units": "mm"}),
    files("folder of ROS's inverse depth", ".png",
          partial(save_ros, scale=QUANTISED[0], shift=QUANTISED[1]), METRES, CODES,
          about={"units": "m"}),
    MOGE := files("folder of MoGe's depth", ".png", partial(save_moge, near=NEAR, far=FAR), BETWEEN,
                  CODES, about={"name": "depth"}),
    zipped(MOGE),
    EXR,
    zipped(EXR),
    zipped(filed("folder of images", itself, GREY, ".png", {}), zipfile.ZIP_DEFLATED),
    zipped(filed("folder of npy", itself, MANY, ".npy", {}), zipfile.ZIP_DEFLATED),
    files("EXR of halves", ".exr", partial(save_exr, key="Y"), HALVES, one=True),
    files("folder of EXR, by key", ".exr", partial(save_exr, A=VALUES[0]), VALUES, key="Z"),
]  # fmt: skip
