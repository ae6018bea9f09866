"""Zarr stores: what is filled, counted, selected and refused, by stores of zarr and xarray."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heatvid import OptionError, SourceError, open_source
from heatvid.cli import main

zarr = pytest.importorskip("zarr")
numcodecs = pytest.importorskip("numcodecs")
VALUES = np.arange(6 * 4 * 5, dtype=np.float32).reshape(6, 4, 5)
FORMS = pytest.mark.parametrize("form", [2, 3])


def frames(path: Any, **options: Any) -> Any:
    with open_source(path, **options) as source:
        return source.read(0, len(source)).copy()


def store(path: Path, form: int = 3, **arrays: Any) -> Any:
    group = zarr.open_group(path, mode="w", zarr_format=form)
    for name, array in arrays.items():
        group.create_array(name, data=array, chunks=(2, *array.shape[1:]))
    return group


@FORMS
def test_chunks_never_written_are_the_fill_value_and_counted(
    form: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    array = store(tmp_path / "x.zarr", form).create_array(
        "x", shape=(6, 4, 5), chunks=(2, 4, 5), dtype="f4", fill_value=-1
    )
    array[2:4] = VALUES[2:4]
    wanted = np.full_like(VALUES, -1)
    wanted[2:4] = VALUES[2:4]
    np.testing.assert_array_equal(frames(tmp_path / "x.zarr"), wanted)
    assert main(["inspect", str(tmp_path / "x.zarr")]) == 0
    assert "  not written  2 of 3 chunks\n" in capsys.readouterr().out


@FORMS
def test_a_fill_of_packed_values_is_none_where_it_stands_in_the_attributes(
    form: int, tmp_path: Path
) -> None:
    packed = VALUES.astype("i2")
    group = store(tmp_path / "x.zarr", form)
    array = group.create_array("x", data=packed, chunks=(2, 4, 5), fill_value=0)
    array.attrs.update({"scale_factor": 0.5, "_FillValue": 7})
    wanted = np.where(packed == 7, np.nan, packed * np.float32(0.5))
    np.testing.assert_array_equal(frames(tmp_path / "x.zarr"), wanted)


@FORMS
def test_rain_of_0_is_a_value_whatever_fills_chunks(form: int, tmp_path: Path) -> None:
    group = store(tmp_path / "x.zarr", form)
    array = group.create_array("x", data=VALUES, chunks=(2, 4, 5), fill_value=0.0)
    array.attrs["_ARRAY_DIMENSIONS"] = ["time", "y", "x"]
    np.testing.assert_array_equal(frames(tmp_path / "x.zarr"), VALUES)


@FORMS
def test_arrays_of_one_frame_each_are_a_sequence_in_natural_order(
    form: int, tmp_path: Path
) -> None:
    group = store(tmp_path / "x.zarr", form)
    for i in range(12):
        group.create_array(f"frames/{i}", data=VALUES[i % 6] + i, chunks=(4, 5))
    wanted = np.stack([VALUES[i % 6] + i for i in range(12)])
    said = f"{tmp_path}/x.zarr: shows 12 arrays, 'frames/0' to 'frames/11', as its frames (--key)"
    for key, note in ((None, said), ("frames", "")):
        with open_source(tmp_path / "x.zarr", key=key) as source:
            np.testing.assert_array_equal(source.read(0, 12), wanted)
            assert source.about.note == note


def test_what_lies_beside_arrays_and_groups_is_passed_over(tmp_path: Path) -> None:
    group = zarr.open_group(tmp_path / "x.zarr", mode="w")
    group.create_array("depth", data=VALUES)
    (tmp_path / "x.zarr" / "notes").mkdir()
    (tmp_path / "x.zarr" / "notes" / "a.txt").write_text("a folder that zarr warns of")
    np.testing.assert_array_equal(frames(tmp_path / "x.zarr"), VALUES)


def test_what_is_saved_in_one_line_opens(tmp_path: Path) -> None:
    zarr.save(str(tmp_path / "x.zarr"), VALUES)
    zarr.save(str(tmp_path / "y.zarr"), depth=VALUES, conf=VALUES + 1)
    for name in ("x.zarr", "y.zarr"):
        np.testing.assert_array_equal(frames(tmp_path / name), VALUES)


@FORMS
def test_each_chunk_is_decoded_once_in_a_pass(
    form: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from heatvid.sources import _zarr_chunks

    many = np.tile(VALUES, (10, 1, 1))
    group = store(tmp_path / "x.zarr", form)
    group.create_array("x", data=many, chunks=(16, 2, 5))
    calls: list[tuple[int, ...]] = []
    decode = _zarr_chunks._Decoder.__call__

    def counting(self: Any, corner: tuple[int, ...], out: Any) -> bool:
        calls.append(corner)
        return decode(self, corner, out)

    monkeypatch.setattr(_zarr_chunks._Decoder, "__call__", counting)
    with open_source(tmp_path / "x.zarr") as source:
        for i in range(60):
            np.testing.assert_array_equal(source.read(i, 1), many[i : i + 1])
    assert len(calls) == len(set(calls)) == 8


def test_a_type_that_zarr_does_not_know_is_said(tmp_path: Path) -> None:
    store(tmp_path / "x.zarr", x=VALUES)
    path = tmp_path / "x.zarr" / "x" / "zarr.json"
    path.write_text(path.read_text().replace('"float32"', '"bfloat16"'))
    with pytest.raises(SourceError, match=r"x\.zarr: cannot be read .*bfloat16"):
        open_source(tmp_path / "x.zarr")


def test_dimensions_are_known_by_their_names(tmp_path: Path) -> None:
    array = np.arange(3 * 4 * 6 * 5, dtype="f4").reshape(3, 4, 6, 5)
    group = store(tmp_path / "x.zarr")
    group.create_array("u", data=array, chunks=(2, 4, 6, 5),
                       dimension_names=("level", "y", "time", "x"))  # fmt: skip
    group.create_array("level", data=np.array([1000, 850, 500]))
    wanted = array[1].transpose(1, 0, 2)
    got = frames(tmp_path / "x.zarr", key="u", select={"level": 850})
    np.testing.assert_array_equal(got, wanted)
    with pytest.raises(SourceError, match=r"level \(1000, 850, 500\) is left over"):
        open_source(tmp_path / "x.zarr", key="u")


@pytest.mark.parametrize("key", ["_nczarr_array", "_NCZARR_ARRAY"])
@pytest.mark.parametrize("names", ["dimension_references", "dimrefs"])
def test_dimensions_are_known_as_netcdf_writes_them(key: str, names: str, tmp_path: Path) -> None:
    netcdf = pytest.importorskip("netCDF4")
    path, stack = tmp_path / "x.zarr", np.arange(120, dtype="f4").reshape(4, 2, 3, 5)
    with netcdf.Dataset(f"file://{path}#mode=nczarr,file", "w") as file:
        for name, length in (("time", 4), ("level", 2), ("lat", 3), ("lon", 5)):
            file.createDimension(name, length)
        file.createVariable("t", "f4", ("time", "level", "lat", "lon"))[:] = stack
        file.createVariable("level", "f4", ("level",))[:] = 500, 850
        file.createVariable("lat", "f4", ("lat",))[:] = -1, 0, 1
    for attributes in path.glob("*/.zattrs"):
        said = json.loads(attributes.read_text())
        paths = next(iter(said.pop("_nczarr_array", {}).values()))
        assert said.pop("_ARRAY_DIMENSIONS") == [name.removeprefix("/") for name in paths]
        attributes.write_text(json.dumps({**said, key: {names: paths}}))
    got = frames(path, key="t", select={"level": 850})
    np.testing.assert_array_equal(got, stack[:, 1, ::-1])


def test_a_moment_is_selected_by_as_much_of_it_as_tells_it_from_others(tmp_path: Path) -> None:
    group = store(tmp_path / "x.zarr")
    array = np.arange(3 * 4 * 5 * 6, dtype="f4").reshape(3, 4, 5, 6)
    group.create_array("u", data=array, chunks=(1, 4, 5, 6),
                       dimension_names=("time", "step", "y", "x"))  # fmt: skip
    time = group.create_array("time", data=np.array([0, 6, 24]))
    time.attrs["units"] = "hours since 2020-01-01"
    for place, which in (("2020-01-02", 2), ("2020-01-01T06", 1), ("2020-01-01T00:00:00", 0)):
        got = frames(tmp_path / "x.zarr", key="u", select={"time": place})
        np.testing.assert_array_equal(got, array[which])
    with pytest.raises(OptionError, match=r"time is '2020-01-01'; allowed are 2020-01-01T00:00:00"):
        open_source(tmp_path / "x.zarr", key="u", select={"time": "2020-01-01"})
    with pytest.raises(SourceError, match=r"time .* and step \(0 to 3\) could be the frames"):
        open_source(tmp_path / "x.zarr", key="u")


@pytest.mark.parametrize("name", ["none.zarr", "none.zarr/u", "x.zarr/none", "none"])
def test_a_typo_creates_nothing(name: str, tmp_path: Path) -> None:
    store(tmp_path / "x.zarr", x=VALUES)
    before = sorted(os.walk(tmp_path))
    with pytest.raises(SourceError, match=r"no such file or (folder|directory)"):
        open_source(tmp_path / name)
    assert sorted(os.walk(tmp_path)) == before


def test_a_group_within_a_store_opens_as_well(tmp_path: Path) -> None:
    store(tmp_path / "x.zarr").create_array("a/depth", data=VALUES, chunks=(2, 4, 5))
    np.testing.assert_array_equal(frames(tmp_path / "x.zarr" / "a"), VALUES)
    np.testing.assert_array_equal(frames(tmp_path / "x.zarr" / "a" / "depth"), VALUES)


def test_a_store_of_another_name_is_known_by_its_content(tmp_path: Path) -> None:
    store(tmp_path / "predictions", x=VALUES)
    np.testing.assert_array_equal(frames(tmp_path / "predictions"), VALUES)


def test_an_address_is_read_through_fsspec(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    store(tmp_path / "x.zarr", x=VALUES)
    memory.put(str(tmp_path / "x.zarr"), "/x.zarr", recursive=True)
    with pytest.raises(SourceError, match=r"memory://none\.zarr: there is no Zarr store"):
        open_source("memory://none.zarr")
    np.testing.assert_array_equal(frames("memory://x.zarr"), VALUES)


def test_an_unknown_codec_is_said_by_its_name(tmp_path: Path) -> None:
    store(tmp_path / "x.zarr", x=VALUES)
    path = tmp_path / "x.zarr" / "x" / "zarr.json"
    said = json.loads(path.read_text())
    said["codecs"].append({"name": "mystery", "configuration": {}})
    path.write_text(json.dumps(said))
    with pytest.raises(SourceError, match=r"x\.zarr: cannot be read .*mystery"):
        open_source(tmp_path / "x.zarr")


@FORMS
@pytest.mark.parametrize("codec", ["default", None])
def test_a_chunk_that_is_cut_is_an_error(form: int, codec: Any, tmp_path: Path) -> None:
    compressors = "auto" if codec else None
    store(tmp_path / "x.zarr", form).create_array("x", data=VALUES, chunks=(2, 4, 5),
                                                  compressors=compressors)  # fmt: skip
    path = tmp_path / "x.zarr" / "x" / ("1.0.0" if form == 2 else "c/1/0/0")
    path.write_bytes(path.read_bytes()[:-9])
    with (
        open_source(tmp_path / "x.zarr") as source,
        pytest.raises(SourceError, match=r"x\.zarr\[x\]: cannot be read"),
    ):
        source.read(2, 2)


@pytest.mark.parametrize(("codec", "packed"), [("Zlib", zlib.compress), ("GZip", gzip.compress)])
def test_a_chunk_of_another_size_is_refused_before_it_takes_its_memory(
    codec: str, packed: Any, tmp_path: Path
) -> None:
    made = getattr(numcodecs, codec)()
    store(tmp_path / "x.zarr", 2).create_array("x", data=VALUES, chunks=VALUES.shape,
                                               compressors=made)  # fmt: skip
    np.testing.assert_array_equal(frames(tmp_path / "x.zarr"), VALUES)
    (tmp_path / "x.zarr" / "x" / "0.0.0").write_bytes(packed(bytes(1 << 26)))
    tracemalloc.start()
    with pytest.raises(SourceError, match=r"its \d+ bytes are not there"):
        frames(tmp_path / "x.zarr")
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


@pytest.mark.parametrize("codec", ["BloscCodec", "ZstdCodec", "GzipCodec"])
def test_every_usual_codec_gives_the_values(codec: str, tmp_path: Path) -> None:
    made = getattr(zarr.codecs, codec)()
    store(tmp_path / "x.zarr").create_array("x", data=VALUES, chunks=(2, 4, 5), compressors=made)
    np.testing.assert_array_equal(frames(tmp_path / "x.zarr"), VALUES)


@FORMS
@pytest.mark.parametrize("within", ["x.zarr", "results/x.zarr"])
def test_a_zip_of_the_folder_itself_is_read(within: str, form: int, tmp_path: Path) -> None:
    store(tmp_path / "x.zarr", form, depth=VALUES, other=VALUES + 1)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in sorted((tmp_path / "x.zarr").rglob("*")):
            archive.write(path, f"{within}/{path.relative_to(tmp_path / 'x.zarr')}")
    np.testing.assert_array_equal(frames(tmp_path / "x.zip"), VALUES)
    np.testing.assert_array_equal(frames(tmp_path / "x.zip", key="other"), VALUES + 1)


@pytest.mark.parametrize("name", ["x.zarr", "memory://empty/x.zarr"])
def test_what_is_no_store_is_told_what_one_begins_with(name: str, tmp_path: Path) -> None:
    if "://" in name:
        pytest.importorskip("fsspec")
    (tmp_path / "x.zarr").mkdir()
    path = name if "://" in name else tmp_path / name
    with pytest.raises(SourceError, match=r"x\.zarr: there is no Zarr store, .* zarr\.json"):
        open_source(path)
