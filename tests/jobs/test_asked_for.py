"""Parts of a background, opacity by the length of flow, and what is said of lengths and blanks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid import OptionError, SourceError
from tests.support.videos import ffmpeg, rgb_of

RNG = np.random.default_rng(11)
DATA = RNG.random((4, 16, 24), dtype=np.float32)
PICTURES = RNG.integers(0, 256, (12, 16, 24, 3), dtype=np.uint8)
OPTIONS: dict[str, Any] = {"vmin": 0, "vmax": 1}
EXACT: dict[str, Any] = {"lossless": True, "preset": "ultrafast", "overwrite": True}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mkv"
    (path.with_suffix(".raw")).write_bytes(PICTURES.tobytes())
    ffmpeg("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "24x16", "-r", "12", "-i",
           path.with_suffix(".raw"), "-c:v", "ffv1", "-pix_fmt", "bgr0", path)  # fmt: skip
    return path


@pytest.mark.parametrize("part", ["2:6", "::3", "1:9:2", slice(8, None)])
def test_a_part_of_a_longer_background_is_taken(part: Any, clip: Path, tmp_path: Path) -> None:
    wanted = (
        slice(*(int(p) if p else None for p in part.split(":"))) if isinstance(part, str) else part
    )
    expected = heatvid.to_rgb(DATA, background=PICTURES[wanted], **OPTIONS)
    chosen = heatvid.to_rgb(DATA, background=PICTURES, background_frames=part, **OPTIONS)
    assert np.array_equal(chosen, expected)
    for background in (clip, PICTURES):
        heatvid.render(DATA, tmp_path / "x.mkv", background=background, background_frames=part,
                       **OPTIONS, **EXACT)  # fmt: skip
        assert np.array_equal(rgb_of(tmp_path / "x.mkv", 16, 24), expected)


def test_a_part_of_both_is_the_same_part(clip: Path, tmp_path: Path) -> None:
    """Frames are chosen of what the background's part is as long as."""
    heatvid.render(DATA, tmp_path / "x.mkv", background=clip, background_frames="::3",
                   frames="1:3", **OPTIONS, **EXACT)  # fmt: skip
    expected = heatvid.to_rgb(DATA[1:3], background=PICTURES[3:9:3], **OPTIONS)
    assert np.array_equal(rgb_of(tmp_path / "x.mkv", 16, 24), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"background_frames": "1:2"}, "background_frames: got '1:2'; allowed with background="),
        (
            {"background_frames": "x", "background": PICTURES},
            "background_frames is 'x'; allowed is",
        ),
        ({"background_frames": "1:2", "background": "red"}, "'1:2' of a colour; allowed is"),
        ({"background_frames": ":1", "background": PICTURES[0]}, "one picture; allowed is"),
        ({"background_frames": "50:", "background": PICTURES}, "none of the 12 pictures of"),
    ],
)
def test_parts_that_are_none_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        heatvid.to_rgb(DATA, **options)


def test_a_length_error_says_how_to_cut_the_longer_one() -> None:
    with pytest.raises(
        OptionError, match=r"has 12 frames, array has 4; .*background_frames='START"
    ):
        heatvid.to_rgb(DATA, background=PICTURES)
    with pytest.raises(OptionError, match=r"has 3 frames, array has 4; .*\(frames='START:STOP'"):
        heatvid.to_rgb(DATA, background=PICTURES[:3])
    with pytest.raises(SourceError, match=r"background_frames='START:STOP:STEP' takes a part"):
        heatvid.render(iter(DATA), "never.mp4", background=PICTURES, **OPTIONS)


# --- opacity by the length of flow ----------------------------------------------------------------

FLOW = RNG.normal(0, 3, (3, 16, 24, 2)).astype(np.float32)


def ramp_mask(low: float, high: float) -> Any:
    length = np.sqrt((FLOW.astype(np.float64) ** 2).sum(-1))
    return np.clip((length - low) / (high - low), 0, 1).astype(np.float32)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("background", [None, "white", PICTURES[0]], ids=["no", "white", "picture"])
