"""HDF5 and netCDF 4: what is refused, filled, counted, decoded and chosen, by files of h5py."""

from __future__ import annotations

import tracemalloc
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from heatvid import OptionError, SourceError, open_source
from heatvid.cli import main
from heatvid.sources._hdf5_chunks import _Decoder

h5py = pytest.importorskip("h5py")
VALUES = np.arange(6 * 4 * 5, dtype=np.float32).reshape(6, 4, 5)


def frames(path: Path, **options: Any) -> Any:
    with open_source(path, **options) as source:
        return source.read(0, len(source)).copy()


def saved(path: Path, attributes: Any = (), array: Any = VALUES, **storage: Any) -> Path:
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("x", data=array, **storage)
        dataset.attrs.update(dict(attributes))
    return path


# --- values -------------------------------------------------------------------------------------

PACKED = np.arange(-60, 60, dtype="i2").reshape(6, 4, 5)
F4, F8, I2 = np.float32, np.float64, np.int16
HALF = {"scale_factor": F8(0.5)}
RULES: list[tuple[str, dict[str, Any], Any]] = [
    ("scale and offset of float64", {**HALF, "add_offset": F8(273.15)}, PACKED * 0.5 + 273.15),
    ("scale of float32", {"scale_factor": F4(0.25)}, PACKED * 0.25),
    ("scale as an array", {"scale_factor": np.array([0.25])}, PACKED * 0.25),
    ("scale as a text", {"scale_factor": "0.5"}, PACKED * 0.5),
    ("fill", {"_FillValue": I2(7)}, np.where(PACKED == 7, np.nan, PACKED)),
    ("missing values", {"missing_value": np.array([7, 9], I2)},
     np.where((PACKED == 7) | (PACKED == 9), np.nan, PACKED)),
    ("fill and missing", {"_FillValue": I2(7), "missing_value": I2(8), **HALF},
     np.where((PACKED == 7) | (PACKED == 8), np.nan, PACKED * 0.5)),
    ("a fill that no value can be", {"_FillValue": F8(1e9), **HALF}, PACKED * 0.5),
    ("packed range", {"valid_range": np.array([-10, 20], I2), **HALF},
     np.where((PACKED < -10) | (PACKED > 20), np.nan, PACKED * 0.5)),
    ("physical range", {"valid_max": F8(10.0), "scale_factor": F8(0.1)},
     np.where(PACKED > 100, np.nan, PACKED * 0.1)),
    ("physical range, falling", {"valid_min": F4(-3), "scale_factor": F4(-0.5)},
     np.where(PACKED > 6, np.nan, PACKED * -0.5)),
    ("range without scale", {"valid_min": I2(0)}, np.where(PACKED < 0, np.nan, PACKED)),
    ("scale of 0", {"valid_max": F8(5.0), "scale_factor": F8(0), "add_offset": F8(3)},
     np.where(PACKED > 5, np.nan, 3.0)),
    ("a range of texts", {"valid_range": ["low", "high"], "valid_min": "none", **HALF},
     PACKED * 0.5),
]  # fmt: skip


@pytest.mark.parametrize(("attributes", "wanted"), [row[1:] for row in RULES],
                         ids=[row[0] for row in RULES])  # fmt: skip
def test_attributes_are_read_as_the_conventions_say(
    attributes: dict[str, Any], wanted: Any, tmp_path: Path
) -> None:
    got = frames(saved(tmp_path / "x.h5", attributes, PACKED))
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, wanted.astype("f4"))


@pytest.mark.parametrize("dtype", ["f4", ">f4", "f8", "i4"])
def test_a_fill_of_wider_values_is_none(dtype: str, tmp_path: Path) -> None:
    got = frames(saved(tmp_path / "x.h5", {"_FillValue": np.array([7], dtype)},
                       VALUES.astype(dtype)))  # fmt: skip
    assert got.dtype == {"i4": "f8", ">f4": "f4"}.get(dtype, dtype)
    np.testing.assert_array_equal(got, np.where(VALUES == 7, np.nan, VALUES))


def test_bytes_that_are_meant_unsigned_are(tmp_path: Path) -> None:
    stored = np.arange(120, dtype="u1").reshape(6, 4, 5) * 2
    attributes = {"_Unsigned": "true", "_FillValue": np.int8(-56)}  # which is 200
    got = frames(saved(tmp_path / "x.h5", attributes, stored.view("i1")))
    np.testing.assert_array_equal(got, np.where(stored == 200, np.nan, stored))


