"""Every backend renders fields of any size and strides, in slots of their own, many at once."""

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
    INFERNAL,
    Batch,
    Prepared,
    check,
    check_batches,
    picture_of,
    random_cmap,
)
from tests.support.contract_values import limits_of, values_of
from tests.support.oracle import Picture, frame_bytes
from tests.support.pairwise import cases

SIZES = [(1, 1), (1, 9), (9, 1), (2, 2), (7, 10), (10, 7), (9, 9), (8, 12)]


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
