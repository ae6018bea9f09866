"""Ticks are those of matplotlib's own colourbars: the same places, the same texts."""

from __future__ import annotations

import math
from typing import Any

import matplotlib
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from matplotlib import colors
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure

from heatvid._layout.fonts import Label
from heatvid._layout.matplotlib_ticks import label_of
from heatvid._layout.scale import Scale
from heatvid._layout.tick_texts import Ticks
from heatvid._layout.ticks import moving_labels, ticks_of
from heatvid._values.limits import Limits
from heatvid._values.norms import Norm

FEWER = settings(max_examples=40)  # a figure each
PIXELS = 1 / 1000  # of a bar: more than any has
FONT_PIXELS = 10

spaces = st.integers(1, 14)
sizes = st.floats(-12, 12).map(lambda power: 10.0**power)
signs = st.sampled_from([-1.0, 1.0])
numbers = st.builds(float.__mul__, signs, sizes) | st.integers(-1000, 1000).map(float)


OLDER = tuple(map(int, matplotlib.__version__.split(".")[:2])) < (3, 11)


def drawn(normalize: Any, space: int) -> Any:
    """A colourbar of matplotlib with that much space for ticks."""
    figure = Figure(figsize=(1, (2 * FONT_PIXELS * space + 1) / 0.8 / 72), dpi=72)
    axes = figure.add_axes((0.4, 0.1, 0.1, 0.8))
    axes.tick_params(labelsize=FONT_PIXELS)
    bar = Colorbar(axes, mappable=ScalarMappable(normalize, "viridis"))
    assert bar.long_axis.get_tick_space() == space
    return bar


def shown(bar: Any) -> tuple[list[tuple[float, Label | None]], str]:
    """Places and texts of what matplotlib draws, and its offset text."""
    axis = bar.long_axis
    transform = axis.get_transform().transform
    low, high = transform(np.array(axis.get_view_interval()))
    ticks = [
        ((float(transform(tick.get_loc())) - low) / (high - low), label_of(tick.label2.get_text()))
        for tick in axis._update_ticks()
    ]
    return ticks, axis.get_major_formatter().get_offset()


def assert_same(own: Ticks, bar: Any) -> None:
    wanted, offset = shown(bar)
    assert [tick.label for tick in own.ticks] == [label for _, label in wanted]
    assert own.apart == offset
    for tick, (place, _) in zip(own.ticks, wanted, strict=True):
        assert abs(tick.place - place) < PIXELS


def scale(norm: Norm, low: float, high: float) -> Scale:
    return Scale(norm, Limits(low, high), 256)


def ordered(low: float, high: float) -> tuple[float, float]:
    return min(low, high), max(low, high)


@FEWER
@given(numbers, numbers, spaces)
@example(0.0, 0.0, 9)
@example(5.0, 5.0, 9)
@example(1e6, 1e6 + 10, 9)
@example(-3e7, 1e-3, 4)
@example(273.15, 310.2, 7)
@example(-0.001, 1.0, 1)
def test_linear_ticks(first: float, second: float, space: int) -> None:
    low, high = ordered(first, second)
    own = ticks_of(scale(Norm(), low, high), space)
    assert_same(own, drawn(colors.Normalize(low, high), space))


@FEWER
@given(numbers, st.floats(1e-7, 1e-2), spaces)
def test_linear_ticks_far_from_zero(start: float, share: float, space: int) -> None:
    high = start + abs(start) * share
    own = ticks_of(scale(Norm(), start, high), space)
    assert_same(own, drawn(colors.Normalize(start, high), space))


@FEWER
@given(numbers, sizes, spaces)
def test_centered_ticks(center: float, reach: float, space: int) -> None:
    assume(reach > 1e-9 * abs(center))
    norm = Norm("centered", center)
    limits = norm.adjust(Limits(center - reach, center + reach))
    own = ticks_of(scale(norm, *limits), space)
    assert_same(own, drawn(colors.Normalize(*limits), space))


