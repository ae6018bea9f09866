"""Limits of every kind of field, over every scope."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from heatvid._errors import OptionError
from heatvid._jobs.to_rgb import to_rgb
from heatvid._options.options import Options
from heatvid._statistics.field_limits import LimitsFinder
from heatvid._values.limits import RUNNING_HALF_LIFE_SECONDS
from heatvid.sources import open_source

FPS = 24.0


def random(shape: tuple[int, ...], dtype: str = "float32", seed: int = 0) -> Any:
    values = np.random.default_rng(seed).normal(3, 10, shape)
    if np.dtype(dtype).kind == "f":
        values[np.random.default_rng(1).random(shape) < 0.02] = np.nan
        values[0, 0, 0] = np.inf
    return (np.abs(values) if dtype == "uint8" else values).astype(dtype)


def measured(frames: Any, **options: Any) -> Any:
    """Limits of a whole sequence, shape (n, h, w) or (n, h, w, c)."""
    given = Options(**options)
    channels = frames.ndim == 4
    layout = "THWC" if channels else "THW"
    with open_source(frames, layout=layout, channel=given.channel) as source:
        wanted = LimitsFinder(given, source.frame_shape, source.dtype)
        assert not wanted.moves
        return wanted.fixed or wanted.measure(source)


def moving(frames: Any, batch: int = 3, **options: Any) -> list[Any]:
    """Limits of each frame."""
    given = Options(**options)
    wanted = LimitsFinder(given, frames.shape[1:], frames.dtype)
    assert wanted.moves
    follow = wanted.moving(FPS)
    batches = [follow(frames[i : i + batch]) for i in range(0, len(frames), batch)]
    return [limits for part in batches for limits in part]


def finite(values: Any) -> Any:
    return values[np.isfinite(values)].astype(np.float64)


def span(values: Any, percentiles: Any = (0, 100)) -> tuple[float, float]:
    low, high = np.percentile(finite(values), percentiles)
    return float(low), float(high)


# --- norms --------------------------------------------------------------------------------------


@pytest.mark.parametrize("percentiles", [None, (1, 99)])
@pytest.mark.parametrize("norm", ["linear", "symlog", "power"])
def test_the_limits_are_those_of_the_data(norm: str, percentiles: Any) -> None:
    frames = random((5, 8, 9))
    got = measured(frames, norm=norm, percentiles=percentiles)
    assert got == pytest.approx(span(frames, percentiles or (0, 100)), rel=1e-6)


@pytest.mark.parametrize("percentiles", [None, (5, 95)])
def test_a_logarithm_has_the_limits_of_what_is_positive(percentiles: Any) -> None:
    for dtype in ("float32", "int16", "uint8"):
        frames = random((5, 8, 9), dtype)
        wanted = span(frames[frames > 0], percentiles or (0, 100))
        assert measured(frames, norm="log", percentiles=percentiles) == pytest.approx(wanted, 1e-6)
        each = moving(frames, norm="log", percentiles=percentiles, scope="frame")
        wanted_each = [span(f[f > 0], percentiles or (0, 100)) for f in frames]
        np.testing.assert_allclose(each, wanted_each, rtol=1e-6)


def test_a_logarithm_of_nothing_positive_has_limits_all_the_same() -> None:
    for frames in (np.zeros((2, 3, 4), np.float32), np.full((2, 3, 4), np.nan)):
        low, high = measured(frames, norm="log")
        assert 0 < low <= high
        assert all(0 < low <= high for low, high in moving(frames, norm="log", scope="frame"))


@pytest.mark.parametrize("limit", [{"vmin": 0.0}, {"vmin": -2.0}, {"vmax": -1.0}, {"vmax": 0.0}])
def test_a_logarithm_refuses_limits_that_have_none(limit: dict[str, float]) -> None:
    with pytest.raises(OptionError, match=r"^vm\w\w: got .* with norm='log'") as error:
        measured(random((2, 3, 4)), norm="log", **limit)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("center", [0.0, 5.5, -400.0])
def test_a_centered_norm_reaches_as_far_on_either_side(center: float) -> None:
    frames = random((5, 8, 9))
    low, high = span(frames)
    reach = max(abs(low - center), abs(high - center))
    wanted = (center - reach, center + reach)
    assert measured(frames, norm="centered", center=center) == pytest.approx(wanted)
    for own in (
        *moving(frames, norm="centered", center=center, scope="frame"),
        *moving(frames, norm="centered", center=center, scope="running"),
        measured(frames, norm="centered", center=center, percentiles=(10, 60)),
        measured(np.full((1, 2, 3), np.nan), norm="centered", center=center),
        measured(random((2, 3, 4), "uint8"), norm="centered", center=center),
    ):
        assert sum(own) / 2 == pytest.approx(center)
        assert own[0] <= own[1]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"vmax": 2.0}, (-2, 2)),
        ({"vmin": -7.0}, (-7, 7)),
        ({"vmin": -7.0, "vmax": 2.0}, (-7, 7)),
        ({"vmax": 5.0, "center": 4.0}, (3, 5)),
    ],
)
def test_one_limit_of_a_centered_norm_gives_the_other(given: Any, wanted: Any) -> None:
    assert measured(random((3, 4, 5)), norm="centered", **given) == wanted


def test_limits_of_infinite_distance_are_settled_like_others() -> None:
    values = np.zeros((1, 2, 2))
    assert measured(values, limits=(-1e308, 1e308)) == (-1e308, 1e308)
    assert measured(values, limits=(-1e308, 1.5e308), norm="centered") == (-1.5e308, 1.5e308)


def test_a_sigmoid_spans_all_probabilities_unless_told() -> None:
    assert measured(random((2, 3, 4)), norm="sigmoid") == (0, 1)
    assert measured(random((2, 3, 4)), norm="sigmoid", vmin=0.5) == (0.5, 1)


# --- channels -----------------------------------------------------------------------------------


def test_each_channel_of_colours_has_its_own_limits() -> None:
    frames = random((5, 8, 9, 3)) * [1, 10, 100] + [0, 5, -300]
    got = measured(frames, channel="rgb")
    np.testing.assert_allclose(got, [span(frames[..., i]) for i in range(3)])
    got = measured(frames, channel="rgb", percentiles=(2, 98))
    np.testing.assert_allclose(got, [span(frames[..., i], (2, 98)) for i in range(3)], rtol=1e-6)
    each = moving(frames, channel="rgb", scope="frame")
    wanted = [[span(frame[..., i]) for i in range(3)] for frame in frames]
    np.testing.assert_allclose(each, wanted)


def test_running_limits_of_each_channel_follow_the_formula() -> None:
    frames = random((20, 4, 5, 3)) * [1, 10, 100]
    got = np.array(moving(frames, channel="rgb", scope="running"))
    weight = 1 - 0.5 ** (1 / (FPS * RUNNING_HALF_LIFE_SECONDS))
    limits = np.array([span(frames[0][..., i]) for i in range(3)])
    for i, frame in enumerate(frames):
        limits += (np.array([span(frame[..., c]) for c in range(3)]) - limits) * weight
        np.testing.assert_allclose(got[i], limits, rtol=1e-9)


def test_colours_with_limits_given_have_them_all() -> None:
    frames = random((2, 3, 4, 3))
    assert measured(frames, channel="rgb", vmin=1, vmax=2) == ((1, 2),) * 3
    assert measured(random((2, 3, 4, 3), "uint8"), channel="rgb") == ((0, 255),) * 3


@pytest.mark.parametrize(
    ("options", "passes"), [({}, 1), ({"percentiles": (2, 98)}, 2), ({"smooth": 1.0}, 1)]
)
def test_all_channels_are_measured_in_the_same_passes(options: Any, passes: int) -> None:
    frames, told = random((5, 8, 9, 3)), []
    with open_source(frames, layout="THWC", channel="rgb") as source:
        wanted = LimitsFinder(Options(channel="rgb", **options), source.frame_shape, source.dtype)
        got = wanted.measure(source, told.append)
    assert sum(told) == passes * 5
    each = [measured(frames[..., i], **options) for i in range(3)]
    np.testing.assert_allclose(got, each, rtol=1e-6)


@pytest.mark.parametrize("mode", ["max", "mean", "norm"])
def test_reduced_channels_are_measured_as_they_are_shown(mode: str) -> None:
    frames = np.nan_to_num(random((5, 8, 9, 4)), posinf=0)
    shown = {
        "max": frames.max(-1), "mean": frames.mean(-1), "norm": np.sqrt((frames**2).sum(-1)),
    }[mode]  # fmt: skip
    np.testing.assert_allclose(measured(frames, channel=mode), span(shown), rtol=1e-5)
    each = moving(frames, channel=mode, scope="frame")
    np.testing.assert_allclose(each, [span(frame) for frame in shown], rtol=1e-5)


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_the_empty_cells_of_a_grid_do_not_count(dtype: str) -> None:
    frames = (np.random.default_rng(0).random((4, 5, 6, 3)) * 50 + 1000).astype(dtype)
    assert measured(frames, channel="grid") == span(frames)
    assert measured(frames, channel="grid", percentiles=(1, 99)) == pytest.approx(
        span(frames, (1, 99))
    )
    assert moving(frames, channel="grid", scope="frame") == [span(frame) for frame in frames]


def test_a_flow_spans_from_none_to_the_longest() -> None:
    frames = np.nan_to_num(random((5, 8, 9, 2)), posinf=0)
    lengths = np.hypot(frames[..., 0], frames[..., 1])
    np.testing.assert_allclose(measured(frames, channel="flow"), (0, lengths.max()), rtol=1e-6)
    assert measured(frames, channel="flow", vmax=7) == (0, 7)
    each = moving(frames, channel="flow", scope="frame")
    np.testing.assert_allclose(each, [(0, frame.max()) for frame in lengths], rtol=1e-6)


def test_labels_need_no_limits() -> None:
    for options in ({"norm": "labels"}, {"norm": "identity"}):
        wanted = LimitsFinder(Options(**options), (4, 5), np.dtype(np.int32))
        assert wanted.fixed == (0, 0)
    wanted = LimitsFinder(Options(channel="argmax"), (4, 5, 3), np.dtype(np.float32))
    assert wanted.fixed == (0, 0)


def test_limits_of_a_smoothed_field_are_those_of_what_is_shown() -> None:
    noise = np.random.default_rng(5).normal(size=(40, 50)).astype(np.float32)
    shown = to_rgb(noise, smooth=2, cmap="gray")[..., 0]
    assert (shown.min(), shown.max()) == (0, 255)
    assert to_rgb(np.full((4, 4), 51, np.uint8), smooth=1, cmap="gray")[0, 0, 0] == 51


def test_percentiles_of_bytes_are_found_in_the_data() -> None:
    assert measured(np.full((2, 3, 4), 9, np.uint8), percentiles=(0, 100)) == (9, 9)
