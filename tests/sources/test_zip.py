"""Zip archives of frames; names of labels in a text beside them, or among them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from heatvid import OptionError, SourceError, open_source
from heatvid.cli import main
from heatvid.sources._zip import Inflating
from tests.support.exr import save_exr
from tests.support.lines import clear_line

DEPTHS = np.arange(12 * 4 * 6, dtype=np.float16).reshape(12, 4, 6)
LABELS = np.arange(3 * 4 * 6, dtype=np.uint8).reshape(3, 4, 6) % 3
NAMES = {0: "background", 1: "a red: car", 2: "person"}
TEXT = "".join(f"{label}: {name}\n" for label, name in NAMES.items())


def frames(path: Any, **options: Any) -> Any:
    with open_source(path, **options) as source:
        return source.read(0, len(source)).copy()


def png(labels: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(labels).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(path: Path, **files: bytes | str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return path


def label_zip(path: Path, **more: str) -> Path:
    return zipped(path, **{f"{i}__png": png(labels) for i, labels in enumerate(LABELS)}, **more)


def test_depth_in_an_archive_is_in_natural_order_by_its_key(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for i, depth in enumerate(DEPTHS):
            save_exr(tmp_path / "x.exr", depth, confidence=depth + 1)
            archive.write(tmp_path / "x.exr", f"depth/{i}.exr")
    np.testing.assert_array_equal(frames(tmp_path / "x.zip"), DEPTHS)
    np.testing.assert_array_equal(frames(tmp_path / "x.zip", key="confidence"), DEPTHS + 1)


def test_arrays_of_stacks_under_the_name_of_a_zip_are_those_of_npz(tmp_path: Path) -> None:
    with (tmp_path / "x.zip").open("wb") as file:
        np.savez_compressed(file, depths=DEPTHS, fps=np.float64(24))
    np.testing.assert_array_equal(frames(tmp_path / "x.zip", key="depths"), DEPTHS)


@pytest.mark.parametrize("name", ["part_{}.npy", "depth/{}.npy"])
def test_stacks_of_an_archive_follow_each_other(name: str, tmp_path: Path) -> None:
    stacks = {"readme.txt": b"by hand"}
    for i, part in enumerate((DEPTHS[:2], DEPTHS[2:9], DEPTHS[9:])):
        file = io.BytesIO()
        np.save(file, part)
        stacks[name.format(i + 9)] = file.getvalue()  # part_9 before part_10
    zipped(tmp_path / "x.zip", **stacks)
    np.testing.assert_array_equal(frames(tmp_path / "x.zip"), DEPTHS)
    key = name.format(10).removesuffix(".npy")
    np.testing.assert_array_equal(frames(tmp_path / "x.zip", key=key), DEPTHS[2:9])


def test_arrays_without_names_are_no_sequence(tmp_path: Path) -> None:
    with (tmp_path / "x.zip").open("wb") as file:
        np.savez(file, DEPTHS, DEPTHS)
    with pytest.raises(SourceError, match=r"holds 2 arrays; .*key=.*'arr_0' \(12, 4, 6\)"):
        open_source(tmp_path / "x.zip")


def test_names_of_labels_are_read_from_the_text_beside_an_archive_or_in_it(tmp_path: Path) -> None:
    label_zip(tmp_path / "x.zip")
    (tmp_path / "x.txt").write_text(TEXT)
    label_zip(tmp_path / "y.zip", names__txt=TEXT)
    for path in (tmp_path / "x.zip", tmp_path / "y.zip"):
        with open_source(path) as source:
            np.testing.assert_array_equal(source.read(0, 3), LABELS)
            assert source.about.label_names == NAMES


def test_a_text_of_more_than_names_is_not_read(tmp_path: Path) -> None:
    label_zip(tmp_path / "x.zip", names__txt=TEXT * 50_000)
    with open_source(tmp_path / "x.zip") as source:
        assert source.about.label_names == {}


def test_a_label_without_a_name_has_none(tmp_path: Path) -> None:
    label_zip(tmp_path / "x.zip", names__txt="0: sky\n1: \n2:\n3: car\n")
    with open_source(tmp_path / "x.zip") as source:
        assert source.about.label_names == {0: "sky", 3: "car"}


@pytest.mark.parametrize("place", ["labels.txt", "labels/names.txt"])
def test_names_of_labels_are_read_beside_a_folder_or_in_it(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / place).write_text(TEXT)
    for i, labels in enumerate(LABELS):
        (tmp_path / "labels" / f"{i}.png").write_bytes(png(labels))
    assert main(["inspect", str(tmp_path / "labels")]) == 0
    out = capsys.readouterr().out
    assert "  labels       0 background\n               1 a red: car\n" in out
    assert "--norm labels" in out


@pytest.mark.parametrize("text", ["", "a licence", "0: sky\nand more", "0 sky", "x: sky"])
def test_a_text_that_says_something_else_is_not_looked_at(text: str, tmp_path: Path) -> None:
    label_zip(tmp_path / "x.zip", notes__txt=text)
    with open_source(tmp_path / "x.zip") as source:
        assert source.about.label_names == {}


@pytest.mark.parametrize(("options", "said"), [((), True), (("--norm", "labels"), False)])
def test_what_an_archive_holds_renders_and_labels_are_said_to_be_shown_as_values(
    options: tuple[str, ...], said: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label_zip(tmp_path / "x.zip", names__txt=TEXT)
    assert main(["render", str(tmp_path / "x.zip"), "-o", str(tmp_path / "x.mp4"), *options]) == 0
    assert ("shown as values; --norm labels has a" in capsys.readouterr().err) == said


@pytest.mark.parametrize("name", ["x.zip", "x.npz", "x.png"])
def test_what_memory_has_no_room_for_is_said_so(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> bytes:
        raise MemoryError

    label_zip(tmp_path / "x.zip")
    np.savez_compressed(tmp_path / "x.npz", depths=DEPTHS)
    (tmp_path / "x.png").write_bytes(png(LABELS[0]))
    for reader, method in ((zipfile.ZipFile, "read"), (Inflating, "read"), (Image, "open")):
        monkeypatch.setattr(reader, method, refused)
    with pytest.raises(SourceError, match=r"memory has no room for it .*; free some") as caught:
        frames(tmp_path / name)
    clear_line(caught.value, tmp_path / name)


@pytest.mark.parametrize("parts", [1, 3])
def test_stacks_of_tiff_in_an_archive_follow_each_other(parts: int, tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for i, part in enumerate(np.split(DEPTHS, parts)):
            tifffile.imwrite(tmp_path / "x.tif", part, photometric="minisblack")
            archive.write(tmp_path / "x.tif", f"{i}.tif")
    np.testing.assert_array_equal(frames(tmp_path / "x.zip"), DEPTHS)


def test_a_key_of_files_that_have_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"x\.zip: key is 'a'; .* not with \.png files of one"):
        open_source(label_zip(tmp_path / "x.zip"), key="a")


def test_one_of_several_maps_in_an_archive_is_taken_by_its_key(tmp_path: Path) -> None:
    with (tmp_path / "x.zip").open("wb") as file:
        np.savez(file, a=DEPTHS[0], b=DEPTHS[1])
    np.testing.assert_array_equal(frames(tmp_path / "x.zip", key="b"), DEPTHS[1:2])
