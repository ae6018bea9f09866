"""Fields larger than what they are shown on: averages and counts of areas, on every backend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import heatvid
from tests.support.backends import Backends
from tests.support.contract import INFERNAL, Look
from tests.support.contract_ways import Ask, check
from tests.support.oracle import Picture

DTYPES = ["bool", "uint8", "int16", "int32", "uint64", "float16", "float32", "float64"]
SMALL = Picture("yuv420p", 9, 14)
PALETTE = np.array([[10 * i + 1, 255 - 9 * i, 7 * i] for i in range(19)], np.uint8)


def field(dtype: str, shape: tuple[int, ...], gaps: float = 0.0) -> NDArray[Any]:
    """Two frames of numbers, some of which are missing or infinite."""
    rng = np.random.default_rng(3)
    values = rng.uniform(-4, 60, (2, *shape))
    if np.dtype(dtype).kind != "f":
        return values.clip(0 if dtype[0] == "u" else None).astype(dtype)
    values[rng.random(values.shape) < gaps] = np.nan
    values[:, 1, 2], values[:, 2, 1] = np.inf, -np.inf
    return values.astype(dtype)


@pytest.mark.parametrize("resample", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(18, 28), (21, 17), (9, 90), (40, 9), (5, 43), (20, 14)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_areas_are_averaged_along_each_axis_that_shrinks(
    backends: Backends, dtype: str, size: tuple[int, int], resample: str
) -> None:
    ask = Ask(replace(INFERNAL, under="white", bad="#0a14c8", resample=resample))
    check(backends, ask, SMALL, field(dtype, size), (0.0, 50.0))


@pytest.mark.parametrize("gaps", [0.02, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("size", [(18, 28), (21, 17), (31, 90)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_averages_are_of_what_is_known(
    backends: Backends, dtype: str, size: tuple[int, int], gaps: float
) -> None:
    ask = Ask(replace(INFERNAL, bad="#0a14c8", background="frames"))
    check(backends, ask, SMALL, field(dtype, size, gaps), (0.0, 50.0))


@pytest.mark.parametrize("fit", ["letterbox", "crop"])
@pytest.mark.parametrize("channel", [None, "max", "rgb", "flow"])
def test_every_fit_and_channel_shrinks(backends: Backends, channel: str | None, fit: str) -> None:
    count = {None: (), "rgb": (3,), "flow": (2,)}.get(channel, (4,))
    way = {"fit": fit, **({"channel": channel} if channel else {})}
    limits: Any = [(0.0, 50.0)] * 3 if channel == "rgb" else (0.0, 50.0)
    ask = Ask(replace(INFERNAL, bad="white", background="color"), way=way)
    frames = field("float32", (40, 33, *count), 0.2)
    check(backends, ask, Picture("rgb24", 11, 17), frames, limits)


@pytest.mark.parametrize("mask_size", [(18, 28), (50, 33), (4, 90)])
@pytest.mark.parametrize("fit", ["stretch", "letterbox"])
def test_masks_shrink_as_fields_do(
    backends: Backends, mask_size: tuple[int, int], fit: str
) -> None:
    ask = Ask(replace(INFERNAL, background="frames"), masked=True, way={"fit": fit})
    check(backends, ask, SMALL, field("float32", (9, 14)), (0.0, 50.0), mask_size)


@pytest.mark.parametrize("size", [(18, 28), (25, 17), (9, 90), (5, 43), (63, 99)])
@pytest.mark.parametrize("dtype", [*DTYPES, "int8", "int64"])
def test_the_most_frequent_label_of_an_area_is_shown(
    backends: Backends, dtype: str, size: tuple[int, int]
) -> None:
    rng = np.random.default_rng(4)
    frames = rng.integers(0, 4, (2, *size)).astype(dtype)
    frames[:, : size[0] // 2, : size[1] // 2] = 1
    if np.dtype(dtype).kind == "f":
        frames[rng.random(frames.shape) < 0.4] = np.nan
        frames[frames == 0] *= -1
    if dtype in ("int64", "uint64"):
        frames += np.array(2**62, dtype)
    for outlines in (0, 1):
        ask = Ask(Look(PALETTE, bad="white"), way={"norm": "labels", "outlines": outlines})
        check(backends, ask, SMALL, frames)


@pytest.mark.parametrize("channel", ["argmax", "max", "mean"])
def test_the_most_frequent_of_several_channels(backends: Backends, channel: str) -> None:
    scores = np.random.default_rng(5).integers(0, 3, (2, 27, 30, 3)).astype(np.float32)
    way = {"channel": channel, **({} if channel == "argmax" else {"norm": "labels"})}
    check(backends, Ask(Look(PALETTE), way=way), SMALL, scores)


def shown(values: Any, size: tuple[int, int], **options: Any) -> NDArray[np.uint8]:
    """The gray levels of values 0..1 over nothing."""
    settings: dict[str, Any] = {"cmap": "gray", "alpha": 1, "vmin": 0, "vmax": 1, **options}
    if options.get("norm") == "labels":
        del settings["vmin"], settings["vmax"]
    return heatvid.to_rgb(values, background=np.zeros((*size, 3), np.uint8), **settings)[..., 0]


def test_what_is_small_is_not_lost() -> None:
    values = np.zeros((960, 1280), np.float32)
    values[501:504, 603:606] = 1
    picture = shown(values, (96, 128))
    assert picture.max() == int(0.09 * 256)
    assert np.count_nonzero(picture) == 1


def test_a_constant_stays_what_it_is_whatever_is_missing() -> None:
    values = np.full((97, 101), 0.3, np.float32)
    values[np.random.default_rng(0).random(values.shape) < 0.4] = np.nan
    limit = float(np.float32(0.3))
    got = shown(values, (31, 17), vmin=limit, vmax=limit, under="red", over="red", bad="black")
    assert (got == 0).all()


def test_half_of_an_area_has_to_be_known() -> None:
    nan = np.nan
    values = np.array([[0.5, nan, nan, nan, nan, 0.5, 0.5, 0.5]], np.float32)
    assert shown(values, (1, 4), bad="white").tolist() == [[128, 255, 128, 128]]
    assert shown(values[:, :6], (1, 2), bad="white").tolist() == [[255, 255]]


def test_the_smallest_of_equally_frequent_labels_is_shown() -> None:
    values = np.array([[3, 3, 2, 2], [2, 2, 9, 9]])
    assert shown(values, (1, 2), norm="labels", cmap=np.arange(30).reshape(10, 3)
                 .astype(np.uint8)).tolist() == [[6, 6]]  # fmt: skip


def test_nearest_stays_nearest() -> None:
    values = np.array([[0.0, 1.0, 0.0, 0.0, 1.0, 0.0]])
    assert shown(values, (1, 2), resample="nearest").tolist() == [[255, 255]]


def test_yes_and_no_have_nothing_between_them_when_enlarged_and_a_share_when_shrunk() -> None:
    values = np.array([[True, False, False, True]])
    assert shown(values, (2, 8)).tolist() == [[255, 255, 0, 0, 0, 0, 255, 255]] * 2
    assert shown(values, (2, 8), resample="bilinear").tolist()[0][1] == 192
    assert shown(values, (1, 2)).tolist() == [[128, 128]]
    assert shown(values, (3, 2)).tolist() == [[128, 128]] * 3
