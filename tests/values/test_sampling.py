"""Where the samples of a canvas lie on a field, by exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from heatvid._values.sampling import AxisSamples, axis_samples, gaussian_kernel, place
from tests.support.oracle_shrinking import shares, shrinks
from tests.support.oracle_ways import fitted, keys, neighbours

sides = st.integers(1, 500)
sizes = st.tuples(sides, sides)
fits: Any = st.sampled_from(["stretch", "letterbox", "crop"])


@given(sizes, sizes, fits)
def test_placements_are_exact(field: tuple[int, int], content: tuple[int, int], fit: Any) -> None:
    for placed, axis in zip(place(field, content, fit), fitted(field, content, fit), strict=True):
        assert placed.window == (axis.offset, axis.extent)
        assert placed.covered == (axis.start, axis.stop)


@given(sizes, sizes)
def test_a_letterboxed_field_is_whole_centred_and_touches_two_edges(
    field: tuple[int, int], content: tuple[int, int]
) -> None:
    rows, columns = (placed.covered for placed in place(field, content, "letterbox"))
    free = [(start, size - stop) for (start, stop), size in zip((rows, columns), content)]  # noqa: B905
    assert (0, 0) in free
    assert all(0 <= after - before <= 1 for before, after in free)
    height, width = rows[1] - rows[0], columns[1] - columns[0]
    assert abs(Fraction(height, width) - Fraction(*field)) <= Fraction(*field) * Fraction(
        1, min(height, width)
    ) + Fraction(1, width)


@given(sizes, sizes)
def test_a_cropped_field_fills_the_canvas_in_its_own_aspect(
    field: tuple[int, int], content: tuple[int, int]
) -> None:
    (_, height), (_, width) = (placed.window for placed in place(field, content, "crop"))
    assert height * content[1] == width * content[0]
    assert height == field[0] or width == field[1]
    assert height <= field[0]
    assert width <= field[1]


@pytest.mark.parametrize("fit", ["letterbox", "crop"])
def test_the_same_aspect_is_stretched(fit: Any) -> None:
    for field, content in (((3, 7), (9, 21)), ((90, 210), (30, 70)), ((11, 13), (143, 169))):
        assert place(field, content, fit) == place(field, content, "stretch")


@given(sizes, sizes, fits, st.sampled_from(["nearest", "bilinear", "bicubic"]))
def test_samples_and_weights_are_those_of_the_fractions(
    field: tuple[int, int], content: tuple[int, int], fit: Any, mode: Any
) -> None:
    axis = fitted(field, content, fit)[0]
    placed = place(field, content, fit)[0]
    samples = axis_samples(field[0], content[0], content[0], mode, placed.window, placed.covered)
    shown = range(axis.start, axis.stop)
    if mode != "nearest" and shrinks(axis):
        for i, parts in zip(shown, shares(axis), strict=True):
            got = weights_of(samples, i, field[0])
            wanted = np.zeros(field[0])
            for cell, share in parts:
                wanted[cell] = share
            np.testing.assert_allclose(got, wanted, atol=1e-6)
            assert samples.own_weight is not None
            assert samples.own_weight[i] == parts[0][1]
        return
    for i, (first, others) in zip(shown, neighbours(axis, mode), strict=True):
        got = weights_of(samples, i, field[0])
        wanted = np.zeros(field[0])
        wanted[first] += 1
        for tap, weight in others:
            wanted[tap] += float(weight)
            wanted[first] -= float(weight)
        np.testing.assert_allclose(got, wanted, atol=1e-6)


def weights_of(samples: AxisSamples, i: int, size: int) -> Any:
    """How much each sample of the field counts for canvas sample ``i``."""
    weights = np.zeros(size)
    weights[samples.first[i]] += 1
    pairs = []
    if samples.weight is not None:
        pairs = [(samples.second[i], samples.weight[i])]
    if samples.taps is not None and samples.tap_weights is not None:
        pairs = list(zip(samples.taps[:, i], samples.tap_weights[:, i], strict=True))
    for tap, weight in pairs:
        weights[tap] += float(weight)
        weights[samples.first[i]] -= float(weight)
    return weights


@given(sizes, sizes, fits, st.sampled_from(["nearest", "bilinear", "bicubic"]), st.data())
def test_a_part_is_the_same_samples_of_fewer(
    field: tuple[int, int], content: tuple[int, int], fit: Any, mode: Any, data: st.DataObject
) -> None:
    placed = place(field, content, fit)[0]
    samples = axis_samples(field[0], content[0], content[0], mode, placed.window, placed.covered)
    start = data.draw(st.integers(0, content[0] - 1))
    stop = data.draw(st.integers(start + 1, content[0]))
    used, part = samples.part(start, stop)
    own = np.arange(field[0])[used]
    shown = placed.covered[1] - placed.covered[0]
    step = math.ceil(placed.window[1] / shown) + 1
    assert len(own) <= max(5 if mode == "bicubic" else 2, step) * (stop - start)
    for i in range(stop - start):
        got = np.zeros(field[0])
        got[own] = weights_of(part, i, len(own))
        np.testing.assert_array_equal(got, weights_of(samples, start + i, field[0]))


@given(sides, sides, st.sampled_from(["bilinear", "bicubic"]))
def test_runs_are_between_the_same_samples(field: int, content: int, mode: Any) -> None:
    samples = axis_samples(field, content, content, mode)
    places = [samples.first, *(places for places, _ in samples.neighbours)]
    needs = np.array(places).T
    for start, stop in samples.runs:
        assert (needs[start:stop] == needs[start]).all()
        assert stop == content or (needs[stop] != needs[start]).any()
    assert sum(stop - start for start, stop in samples.runs) == content


@given(st.integers(4, 60), st.integers(1, 200))
def test_bicubic_reproduces_parabolas_between_the_edges(field: int, content: int) -> None:
    """Of the third order, as Keys proves for a = -1/2."""
    assume(field <= content)
    samples = axis_samples(field, content, content, "bicubic")
    x, centres = np.arange(field, dtype=float), (np.arange(content) + 0.5) * field / content - 0.5
    inside = np.flatnonzero((centres >= 1) & (centres <= field - 2))
    assume(len(inside))
    got = np.array([weights_of(samples, i, field) @ (x * x) for i in inside])
    np.testing.assert_allclose(got, centres[inside] ** 2, rtol=0, atol=1e-4 * field)


def test_the_cubic_kernel_is_the_published_one() -> None:
    samples = axis_samples(9, 27, 27, "bicubic")
    assert samples.taps is not None
    for i in range(6, 21):
        centre = (i + Fraction(1, 2)) / 3 - Fraction(1, 2)
        got = weights_of(samples, i, 9)
        wanted = [float(keys(centre - tap)) for tap in range(9)]
        np.testing.assert_allclose(got, wanted, atol=1e-7)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_a_weight_of_nothing_lets_no_nan_through(mode: Any) -> None:
    samples = axis_samples(5, 15, 15, mode)
    for i in range(1, 15, 3):  # exactly on the field's own samples
        assert np.count_nonzero(weights_of(samples, i, 5)) == 1
        others = samples.second[i] if mode == "bilinear" else samples.taps[:, i]  # type: ignore[index]
        assert (others == samples.first[i]).all()


@given(st.floats(1, 50))
def test_a_gaussian_kernel_is_as_wide_as_asked_for(sigma: float) -> None:
    kernel = gaussian_kernel(sigma)
    radius = len(kernel) // 2
    spread = (kernel.astype(float) * np.arange(-radius, radius + 1) ** 2).sum()
    assert 0.9 * sigma < spread**0.5 <= sigma


@given(st.floats(0.01, 50))
def test_a_gaussian_kernel_is_even_and_sums_to_one(sigma: float) -> None:
    kernel = gaussian_kernel(sigma)
    radius = len(kernel) // 2
    assert kernel.dtype == np.float32
    assert radius == max(1, round(3 * sigma))
    assert kernel.sum(dtype=float) == pytest.approx(1, abs=1e-6)
    np.testing.assert_array_equal(kernel, kernel[::-1])
