"""Every backend shows every kind of field as the documents say: byte for byte."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from heatvid.backends import Renderer
from heatvid.backends._numpy.backend import NumpyBackend
from tests.support.backends import Backends
from tests.support.contract import INFERNAL, Look, picture_of, random_cmap
from tests.support.contract_ways import (
    BACKGROUNDS,
    BLENDS,
    CANVASES,
    EITHER,
    ENDS,
    LABELS,
    SIZES,
    Ask,
    check,
    flows,
    render,
)
from tests.support.fields import limits_of, numbers, spread
from tests.support.oracle import Picture
from tests.support.pairwise import cases

# --- identity and labels ------------------------------------------------------------------------

WHOLE = ("bool", "uint8", "int8", "uint16", "int16", "int32", "uint64", "int64")


@cases(canvas=EITHER, dtype=[*WHOLE, "float16", "float32", "float64"], entries=[1, 7, 256, 300])
def test_identity_takes_values_as_rows(
    backends: Backends, canvas: str, dtype: str, entries: int
) -> None:
    frames = spread(dtype, (2, 9, 14))
    look = Look(random_cmap(entries), **ENDS)  # type: ignore[arg-type]
    ask = Ask(look, way={"norm": "identity"})
    check(backends, ask, picture_of(canvas, 9, 14), frames)
    plain = Ask(Look(random_cmap(entries)), way={"norm": "identity"})
    check(backends, plain, picture_of(canvas, 20, 23), frames)


@cases(canvas=EITHER, dtype=[*WHOLE, "float16", "float32", "float64"], size=[(9, 14), (20, 23)])
def test_labels_start_the_palette_again(
    backends: Backends, canvas: str, dtype: str, size: tuple[int, int]
) -> None:
    frames = spread(dtype, (2, 9, 14))
    for look in (LABELS, replace(LABELS, **ENDS, background="frames")):  # type: ignore[arg-type]
        check(backends, Ask(look, way={"norm": "labels"}), picture_of(canvas, *size), frames)


def test_labels_that_no_double_holds_have_their_own_colours(backends: Backends) -> None:
    for dtype, start in (("int64", 2**62), ("uint64", 2**63)):
        frames = np.arange(60, dtype=dtype).reshape(1, 6, 10) + np.array(start, dtype)
        check(backends, Ask(LABELS, way={"norm": "labels"}), Picture("rgb24", 6, 10), frames)


@cases(canvas=CANVASES, background=BACKGROUNDS, dtype=["uint8", "int32", "float32"])
def test_labels_of_chosen_colours(
    backends: Backends, canvas: str, dtype: str, background: str | None
) -> None:
    frames = np.random.default_rng(0).integers(0, 20, (2, 11, 13)).astype(dtype)
    chosen = {0: "transparent", 3: "#0a14c8", 12: (0.2, 0.4, 0.6, 0.25)}
    ask = Ask(replace(LABELS, background=background), label_colors=chosen, way={"norm": "labels"})
    check(backends, ask, picture_of(canvas, 11, 13), frames)
    check(backends, ask, picture_of(canvas, 6, 17), frames)


@cases(canvas=EITHER, width=[1, 2, 3, 8, 64], size=SIZES)
def test_outlines_lie_between_labels(
    backends: Backends, canvas: str, size: tuple[int, int], width: int
) -> None:
    frames = np.random.default_rng(1).integers(0, 3, (1, 5, 7)).astype(np.int32)
    ask = Ask(
        replace(LABELS, background="frames", alpha=0.3), way={"norm": "labels", "outlines": width}
    )
    check(backends, ask, picture_of(canvas, *size), frames)
    check(backends, ask, picture_of(canvas, *size), frames[:, :1, :1])


@cases(canvas=CANVASES, fit=["letterbox", "crop"], blend=["over", "screen"])
def test_outlines_stay_within_the_field(
    backends: Backends, canvas: str, blend: str, fit: str
) -> None:
    frames = np.random.default_rng(1).integers(0, 5, (1, 6, 9)).astype(np.uint8)
    way = {"norm": "labels", "outlines": 3, "fit": fit, "blend": blend}
    for masked in (False, True):
        ask = Ask(replace(LABELS, background="frames"), masked, way=way)
        check(backends, ask, picture_of(canvas, 25, 19), frames)


def test_labels_that_are_missing_have_no_lines_between_them(backends: Backends) -> None:
    frames = np.random.default_rng(0).integers(0, 3, (1, 9, 12)).astype(np.float32)
    frames[0, 3:8, 2:9] = np.nan
    ask = Ask(replace(LABELS, bad="#0a14c8"), way={"norm": "labels", "outlines": 1})
    check(backends, ask, Picture("rgb24", 9, 12), frames)


def test_outlines_over_many_bands(backends: Backends) -> None:
    frames = np.repeat(np.repeat(numbers("uint8", (1, 4, 6)), 90, 1), 100, 2)
    frames[0, 200:205, 300:302] += 1
    ask = Ask(LABELS, way={"norm": "labels", "outlines": 4})
    check(backends, ask, Picture("yuv420p", 360, 600), frames)


# --- channels -----------------------------------------------------------------------------------


@cases(
    canvas=EITHER,
    channels=[2, 3, 5],
    mode=["argmax", "max", "mean", "norm"],
    dtype=["uint8", "int16", "float16", "float32", "int64", "float64"],
)
def test_several_channels_become_one(
    backends: Backends, canvas: str, dtype: str, mode: str, channels: int
) -> None:
    frames = numbers(dtype, (2, 5, 7, channels))
    limits = limits_of(dtype)
    ask = Ask(replace(INFERNAL, background="frames"), way={"channel": mode})
    check(backends, ask, picture_of(canvas, 5, 7), frames, limits)
    check(backends, ask, picture_of(canvas, 11, 12), frames, limits)


def test_more_classes_than_a_byte_counts(backends: Backends) -> None:
    frames = np.random.default_rng(0).random((1, 4, 5, 300)).astype(np.float32)
    frames[0, 0, 0, 299], frames[0, 1, 1, 256] = 2, 2
    ask = Ask(Look(random_cmap(300)), way={"channel": "argmax"})
    check(backends, ask, Picture("rgb24", 4, 5), frames)


LIMITS3 = [(0.0, 1.0), (-0.7, 1.9), (0.25, 0.5)]
BYTES3 = [(0.0, 255.0), (11.0, 240.0), (7.0, 7.0)]


@cases(
    canvas=CANVASES,
    channels=[3, 4],
    background=BACKGROUNDS,
    dtype=["uint8", "int16", "float16", "float32", "float64"],
)
def test_three_channels_are_colours(
    backends: Backends, canvas: str, dtype: str, background: str | None, channels: int
) -> None:
    frames = numbers(dtype, (2, 9, 14, channels))
    limits = BYTES3 if np.dtype(dtype).kind in "iu" else LIMITS3
    for bad in (None, (0.2, 0.4, 0.6, 0.25)):
        look = replace(INFERNAL, background=background, bad=bad)
        ask = Ask(look, way={"channel": "rgb"})
        check(backends, ask, picture_of(canvas, 9, 14), frames, limits)
        check(backends, ask, picture_of(canvas, 15, 17), frames, limits)


@cases(canvas=CANVASES, blend=BLENDS, fit=["letterbox", "crop"])
def test_colours_blend_and_fit(backends: Backends, canvas: str, blend: str, fit: str) -> None:
    frames = numbers("float32", (1, 6, 9, 3))
    ask = Ask(
        replace(INFERNAL, background="frames", bad=(0.2, 0.4, 0.6, 0.25)),
        masked=True,
        way={"channel": "rgb", "blend": blend, "fit": fit},
    )
    check(backends, ask, picture_of(canvas, 21, 17), frames, LIMITS3)


@cases(canvas=CANVASES, background=BACKGROUNDS, dtype=["float16", "float32", "float64"])
def test_flow_is_within_a_level_of_the_published_wheel(
    backends: Backends, canvas: str, dtype: str, background: str | None
) -> None:
    look = replace(INFERNAL, background=background, bad="#0a14c8")
    for way in ({}, {"blend": "multiply"}, {"fit": "letterbox"}):
        ask = Ask(look, way={"channel": "flow", **way})
        for longest in (5.0, 9.0, 0.0):
            check(
                backends, ask, picture_of(canvas, 9, 14), flows(dtype), (0.0, longest), tolerance=1
            )


@cases(
    longest=[5.0, 1e-7],
    size=[(60, 90), (23, 31)],
    dtype=["float16", "float32", "float64", "int16"],
)
def test_flow_is_the_references_to_the_last_level(
    backends: Backends, dtype: str, size: tuple[int, int], longest: float
) -> None:
    frames = np.random.default_rng(1).normal(0, 3, (2, 60, 90, 2)).astype(dtype)
    frames[1, :4] = np.rint(frames[1, :4])  # quarters and eighths of a turn
    if dtype != "int16":
        frames[0, :9, :14] = flows(dtype)[0]
        frames[1, 0, :3] = [[-0.0, 0], [5, -0.0], [-0.0, -0.0]]
        frames[1, 1] *= np.finfo(dtype).smallest_subnormal
    ask = Ask(INFERNAL, way={"channel": "flow"})
    given = (ask, Picture("rgb24", *size), frames, (0.0, longest))
    wanted = render(NumpyBackend(), *given)

    def compare(backend: Renderer) -> None:
        np.testing.assert_array_equal(render(backend, *given), wanted)

    backends.each(compare)
