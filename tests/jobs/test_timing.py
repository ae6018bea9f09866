"""Predictions and pictures of other rates are shown by one clock: each frame tells which they are.

On the left half every pixel is the prediction's number, on the right the picture's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import heatvid
from heatvid import OptionError, SourceError
from tests.support.lines import clear_line
from tests.support.videos import ffmpeg, fps_of, rgb_of

HEIGHT, WIDTH = 4, 8
LEFT = np.zeros((HEIGHT, WIDTH), np.float32)
LEFT[:, : WIDTH // 2] = 1
EXACT: dict[str, Any] = {
    "lossless": True, "preset": "ultrafast", "overwrite": True, "norm": "identity", "cmap": "gray",
}  # fmt: skip
CLIP_FRAMES = 60


def labelled(count: int) -> NDArray[np.uint8]:
    """Predictions that are their numbers."""
    return np.tile(np.arange(count, dtype=np.uint8)[:, None, None], (1, HEIGHT, WIDTH))


def coloured(count: int) -> NDArray[np.uint8]:
    """Pictures that are their numbers, in RGB."""
    return np.tile(labelled(count)[..., None], 3)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Makes videos of 60 frames, of a rate."""
    folder = tmp_path_factory.mktemp("clips")

    def make(fps: str) -> str:
        path = folder / f"{fps.replace('/', '-')}.mp4"
        (folder / "raw").write_bytes(coloured(CLIP_FRAMES).tobytes())
        ffmpeg(
            *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", fps),
            *("-i", folder / "raw", "-c:v", "libx264rgb", "-qp", "0", path),
        )
        return str(path)

    return make


def shown(source: Any, out: Path, **options: Any) -> tuple[list[int], list[int]]:
    """Render, and tell from each frame of the file which prediction and picture it shows."""
    result = heatvid.render(source, out, **{**EXACT, "alpha": 1, "alpha_mask": LEFT, **options})
    frames = rgb_of(out, HEIGHT, WIDTH)
    assert len(frames) == result.frames
    assert fps_of(out) == result.fps
    return frames[:, 0, 0, 0].tolist(), frames[:, -1, -1, 0].tolist()


def numbers(moments: list[Fraction], rate: Fraction, count: int) -> list[int]:
    """The frame of each moment: the last that has begun."""
    return [max(i for i in range(count) if i / rate <= moment) for moment in moments]


