"""The limits and the rate of a video, found or given, and frames that have no limits."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._errors import OptionError
from tests.support.quick import COUNT, EXACT, FAST, HEIGHT, RGB, WIDTH
from tests.support.videos import (
    expected,
    fps_of,
    numbered,
    only,
    rgb_of,
)


def test_limits_are_by_default_those_of_all_finite_values(tmp_path: Path) -> None:
    data = np.random.default_rng(2).normal(size=(5, 8, 8)).astype(np.float32)
    data[0, 0, 0], data[1, 1, 1], data[2, 2, 2] = np.nan, np.inf, -np.inf
    result = heatvid.render(data, tmp_path / "out.mkv", **EXACT)
    finite = data[np.isfinite(data)]
    assert result.limits == (finite.min(), finite.max())
    assert result.limits is not None
    vmin, vmax = result.limits
    np.testing.assert_array_equal(
        rgb_of(tmp_path / "out.mkv", 8, 8), heatvid.to_rgb(data, vmin=vmin, vmax=vmax)
    )


@pytest.mark.parametrize(
    ("dtype", "limits"), [(np.uint8, (0, 255)), (np.bool_, (0, 1)), (np.uint16, (0, 2))]
)
def test_limits_of_whole_numbers(dtype: type, limits: tuple[float, float], tmp_path: Path) -> None:
    data = (np.arange(3 * 8 * 8).reshape(3, 8, 8) % 3).astype(dtype)
    assert heatvid.render(data, tmp_path / "out.mp4", **FAST).limits == limits


def test_limits_at_percentiles(tmp_path: Path) -> None:
    data = np.random.default_rng(3).normal(size=(7, 20, 20)).astype(np.float32)
    result = heatvid.render(data, tmp_path / "out.mp4", percentiles=(1, 99), **FAST)
    np.testing.assert_allclose(result.limits, np.percentile(data, [1, 99]), rtol=1e-6)


def test_one_given_limit_leaves_the_other_to_the_data(tmp_path: Path) -> None:
    data = numbered()
    assert heatvid.render(data, tmp_path / "a.mp4", vmin=-2, **FAST).limits == (-2, data.max())
    assert heatvid.render(data, tmp_path / "b.mp4", vmax=3, **FAST).limits == (data.min(), 3)


def test_scope_frame_spans_each_frame(tmp_path: Path) -> None:
    data = numbered() * np.arange(1, COUNT + 1).reshape(-1, 1, 1)
    for source in (data, iter(data)):
        result = heatvid.render(
            source, tmp_path / "out.mkv", scope="frame", overwrite=True, **EXACT
        )
        assert result.limits is None
        limits = [(frame.min(), frame.max()) for frame in data]
        got = rgb_of(tmp_path / "out.mkv", HEIGHT, WIDTH).reshape(COUNT, -1)
        np.testing.assert_array_equal(got, expected(data, RGB, limits))


def test_scope_running_begins_with_the_first_frame_and_does_not_depend_on_batches(
    tmp_path: Path,
) -> None:
    data = numbered() * np.arange(1, COUNT + 1).reshape(-1, 1, 1)
    videos = []
    for batch_size in (1, 4):
        heatvid.render(
            iter(data), tmp_path / "out.mkv", scope="running", batch_size=batch_size,
            overwrite=True, **EXACT,
        )  # fmt: skip
        videos.append(rgb_of(tmp_path / "out.mkv", HEIGHT, WIDTH))
    np.testing.assert_array_equal(*videos)
    first = expected(data[:1], RGB, (data[0].min(), data[0].max()))
    np.testing.assert_array_equal(videos[0][:1].reshape(1, -1), first)


def test_a_generator_without_limits_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"iterator: .* give vmin and vmax, or scope='frame'"):
        heatvid.render(iter(numbered()), tmp_path / "out.mp4", **FAST)
    assert only(tmp_path) == []


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
@pytest.mark.parametrize(
    ("fps", "exact"), [(None, Fraction(30)), ("24000/1001", Fraction(24000, 1001)), (12.5, None)]
)
def test_the_rate_is_exact_in_the_file(
    suffix: str, fps: Any, exact: Fraction | None, tmp_path: Path
) -> None:
    out = tmp_path / f"out{suffix}"
    exact = exact or Fraction(fps)
    result = heatvid.render(numbered(), out, fps=fps, **FAST)
    assert result.fps == exact
    found = fps_of(out)
    # Matroska counts milliseconds; what ffmpeg makes of its default duration is near enough.
    assert found == exact if suffix in (".mp4", ".mov") else abs(found / exact - 1) < 1e-4
    assert result.duration_seconds == pytest.approx(float(COUNT / exact))


def test_a_frame_of_nan_is_shown_in_the_bad_colour_with_one_warning(tmp_path: Path) -> None:
    frames = numbered(6)
    frames[2:4] = np.nan
    with pytest.warns(UserWarning, match=r"^frame 2: every value is NaN") as warned:
        heatvid.render(frames, tmp_path / "out.mkv", batch_size=1, **{**FAST, "lossless": True})
    assert len(warned) == 1