def test_a_scale_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"x\.h5\[x\]: its scale_factor is 'half'; allowed"):
        frames(saved(tmp_path / "x.h5", {"scale_factor": "half"}))


@pytest.mark.parametrize("length", [0, 3])
def test_coordinates_of_another_length_than_their_dimension_are_none(
    length: int, tmp_path: Path
) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["depth"], file["lat"] = VALUES, np.arange(float(length))
        file["lat"].make_scale("lat")
        file["depth"].dims[1].attach_scale(file["lat"])
    with open_source(tmp_path / "x.h5", key="depth") as source:
        assert source.about.rows is None
        assert source.about.rows_of_text()
        np.testing.assert_array_equal(source.read(0, 6), VALUES)


def test_moments_that_no_calendar_holds_are_none(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["depth"], file["time"] = VALUES, [0.0, 1e300, -1e300, np.nan, np.inf, 6.0]
        file["time"].attrs["units"] = "hours since 2020-01-01"
        file["time"].make_scale("time")
        file["depth"].dims[0].attach_scale(file["time"])
    with open_source(tmp_path / "x.h5", key="depth") as source:
        times = source.about.times
        assert times is not None
        assert np.isnat(times).tolist() == [False, True, True, True, True, False]
        assert str(times[5]) == "2020-01-01T06:00:00.000000"


def test_labels_of_255_are_labels(tmp_path: Path) -> None:
    labels = np.full((2, 4, 5), 255, "u1")
    np.testing.assert_array_equal(frames(saved(tmp_path / "x.h5", array=labels)), labels)


def test_bfloat16_is_widened(tmp_path: Path) -> None:
    kind = h5py.h5t.IEEE_F16LE.copy()
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_ebias(127)
    bits = (VALUES.view("u4") >> 16).astype("u2")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        space = h5py.h5s.create_simple(bits.shape)
        dataset = h5py.h5d.create(file.id, b"x", kind, space)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, bits, mtype=kind)
    np.testing.assert_array_equal(frames(tmp_path / "x.h5"), (bits.astype("u4") << 16).view("f4"))


def test_an_fp8_of_hdf5_is_widened(tmp_path: Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    kind = h5py.h5t.IEEE_F16LE.copy()
    kind.set_fields(7, 3, 4, 0, 3)
    kind.set_size(1)
    kind.set_ebias(7)
    bits = (VALUES % 8).astype(ml_dtypes.float8_e4m3fn).view("u1")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        dataset = h5py.h5d.create(file.id, b"x", kind, h5py.h5s.create_simple(bits.shape))
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, bits, mtype=kind)
    np.testing.assert_array_equal(frames(tmp_path / "x.h5"), VALUES % 8)


