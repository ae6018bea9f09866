"""What is not frames, or not any more, is refused in words, whatever asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid import SourceError, UsageError

VALUES = np.zeros((3, 16, 18), np.float32)


def closed(part: str) -> Callable[[Path], Any]:
    def make(folder: Path) -> Any:
        h5py = pytest.importorskip("h5py")
        with h5py.File(folder / "x.h5", "w") as file:
            file["group/depth"] = VALUES
            return file[part] if part else file

    return make


def netcdf(folder: Path) -> Any:
    netcdf4 = pytest.importorskip("netCDF4")
    with netcdf4.Dataset(folder / "x.nc", "w") as file:
        file.createDimension("y", 16)
        file.createVariable("depth", "f4", ("y",))
    return netcdf4.Dataset(folder / "x.nc")


def uncomputed(_: Path) -> Any:
    array = pytest.importorskip("dask.array").from_array(VALUES)
    return array[array[:, 0, 0] == 0]


def of_ml_dtypes(_: Path) -> Any:
    return VALUES.astype(pytest.importorskip("ml_dtypes").float8_e4m3fn)


MADE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a dataset of a closed file": (closed("group/depth"), "a Dataset whose file is closed"),
    "a group of a closed file": (closed("group"), "a Group whose file is closed"),
    "a closed file": (closed(""), "a File whose file is closed"),
    "a netCDF dataset": (netcdf, "as dataset.variables\\[name\\]\\[:\\]: 'depth'"),
    "a shape that is not known": (uncomputed, "compute_chunk_sizes"),
    "a memoryview": (lambda _: memoryview(VALUES), "a memoryview gives no frames"),
    "a class": (lambda _: np.ndarray, "a type is not frames"),
    "numbers that NumPy lacks": (of_ml_dtypes, "float8_e4m3fn holds .* float32"),
    "a structured array": (lambda _: np.zeros((3, 4, 5), [("a", "f4")]), "take one of them"),
}


def written(given: Any, path: Path) -> None:
    with heatvid.VideoWriter(path, vmin=0, vmax=1) as video:
        video.write(given)


WAYS: dict[str, Callable[[Any, Path], Any]] = {
    "open_source": lambda given, _: heatvid.open_source(given),
    "measure": lambda given, _: heatvid.measure(given),
    "render": heatvid.render,
    "write": written,
}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("way", WAYS)
def test_it_is_refused_in_words(name: str, way: str, tmp_path: Path) -> None:
    make, words = MADE[name]
    given = make(tmp_path)
    with pytest.raises(SourceError, match=words):
        WAYS[way](given, tmp_path / "o.mp4")
    assert not list(tmp_path.glob("*.mp4"))
    if name == "a netCDF dataset":
        given.close()


@pytest.mark.parametrize("what", ["source", "background", "output"])
def test_a_name_with_a_zero_in_it_is_refused(what: str, tmp_path: Path) -> None:
    names: dict[str, Any] = {"source": VALUES, "background": None, "output": tmp_path / "o.mp4"}
    with pytest.raises(UsageError, match=r"null"):
        heatvid.render(**{**names, what: f"{tmp_path}/a\0b.mp4"})


def test_a_file_whose_bytes_cannot_be_read_is_refused_in_words() -> None:
    path = "/proc/self/mem"  # nothing lies at its beginning
    if not Path(path).exists():
        pytest.skip("only on Linux")
    with pytest.raises(SourceError, match=f"^{path}: "):
        heatvid.open_source(path)
