"""TIFF: what is a frame, a channel or a plane, and values that readers disagree on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid import MissingDependencyError, open_source
from heatvid.cli import main

tifffile = pytest.importorskip("tifffile")
VALUES = np.arange(5 * 4 * 6, dtype=np.float32).reshape(5, 4, 6)


def frames(path: Any, **options: Any) -> Any:
    with open_source(path, **options) as source:
        return source.read(0, len(source)).copy()


@pytest.mark.filterwarnings("ignore::UserWarning")  # of tifffile, that it guesses colours
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("count", [3, 4])
@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"compression": "zlib"},
        {"photometric": "minisblack"},
        {"compression": "lzma", "photometric": "minisblack"},
    ],
)
def test_a_stack_of_few_frames_is_no_picture_of_colours(
    how: Any, kind: str, count: int, tmp_path: Path
) -> None:
    stack = VALUES[:count].astype(kind)
    tifffile.imwrite(tmp_path / "x.tif", stack, **how)
    got = frames(tmp_path / "x.tif")
    assert got.dtype == kind
    np.testing.assert_array_equal(got, stack)


def test_pages_that_were_appended_one_by_one_are_frames(tmp_path: Path) -> None:
    for i, frame in enumerate(VALUES):
        tifffile.imwrite(tmp_path / "x.tif", frame, append=i > 0)
        tifffile.imwrite(tmp_path / "y.tif", frame, append=i > 0, metadata=None)
    with tifffile.TiffWriter(tmp_path / "z.tif") as writer:
        for frame in VALUES:
            writer.write(frame, contiguous=False)
    np.testing.assert_array_equal(frames(tmp_path / "z.tif"), VALUES)
    np.testing.assert_array_equal(frames(tmp_path / "x.tif"), VALUES)
    np.testing.assert_array_equal(frames(tmp_path / "y.tif"), VALUES)


def test_pages_as_pillow_writes_them_are_frames(tmp_path: Path) -> None:
    first, *rest = (Image.fromarray(frame) for frame in VALUES)
    first.save(tmp_path / "x.tif", save_all=True, append_images=rest)
    np.testing.assert_array_equal(frames(tmp_path / "x.tif"), VALUES)


def test_a_thumbnail_is_no_frame_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, np.zeros((2, 3), "f4"), metadata=None, subfiletype=1)
    tifffile.imwrite(path, VALUES, metadata=None, append=True)
    with open_source(path) as source:
        np.testing.assert_array_equal(source.read(0, 5), VALUES)
        assert source.about.note == f"{path}: shows 5x4x6, not 2x3"


@pytest.mark.parametrize("axes", ["TYX", "CYX", "ZYX"])
@pytest.mark.parametrize("form", ["imagej", "ome"])
def test_the_only_axis_beside_rows_and_columns_is_time_whatever_its_letter(
    form: str, axes: str, tmp_path: Path
) -> None:
    tifffile.imwrite(tmp_path / "x.tif", VALUES, metadata={"axes": axes}, **{form: True})
    np.testing.assert_array_equal(frames(tmp_path / "x.tif"), VALUES)


@pytest.mark.parametrize("form", ["imagej", "ome"])
def test_planes_and_channels_are_selected_by_name(form: str, tmp_path: Path) -> None:
    stack = np.arange(5 * 2 * 3 * 4 * 6, dtype=np.float32).reshape(5, 2, 3, 4, 6)
    tifffile.imwrite(tmp_path / "x.tif", stack, metadata={"axes": "TZCYX"}, **{form: True})
    got = frames(tmp_path / "x.tif", select={"z": 1, "channel": 2})
    np.testing.assert_array_equal(got, stack[:, 1, 2])
    got = frames(tmp_path / "x.tif", select={"z": 0}, channel="max")
    np.testing.assert_array_equal(got, np.moveaxis(stack[:, 0], 1, -1))
    got = frames(tmp_path / "x.tif", select={"time": 4, "channel": 0})
    np.testing.assert_array_equal(got, stack[4, :, 0])


def test_channels_of_a_shaped_stack_are_where_they_were(tmp_path: Path) -> None:
    flow = np.random.default_rng(0).normal(size=(7, 12, 16, 2)).astype(np.float32)
    tifffile.imwrite(tmp_path / "x.tif", flow, photometric="minisblack")
    np.testing.assert_array_equal(frames(tmp_path / "x.tif", channel="flow"), flow)


@pytest.mark.parametrize("kind", ["f4", "u1", "i2"])
@pytest.mark.parametrize("planes", ["contig", "separate"])
def test_bands_are_channels_however_they_are_interleaved(
    planes: str, kind: str, tmp_path: Path
) -> None:
    bands = np.random.default_rng(0).integers(0, 100, (3, 8, 9)).astype(kind)  # as rasterio writes
    written = bands if planes == "separate" else np.moveaxis(bands, 0, -1)
    for i in range(2):
        tifffile.imwrite(tmp_path / f"{i}.tif", written + i, photometric="minisblack",
                         planarconfig=planes, metadata=None)  # fmt: skip
    for i in range(3):
        got = frames(tmp_path / "0.tif", channel=i)
        np.testing.assert_array_equal(got, bands[None, i])
    wanted = np.moveaxis(bands, 0, -1)
    got = frames(tmp_path, channel="rgb")
    np.testing.assert_array_equal(got, np.stack([wanted, wanted + 1]))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_frames_of_colours_first_are_pages_of_colours(tmp_path: Path) -> None:
    stack = np.random.default_rng(0).random((6, 3, 8, 9), np.float32)
    tifffile.imwrite(tmp_path / "x.tif", stack)
    np.testing.assert_array_equal(frames(tmp_path / "x.tif", channel="rgb"),
                                  np.moveaxis(stack, 1, -1))  # fmt: skip


@pytest.mark.parametrize("form", ["imagej", "ome"])
def test_axes_that_a_writer_names_by_itself_are_time_and_channels(
    form: str, tmp_path: Path
) -> None:
    stack = np.arange(5 * 3 * 4 * 6, dtype=np.uint16).reshape(5, 3, 4, 6)  # which it calls ZCYX
    tifffile.imwrite(tmp_path / "x.tif", stack, **{form: True})
    np.testing.assert_array_equal(frames(tmp_path / "x.tif", channel=1), stack[:, 1])


def test_pages_as_opencv_writes_them_are_frames(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    stack = VALUES.astype(np.uint16) * 500
    assert cv2.imwritemulti(str(tmp_path / "x.tif"), list(stack))
    np.testing.assert_array_equal(frames(tmp_path / "x.tif"), stack)


def test_several_images_of_planes_are_selected(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "x.tif", ome=True) as writer:
        for i in range(2):
            writer.write(VALUES + i * 100, metadata={"axes": "TYX"}, photometric="minisblack")
    got = frames(tmp_path / "x.tif", select={"series": 1})
    np.testing.assert_array_equal(got, VALUES + 100)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_where_0_is_white_values_are_as_they_are_stored(
    compression: str | None, tmp_path: Path
) -> None:
    grey = np.array([[0, 10, 255]], np.uint8)
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, grey, photometric="miniswhite", compression=compression)
    np.testing.assert_array_equal(frames(path), grey[None])


def test_palette_images_give_their_indices(tmp_path: Path) -> None:
    labels = np.arange(24, dtype=np.uint8).reshape(4, 6)
    colours = np.random.default_rng(0).integers(0, 65536, (3, 256), np.uint16)
    tifffile.imwrite(tmp_path / "x.tif", labels, photometric="palette", colormap=colours)
    np.testing.assert_array_equal(frames(tmp_path / "x.tif"), labels[None])


@pytest.mark.parametrize("count", [1, 3])
def test_labels_have_the_colours_of_their_own_palette_where_asked(
    count: int, tmp_path: Path
) -> None:
    labels = np.random.default_rng(0).integers(0, 256, (count, 8, 10), np.uint8)
    colours = np.random.default_rng(1).integers(0, 256, (256, 3), np.uint8)
    first, *rest = (Image.fromarray(page) for page in labels)
    for page in (first, *rest):
        page.putpalette(colours.tobytes())
    first.save(tmp_path / "x.tif", save_all=True, append_images=rest)
    heatvid.render(tmp_path / "x.tif", tmp_path / "%d.png", cmap="own")
    shown = [np.asarray(Image.open(tmp_path / f"{i}.png").convert("RGB")) for i in range(count)]
    np.testing.assert_array_equal(shown, colours[labels])


@pytest.mark.parametrize(
    "pixels",
    [
        np.array([[4_000_000_000, 1]], np.uint32),
        np.array([[0.5, 7e4]], np.float64),
        np.array([[0.5, np.inf]], np.float16),
        np.array([[-3, 300]], np.int16),
    ],
    ids=lambda pixels: str(pixels.dtype),
)
def test_types_that_other_readers_cut_or_refuse_are_exact(pixels: Any, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "x.tif", pixels)
    got = frames(tmp_path / "x.tif")
    assert got.dtype == pixels.dtype
    np.testing.assert_array_equal(got, pixels[None])


def test_colours_of_16_bits_keep_their_low_bytes(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (9, 8, 3), np.uint16)
    tifffile.imwrite(tmp_path / "x.tif", pixels, photometric="rgb", byteorder=">")
    np.testing.assert_array_equal(frames(tmp_path / "x.tif", channel="rgb"), pixels[None])


@pytest.mark.parametrize("text", ["-9999", "-9999.0", "nan"])
def test_the_value_that_gdal_names_is_none(text: str, tmp_path: Path) -> None:
    values = VALUES.copy()
    values[1, 2, 3], values[0, 0, 0] = float(text), np.nan
    tags = [(42113, "s", 0, text, True)]
    tifffile.imwrite(tmp_path / "x.tif", values, extratags=tags, metadata=None)
    wanted = np.where(values == -9999, np.nan, values)
    np.testing.assert_array_equal(frames(tmp_path / "x.tif"), wanted)


def test_pages_are_upright_as_their_tag_says(tmp_path: Path) -> None:
    tags = [(274, "H", 1, 6, True)]
    tifffile.imwrite(tmp_path / "x.tif", VALUES, extratags=tags, metadata=None)
    np.testing.assert_array_equal(frames(tmp_path / "x.tif"), np.rot90(VALUES, -1, (1, 2)))


def test_a_pyramid_is_its_largest_level(tmp_path: Path) -> None:
    large = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    with tifffile.TiffWriter(tmp_path / "x.tif") as writer:
        writer.write(large, subifds=1, tile=(16, 16))
        writer.write(large[::2, ::2], subfiletype=1, tile=(16, 16))
    np.testing.assert_array_equal(frames(tmp_path / "x.tif"), large[None])


def test_what_inspect_suggests_renders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tifffile.imwrite(tmp_path / "x.tif", VALUES, imagej=True)
    assert main(["inspect", str(tmp_path / "x.tif")]) == 0
    assert "  shape        5 x 4 x 6  (frames, height, width)" in capsys.readouterr().out
    assert main(["render", str(tmp_path / "x.tif"), "-o", str(tmp_path / "x.mp4")]) == 0


def test_without_the_library_what_to_install_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tifffile.imwrite(tmp_path / "x.tif", VALUES)
    monkeypatch.setitem(sys.modules, "tifffile", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "heatvid\[sources\]"'):
        open_source(tmp_path / "x.tif")


def test_without_the_codec_what_to_install_is_said(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "x.tif", VALUES, compression="zstd")
    program = (
        "import sys; sys.modules['imagecodecs'] = None; from heatvid.cli import main; "
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "inspect", str(tmp_path / "x.tif")]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr == (
        f"heatvid: error: {tmp_path}/x.tif: its compression takes the package imagecodecs; "
        'install it: pip install "heatvid[sources]"\n'
    )
