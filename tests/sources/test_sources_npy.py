""".npy files: what is refused, what is accepted, and that bytes come back as they were saved."""

import os
import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heatvid._errors import SourceError
from heatvid.sources import open_source
from tests.support.broken_npy import DATA, WHOLE, npy, plain

DTYPES = ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")
VALUES = np.arange(7 * 5 * 6).reshape(7, 5, 6)


def everything(path, size=3, **options):
    with open_source(path, **options) as source:
        return np.concatenate([batch.data.copy() for batch in source.batches(size)])


@pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    (tmp_path / "x.npy").touch(mode=0)
    with pytest.raises(SourceError, match="permission denied"):
        open_source(tmp_path / "x.npy")


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


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