@pytest.mark.skipif(OLDER, reason="matplotlib chose other decades before 3.11")
@FEWER
@given(sizes, st.floats(0.01, 18), spaces)
@example(0.01, 1.0, 9)
@example(0.2, 0.5, 9)
@example(1.0, 9.0, 3)
@example(0.3, 8.9, 4)
@example(0.3, 2.5, 9)
def test_log_ticks(low: float, decades: float, space: int) -> None:
    high = low * 10**decades
    for limit in (low, high):  # there rounding decides, in matplotlib differently each time
        exact = math.log10(limit)
        assume(limit == 1 or abs(exact - round(exact)) > 1e-9)
    own = ticks_of(scale(Norm("log"), low, high), space)
    assert_same(own, drawn(colors.LogNorm(low, high), space))


def test_log_limits_that_are_powers_of_ten_have_ticks() -> None:
    for low in range(-9, 9):
        for decades in range(1, 9):
            own = ticks_of(scale(Norm("log"), 10.0**low, 10.0 ** (low + decades)), 9)
            labels = [tick.label for tick in own.ticks if tick.major]
            powers = [str(power).replace("-", "−") for power in range(low, low + decades + 1)]
            assert labels == [Label("10", power) for power in powers]
            assert all(tick.label is None for tick in own.ticks if not tick.major)


@FEWER
@given(numbers, numbers, st.floats(-4, -0.01), spaces)
@example(-1000.0, 1000.0, -2.0, 9)
@example(-7.3, 2.2, 0.1, 9)
@example(5.0, 1e6, -6.0, 9)
@example(-2e9, 3e9, -14.0, 9)
def test_symlog_ticks(first: float, second: float, share: float, space: int) -> None:
    low, high = ordered(first, second)
    assume(high - low > 1e-6 * max(abs(low), abs(high)))
    threshold = 10**share * max(abs(low), abs(high))
    own = ticks_of(scale(Norm("symlog", linthresh=threshold), low, high), space)
    normalize = colors.SymLogNorm(threshold, linscale=1, vmin=low, vmax=high, base=10)
    assert_same(own, drawn(normalize, space))


@FEWER
@given(numbers, sizes, st.floats(0.2, 4), spaces)
def test_power_ticks(low: float, span: float, gamma: float, space: int) -> None:
    assume(span > 1e-6 * abs(low))
    own = ticks_of(scale(Norm("power", gamma=gamma), low, low + span), space)
    assert_same(own, drawn(colors.PowerNorm(gamma, low, low + span), space))


@pytest.mark.parametrize(
    "normalize",
    [
        colors.Normalize(-3, 8),
        colors.LogNorm(0.02, 700),
        colors.SymLogNorm(0.5, linscale=2, vmin=-40, vmax=90),
        colors.TwoSlopeNorm(1, -2, 9),
        colors.CenteredNorm(2, 5),
        colors.AsinhNorm(0.3, -20, 20),
        colors.PowerNorm(0.5, 0, 3e7),
        colors.FuncNorm((np.sqrt, np.square), 0, 30),
        colors.BoundaryNorm([0, 1, 2.5, 7, 10], 4),
    ],
    ids=lambda norm: type(norm).__name__,
)
@pytest.mark.parametrize("space", [2, 5, 9])
def test_norms_of_matplotlib_have_its_ticks(normalize: Any, space: int) -> None:
    own = ticks_of(scale(Norm("matplotlib", function=normalize), 0, 1), space)
    assert_same(own, drawn(normalize, space))


SCALES = [
    scale(Norm(), -3.0, 1e4), scale(Norm("log"), 1e-7, 30.0), scale(Norm("inverse"), 0.3, 80.0),
    scale(Norm("symlog"), -70.0, 1e4), scale(Norm("power", gamma=0.4), 2.0, 9.0),
    scale(Norm("sigmoid"), 0.02, 0.9), scale(Norm("identity"), 0.0, 0.0),
    scale(Norm("matplotlib", function=colors.TwoSlopeNorm(1, -2, 9)), 0, 1),
    scale(Norm("matplotlib", function=colors.BoundaryNorm([0, 1, 2.5, 7, 10], 4)), 0, 1),
    scale(Norm(), 4.0, 4.0),
]  # fmt: skip


