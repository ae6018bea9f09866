"""Labels: which colour each has, whatever the dtype, on every backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import heatvid
from heatvid._canvas import Canvas
from heatvid._options.options import Options
from heatvid._plan.make import make_plan
from heatvid._values.limits import Limits
from heatvid.backends import Renderer
from tests.support.backends import Backends
from tests.support.contract import Look
from tests.support.contract_ways import Ask, check
from tests.support.oracle import Picture

PALETTE = np.array([[10 * i + 1, 255 - 9 * i, 7 * i] for i in range(19)], np.uint8)
EXTREMES = {
    "bool": [0, 1], "uint8": [0, 1, 18, 19, 20, 36, 37, 255], "int8": [-128, -3, -2, -1, 0, 127],
    "uint16": [0, 19, 255, 256, 65_535], "int16": [-32_768, -2, -1, 0, 19, 32_767],
    "uint32": [0, 1, 2**31, 2**32 - 1], "int32": [-(2**31), -2, -1, 0, 18, 19, 2**31 - 1],
    "uint64": [0, 19, 2**53 + 1, 2**63, 2**64 - 1],
    "int64": [-(2**63), -(2**53) - 1, -2, -1, 0, 19, 2**53 + 1, 2**63 - 1],
    "float16": [-np.inf, -2.5, -2, -1, -0.5, -0.0, 0.5, 18, 19, 19.5, 2048, 65_504, np.inf, np.nan],
    "float32": [-np.inf, -2.5, -2, -0.5, -0.0, 18, 18.5, 19, 2**24, 2**30, 3e38, np.inf, np.nan],
    "float64": [-np.inf, -2.5, -2, -0.5, -0.0, 18, 18.5, 2**53, 2**63, 1e308, np.inf, np.nan],
}  # fmt: skip


def spread(dtype: str) -> NDArray[Any]:
    """Two frames of labels, all extremes of the dtype among them."""
    few = np.array(EXTREMES[dtype], dtype)
    small = np.arange(0, 2 if dtype == "bool" else 60).astype(dtype)
    values = np.resize(np.concatenate([few, small]), (2, 9, 16))
    return np.ascontiguousarray(values)


@pytest.mark.parametrize("chosen", [{}, {0: "transparent", 3: "white", 25: "#0a14c8", -2: "white"}])
@pytest.mark.parametrize("size", [(9, 16), (11, 21)])
@pytest.mark.parametrize("dtype", EXTREMES)
def test_every_label_has_its_colour(
    backends: Backends, dtype: str, size: tuple[int, int], chosen: Any
) -> None:
    ask = Ask(Look(PALETTE, bad="#0a14c8"), label_colors=chosen, way={"norm": "labels"})
    check(backends, ask, Picture("rgb24", *size), spread(dtype))
    ask = Ask(
        Look(PALETTE, bad="transparent", background="frames"),
        label_colors=chosen,
        way={"norm": "labels", "outlines": 1},
    )
    check(backends, ask, Picture("yuv420p", *size), spread(dtype))


@pytest.mark.parametrize("entries", [1, 2, 256])
def test_palettes_of_any_length(backends: Backends, entries: int) -> None:
    cmap = np.resize(PALETTE, (entries, 3)) + np.arange(entries, dtype=np.uint8)[:, None]
    for dtype in ("uint8", "int64", "float32"):
        ask = Ask(Look(cmap), label_colors={0: "transparent"}, way={"norm": "labels"})
        check(backends, ask, Picture("rgb24", 9, 16), spread(dtype))


def colors(labels: Any, **options: Any) -> list[list[int]]:
    array = np.array([labels])
    picture = heatvid.to_rgb(array, norm="labels", backend="numpy", **options)[0]
    listed: list[list[int]] = picture.tolist()
    return listed


def test_no_label_but_the_background_has_the_colour_of_the_background() -> None:
    shown = colors([0, 1, 255, 256, 512, -1])
    assert shown[0] not in shown[1:]
    assert shown[3] == shown[1]
    assert shown[5] == [0, 0, 0]
    hidden = colors([0, 255, 256, 512], label_colors={0: "transparent"})
    assert hidden[1:] == colors([0, 255, 256, 512])[1:]
    assert hidden[0] == [0, 0, 0]


def test_a_chosen_colour_is_that_of_one_label_alone() -> None:
    shown = colors([1, 256, 511, -1, -2], label_colors={1: "red", -1: "white"})
    assert shown == [[255, 0, 0], *[colors([1])[0]] * 2, [255, 255, 255], [0, 0, 0]]


@pytest.mark.parametrize("label", [-32_769, 65_536, 0.5, "x"])
def test_labels_that_cannot_have_a_colour_are_refused_with_the_range(label: Any) -> None:
    with pytest.raises(heatvid.OptionError, match=r"label_colors: .*-32768 to 65535"):
        colors([0], label_colors={label: "red"})


@pytest.mark.parametrize("option", ["under", "over"])
def test_what_labels_have_no_use_for_is_refused(option: str) -> None:
    with pytest.raises(heatvid.OptionError, match=f"^{option}: .*not with labels"):
        colors([0], **{option: "red"})


def test_labels_in_gray_never_have_the_level_of_the_background(
    backends: Backends,
) -> None:
    labels = np.array([[[0, 1, 255, 256, 510, 511, -1, 70_000]]], np.int32)
    plan = make_plan(
        Options(norm="labels", pix_fmt="gray"),
        canvas=Canvas("gray", 1, 8),
        field_size=(1, 8),
        field_dtype=labels.dtype,
        limits=Limits(0, 0),
        background=None,
    )

    def compare(backend: Renderer) -> None:
        backend.prepare(plan)
        slot = backend.slot(())
        slot.data = labels
        backend.render(slot)
        backend.wait(slot)
        assert slot.frames[0].tolist() == [0, 1, 255, 1, 255, 1, 0, 1 + 69_999 % 255]

    backends.each(compare)


@pytest.mark.parametrize("cmap", [PALETTE, ["red", "lime", "blue"], np.zeros((19, 4), np.uint8)])
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_labels_beyond_a_palette_of_ones_own_are_named_once(dtype: str, cmap: Any) -> None:
    last = len(cmap) - 1
    labels = np.array([0, last, last + 1, 100, last + 1], dtype).reshape(1, 1, 5)
    with pytest.warns(UserWarning, match=rf"^labels {last + 1}, 100: beyond the {last + 1} col"):
        heatvid.to_rgb(np.concatenate([labels] * 3), norm="labels", cmap=cmap, backend="numpy")
    heatvid.to_rgb(labels.clip(0, last), norm="labels", cmap=cmap, backend="numpy")
    chosen = {last + 1: "red", 100: "red"}
    heatvid.to_rgb(labels, norm="labels", cmap=cmap, label_colors=chosen, backend="numpy")


def test_many_labels_beyond_are_counted() -> None:
    with pytest.warns(UserWarning, match=r"^labels 3, 4, 5, 6, 7 and 2 more: beyond the 3 "):
        heatvid.to_rgb(np.arange(10)[None], norm="labels", cmap=["red", "lime", "blue"])


@pytest.mark.parametrize("strongest", [1, 3])
def test_classes_beyond_a_palette_of_ones_own_are_named(
    strongest: int, recwarn: pytest.WarningsRecorder
) -> None:
    scores = np.zeros((2, 3, 4), np.float32)
    scores[..., strongest] = 1
    options: Any = {"channel": "argmax", "layout": "HWC", "cmap": ["red", "lime", "blue"]}
    heatvid.to_rgb(scores, **options)
    said = [str(warning.message).partition(":")[0] for warning in recwarn]
    assert said == ["label 3"] * (strongest == 3)


def test_fractions_are_no_labels_and_that_is_said(tmp_path: Path) -> None:
    array = np.array([[[1.0, 1.5, np.nan]]], np.float32)
    with pytest.warns(UserWarning, match=r"^label 1.5: fractions are no labels, .* bad colour"):
        shown = heatvid.to_rgb(array, norm="labels", bad="white")[0, 0].tolist()
    assert shown == [colors([1])[0], [255] * 3, [255] * 3]
    np.save(tmp_path / "labels.npy", np.resize(array, (5, 16, 16)))
    with pytest.warns(UserWarning, match=r"^label 1.5") as warned:
        heatvid.render(tmp_path / "labels.npy", tmp_path / "labels.mp4", norm="labels")
    assert len(warned) == 1
