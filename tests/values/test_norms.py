"""Values to table rows, and the limits between which they lie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatvid._errors import OptionError
from heatvid._values.index import (
    LinearIndex,
    every_value,
    field_index,
    is_tabled,
    resampled_dtype,
)
from heatvid._values.limits import (
    RUNNING_HALF_LIFE_SECONDS,
    Limits,
    MovingLimits,
    ValueRange,
    dtype_limits,
    frame_limits,
)
from heatvid._values.norms import Norm

FLOATS = ["float16", "float32", "float64"]
finite = st.floats(allow_nan=False, allow_infinity=False)


def index(limits: tuple[float, float], dtype: str, entries: int = 4) -> LinearIndex:
    return LinearIndex(Limits(*limits), entries, np.dtype(dtype))


def rows(values: Any, limits: tuple[float, float], dtype: str, entries: int = 4) -> list[int]:
    return index(limits, dtype, entries)(np.array(values, dtype)).tolist()


# --- the index ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [*FLOATS, "int32", "int64"])
def test_the_limits_are_divided_into_equal_parts(dtype: str) -> None:
    assert rows([0, 24, 25, 49, 50, 74, 75, 99], (0, 100), dtype) == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("dtype", [*FLOATS, "int32", "int64"])
def test_vmax_is_the_last_entry_and_what_lies_outside_has_its_own(dtype: str) -> None:
    assert rows([-1, 0, 100, 101], (0, 100), dtype) == [4, 0, 3, 5]


@pytest.mark.parametrize("dtype", FLOATS)
def test_nan_and_infinities(dtype: str) -> None:
    assert rows([np.nan, np.inf, -np.inf, -0.0], (0, 1), dtype) == [6, 5, 4, 0]


@pytest.mark.parametrize("dtype", [*FLOATS, "int32", "int64"])
def test_equal_limits_are_the_first_entry(dtype: str) -> None:
    assert rows([1, 2, 3], (2, 2), dtype) == [4, 0, 5]


@pytest.mark.parametrize(
    ("limits", "dtype", "working"),
    [
        ((0, 1), "float32", np.float32),
        ((0, 1), "float16", np.float32),
        ((0, 1), "int16", np.float32),
        ((0, 1), "float64", np.float64),
        ((0, 1), "int32", np.float64),
        ((0, 1), "uint32", np.float64),
        ((0, 1), "int64", np.float64),
        ((-3e38, 3e38), "float32", np.float64),  # the range overflows
        ((0, 1e300), "float32", np.float64),
        ((0, 1e-40), "float32", np.float64),  # the scale overflows
        ((1, 1 + 1e-9), "float32", np.float64),  # one number in float32
        ((0.5, 0.5), "float32", np.float32),
        ((0.1, 0.1), "float32", np.float64),
    ],
)
def test_the_working_precision_holds_the_limits(
    limits: tuple[float, float], dtype: str, working: type
) -> None:
    assert index(limits, dtype).working is working


@pytest.mark.parametrize("dtype", FLOATS)
def test_extreme_limits_still_divide_their_range(dtype: str) -> None:
    assert rows([-1, 0, 1], (-1e308, 1e308), dtype) == [2, 2, 2] or dtype == "float64"
    assert rows([0, 1], (0, 5e-324), dtype) == [0, 5]
    assert rows([0, 1], (-1e308, 0), dtype) == [3, 5]
    assert rows([np.inf, -np.inf], (-1e308, 1e308), dtype) == [5, 4]


def test_doubles_over_their_whole_range() -> None:
    assert rows([-1e308, -6e307, -1e-300, 0, 6e307, 1e308], (-1e308, 1e308), "float64") == [
        0, 0, 2, 2, 3, 3,
    ]  # fmt: skip


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize(
    ("limits", "value", "place"),
    [
        ((0, 4), 0, 0), ((0, 4), 4, 1), ((0, 4), 1, 0.25), ((0, 4), 8, 2), ((0, 4), -2, -0.5),
        ((7, 7), 6, 0), ((7, 7), 7, 1), ((7, 7), 8, 1),
    ],
)  # fmt: skip
def test_a_value_has_its_place_between_the_limits(
    limits: tuple[float, float], value: float, place: float, dtype: str
) -> None:
    assert field_index(Norm(), Limits(*limits), 256, np.dtype(dtype)).place(value) == place


@given(finite, finite, st.lists(st.floats(width=32), max_size=20), st.integers(1, 300))
def test_rows_rise_with_the_values(
    one: float, other: float, values: list[float], entries: int
) -> None:
    limits = (min(one, other), max(one, other))
    ordered = np.sort(np.array([value for value in values if value == value], np.float32))
    got = index(limits, "float32", entries)(ordered)
    rank = np.where(got == entries, -1, got)  # under lies below the first, over above the last
    assert (np.diff(rank) >= 0).all()
    assert ((got >= 0) & (got <= entries + 1)).all()


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "uint16", "int16", "float16"])
@pytest.mark.parametrize("limits", [(0, 1), (-50.5, 99), (7, 7), (0.1, 1e300), (-1e308, 1e308)])
def test_every_value_of_a_narrow_dtype_has_its_row(dtype: str, limits: tuple[float, float]) -> None:
    linear = index(limits, dtype, 256)
    table, values = linear.of_every_value(), every_value(np.dtype(dtype))
    assert len(table) == len(values) == 2 ** (8 * np.dtype(dtype).itemsize)
    unsigned = values.view(f"u{np.dtype(dtype).itemsize}")
    highest = 1 if dtype == "bool" else len(values)
    np.testing.assert_array_equal(unsigned, np.minimum(np.arange(len(values)), highest))
    straight = linear(values.astype(np.float64) if dtype != "float16" else values)
    assert np.abs(table - straight).max() <= 1  # integers may lie on bin edges
    assert ((table >= 256) == (straight >= 256)).all()


def test_bytes_that_are_neither_true_nor_false_are_true() -> None:
    assert index((0, 1), "bool").of_every_value().tolist() == [0] + [3] * 255


@pytest.mark.parametrize(
    ("dtype", "tabled", "precision"),
    [
        ("bool", True, "float32"),
        ("uint16", True, "float32"),
        ("float16", True, "float32"),
        ("float32", False, "float32"),
        ("int32", False, "float64"),
        ("uint64", False, "float64"),
        ("float64", False, "float64"),
    ],
)
def test_what_each_dtype_is_computed_in(dtype: str, tabled: bool, precision: str) -> None:
    assert is_tabled(dtype) is tabled
    assert resampled_dtype(np.dtype(dtype)) == np.dtype(precision)


# --- limits -------------------------------------------------------------------------------------


def test_uint8_and_bool_have_limits_of_their_own() -> None:
    assert dtype_limits(np.dtype(np.uint8)) == (0, 255)
    assert dtype_limits(np.dtype(bool)) == (0, 1)
    assert dtype_limits(np.dtype(np.int8)) is None
    assert dtype_limits(np.dtype(np.float32)) is None


@pytest.mark.parametrize(
    ("vmin", "vmax", "found", "limits"),
    [
        (None, None, (2, 5), (2, 5)),
        (3, None, (2, 5), (3, 5)),
        (None, 4, (2, 5), (2, 4)),
        (3, 4, (2, 5), (3, 4)),
        (9, None, (2, 5), (9, 9)),
        (None, 1, (2, 5), (1, 1)),
        (None, None, (None, None), (0, 0)),
        (3, None, (None, None), (3, 3)),
        (None, 4, (None, None), (4, 4)),
    ],
)
def test_given_limits_go_before_found_ones(
    vmin: float | None, vmax: float | None, found: Any, limits: tuple[float, float]
) -> None:
    assert ValueRange(vmin, vmax).limits(*found) == limits


def test_fixed_limits_are_known_beforehand() -> None:
    assert ValueRange(1, 2).fixed == (1, 2)
    assert ValueRange(2, 2).fixed == (2, 2)
    assert ValueRange(1, None).fixed is None


def test_limits_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(OptionError, match=r"^vmin: 2.* is greater than vmax, 1.*NAME_r") as error:
        ValueRange(2.0, 1.0)
    assert "\n" not in str(error.value)


def test_a_frame_has_the_limits_of_its_finite_values() -> None:
    frame = np.array([[np.nan, 3, np.inf], [-np.inf, -2, 1]])
    assert frame_limits(frame, (0.0, 100.0)) == (-2, 3)
    assert frame_limits(np.full((2, 2), np.nan), (0.0, 100.0)) is None
    assert frame_limits(np.array([[np.inf, -np.inf]]), (1.0, 99.0)) is None
    assert frame_limits(np.array([[True, True]]), (0.0, 100.0)) == (1, 1)
    assert frame_limits(np.array([[-1e308, 1e308, np.nan]]), (25.0, 75.0)) == (-5e307, 5e307)
    assert frame_limits(np.array([[-(2**63), 2**63 - 1]]), (0.0, 100.0)) == (-(2.0**63), 2.0**63)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float16", "float32", "int64"])
def test_a_frame_has_the_percentiles_of_numpy(dtype: str) -> None:
    frame = np.random.default_rng(0).integers(0, 100, (31, 40)).astype(dtype)
    expected = np.percentile(frame.astype(np.float64), [2.5, 97.5])
    assert frame_limits(frame, (2.5, 97.5)) == tuple(expected)


# --- moving limits ------------------------------------------------------------------------------


def frames_between(*limits: tuple[float, float]) -> np.ndarray[Any, Any]:
    return np.array([[[low, high]] for low, high in limits], np.float32)


def following(value_range: ValueRange, fps: float) -> Callable[[Any], tuple[Limits, ...]]:
    """Give a function of consecutive frames, (n, H, W): the limits of each."""
    moving = MovingLimits(value_range, fps)
    return lambda frames: tuple(moving(frame_limits(frame, (0.0, 100.0))) for frame in frames)


def test_the_scope_of_a_frame_is_its_own_limits() -> None:
    moving = following(ValueRange(scope="frame"), 30)
    assert moving(frames_between((0, 1), (5, 9))) == ((0, 1), (5, 9))
    assert moving(frames_between((-3, -2))) == ((-3, -2),)


def test_running_limits_start_at_the_first_frames_own() -> None:
    moving = following(ValueRange(scope="running"), 30)
    assert moving(frames_between((3, 4))) == ((3, 4),)


@pytest.mark.parametrize("fps", [1, 24, 30, 59.94])
def test_running_limits_follow_the_documented_formula(fps: float) -> None:
    own = np.random.default_rng(0).normal(0, 1, (50, 2))
    own.sort(axis=1)
    own = own.astype(np.float32).astype(float)
    moving = following(ValueRange(scope="running"), fps)
    got = moving(frames_between(*map(tuple, own)))
    weight = 1 - 0.5 ** (1 / (fps * RUNNING_HALF_LIFE_SECONDS))
    expected = own[0].copy()
    for limits, frame in zip(got, own, strict=True):
        expected += (frame - expected) * weight
        np.testing.assert_allclose(limits, expected, rtol=1e-12, atol=1e-12)


def test_running_limits_go_half_the_way_in_a_second() -> None:
    assert RUNNING_HALF_LIFE_SECONDS == 1
    moving = following(ValueRange(scope="running"), 30)
    moving(frames_between((0, 1)))
    last = moving(frames_between(*[(8, 11)] * 30))[-1]
    np.testing.assert_allclose(last, (4, 6))


def test_running_limits_do_not_flicker() -> None:
    noise = np.random.default_rng(0).normal(0, 1, (300, 40, 40)).astype(np.float32)
    own = np.array(following(ValueRange(scope="frame"), 30)(noise))
    running = np.array(following(ValueRange(scope="running"), 30)(noise))
    assert np.abs(np.diff(running, axis=0)).mean() < np.abs(np.diff(own, axis=0)).mean() / 20


def test_limits_move_alike_however_the_frames_are_batched() -> None:
    frames = np.random.default_rng(0).normal(0, 1, (20, 4, 5))
    whole = following(ValueRange(scope="running"), 30)(frames)
    moving = following(ValueRange(scope="running"), 30)
    assert whole == sum((moving(frames[i : i + 3]) for i in range(0, 20, 3)), ())


@pytest.mark.parametrize("scope", ["frame", "running"])
def test_frames_without_a_finite_value_leave_the_limits_as_they_are(scope: Any) -> None:
    moving = following(ValueRange(scope=scope), 30)
    empty = np.full((1, 1, 2), np.nan, np.float32)
    assert moving(empty) == ((0, 0),)
    assert moving(frames_between((1, 2))) == ((1, 2),)
    assert moving(empty) == ((1, 2),)


@pytest.mark.parametrize("scope", ["frame", "running"])
def test_a_fixed_limit_does_not_move(scope: Any) -> None:
    moving = following(ValueRange(vmin=0.0, scope=scope), 30)
    assert {limits.vmin for limits in moving(frames_between((1, 2), (-5, 9), (-5, -4)))} == {0}


@given(st.lists(finite, min_size=1, max_size=10))
def test_running_limits_stay_in_order_and_finite(values: list[float]) -> None:
    frames = np.array([[[value, 0.0]] for value in values])
    for low, high in following(ValueRange(scope="running"), 30)(frames):
        assert np.isfinite([low, high]).all()
        assert low <= high
