""".npz files: choosing the array, stored and compressed members, and damage."""

import io
import struct
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heatvid._errors import SourceError
from heatvid.sources import open_source

VALUES = np.random.default_rng(0).normal(size=(9, 20, 30)).astype("f4")
SAVERS = [np.savez, np.savez_compressed]


def everything(path, size=4, **options):
    with open_source(path, **options) as source:
        return np.concatenate([batch.data.copy() for batch in source.batches(size)])


def npy_bytes(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def write_zip(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("save", SAVERS)
@pytest.mark.parametrize("dtype", ["f4", ">f4", "f2", "?", "u1", ">i8"])
@pytest.mark.parametrize("order", "CF")
def test_arrays_come_back_native(tmp_path, save, dtype, order):
    array = np.array(VALUES, dtype, order=order)
    save(tmp_path / "x.npz", depths=array)
    got = everything(tmp_path / "x.npz")
    assert got.dtype.isnative
    np.testing.assert_array_equal(got, array)


@pytest.mark.parametrize("save", SAVERS)
def test_the_only_array_of_frames_is_used(tmp_path, save):
    save(tmp_path / "x.npz", fps=30.0, names=np.array(["a"]), K=np.eye(3)[0], depth=VALUES)
    np.testing.assert_array_equal(everything(tmp_path / "x.npz"), VALUES)


@pytest.mark.parametrize("save", SAVERS)
def test_several_arrays_need_a_key_and_the_message_lists_them(tmp_path, save):
    save(
        tmp_path / "x.npz",
        images=np.zeros((9, 20, 30, 3), "u1"),
        depths=VALUES,
        when=np.zeros(3, "M8[s]"),
    )
    with pytest.raises(SourceError, match=r"say which one with key= .--key") as error:
        open_source(tmp_path / "x.npz")
    assert "'images' (9, 20, 30, 3) uint8, 'depths' (9, 20, 30) float32" in str(error.value)
    np.testing.assert_array_equal(everything(tmp_path / "x.npz", key="depths"), VALUES)
    assert everything(tmp_path / "x.npz", key="images", channel=-1).shape == (9, 20, 30)
    with pytest.raises(SourceError, match="has no key 'depth'; allowed are 'depths'"):
        open_source(tmp_path / "x.npz", key="depth")
    with pytest.raises(SourceError, match=r"x\.npz\[when\]: dtype .*dates"):
        open_source(tmp_path / "x.npz", key="when")


@pytest.mark.parametrize("save", SAVERS)
def test_frames_can_be_read_again_and_out_of_order(tmp_path, save):
    save(tmp_path / "x.npz", VALUES)
    with open_source(tmp_path / "x.npz") as source:
        for start in (3, 7, 0, 8, 8, 2, 9):
            np.testing.assert_array_equal(source.read(start, 2), VALUES[start : start + 2])


def test_compressed_frames_are_streamed_in_bounded_memory(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", np.zeros((200, 256, 256), "f4"))
    with open_source(tmp_path / "x.npz") as source:
        out = np.empty((1, 256, 256), "f4")
        tracemalloc.start()
        for i in range(200):
            source.read(i, 1, out)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 3_000_000


def damaged(path, save, change):
    save(path, x=VALUES)
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)


def read_it(path, message):
    with pytest.raises(SourceError, match=message) as error:
        everything(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("save", SAVERS)
def test_a_wrong_checksum_is_noticed_in_the_end(tmp_path, save):
    def change(content):
        at = content.index(b"PK\1\2")
        content[at + 16] ^= 1

    damaged(tmp_path / "x.npz", save, change)
    with open_source(tmp_path / "x.npz") as source:
        source.read(0, 8)
        with pytest.raises(SourceError, match=r"checksum|CRC"):
            source.read(8, 1)


@pytest.mark.parametrize("save", SAVERS)
@pytest.mark.parametrize("keep", [0, 3, 30, 1000, -30, -1])
def test_a_cut_archive_is_refused(tmp_path, save, keep):
    save(tmp_path / "x.npz", x=VALUES)
    content = (tmp_path / "x.npz").read_bytes()
    (tmp_path / "x.npz").write_bytes(content[:keep] if keep else b"")
    read_it(tmp_path / "x.npz", "damaged|not a .npz file")


def test_damaged_compressed_data_are_refused(tmp_path):
    def change(content):
        content[2000:2100] = bytes(100)

    damaged(tmp_path / "x.npz", np.savez_compressed, change)
    read_it(tmp_path / "x.npz", "damaged|cut")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../../x.npy", "points out of the archive"),
        ("/x.npy", "points out of the archive"),
        ("..\\x.npy", "points out of the archive"),
        ("notes.txt", "allowed are .npy members only"),
        ("folder/", "allowed are .npy members only"),
    ],
)
def test_members_that_are_no_plain_arrays_are_refused(tmp_path, name, message):
    write_zip(tmp_path / "x.npz", {"x.npy": npy_bytes(VALUES), name: npy_bytes(VALUES)})
    read_it(tmp_path / "x.npz", message)


def test_a_member_that_is_there_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", npy_bytes(VALUES))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("x.npy", npy_bytes(VALUES))
    read_it(tmp_path / "x.npz", "is there twice")


def test_other_compression_and_encryption_are_refused(tmp_path):
    write_zip(tmp_path / "x.npz", {"x.npy": npy_bytes(VALUES)}, zipfile.ZIP_BZIP2)
    read_it(tmp_path / "x.npz", "compressed by method 12; allowed are none and deflate")

    def change(content):
        content[content.index(b"PK\1\2") + 8] |= 1

    damaged(tmp_path / "y.npz", np.savez, change)
    read_it(tmp_path / "y.npz", "is encrypted")


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("extra", [-4, 4])
def test_a_header_that_disagrees_with_the_archive_is_refused(tmp_path, compression, extra):
    content = npy_bytes(VALUES)
    content = content + bytes(extra) if extra > 0 else content[:extra]
    write_zip(tmp_path / "x.npz", {"x.npy": content}, compression)
    read_it(tmp_path / "x.npz", r"\[x\]: shape \(9, 20, 30\).* the archive holds")


@pytest.mark.parametrize("save", SAVERS)
def test_a_size_that_cannot_be_is_refused_before_allocating(tmp_path, save):
    def change(content):
        at = content.index(b"PK\1\2")
        content[at + 24 : at + 28] = struct.pack("<I", 2**32 - 2)

    damaged(tmp_path / "x.npz", save, change)
    read_it(tmp_path / "x.npz", "more than it can hold")


def test_a_bomb_is_refused_by_what_its_header_declares(tmp_path):
    header = npy_bytes(np.zeros((2, 3, 4), "u1"))[:-24]
    write_zip(tmp_path / "x.npz", {"x.npy": header + bytes(10_000_000)}, zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    read_it(tmp_path / "x.npz", "needs 152 bytes")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_names_that_hide_another_format_are_refused(tmp_path):
    np.save(tmp_path / "x.npy", VALUES)
    (tmp_path / "x.npy").rename(tmp_path / "x.npz")
    read_it(tmp_path / "x.npz", "is a .npy file, not a .npz")
    np.savez(tmp_path / "y.npz", VALUES)
    (tmp_path / "y.npz").rename(tmp_path / "y.npy")
    read_it(tmp_path / "y.npy", "is not an .npy file but a zip archive")
    write_zip(tmp_path / "z.npz", {})
    read_it(tmp_path / "z.npz", "holds no arrays")
    write_zip(tmp_path / "t.npz", {"t.npy": b"no array"})
    read_it(tmp_path / "t.npz", r"t\.npz\[t\]: is not an \.npy file")


@settings(
    max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), save=st.sampled_from(SAVERS))
def test_a_damaged_archive_gives_frames_or_one_clear_error(tmp_path, data, save):
    buffer = io.BytesIO()
    save(buffer, x=np.arange(24.0).reshape(2, 3, 4))
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    message = str(path)
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert everything(path).ndim == 3
    except SourceError as error:
        message = str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert message.startswith(str(path))
    assert message.isprintable()
    assert peak < 2_000_000
