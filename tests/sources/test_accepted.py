"""What comes as users have it: channels that a mode demands, stacks, masks; and plain words."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid import OptionError, SourceError, open_source
from tests.support.videos import encoded

RNG = np.random.default_rng(9)
STACKS = [RNG.random((n, 5, 6), dtype=np.float32) for n in (3, 1, 4)]
JOINED = np.concatenate(STACKS)


def everything(source: Any, **options: Any) -> Any:
    with open_source(source, **options) as opened:
        return np.concatenate([batch.data.copy() for batch in opened.batches(3)])


# --- channels that a mode demands -----------------------------------------------------------------

MODES = [("flow", 2), ("rgb", 3), ("rgb", 4), ("argmax", 3), ("max", 2), ("mean", 4), ("grid", 3)]


@pytest.mark.parametrize(("mode", "channels"), MODES)
@pytest.mark.parametrize("first", [False, True])
def test_one_frame_with_channels_is_understood_where_a_mode_demands_them(
    mode: str, channels: int, first: bool, tmp_path: Path
) -> None:
    frames = RNG.random((3, 7, 8, channels), dtype=np.float32)
    given = np.moveaxis(frames, -1, 1) if first else frames
    assert np.array_equal(everything(given[0], channel=mode), frames[:1])
    assert np.array_equal(everything(list(given), channel=mode), frames)
    assert np.array_equal(everything(iter(given), channel=mode), frames)
    assert np.array_equal(everything(given, channel=mode), frames)
    for i, frame in enumerate(given):
        np.save(tmp_path / f"{i}.npy", frame)
    assert np.array_equal(everything(tmp_path, channel=mode), frames)
    assert np.array_equal(everything(str(tmp_path / "*.npy"), channel=mode), frames)
    picture = heatvid.to_rgb(given[0], channel=mode, **({} if mode == "argmax" else {"vmax": 1}))
    assert picture.ndim == 3
    with heatvid.VideoWriter(tmp_path / "x.mp4", channel=mode, scope="frame" if mode != "argmax"
                             else "sequence", preset="ultrafast") as video:  # fmt: skip
        video.write(given[0])
        video.write(given)
        assert video.frames == 4


@pytest.mark.parametrize(
    ("shape", "mode"), [((2, 5, 2), "flow"), ((3, 6, 4), "rgb"), ((9, 8, 9), "argmax")]
)
def test_channels_that_could_be_either_axis_name_both(shape: tuple[int, ...], mode: str) -> None:
    with pytest.raises(SourceError, match=r'layout="HWC" or layout="CHW"'):
        open_source(np.zeros(shape), channel=mode)


def test_channels_that_are_at_no_end_are_said_to_be_missing() -> None:
    for shape in ((5, 6, 7), (2, 5, 20, 24)):
        with pytest.raises(SourceError, match=r"has no axis of channels .*channel='flow' takes 2"):
            open_source(np.zeros(shape), channel="flow")
    with pytest.raises(SourceError, match=r"has 1 channel \(.*channel='flow' takes 2"):
        open_source(np.zeros((5, 6)), channel="flow")


@pytest.mark.parametrize(("mode", "advice"), [("RGB", "'rgb'"), ("LA", "0"), ("RGBA", "'rgb'")])
def test_a_picture_of_channels_is_advised_what_suits_pictures(
    mode: str, advice: str, tmp_path: Path
) -> None:
    Image.new(mode, (6, 5)).save(tmp_path / "x.png")
    with pytest.raises(SourceError, match=rf"here perhaps channel={advice} "):
        open_source(tmp_path)


# --- stacks ---------------------------------------------------------------------------------------


def test_stacks_are_joined_along_time(tmp_path: Path) -> None:
    for i, stack in enumerate(STACKS):
        np.save(tmp_path / f"part_{i + 8}.npy", np.asarray(stack, order="F" if i == 2 else "C"))
    paths = [tmp_path / f"part_{i}.npy" for i in (8, 9, 10)]
    for source in (tmp_path, str(tmp_path / "part_*.npy"), paths, STACKS, tuple(STACKS)):
        assert np.array_equal(everything(source), JOINED)
        assert np.array_equal(everything(source, frames="1::2"), JOINED[1::2])
        assert np.array_equal(everything(source, frames="::-3"), JOINED[::-3])
    assert np.array_equal(everything(paths[::-1]), np.concatenate(STACKS[::-1]))


def test_stacks_with_channels_are_joined_too() -> None:
    stacks = [RNG.random((n, 2, 5, 6)) for n in (2, 3)]
    whole = np.concatenate(stacks)
    assert np.array_equal(everything(stacks, channel=1), whole[:, 1])
    assert np.array_equal(everything(stacks, channel="flow"), np.moveaxis(whole, 1, -1))


def test_stacks_are_rendered_as_one_sequence(tmp_path: Path) -> None:
    for i, stack in enumerate(STACKS):
        np.save(tmp_path / f"{i}.npy", stack)
    for name, source in (("a.mp4", tmp_path), ("b.mp4", JOINED), ("c.mp4", STACKS)):
        heatvid.render(source, tmp_path / name, preset="ultrafast", percentiles=(5, 95))
    assert len({encoded(tmp_path / name) for name in ("a.mp4", "b.mp4", "c.mp4")}) == 1


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_archives_are_joined_along_time(save: Any, tmp_path: Path) -> None:
    for i, stack in enumerate(STACKS):
        save(tmp_path / f"part_{i + 8}.npz", a=stack, b=stack[:, 0])
    paths = [tmp_path / f"part_{i}.npz" for i in (8, 9, 10)]
    for source in (tmp_path, str(tmp_path / "part_*.npz"), paths):
        assert np.array_equal(everything(source, key="a"), JOINED)
        assert np.array_equal(everything(source, key="a", frames="::-3"), JOINED[::-3])
        with pytest.raises(SourceError, match=r"part_8.npz: holds 2 arrays; say which one"):
            open_source(source)
    assert np.array_equal(everything(paths[:1], key="a"), STACKS[0])


def test_one_archive_of_several_is_open_at_a_time(tmp_path: Path) -> None:
    for i, stack in enumerate(STACKS):
        np.savez_compressed(tmp_path / f"{i}.npz", stack)
    with open_source(tmp_path) as source:
        for i, frame in enumerate(JOINED):
            assert np.array_equal(source.read(i, 1)[0], frame)
            assert len(_open_files(tmp_path)) == 1
    assert _open_files(tmp_path) == []


def _open_files(folder: Path) -> list[str]:
    links = [os.path.join("/proc/self/fd", number) for number in os.listdir("/proc/self/fd")]
    targets = [os.readlink(link) for link in links if os.path.islink(link)]
    return [target for target in targets if target.startswith(str(folder))]


def test_a_key_is_refused_with_files_that_have_none(tmp_path: Path) -> None:
    for i, stack in enumerate(STACKS):
        np.save(tmp_path / f"{i}.npy", stack)
    for source in (tmp_path, str(tmp_path / "*.npy"), list(tmp_path.glob("*.npy"))):
        with pytest.raises(OptionError, match=r"key is 'depth'; allowed with \.npz, "):
            open_source(source, key="depth")


def test_an_iterator_of_stacks_is_one_sequence(tmp_path: Path) -> None:
    assert np.array_equal(everything(iter(STACKS)), JOINED)
    assert np.array_equal(everything(iter(STACKS), frames="1::2"), JOINED[1::2])
    flows = [RNG.random((n, 2, 5, 6)) for n in (2, 3)]
    joined = np.moveaxis(np.concatenate(flows), 1, -1)
    assert np.array_equal(everything(iter(flows), channel="flow"), joined)
    assert np.array_equal(everything(iter(flows), channel=1), joined[..., 1])
    turned = [np.moveaxis(stack, 0, -1) for stack in STACKS]
    assert np.array_equal(everything(iter(turned), layout="HWT"), JOINED)
    video = heatvid.render(iter(STACKS), tmp_path / "x.mp4", vmin=0, vmax=1, preset="ultrafast")
    assert video.frames == len(JOINED)


@pytest.mark.parametrize("other", [np.zeros((2, 5, 7), "f4"), np.zeros((2, 5, 6), "f8"),
                                   np.zeros((5, 7), "f4")])  # fmt: skip
def test_a_stack_unlike_the_first_is_refused_by_its_frame(other: Any) -> None:
    with pytest.raises(SourceError, match=r"iterator: frame 3: is .*, the first is \(5, 6\)"):
        everything(iter([STACKS[0], other]))


@pytest.mark.parametrize("other", [np.zeros((2, 5, 7), "f4"), np.zeros((2, 5, 6), "f8")])
def test_stacks_of_other_frames_are_refused_by_name(other: Any, tmp_path: Path) -> None:
    np.save(tmp_path / "0.npy", STACKS[0])
    np.save(tmp_path / "1.npy", other)
    with pytest.raises(SourceError, match=r"1.npy: has frames of .*; all frames need one shape"):
        open_source(tmp_path)


# --- missing values -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "u8"])
def test_masked_integers_are_bad_pixels(dtype: str) -> None:
    values = np.arange(30).reshape(1, 5, 6).astype(dtype)
    frames = everything(np.ma.masked_equal(values, 7))
    assert frames.dtype == (np.float32 if values.itemsize <= 2 else np.float64)
    assert np.isnan(frames[values == 7]).all()
    assert np.array_equal(frames[values != 7], values[values != 7])
    assert everything(np.ma.masked_array(values)).dtype == values.dtype


# --- words ----------------------------------------------------------------------------------------


class Dataset:
    """What xarray's Dataset shows of itself."""

    data_vars = {"depth": 1, "sst": 2}  # noqa: RUF012

    def __iter__(self) -> Any:
        return iter(self.data_vars)

    def __array__(self) -> Any:
        raise TypeError("cannot directly convert an xarray.Dataset into a numpy array")


