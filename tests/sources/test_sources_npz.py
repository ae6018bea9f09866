""".npz files: choosing the array, stored and compressed members, and damage."""

import io
import tracemalloc
import warnings
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import heatvid
from heatvid._errors import SourceError
from heatvid._tools.inspect import inspect_source
from heatvid.sources import open_source
from heatvid.sources._inflate import crc32_of_both
from tests.support.broken_npy import frames_zipped, npy_bytes, with_wrong_checksum, zip_of
from tests.support.videos import encoded

VALUES = np.random.default_rng(0).normal(size=(9, 20, 30)).astype("f4")
SAVERS = [np.savez, np.savez_compressed]


def everything(path, size=4, **options):
    with open_source(path, **options) as source:
        return np.concatenate([batch.data.copy() for batch in source.batches(size)])


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
        mine=VALUES,
        when=np.zeros(3, "M8[s]"),
    )
    with pytest.raises(SourceError, match=r"say which one with key= .--key") as error:
        open_source(tmp_path / "x.npz")
    assert "'images' (9, 20, 30, 3) uint8, 'mine' (9, 20, 30) float32" in str(error.value)
    np.testing.assert_array_equal(everything(tmp_path / "x.npz", key="mine"), VALUES)
    assert everything(tmp_path / "x.npz", key="images", channel=-1).shape == (9, 20, 30)


def test_points_are_shown_where_nothing_else_is_and_their_depth_advised(tmp_path):
    points = np.random.default_rng(0).normal(size=(9, 20, 30, 3)).astype("f2")
    np.savez_compressed(tmp_path / "x.npz", mask=VALUES > 0, point_map=points)  # GeometryCrafter's
    with pytest.raises(SourceError, match=r"\[point_map\]: has 3 .* perhaps channel=2 \(--channel"):
        open_source(tmp_path / "x.npz")
    np.testing.assert_array_equal(everything(tmp_path / "x.npz", channel=2), points[..., 2])


@pytest.mark.parametrize("key", ["probabilities", "softmax"])
def test_classes_that_could_be_frames_are_said_to_be_shown_as_such(tmp_path, key):
    classes = np.random.default_rng(0).random((3, 1, 20, 30)).astype("f2")
    np.savez_compressed(tmp_path / "x.npz", **{key: classes})  # nnU-Net's, of one picture
    with open_source(tmp_path / "x.npz") as source:
        assert source.about.note == (
            f"{tmp_path}/x.npz: shows 3 frames; --layout CTHW where they are classes"
        )
    options = {"layout": "CTHW", "channel": "argmax"}
    with open_source(tmp_path / "x.npz", **options) as source:
        np.testing.assert_array_equal(source.read(0, 1)[0], np.moveaxis(classes[:, 0], 0, -1))
        assert source.about.note == ""


def test_only_what_could_be_frames_is_offered(tmp_path):
    np.savez(tmp_path / "x.npz", a=VALUES, b=VALUES, lat=VALUES[0, 0], K=np.float32(3))
    with pytest.raises(SourceError) as error:
        open_source(tmp_path / "x.npz")
    assert str(error.value) == (
        f"{tmp_path}/x.npz: holds 4 arrays, of which 2 could be frames; say which one with key= "
        "(--key): 'a' (9, 20, 30) float32, 'b' (9, 20, 30) float32"
    )