def test_a_ramp_works_on_the_length_of_flow(backend: str, background: Any, tmp_path: Path) -> None:
    options: dict[str, Any] = {"channel": "flow", "vmax": 8, "backend": backend}
    options |= {} if background is None else {"background": background, "alpha": 0.8}
    expected = heatvid.to_rgb(FLOW, alpha_mask=ramp_mask(1, 6), **options)
    ramped = heatvid.to_rgb(FLOW, alpha_ramp=(1, 6), **options)
    assert np.abs(ramped.astype(int) - expected).max() <= 1
    assert (ramped != heatvid.to_rgb(FLOW, **options)).any()
    np.save(tmp_path / "flow.npy", FLOW)
    path = tmp_path / "x.mkv"
    for source in (FLOW, tmp_path / "flow.npy", iter(FLOW)):
        heatvid.render(source, path, alpha_ramp=(1, 6), **options, **EXACT)
        assert np.array_equal(rgb_of(path, 16, 24), ramped)
    with heatvid.VideoWriter(path, alpha_ramp=(1, 6), **options, **EXACT) as video:
        video.write(FLOW[:2])
        video.write(FLOW[2])
    assert np.array_equal(rgb_of(path, 16, 24), ramped)


def test_flow_of_one_length_is_a_step_and_unknown_flow_stays_bad() -> None:
    flow = np.zeros((1, 3, 3, 2), np.float32)
    flow[0, 0, :, 0] = [1, 3, np.nan]
    options: dict[str, Any] = {"channel": "flow", "vmax": 4, "bad": "red", "background": "blue"}
    picture = heatvid.to_rgb(flow, alpha_ramp=(2, 2), alpha=1, **options)[0]
    assert picture[0, 0].tolist() == picture[1, 0].tolist() == [0, 0, 255]
    assert picture[0, 1].tolist() != [0, 0, 255]
    assert picture[0, 2].tolist() == [255, 0, 0]


@pytest.mark.parametrize("smooth", [0, 1.5])
def test_a_ramp_follows_flow_that_is_smoothed(smooth: float) -> None:
    flow = np.zeros((1, 16, 24, 2), np.float32)
    flow[0, 8, 12, 0] = 4
    picture = heatvid.to_rgb(flow, channel="flow", vmax=4, smooth=smooth, alpha_ramp=(0, 1),
                             background="blue", alpha=1)[0]  # fmt: skip
    other = (picture != [0, 0, 255]).any(-1).sum()
    assert (other > 9) == bool(smooth)


def test_a_ramp_and_a_mask_of_flow_are_one_too_many() -> None:
    with pytest.raises(OptionError, match=r"alpha_ramp: .*allowed without alpha_mask"):
        heatvid.to_rgb(FLOW, channel="flow", vmax=1, alpha_ramp=(0, 1), alpha_mask=FLOW[0, ..., 0])


# --- frames of nothing ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blank", "message"),
    [
        ([2], r"^frame 2: every value is NaN, and is shown in the bad colour$"),
        ([1, 3], r"^frame 1: every value is NaN.*; so is that of 1 more frame$"),
        ([0, 1, 5, 9], r"^frame 0: every value is NaN.*; so is that of 3 more frames$"),
    ],
)
@pytest.mark.parametrize("file", [False, True])
def test_frames_of_nothing_are_counted(
    blank: list[int], message: str, file: bool, tmp_path: Path
) -> None:
    data = RNG.random((10, 6, 8), dtype=np.float32)
    data[blank] = np.nan
    np.save(tmp_path / "x.npy", data)
    with pytest.warns(UserWarning, match=message) as caught:
        heatvid.render(tmp_path / "x.npy" if file else data, tmp_path / "x.mp4", batch_size=3,
                       preset="ultrafast")  # fmt: skip
    assert len(caught) == 1


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_values_of_which_none_is_finite_are_a_warning(value: float, tmp_path: Path) -> None:
    data = np.full((4, 6, 8), value, np.float32)
    data[:, 1] = np.nan
    with pytest.warns(UserWarning, match=r"^array: no value is finite; what is inf") as caught:
        heatvid.render(data, tmp_path / "x.mp4", preset="ultrafast")
    assert len(caught) == 1
    data[2, 2, 2] = 1
    heatvid.render(data, tmp_path / "y.mp4", preset="ultrafast")
