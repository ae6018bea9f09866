"""Folders, patterns and lists of files with one frame each; single images."""

import os

import numpy as np
import pytest
from PIL import Image

from heatvid._errors import SourceError
from heatvid.sources import open_source
from heatvid.sources._files import natural_key

VALUES = np.arange(12 * 5 * 6, dtype="f4").reshape(12, 5, 6)


def everything(path, size=5, **options):
    with open_source(path, **options) as source:
        return np.concatenate([batch.data.copy() for batch in source.batches(size)])


def fill(folder, pattern="frame_{}.npy", frames=VALUES):
    folder.mkdir(exist_ok=True)
    for i, frame in enumerate(frames):
        np.save(folder / pattern.format(i), frame)
    return folder


def test_frames_of_a_folder_come_in_natural_order(tmp_path):
    folder = fill(tmp_path / "preds")
    (folder / "notes.txt").write_text("not a frame")
    (folder / ".hidden.npy").write_text("not a frame")
    np.testing.assert_array_equal(everything(folder), VALUES)
    with open_source(folder) as source:
        assert source.names[1:3] == ("frame_1.npy", "frame_2.npy")
        assert source.names[-1] == "frame_11.npy"
        assert source.shape == (12, 5, 6)
    np.testing.assert_array_equal(everything(str(folder / "frame_?.npy")), VALUES[:10])
    np.testing.assert_array_equal(everything(str(tmp_path / "**" / "*.npy")), VALUES)


def test_a_list_in_a_shells_order_is_put_into_natural_order_and_any_other_kept(tmp_path):
    folder = fill(tmp_path / "preds")
    paths = [folder / f"frame_{i}.npy" for i in range(12)]
    np.testing.assert_array_equal(everything(sorted(paths)), VALUES)
    np.testing.assert_array_equal(everything(tuple(map(str, paths[::-1]))), VALUES[::-1])
    np.testing.assert_array_equal(everything([folder]), VALUES)


def test_the_natural_key_orders_numbers_as_numbers():
    names = ["a10", "a2", "a", "10", "9", "a02", "b1", "a2b10", "a2b9"]
    expected = ["9", "10", "a", "a02", "a2", "a2b9", "a2b10", "a10", "b1"]
    assert sorted(names, key=natural_key) == expected


def test_only_digits_of_ascii_count():
    names = ["f²5", "f3", "f٣", "f1.5", "f1", "f-1", "f10"]
    assert sorted(names, key=natural_key) == ["f1", "f1.5", "f3", "f10", "f-1", "f²5", "f٣"]


def test_strange_names_are_frames_like_others(tmp_path):
    names = ["-1.npy", "a b.npy", "line\n.npy", "🔥.npy", "'\".npy", os.fsdecode(b"\xff.npy")]
    for name in names:
        np.save(f"{tmp_path}/{name}", VALUES[0])
    with open_source(tmp_path) as source:
        assert sorted(source.names) == sorted(names)
        assert source.read(0, 10).shape == (6, 5, 6)
    np.save(f"{tmp_path}/zz\n.npy", VALUES[0, :2])
    with pytest.raises(SourceError, match=r"zz\\n\.npy: is \(2, 6\)"):
        open_source(tmp_path)


def test_files_may_differ_in_byte_and_memory_order(tmp_path):
    fill(tmp_path)
    np.save(tmp_path / "frame_1.npy", VALUES[1].astype(">f4"))
    np.save(tmp_path / "frame_2.npy", np.asfortranarray(VALUES[2]))
    np.testing.assert_array_equal(everything(tmp_path), VALUES)


def test_frames_of_one_row_block_each_are_a_sequence_of_them(tmp_path):
    fill(tmp_path, frames=np.expand_dims(VALUES, 1))
    np.testing.assert_array_equal(everything(tmp_path, layout="THW"), VALUES)


@pytest.mark.parametrize("axis", [0, 2])
def test_frames_may_have_an_axis_of_length_1(tmp_path, axis):
    fill(tmp_path, frames=np.expand_dims(VALUES, axis + 1))
    np.testing.assert_array_equal(everything(tmp_path), VALUES)


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_channels_of_frames_follow_the_layout(tmp_path, layout):
    frames = np.arange(3 * 4 * 5 * 6).reshape(3, 4, 5, 6)
    fill(tmp_path, frames=frames if layout == "CHW" else np.moveaxis(frames, 1, 3))
    np.testing.assert_array_equal(everything(tmp_path, layout=layout, channel=2), frames[:, 2])
    with pytest.raises(SourceError, match="has 4 channels"):
        open_source(tmp_path, layout=layout)


def test_channels_that_are_last_in_a_frame_have_to_be_said(tmp_path):
    fill(tmp_path, frames=np.zeros((3, 5, 6, 4)))
    with pytest.raises(SourceError, match=r'layout="THW" or layout="HWC"'):
        open_source(tmp_path)


@pytest.mark.parametrize(
    ("array", "suffix"),
    [
        (np.arange(30, dtype="u1").reshape(5, 6), "png"),
        (np.arange(30, dtype="u1").reshape(5, 6), "bmp"),
        (np.arange(30, dtype="u2").reshape(5, 6) * 2000, "png"),
        (np.arange(30, dtype="u2").reshape(5, 6) * 2000, "tif"),
        (np.arange(30, dtype="f4").reshape(5, 6) - 9.5, "tiff"),
        (np.arange(30, dtype="f4").reshape(5, 6) - 9.5, "pfm"),
        (np.arange(30).reshape(5, 6) % 2 == 0, "png"),
    ],
)
def test_images_keep_their_values_and_dtype(tmp_path, array, suffix):
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(array).save(path)
    got = everything(path)
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array[np.newaxis])
    np.testing.assert_array_equal(everything(tmp_path), array[np.newaxis])


def test_palette_images_give_their_indices(tmp_path):
    labels = np.arange(30, dtype="u1").reshape(5, 6) % 7
    image = Image.fromarray(labels).convert("L")
    image.putpalette([value for i in range(7) for value in (200 - i, i, 90)])
    assert image.mode == "P"
    image.save(tmp_path / "x.png")
    np.testing.assert_array_equal(everything(tmp_path / "x.png")[0], labels)


def test_colour_images_need_a_channel(tmp_path):
    array = np.random.default_rng(0).integers(0, 255, (5, 6, 3), "u1")
    Image.fromarray(array).save(tmp_path / "x.png")
    np.testing.assert_array_equal(everything(tmp_path / "x.png", channel=1)[0], array[..., 1])


def test_times_of_files_that_follow_each_other_are_those_of_all(tmp_path):
    netcdf = pytest.importorskip("netCDF4")
    days = np.datetime64("2020-01-01", "us") + np.arange(5) * np.timedelta64(1, "D")
    for i, part in enumerate((range(2), range(2, 5))):
        with netcdf.Dataset(tmp_path / f"{i}.nc", "w") as file:
            for name, size in (("time", len(part)), ("y", 4), ("x", 6)):
                file.createDimension(name, size)
            time = file.createVariable("time", "f8", ("time",))
            time.units, time[:] = "days since 2020-01-01", list(part)
            file.createVariable("t2m", "f4", ("time", "y", "x"))[:] = i
    with open_source(tmp_path) as source:
        np.testing.assert_array_equal(source.about.times, days)
        np.testing.assert_array_equal(source.read(0, 9)[:, 0, 0], [0, 0, 1, 1, 1])