@pytest.mark.parametrize(
    ("made", "rate", "count", "fps"),
    [
        ("6", "30", 12, "30"), ("6", "30", 11, "30"), ("6", "30", 13, "30"), ("25", "30", 50, "30"),
        ("15", "30000/1001", 30, "30000/1001"), ("30", "24000/1001", 75, "30"),
        ("90", "30", 180, "90"), ("10", "24", 25, "24"),
    ],
)  # fmt: skip
def test_each_picture_lies_under_the_prediction_of_its_time(
    made: str, rate: str, count: int, fps: str, clip: Callable[[str], str], tmp_path: Path
) -> None:
    predictions, pictures = shown(
        labelled(count), tmp_path / "o.mp4", background=clip(rate), source_fps=made
    )
    own, under, out = Fraction(made), Fraction(rate), Fraction(fps)
    length = -(-(count / own if own > under else CLIP_FRAMES / under) * out // 1)
    moments = [k / out for k in range(int(length))]
    assert predictions == numbers(moments, own, count)
    assert pictures == numbers(moments, under, CLIP_FRAMES)


def test_the_nearer_prediction_is_shown_where_that_is_asked_for(
    clip: Callable[[str], str], tmp_path: Path
) -> None:
    predictions, pictures = shown(
        labelled(12), tmp_path / "o.mp4", background=clip("30"), source_fps=6, hold="nearest"
    )
    assert predictions == [min(round(k / 5), 11) for k in range(60)]
    assert pictures == list(range(60))


def test_values_between_two_predictions_are_interpolated_before_the_colour(
    clip: Callable[[str], str], tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    values = rng.random((12, HEIGHT, WIDTH), np.float32)
    values[4, 0, 0], values[7, 1] = np.nan, np.inf
    looks: dict[str, Any] = {"vmin": 0, "vmax": 1, "cmap": "turbo", "bad": "white"}
    heatvid.render(
        values, tmp_path / "o.mp4", background=clip("30"), source_fps=6, hold="linear", alpha=1,
        **looks, lossless=True, preset="ultrafast",
    )  # fmt: skip
    wanted = []
    for k in range(60):
        before, weight = values[k // 5], np.float32(k % 5 / 5)
        after = values[min(k // 5 + 1, 11)] if k % 5 else before
        with np.errstate(invalid="ignore"):
            wanted.append(before + (after - before) * weight if k % 5 else before)
    assert np.isnan(wanted[18][0, 0])
    assert not np.isnan(wanted[15][0, 0])
    frames = rgb_of(tmp_path / "o.mp4", HEIGHT, WIDTH)
    assert np.array_equal(frames, heatvid.to_rgb(np.array(wanted), **looks))


def test_integers_between_are_numbers_of_the_scale_that_the_source_has(tmp_path: Path) -> None:
    values = labelled(5) * 60
    looks: dict[str, Any] = {"cmap": "magma", "lossless": True, "preset": "ultrafast"}
    heatvid.render(values, tmp_path / "o.mp4", source_fps=5, fps=20, hold="linear", **looks)
    places = np.minimum(np.arange(20) / 4, 4).astype(np.float32)
    wanted = np.tile((places * 60)[:, None, None], (1, HEIGHT, WIDTH))
    frames = rgb_of(tmp_path / "o.mp4", HEIGHT, WIDTH)
    assert np.array_equal(frames, heatvid.to_rgb(wanted, vmin=0, vmax=255, cmap="magma"))


def test_a_stream_lies_over_a_clip_as_what_has_a_length_does(
    clip: Callable[[str], str], tmp_path: Path
) -> None:
    frames = labelled(13)
    for count in (11, 12, 13):
        got = shown(iter(frames[:count]), tmp_path / "s.mp4", background=clip("30"), source_fps=6)
        assert got == shown(frames[:count], tmp_path / "o.mp4", background=clip("30"), source_fps=6)


@pytest.mark.parametrize("count", [1, 10, 14, 40])
def test_a_stream_that_does_not_last_as_long_is_refused(
    count: int, clip: Callable[[str], str], tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match=r"^iterator: .*; allowed are 11 to 13, which last as"):
        shown(iter(labelled(count)), tmp_path / "o.mp4", background=clip("30"), source_fps=6)
    assert not list(tmp_path.iterdir())


def test_a_stream_alone_ends_when_its_last_frame_has_lasted(tmp_path: Path) -> None:
    looks = {"alpha_mask": None, "source_fps": 10, "fps": 25}
    predictions, _ = shown(iter(labelled(7)), tmp_path / "o.mp4", **looks)
    assert predictions == [k * 10 // 25 for k in range(18)]
    assert predictions == shown(labelled(7), tmp_path / "o.mp4", **looks)[0]


def test_one_prediction_lies_over_all_of_a_clip(clip: Callable[[str], str], tmp_path: Path) -> None:
    for options in ({}, {"hold": "previous"}, {"source_fps": 6}):
        predictions, pictures = shown(
            labelled(9)[8:], tmp_path / "o.mp4", background=clip("25"), **options
        )
        assert (predictions, pictures) == ([8] * 60, list(range(60)))


def test_predictions_that_are_a_video_have_its_rate(
    clip: Callable[[str], str], tmp_path: Path
) -> None:
    options = {"background": clip("30"), "hold": "previous", "frames": ":30"}
    predictions, pictures = shown(clip("15"), tmp_path / "o.mp4", **options)
    assert (predictions, pictures) == ([k // 2 for k in range(60)], list(range(60)))


def test_frames_that_are_chosen_lie_over_the_pictures_of_their_times(
    clip: Callable[[str], str], tmp_path: Path
) -> None:
    options = {"background": clip("30"), "source_fps": 6}
    predictions, pictures = shown(labelled(12), tmp_path / "o.mp4", frames="3:5", **options)
    assert (predictions, pictures) == ([3] * 5 + [4] * 5, list(range(15, 25)))
    predictions, pictures = shown(labelled(12), tmp_path / "o.mp4", frames="1::4", **options)
    assert predictions == [1] * 20 + [5] * 20 + [9] * 15
    assert pictures == list(range(5, 60))
    predictions, pictures = shown(labelled(12), tmp_path / "o.mp4", frames=7, **options)
    assert (predictions, pictures) == ([7] * 5, list(range(35, 40)))


def test_backwards_pictures_go_back_too(clip: Callable[[str], str], tmp_path: Path) -> None:
    options = {"background": coloured(60), "fps": 30, "source_fps": 6, "frames": "4:1:-1"}
    predictions, pictures = shown(labelled(12), tmp_path / "o.mp4", **options)
    assert predictions == [4] * 5 + [3] * 5 + [2] * 5
    assert pictures == list(range(24, 9, -1))
    with pytest.raises(OptionError, match=r"frames: backwards over .*30\.mp4, which is read forw"):
        shown(labelled(12), tmp_path / "o.mp4", **{**options, "background": clip("30")})


def test_a_part_of_the_background_has_its_own_time(
    clip: Callable[[str], str], tmp_path: Path
) -> None:
    options = {"background": clip("30"), "source_fps": 6, "background_frames": "20:50"}
    predictions, pictures = shown(labelled(6), tmp_path / "o.mp4", **options)
    assert predictions == [k // 5 for k in range(30)]
    assert pictures == list(range(20, 50))


def test_time_passes_faster_at_the_same_rate(clip: Callable[[str], str], tmp_path: Path) -> None:
    options = {"background": clip("30"), "source_fps": 6}
    predictions, pictures = shown(labelled(12), tmp_path / "o.mp4", speed=4, **options)
    assert pictures == list(range(0, 60, 4))
    assert predictions == [k // 5 for k in range(0, 60, 4)]
    predictions, pictures = shown(labelled(12), tmp_path / "o.mp4", speed="1/2", **options)
    assert pictures == [k // 2 for k in range(120)]
    assert predictions == [k // 10 for k in range(120)]
    predictions, _ = shown(labelled(60), tmp_path / "o.mp4", speed=2.5, background=clip("30"))
    assert predictions == [k * 5 // 2 for k in range(24)]
    alone, _ = shown(labelled(20), tmp_path / "o.mp4", speed=3, alpha_mask=None)
    assert alone == list(range(0, 20, 3))


def test_the_rate_that_is_asked_for_is_the_outputs(
    clip: Callable[[str], str], tmp_path: Path
) -> None:
    options = {"background": clip("30"), "source_fps": 6}
    for fps in (10, 50):
        predictions, pictures = shown(labelled(12), tmp_path / "o.mp4", fps=fps, **options)
        assert pictures == [k * 30 // fps for k in range(2 * fps)]
        assert predictions == [k * 6 // fps for k in range(2 * fps)]


def test_pictures_have_the_rate_of_the_output_or_go_with_the_predictions(tmp_path: Path) -> None:
    options: dict[str, Any] = {"background": coloured(20), "source_fps": 5}
    predictions, pictures = shown(labelled(10), tmp_path / "o.mp4", fps=10, **options)
    assert (predictions, pictures) == ([k // 2 for k in range(20)], list(range(20)))
    predictions, pictures = shown(labelled(20), tmp_path / "o.mp4", fps=10, **options)
    assert predictions == pictures == [k // 2 for k in range(40)]
    with pytest.raises(
        OptionError, match="source_fps: got 5 over background, pictures of no known rat"
    ):
        shown(labelled(10), tmp_path / "o.mp4", **options)


def test_masks_go_with_what_they_are_as_many_as(clip: Callable[[str], str], tmp_path: Path) -> None:
    options = {"background": clip("30"), "source_fps": 6, "frames": "2:5"}
    for count, per_mask, begin in ((12, 5, 2), (60, 1, 10), (3, 5, 0)):
        masks = np.zeros((count, HEIGHT, WIDTH), np.float32)
        masks[begin + 1] = 1  # one of them lets the prediction be seen
        predictions, pictures = shown(
            labelled(12) + 100, tmp_path / "o.mp4", alpha_mask=masks, **options
        )
        seen = [k for k, number in enumerate(predictions) if number >= 100]
        assert seen == list(range(per_mask, 2 * per_mask))
        assert [number for number in pictures if number < 100] == [
            10 + k for k in range(15) if k not in seen
        ]
    with pytest.raises(OptionError, match=r"alpha_mask: .* has 7 frames"):
        shown(labelled(12), tmp_path / "o.mp4", alpha_mask=np.ones((7, 4, 8), "f4"), **options)


def test_limits_are_those_of_the_predictions_not_of_how_often_they_are_shown(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, HEIGHT, WIDTH)).astype(np.float32)
    limits = heatvid.measure(values, percentiles=(10, 90))
    for hold in ("previous", "linear"):
        result = heatvid.render(
            values, tmp_path / "o.mp4", source_fps=3, fps=29, hold=hold, percentiles=(10, 90),
            overwrite=True, preset="ultrafast",
        )  # fmt: skip
        assert result.limits == limits


class Counting:
    """Pulls frames, and counts."""

    def __init__(self, frames: NDArray[Any]) -> None:
        self.frames, self.pulled = frames, 0

    def __iter__(self) -> Iterator[NDArray[Any]]:
        for frame in self.frames:
            self.pulled += 1
            yield frame


def test_no_more_is_pulled_of_a_stream_than_is_shown_and_one_to_see_its_end(
    clip: Callable[[str], str], tmp_path: Path
) -> None:
    counting = Counting(np.tile(labelled(1), (400, 1, 1)))
    with pytest.raises(SourceError, match="has more than 13 frames"):
        shown(counting, tmp_path / "o.mp4", background=clip("30"), source_fps=6)
    assert counting.pulled == 14


# --- what cannot be meant -------------------------------------------------------------------------

REFUSED: list[tuple[int, dict[str, Any], str]] = [
    (
        60,
        {"hold": "nearest"},
        "hold: got 'nearest', but nothing says when the frames of array were",
    ),
    (12, {"speed": 2}, "speed: got 2, but array has 12 frames of no known rate for the 60 of .*m"),
    (12, {}, "background: .* has 60 frames, array has 12; .*source_fps=N says at what other rate"),
    (12, {"source_fps": 5}, r"source_fps: got 5, .* 2\.4 s .* 2 s .*\(frames=':10' takes a part"),
    (12, {"source_fps": 8}, r"source_fps: got 8, .* 1\.5 s .*\(background_frames=':45' takes a"),
    (12, {"source_fps": 6, "frames": "2:5", "background_frames": "0:40"}, r"source_fps: .* 0\.5 s"),
]


@pytest.mark.parametrize(("count", "options", "words"), REFUSED, ids=lambda part: str(part)[:40])
def test_rates_that_do_not_fit_are_refused_in_one_line(
    count: int, options: dict[str, Any], words: str, clip: Callable[[str], str], tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=f"^{words}") as caught:
        shown(labelled(count), tmp_path / "o.mp4", background=clip("30"), **options)
    assert "; allowed " in clear_line(caught.value)
    assert not list(tmp_path.iterdir())


def test_yes_and_no_have_nothing_between_them(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="hold: got 'linear' of array, yes and no; allowed are"):
        heatvid.render(labelled(3) > 1, tmp_path / "o.mp4", source_fps=3, fps=9, hold="linear")


def test_a_grid_has_the_picture_of_its_time_in_each_cell(
    clip: Callable[[str], str], tmp_path: Path
) -> None:
    frames = np.stack([labelled(12), labelled(12) + 20], -1)
    result = heatvid.render(
        frames, tmp_path / "o.mp4", background=clip("30"), source_fps=6, channel="grid",
        layout="THWC", **EXACT, alpha=0.5,
    )  # fmt: skip
    shown = rgb_of(tmp_path / "o.mp4", result.height, result.width)[:, -1, :, 0].astype(int)
    own, under = np.arange(60) // 5, np.arange(60)
    assert np.abs(shown[:, 0] * 2 - own - under).max() <= 1
    assert np.abs(shown[:, -1] * 2 - own - 20 - under).max() <= 1


def test_panels_are_in_step(clip: Callable[[str], str], tmp_path: Path) -> None:
    result = heatvid.render(
        labelled(12), tmp_path / "o.mp4", background=clip("30"), source_fps=6, speed=2,
        panels="background,heat", **EXACT,
    )  # fmt: skip
    assert result.frames == 30
    shown = rgb_of(tmp_path / "o.mp4", result.height, result.width)[:, -1, :, 0].astype(int)
    assert shown[:, 0].tolist() == list(range(0, 60, 2))
    assert shown[:, -1].tolist() == [k // 5 for k in range(0, 60, 2)]


@pytest.mark.parametrize("dtype", ["uint8", "float32", "bool"])
def test_opacity_between_two_masks_is_interpolated_too(dtype: str, tmp_path: Path) -> None:
    masks = np.zeros((2, HEIGHT, WIDTH), dtype)
    masks[1] = 255 if dtype == "uint8" else 1
    heatvid.render(
        np.full((2, HEIGHT, WIDTH), 1, "f4"), tmp_path / "o.mp4", source_fps=2, fps=8, vmin=0,
        vmax=1, hold="linear", alpha_mask=masks, background="black", cmap="gray", lossless=True,
        preset="ultrafast",
    )  # fmt: skip
    levels = rgb_of(tmp_path / "o.mp4", HEIGHT, WIDTH)[:, 0, 0, 0].astype(int)
    wanted = np.minimum(np.arange(8) / 4, 1) * 255
    assert np.abs(levels - wanted * levels[-1] / 255).max() <= 1
    assert levels[-1] > 100


def test_segments_are_parts_of_the_same_time(clip: Callable[[str], str], tmp_path: Path) -> None:
    np.save(tmp_path / "predictions.npy", labelled(12))
    np.save(tmp_path / "left.npy", LEFT)
    options: dict[str, Any] = {"background": clip("30"), "source_fps": 6, "speed": "2/3"}
    options["alpha_mask"] = tmp_path / "left.npy"
    whole = shown(tmp_path / "predictions.npy", tmp_path / "whole.mp4", **options)
    parts = shown(tmp_path / "predictions.npy", tmp_path / "parts.mp4", segments=3, **options)
    assert len(whole[0]) == 90
    assert whole == parts
