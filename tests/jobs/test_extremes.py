"""The largest numbers there are, on their ways through: shown, told and written without a warning.

Warnings are errors in tests.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._batch.sampling import sampled
from heatvid._options.options import make_options
from heatvid._plan.frame import values_of

MOST = sys.float_info.max
FAR = np.array([[[MOST, -MOST, 0.0], [MOST, MOST, 1.0]]])


@pytest.mark.parametrize(
    ("values", "mean"),
    [([MOST, MOST], MOST), ([MOST, -MOST, MOST, -MOST], 0.0), ([-MOST] * 3 + [MOST], -MOST / 2)],
)
def test_a_mean_is_told_however_large_its_values_are(values: list[float], mean: float) -> None:
    assert values_of(np.array([values]))[2] == pytest.approx(mean)


def test_texts_tell_of_the_largest_values() -> None:
    heatvid.to_rgb(np.repeat(FAR, 30, 1).repeat(60, 2), text="{value:mean:.2g} {value:max}")


def test_a_batch_looks_at_the_largest_values() -> None:
    seen = sampled(FAR, make_options({}), None)
    assert seen is not None
    assert (seen["minimum"], seen["maximum"]) == (-MOST, MOST)
    assert seen["mean"] == pytest.approx(MOST / 3)
    assert seen["histogram"][0] == 1
    assert sum(seen["histogram"]) == FAR.size


@pytest.mark.parametrize(("center", "wanted"), [(-1e308, -1e308), (MOST, MOST), (0.0, 0.0)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_center_anywhere_leaves_limits_that_are_numbers(
    center: float, wanted: float, dtype: str
) -> None:
    values = np.array([[[1, -3e38, 3e38, 0]]], dtype)
    limits = heatvid.measure(values, norm="centered", center=center)
    assert np.isfinite(limits).all()
    assert limits[0] / 2 + limits[1] / 2 == pytest.approx(wanted)


@pytest.mark.parametrize("options", [{"vmin": 2.0}, {"vmax": -2.0}])
def test_one_limit_on_the_other_side_of_the_center_is_refused_by_its_name(
    options: dict[str, Any],
) -> None:
    name = next(iter(options))
    with pytest.raises(heatvid.OptionError, match=f"^{name}: .* the center, 0; allowed"):
        heatvid.to_rgb(FAR, norm="centered", **options)


def test_scaled_beyond_all_numbers_values_are_infinite() -> None:
    with heatvid.open_source(FAR, scale=10.0, offset=-1.0) as source:
        assert source.read(0, 1).tolist() == [[[np.inf, -np.inf, -1.0], [np.inf, np.inf, 9.0]]]


def test_what_float32_does_not_hold_is_written_as_infinite(tmp_path: Path) -> None:
    heatvid.render(FAR, tmp_path / "%d.exr")
    with heatvid.open_source(str(tmp_path / "0.exr")) as source:
        assert source.read(0, 1).reshape(-1).tolist() == [np.inf, -np.inf, 0, np.inf, np.inf, 1]


def test_depths_beyond_float32_have_the_last_code(tmp_path: Path) -> None:
    depths = np.full((1, 64, 64), MOST)
    heatvid.render(depths, tmp_path / "depth.mkv", encode_depth="lerobot")
    with heatvid.open_source(str(tmp_path / "depth.mkv")) as source:
        assert source.read(0, 1).max() == pytest.approx(10, rel=1e-3)


@pytest.mark.parametrize("options", [{"vmin": -MOST, "vmax": 1.0}, {"vmin": 1.0, "vmax": MOST}])
def test_nothing_lies_beyond_the_largest_limits_of_a_colourbar(options: dict[str, Any]) -> None:
    heatvid.to_rgb(np.zeros((200, 200)), colorbar="right", under="red", over="blue", **options)
