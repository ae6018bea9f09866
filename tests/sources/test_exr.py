"""OpenEXR: which channel is shown, windows, types and parts, of files of its own library."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heatvid import MissingDependencyError, SourceError, open_source
from heatvid.cli import main
from tests.support.exr import save_exr, save_parts

Z = np.arange(12, dtype=np.float32).reshape(3, 4) + 0.5


def frames(path: Any, **options: Any) -> Any:
    with open_source(path, **options) as source:
        return source.read(0, len(source)).copy()


def placed(pixels: Any, shape: tuple[int, int], top: int, left: int, kind: str = "f4") -> Any:
    whole = np.full((1, *shape), np.nan, kind)
    whole[0, top : top + len(pixels), left : left + pixels.shape[1]] = pixels
    return whole


@pytest.mark.parametrize("key", ["Z", "Y", "V", "depth.Z", "whatever"])
def test_the_only_channel_is_shown_whatever_its_name(key: str, tmp_path: Path) -> None:
    save_exr(tmp_path / "x.exr", Z, key)
    np.testing.assert_array_equal(frames(tmp_path / "x.exr"), Z[None])


@pytest.mark.parametrize("key", ["Z", "Y", "V", "depth.Z"])
def test_depth_is_shown_beside_others_and_that_is_said(key: str, tmp_path: Path) -> None:
    save_exr(tmp_path / "x.exr", Z, key, confidence=Z + 1)
    with open_source(tmp_path / "x.exr") as source:
        np.testing.assert_array_equal(source.read(0, 1), Z[None])
        assert source.about.name == key
        assert source.about.note == (
            f"{tmp_path}/x.exr: shows {key!r}, not 'confidence' (--key)")  # fmt: skip
    np.testing.assert_array_equal(frames(tmp_path / "x.exr", key="confidence"), Z[None] + 1)


@pytest.mark.parametrize("kind", ["f2", "f4", "u4"])
@pytest.mark.parametrize("compression", ["NO", "RLE", "ZIP", "ZIPS", "PIZ"])
def test_types_and_compressions_are_exact(kind: str, compression: str, tmp_path: Path) -> None:
    pixels = (np.random.default_rng(0).integers(0, 60000, (40, 50))).astype(kind)
    save_exr(tmp_path / "x.exr", pixels, compression=compression)
    got = frames(tmp_path / "x.exr")
    assert got.dtype == kind
    np.testing.assert_array_equal(got, pixels[None])


def test_channels_of_different_types_are_read_and_colours_in_the_widest(tmp_path: Path) -> None:
    save_exr(tmp_path / "x.exr", Z.astype("f2"), "R", G=Z, B=Z.astype("u4"))
    got = frames(tmp_path / "x.exr", channel="rgb")
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got[0], np.dstack([Z, Z, Z.astype("u4")]))
    assert frames(tmp_path / "x.exr", key="B").dtype == np.uint32
    assert frames(tmp_path / "x.exr", key="R").dtype == np.float16


def test_colours_come_in_their_order_with_alpha_last(tmp_path: Path) -> None:
    save_exr(tmp_path / "x.exr", Z, "A", B=Z + 3, G=Z + 2, R=Z + 1)
    got = frames(tmp_path / "x.exr", channel="rgb")
    np.testing.assert_array_equal(got[0], np.dstack([Z + 1, Z + 2, Z + 3, Z]))


def test_colours_of_a_layer_are_together_and_two_of_them_are_not(tmp_path: Path) -> None:
    save_exr(tmp_path / "x.exr", Z, "left.R", **{"left.G": Z + 1, "left.B": Z + 2})
    got = frames(tmp_path / "x.exr", channel="rgb")
    np.testing.assert_array_equal(got[0], np.dstack([Z, Z + 1, Z + 2]))
    save_exr(tmp_path / "y.exr", Z, "R", G=Z + 1)
    with pytest.raises(SourceError, match=r"say which one with key= \(--key\): 'G' .*, 'R' "):
        open_source(tmp_path / "y.exr")
    np.testing.assert_array_equal(frames(tmp_path / "y.exr", key="G"), Z[None] + 1)


def test_lines_that_are_written_from_the_bottom_come_from_the_top(tmp_path: Path) -> None:
    OpenEXR = pytest.importorskip("OpenEXR")  # noqa: N806 (its own name)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage,
              "lineOrder": OpenEXR.DECREASING_Y}  # fmt: skip
    OpenEXR.File(header, {"Z": Z}).write(str(tmp_path / "x.exr"))
    np.testing.assert_array_equal(frames(tmp_path / "x.exr"), Z[None])


@pytest.mark.parametrize("kind", ["f2", "f4", "u4"])
def test_pixels_are_placed_in_what_is_shown_and_nan_around(kind: str, tmp_path: Path) -> None:
    save_exr(tmp_path / "x.exr", Z.astype(kind), windows=(((2, 1), (5, 3)), ((0, 0), (9, 5))))
    wide = "f8" if kind == "u4" else kind
    wanted = placed(Z.astype(kind), (6, 10), 1, 2, wide)
    got = frames(tmp_path / "x.exr")
    assert got.dtype == wide
    np.testing.assert_array_equal(got, wanted)


def test_what_lies_beyond_what_is_shown_is_cut_off(tmp_path: Path) -> None:
    save_exr(tmp_path / "x.exr", Z, windows=(((-1, -1), (2, 1)), ((0, 0), (1, 0))))
    np.testing.assert_array_equal(frames(tmp_path / "x.exr"), Z[None, 1:2, 1:3])
    save_exr(tmp_path / "y.exr", Z, windows=(((20, 20), (23, 22)), ((0, 0), (1, 0))))
    assert np.isnan(frames(tmp_path / "y.exr")).all()


def test_depth_in_another_part_is_found(tmp_path: Path) -> None:
    save_parts(tmp_path / "x.exr", beauty={"RGB": np.zeros((3, 4, 3), "f2")}, depth={"Z": Z})
    np.testing.assert_array_equal(frames(tmp_path / "x.exr"), Z[None])
    np.testing.assert_array_equal(frames(tmp_path / "x.exr", key="G"), np.zeros((1, 3, 4)))


def test_channels_of_one_name_in_several_parts_are_named_by_their_part(tmp_path: Path) -> None:
    save_parts(tmp_path / "x.exr", left={"Z": Z}, right={"Z": Z + 1})
    np.testing.assert_array_equal(frames(tmp_path / "x.exr", key="right/Z"), Z[None] + 1)


def test_a_part_that_is_damaged_is_refused_and_no_other_is_shown_for_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = np.random.default_rng(0).integers(0, 99, (40, 50)).astype("f4")
    save_parts(tmp_path / "x.exr", a={"Z": first}, b={"Z": first + 1000})
    content = bytearray((tmp_path / "x.exr").read_bytes())
    begin = len(content) * 3 // 10  # in the pixels of the first part
    content[begin : begin + 300] = bytes(300)
    (tmp_path / "x.exr").write_bytes(content)
    with pytest.raises(SourceError, match=r"x\.exr: cannot be read"):
        frames(tmp_path / "x.exr", key="a/Z")
    np.testing.assert_array_equal(frames(tmp_path / "x.exr", key="b/Z"), first[None] + 1000)
    assert capfd.readouterr().out == ""


def test_tiles_are_read_as_lines_are(tmp_path: Path) -> None:
    OpenEXR = pytest.importorskip("OpenEXR")  # noqa: N806 (its own name)
    pixels = np.random.default_rng(0).random((70, 90), np.float32)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.tiledimage,
              "tiles": OpenEXR.TileDescription()}  # fmt: skip
    OpenEXR.File(header, {"Z": pixels}).write(str(tmp_path / "x.exr"))
    np.testing.assert_array_equal(frames(tmp_path / "x.exr"), pixels[None])


def test_values_that_are_not_finite_stay(tmp_path: Path) -> None:
    pixels = Z.copy()
    pixels[0, 0], pixels[1, 1], pixels[2, 2] = np.inf, np.nan, -np.inf
    save_exr(tmp_path / "x.exr", pixels)
    np.testing.assert_array_equal(frames(tmp_path / "x.exr"), pixels[None])


def test_a_folder_an_image_is_opened_by_a_pattern(tmp_path: Path) -> None:
    for i in (1, 2, 10):
        (tmp_path / f"image_{i}").mkdir()
        save_exr(tmp_path / f"image_{i}" / "depth.exr", Z + i, "Y")
    with open_source(f"{tmp_path}/*/depth.exr") as source:
        got = source.read(0, 3)
        np.testing.assert_array_equal(got, Z + np.float32([1, 2, 10])[:, None, None])
        assert source.names == tuple(f"image_{i}/depth.exr" for i in (1, 2, 10))
    with pytest.raises(SourceError, match=r"no frames; give .*/\*/depth\.exr; allowed are"):
        open_source(tmp_path)


def test_all_files_show_the_channel_that_was_chosen_in_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_exr(tmp_path / "0.exr", Z, "V", other=Z)
    save_exr(tmp_path / "1.exr", Z, "Z", other=Z)
    assert main(["render", str(tmp_path), "-o", str(tmp_path / "x.mp4")]) == 2
    assert "1.exr: has no key 'V'; allowed are" in capsys.readouterr().err
    assert not (tmp_path / "x.mp4").exists()


def test_without_the_library_what_to_install_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_exr(tmp_path / "x.exr", Z)
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    for what in (tmp_path, tmp_path / "x.exr"):
        with pytest.raises(MissingDependencyError, match=r'pip install "heatvid\[sources\]"'):
            open_source(what)
