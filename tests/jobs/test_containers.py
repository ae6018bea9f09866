"""Containers from the command line: the video of their arrays, a page that tells what they hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid.cli import main
from tests.support.stored_sources import SOUTHWARD, TIMES, save_forecast, weather
from tests.support.videos import planes_of

FRAMES = np.random.default_rng(1).random((20, 24, 32), np.float32)
FAST = ("--preset", "ultrafast", "-q")


def save_npz(path: Path) -> None:
    np.savez_compressed(path, depth=FRAMES)


def save_hdf5(path: Path) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("depth", data=FRAMES, chunks=(7, 24, 32), compression="gzip")


def save_netcdf(path: Path, form: str = "NETCDF3_CLASSIC") -> None:
    import netCDF4

    with netCDF4.Dataset(path, "w", format=form) as file:
        for name, size in zip(("time", "y", "x"), FRAMES.shape, strict=True):
            file.createDimension(name, size)
        file.createVariable("depth", "f4", ("time", "y", "x"))[:] = FRAMES


def save_zarr(path: Path) -> None:
    import zarr

    zarr.open_group(path, mode="w").create_array("depth", data=FRAMES, chunks=(7, 24, 32))


SAVED: dict[str, Callable[[Path], None]] = {
    "x.npz": save_npz, "x.h5": save_hdf5, "x.nc": save_netcdf, "x.zarr": save_zarr,
}  # fmt: skip


def shown(path: Path) -> Any:
    """What a video shows; its comment names its source."""
    return planes_of(path, 24, 32)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("wanted") / "x.mp4"
    heatvid.render(FRAMES, path, preset="ultrafast")
    return shown(path)


@pytest.mark.parametrize("name", SAVED)
@pytest.mark.parametrize("options", [(), ("--batch-size", "3", "--threads", "2")])
def test_a_container_renders_as_its_array_does(
    name: str, options: tuple[str, ...], wanted: Any, tmp_path: Path
) -> None:
    SAVED[name](tmp_path / name)
    out = tmp_path / "out.mp4"
    assert main(["render", str(tmp_path / name), "-o", str(out), *FAST, *options]) == 0
    np.testing.assert_array_equal(shown(out), wanted)


@pytest.mark.parametrize("name", SAVED)
def test_some_frames_of_a_container_are_those_of_its_array(name: str, tmp_path: Path) -> None:
    SAVED[name](tmp_path / name)
    out, other = tmp_path / "out.mp4", tmp_path / "other.mp4"
    command = ["render", str(tmp_path / name), "-o", str(out), *FAST, "--frames", "3::2"]
    assert main([*command, "--flip", "vertical", "--scale", "2", "--percentiles", "1", "99"]) == 0
    heatvid.render(FRAMES[3::2, ::-1] * 2, other, preset="ultrafast", percentiles=(1, 99))
    np.testing.assert_array_equal(shown(out), shown(other))


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("x.nc", lambda path: weather(path, "NETCDF4")),
        ("x.nc", lambda path: weather(path, "NETCDF3_CLASSIC")),
        ("x.zarr", lambda path: save_forecast(path, 3)),
    ],
)
def test_inspect_tells_what_values_are_and_when_and_where(
    name: str, save: Callable[[Path], Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / name)
    command = ["inspect", str(tmp_path / name), "--key", "t2m"]
    assert main(command) == 0
    page = capsys.readouterr().out
    assert "  quantity     2 m temperature (K)\n" in page
    assert "  times        2020-01-01T06:00:00.000000 to 2020-01-03T06:00:00.000000\n" in page
    assert "  rows         40 to 20\n" in page
    assert main([*command, "--json"]) == 0
    about = json.loads(capsys.readouterr().out)["about"]
    assert about["times"] == [str(time) for time in TIMES]
    assert about["rows"] == [float(SOUTHWARD[0]), float(SOUTHWARD[-1])]
    assert about["fill"] == 500


def test_what_is_left_over_is_named_with_the_option_that_settles_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weather(tmp_path / "x.nc", "NETCDF4")
    command = ["render", str(tmp_path / "x.nc"), "--key", "u", "-o", str(tmp_path / "o.mp4"), *FAST]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert "level (850, 500) is left over" in error
    option = error.rpartition("(")[2].removesuffix(")\n").split()
    assert option == ["--select", "level=850"]
    assert main([*command, *option]) == 0
    assert main(["inspect", str(tmp_path / "x.nc"), "--key", "u", *option]) == 0
    assert "20" in capsys.readouterr().out
