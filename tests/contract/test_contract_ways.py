"""Every backend blends fields, and brings them to their places, as the documents say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from heatvid.backends import Renderer
from tests.support.backends import Backends
from tests.support.contract import INFERNAL, Look, picture_of, random_cmap
from tests.support.contract_ways import (
    BACKGROUNDS,
    BLENDS,
    CANVASES,
    EITHER,
    GRADED,
    LABELS,
    SIZES,
    Ask,
    check,
    flows,
    render,
)
from tests.support.fields import limits_of, numbers
from tests.support.oracle import Picture
from tests.support.pairwise import cases

# --- blending -----------------------------------------------------------------------------------


@cases(
    canvas=CANVASES,
    masked=[False, True],
    background=BACKGROUNDS,
    blend=BLENDS,
    dtype=["uint8", "float32"],
)
def test_every_blend_mode(
    backends: Backends, canvas: str, dtype: str, blend: str, background: str | None, masked: bool
) -> None:
    frames = numbers(dtype, (2, 9, 14))
    for look in (INFERNAL, GRADED):
        ask = Ask(replace(look, background=background), masked, way={"blend": blend})
        check(backends, ask, picture_of(canvas, 9, 14), frames, limits_of(dtype))
        check(backends, ask, picture_of(canvas, 15, 17), frames, limits_of(dtype), mask_size=(4, 5))


@cases(blend=BLENDS[1:])
def test_every_pair_of_levels_blends_as_the_formula_says(backends: Backends, blend: str) -> None:
    levels = np.arange(256, dtype=np.uint8)
    frames = np.broadcast_to(levels[:, None], (1, 256, 256))
    behind = np.broadcast_to(levels[None, :, None], (1, 256, 256, 3)).reshape(1, -1)
    grey = np.stack([levels] * 3, 1)
    way = {"blend": blend, "norm": "identity"}
    ask = Ask(Look(grey, alpha=1.0, background="frames"), way=way)
    c, b = levels[:, None] / 255, levels[None] / 255
    wanted = {
        "multiply": c * b, "screen": 1 - (1 - c) * (1 - b), "lighten": np.maximum(c, b),
        "darken": np.minimum(c, b), "add": np.minimum(c + b, 1),
    }[blend]  # fmt: skip

    def compare(backend: Renderer) -> None:
        got = render(backend, ask, Picture("rgb24", 256, 256), frames, behind=behind)
        exact = got.reshape(256, 256, 3)[..., 0]
        assert np.abs(exact - wanted * 255).max() <= 0.5 + 1e-9

    backends.each(compare)


@cases(
    canvas=EITHER,
    mask_size=[(1, 1), (9, 14), (5, 6), (31, 40)],
    fit=["stretch", "letterbox", "crop"],
)
def test_masks_of_any_size(
    backends: Backends, canvas: str, fit: str, mask_size: tuple[int, int]
) -> None:
    for background in BACKGROUNDS:
        ask = Ask(replace(GRADED, background=background), masked=True, way={"fit": fit})
        frames = numbers("float32", (2, 9, 14))
        check(backends, ask, picture_of(canvas, 15, 17), frames, (-0.7, 1.9), mask_size)


@cases(
    canvas=CANVASES,
    background=BACKGROUNDS,
    ramp=[(0.25, 0.75), (0.5, 0.5), (-1.0, 0.5), (0.5, 2.0), (2.0, 3.0)],
    dtype=["bool", "float16", "float32", "float64"],
)
def test_opacity_rises_along_a_ramp(
    backends: Backends, canvas: str, dtype: str, ramp: tuple[float, float], background: str | None
) -> None:
    frames = numbers(dtype, (2, 9, 14))
    for masked in (False, True):
        ask = Ask(replace(INFERNAL, background=background), masked, way={"ramp": ramp})
        check(backends, ask, picture_of(canvas, 9, 14), frames, (0.0, 1.0))
    ask = Ask(replace(GRADED, background=background), way={"ramp": ramp, "blend": "add"})
    check(backends, ask, picture_of(canvas, 11, 12), frames, (0.0, 1.0))


# --- places -------------------------------------------------------------------------------------


@cases(canvas=EITHER, size=SIZES, field=SIZES, fit=["letterbox", "crop"])
def test_every_size_fits_every_size(
    backends: Backends, canvas: str, fit: str, field: tuple[int, int], size: tuple[int, int]
) -> None:
    frames = numbers("float32", (1, *field))
    for resample in ("nearest", "bilinear", "bicubic"):
        ask = Ask(replace(INFERNAL, background="frames", resample=resample), way={"fit": fit})
        check(backends, ask, picture_of(canvas, *size), frames, (-0.7, 1.9))


@cases(
    canvas=EITHER,
    resample=["nearest", "bilinear", "bicubic"],
    fit=["stretch", "letterbox", "crop"],
    dtype=["bool", "uint8", "int16", "float16", "float32", "int64"],
)
def test_every_dtype_fits(
    backends: Backends, canvas: str, dtype: str, fit: str, resample: str
) -> None:
    frames = numbers(dtype, (2, 9, 14))
    for look in (INFERNAL, GRADED):
        for background in (None, "frames"):
            ask = Ask(replace(look, resample=resample, background=background), way={"fit": fit})
            check(backends, ask, picture_of(canvas, 31, 22), frames, limits_of(dtype))
            check(backends, ask, picture_of(canvas, 5, 21), frames, limits_of(dtype))


@cases(
    canvas=CANVASES,
    place=[(0, 0, 9, 7), (5, 3, 14, 9), (21, 12, 10, 10), (3, 0, 1, 22), (0, 20, 31, 1)],
    fit=["stretch", "letterbox", "crop"],
    way=[{}, {"channel": "rgb"}, {"channel": "flow"}, {"norm": "labels", "outlines": 2},
         {"blend": "screen"}, {"smooth": 1.5}],
)  # fmt: skip
def test_a_field_lies_in_a_rectangle_of_the_picture(
    backends: Backends, canvas: str, way: dict[str, Any], fit: str, place: tuple[int, ...]
) -> None:
    limits: Any = (-0.7, 1.9)
    frames, tolerance = numbers("float32", (2, 9, 14)), 0
    if "channel" in way:
        frames, limits = numbers("float32", (2, 9, 14, 3)), [limits] * 3
    if way.get("channel") == "flow":
        frames, limits, tolerance = flows(), (0.0, 5.0), 1  # from the published wheel
    given = {**way, "fit": fit, "place": place}
    look = LABELS if "norm" in way else INFERNAL
    for masked in (False, True):
        ask = Ask(replace(look, background="frames", alpha=0.7), masked, way=given)
        check(backends, ask, picture_of(canvas, 22, 31), frames, limits, tolerance=tolerance)


@cases(
    8,
    canvas=EITHER,
    place=[(2, 70, 90, 3), (300, 1, 7, 350), (0, 0, 2, 2), (399, 359, 1, 1)],
    dtype=["uint8", "float32"],
)
def test_a_small_rectangle_in_many_bands(
    backends: Backends, canvas: str, dtype: str, place: tuple[int, ...]
) -> None:
    ask = Ask(replace(GRADED, background="frames"), way={"place": place})
    check(backends, ask, picture_of(canvas, 360, 400), numbers(dtype, (1, 9, 14)), limits_of(dtype))


@cases(canvas=EITHER, sigma=[0.3, 1.0, 4.5], dtype=["uint8", "float32", "float64"])
def test_smoothed_fields(backends: Backends, canvas: str, dtype: str, sigma: float) -> None:
    frames = numbers(dtype, (2, 9, 14))
    for resample in ("nearest", "bilinear", "bicubic"):
        ask = Ask(replace(INFERNAL, resample=resample), way={"smooth": sigma})
        check(backends, ask, picture_of(canvas, 9, 14), frames, limits_of(dtype))
        check(backends, ask, picture_of(canvas, 20, 13), frames, limits_of(dtype))
    for field in SIZES[:3]:
        check(
            backends, ask, picture_of(canvas, 4, 6), numbers(dtype, (1, *field)), limits_of(dtype)
        )


@cases(way=[{"resample": "bicubic"}, {"smooth": 2.5}], value=[1.0, 0.1, 255.0, 1e-30])
def test_a_constant_stays_within_its_limits(
    backends: Backends, way: dict[str, Any], value: float
) -> None:
    frames = np.full((1, 9, 14), value, np.float32)
    own = float(np.float32(value))
    look = Look(random_cmap(4), under="white", over="#0a14c8")
    for limits in ((0.0, own), (own, 300.0), (own, own)):
        check(backends, Ask(look, way=way), Picture("rgb24", 31, 22), frames, limits)


@cases(
    12,
    pixel_format=["yuv420p", "rgb24", "yuv444p", "nv12"],
    blend=["over", "screen"],
    fit=["stretch", "letterbox", "crop"],
    dtype=["uint8", "float32"],
)
def test_frames_larger_than_any_band(
    backends: Backends, pixel_format: str, blend: str, fit: str, dtype: str
) -> None:
    frames = numbers(dtype, (1, 83, 211))
    ask = Ask(replace(GRADED, background="frames"), True, way={"fit": fit, "blend": blend})
    check(backends, ask, Picture(pixel_format, 331, 517), frames, limits_of(dtype))


@cases(
    6,
    size=[(2, 120_001), (30_001, 3)],
    fit=["stretch", "letterbox", "crop"],
    dtype=["uint8", "float32"],
)
def test_frames_longer_than_any_band(
    backends: Backends, size: tuple[int, int], fit: str, dtype: str
) -> None:
    ask = Ask(replace(INFERNAL, background="frames"), way={"fit": fit})
    check(backends, ask, Picture("yuv420p", *size), numbers(dtype, (1, 3, 5)), limits_of(dtype))
