"""Arrays that other libraries hold open: read a part at a time, and left open."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
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


MASKED = np.ma.masked_greater(VALUES, 500)
HOLES = np.where(VALUES > 500, np.nan, VALUES)


@pytest.mark.parametrize("kind", ["f4", "f8", "u1", "i2", "i4"])
@pytest.mark.parametrize("form", ["array", "xarray", "list", "stacks", "iterator"])
def test_masked_values_of_dask_are_nan(form: str, kind: str) -> None:
    dask = pytest.importorskip("dask.array")
    values = (VALUES % 200).astype(kind)
    masked = dask.ma.masked_greater(dask.from_array(values, chunks=(2, 5, 18)), 100)
    source = {
        "array": lambda: masked,
        "xarray": lambda: xarray.DataArray(masked, dims=("time", "y", "x")),
        "list": lambda: list(masked),
        "stacks": lambda: [masked[:2], masked[2:]],
        "iterator": lambda: iter(masked),
    }[form]()
    with open_source(source) as opened:
        got = opened.read(0, 6)
    assert got.dtype == ("f8" if kind in ("f8", "i4") else "f4")
    np.testing.assert_array_equal(got, np.where(values > 100, np.nan, values))


def test_pictures_of_masked_values_of_dask_are_those_of_nan() -> None:
    dask = pytest.importorskip("dask.array")
    masked = dask.from_array(MASKED, chunks=(2, 16, 18))
    np.testing.assert_array_equal(heatvid.to_rgb(masked), heatvid.to_rgb(HOLES))


@pytest.mark.parametrize("many", [False, True])
def test_what_cannot_be_computed_is_said_whatever_it_raises(many: bool) -> None:
    dask = pytest.importorskip("dask.array")

    def broken(block: Any) -> Any:
        raise KeyError("the disk")

    empty = np.empty((0, 0, 0), "f4")
    array = dask.from_array(VALUES, chunks=(2, 16, 18)).map_blocks(broken, dtype="f4", meta=empty)
    words = r"array.* cannot be computed \('the disk'\); compute\(\) shows where$"
    with (
        pytest.raises(SourceError, match=words),
        open_source([array, array] if many else array) as source,
    ):
        source.read(0, 1)


def test_what_says_no_shape_is_refused() -> None:
    dask = pytest.importorskip("dask")
    with pytest.raises(SourceError, match=r"a Delayed of dask says no shape; allowed is .*compute"):
        open_source(dask.delayed(lambda: VALUES)())


def test_a_variable_has_its_dimensions() -> None:
    with open_source(xarray.Variable(("y", "x", "time"), np.moveaxis(VALUES, 0, -1))) as source:
        np.testing.assert_array_equal(source.read(0, 6), VALUES)


@pytest.mark.parametrize("calendar", ["standard", "proleptic_gregorian", "noleap", "360_day"])
def test_dates_of_cftime_are_times_in_calendars_that_numpy_has(calendar: str) -> None:
    cftime = pytest.importorskip("cftime")
    dates = [cftime.datetime(1500, 2, day, 6, calendar=calendar) for day in range(1, 7)]
    array = xarray.DataArray(VALUES, dims=("time", "y", "x"), coords={"time": dates})
    with open_source(array) as source:
        about = source.about
    if calendar in ("noleap", "360_day"):
        assert (about.times, about.labels) == (None, tuple(map(str, dates)))
    else:
        first = "1500-02-10T06" if calendar == "standard" else "1500-02-01T06"  # Julian until 1582
        assert about.times is not None
        assert list(about.times) == [
            np.datetime64(first) + np.timedelta64(i, "D") for i in range(6)
        ]


def test_one_of_numbered_arrays_is_opened_by_its_name() -> None:
    dataset = xarray.Dataset({f"f{i}": (("y", "x"), VALUES[i]) for i in range(6)})
    with open_source(dataset) as source:
        np.testing.assert_array_equal(source.read(0, 6), VALUES)
    with open_source(dataset, key="f3") as source:
        np.testing.assert_array_equal(source.read(0, 6), VALUES[3:4])


# --- where on other dimensions -------------------------------------------------------------------

LEVELS = np.arange(6 * 3 * 4 * 5, dtype="f4").reshape(6, 3, 4, 5)
DAYS = np.array(["2020-01-01", "2021-01-01", "2022-01-01"], "M8[ns]")
HOURS = np.array([0, 6, 12], "m8[h]").astype("m8[ns]")


def levels(places: Any) -> Any:
    return xarray.DataArray(LEVELS, dims=("time", "level", "y", "x"), coords={"level": places})


@pytest.mark.parametrize(
    ("places", "place", "which"),
    [
        ([10**9, 10**9 + 1, 10**9 + 2], 10**9 + 1, 1),
        ([1e-9, 2e-9, 3e-9], 2e-9, 1),
        ([-0.1, 1e-17, 0.1], 0, 1),
        (np.array([0.1, 0.2, 0.3], "f4"), 0.2, 1),
        ([1013.2512, 850.0, 500.0], 1013.25, 0),  # as it is listed
        ([1000, 500, 250], "500", 1),
        (["007", "7", "x"], "007", 0),
        (["a", "ab", "abc"], "ab", 1),
        (DAYS, DAYS[1], 1),
        (DAYS, DAYS[1].astype("M8[D]"), 1),
        (DAYS, datetime(2021, 1, 1), 1),
        (DAYS, datetime(2021, 1, 1, 5, tzinfo=timezone(timedelta(hours=5))), 1),
        (DAYS, date(2021, 1, 1), 1),
        (DAYS, "2021", 1),
        (DAYS + HOURS[1], datetime(2021, 1, 1, 6), 1),
        (DAYS[:1] + np.array([0, 250, 500], "m8[ms]"), "2020-01-01T00:00:00.25", 1),
        (HOURS, HOURS[1], 1),
        (HOURS, timedelta(hours=6), 1),
        (HOURS, "6 h", 1),
        (HOURS, 6, 1),
        (np.array([0, 40, 80], "m8[ms]"), "0.04 s", 1),
    ],
)
def test_a_place_is_found_by_what_it_is(places: Any, place: Any, which: int) -> None:
    with open_source(levels(places), select={"level": place}) as source:
        np.testing.assert_array_equal(source.read(0, 6), LEVELS[:, which])


@pytest.mark.parametrize(
    ("places", "place", "words"),
    [
        ([500, 500, 250], 500, "is 500, which is there 2 times; allowed is a value of one place"),
        (HOURS, 1, "is 1; allowed are 0 h, 6 h, 12 h"),
        (["xa", "xab", "b"], "x", "is 'x'; allowed are xa, xab, b"),
        ([1, 2, 3], True, "is True; allowed are 1, 2, 3"),
        ([np.nan, np.nan, np.nan], 1, "is 1; allowed are nan, nan, nan"),
        (np.array([0, "NaT", 12], "m8[h]"), 6, "is 6; allowed are 0 h, NaT, 12 h"),
    ],
)
def test_a_place_that_is_none_or_several_is_refused(places: Any, place: Any, words: str) -> None:
    with pytest.raises(OptionError, match=f"array: select of level {words}$"):
        open_source(levels(places), select={"level": place})


def test_a_flag_is_no_number_of_a_place() -> None:
    array = xarray.DataArray(LEVELS, dims=("time", "level", "y", "x"))
    with pytest.raises(OptionError, match="select of level is True; allowed are 0 to 2"):
        open_source(array, select={"level": True})


def test_a_place_with_a_space_is_said_as_it_is_typed() -> None:
    with pytest.raises(SourceError, match=r"\(--select 'level=0 h'\)$"):
        open_source(levels(HOURS))


@pytest.mark.parametrize("units", ["hours", "h", "Hour", "minutes"])
def test_a_duration_is_counted_in_the_units_of_numbers(units: str) -> None:
    array = levels(np.array([0, 6, 12]) * (60 if units == "minutes" else 1))
    array.level.attrs["units"] = units
    for place in (timedelta(hours=6), HOURS[1], pandas_timedelta(6)):
        with open_source(array, select={"level": place}) as source:
            np.testing.assert_array_equal(source.read(0, 6), LEVELS[:, 1])
    array.level.attrs["units"] = "hPa"
    with pytest.raises(OptionError, match=r"select of level is .*; allowed are 0, "):
        open_source(array, select={"level": timedelta(hours=6)})


def pandas_timedelta(hours: int) -> Any:
    return pytest.importorskip("pandas").Timedelta(hours=hours)


def test_times_with_a_zone_are_those_of_utc() -> None:
    pandas = pytest.importorskip("pandas")
    times = pandas.date_range("2024-01-01", periods=6, freq="h", tz="Europe/Berlin")
    array = xarray.DataArray(VALUES, dims=("time", "y", "x"), coords={"time": times})
    with open_source(array) as source:
        np.testing.assert_array_equal(source.read(0, 6), VALUES)
        wanted = np.datetime64("2023-12-31T23") + np.arange(6) * np.timedelta64(1, "h")
        np.testing.assert_array_equal(source.about.times, wanted)


def test_what_dask_calls_an_array_is_no_name_of_a_quantity() -> None:
    dask = pytest.importorskip("dask.array")
    values = dask.from_array(VALUES, chunks=(2, 16, 18))
    array = xarray.DataArray(values, dims=("time", "y", "x"))
    for each in (array, array + 1, array.load()):
        with open_source(each) as source:
            assert (source.about.title, source.name) == ("", "array")
    with open_source(array.rename("depth")) as source:
        assert (source.about.title, source.name) == ("depth", "array[depth]")