USES: dict[str, Callable[[Any], Any]] = {
    "predictions": open_source,
    "to_rgb": heatvid.to_rgb,
    "background": lambda given: heatvid.to_rgb(JOINED, background=given),
    "alpha_mask": lambda given: heatvid.to_rgb(JOINED, alpha_mask=given),
    "iterator": lambda given: open_source(iter([given])),
    "list": lambda given: open_source([given]),
}


@pytest.mark.parametrize("use", USES)
def test_a_dataset_names_its_variables(use: str) -> None:
    with pytest.raises(SourceError, match=r"a Dataset holds several arrays .*: 'depth', 'sst'$"):
        USES[use](Dataset())


@pytest.mark.parametrize("use", USES)
def test_a_dict_names_its_keys(use: str) -> None:
    with pytest.raises(SourceError, match=r"a dict holds several arrays .*: 'a', 'b'$"):
        USES[use]({"a": JOINED, "b": JOINED})


def test_brackets_in_a_name_are_said_to_be_a_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "run [v2]"
    folder.mkdir()
    np.save(folder / "0.npy", STACKS[0][0])
    with pytest.raises(SourceError, match=r"matches no file; \[ \] stands .*run \[\[\]v2\]/\*.npy"):
        open_source(str(folder / "*.npy"))
    assert len(everything(str(tmp_path / "run [[]v2]" / "*.npy"))) == 1
    with pytest.raises(SourceError, match=r"matches no file; check the pattern"):
        open_source(str(tmp_path / "x*.npy"))


