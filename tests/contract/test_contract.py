"""Every backend renders the bytes that the documented arithmetic demands, of every value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from heatvid.backends import Renderer
from tests.support.backends import Backends
from tests.support.contract import (
    CANVASES,
    EVERY_CANVAS,
    INFERNAL,
    SHADES,
    Batch,
    Look,
    Prepared,
    check,
    picture_of,
    random_cmap,
)
from tests.support.contract_values import DTYPES, limits_of, values_of
from tests.support.oracle import Picture
from tests.support.pairwise import cases

# --- values ------------------------------------------------------------------------------------


@cases(canvas=CANVASES, size=[(23, 31), (24, 30)], dtype=DTYPES)
def test_every_dtype_at_its_own_size(
    backends: Backends, canvas: str, dtype: str, size: tuple[int, int]
) -> None:
    check(
        backends,
        picture_of(canvas, *size),
        INFERNAL,
        values_of(dtype, (2, *size)),
        limits_of(dtype),
    )


@cases(canvas=CANVASES, resample=["bilinear", "nearest"], dtype=DTYPES)
def test_every_dtype_resampled(backends: Backends, canvas: str, dtype: str, resample: str) -> None:
    look = replace(INFERNAL, resample=resample)
    check(
        backends, picture_of(canvas, 25, 34), look, values_of(dtype, (2, 9, 14)), limits_of(dtype)
    )


@cases(canvas=CANVASES, dtype=["uint8", "uint16", "int16", "float16", "float32", "int64"])
def test_under_over_and_bad_have_rows_of_their_own(
    backends: Backends, canvas: str, dtype: str
) -> None:
    under, over, bad, _ = SHADES
    look = replace(INFERNAL, under=under, over=over, bad=bad)
    check(backends, picture_of(canvas, 9, 14), look, values_of(dtype, (3, 9, 14)), limits_of(dtype))
    check(
        backends, picture_of(canvas, 25, 34), look, values_of(dtype, (1, 9, 14)), limits_of(dtype)
    )


@cases(canvas=CANVASES, dtype=DTYPES)
def test_one_limit_that_is_both(backends: Backends, canvas: str, dtype: str) -> None:
    look = replace(INFERNAL, under="white", over="#0a14c8")
    frames = np.array([[[0, 1, 0, 1, 1, 0]]], dtype)
    for limit in (0.0, 1.0, 0.5):
        check(backends, picture_of(canvas, 1, 6), look, frames, (limit, limit))
        check(backends, picture_of(canvas, 1, 6), INFERNAL, frames, (limit, limit))
    check(backends, picture_of(canvas, 5, 11), look, frames, (1.0, 1.0))


@cases(canvas=CANVASES, entries=[1, 2, 3], far=[1.2e38, 1.7e38])
def test_few_colours_far_apart_have_exact_edges(
    backends: Backends, canvas: str, entries: int, far: float
) -> None:
    """Their scale is a number that float32 holds with few digits."""
    edges = np.float32(far) * (np.arange(entries + 1) * 2 / entries - 1)
    beside = np.float32(edges)[:, None].view(np.int32) + np.arange(-24, 24, dtype=np.int32)
    frames = beside.view(np.float32)[None]
    check(
        backends,
        picture_of(canvas, *frames.shape[1:]),
        Look(random_cmap(entries)),
        frames,
        (-far, far),
    )


@cases(
    canvas=CANVASES,
    far=[1e308, 1.7e308, 3e38],
    size=[(8, 11), (17, 23)],
    dtype=["float32", "float64"],
)
def test_limits_as_far_apart_as_there_are(
    backends: Backends, canvas: str, far: float, size: tuple[int, int], dtype: str
) -> None:
    frames = np.linspace(-3e38, 3e38, 88).reshape(1, 8, 11) * (far / 3e38)
    with np.errstate(over="ignore"):
        check(backends, picture_of(canvas, *size), INFERNAL, frames.astype(dtype), (-far, far))


@cases(canvas=CANVASES)
def test_a_batch_without_anything_special(backends: Backends, canvas: str) -> None:
    smooth = np.linspace(0.01, 0.99, 2 * 40 * 60, dtype=np.float32).reshape(2, 40, 60)
    check(backends, picture_of(canvas, 40, 60), INFERNAL, smooth, (0, 1))


@cases(
    canvas=CANVASES, value=[np.nan, np.inf, -np.inf, 0.0], dtype=["float16", "float32", "float64"]
)
def test_frames_of_one_value(backends: Backends, canvas: str, dtype: str, value: float) -> None:
    frames = np.full((1, 5, 6), value, dtype)
    check(backends, picture_of(canvas, 5, 6), INFERNAL, frames, (0, 1))
    check(backends, picture_of(canvas, 9, 13), INFERNAL, frames, (0, 1))


def test_nan_reaches_only_pixels_that_it_has_a_part_in(backends: Backends) -> None:
    frame = np.zeros((1, 3, 3), np.float32)
    frame[0, 1, 1] = np.nan
    picture, look = Picture("rgb24", 9, 9), replace(INFERNAL, bad="white")

    def compare(backend: Renderer) -> None:
        got = Prepared(backend, picture, look, frame[0], (0, 1)).render(Batch(frame))
        bad = (got.reshape(9, 9, 3) == 255).all(axis=-1)
        assert bad[2:7, 2:7].all()
        assert bad.sum() == 25

    backends.each(compare)


# --- colours and blending -----------------------------------------------------------------------


@cases(
    canvas=EVERY_CANVAS,
    alpha=[None, 0.0, 0.3, 0.5, 1.0],
    background=[None, "color", "frames"],
    channels=[3, 4],
    dtype=["uint8", "float32"],
)
def test_every_blend(
    backends: Backends,
    canvas: str,
    dtype: str,
    channels: int,
    background: str | None,
    alpha: float | None,
) -> None:
    look = Look(random_cmap(256, channels), background=background, alpha=alpha)
    check(
        backends, picture_of(canvas, 25, 33), look, values_of(dtype, (2, 25, 33)), limits_of(dtype)
    )
    check(
        backends, picture_of(canvas, 25, 33), look, values_of(dtype, (1, 12, 40)), limits_of(dtype)
    )


@cases(
    canvas=CANVASES,
    entries=[1, 2, 8, 255, 256, 257, 300],
    channels=[3, 4],
    background=[None, "frames"],
    dtype=["uint8", "int16", "float32", "float64"],
)
def test_tables_of_every_length(
    backends: Backends, canvas: str, dtype: str, background: str | None, channels: int, entries: int
) -> None:
    look = Look(random_cmap(entries, channels), background=background)
    for ends in ({}, {"bad": "white"}, {"under": "transparent", "over": "#0a14c8"}):
        frames = values_of(dtype, (1, 15, 22))
        check(backends, picture_of(canvas, 15, 22), replace(look, **ends), frames, limits_of(dtype))


@cases(canvas=CANVASES, background=[None, "color", "frames"])
def test_transparent_bad_values_show_what_is_behind(
    backends: Backends, canvas: str, background: str | None
) -> None:
    look = replace(INFERNAL, bad="transparent", background=background, alpha=1.0)
    check(
        backends, picture_of(canvas, 9, 14), look, np.full((1, 9, 14), np.nan, np.float32), (0, 1)
    )
    check(backends, picture_of(canvas, 9, 14), look, values_of("float32", (1, 9, 14)), (0, 1))


@cases(canvas=EVERY_CANVAS, color=[(0, 0, 255), (255, 0, 0), (255, 255, 0), (255, 255, 255)])
def test_extreme_colours_fit_their_bytes(
    backends: Backends, canvas: str, color: tuple[int, int, int]
) -> None:
    for background in (None, "frames"):
        look = Look(np.array([color, color], np.uint8), background=background, alpha=1.0)
        check(backends, picture_of(canvas, 4, 6), look, values_of("float32", (1, 4, 6)), (0, 1))


@cases(dtype=["float16", "float32", "float64"])
def test_any_bits_of_a_float_are_a_value(backends: Backends, dtype: str) -> None:
    unsigned = np.dtype(f"u{np.dtype(dtype).itemsize}")
    bits = np.random.default_rng(0).integers(0, np.iinfo(unsigned).max, (1, 40, 50), unsigned)
    info = np.finfo(dtype)
    infinity = int(np.array(np.inf, dtype).view(unsigned))
    bits[0, ::2, ::3] = infinity + 1  # NaN that signals
    bits[0, 1::7, ::5] = infinity | (1 << (info.nmant - 1))
    look = replace(INFERNAL, bad="white")
    for limits in ((-1.0, 1.0), (0.1, 0.1), (-1e300, 1e300)):
        check(backends, Picture("rgb24", 40, 50), look, bits.view(dtype), limits)
        check(backends, Picture("rgb24", 77, 51), look, bits.view(dtype), limits)
