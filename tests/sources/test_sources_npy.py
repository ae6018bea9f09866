""".npy files: what is refused, what is accepted, and that bytes come back as they were saved."""

import os
import struct
import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heatvid._errors import OptionError, SourceError
from heatvid.sources import open_source

DTYPES = ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")
VALUES = np.arange(7 * 5 * 6).reshape(7, 5, 6)


def everything(path, size=3, **options):
    with open_source(path, **options) as source:
        return np.concatenate([batch.data.copy() for batch in source.batches(size)])


def npy(header, data=b"", version=1):
    """A file with any header, padded as the format asks."""
    header = header.encode() if isinstance(header, str) else header
    packed = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + packed + header + data


def plain(descr="'<f4'", order="False", shape="(7, 5, 6)", more=""):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {more}}}\n"


DATA = bytes(7 * 5 * 6 * 4)
WHOLE = npy(plain(), DATA)

REFUSED = {
    "empty": (b"", "the file is empty"),
    "text": (b"hello, world\n", "is not an .npy file .it begins with b'hello"),
    "magic only": (b"\x93NUMPY", "the header is cut"),
    "magic and version": (b"\x93NUMPY\1\0", "the header is cut"),
    "version 9": (b"\x93NUMPY\x09\0" + WHOLE[8:], "version 9.0 .*allowed are 1.0"),
    "header cut": (WHOLE[:40], "the header is cut"),
    "header over 10 kB": (npy(plain() + " " * 10_000, DATA), "allowed are 10000"),
    "header of 4 GB": (b"\x93NUMPY\2\0\xff\xff\xff\xff{", "allowed are 10000"),
    "code": (npy(plain(shape="__import__('os').system('true')"), DATA), "not a plain description"),
    "not a dict": (npy("[1, 2]\n", DATA), "not a plain description"),
    "not UTF-8": (npy(b"{'\xff'}\n", DATA, 3), "not UTF-8"),
    "nested deeply": (npy("(" * 9000, DATA), "not a plain description"),
    "object": (npy(plain("'|O'"), DATA), "would have to be unpickled"),
    "pickle": (b"\x80\4\x95\0\0\0\0\0", "a pickle, which could run code"),
    "data cut": (WHOLE[:-1], "the data are cut: .* needs 840 bytes, there are 839"),
    "terabytes": (npy(plain(shape="(1000000, 1000, 1000)"), DATA), "the data are cut"),
    "overflow": (npy(plain(shape=f"({2**62}, {2**62}, 4)"), DATA), "shape .* in the header"),
    "overflowing product": (npy(plain(shape=f"({10**17}, {10**17}, 5)"), DATA), "data are cut"),
    "negative": (npy(plain(shape="(-1, 5, 6)"), DATA), "shape .* in the header; allowed"),
    "boolean": (npy(plain(shape="(True, 5, 6)"), DATA), "shape .* in the header; allowed"),
    "float": (npy(plain(shape="(7.0, 5, 6)"), DATA), "shape .* in the header; allowed"),
    "bad descr": (npy(plain("'<f5'"), DATA), "dtype .*allowed are bool"),
    "nonsense descr": (npy(plain("'float32; x'"), DATA), "dtype .* in the header"),
    "descr without quotes": (npy(plain("True"), DATA), "dtype 'True' in the header"),
    "bad order": (npy(plain(order="'False'"), DATA), "fortran_order"),
    "extra key": (npy(plain(more="'x': True"), DATA), "'x'; allowed are descr"),
    "key missing": (npy("{'descr': '<f4', 'shape': (7, 5, 6)}\n", DATA), "allowed are descr"),
    "key twice": (npy(plain(more="'shape': (1, 1, 1)"), DATA), "not a plain description"),
    "structured": (npy(plain("[('a', '<f4'), ('b', '<i4', (2,))]"), DATA), "a structured dtype"),
    "datetime": (npy(plain("'<M8[ns]'"), DATA), "dates or time differences"),
    "string": (npy(plain("'<U3'"), DATA), "strings"),
    "complex": (npy(plain("'<c8'"), DATA), "complex numbers; save np.abs"),
    "longdouble": (npy(plain("'<f16'"), DATA), "extended precision; save as float64"),
    "raw bytes": (npy(plain("'|V2'"), DATA), "bfloat16, perhaps"),
    "0-d": (npy(plain(shape="()"), DATA), "has 0 axes"),
    "1-d": (npy(plain(shape="(210,)"), DATA), "has 1 axes"),
    "5-d": (npy(plain(shape="(1, 1, 7, 5, 6)"), DATA), "has 5 axes"),
    "zero frames": (npy(plain(shape="(0, 5, 6)"), DATA), "is empty"),
    "zero width": (npy(plain(shape="(7, 5, 0)"), DATA), "is empty"),
    "a zip": (b"PK\3\4" + bytes(40), "a zip archive; if it is an .npz"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(40), "an HDF5 file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_files_are_refused_in_one_line_that_begins_with_their_name(tmp_path, case):
    content, message = REFUSED[case]
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=message) as error:
        open_source(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_real_object_arrays_are_refused_without_unpickling(tmp_path):
    np.save(tmp_path / "o.npy", np.array([[object]]), allow_pickle=True)
    with pytest.raises(SourceError, match="unpickled"):
        open_source(tmp_path / "o.npy")


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "fifo.npy")
    (tmp_path / "null.npy").symlink_to("/dev/zero")
    (tmp_path / "folder.npy").mkdir()
    (tmp_path / "dangling.npy").symlink_to(tmp_path / "nowhere")
    for name, message in {
        "fifo.npy": "is a pipe",
        "null.npy": "is a character device",
        "folder.npy": "the folder holds no frames",
        "dangling.npy": "no such file",
        "missing.npy": "no such file",
    }.items():
        with pytest.raises(SourceError, match=message):
            open_source(tmp_path / name)


@pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    (tmp_path / "x.npy").touch(mode=0)
    with pytest.raises(SourceError, match="permission denied"):
        open_source(tmp_path / "x.npy")


def test_unknown_kinds_are_refused_naming_those_allowed(tmp_path):
    (tmp_path / "x.docx").touch()
    with pytest.raises(SourceError, match=r"\*\.docx are not known; allowed are files \(\.npy"):
        open_source(tmp_path / "x.docx")
    with pytest.raises(SourceError, match="no such file"):
        open_source("")
    with pytest.raises(SourceError, match="null"):
        open_source("a\0.npy")


def test_a_key_is_refused_where_there_are_none(tmp_path):
    np.save(tmp_path / "x.npy", VALUES)
    with pytest.raises(OptionError, match=r"allowed with \.npz"):
        open_source(tmp_path / "x.npy", key="x")


@pytest.mark.parametrize("memory", ["C", "F", "strided"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_and_order_comes_back_native(tmp_path, dtype, order, memory):
    array = (VALUES - 100 * (np.dtype(dtype).kind in "if")).astype(
        np.dtype(dtype).newbyteorder(order)
    )
    array = {"C": array, "F": np.asfortranarray(array), "strided": array[::-1, ::-1]}[memory]
    np.save(tmp_path / "x.npy", array)
    got = everything(tmp_path / "x.npy")
    assert got.dtype == np.dtype(dtype)
    assert got.dtype.isnative
    np.testing.assert_array_equal(got, array)


@pytest.mark.parametrize("layout", ["HWT", "HTW", "WHT", "THW", "TWH"])
@pytest.mark.parametrize("memory", "CF")
@pytest.mark.parametrize("order", "<>")
def test_frames_that_do_not_lie_together_are_gathered(tmp_path, layout, memory, order):
    array = np.array(VALUES, f"{order}f4", order=memory)
    np.save(tmp_path / "x.npy", array)
    expected = np.einsum(f"{layout}->THW", array)
    np.testing.assert_array_equal(everything(tmp_path / "x.npy", layout=layout), expected)


def test_one_frame_and_one_pixel_are_sequences(tmp_path):
    np.save(tmp_path / "a.npy", VALUES[0])
    np.save(tmp_path / "b.npy", np.asfortranarray(VALUES[0]))
    np.save(tmp_path / "c.npy", np.ones((1, 1)))
    np.testing.assert_array_equal(everything(tmp_path / "a.npy"), VALUES[:1])
    np.testing.assert_array_equal(everything(tmp_path / "b.npy"), VALUES[:1])
    assert everything(tmp_path / "c.npy").shape == (1, 1, 1)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_headers_of_other_writers_are_read(tmp_path, version):
    header = '{"shape":(7L, 5L,6L),"fortran_order":False,"descr":"f4"}   \n'
    (tmp_path / "x.npy").write_bytes(npy(header, DATA, version))
    assert everything(tmp_path / "x.npy").shape == (7, 5, 6)


def test_bytes_behind_the_array_are_accepted_with_one_warning(tmp_path):
    (tmp_path / "x.npy").write_bytes(WHOLE + b"more")
    with pytest.warns(UserWarning, match=r"x\.npy: 4 bytes behind") as caught:
        assert everything(tmp_path / "x.npy").shape == (7, 5, 6)
    assert len(caught) == 1


def test_odd_booleans_become_true(tmp_path):
    (tmp_path / "x.npy").write_bytes(npy(plain("'|b1'", shape="(1, 4)"), b"\0\1\2\xff"))
    assert everything(tmp_path / "x.npy").view("u1").tolist() == [[[0, 1, 1, 1]]]


@pytest.mark.parametrize(
    "name",
    ["a b", 'it\'s "x"', "line\nbreak", "🔥", "-x", "a:b", "[1]", os.fsdecode(b"\xff\xfe"), "é"],
)
def test_any_name_works_and_can_be_printed(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    np.save(f"./{name}.npy", VALUES)
    np.testing.assert_array_equal(everything(f"{name}.npy"), VALUES)
    np.testing.assert_array_equal(everything(os.fsencode(f"{name}.npy")), VALUES)
    with open(f"./{name}.npy", "w") as file:
        file.write("text")
    with pytest.raises(SourceError) as error:
        open_source(f"{name}.npy")
    assert str(error.value).isprintable()
    str(error.value).encode()


@pytest.mark.parametrize("layout", ["THW", "HWT"])
def test_a_file_that_changes_is_noticed(tmp_path, layout):
    path = tmp_path / "x.npy"
    np.save(path, VALUES)
    with open_source(path, layout=layout) as source:
        source.read(0, 1)
        os.utime(path, ns=(0, 0))
        with pytest.raises(SourceError, match="the file changed while it was read"):
            source.read(1, 1)


@pytest.mark.parametrize("layout", ["THW", "HWT"])
def test_a_file_that_is_cut_is_an_error_not_a_signal(tmp_path, layout):
    path = tmp_path / "x.npy"
    np.save(path, VALUES)
    with open_source(path, layout=layout) as source:
        os.truncate(path, 200)
        with pytest.raises(SourceError, match=r"was cut while|changed while"):
            source.read(3, 2)


def test_frames_are_read_into_the_memory_given(tmp_path):
    np.save(tmp_path / "x.npy", VALUES)
    with open_source(tmp_path / "x.npy") as source:
        out = np.empty((4, *source.buffer_shape), source.dtype)
        frames = source.read(5, 4, out)
        assert len(frames) == 2
        assert np.shares_memory(frames, out)
        assert source.shape == (7, 5, 6)
        assert len(source) == 7


def test_many_sources_leave_no_descriptor_open(tmp_path):
    np.save(tmp_path / "x.npy", VALUES)
    np.savez_compressed(tmp_path / "x.npz", x=VALUES)
    np.savez(tmp_path / "s.npz", x=VALUES)
    (tmp_path / "bad.npy").write_bytes(WHOLE[:-1])
    (tmp_path / "bad.npz").write_bytes(b"PK\3\4")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(500):
        for name in ("x.npy", "x.npz", "s.npz"):
            with open_source(tmp_path / name) as source:
                source.read(0, 2)
            source.close()
        for name in ("bad.npy", "bad.npz"):
            with pytest.raises(SourceError):
                open_source(tmp_path / name)
    assert len(os.listdir("/proc/self/fd")) == before


@settings(
    max_examples=400, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_damaged_header_gives_frames_or_one_clear_error(tmp_path, data):
    content = bytearray(npy(plain(shape="(2, 3, 4)"), bytes(96)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 97))
        replacement = data.draw(st.binary(max_size=4) | st.sampled_from([b"9" * 6, b"[", b"(("]))
        content[at : at + data.draw(st.integers(0, 3))] = replacement
    content = content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))]
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    message = str(path)
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of bytes left over
            assert everything(path).ndim == 3
    except SourceError as error:
        message = str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert message.startswith(str(path))
    assert message.isprintable()
    assert peak < 1_000_000