@pytest.mark.parametrize("kind", ["npy", "png"])
def test_two_series_in_a_folder_are_named(kind: str, tmp_path: Path) -> None:
    for name in ("depth_0", "depth_1", "image_0", "image_1"):
        np.save(tmp_path / f"{name}.npy", STACKS[0][0])
        Image.new("L", (6, 5)).save(tmp_path / f"{name}.png")
    for other in tmp_path.glob("*.npy" if kind == "png" else "*.png"):
        other.unlink()
    with pytest.raises(SourceError, match=rf"two series, depth_\*.{kind} and image_\*.{kind}"):
        open_source(tmp_path)
    assert len(everything(str(tmp_path / f"depth_*.{kind}"))) == 2


def test_every_series_of_a_folder_is_named_and_a_pattern_that_mixes_them_refused(
    tmp_path: Path,
) -> None:
    for i in range(12):  # as MonST3R writes
        np.save(tmp_path / f"frame_{i:04}.npy", STACKS[0][0] + i)
        np.save(tmp_path / f"conf_{i}.npy", STACKS[0][0])
        Image.new("L", (6, 5)).save(tmp_path / f"frame_{i:04}.png")
    series = r"conf_\*\.npy, frame_\*\.npy and frame_\*\.png; allowed is one"
    with pytest.raises(SourceError, match=f"holds 3 series, {series}"):
        open_source(tmp_path)
    with pytest.raises(SourceError, match=r"\*\.npy: holds two series, conf_\*\.npy and frame_"):
        open_source(tmp_path / "*.npy")
    assert np.array_equal(everything(tmp_path / "frame_*.npy")[10], STACKS[0][0] + 10)


