"""Sources that are arrays in containers: HDF5, netCDF and Zarr, each made by its own library."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from heatvid.sources import open_source
from tests.support.mat import save_mat
from tests.support.sources import CHANNELS, VALUES, WRITTEN_TO, Change, Frames, Given, Kind

TIMES = np.datetime64("2020-01-01T06", "us") + np.arange(9) * np.timedelta64(6, "h")
SOUTHWARD = np.linspace(40, 20, 5, dtype=np.float32)
EASTWARD = np.linspace(-10, 15, 6)
PACKED: Frames = np.int16(VALUES * 10)
UNPACKED: Frames = np.where(PACKED == 500, np.nan, PACKED * 0.1 + 273.15).astype(np.float32)
WEATHER = {
    "name": "t2m", "long_name": "2 m temperature", "units": "K", "title": "2 m temperature (K)",
    "times": TIMES, "rows": SOUTHWARD, "columns": EASTWARD, "fill": 500,
}  # fmt: skip
LEVELS: Frames = np.stack([VALUES, VALUES + 1000], axis=1)


def stored(
    name: str,
    suffix: str,
    save: Callable[[Path], object],
    frames: Frames,
    shown: str,
    *,
    about: Mapping[str, Any] | None = None,
    names: tuple[str, ...] | None = None,
    changes: Mapping[str, Change] = WRITTEN_TO,
    **options: Any,
) -> Kind:
    """An array in a container that ``save`` makes."""

    def make(folder: Path) -> Given:
        path = folder / f"x{suffix}"
        save(path)
        label = f"{path}[{shown}]" if shown else str(path)
        opened = partial(open_source, path, **options)
        return Given(opened, frames, label, path, names, about=about or {})

    return Kind(name, make, concurrent=True, changes=changes, watched=bool(changes))


# --- HDF5 -------------------------------------------------------------------------------------


def hdf5(name: str, array: Frames, frames: Frames = VALUES, key: str = "depth", *,
         of: Mapping[str, Any] = {}, **storage: Any) -> Kind:  # fmt: skip
    """A dataset, beside others that are no frames; ``of`` says how it is opened, and what comes."""

    def save(path: Path) -> None:
        import h5py

        with h5py.File(path, "w") as file:
            file.create_dataset(key, data=array, **storage)
            file["K"] = np.eye(3)[0]

    return stored(f"HDF5, {name}", ".h5", save, frames, key, **of)


def save_group(path: Path) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        for i in (3, 11, *range(3), *range(4, 11)):
            file[f"frames/frame_{i}"] = VALUES[i % 9] + i
        file["fps"] = 30.0


GROUP: Frames = np.stack([VALUES[i % 9] + i for i in range(12)]).astype(np.float32)


def numbered(name: str, save: Any, frames: Frames = GROUP, wanted: Frames | None = None,
             *, bare: bool = False, **options: Any) -> Kind:  # fmt: skip
    """Arrays of one frame each in a .npz file, in no order, or as they are named without names."""

    def save_all(path: Path) -> None:
        mixed = [3, *range(len(frames))[:3:-1], 1, 0, 2]
        if bare:
            save(path, *frames)
        else:
            save(path, fps=30.0, labels=["x"], **{f"frame_{i}": frames[i] for i in mixed})

    key = "arr" if bare else "frame"
    names = tuple(f"{key}_{i}" for i in range(len(frames)))
    shown = frames if wanted is None else wanted
    return stored(f"npz, {name}", ".npz", save_all, shown, f"{key}_*", names=names, **options)


def save_matlab(path: Path) -> None:
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        file["depth"] = VALUES.transpose(0, 2, 1)
        file["depth"].attrs["MATLAB_class"] = np.bytes_("single")
        file["#refs#/a"] = VALUES + 1
    with open(path, "r+b") as head:
        head.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM")


def save_logical(path: Path) -> None:
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        file["mask"] = (VALUES % 3 == 0).transpose(0, 2, 1).astype("u1")
        file["mask"].attrs["MATLAB_class"] = np.bytes_("logical")


def save_cells(path: Path) -> None:
    """Save a cell array of a frame each, which are referred to."""
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        for i, frame in enumerate(GROUP):
            file[f"#refs#/{'bcdefghijklm'[i]}"] = frame.T
            file[f"#refs#/{'bcdefghijklm'[i]}"].attrs["MATLAB_class"] = np.bytes_("single")
        cells = [[file[f"#refs#/{letter}"].ref] for letter in "bcdefghijklm"]
        file.create_dataset("frames", data=cells, dtype=h5py.ref_dtype)
        file["frames"].attrs["MATLAB_class"] = np.bytes_("cell")


def matlab(name: str, array: Frames, frames: Frames = VALUES, key: str = "depth",
           *, of: Mapping[str, Any] = {}, **how: Any) -> Kind:  # fmt: skip
    """An array in a MATLAB file of level 5, beside one that is no frames."""
    save = partial(save_mat, array=array, key=key, **how)
    return stored(f"MATLAB 5, {name}", ".mat", save, frames, key, **of)


# --- netCDF -----------------------------------------------------------------------------------


def weather(path: Path, form: str, **storage: Any) -> None:
    """Packed temperatures of a rising latitude, a variable of levels, and their coordinates."""
    import netCDF4

    with netCDF4.Dataset(path, "w", format=form) as file:
        for name, size in (("time", None), ("level", 2), ("lat", 5), ("lon", 6), ("nv", 2)):
            file.createDimension(name, size)
        time = file.createVariable("time", "f8", ("time",))
        time.units, time.calendar = "hours since 2020-01-01 06:00", "standard"
        time[:] = np.arange(9) * 6.0
        latitude = file.createVariable("lat", "f4", ("lat",))
        latitude.units, latitude[:] = "degrees_north", SOUTHWARD[::-1]
        longitude = file.createVariable("lon", "f8", ("lon",))
        longitude[:] = EASTWARD
        level = file.createVariable("level", "i4", ("level",))
        level[:] = [850, 500]
        t2m = file.createVariable("t2m", "i2", ("time", "lat", "lon"), fill_value=500, **storage)
        t2m.set_auto_maskandscale(False)
        t2m.scale_factor, t2m.add_offset, t2m.units, t2m.long_name = 0.1, 273.15, "K", (
            "2 m temperature")  # fmt: skip
        t2m[:] = PACKED[:, ::-1]
        bounds = file.createVariable("lat_bnds", "f4", ("time", "lat", "nv"))
        latitude.bounds, bounds[:] = "lat_bnds", 0
        u = file.createVariable("u", "f4", ("time", "level", "lat", "lon"), **storage)
        u[:] = LEVELS[:, :, ::-1]


def netcdf(name: str, form: str, frames: Frames, key: str, *, of: Mapping[str, Any] = {},
           **storage: Any) -> Kind:  # fmt: skip
    return stored(f"netCDF, {name}", ".nc", partial(weather, form=form, **storage), frames, key,
                  key=key, **of)  # fmt: skip


# --- Zarr -------------------------------------------------------------------------------------


def zarr(name: str, array: Frames, frames: Frames = VALUES, *, form: int = 3, suffix: str = ".zarr",
         of: Mapping[str, Any] = {}, **storage: Any) -> Kind:  # fmt: skip
    """An array of a store, beside others that are no frames."""

    def save(path: Path) -> None:
        import zarr
        from zarr.storage import LocalStore, ZipStore

        store = ZipStore(path, mode="w") if path.suffix == ".zip" else LocalStore(path)
        group = zarr.open_group(store=store, mode="w", zarr_format=form)
        group.create_array("depth", data=array, **{"chunks": (4, 5, 6), **storage})
        group.create_array("K", data=np.eye(3)[0])
        store.close()

    changes = WRITTEN_TO if suffix == ".zip" else {}
    return stored(f"Zarr {form}, {name}", suffix, save, frames, "depth", changes=changes, **of)


def save_bare(path: Path) -> None:
    import zarr

    zarr.create_array(path, data=VALUES, chunks=(2, 3, 4))


def save_forecast(path: Path, form: int) -> None:
    """Packed temperatures of a rising latitude, as xarray writes them."""
    import xarray

    values = xarray.DataArray(
        np.where(PACKED == 500, np.nan, PACKED * 0.1 + 273.15)[:, ::-1],
        dims=("time", "lat", "lon"),
        coords={"time": TIMES.astype("M8[ns]"), "lon": EASTWARD,
                "lat": ("lat", SOUTHWARD[::-1], {"units": "degrees_north"})},
        attrs={"units": "K", "long_name": "2 m temperature"},
        name="t2m",
    )  # fmt: skip
    packing = {"dtype": "i2", "scale_factor": 0.1, "add_offset": 273.15, "_FillValue": 500}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own ways of writing
        values.to_dataset().to_zarr(path, encoding={"t2m": packing}, zarr_format=form)


# --- open arrays of other libraries -----------------------------------------------------------


_held_open: list[Any] = []


def opened(name: str, make_array: Callable[[Path], Any], frames: Frames, shown: str, *,
           about: Mapping[str, Any] | None = None, **options: Any) -> Kind:  # fmt: skip
    """What another library holds open; until the process ends, so that none is closed midway."""

    def make(folder: Path) -> Given:
        array = make_array(folder)
        _held_open.append(array)
        label = shown.format(folder=folder)
        return Given(partial(open_source, array, **options), frames, label, about=about or {})

    return Kind(name, make, concurrent=True)


def open_hdf5(folder: Path) -> Any:
    import h5py

    file = h5py.File(folder / "x.h5", "w")
    file.create_dataset("a/depth", data=VALUES, chunks=(4, 5, 6), compression="gzip")
    return file


def open_zarr(folder: Path) -> Any:
    import zarr

    group = zarr.open_group(folder / "x.zarr", mode="w")
    group.create_array("depth", data=VALUES, chunks=(4, 5, 6))
    return group


def weather_of_xarray(folder: Path) -> Any:
    import xarray

    weather(folder / "x.nc", "NETCDF4")
    with xarray.open_dataset(folder / "x.nc") as lazy:
        return lazy.load().astype("f4")


def of_dask(folder: Path) -> Any:
    import dask.array

    return dask.array.from_array(VALUES, chunks=(4, 3, 6)) * 2


def forecast(folder: Path) -> Any:
    import xarray

    coordinates = {"step": np.arange(9) * np.timedelta64(6, "h"), "member": [4, 8]}
    dims = ("member", "latitude", "step", "longitude")
    return xarray.DataArray(LEVELS.transpose(1, 2, 0, 3), coordinates, dims, "t2m").chunk(step=4)


SKY = WEATHER | {"fill": None}
STEPS = tuple(f"{6 * i} h" for i in range(9))
OPENED = [
    opened("group of h5py", open_hdf5, VALUES,
           "{folder}/x.h5[a/depth]"),
    opened("dataset of h5py", lambda folder: open_hdf5(folder)["a/depth"], VALUES,
           "{folder}/x.h5[a/depth]"),
    opened("group of zarr", open_zarr, VALUES, "file://{folder}/x.zarr[depth]"),
    opened("array of zarr", lambda folder: open_zarr(folder)["depth"], VALUES,
           "file://{folder}/x.zarr/depth"),
    opened("dataset of xarray", weather_of_xarray, UNPACKED, "array[t2m]", key="t2m", about=SKY),
    opened("array of xarray", lambda folder: weather_of_xarray(folder).t2m, UNPACKED, "array[t2m]",
           about=SKY),
    opened("array of xarray, selected", forecast, LEVELS[:, 1], "array[t2m]", select={"member": 8},
           about={"labels": STEPS}),
    opened("array of dask", of_dask, VALUES * 2, "array"),
]  # fmt: skip
DEFLATED = {"zlib": True, "shuffle": True, "chunksizes": (2, 5, 6)}
STORED = [
    *OPENED,
    hdf5("contiguous", VALUES),
    hdf5("chunked", VALUES, chunks=(4, 3, 4), compression="gzip", shuffle=True),
    hdf5("one chunk for all", VALUES, chunks=(9, 5, 6), compression="lzf"),
    hdf5("checksummed", VALUES, chunks=(2, 5, 6), fletcher32=True, compression="gzip"),
    hdf5("big-endian", VALUES.astype(">f8"), VALUES.astype("f8"), chunks=(4, 5, 6)),
    hdf5("of bool", VALUES % 3 == 0, VALUES % 3 == 0, chunks=(4, 5, 6)),
    hdf5("of uint8", GREY := (VALUES % 251).astype("u1"), GREY, fillvalue=255),
    hdf5("of float16", VALUES.astype("f2"), VALUES.astype("f2"), compression="gzip"),
    hdf5("time last", np.moveaxis(VALUES, 0, 2), chunks=(5, 6, 4), of={"layout": "HWT"}),
    hdf5("one channel", CHANNELS, CHANNELS[..., 1], of={"channel": 1}),
    hdf5("all channels", CHANNELS, CHANNELS, chunks=(2, 5, 6, 3), of={"channel": "rgb"}),
    hdf5("nested, one frame", VALUES[0], VALUES[:1], "a/b/depth"),
    stored("HDF5, a group of frames", ".h5", save_group, GROUP, "frames/frame_*",
           names=tuple(f"frame_{i}" for i in range(12))),
    numbered("a frame each", np.savez),
    numbered("a frame each, compressed", np.savez_compressed),
    numbered("a frame each, without names", np.savez, bare=True),
    numbered("a frame each, big-endian", np.savez_compressed, GROUP.astype(">f8"),
             GROUP.astype("f8")),
    numbered("a frame each, Fortran order", np.savez, np.asfortranarray(GROUP.T).T),
    numbered("a frame each, of bool", np.savez, GROUP % 3 == 0),
    numbered("a frame each, of channels", np.savez_compressed, CHANNELS[..., :2], channel="flow"),
    numbered("a frame each, by layout", np.savez, CHANNELS.transpose(0, 3, 1, 2), CHANNELS[..., 1],
             layout="CHW", channel=1),
    stored("HDF5, of MATLAB", ".mat", save_matlab, VALUES, "depth"),
    stored("HDF5, a mask of MATLAB", ".mat", save_logical, VALUES % 3 == 0, "mask"),
    stored("HDF5, a cell array of MATLAB", ".mat", save_cells, GROUP, "frames{*}",
           names=tuple(f"frames{{{i}}}" for i in range(1, 13))),
    matlab("of MATLAB", VALUES),
    matlab("of MATLAB, compressed", VALUES, packed=True),
    matlab("of MATLAB, big-endian", VALUES.astype("f8"), VALUES.astype("f8"), order=">"),
    matlab("of MATLAB, in fewer bytes", VALUES.astype("f8"), VALUES.astype("f8"), stored="i2"),
    matlab("of MATLAB, a mask", VALUES % 3 == 0, VALUES % 3 == 0),
    matlab("of SciPy", VALUES, scipy=True),
    matlab("of SciPy, compressed", WHOLE := VALUES.astype("i4"), WHOLE, scipy=True, packed=True),
    matlab("of SciPy, score maps", CHANNELS[0], CHANNELS[:1], "scoremaps", scipy=True,
           of={"channel": "max"}),
    netcdf("4", "NETCDF4", UNPACKED, "t2m", of={"about": WEATHER}),
    netcdf("3", "NETCDF3_CLASSIC", UNPACKED, "t2m", of={"about": WEATHER}),
    netcdf("3, 64 bits", "NETCDF3_64BIT_DATA", LEVELS[:, 0], "u", of={"select": {"level": 850}}),
    zarr("plain", VALUES),
    zarr("plain", VALUES, form=2),
    zarr("chunks of all", VALUES, chunks=(9, 5, 6), compressors=None),
    zarr("small chunks", VALUES, chunks=(2, 3, 4), form=2),
    zarr("sharded", VALUES, chunks=(1, 5, 6), shards=(3, 5, 6)),
    zarr("big-endian", VALUES.astype(">f4"), form=2),
    zarr("big-endian", VALUES.astype(">f8"), VALUES.astype("f8")),
    zarr("Fortran order", VALUES, form=2, order="F"),
    zarr("of bool", VALUES % 3 == 0, VALUES % 3 == 0),
    zarr("of labels, 0 among them", GREY, GREY, form=2, fill_value=0),
    zarr("of float16", VALUES.astype("f2"), VALUES.astype("f2"), form=2),
    zarr("all channels", CHANNELS, CHANNELS, chunks=(2, 5, 6, 2), of={"channel": "rgb"}),
    zarr("zipped", VALUES, suffix=".zip"),
    zarr("zipped", VALUES, suffix=".zarr.zip", form=2),
    stored("Zarr, one array", ".zarr", save_bare, VALUES, "", changes={}),
    stored("Zarr 2, of xarray", ".zarr", partial(save_forecast, form=2), UNPACKED, "t2m",
           about=WEATHER, changes={}),
    stored("Zarr 3, of xarray", ".zarr", partial(save_forecast, form=3), UNPACKED, "t2m",
           about=WEATHER, changes={}),
    netcdf("4, deflated", "NETCDF4", LEVELS[:, 1], "u", zlib=True,
           of={"select": {"level": 500}, "about": {"times": TIMES, "columns": EASTWARD}}),
]  # fmt: skip
