"""Every backend shows every kind of field as the documents say: byte for byte."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from heatvid.backends import Renderer
from heatvid.backends._numpy.backend import NumpyBackend
from tests.support.backends import CANDIDATES, make_backend
from tests.support.contract import INFERNAL, Look, random_cmap
from tests.support.contract_ways import Ask, check, render
from tests.support.oracle import Picture

CANVASES = [
    ("yuv420p", "tv"), ("yuv420p", "pc"), ("rgb24", "tv"), ("yuv444p", "pc"), ("nv12", "tv"),
]  # fmt: skip
BACKGROUNDS = [None, "color", "frames"]
BLENDS = ["over", "multiply", "screen", "lighten", "darken", "add"]
SIZES = [(1, 1), (1, 9), (9, 1), (2, 2), (7, 10), (13, 6)]
ENDS = {"under": "transparent", "over": "#0a14c8", "bad": (0.2, 0.4, 0.6, 0.25)}
LABELS = Look(random_cmap(7, seed=3))
GRADED = Look(random_cmap(256, 4), **ENDS)  # type: ignore[arg-type]  # a dict of colours


@pytest.fixture(params=CANDIDATES, ids=lambda candidate: candidate.name)
def backend(request: pytest.FixtureRequest) -> Any:
    made = make_backend(request.param)
    yield made
    made.close()


@pytest.fixture(params=CANVASES, ids="-".join)
def canvas(request: pytest.FixtureRequest) -> Any:
    """Make a picture of a size."""
    pixel_format, color_range = request.param
    return lambda height, width: Picture(pixel_format, height, width, color_range)


@pytest.fixture(params=[CANVASES[0], *CANVASES[2:4]], ids="-".join)
def either(request: pytest.FixtureRequest) -> Any:
    """Like canvas, of each arrangement of pixels one, for what no colour changes."""
    pixel_format, color_range = request.param
    return lambda height, width: Picture(pixel_format, height, width, color_range)


def numbers(dtype: str, shape: tuple[int, ...], seed: int = 0) -> NDArray[Any]:
    """Values around -0.7..1.9, or 11..240, and what is special of the dtype."""
    rng = np.random.default_rng((seed, *shape))
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return rng.random(shape) < 0.5
    if kind.kind in "iu":
        info = np.iinfo(kind)
        return rng.integers(max(info.min, -20), min(info.max, 300), shape, endpoint=True).astype(
            kind
        )
    values = rng.uniform(-1, 2.2, shape).astype(kind)
    special = [np.nan, np.inf, -np.inf, np.finfo(kind).max, np.finfo(kind).min, -0.0, 1.9]
    flat = values.reshape(-1)
    places = rng.permutation(flat.size)[: flat.size // 8]
    flat[places] = np.resize(np.array(special, kind), places.size)
    return values


def spread(dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Numbers whose whole parts are rows of a table, and a few beyond."""
    values = numbers(dtype, shape)
    if values.dtype.kind != "f":
        return values
    usual = np.abs(values) < 9
    values[usual] *= 150
    return values


def limits_of(dtype: str) -> tuple[float, float]:
    if dtype == "bool":
        return (0.0, 1.0)
    return (11.0, 240.0) if np.dtype(dtype).kind in "iu" else (-0.7, 1.9)


# --- identity and labels ------------------------------------------------------------------------

WHOLE = ("bool", "uint8", "int8", "uint16", "int16", "int32", "uint64", "int64")


@pytest.mark.parametrize("dtype", [*WHOLE, "float16", "float32", "float64"])
@pytest.mark.parametrize("entries", [1, 7, 256, 300])
def test_identity_takes_values_as_rows(
    backend: Renderer, either: Any, dtype: str, entries: int
) -> None:
    frames = spread(dtype, (2, 9, 14))
    look = Look(random_cmap(entries), **ENDS)  # type: ignore[arg-type]
    ask = Ask(look, way={"norm": "identity"})
    check(backend, ask, either(9, 14), frames)
    check(
        backend, Ask(Look(random_cmap(entries)), way={"norm": "identity"}), either(20, 23), frames
    )


@pytest.mark.parametrize("dtype", [*WHOLE, "float16", "float32", "float64"])
@pytest.mark.parametrize("size", [(9, 14), (20, 23)], ids=str)
def test_labels_start_the_palette_again(
    backend: Renderer, either: Any, dtype: str, size: tuple[int, int]
) -> None:
    frames = spread(dtype, (2, 9, 14))
    for look in (LABELS, replace(LABELS, **ENDS, background="frames")):  # type: ignore[arg-type]
        check(backend, Ask(look, way={"norm": "labels"}), either(*size), frames)