def test_a_pattern_may_name_several_numbered_series(tmp_path: Path) -> None:
    for name in ("cam1_0", "cam1_1", "cam2_0", "cam2_1"):
        np.save(tmp_path / f"{name}.npy", STACKS[0][0])
    assert len(everything(tmp_path / "cam*.npy")) == 4
    with pytest.raises(SourceError, match=r"two series, cam1_\*.npy and cam2_\*.npy"):
        open_source(tmp_path)


@pytest.mark.parametrize("names", [("00000.png", "00001.png"), ("depth.png", "mask.png")])
def test_a_folder_of_folders_says_what_is_to_be_given(
    names: tuple[str, str], tmp_path: Path
) -> None:
    for folder in ("001", "002"):  # of an object each, as SAM 2 writes, or of a frame each
        (tmp_path / folder).mkdir()
        for name in names:
            Image.new("L", (6, 5)).save(tmp_path / folder / name)
    sequences = names[0].startswith("0")
    given = tmp_path / "001" if sequences else tmp_path / "*" / "depth.png"
    said = f"give {'one of those in it, as ' if sequences else ''}{given}; "
    with pytest.raises(SourceError) as raised:
        open_source(tmp_path)
    assert said in str(raised.value)
    assert len(everything(given)) == 2


def test_two_series_of_pictures_are_named_for_backgrounds(tmp_path: Path) -> None:
    for name in ("left_1", "left_2", "right_1", "right_2"):
        Image.new("L", (6, 5)).save(tmp_path / f"{name}.jpg")
    with pytest.raises(SourceError, match=r"two series, left_\*.jpg and right_\*.jpg"):
        heatvid.to_rgb(JOINED, background=tmp_path)


@pytest.mark.parametrize(
    "names", [["a_1", "a_2", "b_3", "b_4"], ["x", "y", "z"], ["1", "2", "10"], ["a1b1", "a2b2"]]
)
def test_names_of_one_series_are_one_folder(names: list[str], tmp_path: Path) -> None:
    for name in names:
        np.save(tmp_path / f"{name}.npy", STACKS[0][0])
    assert len(everything(tmp_path)) == len(names)


class Object:
    """What has no words for itself."""


def test_what_has_no_words_for_itself_is_named_by_its_kind() -> None:
    with pytest.raises(OptionError, match=r"background: an Object is neither a file"):
        heatvid.to_rgb(JOINED, background=Object())
    with pytest.raises(OptionError, match=r"layout: got an Object"):
        heatvid.to_rgb(JOINED, layout=Object())
    with pytest.raises(SourceError, match=r"array: an Object is not frames"):
        open_source(Object())
    with pytest.raises(SourceError, match=r"iterator: frame 0 is an Object"):
        open_source(iter([Object()]))
    with pytest.raises(OptionError, match=r"output: got an Object; allowed is a path"):
        heatvid.render(JOINED, Object())


WRONG: dict[str, Any] = {
    "cmap": "turbbo", "bad": "turbbo", "label_colors": {"x": "red"}, "fps": "x",
    "limits": ["x", 1], "background": Object(), "background_frames": slice("a", 3),
    "alpha_mask": Object(),
}  # fmt: skip


@pytest.mark.parametrize("option", WRONG)
def test_an_option_that_is_wrong_is_one_error_without_a_chain(option: str, tmp_path: Path) -> None:
    beside = {"background": JOINED} if option == "background_frames" else {}
    with pytest.raises(heatvid.UsageError) as raised:
        heatvid.render(JOINED, tmp_path / "x.mp4", **{option: WRONG[option]}, **beside)
    lines = "".join(traceback.format_exception(raised.value))
    assert lines.count("Traceback") == 1


def test_a_long_name_within_an_archive_is_shortened(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", **{"a" * 3400: JOINED, "b" * 3400: JOINED})
    for key in (None, "c" * 3400):
        with pytest.raises(SourceError) as raised:
            open_source(tmp_path / "x.npz", key=key)
        assert len(str(raised.value)) < 600
    np.savez(tmp_path / "y.npz", **{"a" * 3400: JOINED})
    with open_source(tmp_path / "y.npz") as source:
        assert len(source.name) < 300


def test_a_source_that_is_open_stays_open_where_none_of_its_frames_is_chosen(
    tmp_path: Path,
) -> None:
    np.save(tmp_path / "x.npy", JOINED)
    with open_source(tmp_path / "x.npy") as source:
        with pytest.raises(SourceError, match="selects none"):
            heatvid.render(source, tmp_path / "x.mp4", frames="50:60")
        assert np.array_equal(source.read(0, 8), JOINED)