def test_a_bfloat16_that_h5py_does_not_know_is_refused(tmp_path: Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    path = saved(tmp_path / "x.h5", array=VALUES.astype(ml_dtypes.bfloat16))
    with pytest.raises(SourceError, match=r"x\.h5\[x\]: dtype void16 holds .* raw bytes"):
        open_source(path)


def test_what_is_empty_is_no_choice(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.mat", "w") as file:
        file["nothing"] = h5py.Empty("f4")
        file["lengths"] = np.zeros(2, "u8")
        file["lengths"].attrs["MATLAB_empty"] = 1
        file["x"] = VALUES
    with open_source(tmp_path / "x.mat") as source:
        np.testing.assert_array_equal(source.read(0, 6), VALUES)
        assert source.about.arrays == ()


def test_an_array_of_others_is_read_from_beside_its_file_wherever_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    saved(tmp_path / "run" / "part.h5")
    layout = h5py.VirtualLayout(VALUES.shape, "f4")
    layout[:] = h5py.VirtualSource("part.h5", "x", VALUES.shape)
    with h5py.File(tmp_path / "run" / "whole.h5", "w") as file:
        file.create_virtual_dataset("x", layout)
    monkeypatch.chdir(tmp_path)
    np.testing.assert_array_equal(frames(Path("run/whole.h5")), VALUES)


# --- chunks -------------------------------------------------------------------------------------


def test_chunks_never_written_are_the_fill_value_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        dataset = file.create_dataset("x", (6, 4, 5), "f4", chunks=(2, 4, 5), fillvalue=-1)
        dataset[2:4] = VALUES[2:4]
    wanted = np.full_like(VALUES, -1)
    wanted[2:4] = VALUES[2:4]
    np.testing.assert_array_equal(frames(tmp_path / "x.h5"), wanted)
    assert main(["inspect", str(tmp_path / "x.h5")]) == 0
    assert "  not written  2 of 3 chunks\n" in capsys.readouterr().out


def test_a_chunk_whose_filter_was_left_out_is_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        dataset = file.create_dataset("x", (6, 4, 5), "f4", chunks=(6, 4, 5), compression="gzip")
        dataset.id.write_direct_chunk((0, 0, 0), VALUES.tobytes(), filter_mask=1)
    np.testing.assert_array_equal(frames(tmp_path / "x.h5"), VALUES)


@pytest.mark.parametrize("content", [zlib.compress(bytes(481)), zlib.compress(bytes(479)),
                                     zlib.compress(bytes(480))[:-1], zlib.compress(bytes(1 << 26))],
                         ids=["more", "less", "cut", "far more"])  # fmt: skip
def test_a_chunk_of_another_size_is_refused_before_it_takes_its_memory(
    content: bytes, tmp_path: Path
) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        chunks = file.create_dataset("x", VALUES.shape, "f4", chunks=VALUES.shape, compression=1)
        chunks.id.write_direct_chunk((0, 0, 0), content)
    tracemalloc.start()
    with pytest.raises(SourceError, match="its 480 bytes are not there"):
        frames(tmp_path / "x.h5")
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


@pytest.mark.parametrize("size", [479, 481])
def test_a_chunk_of_another_size_than_it_has_as_it_is_stored_is_not_read_at_all(size: int) -> None:
    class Stored:
        def get_chunk_info_by_coord(self, corner: tuple[int, ...]) -> Any:
            return SimpleNamespace(size=size)

        def read_direct_chunk(self, corner: tuple[int, ...]) -> Any:
            pytest.fail("it was read")

    with pytest.raises(ValueError, match=f"a chunk holds {size} bytes instead of 480"):
        _Decoder(Stored(), [])((0, 0, 0), np.empty(VALUES.shape, np.float32))


def test_each_chunk_is_inflated_once_in_a_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from heatvid.sources import _hdf5_chunks

    calls: list[int] = []
    inflated = _hdf5_chunks.inflated

    def counting(raw: Any, size: int) -> Iterator[bytes]:
        calls.append(1)
        return inflated(raw, size)

    monkeypatch.setattr(_hdf5_chunks, "inflated", counting)
    many = np.tile(VALUES, (10, 1, 1))
    path = saved(tmp_path / "x.h5", array=many, chunks=(16, 2, 5), compression="gzip")
    with open_source(path) as source:
        for i in range(60):
            np.testing.assert_array_equal(source.read(i, 1), many[i : i + 1])
        assert len(calls) == 8


def test_chunks_that_memory_has_no_room_for_are_read_in_parts_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = np.tile(VALUES, (10, 1, 1))
    path = saved(tmp_path / "x.h5", array=many, chunks=(60, 4, 5), compression="gzip")
    monkeypatch.setattr("heatvid.sources._slabs._LEAST_BYTES", 0)
    monkeypatch.setattr("heatvid.sources._slabs.available_memory", lambda: 8 * 25 * 80)
    words = r"x\.h5\[x\]: 60 frames decode together, 0 MiB, .*; each chunk is decoded 3 times"
    with pytest.warns(UserWarning, match=words):
        source = open_source(path)
    with source:
        np.testing.assert_array_equal(source.read(0, 60), many)


def test_filters_of_plugins_are_read(tmp_path: Path) -> None:
    hdf5plugin = pytest.importorskip("hdf5plugin")
    path = saved(tmp_path / "x.h5", chunks=(2, 4, 5), **hdf5plugin.Zstd())
    np.testing.assert_array_equal(frames(path), VALUES)


# --- netCDF -------------------------------------------------------------------------------------


def test_what_an_unlimited_variable_lacks_is_nan(tmp_path: Path) -> None:
    netcdf4 = pytest.importorskip("netCDF4")
    with netcdf4.Dataset(tmp_path / "x.nc", "w") as file:
        for name, size in (("time", None), ("y", 4), ("x", 5)):
            file.createDimension(name, size)
        file.createVariable("time", "f8", ("time",))[:] = range(6)
        file.createVariable("depth", "f4", ("time", "y", "x"))[:2] = VALUES[:2]
    wanted = np.where(np.arange(6)[:, None, None] < 2, VALUES, np.nan)
    np.testing.assert_array_equal(frames(tmp_path / "x.nc"), wanted)


@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "i4"])
def test_whole_numbers_that_netcdf_fills_with_are_values(kind: str, tmp_path: Path) -> None:
    netcdf4 = pytest.importorskip("netCDF4")
    values = VALUES.astype(kind)
    values[0] = netcdf4.default_fillvals[kind]
    _save_variable(netcdf4, tmp_path / "x.nc", values)
    got = frames(tmp_path / "x.nc")
    assert got.dtype == kind
    np.testing.assert_array_equal(got, values)