@pytest.mark.parametrize("own", SCALES, ids=lambda own: own.norm.kind)
def test_places_and_numbers_are_each_others_inverse(own: Scale) -> None:
    places = np.linspace(0, 1, 23)
    numbers = own.numbers(places)
    assert (np.diff(numbers) > 0).all()
    assert np.allclose(own.places(numbers), places, atol=1e-9)
    assert np.allclose(numbers[[0, -1]], own.ends, rtol=1e-9)


def test_a_sigmoid_shows_probabilities_and_takes_what_they_are_of() -> None:
    own = scale(Norm("sigmoid"), 0.0, 1.0)
    assert [tick.label.text for tick in ticks_of(own, 5).ticks if tick.label] == [
        "0.0", "0.2", "0.4", "0.6", "0.8", "1.0",
    ]  # fmt: skip
    assert np.allclose(own.values(np.array([0.25, 0.5])), [math.log(1 / 3), 0])


@pytest.mark.parametrize(("low", "high"), [(0.5, 80.0), (0.1, 1.0), (2.0, 3.0), (10.0, 10.5)])
def test_inverse_ticks_are_round_and_lie_apart(low: float, high: float) -> None:
    ticks = ticks_of(scale(Norm("inverse"), low, high), 8).ticks
    assert len(ticks) >= 3
    assert all(low <= tick.value <= high for tick in ticks)
    assert all(tick.label and float(tick.label.text) == pytest.approx(tick.value) for tick in ticks)


@pytest.mark.parametrize(
    ("norm", "limits", "texts"),
    [
        (Norm(), (-1.0, 1.0), ["−1.00", "−0.500", "0.00", "0.500", "1.00"]),
        (Norm(), (1000.1, 1000.9), ["1000.10", "1000.30", "1000.50", "1000.70", "1000.90"]),
        (Norm(), (0.0, 4e7), ["0.00", "1.00e+07", "2.00e+07", "3.00e+07", "4.00e+07"]),
        (Norm(), (4.43, 8000.0), ["4.43", "2003", "4002", "6001", "8000"]),
        (Norm("log"), (1e-4, 1e4), ["0.000100", "0.0100", "1.00", "100", "10000"]),
    ],
)
def test_moving_ticks_tell_apart_what_lies_at_even_places(
    norm: Norm, limits: tuple[float, float], texts: list[str]
) -> None:
    assert moving_labels(scale(norm, *limits)) == [Label(text) for text in texts]


@pytest.mark.parametrize("kind", ["log", "inverse"])
@pytest.mark.parametrize("limits", [(5e-324, 5e-324), (5e-324, 1e-300), (1e-308, 1e-307)])
def test_ticks_of_the_smallest_numbers_lie_above_zero(
    kind: Any, limits: tuple[float, float]
) -> None:
    own = scale(Norm(kind), *limits)
    assert own.ends == limits
    assert all(tick.value in limits for tick in ticks_of(own).ticks)


def test_moving_ticks_may_be_further_apart_than_a_number_can_say() -> None:
    texts = [label.text for label in moving_labels(scale(Norm(), -1.5e308, 1.5e308), 2)]
    assert texts == ["−1.50e+308", "1.50e+308"]


@given(numbers, numbers)
def test_moving_ticks_are_made_of_any_limits(first: float, second: float) -> None:
    low, high = ordered(first, second)
    texts = [label.text for label in moving_labels(scale(Norm(), low, high))]
    assume(high - low > 1e-6 * max(abs(low), abs(high)))
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("", None),
        ("−0.5", Label("−0.5")),
        (r"$\mathdefault{10^{-2}}$", Label("10", "−2")),
        (r"$\mathdefault{-2\times10^{3}}$", Label("−2×10", "3")),
        (r"$\mathdefault{0}$", Label("0")),
    ],
)
def test_texts_of_matplotlib_are_read(text: str, label: Label | None) -> None:
    assert label_of(text) == label