def test_compressed_frames_are_streamed_in_bounded_memory(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", np.zeros((100, 256, 256), "f4"))
    with open_source(tmp_path / "x.npz") as source:
        out = np.empty((1, 256, 256), "f4")
        tracemalloc.start()
        for i in range(100):
            source.read(i, 1, out)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 3_000_000


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_wrong_checksum_is_noticed_in_the_end(tmp_path, compression):
    (tmp_path / "x.npz").write_bytes(with_wrong_checksum(frames_zipped(compression)))
    with open_source(tmp_path / "x.npz") as source:
        source.read(0, 8)
        with pytest.raises(SourceError, match=r"checksum|CRC"):
            source.read(8, 1)


@pytest.mark.parametrize(
    "reads", [[(5, 1)], [(0, 1), (0, 4), (4, 4), (8, 1)], [(0, 4), (6, 2)], [(8, 1)]]
)
def test_a_wrong_checksum_is_noticed_however_stored_frames_are_read(tmp_path, reads):
    (tmp_path / "x.npz").write_bytes(with_wrong_checksum(frames_zipped(zipfile.ZIP_STORED)))
    with open_source(tmp_path / "x.npz") as source:
        for start, count in reads[:-1]:
            source.read(start, count)
        with pytest.raises(SourceError, match="checksum"):
            source.read(*reads[-1])


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_sums_of_two_parts_make_that_of_both(first, second):
    both = crc32_of_both(zlib.crc32(first), zlib.crc32(second), len(second))
    assert both == zlib.crc32(first + second)


@pytest.mark.parametrize("batch", [1, 4, 5, 12])
def test_parts_that_threads_read_are_summed_as_one(tmp_path, monkeypatch, batch):
    monkeypatch.setattr("heatvid.sources._npz._LEAST_PART_BYTES", 7)
    monkeypatch.setattr("heatvid.sources._npz.available_cores", lambda: 3)
    monkeypatch.setattr("heatvid.sources._side_by_side.available_cores", lambda: 3)
    frames = np.arange(12 * 5 * 3, dtype=">u2").reshape(12, 5, 3)
    path = tmp_path / "x.npz"
    np.savez(path, frames=frames)
    np.testing.assert_array_equal(everything(path, batch, layout="THW"), frames)
    whole = bytearray(path.read_bytes())
    begin = whole.index(frames.tobytes())
    for place in range(begin, begin + frames.nbytes, 11):
        damaged = whole.copy()
        damaged[place] ^= 4
        path.write_bytes(damaged)
        with pytest.raises(SourceError, match=r"checksum|CRC"):
            everything(path, batch, layout="THW")


def test_a_wrong_checksum_is_noticed_of_frames_that_do_not_lie_together(tmp_path):
    np.savez(tmp_path / "x.npz", np.zeros((40, 50, 30), "u1"))
    content = (tmp_path / "x.npz").read_bytes()
    (tmp_path / "x.npz").write_bytes(with_wrong_checksum(content))
    source = open_source(tmp_path / "x.npz", layout="HWT")
    with source, pytest.raises(SourceError, match="checksum"):
        source.read(0, 1)


def test_rows_are_read_once_the_checksum_has_been_compared(tmp_path):
    np.savez(tmp_path / "x.npz", np.zeros((4, 5, 6), "u1"))
    with open_source(tmp_path / "x.npz") as source:
        assert source.unread(0, 1) is None
        source.read(0, 4)
        assert len(source.unread(1, 2)) == 2


def test_a_bomb_is_refused_by_what_its_header_declares(tmp_path):
    header = npy_bytes(np.zeros((2, 3, 4), "u1"))[:-24]
    member = ("x.npy", header + bytes(10_000_000))
    (tmp_path / "x.npz").write_bytes(zip_of(member, compression=zipfile.ZIP_DEFLATED))
    tracemalloc.start()
    with pytest.raises(SourceError, match="needs 152 bytes"):
        open_source(tmp_path / "x.npz")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


# --- a frame each ---------------------------------------------------------------------------------

NUMBERED = {f"frame_{i}": VALUES[i % 9] + i for i in (10, 11, *range(10))}
JOINED = np.stack([NUMBERED[f"frame_{i}"] for i in range(12)])
SAID = "x.npz: shows 12 arrays, 'frame_0' to 'frame_11', as its frames (--key)"


@pytest.mark.parametrize("save", SAVERS)
def test_arrays_of_one_frame_each_are_a_sequence_in_natural_order(tmp_path, save):
    save(tmp_path / "x.npz", fps=30.0, **NUMBERED)
    for key, note in ((None, f"{tmp_path}/{SAID}"), ("frame_*", "")):
        with open_source(tmp_path / "x.npz", key=key) as source:
            np.testing.assert_array_equal(source.read(0, 12), JOINED)
            assert source.about.note == note
            assert source.names[:3] == ("frame_0", "frame_1", "frame_2")
    np.testing.assert_array_equal(everything(tmp_path / "x.npz", key="frame_7"), JOINED[7:8])


def test_a_member_by_itself_is_offered_beside_numbered_ones(tmp_path):
    np.savez(tmp_path / "x.npz", **NUMBERED, mine=VALUES)
    with pytest.raises(SourceError) as error:
        open_source(tmp_path / "x.npz")
    assert str(error.value) == (
        f"{tmp_path}/x.npz: holds 2 arrays; say which one with key= (--key): "
        "'frame_*' 12 x (20, 30) float32, 'mine' (9, 20, 30) float32"
    )
    np.testing.assert_array_equal(everything(tmp_path / "x.npz", key="mine"), VALUES)
    with pytest.raises(SourceError, match=r"has no key 'frame_12'; allowed are 'frame_\*', 'mine'"):
        open_source(tmp_path / "x.npz", key="frame_12")


def test_a_folder_in_an_archive_is_chosen_as_a_group_is(tmp_path):
    np.savez(tmp_path / "x.npz", **{f"out/{name}": frame for name, frame in NUMBERED.items()})
    for key in ("out", "out/frame_*", None):
        np.testing.assert_array_equal(everything(tmp_path / "x.npz", key=key), JOINED)


def test_arrays_without_names_that_are_no_frames_are_refused_with_what_to_do(tmp_path):
    np.savez(tmp_path / "x.npz", np.eye(3), VALUES)
    with pytest.raises(SourceError, match=r"\[arr_1\]: is \(9, 20, 30\).*--key shows one"):
        open_source(tmp_path / "x.npz")
    np.testing.assert_array_equal(everything(tmp_path / "x.npz", key="arr_1"), VALUES)


@pytest.mark.parametrize("save", SAVERS)
def test_one_frame_of_many_is_read_alone(tmp_path, save):
    frames = np.random.default_rng(0).random((60, 256, 256), np.float32)
    save(tmp_path / "x.npz", *frames)
    with open_source(tmp_path / "x.npz", frames="50") as source:
        tracemalloc.start()
        np.testing.assert_array_equal(source.read(0, 1)[0], frames[50])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 20_000_000


def test_numbered_pictures_and_masks_are_taken_by_their_names(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (9, 20, 30, 3), np.uint8)
    masks = np.random.default_rng(1).random((9, 20, 30), np.float32)
    arrays = {f"rgb_{i}": picture for i, picture in enumerate(pictures)}
    arrays |= {f"mask_{i}": mask for i, mask in enumerate(masks)}
    np.savez(tmp_path / "x.npz", **arrays)
    options = {"background": tmp_path / "x.npz:rgb_*", "alpha_mask": tmp_path / "x.npz:mask_*"}
    alone = {"background": f"{tmp_path}/x.npz:rgb_3"}
    for name, named, arrays in (
        ("all", options, {"background": pictures, "alpha_mask": masks}),
        ("one", alone, {"background": pictures[3]}),
    ):
        for path, those in ((tmp_path / f"{name}.mp4", named), (tmp_path / "x.mp4", arrays)):
            heatvid.render(VALUES, path, preset="ultrafast", overwrite=True, **those)
        assert encoded(tmp_path / f"{name}.mp4") == encoded(tmp_path / "x.mp4")


def test_numbered_frames_are_listed_and_rendered_alike(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", **NUMBERED)
    report = inspect_source(tmp_path / "x.npz")
    assert report.summary.shape == (12, 20, 30)
    assert "files        frame_0, frame_1, frame_2, ..." in str(report)
    for name, source in (("a.mp4", tmp_path / "x.npz"), ("b.mp4", JOINED)):
        heatvid.render(source, tmp_path / name, preset="ultrafast", percentiles=(5, 95))
    assert encoded(tmp_path / "a.mp4") == encoded(tmp_path / "b.mp4")
