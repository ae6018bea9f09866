"""Limits as a value: what ``measure`` finds is what rendering finds, and is taken back exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import heatvid
from heatvid._options.options import Options
from heatvid._statistics.field_limits import LimitsFinder
from heatvid.cli import main
from tests.support.videos import numbered, rgb_of

EXACT: dict[str, Any] = {"lossless": True, "preset": "ultrafast", "overwrite": True}


def field(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(1, 2, shape).astype(np.float32)


def log_norm() -> Any:
    return pytest.importorskip("matplotlib.colors").LogNorm()


CASES: dict[str, tuple[tuple[int, ...], Callable[[], dict[str, Any]]]] = {
    "extremes": ((5, 12, 16), dict),
    "percentiles": ((5, 12, 16), lambda: {"percentiles": (3, 91.5)}),
    "one limit given": ((5, 12, 16), lambda: {"vmin": -0.25}),
    "centered": ((5, 12, 16), lambda: {"norm": "centered", "center": 0.1}),
    "log": ((5, 12, 16), lambda: {"norm": "log"}),
    "Normalize": ((5, 12, 16), lambda: {"norm": log_norm()}),
    "smooth": ((5, 12, 16), lambda: {"smooth": 1.5}),
    "flow": ((5, 12, 16, 2), lambda: {"channel": "flow"}),
    "rgb": ((5, 12, 16, 3), lambda: {"channel": "rgb", "percentiles": (10, 90)}),
    "max": ((5, 12, 16, 4), lambda: {"channel": "max"}),
    "one channel": ((5, 12, 16, 4), lambda: {"channel": 2}),
}
HOW = ("vmin", "vmax", "percentiles")  # limits are found; they are left out where they are given


@pytest.mark.parametrize("kind", CASES)
def test_measured_limits_are_those_of_rendering_and_give_its_pictures(
    kind: str, tmp_path: Path
) -> None:
    shape, made = CASES[kind]
    data, options = field(*shape), made()
    limits = heatvid.measure(data, **options)
    first = heatvid.render(data, tmp_path / "a.mkv", **options, **EXACT)
    assert first.limits == limits
    rest = {name: value for name, value in options.items() if name not in HOW}
    second = heatvid.render(data, tmp_path / "b.mkv", limits=limits, **rest, **EXACT)
    assert second.limits == limits
    pictures = rgb_of(tmp_path / "b.mkv", first.height, first.width)
    np.testing.assert_array_equal(rgb_of(tmp_path / "a.mkv", first.height, first.width), pictures)
    np.testing.assert_array_equal(heatvid.to_rgb(data, limits=limits, **rest), pictures)
    with heatvid.VideoWriter(tmp_path / "c.mkv", limits=limits, **rest, **EXACT) as video:
        for frame in data:
            video.write(frame[None])
    np.testing.assert_array_equal(rgb_of(tmp_path / "c.mkv", first.height, first.width), pictures)


def test_limits_of_two_sequences_are_shared(tmp_path: Path) -> None:
    low, high = numbered(), numbered() + 3
    np.save(tmp_path / "both.npy", np.concatenate([low, high]))
    limits = heatvid.measure(tmp_path / "both.npy")
    assert limits == heatvid.Limits(float(low.min()), float(high.max()))
    assert (heatvid.to_rgb(low, limits=limits) != heatvid.to_rgb(low)).any()


def test_only_the_frames_that_are_chosen_are_measured() -> None:
    data = np.arange(24, dtype=np.float32).reshape(6, 2, 2)
    assert heatvid.measure(data, frames="2:4") == (8, 15)


def test_limits_of_bytes_are_their_range() -> None:
    assert heatvid.measure(np.full((2, 3, 4), 9, np.uint8)) == (0, 255)
    assert heatvid.measure(np.full((2, 3, 4), 9, np.uint8), percentiles=(0, 100)) == (9, 9)


@pytest.mark.parametrize("options", [{"norm": "labels"}, {"channel": "argmax"},
                                     {"norm": "identity"}], ids=str)  # fmt: skip
def test_what_numbers_colours_has_no_limits(options: dict[str, Any]) -> None:
    with pytest.raises(heatvid.OptionError, match="values number the colours"):
        heatvid.measure(np.zeros((2, 3, 4, 2), np.uint8), **options)


def test_frames_that_come_once_are_not_used_up() -> None:
    with pytest.raises(heatvid.OptionError, match="frames that come one at a time"):
        heatvid.measure(iter(field(3, 4, 5)))


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"limits": (2, 1)}, "limits: got .* allowed is LO HI with LO <= HI"),
    ({"limits": (1, 2, 3)}, "limits: got .* one pair or three"),
    ({"limits": "0 1"}, "limits: got '0 1'"),
    ({"limits": (0, float("nan"))}, "limits: got"),
    ({"limits": ((0, 1),) * 3}, "limits: .* one pair but with channel='rgb'"),
    ({"limits": (1, 2), "channel": "flow"}, "limits: .* 0 to the longest motion"),
    ({"limits": (0, 1), "vmin": 0}, "vmin: .* without limits"),
    ({"limits": (0, 1), "percentiles": (1, 99)}, "percentiles: .* without limits"),
    ({"limits": (0, 1), "scope": "frame"}, "scope: .* without limits"),
    ({"limits": (0, 1), "norm": "labels"}, "limits: .* not with labels"),
    ({"limits": (0, 1), "norm": "log"}, "vmin: got 0 with norm='log'"),
)


@pytest.mark.parametrize(("options", "words"), REFUSED, ids=str)
def test_limits_that_mean_nothing_are_refused(options: dict[str, Any], words: str) -> None:
    data = field(2, 3, 4, 2) if options.get("channel") == "flow" else field(2, 3, 4)
    with pytest.raises(heatvid.OptionError, match=words):
        heatvid.to_rgb(data, **options)


def test_the_command_line_takes_a_pair_or_three(tmp_path: Path) -> None:
    data, given = field(2, 6, 8, 3), (0.0, 1.0, -1.5, 2.5, 0.25, 4.0)
    np.save(tmp_path / "rgb.npy", data)
    words = ["render", str(tmp_path / "rgb.npy"), "-o", str(tmp_path / "a.mkv"), "--lossless", "-q"]
    assert main([*words, "--channel", "rgb", "--limits", *map(str, given)]) == 0
    wanted = heatvid.to_rgb(data, channel="rgb", limits=np.reshape(given, (3, 2)))
    np.testing.assert_array_equal(rgb_of(tmp_path / "a.mkv", 6, 8), wanted)


numbers = st.floats(-1e6, 1e6, width=32).map(float)


@settings(max_examples=300)
@given(low=numbers, high=numbers, center=numbers)
def test_limits_that_were_adjusted_stay_as_they_are(low: float, high: float, center: float) -> None:
    data = np.array([[[low, high]]])
    for options in ({"norm": "centered", "center": center}, {"norm": "log"}, {"norm": "symlog"}):
        limits = heatvid.measure(data, **options)
        again = LimitsFinder(Options(limits=limits, **options), (1, 2), data.dtype).fixed
        assert again == limits