def test_floats_of_which_none_stands_for_nothing_stay(tmp_path: Path) -> None:
    netcdf4 = pytest.importorskip("netCDF4")
    values = VALUES.copy()
    values[1, 2, 3] = np.nan
    _save_variable(netcdf4, tmp_path / "x.nc", values, fill_value=False, chunksizes=(1, 4, 5))
    np.testing.assert_array_equal(frames(tmp_path / "x.nc"), values)


def test_a_variable_of_the_other_byte_order_is_native(tmp_path: Path) -> None:
    netcdf4 = pytest.importorskip("netCDF4")
    _save_variable(netcdf4, tmp_path / "x.nc", VALUES.astype(">f4"), endian="big", zlib=True)
    got = frames(tmp_path / "x.nc")
    assert got.dtype.isnative
    np.testing.assert_array_equal(got, VALUES)


def _save_variable(netcdf4: Any, path: Path, values: Any, **how: Any) -> None:
    with netcdf4.Dataset(path, "w") as file:
        for name, size in zip(("time", "y", "x"), values.shape, strict=True):
            file.createDimension(name, size)
        variable = file.createVariable("depth", values.dtype, ("time", "y", "x"), **how)
        variable.set_auto_mask(False)
        variable[:] = values


def test_places_are_selected_by_value_or_number_and_wrong_ones_are_listed(tmp_path: Path) -> None:
    array = np.arange(2 * 3 * 6 * 4 * 5, dtype="f4").reshape(2, 3, 6, 4, 5)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        dataset = file.create_dataset("x", data=array)
        for i, name in enumerate(("member", "level", "time", "lat", "lon")):
            dataset.dims[i].label = name
        file["level"] = np.array([1000, 850.5, 500])
        file["level"].make_scale("level")
        dataset.dims[1].attach_scale(file["level"])
    path, key = tmp_path / "x.h5", "x"
    with pytest.raises(SourceError, match=r"member \(0 to 1\) and level \(1000, 850.5, 500\) are"):
        open_source(path, key=key)
    with pytest.raises(SourceError, match=r"--select member=0"):
        open_source(path, key=key, select={"level": 500})
    for select, wanted in (
        ({"level": 850.5, "member": 1}, array[1, 1]),
        ({"member": -2, "level": 500}, array[0, 2]),
    ):
        np.testing.assert_array_equal(frames(path, key=key, select=select), wanted)
    for select, words in (
        ({"level": 851}, r"select of level is 851; allowed are 1000, 850.5, 500"),
        ({"member": 2}, r"select of member is 2; allowed are 0 to 1"),
        ({"levl": 1}, r"no dimension 'levl'; did you mean 'level'\? allowed are member, level"),
    ):
        with pytest.raises(OptionError, match=words):
            open_source(path, key=key, select=select)


# --- what is refused ----------------------------------------------------------------------------


def test_a_file_that_is_being_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(path: str, mode: str) -> None:
        raise BlockingIOError(11, "unable to lock file")  # as of a writer in another process

    path = saved(tmp_path / "x.h5")
    monkeypatch.setattr(h5py, "File", locked)
    with pytest.raises(SourceError, match=r"x\.h5: another program has it open for writing"):
        open_source(path)


# --- links, groups, what is no array --------------------------------------------------------------