def test_labels_that_no_double_holds_have_their_own_colours(backend: Renderer) -> None:
    for dtype, start in (("int64", 2**62), ("uint64", 2**63)):
        frames = np.arange(60, dtype=dtype).reshape(1, 6, 10) + np.array(start, dtype)
        check(backend, Ask(LABELS, way={"norm": "labels"}), Picture("rgb24", 6, 10), frames)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
def test_labels_of_chosen_colours(
    backend: Renderer, canvas: Any, dtype: str, background: str | None
) -> None:
    frames = np.random.default_rng(0).integers(0, 20, (2, 11, 13)).astype(dtype)
    chosen = {0: "transparent", 3: "#0a14c8", 12: (0.2, 0.4, 0.6, 0.25)}
    ask = Ask(replace(LABELS, background=background), label_colors=chosen, way={"norm": "labels"})
    check(backend, ask, canvas(11, 13), frames)
    check(backend, ask, canvas(6, 17), frames)


@pytest.mark.parametrize("width", [1, 2, 3, 8, 64])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_outlines_lie_between_labels(
    backend: Renderer, either: Any, size: tuple[int, int], width: int
) -> None:
    frames = np.random.default_rng(1).integers(0, 3, (1, 5, 7)).astype(np.int32)
    ask = Ask(
        replace(LABELS, background="frames", alpha=0.3), way={"norm": "labels", "outlines": width}
    )
    check(backend, ask, either(*size), frames)
    check(backend, ask, either(*size), frames[:, :1, :1])


@pytest.mark.parametrize("fit", ["letterbox", "crop"])
@pytest.mark.parametrize("blend", ["over", "screen"])
def test_outlines_stay_within_the_field(
    backend: Renderer, canvas: Any, blend: str, fit: str
) -> None:
    frames = np.random.default_rng(1).integers(0, 5, (1, 6, 9)).astype(np.uint8)
    way = {"norm": "labels", "outlines": 3, "fit": fit, "blend": blend}
    for masked in (False, True):
        check(
            backend,
            Ask(replace(LABELS, background="frames"), masked, way=way),
            canvas(25, 19),
            frames,
        )


def test_labels_that_are_missing_have_no_lines_between_them(backend: Renderer) -> None:
    frames = np.random.default_rng(0).integers(0, 3, (1, 9, 12)).astype(np.float32)
    frames[0, 3:8, 2:9] = np.nan
    ask = Ask(replace(LABELS, bad="#0a14c8"), way={"norm": "labels", "outlines": 1})
    check(backend, ask, Picture("rgb24", 9, 12), frames)


def test_outlines_over_many_bands(backend: Renderer) -> None:
    frames = np.repeat(np.repeat(numbers("uint8", (1, 4, 6)), 90, 1), 100, 2)
    frames[0, 200:205, 300:302] += 1
    ask = Ask(LABELS, way={"norm": "labels", "outlines": 4})
    check(backend, ask, Picture("yuv420p", 360, 600), frames)


