"""Every backend renders the bytes that the documented arithmetic demands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    check_batches,
    picture_of,
    random_cmap,
)
from tests.support.oracle import Picture, frame_bytes
from tests.support.pairwise import cases

DTYPES = (
    "bool", "uint8", "int8", "uint16", "int16", "float16", "uint32", "int32", "uint64", "int64",
    "float32", "float64",
)  # fmt: skip
SIZES = [(1, 1), (1, 9), (9, 1), (2, 2), (7, 10), (10, 7), (9, 9), (8, 12)]


def values_of(dtype: str, shape: tuple[int, ...], seed: int = 0) -> NDArray[Any]:
    """Values around the limits of :func:`limits_of`, and all that is special of the dtype."""
    rng = np.random.default_rng((seed, *shape))
    kind = np.dtype(dtype)
    low, high = limits_of(dtype)
    if kind.kind == "b":
        return rng.random(shape) < 0.5
    if kind.kind in "iu":
        info = np.iinfo(kind)
        middle = rng.integers(int(low) - 9, int(high) + 9, shape)
        most = min(info.max, np.iinfo(np.int64).max)  # NumPy 2.0 clips by what fits
        values = np.clip(middle, info.min, most).astype(kind)
        special = [low, high, low - 1, high + 1, info.min, info.max]
        special = [int(min(max(value, info.min), info.max)) for value in special]
    else:
        values = rng.uniform(low - 0.3, high + 0.3, shape).astype(kind)
        info = np.finfo(kind)
        special = [
            low, high, np.nan, np.inf, -np.inf, -0.0, info.smallest_subnormal, info.tiny,
            info.max, info.min, *np.nextafter(kind.type([low, high, high]), kind.type([-9, 9, 0])),
        ]  # fmt: skip
    flat = values.reshape(-1)
    places = rng.permutation(flat.size)[: max(flat.size // 3, 1)]
    flat[places] = np.resize(np.array(special, kind), places.size)
    return values


def limits_of(dtype: str) -> tuple[float, float]:
    if dtype == "bool":
        return (0.0, 1.0)
    if np.dtype(dtype).kind == "f":
        return (-0.7, 1.9)
    if dtype == "int8":
        return (-100.0, 90.0)
    return {1: (11.0, 240.0), 2: (100.0, 30_000.0)}.get(np.dtype(dtype).itemsize, (9.0, 1e6))


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


# --- shapes and memory --------------------------------------------------------------------------


@cases(canvas=CANVASES, size=SIZES, field=SIZES)
def test_every_size_from_every_size(
    backends: Backends, canvas: str, field: tuple[int, int], size: tuple[int, int]
) -> None:
    look = replace(INFERNAL, background="frames")
    check(
        backends,
        picture_of(canvas, *size),
        look,
        values_of("float32", (2, *field)),
        limits_of("float32"),
    )


@cases(
    pixel_format=["yuv420p", "rgb24", "yuv444p", "nv12"],
    background=[None, "frames"],
    size=[(331, 517), (332, 516), (5, 30_001), (30_001, 5)],
    dtype=["uint8", "float32"],
    scale=[1, 3],
)
def test_frames_larger_than_any_band(
    backends: Backends,
    pixel_format: str,
    background: str | None,
    size: tuple[int, int],
    dtype: str,
    scale: int,
) -> None:
    field = (size[0] // scale, size[1] // scale)
    frames = values_of(dtype, (1, *field))
    look = replace(INFERNAL, background=background)
    check(backends, Picture(pixel_format, *size), look, frames, limits_of(dtype))


def strided_views() -> dict[str, Any]:
    return {
        "rows upside down": lambda a: a[:, ::-1],
        "columns mirrored": lambda a: a[:, :, ::-1],
        "both, backwards in time": lambda a: a[::-1, ::-1, ::-1],
        "every second": lambda a: a[::2, ::2, ::2],
        "channels last": lambda a: np.stack([a, a, a], axis=-1)[..., 1],
        "channels first": lambda a: np.stack([a, a], axis=1)[:, 1],
        "transposed": lambda a: a.transpose(0, 2, 1),
        "Fortran order": np.asfortranarray,
        "one row for all": lambda a: np.broadcast_to(a[:, :1], a.shape),
        "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
        "unaligned": lambda a: np.frombuffer(
            b"\0" + a.tobytes(), np.dtype([("pad", "u1"), ("a", a.dtype, a.shape)])
        )["a"][0],
    }


@cases(dtype=["bool", "uint8", "int16", "float16", "float32", "int64"], name=strided_views())
def test_views_of_any_strides(backends: Backends, name: str, dtype: str) -> None:
    frames = strided_views()[name](values_of(dtype, (3, 12, 17)))
    height, width = frames.shape[1:]
    for size in ((height, width), (2 * height + 1, 2 * width + 1)):
        check(backends, Picture("yuv420p", *size), INFERNAL, frames, limits_of(dtype))


@cases(canvas=CANVASES, dtype=["uint8", "int16", "float32", "float64"], size=[(12, 17), (26, 35)])
def test_a_slot_keeps_nothing_from_one_batch_to_the_next(
    backends: Backends, canvas: str, dtype: str, size: tuple[int, int]
) -> None:
    look = replace(INFERNAL, cmap=random_cmap(256, 4), background="frames", under="white")
    picture, limits = picture_of(canvas, *size), limits_of(dtype)
    calm = np.full((3, 12, 17), np.mean(limits)).astype(dtype)
    rng = np.random.default_rng(1)
    batches = [
        Batch(frames, rng.integers(0, 256, (len(frames), picture.frame_bytes), dtype=np.uint8))
        for frames in (
            values_of(dtype, (3, 12, 17), 1), calm, values_of(dtype, (2, 12, 17), 2)[::-1], calm[:1]
        )
    ]  # fmt: skip
    check_batches(backends, picture, look, limits, batches)


@cases(
    canvas=CANVASES,
    dtype=["uint8", "int16", "float32", "float64", "int64"],
    size=[(9, 14), (20, 31)],
)
def test_each_frame_may_bring_its_limits(
    backends: Backends, canvas: str, dtype: str, size: tuple[int, int]
) -> None:
    frames = values_of(dtype, (4, 9, 14))
    limits = [(0.0, 1.0), limits_of(dtype), (1.0, 1.0), (0.1, 1e300)]
    for look in (INFERNAL, replace(INFERNAL, cmap=random_cmap(8, 4), over="transparent")):
        batches = [Batch(frames, None, limits), Batch(frames[:2], None, limits[::-1][:2])]
        check_batches(backends, picture_of(canvas, *size), look, None, batches)


def test_slots_may_be_rendered_at_once(backends: Backends) -> None:
    picture = Picture("yuv420p", 65, 83)
    batches = [values_of("float32", (2, 20, 30), seed) for seed in range(8)]
    wanted = [
        [frame_bytes(frame, picture, INFERNAL.colors, limits_of("float32")) for frame in batch]
        for batch in batches
    ]

    def compare(backend: Renderer) -> None:
        Prepared(backend, picture, INFERNAL, batches[0][0], limits_of("float32"), 2)

        def together(batch: NDArray[Any]) -> NDArray[np.uint8]:
            slot = backend.slot(())
            slot.data = batch
            backend.render(slot)
            backend.wait(slot)
            return slot.frames.copy()

        with ThreadPoolExecutor(4) as pool:
            for got, expected in zip(pool.map(together, batches), wanted, strict=True):
                np.testing.assert_array_equal(got, expected)

    backends.each(compare)


def test_a_slot_offers_a_buffer_for_the_frames_of_a_source(backends: Backends) -> None:
    frames, picture = values_of("int16", (2, 9, 14)), Picture("yuv420p", 9, 14)
    wanted = [frame_bytes(frame, picture, INFERNAL.colors, (0, 9)) for frame in frames]

    def compare(backend: Renderer) -> None:
        prepared = Prepared(backend, picture, INFERNAL, frames[0], (0, 9), 2)
        slot = prepared.slot = backend.slot((9, 14, 3))
        assert slot.input.shape == (2, 9, 14, 3)
        assert slot.input.dtype == np.int16
        slot.input[..., 1] = frames
        np.testing.assert_array_equal(prepared.render(Batch(slot.input[..., 1])), wanted)

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
