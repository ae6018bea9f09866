"""What is decided before the first pixel."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from heatvid._canvas import Canvas
from heatvid._cores import available_cores
from heatvid._errors import OptionError
from heatvid._options.options import Options
from heatvid._plan.make import BATCH_BYTES, make_plan
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import Limits
from heatvid._values.sampling import axis_samples

sizes = st.integers(1, 3000)


def plan(
    field_size: tuple[int, int] = (10, 12),
    dtype: str = "float32",
    *,
    canvas: Canvas | None = None,
    background: str | None = None,
    **options: Any,
) -> TilePlan:
    return make_plan(
        Options(**options),
        canvas=canvas or Canvas("yuv420p", *field_size),
        field_size=field_size,
        field_dtype=np.dtype(dtype),
        limits=Limits(0, 1),
        background=background,
    )


# --- sample positions ---------------------------------------------------------------------------


def places(field: int, content: int, size: int) -> list[Fraction]:
    return [(min(i, content - 1) + Fraction(1, 2)) * Fraction(field, content) for i in range(size)]


@given(sizes, st.integers(0, 1))
def test_samples_of_the_same_size_are_not_interpolated(size: int, padding: int) -> None:
    assert axis_samples(size, size, size + padding, "bilinear").weight is None


@given(sizes, sizes, st.integers(0, 1))
def test_bilinear_samples_lie_around_their_places(field: int, content: int, padding: int) -> None:
    assume(field < content)
    samples = axis_samples(field, content, content + padding, "bilinear")
    assert samples.weight is not None
    assert samples.weight.dtype == np.float32
    for i, place in enumerate(places(field, content, content + padding)):
        centre = min(max(place - Fraction(1, 2), Fraction(0)), Fraction(field - 1))
        first, weight = int(samples.first[i]), samples.weight[i]
        assert first == int(centre)
        assert weight == np.float32(float(centre - int(centre)))
        assert samples.second[i] == (first + 1 if weight else first)
    assert samples.second.max() <= field - 1


@given(sizes, sizes, st.integers(0, 1))
def test_nearest_samples_are_those_that_hold_their_places(
    field: int, content: int, padding: int
) -> None:
    samples = axis_samples(field, content, content + padding, "nearest")
    assert samples.weight is None
    assert samples.first.tolist() == [int(p) for p in places(field, content, content + padding)]
    np.testing.assert_array_equal(samples.first, samples.second)


def test_samples_of_a_doubled_axis() -> None:
    samples = axis_samples(2, 4, 4, "bilinear")
    assert samples.weight is not None
    assert samples.first.tolist() == [0, 0, 0, 1]
    assert samples.second.tolist() == [0, 1, 1, 1]
    assert samples.weight.tolist() == [0, 0.25, 0.75, 0]
    assert axis_samples(2, 4, 4, "nearest").first.tolist() == [0, 0, 1, 1]


def test_padding_repeats_the_last_sample() -> None:
    for mode in ("nearest", "bilinear"):
        samples = axis_samples(4, 7, 8, mode)  # type: ignore[arg-type]
        assert samples.first[7] == samples.first[6]
        assert samples.second[7] == samples.second[6]


def test_only_an_axis_of_the_same_size_is_the_identity() -> None:
    assert axis_samples(5, 5, 5, "bilinear").identity
    assert axis_samples(5, 5, 5, "nearest").identity
    assert not axis_samples(5, 5, 6, "bilinear").identity
    assert not axis_samples(5, 4, 4, "nearest").identity
    assert not axis_samples(5, 7, 7, "bilinear").identity


# --- the canvas ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pixel_format", "content", "padded", "size"),
    [
        ("yuv420p", (1, 1), (2, 2), 6),
        ("yuv420p", (7, 10), (8, 10), 120),
        ("yuv420p", (8, 11), (8, 12), 144),
        ("nv12", (7, 11), (8, 12), 144),
        ("yuv444p", (7, 11), (7, 11), 231),
        ("rgb24", (1, 1), (1, 1), 3),
        ("rgb24", (7, 11), (7, 11), 231),
    ],
)
def test_odd_sizes_are_padded_by_one(
    pixel_format: Any, content: tuple[int, int], padded: tuple[int, int], size: int
) -> None:
    canvas = Canvas(pixel_format, *content)
    assert (canvas.height, canvas.width) == padded
    assert canvas.frame_bytes == size


@pytest.mark.parametrize("pixel_format", ["yuv420p", "nv12", "yuv444p", "rgb24"])
def test_planes_fill_a_frame_in_order(pixel_format: Any) -> None:
    canvas = Canvas(pixel_format, 5, 7)
    frame = np.arange(canvas.frame_bytes).astype(np.uint8)
    parts = [plane.of(frame) for plane in canvas.planes]
    np.testing.assert_array_equal(np.concatenate([part.reshape(-1) for part in parts]), frame)
    assert all(np.shares_memory(part, frame) for part in parts)


# --- the plan -----------------------------------------------------------------------------------


def test_a_plan_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan().threads = 9  # type: ignore[misc]


@pytest.mark.parametrize(
    ("dtype", "scale", "tabled", "interpolates"),
    [
        ("uint8", 1, True, False),
        ("float16", 1, True, False),
        ("float32", 1, False, False),
        ("uint8", 2, False, True),
        ("int16", 3, False, True),
    ],
)
def test_narrow_values_are_tabled_unless_new_ones_arise(
    dtype: str, scale: int, tabled: bool, interpolates: bool
) -> None:
    canvas = Canvas("yuv420p", 10 * scale, 12 * scale)
    field = plan(dtype=dtype, canvas=canvas).field
    assert (field.tabled, field.interpolates) == (tabled, interpolates)
    assert field.index_dtype == (np.float32 if interpolates else np.dtype(dtype))
    nearest = plan(dtype=dtype, canvas=canvas, resample="nearest").field
    assert (nearest.tabled, nearest.interpolates) == (np.dtype(dtype).itemsize <= 2, False)


def test_alpha_is_a_half_over_a_background_and_whole_without() -> None:
    assert plan().table(Limits(0, 1)).opaque
    for options, transmission in (({}, 32_768), ({"alpha": 0.25}, 49_152)):
        table = plan(background="frames", **options).table(Limits(0, 1))
        assert set(table.transmission[:-2]) == {transmission}
        assert table.transmission[-2:].tolist() == [0, 65_536]  # outlines, and outside the field
    assert plan(background="frames").blends


def test_a_background_of_one_colour_is_blended_into_the_table() -> None:
    rgb = Canvas("rgb24", 10, 12)
    alone = plan(canvas=rgb, cmap=["white"], alpha=0.5)
    over_red = make_plan(
        Options(cmap=["white"], background="red"),
        canvas=rgb,
        field_size=(10, 12),
        field_dtype=np.dtype(np.uint8),
        limits=None,
        background="color",
    )
    for made, color in ((alone, [127.5, 127.5, 127.5]), (over_red, [255, 127.5, 127.5])):
        assert not made.blends
        table = made.table(Limits(0, 1))
        assert table.opaque
        assert (table.premultiplied[0] / 65_536).tolist() == color


@pytest.mark.parametrize(
    ("field_size", "count"), [((1, 1), 256), ((100, 100), 256), ((5000, 5000), 1)]
)
def test_batches_are_of_a_bounded_size(field_size: tuple[int, int], count: int) -> None:
    made = plan(field_size)
    assert made.batch_size == count
    assert plan(field_size, batch_size=3).batch_size == 3


def test_a_batch_of_usual_frames_fills_its_memory() -> None:
    made = plan((480, 640), background="frames")
    frame = 480 * 640 * 4 + 2 * made.canvas.frame_bytes
    assert BATCH_BYTES - frame < made.batch_size * frame <= BATCH_BYTES


def test_threads_are_the_cores_unless_asked_for() -> None:
    assert 1 <= plan().threads <= 8
    assert plan().threads <= available_cores()
    assert plan(threads=17).threads == 17


@pytest.mark.parametrize(
    ("option", "value"), [("cmap", "virdis"), ("under", "no colour"), ("bad", 3), ("over", "#1")]
)
def test_bad_colours_are_refused_before_anything_is_rendered(option: str, value: Any) -> None:
    with pytest.raises(OptionError, match=f"^{option}: "):
        plan(**{option: value})


def test_a_batch_counts_its_masks_and_is_no_longer_than_the_sequence() -> None:
    def made(**settings: Any) -> TilePlan:
        given = {"mask_shape": None, "length": None, "batch_size": None, **settings}
        return make_plan(
            Options(batch_size=given["batch_size"]),
            canvas=Canvas("yuv420p", 16, 16),
            field_size=(16, 16),
            field_dtype=np.dtype("float32"),
            limits=Limits(0, 1),
            background=None,
            mask_shape=given["mask_shape"],
            length=given["length"],
        )

    assert made(mask_shape=(1080, 1920)).batch_size == 2
    assert made(mask_shape=(5000, 5000)).batch_size == 1
    assert made(length=7).batch_size == 7
    assert made(batch_size=10**9, length=7).batch_size == 7
    assert made(batch_size=3, length=7).batch_size == 3