# --- channels -----------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [2, 3, 5])
@pytest.mark.parametrize("mode", ["argmax", "max", "mean", "norm", "grid"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float16", "float32", "int64", "float64"])
def test_several_channels_become_one(
    backend: Renderer, either: Any, dtype: str, mode: str, channels: int
) -> None:
    frames = numbers(dtype, (2, 5, 7, channels))
    limits = limits_of(dtype)
    ask = Ask(replace(INFERNAL, background="frames"), way={"channel": mode})
    check(backend, ask, either(5, 7), frames, limits)
    check(backend, ask, either(11, 12), frames, limits)


def test_more_classes_than_a_byte_counts(backend: Renderer) -> None:
    frames = np.random.default_rng(0).random((1, 4, 5, 300)).astype(np.float32)
    frames[0, 0, 0, 299], frames[0, 1, 1, 256] = 2, 2
    ask = Ask(Look(random_cmap(300)), way={"channel": "argmax"})
    check(backend, ask, Picture("rgb24", 4, 5), frames)


LIMITS3 = [(0.0, 1.0), (-0.7, 1.9), (0.25, 0.5)]
BYTES3 = [(0.0, 255.0), (11.0, 240.0), (7.0, 7.0)]


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
def test_three_channels_are_colours(
    backend: Renderer, canvas: Any, dtype: str, background: str | None, channels: int
) -> None:
    frames = numbers(dtype, (2, 9, 14, channels))
    limits = BYTES3 if np.dtype(dtype).kind in "iu" else LIMITS3
    for bad in (None, (0.2, 0.4, 0.6, 0.25)):
        look = replace(INFERNAL, background=background, bad=bad)
        ask = Ask(look, way={"channel": "rgb"})
        check(backend, ask, canvas(9, 14), frames, limits)
        check(backend, ask, canvas(15, 17), frames, limits)


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("fit", ["letterbox", "crop"])
def test_colours_blend_and_fit(backend: Renderer, canvas: Any, blend: str, fit: str) -> None:
    frames = numbers("float32", (1, 6, 9, 3))
    ask = Ask(
        replace(INFERNAL, background="frames", bad=(0.2, 0.4, 0.6, 0.25)),
        masked=True,
        way={"channel": "rgb", "blend": blend, "fit": fit},
    )
    check(backend, ask, canvas(21, 17), frames, LIMITS3)


def flows(dtype: str = "float32") -> NDArray[Any]:
    frames = np.random.default_rng(0).normal(0, 3, (2, 9, 14, 2)).astype(dtype)
    special = [[np.nan, 0], [0, np.nan], [0, 0], [5, 0], [np.inf, 1], [1, -np.inf], [-5, -0.0]]
    frames[0, 0, :7] = special
    if dtype != "float16":
        frames[0, 1, :2] = [[1.666666752e9, 0], [0, -1e9]]
    return frames


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_flow_is_within_a_level_of_the_published_wheel(
    backend: Renderer, canvas: Any, dtype: str, background: str | None
) -> None:
    look = replace(INFERNAL, background=background, bad="#0a14c8")
    for way in ({}, {"blend": "multiply"}, {"fit": "letterbox"}):
        ask = Ask(look, way={"channel": "flow", **way})
        for longest in (5.0, 9.0, 0.0):
            check(backend, ask, canvas(9, 14), flows(dtype), (0.0, longest), tolerance=1)


@pytest.mark.parametrize("size", [(60, 90), (23, 31)], ids=str)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int16"])
def test_flow_is_the_references_to_the_last_level(
    backend: Renderer, dtype: str, size: tuple[int, int]
) -> None:
    frames = np.random.default_rng(1).normal(0, 3, (2, 60, 90, 2)).astype(dtype)
    frames[1, :4] = np.rint(frames[1, :4])  # quarters and eighths of a turn
    if dtype != "int16":
        frames[0, :9, :14] = flows(dtype)[0]
        frames[1, 0, :3] = [[-0.0, 0], [5, -0.0], [-0.0, -0.0]]
        frames[1, 1] *= np.finfo(dtype).smallest_subnormal
    ask = Ask(INFERNAL, way={"channel": "flow"})
    for longest in (5.0, 1e-7):
        both = [
            render(each, ask, Picture("rgb24", *size), frames, (0.0, longest), None, None, False)
            for each in (backend, NumpyBackend())
        ]
        np.testing.assert_array_equal(*both)


# --- blending -----------------------------------------------------------------------------------


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_every_blend_mode(
    backend: Renderer, canvas: Any, dtype: str, blend: str, background: str | None, masked: bool
) -> None:
    frames = numbers(dtype, (2, 9, 14))
    for look in (INFERNAL, GRADED):
        ask = Ask(replace(look, background=background), masked, way={"blend": blend})
        check(backend, ask, canvas(9, 14), frames, limits_of(dtype))
        check(backend, ask, canvas(15, 17), frames, limits_of(dtype), mask_size=(4, 5))


@pytest.mark.parametrize("blend", BLENDS[1:])
def test_every_pair_of_levels_blends_as_the_formula_says(backend: Renderer, blend: str) -> None:
    levels = np.arange(256, dtype=np.uint8)
    frames = np.broadcast_to(levels[:, None], (1, 256, 256))
    behind = np.broadcast_to(levels[None, :, None], (1, 256, 256, 3)).reshape(1, -1)
    grey = np.stack([levels] * 3, 1)
    way = {"blend": blend, "norm": "identity"}
    ask = Ask(Look(grey, alpha=1.0, background="frames"), way=way)
    got = render(backend, ask, Picture("rgb24", 256, 256), frames, behind=behind)
    c, b = levels[:, None] / 255, levels[None] / 255
    wanted = {
        "multiply": c * b, "screen": 1 - (1 - c) * (1 - b), "lighten": np.maximum(c, b),
        "darken": np.minimum(c, b), "add": np.minimum(c + b, 1),
    }[blend]  # fmt: skip
    exact = got.reshape(256, 256, 3)[..., 0]
    assert np.abs(exact - wanted * 255).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("mask_size", [(1, 1), (9, 14), (5, 6), (31, 40)], ids=str)
@pytest.mark.parametrize("fit", ["stretch", "letterbox", "crop"])
def test_masks_of_any_size(
    backend: Renderer, either: Any, fit: str, mask_size: tuple[int, int]
) -> None:
    for background in BACKGROUNDS:
        ask = Ask(replace(GRADED, background=background), masked=True, way={"fit": fit})
        check(backend, ask, either(15, 17), numbers("float32", (2, 9, 14)), (-0.7, 1.9), mask_size)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("ramp", [(0.25, 0.75), (0.5, 0.5), (-1.0, 0.5), (0.5, 2.0), (2.0, 3.0)])
@pytest.mark.parametrize("dtype", ["bool", "float16", "float32", "float64"])
def test_opacity_rises_along_a_ramp(
    backend: Renderer, canvas: Any, dtype: str, ramp: tuple[float, float], background: str | None
) -> None:
    frames = numbers(dtype, (2, 9, 14))
    for masked in (False, True):
        ask = Ask(replace(INFERNAL, background=background), masked, way={"ramp": ramp})
        check(backend, ask, canvas(9, 14), frames, (0.0, 1.0))
    ask = Ask(replace(GRADED, background=background), way={"ramp": ramp, "blend": "add"})
    check(backend, ask, canvas(11, 12), frames, (0.0, 1.0))


# --- places -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("field", SIZES, ids=str)
@pytest.mark.parametrize("fit", ["letterbox", "crop"])
def test_every_size_fits_every_size(
    backend: Renderer, either: Any, fit: str, field: tuple[int, int], size: tuple[int, int]
) -> None:
    frames = numbers("float32", (1, *field))
    for resample in ("nearest", "bilinear", "bicubic"):
        ask = Ask(replace(INFERNAL, background="frames", resample=resample), way={"fit": fit})
        check(backend, ask, either(*size), frames, (-0.7, 1.9))


@pytest.mark.parametrize("resample", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("fit", ["stretch", "letterbox", "crop"])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "float16", "float32", "int64"])
def test_every_dtype_fits(
    backend: Renderer, either: Any, dtype: str, fit: str, resample: str
) -> None:
    frames = numbers(dtype, (2, 9, 14))
    for look in (INFERNAL, GRADED):
        for background in (None, "frames"):
            ask = Ask(replace(look, resample=resample, background=background), way={"fit": fit})
            check(backend, ask, either(31, 22), frames, limits_of(dtype))
            check(backend, ask, either(5, 21), frames, limits_of(dtype))


@pytest.mark.parametrize("sigma", [0.3, 1.0, 4.5])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_smoothed_fields(backend: Renderer, either: Any, dtype: str, sigma: float) -> None:
    frames = numbers(dtype, (2, 9, 14))
    for resample in ("nearest", "bilinear", "bicubic"):
        ask = Ask(replace(INFERNAL, resample=resample), way={"smooth": sigma})
        check(backend, ask, either(9, 14), frames, limits_of(dtype))
        check(backend, ask, either(20, 13), frames, limits_of(dtype))
    for field in SIZES[:3]:
        check(backend, ask, either(4, 6), numbers(dtype, (1, *field)), limits_of(dtype))


@pytest.mark.parametrize("way", [{"resample": "bicubic"}, {"smooth": 2.5}], ids=str)
@pytest.mark.parametrize("value", [1.0, 0.1, 255.0, 1e-30])
def test_a_constant_stays_within_its_limits(
    backend: Renderer, way: dict[str, Any], value: float
) -> None:
    frames = np.full((1, 9, 14), value, np.float32)
    own = float(np.float32(value))
    look = Look(random_cmap(4), under="white", over="#0a14c8")
    for limits in ((0.0, own), (own, 300.0), (own, own)):
        check(backend, Ask(look, way=way), Picture("rgb24", 31, 22), frames, limits)


@pytest.mark.parametrize("fit", ["stretch", "letterbox", "crop"])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_frames_larger_than_any_band(backend: Renderer, dtype: str, fit: str) -> None:
    frames = numbers(dtype, (1, 83, 211))
    for pixel_format in ("yuv420p", "rgb24", "yuv444p", "nv12"):
        for way in ({"blend": "screen"}, {}):
            ask = Ask(replace(GRADED, background="frames"), True, way={"fit": fit, **way})
            check(backend, ask, Picture(pixel_format, 331, 517), frames, limits_of(dtype))
    for size in ((2, 120_001), (30_001, 3)):
        ask = Ask(replace(INFERNAL, background="frames"), way={"fit": fit})
        check(backend, ask, Picture("yuv420p", *size), frames[:, :3, :5], limits_of(dtype))
