"""Opacity masks: what may be one, and how it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid._errors import SourceError
from heatvid._under.lengths import demand_as_many
from heatvid._under.masks import Masks


def read(value: Any, start: int, count: int) -> Any:
    masks = Masks(value)
    out = np.full((count, *masks.size), 7, np.float32)
    masks.read(start, out)
    masks.close()
    return out


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_are_opacity(dtype: str) -> None:
    mask = np.random.default_rng(0).random((5, 4, 6)).astype(dtype)
    np.testing.assert_array_equal(read(mask, 1, 3), mask[1:4].astype(np.float32))


def test_bytes_are_255ths_and_truth_is_all() -> None:
    every = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    np.testing.assert_array_equal(read(every, 0, 1), every / np.float32(255))
    assert read(np.array([[True, False]]), 0, 2).tolist() == [[[1, 0]], [[1, 0]]]


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64"])
def test_other_dtypes_are_refused(dtype: str) -> None:
    with pytest.raises(heatvid.UsageError, match=r"^alpha_mask: .*; allowed are") as error:
        Masks(np.zeros((3, 4), dtype))
    assert "\n" not in str(error.value)


def test_one_mask_lies_over_every_frame() -> None:
    mask = np.random.default_rng(0).random((4, 6)).astype(np.float32)
    masks = Masks(mask)
    assert (masks.size, masks.length) == ((4, 6), 1)
    assert masks.still
    demand_as_many(masks, "preds", 9)
    demand_as_many(masks, "preds", None)
    np.testing.assert_array_equal(read(mask, 5, 3), np.stack([mask] * 3))


def test_masks_are_as_many_as_predictions() -> None:
    masks = Masks(np.zeros((3, 4, 6), np.float32))
    demand_as_many(masks, "preds", 3)
    with pytest.raises(heatvid.OptionError, match=r"^alpha_mask: .*3 frames.*preds has 4"):
        demand_as_many(masks, "preds", 4)
    with pytest.raises(heatvid.SourceError, match="ends after 3 frames"):
        masks.read(1, np.empty((3, 4, 6), np.float32))


def test_files_are_masks(tmp_path: Path) -> None:
    mask = np.random.default_rng(0).integers(0, 256, (5, 6), dtype=np.uint8)
    Image.fromarray(mask).save(tmp_path / "mask.png")
    np.save(tmp_path / "mask.npy", mask / 255)
    for name in ("mask.png", "mask.npy"):
        np.testing.assert_allclose(read(tmp_path / name, 0, 1)[0], mask / 255, rtol=1e-6)


@pytest.mark.parametrize("count", [1, 40])
def test_pictures_are_as_opaque_as_their_mask(count: int) -> None:
    rng = np.random.default_rng(0)
    predictions = rng.random((40, 5, 6)).astype(np.float32)
    mask = rng.integers(0, 2, (count, 5, 6)).astype(bool)
    picture = rng.integers(0, 256, (5, 6, 3), dtype=np.uint8)
    given = {"background": picture, "vmin": 0, "vmax": 1, "alpha": 1.0}
    got = heatvid.to_rgb(predictions, alpha_mask=mask if count > 1 else mask[0], **given)
    full = heatvid.to_rgb(predictions, **given)
    np.testing.assert_array_equal(got, np.where(mask[..., None], full, picture))


@pytest.mark.parametrize("frames", ["2:5", "::2", "::-1"])
def test_frames_chooses_masks_as_well(frames: str, tmp_path: Path) -> None:
    masks = np.linspace(0, 1, 6 * 4 * 4, dtype=np.float32).reshape(6, 4, 4)
    fields = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4)
    start, stop, step = (int(part) if part else None for part in (frames + ":").split(":")[:3])
    chosen = slice(start, stop, step)

    def rendered(name: str, **options: Any) -> list[bytes]:
        pattern = tmp_path / name / "%d.png"
        heatvid.render(output=pattern, background="white", **options)
        return [Image.open(path).tobytes() for path in sorted(pattern.parent.iterdir())]

    got = rendered("all", source=fields, alpha_mask=masks, frames=frames)
    assert got == rendered("part", source=fields[chosen], alpha_mask=masks[chosen])


@pytest.mark.parametrize(
    ("shape", "kind", "options"),
    [((3, 4, 5), "i2", {}), ((3, 4, 5, 6), "f4", {"layout": "THWC", "channel": "max"})],
)
def test_a_mask_that_is_refused_is_closed(
    shape: tuple[int, ...], kind: str, options: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "x.npy", np.zeros(shape, kind))
    source = heatvid.open_source(tmp_path / "x.npy", **options)
    monkeypatch.setattr("heatvid._under.masks.open_source", lambda *_, **given: source)
    with pytest.raises(heatvid.SourceError, match="allowed are"):
        Masks(tmp_path / "x.npy")
    with pytest.raises(heatvid.SourceError, match="is closed"):
        source.read(0, 1)


def test_a_mask_that_cannot_be_read_is_said_to_be_the_mask() -> None:
    dask = pytest.importorskip("dask.array")

    def broken(block: Any) -> Any:
        raise RuntimeError("no disk")

    empty = np.empty((0, 0, 0), "f4")
    array = dask.zeros((3, 4, 5), dtype="f4", chunks=1).map_blocks(broken, dtype="f4", meta=empty)
    with pytest.raises(SourceError, match=r"^alpha_mask: array: cannot be computed \(no disk\)"):
        Masks(array).read(0, np.empty((3, 4, 5), np.float32))
