"""Arrays that other libraries hold open: read a part at a time, and left open."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid import OptionError, SourceError, open_source
from tests.support.videos import encoded

xarray = pytest.importorskip("xarray")
VALUES = np.arange(6 * 16 * 18, dtype=np.float32).reshape(6, 16, 18)
FAST: dict[str, Any] = {"preset": "ultrafast"}


def test_an_accessor_renders_and_measures(tmp_path: Path) -> None:
    import_module("heatvid.xarray")  # which registers it
    array = xarray.DataArray(VALUES, dims=("time", "y", "x"), name="depth", attrs={"units": "m"})
    result = array.heatvid.render(tmp_path / "a.mp4", **FAST)
    assert (result.frames, result.limits) == (6, (0.0, VALUES.max()))
    assert result.about.title == "depth (m)"
    assert array.heatvid.measure(percentiles=(0, 50)) == (0.0, np.median(VALUES))
    dataset = xarray.Dataset({"depth": array, "other": array * 2})
    assert dataset.heatvid.measure(key="other") == (0.0, VALUES.max() * 2)
    heatvid.render(VALUES, tmp_path / "b.mp4", **FAST)
    assert encoded(tmp_path / "a.mp4") == encoded(tmp_path / "b.mp4")


def test_what_lies_on_disk_is_read_chunk_by_chunk(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    dataset = xarray.Dataset({"depth": (("time", "y", "x"), VALUES)})
    dataset.to_zarr(tmp_path / "x.zarr", encoding={"depth": {"chunks": (2, 16, 18)}},
                    consolidated=False)  # fmt: skip
    with xarray.open_zarr(tmp_path / "x.zarr", chunks=None, consolidated=False) as lazy:
        with open_source(lazy.depth) as source:
            assert source.chunk % 2 == 0
            np.testing.assert_array_equal(source.read(0, 6), VALUES)
        assert not lazy.depth.variable._in_memory
        np.testing.assert_array_equal(lazy.depth.values, VALUES)  # it is open still


def test_the_default_fill_of_netcdf_is_nan_through_xarray_too(tmp_path: Path) -> None:
    netcdf4 = pytest.importorskip("netCDF4")
    with netcdf4.Dataset(tmp_path / "x.nc", "w") as file:
        for name, size in (("time", 6), ("y", 16), ("x", 18)):
            file.createDimension(name, size)
        file.createVariable("depth", "f4", ("time", "y", "x"))[2] = VALUES[2]
    wanted = np.where(np.arange(6)[:, None, None] == 2, VALUES, np.nan)
    with xarray.open_dataset(tmp_path / "x.nc") as lazy, open_source(lazy) as source:
        np.testing.assert_array_equal(source.read(0, 6), wanted)


def test_an_open_file_is_left_open(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"], file["b"] = VALUES, VALUES + 1
        with pytest.raises(SourceError, match=r"x\.h5: holds 2 arrays; say which one"):
            open_source(file)
        with open_source(file, key="b") as source:
            np.testing.assert_array_equal(source.read(0, 6), VALUES + 1)
        with pytest.raises(OptionError, match="key is 'b'; allowed with what holds several"):
            open_source(file["a"], key="b")
        assert file["a"].shape == VALUES.shape


def test_several_variables_without_a_usual_name_are_listed() -> None:
    dataset = xarray.Dataset({"a": (("time", "y", "x"), VALUES), "b": (("time", "y", "x"), VALUES)})
    with pytest.raises(SourceError, match=r"'a' \(time 6, y 16, x 18\) float32, 'b'"):
        open_source(dataset)


def test_an_error_of_an_array_is_told_with_its_name() -> None:
    dask = pytest.importorskip("dask.array")

    def broken(block: Any) -> Any:
        raise RuntimeError("the disk is on fire")

    array = dask.from_array(VALUES, chunks=(2, 16, 18)).map_blocks(broken, dtype="f4")
    with open_source(array) as source, pytest.raises(SourceError, match=r"array: .*on fire"):
        source.read(0, 1)
