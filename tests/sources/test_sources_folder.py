"""Folders, patterns and lists of files with one frame each; single images."""

import os

import numpy as np
import pytest
from PIL import Image

from heatvid._errors import OptionError, SourceError
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


def test_mixed_kinds_are_refused_naming_them(tmp_path):
    fill(tmp_path, frames=VALUES[:2])
    Image.new("L", (6, 5)).save(tmp_path / "x.png")
    with pytest.raises(SourceError, match=r"holds 2 \.npy files and 1 \.png files; allowed is one"):
        open_source(tmp_path)
    assert everything(f"{tmp_path}/*.npy").shape == (2, 5, 6)


def test_nothing_to_read_is_refused(tmp_path):
    with pytest.raises(SourceError, match=r"the folder holds no frames; allowed are \.npy"):
        open_source(tmp_path)
    with pytest.raises(SourceError, match="matches no file"):
        open_source(f"{tmp_path}/*.npy")
    (tmp_path / "x.mp4").touch()
    with pytest.raises(SourceError, match=r"x\.mp4: cannot be one frame"):
        open_source([tmp_path / "x.mp4"] * 2)
    with pytest.raises(OptionError, match="key"):
        open_source(tmp_path, key="x")


@pytest.mark.parametrize("frame", [VALUES[0, :4], VALUES[0].astype("f8"), VALUES[:2]])
def test_the_first_file_that_differs_is_named_before_anything_is_read(tmp_path, frame):
    fill(tmp_path)
    np.save(tmp_path / "frame_7.npy", frame)
    np.save(tmp_path / "frame_9.npy", frame)
    with pytest.raises(
        SourceError, match=r"frame_7\.npy: is .* the first file is \(5, 6\) float32"
    ):
        open_source(tmp_path)


def test_a_file_replaced_after_opening_is_noticed(tmp_path):
    fill(tmp_path)
    with open_source(tmp_path) as source:
        np.save(tmp_path / "frame_3.npy", VALUES[0, :4])
        (tmp_path / "frame_5.npy").unlink()
        with pytest.raises(SourceError, match=r"frame_3\.npy: is \(4, 6\)"):
            source.read(0, 12)
        with pytest.raises(SourceError, match=r"frame_5\.npy: no such file"):
            source.read(4, 2)


def test_files_may_differ_in_byte_and_memory_order(tmp_path):
    fill(tmp_path)
    np.save(tmp_path / "frame_1.npy", VALUES[1].astype(">f4"))
    np.save(tmp_path / "frame_2.npy", np.asfortranarray(VALUES[2]))
    np.testing.assert_array_equal(everything(tmp_path), VALUES)


@pytest.mark.parametrize("axis", [0, 2])
def test_frames_may_have_an_axis_of_length_1(tmp_path, axis):
    fill(tmp_path, frames=np.expand_dims(VALUES, axis + 1))
    np.testing.assert_array_equal(everything(tmp_path), VALUES)
    if axis == 0:
        np.testing.assert_array_equal(everything(tmp_path, layout="THW"), VALUES)


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
    with pytest.raises(SourceError, match="has 3 channels"):
        open_source(tmp_path / "x.png")
    np.testing.assert_array_equal(everything(tmp_path / "x.png", channel=1)[0], array[..., 1])


def test_images_that_would_lie_are_refused(tmp_path):
    cv2 = pytest.importorskip("cv2")
    cv2.imwrite(str(tmp_path / "deep.png"), np.zeros((5, 6, 3), "u2"))
    pages = [Image.new("L", (6, 5), i) for i in range(3)]
    pages[0].save(tmp_path / "many.tif", save_all=True, append_images=pages[1:])
    Image.new("CMYK", (6, 5)).save(tmp_path / "cmyk.tif")
    for name, message in {
        "deep.png": "channels of 16 bits, which would be cut",
        "many.tif": "holds 3 pictures",
        "cmyk.tif": "mode CMYK; allowed are grey",
    }.items():
        with pytest.raises(SourceError, match=message):
            open_source(tmp_path / name)


def test_damaged_images_are_refused(tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (50, 60), "u1")).save(
        tmp_path / "x.png"
    )
    content = (tmp_path / "x.png").read_bytes()
    for damage in (b"", b"text", content[:20], content[:1500], content[:200] + bytes(900)):
        (tmp_path / "x.png").write_bytes(damage)
        with pytest.raises(SourceError, match=r"x\.png: cannot be decoded as an image") as error:
            everything(tmp_path / "x.png")
        assert "RegularFile" not in str(error.value)


def test_a_folder_named_like_a_frame_is_not_passed_over(tmp_path):
    for i in range(3):
        Image.new("L", (6, 5), i).save(tmp_path / f"frame_{i}.png")
    (tmp_path / "frame_3.png").mkdir()
    (tmp_path / "notes").mkdir()  # of no kind that is looked at
    with pytest.raises(SourceError, match=r"frame_3\.png: is a folder; allowed here is a regular"):
        open_source(tmp_path)
