"""Backgrounds and masks that are arrays of an archive; pictures beside the depths of one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid import SourceError
from heatvid.cli import main
from tests.support.videos import encoded

RNG = np.random.default_rng(0)
DEPTHS = RNG.random((5, 12, 16), np.float32)
IMAGES = RNG.integers(0, 256, (5, 24, 32, 3), np.uint8)
MASK = RNG.random((12, 16), np.float32)
LOOKS: dict[str, Any] = {"preset": "ultrafast", "lossless": True}
SAVES = pytest.mark.parametrize("save", [np.savez, np.savez_compressed])


def pixels(path: Path, source: Any, **options: Any) -> bytes:
    heatvid.render(source, path, **LOOKS, **options)
    return encoded(path)


@SAVES
def test_an_array_of_an_archive_is_a_background_or_a_mask_by_its_name(
    save: Callable[..., None], tmp_path: Path
) -> None:
    save(tmp_path / "x.npz", images=IMAGES, grey=IMAGES[..., 0], mask=MASK, depths=DEPTHS)
    named = f"{tmp_path}/x.npz"
    for key, array in {"images": IMAGES, "grey": IMAGES[..., 0]}.items():
        got = pixels(tmp_path / f"{key}.mp4", DEPTHS, background=f"{named}:{key}")
        assert got == pixels(tmp_path / f"{key}_.mp4", DEPTHS, background=array)
    got = pixels(tmp_path / "m.mp4", DEPTHS, alpha_mask=f"{named}:mask", background="teal")
    assert got == pixels(tmp_path / "m_.mp4", DEPTHS, alpha_mask=MASK, background="teal")
    got = pixels(tmp_path / "b.mp4", DEPTHS, background=named)  # which holds images
    assert got == encoded(tmp_path / "images.mp4")


@SAVES
def test_pictures_beside_depths_lie_under_them_and_that_is_said_once(
    save: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "x.npz", images=IMAGES, depths=DEPTHS)
    output = tmp_path / "x.mp4"
    command = ["render", f"{tmp_path}/x.npz", "-o", str(output), "--lossless", "--preset"]
    assert main([*command, "ultrafast"]) == 0
    told = capsys.readouterr()
    said = f"{tmp_path}/x.npz: shows 'depths' over its images (--key, --background)"
    assert (told.out + told.err).count(said) == 1
    wanted = pixels(tmp_path / "y.mp4", DEPTHS, background=IMAGES)
    assert encoded(output) == wanted


@pytest.mark.parametrize("key", ["images", "image"])
@pytest.mark.parametrize("shape", [(5, 12, 16), (5, 12, 16, 1), (5, 1, 12, 16)])
def test_pictures_beside_depths_may_have_their_colours_first(
    key: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    images = np.ascontiguousarray(IMAGES.transpose(0, 3, 1, 2))
    np.savez(tmp_path / "x.npz", depths=DEPTHS.reshape(shape), **{key: images})
    got = pixels(tmp_path / "x.mp4", tmp_path / "x.npz")
    assert got == pixels(tmp_path / "y.mp4", DEPTHS, background=IMAGES)


@pytest.mark.parametrize("axes", [(0, 1, 2, 3), (0, 3, 1, 2)])
def test_pictures_that_are_smaller_than_depths_give_their_size_and_that_is_noted(
    axes: tuple[int, ...], tmp_path: Path
) -> None:
    images = np.ascontiguousarray(IMAGES[:, :10].transpose(axes))
    np.savez(tmp_path / "x.npz", images=images, depths=DEPTHS)
    result = heatvid.render(tmp_path / "x.npz", tmp_path / "x.mp4", **LOOKS)
    assert (result.height, result.width) == (10, 32)
    assert "shows 'depths' over its images, in whose size, 32x10 (--key, " in result.about.note


@pytest.mark.parametrize("options", [{"key": "depths"}, {"background": "black", "alpha": 1.0}])
def test_pictures_beside_depths_are_left_where_another_is_asked_for(
    options: dict[str, Any], tmp_path: Path
) -> None:
    np.savez(tmp_path / "x.npz", images=IMAGES, depths=DEPTHS)
    got = pixels(tmp_path / "x.mp4", tmp_path / "x.npz", **options)
    assert got == pixels(tmp_path / "y.mp4", DEPTHS)


@pytest.mark.parametrize(
    "images", [IMAGES[:4], IMAGES[..., 0], IMAGES[0]], ids=["fewer", "grey", "one"]
)
def test_what_does_not_go_with_depths_is_no_picture_of_theirs(images: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", images=images, depths=DEPTHS)
    assert pixels(tmp_path / "x.mp4", tmp_path / "x.npz") == pixels(tmp_path / "y.mp4", DEPTHS)


def test_ten_bits_of_depths_have_nothing_under_them(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", images=IMAGES, depths=DEPTHS)
    heatvid.render(tmp_path / "x.npz", tmp_path / "x.mp4", bits=10)
    heatvid.render(DEPTHS, tmp_path / "y.mp4", bits=10)
    assert encoded(tmp_path / "x.mp4") == encoded(tmp_path / "y.mp4")


def test_values_that_are_kept_have_nothing_under_them(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", images=IMAGES, depths=(DEPTHS * 255).astype(np.uint8))
    heatvid.render(tmp_path / "x.npz", tmp_path / "x.mkv", norm="identity", pix_fmt="gray")


@pytest.mark.parametrize("option", ["background", "alpha_mask"])
@pytest.mark.parametrize(
    ("name", "message"),
    [("x.npz:image", "has no key 'image'; allowed are"), ("y.npz:images", "no such file"),
     ("x.npz:names", "strings")],
)  # fmt: skip
def test_what_is_not_there_is_said(option: str, name: str, message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", images=IMAGES, names=np.array([["a", "b"]]))
    with pytest.raises(SourceError, match=message):
        heatvid.render(DEPTHS, tmp_path / "x.mp4", **{option: f"{tmp_path}/{name}"})
    assert not (tmp_path / "x.mp4").exists()
