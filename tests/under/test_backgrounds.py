"""What lies under a field is seen as it is meant: upright, whole, over black, in every cell."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import heatvid
from heatvid import SourceError
from heatvid._canvas import Canvas
from heatvid._under.opening import open_background
from tests.support.videos import encoded, rgb_of

Bytes = NDArray[np.uint8]
HEIGHT, WIDTH = 24, 40
COLORS: Bytes = np.random.default_rng(5).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}  # fmt: skip
EXACT: dict[str, Any] = {"lossless": True, "preset": "ultrafast", "overwrite": True}


def shown(value: Any, pictures: int = 1) -> Bytes:
    """The pictures of a background in RGB, shape (n, H, W, 3)."""
    opened = open_background(value)
    assert opened is not None
    try:
        canvas = Canvas("rgb24", *opened.size)
        out = np.empty((pictures, canvas.frame_bytes), np.uint8)
        opened.start(canvas)
        opened.read(0, out)
        return out.reshape(pictures, *opened.size, 3)
    finally:
        opened.close()


def over_black(rgba: Bytes) -> Bytes:
    levels = rgba[..., :3].astype(int) * rgba[..., 3:] / 255
    return np.rint(levels).astype(np.uint8)


# --- files ----------------------------------------------------------------------------------------


def test_a_tiff_of_floats_is_taken_as_levels_from_0_to_1(tmp_path: Path) -> None:
    gray = np.linspace(0, 1, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)
    Image.fromarray(gray).save(tmp_path / "gray.tif")
    (picture,) = shown(tmp_path / "gray.tif")
    assert np.array_equal(picture[..., 0], np.rint(gray * 255))
    Image.fromarray(gray * 200).save(tmp_path / "far.tif")
    with pytest.raises(SourceError, match=r"far.tif: floats in 0..200; allowed are floats in 0..1"):
        shown(tmp_path / "far.tif")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_not_opaque_lies_over_black(mode: str, tmp_path: Path) -> None:
    alpha = np.linspace(0, 255, HEIGHT * WIDTH).astype(np.uint8).reshape(HEIGHT, WIDTH, 1)
    image = Image.fromarray(np.concatenate([COLORS, alpha], -1)).convert("RGBA")
    image = image.quantize(64, method=2) if mode == "P" else image.convert(mode)
    image.save(tmp_path / "clear.png")
    rgba = np.asarray(Image.open(tmp_path / "clear.png").convert("RGBA"))
    assert (rgba[..., 3] < 255).any()
    assert np.array_equal(shown(tmp_path / "clear.png")[0], over_black(rgba))


def test_an_array_of_rgba_lies_over_black_as_a_file_does() -> None:
    rgba = np.concatenate([COLORS, COLORS[..., :1]], -1)
    assert np.array_equal(shown(rgba)[0], over_black(rgba))
    stack = np.stack([rgba, rgba[::-1]])
    assert np.array_equal(shown(stack, 2), over_black(stack))


@pytest.mark.parametrize("suffix", [".jpeg", ".JPEG", ".tiff", ".jpg", ".tif"])
def test_both_spellings_of_a_suffix_are_pictures_alone_and_in_folders(
    suffix: str, tmp_path: Path
) -> None:
    for i in range(2):
        Image.fromarray(COLORS[:, :: 1 - 2 * i]).save(tmp_path / f"{i}{suffix}")
    alone = [np.asarray(Image.open(tmp_path / f"{i}{suffix}")) for i in range(2)]
    assert np.array_equal(shown(tmp_path / f"0{suffix}")[0], alone[0])
    assert np.array_equal(shown(tmp_path, 2), alone)
    assert np.array_equal(shown(str(tmp_path / f"*{suffix}"), 2), alone)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_backgrounds_and_predictions_alike(
    suffix: str, orientation: int, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    path, gray = tmp_path / f"0{suffix}", Image.fromarray(COLORS[..., 0])
    image = gray.convert("RGB") if suffix == ".webp" else gray
    image.save(path, exif=exif, **({"lossless": True} if suffix == ".webp" else {}))
    stored = gray if suffix == ".tif" else Image.open(path)  # Pillow turns TIFF files by itself
    expected = np.asarray(stored if orientation == 1 else stored.transpose(TURNS[orientation]))
    stored.close()
    size = (HEIGHT, WIDTH) if orientation < 5 else (WIDTH, HEIGHT)
    assert expected.shape[:2] == size
    seen = shown(path)[0]
    assert np.array_equal(seen if expected.ndim == 3 else seen[..., 0], expected)
    options: dict[str, Any] = {"channel": 0} if suffix == ".webp" else {}
    with heatvid.open_source(path, **options) as source:
        (frame,) = source.read(0, 1)
    assert np.array_equal(frame, expected[..., 0] if expected.ndim == 3 else expected)


def test_damaged_exif_turns_nothing(tmp_path: Path) -> None:
    Image.fromarray(COLORS).save(tmp_path / "x.png", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert np.array_equal(shown(tmp_path / "x.png")[0], COLORS)
    with heatvid.open_source(tmp_path / "x.png", channel=1) as source:
        assert np.array_equal(source.read(0, 1)[0], COLORS[..., 1])


def test_several_pictures_in_one_file_are_refused(tmp_path: Path) -> None:
    pages = [Image.fromarray(COLORS), Image.fromarray(COLORS[::-1])]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(SourceError, match=r"pages.tif: holds 2 pictures; allowed is one"):
        shown(tmp_path / "pages.tif")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.png")
    with pytest.raises(SourceError, match=r"x.png: is a pipe"):
        shown(tmp_path / "x.png")


# --- arrays ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures_come_as_torch_makes_them(
    file: bool, order: Any, channels: int, tmp_path: Path
) -> None:
    opaque = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
    picture = np.concatenate([COLORS, opaque], -1)[..., :channels]
    last = np.stack([picture, picture[::-1], picture[:, ::-1]])
    first = np.asarray(np.moveaxis(last, -1, 1), order=order)
    assert first.shape == (3, channels, HEIGHT, WIDTH)
    value: Any = first
    if file:
        value = tmp_path / "first.npy"
        np.save(value, first)
    expected = np.broadcast_to(last[..., :3], (3, HEIGHT, WIDTH, 3))
    assert np.array_equal(shown(value, 3), expected)


def test_a_file_in_fortran_order_is_not_read_as_a_whole(tmp_path: Path) -> None:
    import tracemalloc

    pictures = np.lib.format.open_memmap(
        tmp_path / "x.npy", "w+", np.uint8, (100, 256, 256, 3), fortran_order=True
    )
    del pictures
    tracemalloc.start()
    try:
        shown(tmp_path / "x.npy")
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


# --- one picture for all --------------------------------------------------------------------------


def one_of_each(folder: Path) -> dict[str, Any]:
    """One picture in every form, all of the same bytes."""
    image = Image.fromarray(COLORS)
    (folder / "folder").mkdir()
    image.save(folder / "folder" / "0.png")
    np.save(folder / "one.npy", COLORS)
    np.save(folder / "stack.npy", COLORS[None])
    return {
        "picture": COLORS,
        "stack": COLORS[None],
        "torch": np.moveaxis(COLORS, -1, 0)[None],
        "list": [COLORS],
        "file": folder / "folder" / "0.png",
        "folder": folder / "folder",
        "paths": [folder / "folder" / "0.png"],
        "npy": folder / "one.npy",
        "stack.npy": folder / "stack.npy",
    }


def test_one_picture_lies_under_all_predictions_however_it_comes(tmp_path: Path) -> None:
    data = np.random.default_rng(1).random((3, 6, 10), dtype=np.float32)
    options: dict[str, Any] = {"vmin": 0, "vmax": 1}
    expected = heatvid.to_rgb(data, background=COLORS, **options)
    assert (expected != heatvid.to_rgb(data, background=COLORS // 2, **options)).any()
    for name, picture in one_of_each(tmp_path).items():
        path = tmp_path / "x.mkv"
        assert np.array_equal(heatvid.to_rgb(data, background=picture, **options), expected), name
        heatvid.render(data, path, background=picture, **options, **EXACT)
        assert np.array_equal(rgb_of(path, HEIGHT, WIDTH), expected), name
        with heatvid.VideoWriter(path, background=picture, **options, **EXACT) as video:
            video.write(data)
        assert np.array_equal(rgb_of(path, HEIGHT, WIDTH), expected), name
        with heatvid.VideoWriter(path, **options, **EXACT) as video:
            video.write(data[:2], background=picture)
            video.write(data[2], background=picture)
        assert np.array_equal(rgb_of(path, HEIGHT, WIDTH), expected), name


# --- grids ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(24, 40), (23, 39)])
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_background_lies_in_each_cell_of_a_grid(size: tuple[int, int], backend: str) -> None:
    """Each cell is what its channel alone is over the background."""
    field = np.random.default_rng(2).random((2, *size, 4), dtype=np.float32)
    under = np.random.default_rng(3).integers(0, 256, (2, *size, 3), dtype=np.uint8)
    options: dict[str, Any] = {"background": under, "vmin": 0, "vmax": 1, "backend": backend}
    bare: dict[str, Any] = {"gap": 0, "captions": [""] * 4}
    grid = heatvid.to_rgb(field, channel="grid", layout="THWC", **bare, **options)
    rows, columns = (side + side % 2 for side in size)  # cells begin at even pixels
    assert grid.shape == (2, 2 * rows, 2 * columns, 3)
    for channel in range(4):
        top, left = (channel // 2) * rows, (channel % 2) * columns
        cell = grid[:, top : top + size[0], left : left + size[1]]
        assert np.array_equal(cell, heatvid.to_rgb(field[..., channel], **options)), channel


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "nv12", "yuv444p"])
@pytest.mark.parametrize("size", [(24, 40), (23, 39)])
def test_a_grid_over_pictures_is_the_same_by_render_and_write(
    size: tuple[int, int], pix_fmt: str, tmp_path: Path
) -> None:
    field = np.random.default_rng(2).random((3, *size, 2), dtype=np.float32)
    under = np.random.default_rng(3).integers(0, 256, (3, *size, 3), dtype=np.uint8)
    options: dict[str, Any] = {"channel": "grid", "layout": "THWC", "vmin": 0, "vmax": 1}
    options |= {"pix_fmt": pix_fmt, "preset": "ultrafast", "crf": 0}
    options |= {"gap": 0, "captions": ["", ""]}
    first, second = tmp_path / "render.mp4", tmp_path / "write.mp4"
    result = heatvid.render(field, first, background=under, **options)
    assert (result.height, result.width) == (24, 80)
    with heatvid.VideoWriter(second, **options) as video:
        video.write(field[:2], background=under[:2])
        video.write(field[2:], background=under[2:])
    assert encoded(first) == encoded(second)


def test_a_mask_lies_in_each_cell_of_a_grid() -> None:
    field = np.random.default_rng(2).random((2, 8, 12, 2), dtype=np.float32)
    mask = np.linspace(0, 1, 96, dtype=np.float32).reshape(8, 12)
    options: dict[str, Any] = {"alpha_mask": mask, "vmin": 0, "vmax": 1, "background": "white"}
    bare: dict[str, Any] = {"gap": 0, "captions": ["", ""]}
    grid = heatvid.to_rgb(field, channel="grid", layout="THWC", **bare, **options)
    alone = [heatvid.to_rgb(field[..., i], **options) for i in range(2)]
    assert np.array_equal(grid, np.concatenate(alone, 2))