def test_an_array_is_opened_by_a_link_to_it_in_the_same_file(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["entry/detector/data"] = VALUES
        file["entry/data"] = h5py.SoftLink("/entry/detector/data")
        file["entry/beside"] = h5py.SoftLink("detector/data")
        file["none"] = h5py.SoftLink("/nothing")
        file["elsewhere"] = h5py.ExternalLink("y.h5", "/data")
        file["through"] = h5py.SoftLink("/elsewhere")
    for key in (None, "entry/data", "entry/beside", "entry/detector/data"):
        np.testing.assert_array_equal(frames(tmp_path / "x.h5", key=key), VALUES)
    for key in ("none", "elsewhere", "through"):
        with pytest.raises(SourceError, match=f"has no key '{key}'; allowed are 'entry/detector"):
            open_source(tmp_path / "x.h5", key=key)


def test_arrays_of_other_files_are_named(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["data_1"] = h5py.ExternalLink("y.h5", "/data")
    words = r"x\.h5: holds no arrays of real numbers, but 'data_1' in y\.h5; allowed are arrays"
    with pytest.raises(SourceError, match=words):
        open_source(tmp_path / "x.h5")


def test_numbered_groups_of_one_frame_each_are_a_sequence(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for i in (0, 1, 2, 10):
            file[f"frames/frame_{i}/depth"] = VALUES[i % 6]
            file[f"frames/frame_{i}/pose"] = np.eye(4)[:3]
    with open_source(tmp_path / "x.h5") as source:
        np.testing.assert_array_equal(source.read(0, 4), VALUES[[0, 1, 2, 4]])
        assert source.names is not None
        assert source.names[3] == "frames/frame_10/depth"
    pose = frames(tmp_path / "x.h5", key="frames/frame_*/pose")
    np.testing.assert_array_equal(pose, np.tile(np.eye(4)[:3], (4, 1, 1)))
    np.testing.assert_array_equal(
        frames(tmp_path / "x.h5", key="frames/frame_10/depth"), VALUES[4:5]
    )


@pytest.mark.parametrize("name", ["x.mat", "x.nc", "x.dat"])
@pytest.mark.parametrize("block", [512, 1024, 4096, 32768])
def test_a_file_behind_a_block_of_the_users_is_known(block: int, name: str, tmp_path: Path) -> None:
    with h5py.File(tmp_path / name, "w", userblock_size=block) as file:
        file["x"] = VALUES
    np.testing.assert_array_equal(frames(tmp_path / name), VALUES)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("x.mat", "HDF5 or MATLAB 5"),
        ("x.nc", "netCDF 4 or netCDF"),
        ("x.zip", "zip of frames or"),
    ],
)
@pytest.mark.parametrize(
    ("content", "begins"), [(b"", "is empty"), (b"text", "begins with b'text'")]
)
def test_a_file_that_is_none_of_what_its_name_says_is_told_both(
    content: bytes, begins: str, name: str, kinds: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=rf"{name}: is no {kinds}.* file \(it {begins}\); write"):
        open_source(tmp_path / name)


def test_what_holds_no_numbers_says_what_it_holds(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["text"], file["none"] = "hello", h5py.Empty("f4")
        file["lists"] = file.create_dataset("l", 3, dtype=h5py.vlen_dtype("f4"))
        with pytest.raises(SourceError, match=r"x\.h5: '/none' holds no values; allowed are"):
            open_source(file["none"])
        for key in ("text", "lists"):
            with pytest.raises(SourceError, match="holds texts, references or lists of any length"):
                open_source(file[key])


def test_texts_of_matlab_are_no_frames(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.mat", "w", userblock_size=512) as file:
        for name, kind, values in (("D", "single", VALUES[0]), ("names", "char", VALUES[0])):
            file[name] = values.astype("f4" if kind == "single" else "u2")
            file[name].attrs["MATLAB_class"] = np.bytes_(kind)
    np.testing.assert_array_equal(frames(tmp_path / "x.mat"), VALUES[:1].transpose(0, 2, 1))


@pytest.mark.parametrize("chunks", [None, (2, 3, 4)])
def test_what_hdf5storage_wrote_has_the_axes_of_numpy(chunks: Any, tmp_path: Path) -> None:
    flow = np.stack([VALUES, VALUES + 1], -1)
    with h5py.File(tmp_path / "x.mat", "w", userblock_size=512) as file:
        for name, values in (("depth", VALUES), ("map", VALUES[0]), ("flow", flow)):
            stored = chunks if values is VALUES else None
            file.create_dataset(name, data=values.T, chunks=stored)
            file[name].attrs["MATLAB_class"] = np.bytes_("single")
    head = b"MATLAB 7.3 MAT-file, Platform: hdf5storage 0.2.2, Created on Sun Nov"
    with (tmp_path / "x.mat").open("r+b") as file:
        file.write(head.ljust(124) + b"\0\2IM")
    np.testing.assert_array_equal(frames(tmp_path / "x.mat"), VALUES)
    np.testing.assert_array_equal(frames(tmp_path / "x.mat", key="map"), VALUES[:1])
    np.testing.assert_array_equal(frames(tmp_path / "x.mat", key="flow", channel="flow"), flow)
    got = frames(tmp_path / "x.mat", key="depth", frames="4:0:-2")
    np.testing.assert_array_equal(got, VALUES[4:0:-2])


def test_chunks_are_read_by_several_threads_at_once(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.h5", array=VALUES, chunks=VALUES.shape, compression="gzip")

    def read(_: int) -> bool:
        with open_source(path) as source:
            return np.array_equal(source.read(0, len(VALUES)), VALUES)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, range(200)))
